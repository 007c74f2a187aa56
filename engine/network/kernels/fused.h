// Operations of the U-Net that a tensor library does in many passes over memory, each in as few as possible,
// with gradients. Pictures are [N, C, H, W] in channels-last memory, float32 or bfloat16; all sums are in
// float32. Where there is no kernel (other types, a GPU in a program built without CUDA) they are composed of
// the library's own operations.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

struct Dropout {
    double probability = 0; ///< in [0, 1)
    torch::Tensor seed;     ///< [] int64 beside the pictures; the mask is a function of it and of the place
};

/// What follows the normalisation.
struct Finish {
    bool silu = false;
    Dropout dropout = {};
};

/// dropout(silu(group_norm(x + shift))). x: [N, C, H, W]; shift: [N, C] float32 or undefined; weight, bias:
/// [C] float32. Like x in type and memory. C must be a multiple of `groups`.
torch::Tensor group_norm(const torch::Tensor& x, const torch::Tensor& shift, const torch::Tensor& weight,
                         const torch::Tensor& bias, std::int64_t groups, double eps, const Finish& finish);

/// The same, and x for what is done with it beside: its gradients meet in the kernel instead of in a pass of
/// their own.
struct NormAndInput {
    torch::Tensor y, x;
};
NormAndInput group_norm_beside(const torch::Tensor& x, const torch::Tensor& shift,
                               const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t groups,
                               double eps, const Finish& finish);

/// The same, composed of the library's operations: the definition that the kernels are tested against, mask
/// and all.
torch::Tensor composed_group_norm(const torch::Tensor& x, const torch::Tensor& shift,
                                  const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t groups,
                                  double eps, const Finish& finish);

/// [a, b] along the channels. Same N, H, W and type.
torch::Tensor concat_channels(const torch::Tensor& a, const torch::Tensor& b);

/// [N, C, H, W] -> [N, C, 2H, 2W], nearest neighbour.
torch::Tensor upsample_twice(const torch::Tensor& x);

/// Whether a bias is better added by what follows (group_norm's shift, add_biased) than by the library: on a
/// GPU that spends a pass over memory on it, and a slow one on its gradient.
bool bias_goes_later(const torch::Tensor& x);

/// a + b + bias; b may be undefined; bias: [C] float32.
torch::Tensor add_biased(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& bias);

/// y, to which `bias` was added along its last dimension where no gradient was taken of it: gives it the
/// gradient. bias: [C] float32. Where bias_goes_later() alone.
torch::Tensor with_bias_gradient(const torch::Tensor& y, const torch::Tensor& bias);

} // namespace ddpm::network::kernels
