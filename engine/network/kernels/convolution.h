// Convolutions of 3×3 on a CPU, with gradients: by Winograd's algorithm, or with a matrix unit.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

/// Whether convolve_3x3() is the way for x of shape [N, C, H, W] and so many channels out: pictures for the
/// matrix unit, or enough pixels and channels for Winograd's algorithm.
bool has_convolution(const torch::Tensor& x, std::int64_t out);

/// x * weight + bias + beside, stride 1, padding 1. x: [N, in, H, W]; weight: [out, in, 3, 3] float32; bias:
/// [out] float32; beside: [N, out, H, W] like x, or undefined. Like x in type, channels-last; sums in
/// float32. float32's error is about twice the library's, that of the weights' gradient five times
/// (test_products). That gradient is summed in parts, one a thread at most: it is the same from run to run
/// with as many threads. x on a CPU, float32 or bfloat16.
torch::Tensor convolve_3x3(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const torch::Tensor& beside = {});

} // namespace ddpm::network::kernels
