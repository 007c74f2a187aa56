#include "stages/denoise/step_numbers.h"

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

/// Half the logarithm of the signal-to-noise ratio; infinite where there is only one of the two.
double halfLogSnr(double alphaBar) {
    return (std::log(alphaBar) - std::log1p(-alphaBar)) / 2;
}

/// Noise over signal: Karras' sigma of x / sqrt(alphaBar).
double noiseLevel(double alphaBar) {
    return std::sqrt((1 - alphaBar) / alphaBar);
}

} // namespace

bool isSolver(Sampler sampler) {
    return sampler == Sampler::dpmpp_2m || sampler == Sampler::heun;
}

SamplingSettings inEffect(SamplingSettings settings, const ItemShape& shape) {
    if (shape.is_points()) settings.clip = settings.thresholding = false;
    return settings;
}

StepNumbers stepNumbers(const ScheduleTable& schedule, const SamplingSettings& settings,
                        const ChainState& state, const ChainState* next) {
    StepNumbers n;
    n.t = state.t;
    const int landing = state.t - schedule.timesteps() / std::max(1, settings.steps);
    n.previous = next && isSolver(settings.sampler) ? next->t : std::max(0, landing);
    n.alphaBar = schedule.alpha_bar_at(n.t);
    const bool keepsFirst = settings.sampler == Sampler::ddim && !settings.set_alpha_to_one;
    n.alphaBarPrevious = schedule.alpha_bar_at(n.last() && keepsFirst ? 1 : n.previous);
    n.alpha = n.alphaBar / n.alphaBarPrevious;
    n.beta = 1 - n.alpha;
    n.sigma = state.sigma;
    const double left = 1 - n.alphaBar, leftAfter = 1 - n.alphaBarPrevious;
    n.predictedShare = std::sqrt(n.alphaBarPrevious) * n.beta / left;
    n.presentShare = std::sqrt(n.alpha) * leftAfter / left;
    n.direction = std::sqrt(std::max(0.0, leftAfter - n.sigma * n.sigma));
    n.snr = n.alphaBar / left;
    if (settings.sampler == Sampler::dpmpp_2m) {
        const double h = halfLogSnr(n.alphaBarPrevious) - halfLogSnr(n.alphaBar);
        n.solverPresent = std::sqrt(leftAfter / left);
        n.solverTerm = -std::sqrt(n.alphaBarPrevious) * std::expm1(-h);
    } else if (settings.sampler == Sampler::heun) {
        n.solverPresent = std::sqrt(n.alphaBarPrevious / n.alphaBar);
        n.solverTerm =
            std::sqrt(n.alphaBarPrevious) * (noiseLevel(n.alphaBarPrevious) - noiseLevel(n.alphaBar));
    }
    return n;
}

StepNumbers stepNumbers(const ChainRecord& record, int index) {
    const auto state = record.state(index);
    // Of a thinned record the next state is not where this step landed.
    const auto next = record.stride() == 1 ? record.state(index + 1) : nullptr;
    return stepNumbers(record.schedule(), inEffect(record.settings(), state->shape), *state, next.get());
}

} // namespace ddpm::ui
