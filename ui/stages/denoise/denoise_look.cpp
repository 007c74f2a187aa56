// Looking closely on the Denoise stage: phases of a step, the card under the panes, and the filmstrip's
// pictures.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/phase_stepper.h"
#include "stages/denoise/state_card.h"
#include "theme/theme.h"
#include "views/filmstrip.h"
#include "views/picture_image.h"
#include "views/transport_bar.h"

#include <QComboBox>
#include <QPainter>

namespace ddpm::ui {
namespace {

constexpr double cloudRange = 3; // three standard deviations: a chain begins as noise

/// The selected particle on a thumbnail of the cloud.
void ringPoint(QImage& image, const PointCloud& points, int index) {
    if (index < 0 || index >= points.count()) return;
    const auto k = static_cast<std::size_t>(index) * 2;
    const double x = static_cast<double>(points.xy[k]), y = static_cast<double>(points.xy[k + 1]);
    const QPointF at((x / cloudRange + 1) / 2 * image.width(), (1 - y / cloudRange) / 2 * image.height());
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme::colors().reverse, std::max(1.5, image.width() / 48.0)));
    painter.drawEllipse(at, image.width() / 20.0, image.width() / 20.0);
}

} // namespace

void DenoiseStage::buildLook() {
    const QString usual = bar_->stepBox()->toolTip();
    bar_->stepBox()->setProperty("usualToolTip", usual);
    bar_->setPhaseChoiceVisible(true);
    connect(bar_, &TransportBar::phaseSteppingChanged, this, [this](bool byPhase) {
        bar_->setReadoutTemplate(byPhase ? QStringLiteral("t = 0000 → 000") : QStringLiteral("t = 0000"));
        phases_->setActive(byPhase);
        showTransport();
    });
    connect(phases_, &PhaseStepper::changed, this, &DenoiseStage::showState);
    connect(phases_, &PhaseStepper::nextWanted, this, [this] {
        if (phase_ == ChainPhase::paused) bridge_.submit(StepChain{});
    });
    connect(card_, &StateCard::positionRequested, this, [this](int position) {
        playhead_.pause();
        playhead_.setPosition(position);
    });
}

void DenoiseStage::openLook() {
    phases_->setRecord(record_);
    card_->setRecord(record_);
    const QString refusal = record_ ? PhaseStepper::refusal(*record_) : QString();
    bar_->stepBox()->setEnabled(refusal.isEmpty());
    bar_->stepBox()->setToolTip(refusal.isEmpty() ? bar_->stepBox()->property("usualToolTip").toString()
                                                  : refusal);
}

void DenoiseStage::showLook(int position) {
    panes_->showState(*record_, position, phases_->phase());
    card_->showState(position);
}

AlgorithmCard* DenoiseStage::algorithm() const {
    return card_->algorithm();
}

QString DenoiseStage::readout(const ChainState& state) const {
    const QString t = tr("t = %1").arg(state.t);
    switch (panes_->shown().phase) {
    case StepPhase::epsilon:
        return tr("%1 · %2").arg(t, QStringLiteral("ε"));
    case StepPhase::x0_hat:
        return tr("%1 · %2").arg(t, QStringLiteral("x̂₀"));
    case StepPhase::mean:
        return tr("%1 · %2").arg(t, QStringLiteral("μ"));
    case StepPhase::landed:
        return tr("%1 → %2").arg(t).arg(panes_->shown().layers[0].t);
    case StepPhase::whole:
        break;
    }
    return t;
}

QImage DenoiseStage::thumbnail(int position, QSize size) const {
    const auto state = record_ ? record_->state(position) : nullptr;
    if (!state) return {};
    if (!state->shape.is_points())
        return pictureImage(state->drawable(ChainPart::x, panes_->selected()).pictures, 0);
    const PointCloud points = state->drawable(ChainPart::x).points;
    QImage image = cloudImage(points, size, cloudRange, theme::colors().text, 0.8, 0.5);
    ringPoint(image, points, panes_->selected());
    return image;
}

QString DenoiseStage::thumbnailLabel(int position) const {
    const auto state = record_ ? record_->state(position) : nullptr;
    return state ? QString::number(state->t) : QString();
}

} // namespace ddpm::ui
