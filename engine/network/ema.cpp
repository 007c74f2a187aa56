#include "network/ema.h"

#include <algorithm>

namespace ddpm::network {

double ema_decay_at(double decay, bool warmup, std::int64_t step) {
    if (!warmup) return decay;
    return std::min(decay, static_cast<double>(1 + step) / static_cast<double>(10 + step));
}

void ema_update(const torch::Tensor& average, const torch::Tensor& weights, double decay) {
    const torch::NoGradGuard no_grad;
    average.lerp_(weights, 1 - decay);
}

} // namespace ddpm::network
