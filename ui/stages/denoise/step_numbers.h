// The numbers of one reverse step, as the card and the inspector show them.
#pragma once

#include "ddpm/chain_record.h"

namespace ddpm::ui {

/// The step that leaves `t` for `previous` (both the paper's; several apart when fewer than T steps are
/// taken).
struct StepNumbers {
    int t = 0;
    int previous = 0;
    double alphaBar = 1, alphaBarPrevious = 1;
    double alpha = 1;          ///< of the whole step: alphaBar / alphaBarPrevious
    double beta = 0;           ///< 1 − alpha
    double sigma = 0;          ///< of the noise added
    double predictedShare = 0; ///< what multiplies x0_hat in eq. 7
    double presentShare = 0;   ///< what multiplies x_t in eq. 7
    double direction = 0;      ///< DDIM: what multiplies epsilon, sqrt(1 − alphaBarPrevious − sigma²)
    double snr = 0;            ///< alphaBar / (1 − alphaBar)
    /// The solvers: what multiplies x_t, and what multiplies DPM-Solver++'s guess at x_0, or the mean of
    /// Heun's two slopes. Not finite for Heun where alphaBar is 0: that step is Euler's.
    double solverPresent = 0, solverTerm = 0;

    bool last() const { return previous == 0; }
};

bool isSolver(Sampler sampler); ///< lands where it asks next, and keeps its own mean to itself

/// What was really done to states of this shape: points are never clipped, whatever the settings say.
SamplingSettings inEffect(SamplingSettings settings, const ItemShape& shape);

/// `state.t` must be in 1…T. `next`, the state that the step made, says where a solver lands; without it T /
/// N earlier, as the others do always (diffusers' rule).
StepNumbers stepNumbers(const ScheduleTable& schedule, const SamplingSettings& settings,
                        const ChainState& state, const ChainState* next = nullptr);

/// Of the step that leaves the state `index`, whose t must be in 1…T.
StepNumbers stepNumbers(const ChainRecord& record, int index);

} // namespace ddpm::ui
