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

    bool last() const { return previous == 0; }
};

/// `state.t` must be in 1…T.
StepNumbers stepNumbers(const ScheduleTable& schedule, const SamplingSettings& settings,
                        const ChainState& state);

} // namespace ddpm::ui
