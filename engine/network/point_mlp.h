// The net for 2-D points: a multi-layer perceptron that hears the timestep in every layer.
#pragma once

#include "network/kernels/mlp.h"
#include "network/layers.h"
#include "network/net.h"

#include <vector>

namespace ddpm::network {

class PointMlp final : public Net {
public:
    PointMlp(const PointMlpSettings& settings, torch::Device device, std::uint64_t seed);

    /// x_t: [N, 2] float32; t: [N] int64, 0-based -> [N, 2].
    torch::Tensor forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) override;
    bool has_fit(const torch::Tensor& x_t) const override;
    Fit fit(const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& target,
            const torch::Tensor& weight, const Mode& mode) override;
    Parameters& parameters() override { return parameters_; }
    const Parameters& parameters() const override { return parameters_; }

private:
    kernels::MlpWeights weights() const;
    bool in_halves(const Mode& mode) const;
    /// [D] -> [D, embedding]; in halves, where these are in 32s, bfloat16 and rows of zeros up to whole 32s.
    torch::Tensor embeddings_of(const torch::Tensor& timesteps, bool in_halves);

    PointMlpSettings settings_;
    Parameters parameters_;
    Linear in_;
    std::vector<Linear> time_;   ///< embedding -> hidden, one a layer
    std::vector<Linear> hidden_; ///< hidden -> hidden, one less than layers
    std::optional<Linear> out_;
    /// Embeddings of the first timesteps, as many as were asked for, in float32 and rounded.
    torch::Tensor table_, rounded_table_;
};

} // namespace ddpm::network
