#include "diffusion/timesteps.h"

#include <algorithm>
#include <cmath>

namespace ddpm::diffusion {

std::vector<int> sampling_timesteps(int timesteps, int steps, Spacing spacing) {
    std::vector<int> result(static_cast<std::size_t>(steps));
    // Ties go to the even neighbour, as NumPy's round does; nearbyint in the default rounding mode agrees.
    for (int i = 0; i < steps; ++i) {
        int& index = result[static_cast<std::size_t>(i)];
        switch (spacing) {
        case Spacing::leading:
            index = (steps - 1 - i) * (timesteps / steps);
            break;
        case Spacing::linspace: {
            const double gap = steps > 1 ? static_cast<double>(timesteps - 1) / (steps - 1) : 0;
            index = static_cast<int>(std::nearbyint((steps - 1 - i) * gap));
            break;
        }
        case Spacing::trailing: {
            const double gap = static_cast<double>(timesteps) / steps;
            index = static_cast<int>(std::nearbyint(timesteps - i * gap)) - 1;
            break;
        }
        }
    }
    return result;
}

int previous_timestep(int index, int timesteps, int steps) {
    return index - timesteps / steps;
}

} // namespace ddpm::diffusion
