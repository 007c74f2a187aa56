// The kernels for gathered pixels on all workers: gather_task.h.
#pragma once

#include "network/kernels/gather_task.h"

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// What a task's kernel writes, of all of its `points`. bfloat16
void gather_all(const GatherTask& task, std::int64_t points);

struct GatheredSums {
    torch::Tensor weight; ///< [taps, out, in] float32
    torch::Tensor bias;   ///< [out] float32
};

/// The gradient of weights and bias. grad_y: [points, out], of x's type, bfloat16 or float32
GatheredSums gathered_sums(const GatherTask& task, std::int64_t points, const torch::Tensor& grad_y);

} // namespace ddpm::network::kernels
