#include "stages/denoise/step_phases.h"

#include "stages/denoise/step_numbers.h"

#include <algorithm>
#include <cmath>

namespace ddpm::ui {

std::span<const StepPhase> phasesOf(Sampler sampler) {
    static constexpr StepPhase all[] = {StepPhase::epsilon, StepPhase::x0_hat, StepPhase::mean,
                                        StepPhase::landed};
    static constexpr StepPhase solvers[] = {StepPhase::epsilon, StepPhase::x0_hat, StepPhase::landed};
    if (isSolver(sampler)) return solvers;
    return all;
}

std::vector<float> epsilonUsed(const ScheduleTable& schedule, const SamplingSettings& settings,
                               const ChainState& state) {
    const std::size_t n = state.shape.values();
    std::vector<float> epsilon(n);
    const bool guided = settings.guidance != 0 && settings.guidance != 1;
    const bool bounded = settings.clip || settings.thresholding;
    if (!guided || !bounded) {
        for (std::size_t i = 0; i < n; ++i)
            epsilon[i] = state.value(ChainPart::epsilon, i);
        return epsilon;
    }
    const double signal = std::sqrt(schedule.alpha_bar_at(state.t));
    const double noise = std::sqrt(1 - schedule.alpha_bar_at(state.t));
    for (std::size_t i = 0; i < n; ++i)
        epsilon[i] = static_cast<float>((static_cast<double>(state.x[i]) -
                                         signal * static_cast<double>(state.value(ChainPart::x0_hat, i))) /
                                        noise);
    return epsilon;
}

std::vector<float> stepMean(const ScheduleTable& schedule, const SamplingSettings& settings,
                            const ChainState& state, const ChainState* next) {
    if (next && !(state.sigma > 0)) return next->x;
    const StepNumbers step = stepNumbers(schedule, settings, state);
    const bool ddim = settings.sampler == Sampler::ddim;
    const double guess = ddim ? std::sqrt(step.alphaBarPrevious) : step.predictedShare;
    const double other = ddim ? step.direction : step.presentShare;
    const std::vector<float> with = ddim ? epsilonUsed(schedule, settings, state) : state.x;
    std::vector<float> mean(state.shape.values());
    for (std::size_t i = 0; i < mean.size(); ++i)
        mean[i] = static_cast<float>(guess * static_cast<double>(state.value(ChainPart::x0_hat, i)) +
                                     other * static_cast<double>(with[i]));
    return mean;
}

std::vector<float> addedNoise(const std::vector<float>& mean, const ChainState& next) {
    std::vector<float> added(mean.size());
    std::transform(mean.begin(), mean.end(), next.x.begin(), added.begin(),
                   [](float m, float x) { return x - m; });
    return added;
}

double clippedShare(const SamplingSettings& settings, const ChainState& state) {
    if (!settings.clip || settings.thresholding || state.x0_hat.empty()) return 0;
    const float limit = from_half(to_half(static_cast<float>(settings.clip_range)));
    const auto n = std::count_if(state.x0_hat.begin(), state.x0_hat.end(),
                                 [limit](std::uint16_t bits) { return std::abs(from_half(bits)) >= limit; });
    return static_cast<double>(n) / static_cast<double>(state.x0_hat.size());
}

} // namespace ddpm::ui
