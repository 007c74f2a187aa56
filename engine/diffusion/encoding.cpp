#include "diffusion/encoding.h"

#include "diffusion/reverse.h"

#include <cmath>

namespace ddpm::diffusion {

torch::Tensor encode_step(const Schedule& schedule, const DiffusionSettings& diffusion,
                          const torch::Tensor& x, const torch::Tensor& output, int index, int next) {
    SamplingSettings unclipped; // what is clipped cannot be found again
    unclipped.clip = false;
    const Beliefs beliefs = interpret(schedule, diffusion, unclipped, x, output, index, -1);
    const double alpha_bar = schedule.alpha_bar(next);
    return std::sqrt(alpha_bar) * beliefs.x0_hat + std::sqrt(1 - alpha_bar) * beliefs.epsilon;
}

} // namespace ddpm::diffusion
