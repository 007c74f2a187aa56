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
bool has_half_time(std::int64_t embedding);
constexpr std::int64_t whole_in_halves = 32; ///< rows and columns of their products

/// h_0 = silu(in(x) + time_0(e)), h_l = h_{l−1} + silu(hidden_l(h_{l−1}) + time_l(e)), out(h). x: [N, 2];
/// embeddings: [D, embedding] of the timesteps that occur; which: [N] int32 in [0, D). -> [N, 2]. In halves
/// the embeddings may be bfloat16 already, where has_half_time() and D is a multiple of whole_in_halves.
torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpWeights& weights, bool in_halves = false);

/// What y is to be, and how much each example counts.
struct MlpTarget {
    torch::Tensor values; ///< [N, 2]
    torch::Tensor weight; ///< [N] float32; undefined: 1
};
struct MlpFit {
    torch::Tensor y;       ///< [N, 2]
    torch::Tensor squared; ///< [N]: the mean of an example's two (y − target)²
};
/// mlp() and its gradient in one go, without automatic differentiation: `gradient`, laid out as weights.flat,
/// becomes that of mean(weight · squared). What lies between its tensors is left alone.
MlpFit fit_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
               const MlpWeights& weights, const MlpTarget& target, const torch::Tensor& gradient,
               bool in_halves = false);

} // namespace ddpm::network::kernels
