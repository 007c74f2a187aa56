#include "stages/noise/forward_panes.h"

#include "stages/noise/notation.h"
#include "views/point_cloud_view.h"
#include "views/score_field.h"

#include <QHBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

using namespace math;

constexpr int scorePoints = 1'000; // of the data: enough for arrows, few enough for every frame

double betaAt(const ScheduleTable& schedule, int t) {
    return schedule.beta[static_cast<std::size_t>(t - 1)];
}

Expr epsilon() {
    return var(QStringLiteral("ε"));
}

} // namespace

std::vector<float> shrunkState(const ForwardRecord& record, int t) {
    const double factor = std::sqrt(1 - betaAt(record.schedule, t));
    const float* before = record.steps_at(t - 1);
    std::vector<float> values(record.values);
    std::transform(before, before + record.values, values.begin(),
                   [factor](float value) { return static_cast<float>(factor * static_cast<double>(value)); });
    return values;
}

Expr stepEquation(const ScheduleTable& schedule, int t, ForwardPhase phase) {
    const double beta = betaAt(schedule, t);
    Expr kept = notation::times(notation::figure(std::sqrt(1 - beta)), notation::x(t - 1));
    Expr added = notation::times(notation::figure(std::sqrt(beta)), epsilon());
    Expr sign = notation::plus();
    if (phase == ForwardPhase::shrunk) {
        kept = toned(kept, Tone::forward);
        sign = toned(sign, Tone::muted);
        added = toned(added, Tone::muted);
    } else if (phase == ForwardPhase::noised) {
        sign = toned(sign, Tone::forward);
        added = toned(added, Tone::forward);
    }
    return row({notation::x(t), notation::equals(), kept, sign, added});
}

ForwardPanes::ForwardPanes(QWidget* parent) : QWidget(parent) {
    const QString words[] = {QString(), tr("in one jump, eq. 4"), tr("step by step, eq. 2")};
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(theme::space(4));
    for (int i = 0; i < 3; ++i) {
        auto* pane = new StatePane(i == 0 ? notation::x(0) : notation::xT(), words[i],
                                   i == 0 ? Tone::text : Tone::forward, this);
        panes_[static_cast<std::size_t>(i)] = pane;
        columns->addWidget(pane, 1);
        pane->setZoom(&zoom_);
    }
    pane(0)->setEquation(row({notation::x(0), op(QStringLiteral("~")), var(QStringLiteral("q")),
                              upright(QStringLiteral("(")), notation::x(0), upright(QStringLiteral(")"))}),
                         tr("x 0 is drawn from the data"));
}

int ForwardPanes::heightFor(int width) {
    return (width - 2 * theme::space(4)) / 3 + StatePane::around();
}

QString ForwardPanes::title() const {
    return pane(0)->caption()->words();
}

void ForwardPanes::showState(const ForwardRecord& record, int t, ForwardPhase phase) {
    if (t == 0) phase = ForwardPhase::whole;
    pane(0)->setWords(QString::fromStdString(record.title));
    pane(0)->showValues(record, {record.jump_at(0), record.values});
    pane(1)->showValues(record, {record.jump_at(t), record.values});
    if (phase == ForwardPhase::shrunk)
        pane(2)->showValues(record, shrunkState(record, t));
    else
        pane(2)->showValues(record, {record.steps_at(t), record.values});
    pane(2)->setWords(phase == ForwardPhase::shrunk   ? tr("step by step: shrunk")
                      : phase == ForwardPhase::noised ? tr("step by step: noise added")
                                                      : tr("step by step, eq. 2"));
    if (record.is_points()) showOverlays(record, t);
    showEquations(record, t, phase);
}

void ForwardPanes::setOverlays(bool density, bool arrows) {
    density_ = density;
    arrows_ = arrows;
}

void ForwardPanes::showOverlays(const ForwardRecord& record, int t) {
    for (int i = 0; i < 3; ++i)
        cloud(i)->setDensity(density_ ? tr("density") : QString(), Tone::forward);
    PointCloudView* jump = cloud(1);
    if (!arrows_ || t == 0) { // the data themselves have no density, and so no score
        jump->setField({}, {});
        return;
    }
    PointCloud some;
    const std::size_t count = record.values / 2, step = std::max<std::size_t>(1, count / scorePoints);
    for (std::size_t i = 0; i < count; i += step)
        some.xy.insert(some.xy.end(), {record.jump[2 * i], record.jump[2 * i + 1]});
    const int side = std::clamp(static_cast<int>(jump->plotRect().width()) / theme::space(5), 11, 31);
    jump->setField(scoreOfData(some, side, jump->range(), record.schedule.alpha_bar_at(t)), tr("score"),
                   Tone::reverse);
}

void ForwardPanes::showEquations(const ForwardRecord& record, int t, ForwardPhase phase) {
    const double level = record.schedule.alpha_bar_at(t), signal = std::sqrt(level),
                 noise = std::sqrt(1 - level);
    pane(1)->setEquation(
        row({notation::x(t), notation::equals(), notation::times(notation::figure(signal), notation::x(0)),
             notation::plus(), notation::times(notation::figure(noise), epsilon())}),
        tr("x %1 is %2 x 0 plus %3 epsilon").arg(t).arg(signal).arg(noise));
    if (t == 0) { // no step has been taken
        pane(2)->setEquation(notation::x(0), tr("x 0"));
        return;
    }
    const double beta = betaAt(record.schedule, t);
    QString words =
        tr("x %1 is %2 x %3 plus %4 epsilon").arg(t).arg(std::sqrt(1 - beta)).arg(t - 1).arg(std::sqrt(beta));
    if (phase == ForwardPhase::shrunk)
        words += tr("; only the first term so far");
    else if (phase == ForwardPhase::noised)
        words += tr("; the second term was just added");
    pane(2)->setEquation(stepEquation(record.schedule, t, phase), words);
}

void ForwardPanes::showNothing(const QString& words) {
    zoom_.reset();
    for (StatePane* pane : panes_)
        pane->showNothing(words);
}

} // namespace ddpm::ui
