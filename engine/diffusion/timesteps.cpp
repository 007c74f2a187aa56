#include "diffusion/timesteps.h"

#include <cmath>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

/// Ties go to the even neighbour, as NumPy's round does; nearbyint in the default rounding mode agrees.
int rounded(double value) {
    return static_cast<int>(std::nearbyint(value));
}

bool leaves_out_the_smallest(int timesteps, const SamplingSettings& settings) {
    return settings.sampler == Sampler::dpmpp_2m && settings.spacing != Spacing::trailing &&
           settings.steps < timesteps;
}

} // namespace

std::vector<int> sampling_timesteps(int timesteps, int steps, Spacing spacing, int offset) {
    std::vector<int> result;
    for (int i = 0; i < steps; ++i) {
        switch (spacing) {
        case Spacing::leading:
            result.push_back((steps - 1 - i) * (timesteps / steps) + offset);
            break;
        case Spacing::linspace: {
            const double gap = steps > 1 ? static_cast<double>(timesteps - 1) / (steps - 1) : 0;
            result.push_back(rounded((steps - 1 - i) * gap));
            break;
        }
        case Spacing::trailing: {
            const double gap = static_cast<double>(timesteps) / steps;
            result.push_back(rounded(timesteps - i * gap) - 1);
            break;
        }
        }
    }
    if (result.front() >= timesteps) throw std::logic_error("the offset leads past the last timestep");
    return result;
}

std::vector<int> sampling_timesteps(int timesteps, const SamplingSettings& settings) {
    const int more = leaves_out_the_smallest(timesteps, settings) ? 1 : 0;
    std::vector<int> result =
        sampling_timesteps(timesteps, settings.steps + more, settings.spacing, settings.steps_offset);
    result.resize(static_cast<std::size_t>(settings.steps));
    return result;
}

bool fits(int timesteps, const SamplingSettings& settings) {
    if (settings.spacing != Spacing::leading) return true;
    const int n = settings.steps + (leaves_out_the_smallest(timesteps, settings) ? 1 : 0);
    return (n - 1) * (timesteps / n) + settings.steps_offset < timesteps;
}

int previous_timestep(int index, int timesteps, int steps) {
    return index - timesteps / steps;
}

} // namespace ddpm::diffusion
