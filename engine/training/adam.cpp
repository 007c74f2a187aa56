#include "training/adam.h"

#include "network/ema.h"
#include "network/kernels/adam.h"

#include <cmath>

namespace ddpm::training {

Adam::Adam(torch::Tensor weights, torch::Tensor gradient)
    : weights_(std::move(weights)), gradient_(std::move(gradient)), exp_avg_(torch::zeros_like(weights_)),
      exp_avg_sq_(torch::zeros_like(weights_)) {}

void Adam::step(double learning_rate, const torch::Tensor& gradient_scale, const Average& average) {
    const torch::NoGradGuard no_grad;
    ++steps_;
    const double correction1 = 1 - std::pow(beta1, static_cast<double>(steps_));
    const double correction2 = 1 - std::pow(beta2, static_cast<double>(steps_));
    if (weights_.is_cpu() && weights_.scalar_type() == torch::kFloat32) {
        network::kernels::adam(weights_, gradient_, exp_avg_, exp_avg_sq_, average.values,
                               {learning_rate, beta1, beta2, eps, correction1, correction2,
                                gradient_scale.item<double>(), average.decay});
        return;
    }
    gradient_.mul_(gradient_scale);
    exp_avg_.lerp_(gradient_, 1 - beta1);
    exp_avg_sq_.mul_(beta2).addcmul_(gradient_, gradient_, 1 - beta2);
    const torch::Tensor denominator = exp_avg_sq_.sqrt().div_(std::sqrt(correction2)).add_(eps);
    weights_.addcdiv_(exp_avg_, denominator, -learning_rate / correction1);
    if (average.values.defined()) network::ema_update(average.values, weights_, average.decay);
}

} // namespace ddpm::training
