// The points' net with products of bfloat16; all else in float32.
#pragma once

#include "network/kernels/mlp.h"

namespace ddpm::network::kernels {

/// As mlp(); `keeps` what a backward pass needs.
torch::Tensor half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                       const MlpWeights& weights, bool keeps);
/// As fit_mlp().
MlpFit fit_half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                    const MlpWeights& weights, const MlpTarget& target, const torch::Tensor& gradient);

} // namespace ddpm::network::kernels
