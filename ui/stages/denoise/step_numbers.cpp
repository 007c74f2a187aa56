#include "stages/denoise/step_numbers.h"

#include <algorithm>
#include <cmath>

namespace ddpm::ui {

StepNumbers stepNumbers(const ScheduleTable& schedule, const SamplingSettings& settings,
                        const ChainState& state) {
    StepNumbers n;
    n.t = state.t;
    // Where a step lands is diffusers' rule: T / N earlier, whatever the spacing.
    n.previous = std::max(0, state.t - schedule.timesteps() / std::max(1, settings.steps));
    n.alphaBar = schedule.alpha_bar_at(n.t);
    n.alphaBarPrevious = schedule.alpha_bar_at(n.previous);
    n.alpha = n.alphaBar / n.alphaBarPrevious;
    n.beta = 1 - n.alpha;
    n.sigma = state.sigma;
    const double left = 1 - n.alphaBar;
    n.predictedShare = std::sqrt(n.alphaBarPrevious) * n.beta / left;
    n.presentShare = std::sqrt(n.alpha) * (1 - n.alphaBarPrevious) / left;
    n.direction = std::sqrt(std::max(0.0, 1 - n.alphaBarPrevious - n.sigma * n.sigma));
    n.snr = n.alphaBar / left;
    return n;
}

} // namespace ddpm::ui
