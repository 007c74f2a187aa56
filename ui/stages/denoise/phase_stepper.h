// Goes through the phases of reverse steps, one after the other and on into the next step, back and forth.
#pragma once

#include "ddpm/chain_record.h"
#include "stages/denoise/step_phases.h"

#include <QObject>

#include <memory>

namespace ddpm::ui {

class Playhead;

class PhaseStepper : public QObject {
    Q_OBJECT
public:
    explicit PhaseStepper(Playhead& playhead, QObject* parent = nullptr);

    void setRecord(std::shared_ptr<const ChainRecord> record);
    void setActive(bool active); ///< steps are asked for phase by phase

    /// Of the state at the playhead's position; `whole` wherever the playhead went by another way.
    StepPhase phase() const;
    /// False: not by phases (not active, thinned, no such step); the whole step is for the caller to take.
    bool forward();
    bool back();
    bool canGoForward() const; ///< a phase or a state comes next, or is asked for by nextWanted()
    bool canGoBack() const;

    /// Why this record cannot be taken apart; empty if it can.
    static QString refusal(const ChainRecord& record);

Q_SIGNALS:
    void changed();    ///< another phase of the same state
    void nextWanted(); ///< the phase shown needs a state that is not recorded yet

private:
    bool usable() const;
    int place() const; // in phasesOf(), −1: whole
    void show(int position, StepPhase phase);

    Playhead& playhead_;
    std::shared_ptr<const ChainRecord> record_;
    bool active_ = false;
    int position_ = -1; // at which phase_ holds
    StepPhase phase_ = StepPhase::whole;
};

} // namespace ddpm::ui
