#include "stages/noise/schedule_view.h"

#include "bridge/words.h"
#include "stages/noise/posterior.h"
#include "stages/noise/state_pane.h"
#include "views/curve_view.h"
#include "views/picture_image.h"
#include "views/small_multiples.h"

#include <QEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double pointRange = 3.0;

struct Style {
    Tone tone;
    bool dashed;
};

/// The applied one in the forward direction's hue; the others step back, told apart by brightness and dashes.
Style styleOf(int row) {
    constexpr Style styles[] = {{Tone::forward, false},
                                {Tone::text, false},
                                {Tone::text, true},
                                {Tone::muted, false},
                                {Tone::muted, true}};
    return styles[std::min<std::size_t>(static_cast<std::size_t>(row), std::size(styles) - 1)];
}

} // namespace

std::vector<ScheduleSettings> schedulesBeside(const ScheduleSettings& applied) {
    std::vector<ScheduleSettings> others;
    for (const BetaSchedule kind :
         {BetaSchedule::linear, BetaSchedule::cosine, BetaSchedule::quadratic, BetaSchedule::sigmoid}) {
        ScheduleSettings other = applied;
        other.kind = kind;
        if (kind != applied.kind && other.check().empty()) others.push_back(std::move(other));
    }
    return others;
}

ScheduleView::ScheduleView(QWidget* parent)
    : QWidget(parent), pictures_(new SmallMultiples(this)), levels_(new CurveView(this)) {
    setAccessibleName(tr("Schedules"));
    pictures_->setAccessibleName(tr("x at t under each schedule"));
    pictures_->setName(QStringLiteral("t"), QStringLiteral("ᾱ"));
    pictures_->setSource(
        [this](int row, int t, QSize size) { return picture(row, t, size); },
        [this](int row, int t) { return record_ ? QString::number(alphaBar(row, t), 'f', 3) : QString(); });
    levels_->setAccessibleName(tr("ᾱ of each schedule"));
    levels_->setXName(QStringLiteral("t"));
    levels_->setLegendVisible(false); // the rows have the lines and the figures
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(pictures_, 3);
    auto* below = new QVBoxLayout; // so that the plot's t lies below the columns' t
    below->addWidget(levels_);
    column->addLayout(below, 1);
    connect(pictures_, &SmallMultiples::positionRequested, this, &ScheduleView::positionRequested);
    connect(pictures_, &SmallMultiples::laidOut, this, &ScheduleView::alignPlot);
    connect(levels_, &CurveView::positionRequested, this, &ScheduleView::positionRequested);
    fit();
}

const ScheduleTable& ScheduleView::table(int row) const {
    return row == 0 ? record_->schedule : record_->compared[static_cast<std::size_t>(row - 1)].schedule;
}

double ScheduleView::alphaBar(int row, int t) const {
    return table(row).alpha_bar_at(std::min(t, table(row).timesteps()));
}

std::vector<float> ScheduleView::state(int row, int t) const {
    const double level = alphaBar(row, t);
    return weighted(std::sqrt(level), {record_->jump_at(0), record_->values}, std::sqrt(1 - level),
                    record_->epsilon);
}

QImage ScheduleView::picture(int row, int t, QSize size) const {
    if (!record_ || record_->epsilon.size() != record_->values) return {};
    const std::vector<float> values = state(row, t);
    if (record_->is_points())
        return cloudImage(pointsOf(values), size, pointRange, theme::colors().forward, 0.8, 0.5);
    return pictureImage(pictureFromFloats(values.data(), record_->height, record_->width, record_->channels),
                        0);
}

void ScheduleView::setRecord(std::shared_ptr<const ForwardRecord> record) {
    record_ = std::move(record);
    const int last = record_->schedule.timesteps(), count = 1 + static_cast<int>(record_->compared.size());
    std::vector<SmallMultiples::Row> rows;
    std::vector<Curve> curves;
    for (int i = 0; i < count; ++i) {
        const ScheduleSettings& settings =
            i == 0 ? record_->settings : record_->compared[static_cast<std::size_t>(i - 1)].settings;
        const QString name = words::schedule(settings.kind);
        const Style style = styleOf(i);
        rows.push_back({name, i == 0 ? tr("applied") : QString(), style.tone, style.dashed});
        Curve curve;
        curve.name = name;
        curve.tone = style.tone;
        curve.dashed = style.dashed;
        curve.column = "alpha_bar_" + std::string(name_of(settings.kind));
        for (int t = 0; t <= last; ++t)
            curve.values.push_back(alphaBar(i, t));
        curves.push_back(std::move(curve));
    }
    std::reverse(curves.begin() + 1, curves.end());
    std::rotate(curves.begin(), curves.begin() + 1, curves.end()); // the applied one is drawn last, on top
    pictures_->setRange(0, last);
    pictures_->setSmoothPictures(record_->is_points());
    pictures_->setRows(std::move(rows));
    levels_->setXRange(0, last);
    levels_->setCurves(std::move(curves));
    alignPlot();
}

void ScheduleView::showState(int t) {
    pictures_->setPosition(t);
    levels_->setCursorPosition(t);
}

void ScheduleView::alignPlot() {
    if (!record_) return;
    const QRect first = pictures_->cellRect(0, 0),
                end = pictures_->cellRect(0, static_cast<int>(pictures_->positions().size()) - 1);
    // What the plot itself keeps free at its sides does not depend on its width.
    const QRectF plot = levels_->plotRect();
    const int left = first.center().x() - static_cast<int>(std::lround(plot.left())),
              right =
                  width() - end.center().x() - static_cast<int>(std::lround(levels_->width() - plot.right()));
    layout()->itemAt(1)->layout()->setContentsMargins(std::max(0, left), 0, std::max(0, right), 0);
}

void ScheduleView::fit() {
    layout()->setSpacing(0); // the plot keeps the line of its legend free
    levels_->setMinimumHeight(theme::space(16));
}

void ScheduleView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    alignPlot();
}

void ScheduleView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) fit();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
