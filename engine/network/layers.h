// The pieces of the U-Net (App. B), with the parameter names of diffusers. Pictures are [N, C, H, W], float32
// or bfloat16, in channels-last memory; the weights stay float32.
#pragma once

#include "ddpm/config.h"
#include "network/kernels/fused.h"
#include "network/net.h"
#include "network/parameters.h"

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ddpm::network {

/// A float32 parameter as a net that computes in another type needs it.
class Weight {
public:
    /// The newest of `parameters`.
    Weight(const Parameters& parameters, torch::Tensor parameter)
        : parameters_(&parameters), index_(parameters.tensors().size() - 1),
          parameter_(std::move(parameter)) {}
    /// The working copy. Without one, while it is trained: converted with every call; else once, until it is
    /// written to.
    torch::Tensor as(torch::ScalarType type) const;
    const torch::Tensor& parameter() const { return parameter_; }

private:
    const Parameters* parameters_;
    std::size_t index_;
    torch::Tensor parameter_;
    mutable torch::Tensor converted_;
    mutable std::int64_t version_ = -1; ///< of the parameter when it was converted
};

class Linear {
public:
    Linear(Parameters& parameters, const std::string& name, int in, int out,
           Parameters::Init init = Parameters::Init::fan_average);
    torch::Tensor operator()(const torch::Tensor& x) const; ///< [..., in] -> [..., out]
    torch::Tensor without_bias(const torch::Tensor& x) const;
    const torch::Tensor& weight() const { return weight_.parameter(); } ///< [out, in] float32
    const torch::Tensor& bias() const { return bias_.parameter(); }     ///< [out] float32
    /// What all of them make of x, beside each other, in one product.
    static torch::Tensor joined(const std::vector<const Linear*>& layers, const torch::Tensor& x);

private:
    Weight weight_, bias_;
};

class Conv {
public:
    Conv(Parameters& parameters, const std::string& name, int in, int out, int kernel, int stride,
         int padding, Parameters::Init init = Parameters::Init::fan_average);
    /// Like x in type, or float32: of three channels and fewer.
    torch::Tensor operator()(const torch::Tensor& x) const;
    torch::Tensor plus(const torch::Tensor& x, const torch::Tensor& beside) const; ///< conv(x) + beside
    torch::Tensor without_bias(const torch::Tensor& x) const;
    const torch::Tensor& weight() const { return weight_.parameter(); } ///< [out, in, kernel, kernel] float32
    const torch::Tensor& bias() const { return bias_.parameter(); }     ///< [out] float32

private:
    bool keeps_size_3x3() const;
    bool has_own(const torch::Tensor& x) const;

    Weight weight_, bias_;
    int stride_, padding_;
};

class GroupNorm {
public:
    GroupNorm(Parameters& parameters, const std::string& name, int channels, int groups, double eps);
    /// finish(norm(x + shift)); shift: [N, C] float32, or undefined.
    torch::Tensor operator()(const torch::Tensor& x, const torch::Tensor& shift = {},
                             const kernels::Finish& finish = {}) const;
    /// And x, for what is done with it beside.
    kernels::NormAndInput beside(const torch::Tensor& x, const kernels::Finish& finish = {}) const;

private:
    torch::Tensor weight_, bias_;
    int groups_;
    double eps_;
};

/// norm1, SiLU, conv1, + time; norm2, SiLU, dropout, conv2; + shortcut.
class ResnetBlock {
public:
    ResnetBlock(Parameters& parameters, const std::string& name, const UnetSettings& settings, int in,
                int out, double scale_factor = 1);
    /// time: SiLU of the embedding, [N, 4·first width].
    torch::Tensor operator()(const torch::Tensor& x, const torch::Tensor& time, const Mode& mode) const;

private:
    /// conv2(h) + shortcut(x)
    torch::Tensor joined(const torch::Tensor& h, const torch::Tensor& x) const;

    GroupNorm norm1_;
    Conv conv1_;
    Linear time_emb_proj_;
    GroupNorm norm2_;
    Conv conv2_;
    std::optional<Conv> conv_shortcut_;
    double dropout_, scale_factor_;
};

/// Self-attention over all pixels, residual.
class AttentionBlock {
public:
    AttentionBlock(Parameters& parameters, const std::string& name, const UnetSettings& settings,
                   int channels, double scale_factor = 1);
    torch::Tensor operator()(const torch::Tensor& x) const;

private:
    /// Of [N, pixels, C] each.
    torch::Tensor attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) const;

    GroupNorm group_norm_;
    Linear to_q_, to_k_, to_v_, to_out_;
    int head_dim_;
    double scale_factor_;
};

/// Halves the size by a strided convolution.
class Downsample {
public:
    Downsample(Parameters& parameters, const std::string& name, int channels, int padding);
    torch::Tensor operator()(const torch::Tensor& x) const;

private:
    Conv conv_;
    bool pad_right_and_bottom_;
};

/// Doubles the size: nearest neighbour, then a convolution.
class Upsample {
public:
    Upsample(Parameters& parameters, const std::string& name, int channels);
    torch::Tensor operator()(const torch::Tensor& x) const;

private:
    Conv conv_;
};

} // namespace ddpm::network
