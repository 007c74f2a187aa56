// The perceptron for points on a CPU, forward and backward in one pass each.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace ddpm::network::kernels {

/// The layers of network::PointMlp.
struct MlpWeights {
    torch::Tensor flat; ///< [M] float32, all of them; its gradient is asked for as one
    /// Where in it they begin: in's weight and bias, time's of layer 0; of each layer above time's and
    /// hidden's; out's. Weights are [to, from], biases [to].
    std::vector<std::int64_t> places;
    std::int64_t hidden = 0, embedding = 0, layers = 0;
};

/// Whether mlp() has a kernel: float32 on a CPU, no gradient of x asked for, a hidden width of whole vectors.
bool has_mlp(const torch::Tensor& x, const MlpWeights& weights);

/// Whether it can be computed in halves: the hidden layers' products of bfloat16, and the time layers' where
/// embeddings are in 32s; sums in float32.
bool has_half_mlp(std::int64_t hidden);

/// h_0 = silu(in(x) + time_0(e)), h_l = h_{l−1} + silu(hidden_l(h_{l−1}) + time_l(e)), out(h). x: [N, 2];
/// embeddings: [D, embedding] of the timesteps that occur; which: [N] int32 in [0, D). -> [N, 2].
torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpWeights& weights, bool in_halves = false);

} // namespace ddpm::network::kernels
