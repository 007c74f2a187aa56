#include "stages/denoise/phase_stepper.h"

#include "views/playhead.h"

namespace ddpm::ui {

PhaseStepper::PhaseStepper(Playhead& playhead, QObject* parent) : QObject(parent), playhead_(playhead) {
    connect(&playhead_, &Playhead::moved, this, [this](int position) {
        if (position != position_) phase_ = StepPhase::whole; // somebody went elsewhere, and may come back
    });
}

QString PhaseStepper::refusal(const ChainRecord& record) {
    if (record.stride() == 1) return {};
    return tr(
        "Only one state in %n is kept, so a single step cannot be taken apart. Fewer chains or steps fit "
        "the memory whole.",
        nullptr, record.stride());
}

void PhaseStepper::setRecord(std::shared_ptr<const ChainRecord> record) {
    record_ = std::move(record);
    phase_ = StepPhase::whole;
}

void PhaseStepper::setActive(bool active) {
    if (active_ == active) return;
    const bool seen = phase() != StepPhase::whole;
    active_ = active;
    phase_ = StepPhase::whole;
    if (seen) Q_EMIT changed();
}

bool PhaseStepper::usable() const {
    return active_ && record_ && record_->stride() == 1 && record_->size() > 0;
}

StepPhase PhaseStepper::phase() const {
    return usable() && position_ == playhead_.position() ? phase_ : StepPhase::whole;
}

int PhaseStepper::place() const {
    const auto phases = phasesOf(record_->settings().sampler);
    for (std::size_t i = 0; i < phases.size(); ++i)
        if (phases[i] == phase()) return static_cast<int>(i);
    return -1;
}

void PhaseStepper::show(int position, StepPhase phase) {
    position_ = position;
    phase_ = phase;
    playhead_.pause();
    const bool moves = playhead_.position() != position;
    playhead_.setPosition(position); // lets go of the newest, too: a step that is taken apart stays on screen
    if (!moves) Q_EMIT changed();
}

bool PhaseStepper::canGoForward() const {
    if (!usable()) return false;
    const auto state = record_->state(playhead_.position());
    if (!state || state->t == 0) return false;
    return place() + 1 < static_cast<int>(phasesOf(record_->settings().sampler).size()) ||
           playhead_.position() + 1 < record_->size();
}

bool PhaseStepper::forward() {
    if (!usable()) return false;
    const int position = playhead_.position();
    const auto state = record_->state(position);
    if (!state || state->t == 0) return false;
    const auto phases = phasesOf(record_->settings().sampler);
    const auto following = static_cast<std::size_t>(place() + 1);
    const auto next = record_->state(position + 1);
    if (following < phases.size())
        show(position, phases[following]);
    else if (next)
        show(position + 1, next->t > 0 ? phases.front() : StepPhase::whole);
    if (phase() == StepPhase::landed && !next) Q_EMIT nextWanted();
    return true;
}

bool PhaseStepper::canGoBack() const {
    return usable() && (playhead_.position() > 0 || phase() != StepPhase::whole);
}

bool PhaseStepper::back() {
    if (!usable()) return false;
    const int position = playhead_.position(), at = place();
    const auto phases = phasesOf(record_->settings().sampler);
    if (at > 0)
        show(position, phases[static_cast<std::size_t>(at) - 1]);
    else if (position > 0)
        show(position - 1, phases.back());
    else if (at == 0)
        show(position, StepPhase::whole);
    return true;
}

} // namespace ddpm::ui
