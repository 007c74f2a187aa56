#include "diffusion/prediction.h"

#include <cmath>

namespace ddpm::diffusion {

Factors<double> factors_at(const Schedule& schedule, int index) {
    const double alpha_bar = schedule.alpha_bar(index);
    const auto i = static_cast<std::size_t>(index);
    return {std::sqrt(alpha_bar), std::sqrt(1 - alpha_bar), schedule.posterior_mean_coef_x0[i],
            schedule.posterior_mean_coef_xt[i]};
}

Output split(const torch::Tensor& output, const torch::Tensor& x_t) {
    const std::int64_t channels = x_t.size(1);
    if (output.size(1) == channels) return {output, {}};
    return {output.narrow(1, 0, channels), output.narrow(1, channels, channels)};
}

} // namespace ddpm::diffusion
