// What one pass of the group norm reads and writes, on whatever device.
#pragma once

#include "network/kernels/fused.h"

#include <torch/torch.h>

namespace ddpm::network::kernels {

/// Pictures in channels-last memory, everything else float32 and contiguous.
struct NormTensors {
    torch::Tensor x, shift, weight, bias; ///< shift may be undefined
    torch::Tensor mean, rstd;             ///< [N, groups]; forward writes them, backward reads them
    std::int64_t groups = 1;
    double eps = 0;
    Finish finish;
    torch::Tensor y; ///< forward

    torch::Tensor grad_y, grad_x;         ///< backward from here on
    torch::Tensor grad_beside;            ///< like x, added to grad_x; may be undefined
    torch::Tensor grad_shift;             ///< undefined without a shift
    torch::Tensor grad_weight, grad_bias; ///< [N, C] of the same strides: each example's share
};

} // namespace ddpm::network::kernels
