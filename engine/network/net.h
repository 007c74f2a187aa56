// A denoising network: parameters, and the function (x_t, t) -> prediction.
#pragma once

#include "ddpm/config.h"
#include "network/parameters.h"

#include <torch/torch.h>

#include <cstdint>
#include <memory>

namespace ddpm::network {

/// How a forward pass runs. Dropout draws from `generator`, so that a training step is a function of its
/// seed.
struct Mode {
    bool training = false;
    torch::Generator generator; ///< may be undefined where nothing is drawn
    /// [N] int64 in [0, num_class_embeds), for a net with class labels; undefined: "no class", the last one.
    torch::Tensor labels = {};
    /// What a U-Net computes in between: float32 or bfloat16. Weights, x_t and the prediction stay float32.
    torch::ScalarType compute = torch::kFloat32;
    bool tf32 = false; ///< on a GPU: float32 products may be TF32
};

/// What `precision` means to a net; automatic must have been decided.
inline torch::ScalarType compute_type(Precision precision) {
    return precision == Precision::bf16 ? torch::kBFloat16 : torch::kFloat32;
}
inline void set_precision(Mode& mode, Precision precision) {
    mode.compute = compute_type(precision);
    mode.tf32 = precision == Precision::tf32;
}

class Net {
public:
    virtual ~Net() = default;

    /// x_t: [N, C, H, W] (U-Net) or [N, 2] (points) float32; t: [N] int64, 0-based. The prediction has x_t's
    /// shape, or twice the channels where the variance is learned.
    virtual torch::Tensor forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) = 0;

    struct Fit {
        torch::Tensor prediction; ///< as forward()'s
        torch::Tensor squared;    ///< [N]: of each example, the mean of (prediction − target)²
    };
    /// Whether fit() is there for x_t: forward() in training and its gradient in one piece.
    virtual bool has_fit(const torch::Tensor& /*x_t*/) const { return false; }
    /// parameters().flat_gradient() becomes the gradient of mean(weight · squared). target: like x_t; weight:
    /// [N] float32, or undefined for ones.
    virtual Fit fit(const torch::Tensor& x_t, const torch::Tensor& t, const torch::Tensor& target,
                    const torch::Tensor& weight, const Mode& mode);

    virtual Parameters& parameters() = 0;
    virtual const Parameters& parameters() const = 0;
};

/// `settings` must pass check(). The same seed makes the same weights on every device.
std::unique_ptr<Net> make_net(const ModelSettings& settings, torch::Device device, std::uint64_t seed);

} // namespace ddpm::network
