#include "diffusion/objective.h"

namespace ddpm::diffusion {

torch::Tensor target(Prediction prediction, const SignalNoise& tables, const torch::Tensor& x0,
                     const torch::Tensor& t, const torch::Tensor& epsilon) {
    if (prediction == Prediction::epsilon) return epsilon;
    return at_t(tables.signal, t, x0) * epsilon - at_t(tables.noise, t, x0) * x0;
}

torch::Tensor simple_loss(const torch::Tensor& prediction, const torch::Tensor& target) {
    return (prediction - target).square().flatten(1).mean(1);
}

torch::Tensor epsilon_from(Prediction prediction, const SignalNoise& tables, const torch::Tensor& x_t,
                           const torch::Tensor& t, const torch::Tensor& output) {
    if (prediction == Prediction::epsilon) return output;
    return at_t(tables.signal, t, x_t) * output + at_t(tables.noise, t, x_t) * x_t;
}

} // namespace ddpm::diffusion
