// The kernels of a GPU for tensors. They only queue work on the current stream. In a program that was built
// without CUDA has() is false and the rest throws std::logic_error.
#pragma once

#include "network/kernels/norm_tensors.h"

#include <torch/torch.h>

namespace ddpm::network::kernels::device {

/// Float32 or bfloat16 on a GPU that this build has kernels for.
bool has(const torch::Tensor& x);
/// Groups so wide have none.
bool has_norm(const torch::Tensor& x, std::int64_t groups);

void norm_forward(const NormTensors& norm);
void norm_backward(const NormTensors& norm);

/// both: [rows, a + b]; all contiguous in channels-last memory.
void concat(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& both);
void split(const torch::Tensor& both, const torch::Tensor& a, const torch::Tensor& b);
void upsample(const torch::Tensor& x, const torch::Tensor& y);
void add_four(const torch::Tensor& grad_y, const torch::Tensor& grad_x);
/// b may be undefined.
void add_biased(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& bias,
                const torch::Tensor& y);
/// [channels] float32: the sums over the rows of x, whose memory is that of a matrix [rows, channels].
torch::Tensor column_sums(const torch::Tensor& x, std::int64_t channels);

/// Adam, clipping and the moving average where *alive; see training::Adam. All [M] float32, M a multiple of
/// 4; `average` may be undefined; numbers: [3] float32: learning rate / (1 − beta1^k), sqrt(1 − beta2^k),
/// decay.
struct AdamTensors {
    torch::Tensor weights, gradient, exp_avg, exp_avg_sq, average;
    torch::Tensor gradient_scale; ///< [] float32
    torch::Tensor numbers;
    torch::Tensor alive; ///< [] bool
    double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};
void adam(const AdamTensors& adam);

} // namespace ddpm::network::kernels::device
