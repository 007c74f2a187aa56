#include "diffusion/posterior.h"

namespace ddpm::diffusion {

torch::Tensor posterior_mean(const Schedule& schedule, const torch::Tensor& x0, const torch::Tensor& x_t,
                             int index) {
    const auto i = static_cast<std::size_t>(index);
    return schedule.posterior_mean_coef_x0[i] * x0 + schedule.posterior_mean_coef_xt[i] * x_t;
}

} // namespace ddpm::diffusion
