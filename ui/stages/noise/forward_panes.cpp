#include "stages/noise/forward_panes.h"

#include "views/picture_grid.h"
#include "views/picture_image.h"
#include "views/point_cloud_view.h"

#include <QHBoxLayout>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <cmath>

namespace ddpm::ui {
namespace {

using namespace math;

constexpr double noiseRange = 3.0;
constexpr double equationScale = 1.2;

int belowPane() {
    return theme::space(9);
}

Expr xAt(const QString& t) {
    return index(var(QStringLiteral("x")), upright(t));
}

Expr figure(double value) {
    return number(QString::number(value, 'f', 4), QStringLiteral("0.0000"));
}

/// x_t = a x_s + b ε
Expr mixture(int t, double signal, const QString& source, double noise) {
    return row({xAt(QString::number(t)), op(QStringLiteral("=")), figure(signal),
                upright(QStringLiteral("\u2009")), xAt(source), op(QStringLiteral("+")), figure(noise),
                upright(QStringLiteral("\u2009")), var(QStringLiteral("ε"))});
}

} // namespace

PointCloud pointsOf(const ForwardRecord& record, const float* values) {
    PointCloud cloud;
    cloud.xy.assign(values, values + record.values);
    return cloud;
}

ForwardPanes::ForwardPanes(QWidget* parent) : QWidget(parent) {
    const QString words[] = {QString(), tr("in one jump, eq. 4"), tr("step by step, eq. 2")};
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(theme::space(4));
    for (int i = 0; i < 3; ++i) {
        Pane& pane = panes_[static_cast<std::size_t>(i)];
        const Expr symbol =
            index(var(QStringLiteral("x")), i == 0 ? upright(QStringLiteral("0")) : var(QStringLiteral("t")));
        pane.caption = new PaneCaption(symbol, words[i], i == 0 ? Tone::text : Tone::forward, this);
        auto* area = new QWidget(this);
        pane.stack = new QStackedLayout(area);
        pane.picture = new PictureGrid(area);
        pane.picture->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        pane.picture->setAccessibleName(words[i]);
        pane.cloud = new PointCloudView(area);
        pane.cloud->setTone(i == 0 ? Tone::text : Tone::forward);
        pane.cloud->setRange(noiseRange); // one range for all, so that the melting is seen as it is
        pane.cloud->setAccessibleName(words[i]);
        pane.stack->addWidget(pane.picture);
        pane.stack->addWidget(pane.cloud);
        pane.equation = new EquationView(this);
        pane.equation->setAlignment(Qt::AlignHCenter | Qt::AlignVCenter);
        pane.equation->setFixedHeight(belowPane());
        auto* column = new QVBoxLayout;
        column->setSpacing(0);
        column->addWidget(pane.caption);
        column->addWidget(area, 1);
        column->addWidget(pane.equation);
        columns->addLayout(column, 1);
    }
    panes_[0].equation->setEquation(
        row({xAt(QStringLiteral("0")), op(QStringLiteral("~")), var(QStringLiteral("q")),
             upright(QStringLiteral("(")), xAt(QStringLiteral("0")), upright(QStringLiteral(")"))}),
        tr("x 0 is drawn from the data"), equationScale);
}

int ForwardPanes::heightFor(int width) {
    return (width - 2 * theme::space(4)) / 3 + theme::space(7) + belowPane();
}

QString ForwardPanes::title() const {
    return panes_[0].caption->words();
}

void ForwardPanes::showState(const ForwardRecord& record, int t) {
    const float* states[] = {record.jump_at(0), record.jump_at(t), record.steps_at(t)};
    panes_[0].caption->setWords(QString::fromStdString(record.title));
    for (std::size_t i = 0; i < 3; ++i) {
        Pane& pane = panes_[i];
        if (record.is_points()) {
            pane.stack->setCurrentWidget(pane.cloud);
            pane.cloud->setPoints(pointsOf(record, states[i]));
        } else {
            pane.stack->setCurrentWidget(pane.picture);
            pane.picture->setPictures(
                pictureFromFloats(states[i], record.height, record.width, record.channels));
        }
    }
    showEquations(record, t);
}

void ForwardPanes::showEquations(const ForwardRecord& record, int t) {
    const double level = record.schedule.alpha_bar_at(t), signal = std::sqrt(level),
                 noise = std::sqrt(1 - level);
    panes_[1].equation->setEquation(mixture(t, signal, QStringLiteral("0"), noise),
                                    tr("x %1 is %2 x 0 plus %3 epsilon").arg(t).arg(signal).arg(noise),
                                    equationScale);
    if (t == 0) { // no step has been taken
        panes_[2].equation->setEquation(xAt(QStringLiteral("0")), tr("x 0"), equationScale);
        return;
    }
    const double beta = record.schedule.beta[static_cast<std::size_t>(t - 1)];
    panes_[2].equation->setEquation(
        mixture(t, std::sqrt(1 - beta), QString::number(t - 1), std::sqrt(beta)),
        tr("x %1 is %2 x %3 plus %4 epsilon").arg(t).arg(std::sqrt(1 - beta)).arg(t - 1).arg(std::sqrt(beta)),
        equationScale);
}

void ForwardPanes::showNothing(const QString& words) {
    for (Pane& pane : panes_) {
        pane.stack->setCurrentWidget(pane.picture);
        pane.picture->clear();
        pane.picture->setEmptyText(words);
        pane.picture->setPlaceholder(1, QSize(28, 28));
        pane.cloud->clear();
    }
}

} // namespace ddpm::ui
