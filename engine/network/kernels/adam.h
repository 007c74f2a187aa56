// Adam, clipping and the moving average of the weights in one pass over memory, and the norm to clip by.
#pragma once

#include <torch/torch.h>

namespace ddpm::network::kernels {

struct AdamStep {
    double learning_rate = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    double correction1 = 1, correction2 = 1; ///< 1 − beta^k
    double gradient_scale = 1;
    double ema_decay = 1; ///< of `average`, where that is defined
};

/// All [M] float32 on the CPU, contiguous; `average` may be undefined.
void adam(const torch::Tensor& weights, const torch::Tensor& gradient, const torch::Tensor& exp_avg,
          const torch::Tensor& exp_avg_sq, const torch::Tensor& average, const AdamStep& step);

/// The Euclidean norm of [M] float32 on the CPU, contiguous. The same for any number of threads.
double norm(const torch::Tensor& x);

} // namespace ddpm::network::kernels
