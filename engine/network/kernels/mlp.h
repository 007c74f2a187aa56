// The perceptron for points on a CPU, forward and backward in one pass each.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace ddpm::network::kernels {

/// The layers of network::PointMlp. Weights are [to, from], biases [to], all float32.
struct MlpLayers {
    torch::Tensor in_weight, in_bias;
    std::vector<torch::Tensor> time_weights, time_biases;     ///< one a layer
    std::vector<torch::Tensor> hidden_weights, hidden_biases; ///< one less
    torch::Tensor out_weight, out_bias;
};

/// Whether mlp() has a kernel: float32 on a CPU, no gradient of x asked for, a hidden width of whole vectors.
bool has_mlp(const torch::Tensor& x, const MlpLayers& layers);

/// h_0 = silu(in(x) + time_0(e)), h_l = h_{l−1} + silu(hidden_l(h_{l−1}) + time_l(e)), out(h). x: [N, 2];
/// embeddings: [D, E] of the timesteps that occur; which: [N] int32 in [0, D). -> [N, 2].
torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpLayers& layers);

} // namespace ddpm::network::kernels
