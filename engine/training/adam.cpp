#include "training/adam.h"

#include <cmath>

namespace ddpm::training {

Adam::Adam(torch::Tensor weights, torch::Tensor gradient)
    : weights_(std::move(weights)), gradient_(std::move(gradient)), exp_avg_(torch::zeros_like(weights_)),
      exp_avg_sq_(torch::zeros_like(weights_)) {}

void Adam::step(double learning_rate, const torch::Tensor& gradient_scale) {
    const torch::NoGradGuard no_grad;
    ++steps_;
    gradient_.mul_(gradient_scale);
    exp_avg_.lerp_(gradient_, 1 - beta1);
    exp_avg_sq_.mul_(beta2).addcmul_(gradient_, gradient_, 1 - beta2);
    const double correction1 = 1 - std::pow(beta1, static_cast<double>(steps_));
    const double correction2 = 1 - std::pow(beta2, static_cast<double>(steps_));
    const torch::Tensor denominator = exp_avg_sq_.sqrt().div_(std::sqrt(correction2)).add_(eps);
    weights_.addcdiv_(exp_avg_, denominator, -learning_rate / correction1);
}

} // namespace ddpm::training
