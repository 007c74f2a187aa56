// How the Noise stage moves along t: keys, buttons and dragging; whole steps, or one phase after the other.
//
// On the way from t back to t − 1 there are phases() halts, numbered from x_t on. Forward there is one:
// x_{t−1} shrunk, its noise still to come. The posterior has four: each term of the mean, their sum, and the
// draw.
#include "stages/noise/forward_panes.h"
#include "stages/noise/noise_stage.h"
#include "stages/noise/posterior_card.h"
#include "stages/noise/posterior_view.h"
#include "views/transport_bar.h"

namespace ddpm::ui {

int NoiseStage::phases() const {
    if (!bar_->phaseStepping()) return 0;
    return view() == View::posterior ? posteriorPhases : 1;
}

void NoiseStage::moveTo(int t, int phase) {
    playhead_.pause();
    const bool moves = t != playhead_.position();
    phase_ = phase;
    playhead_.setPosition(t); // shows the state if it is another t
    if (!moves) showState();
}

void NoiseStage::scrub(int t) {
    moveTo(t, 0);
}

void NoiseStage::step(int direction) {
    const int t = playhead_.position(), halts = phases();
    if (direction < 0) {
        if (t == 0) return playhead_.pause();
        phase_ < halts ? moveTo(t, phase_ + 1) : moveTo(t - 1, 0);
    } else if (phase_ > 0) {
        moveTo(t, phase_ - 1);
    } else if (t < playhead_.available()) {
        moveTo(t + 1, halts);
    } else {
        playhead_.pause();
    }
}

void NoiseStage::leavePhases() {
    phase_ = 0;
    // Room for the longest place, so that nothing moves while stepping.
    bar_->setReadoutTemplate(bar_->phaseStepping() ? QStringLiteral("t = 0000 0/0")
                                                   : QStringLiteral("t = 0000"));
    showState();
}

void NoiseStage::showPosition() {
    const int t = playhead_.position();
    bar_->setPosition(t);
    QString where = tr("t = %1").arg(t);
    if (phase_ > 0 && view() == View::forward) where = tr("t = %1→%2").arg(t - 1).arg(t);
    if (phase_ > 0 && view() == View::posterior)
        where = tr("t = %1 %2/%3").arg(t).arg(phase_).arg(posteriorPhases);
    bar_->setReadout(where);
    bar_->setControlsEnabled(record_ != nullptr);
    bar_->setStepForwardEnabled(record_ && (t < record_->schedule.timesteps() || phase_ > 0));
}

void NoiseStage::playPause() {
    if (!record_) return;
    if (playhead_.playing()) {
        playhead_.pause();
        return;
    }
    leavePhases();
    playhead_.setDirection(false);
    playhead_.play();
}

void NoiseStage::playBackwards() {
    if (!record_) return;
    if (playhead_.playing() && playhead_.backwards()) {
        playhead_.pause();
        return;
    }
    leavePhases();
    playhead_.setDirection(true);
    if (!playhead_.playing()) playhead_.play();
}

void NoiseStage::stepBack() {
    step(-1);
}

void NoiseStage::stepForward() {
    step(1);
}

void NoiseStage::goToStart() {
    moveTo(0, 0);
}

void NoiseStage::goToEnd() {
    moveTo(playhead_.available(), 0);
}

bool NoiseStage::escape() {
    if (view() == View::schedules) return false; // nothing to zoom into
    GridZoom* zoom = view() == View::posterior ? posterior_->zoom() : panes()->zoom();
    const bool zoomed = zoom->active();
    zoom->reset();
    return zoomed;
}

} // namespace ddpm::ui
