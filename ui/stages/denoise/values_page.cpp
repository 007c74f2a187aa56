#include "stages/denoise/values_page.h"

#include "stages/denoise/shown_state.h"
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/histogram_view.h"

#include <QHBoxLayout>
#include <QPushButton>

#include <algorithm>
#include <cstdlib>

namespace ddpm::ui {

ValuesPage::ValuesPage(QWidget* parent)
    : QWidget(parent), histogram_(new HistogramView(this)), snr_(new CurveView(this)),
      all_(new QPushButton(tr("All chains"))) {
    setAccessibleName(tr("Values"));
    histogram_->setAccessibleName(tr("Values of x at t"));
    snr_->setAccessibleName(tr("Signal to noise"));
    snr_->setXName(QStringLiteral("t"));
    snr_->setLogScale(true);
    // As the timeline runs: from noise to picture. x stands for T − x.
    snr_->setTickWords(
        [this](int x) { return record_ ? QString::number(record_->schedule().timesteps() - x) : QString(); });
    all_->setObjectName(QStringLiteral("allChains"));
    all_->setProperty("role", "toggle");
    all_->setCheckable(true);
    all_->setToolTip(tr("The values of all chains together, instead of the selected one's"));
    all_->hide();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(6));
    row->addWidget(histogram_, 1);
    row->addWidget(snr_, 1);
    connect(all_, &QPushButton::toggled, this, &ValuesPage::draw);
    connect(snr_, &CurveView::positionRequested, this, &ValuesPage::request);
}

void ValuesPage::setRecord(std::shared_ptr<const ChainRecord> record) {
    record_ = std::move(record);
    state_.reset();
    histogram_->clear();
    if (!record_) {
        snr_->setCurves({});
        return;
    }
    const ScheduleTable& schedule = record_->schedule();
    Curve curve;
    curve.name = tr("SNR = ᾱ / (1 − ᾱ)");
    curve.tone = Tone::reverse;
    curve.column = "snr";
    for (int t = schedule.timesteps(); t > 0; --t)
        curve.values.push_back(schedule.snr_at(t));
    snr_->setXRange(0, schedule.timesteps());
    snr_->setCurves({std::move(curve)});
}

void ValuesPage::show(const ShownState& shown, int chain) {
    state_ = shown.state;
    chain_ = chain;
    draw();
}

void ValuesPage::draw() {
    if (!record_ || !state_ || !isVisible()) return;
    snr_->setCursorPosition(record_->schedule().timesteps() - state_->t);
    histogram_->setPlotTitle(tr("Values at t = %1").arg(state_->t));
    // Of points one particle has two values: their spread is that of the cloud.
    const bool points = state_->shape.is_points(), all = points || all_->isChecked();
    all_->setEnabled(!points);
    const QString of = points ? tr("all particles") : all ? tr("all chains") : tr("chain %1").arg(chain_ + 1);
    const auto put = [&](int series, ChainPart part, const QString& name, const char* column, Tone tone) {
        std::vector<float> values;
        if (!all) {
            values = state_->item(part, chain_);
        } else if (part == ChainPart::x || state_->x0_hat.empty()) {
            values = state_->x;
        } else {
            values.resize(state_->x0_hat.size());
            std::transform(state_->x0_hat.begin(), state_->x0_hat.end(), values.begin(), from_half);
        }
        histogram_->setValues(series, QStringLiteral("%1, %2").arg(name, of), tone, values, column);
    };
    put(0, ChainPart::x, QStringLiteral("xₜ"), "x_t", Tone::text);
    put(1, ChainPart::x0_hat, QStringLiteral("x̂₀"), "x0_hat", Tone::reverse);
}

void ValuesPage::request(int x) {
    if (!record_ || record_->size() == 0) return;
    const int t = record_->schedule().timesteps() - x;
    int nearest = 0, best = record_->schedule().timesteps() + 1;
    for (int i = 0; i < record_->size(); ++i) {
        const int distance = std::abs(record_->state(i)->t - t);
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    Q_EMIT positionRequested(nearest);
    if (state_) snr_->setCursorPosition(record_->schedule().timesteps() - state_->t);
}

void ValuesPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    draw();
}

} // namespace ddpm::ui
