#include "training/adam.h"

#include "network/ema.h"
#include "network/kernels/adam.h"
#include "network/kernels/on_device.h"

#include <cmath>
#include <vector>

namespace ddpm::training {

Adam::Adam(torch::Tensor weights, torch::Tensor gradient)
    : weights_(std::move(weights)), gradient_(std::move(gradient)), exp_avg_(torch::zeros_like(weights_)),
      exp_avg_sq_(torch::zeros_like(weights_)) {}

Adam::Numbers Adam::next(double learning_rate) {
    ++steps_;
    const auto k = static_cast<double>(steps_);
    return {learning_rate / (1 - std::pow(beta1, k)), std::sqrt(1 - std::pow(beta2, k))};
}

torch::Tensor Adam::gradient_norm() const {
    if (!(gradient_.is_cpu() && gradient_.scalar_type() == torch::kFloat32)) return gradient_.norm();
    return torch::scalar_tensor(network::kernels::norm(gradient_), torch::kFloat32);
}

void Adam::step(double learning_rate, double gradient_scale, const Average& average) {
    const torch::NoGradGuard no_grad;
    if (weights_.is_cpu() && weights_.scalar_type() == torch::kFloat32) {
        ++steps_;
        const double correction1 = 1 - std::pow(beta1, static_cast<double>(steps_));
        const double correction2 = 1 - std::pow(beta2, static_cast<double>(steps_));
        network::kernels::adam(
            weights_, gradient_, exp_avg_, exp_avg_sq_, average.values,
            {learning_rate, beta1, beta2, eps, correction1, correction2, gradient_scale, average.decay});
        return;
    }
    const Numbers numbers = next(learning_rate);
    gradient_.mul_(gradient_scale);
    move_moments();
    const torch::Tensor denominator = exp_avg_sq_.sqrt().div_(numbers.root_correction2).add_(eps);
    weights_.addcdiv_(exp_avg_, denominator, -numbers.step_size);
    if (average.values.defined()) network::ema_update(average.values, weights_, average.decay);
}

void Adam::move_moments() {
    exp_avg_.lerp_(gradient_, 1 - beta1);
    exp_avg_sq_.mul_(beta2).addcmul_(gradient_, gradient_, 1 - beta2);
}

void Adam::step_on_device(const torch::Tensor& numbers, const torch::Tensor& gradient_scale,
                          const torch::Tensor& average, const torch::Tensor& alive) {
    const torch::NoGradGuard no_grad;
    if (network::kernels::device::has(weights_)) {
        network::kernels::device::adam({weights_, gradient_, exp_avg_, exp_avg_sq_, average, gradient_scale,
                                        numbers, alive, beta1, beta2, eps});
        return;
    }
    const std::vector<torch::Tensor> now = {weights_, average, exp_avg_, exp_avg_sq_};
    std::vector<torch::Tensor> before;
    for (const torch::Tensor& tensor : now)
        before.push_back(tensor.clone());
    gradient_.mul_(gradient_scale);
    move_moments();
    const torch::Tensor denominator = exp_avg_sq_.sqrt().div_(numbers[1]).add_(eps);
    weights_.sub_(exp_avg_.div(denominator).mul_(numbers[0]));
    average.add_((weights_ - average).mul_(1 - numbers[2]));
    for (std::size_t i = 0; i < now.size(); ++i)
        now[i].copy_(torch::where(alive, now[i], before[i]));
}

} // namespace ddpm::training
