// The exponential moving average of the weights that samples are drawn from (App. B).
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network {

/// The decay after `step` updates: `decay`, or min(decay, (1 + step) / (10 + step)) with warm-up.
double ema_decay_at(double decay, bool warmup, std::int64_t step);

/// average := decay · average + (1 − decay) · weights. Both [M] float32, all parameters of a net in one
/// buffer.
void ema_update(const torch::Tensor& average, const torch::Tensor& weights, double decay);

} // namespace ddpm::network
