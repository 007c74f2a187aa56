#include "network/layers.h"

#include "compat/torch_compat.h"
#include "network/kernels/attention.h"
#include "network/kernels/convolution.h"
#include "network/kernels/halving_convolution.h"
#include "network/kernels/linear.h"
#include "network/kernels/narrow_convolution.h"
#include "network/kernels/pointwise.h"

#include <cmath>

namespace ddpm::network {

using Init = Parameters::Init;

torch::Tensor Weight::as(torch::ScalarType type) const {
    if (parameter_.scalar_type() == type) return parameter_;
    const torch::Tensor copy = parameters_->working_copy(index_, type);
    if (copy.defined()) return copy;
    if (parameter_.requires_grad()) return parameter_.to(type);
    const std::int64_t version = parameter_._version();
    if (!converted_.defined() || converted_.scalar_type() != type || version != version_) {
        converted_ = parameter_.to(type);
        version_ = version;
    }
    return converted_;
}

Linear::Linear(Parameters& parameters, const std::string& name, int in, int out, Init init)
    : weight_(parameters, parameters.add(name + ".weight", {out, in}, init)),
      bias_(parameters, parameters.add(name + ".bias", {out}, Init::zeros)) {}

torch::Tensor Linear::operator()(const torch::Tensor& x) const {
    if (!kernels::bias_goes_later(x)) return joined({this}, x);
    // The matrix product adds it for nothing, but the library is slow at its gradient.
    const torch::Tensor y = torch::linear(x, weight_.as(x.scalar_type()), bias_.as(x.scalar_type()).detach());
    return kernels::with_bias_gradient(y, bias());
}

torch::Tensor Linear::joined(const std::vector<const Linear*>& layers, const torch::Tensor& x) {
    std::vector<torch::Tensor> weights, biases;
    for (const Linear* layer : layers) {
        weights.push_back(layer->weight_.as(x.scalar_type()));
        biases.push_back(layer->bias_.as(x.scalar_type()));
    }
    const torch::Tensor weight = layers.size() == 1 ? weights[0] : torch::cat(weights),
                        bias = layers.size() == 1 ? biases[0] : torch::cat(biases);
    return kernels::has_linear(x, weight) ? kernels::linear(x, weight, bias) : torch::linear(x, weight, bias);
}

torch::Tensor Linear::without_bias(const torch::Tensor& x) const {
    return torch::linear(x, weight_.as(x.scalar_type()));
}

Conv::Conv(Parameters& parameters, const std::string& name, int in, int out, int kernel, int stride,
           int padding, Init init)
    : weight_(parameters, parameters.add(name + ".weight", {out, in, kernel, kernel}, init)),
      bias_(parameters, parameters.add(name + ".bias", {out}, Init::zeros)), stride_(stride),
      padding_(padding) {}

torch::Tensor Conv::operator()(const torch::Tensor& x) const {
    if (kernels::bias_goes_later(x)) return kernels::add_biased(without_bias(x), {}, bias());
    const torch::Tensor& weight = weight_.parameter();
    if (weight.size(2) == 1 && weight.size(3) == 1 && stride_ == 1 && padding_ == 0) {
        const torch::Tensor pixels = x.permute({0, 2, 3, 1}); // contiguous, in channels-last memory
        const torch::Tensor matrix = weight.flatten(1);
        if (kernels::has_linear(pixels, matrix))
            return kernels::linear(pixels, matrix, bias()).permute({0, 3, 1, 2});
        if (kernels::has_pointwise(pixels, matrix.size(0)))
            return kernels::pointwise(pixels, matrix, bias()).permute({0, 3, 1, 2});
    }
    if (has_own(x)) return kernels::convolve_3x3(x, weight, bias());
    if (keeps_size_3x3() && kernels::has_narrow_convolution(x, weight.size(0)))
        return kernels::narrow_convolution(x, weight, bias());
    if (keeps_size_3x3() && kernels::has_widening_convolution(x, weight.size(0)))
        return kernels::widening_convolution(x, weight, bias());
    return torch::conv2d(x, weight_.as(x.scalar_type()), bias_.as(x.scalar_type()), stride_, padding_);
}

torch::Tensor Conv::plus(const torch::Tensor& x, const torch::Tensor& beside) const {
    if (kernels::bias_goes_later(x)) return kernels::add_biased(without_bias(x), beside, bias());
    if (has_own(x)) return kernels::convolve_3x3(x, weight_.parameter(), bias(), beside);
    // In place: backward() asks a convolution for its input, not for its output.
    return (*this)(x).add_(beside);
}

bool Conv::keeps_size_3x3() const {
    return weight().size(2) == 3 && weight().size(3) == 3 && stride_ == 1 && padding_ == 1;
}

bool Conv::has_own(const torch::Tensor& x) const {
    return keeps_size_3x3() && kernels::has_convolution(x, weight().size(0));
}

torch::Tensor Conv::without_bias(const torch::Tensor& x) const {
    return torch::conv2d(x, weight_.as(x.scalar_type()), {}, stride_, padding_);
}

GroupNorm::GroupNorm(Parameters& parameters, const std::string& name, int channels, int groups, double eps)
    : weight_(parameters.add(name + ".weight", {channels}, Init::ones)),
      bias_(parameters.add(name + ".bias", {channels}, Init::zeros)), groups_(groups), eps_(eps) {}

torch::Tensor GroupNorm::operator()(const torch::Tensor& x, const torch::Tensor& shift,
                                    const kernels::Finish& finish) const {
    return kernels::group_norm(x, shift, weight_, bias_, groups_, eps_, finish);
}

kernels::NormAndInput GroupNorm::beside(const torch::Tensor& x, const kernels::Finish& finish) const {
    return kernels::group_norm_beside(x, {}, weight_, bias_, groups_, eps_, finish);
}

namespace {

int time_width(const UnetSettings& settings) {
    return 4 * settings.block_out_channels.front();
}

/// A fresh one for each layer and step; it stays on the device.
torch::Tensor draw_seed(const torch::Tensor& beside, const torch::Generator& generator) {
    return torch::empty({}, torch::TensorOptions(torch::kInt64).device(beside.device())).random_(generator);
}

} // namespace

ResnetBlock::ResnetBlock(Parameters& parameters, const std::string& name, const UnetSettings& settings,
                         int in, int out, double scale_factor)
    : norm1_(parameters, name + ".norm1", in, settings.norm_num_groups, settings.norm_eps),
      conv1_(parameters, name + ".conv1", in, out, 3, 1, 1),
      time_emb_proj_(parameters, name + ".time_emb_proj", time_width(settings), out),
      norm2_(parameters, name + ".norm2", out, settings.norm_num_groups, settings.norm_eps),
      conv2_(parameters, name + ".conv2", out, out, 3, 1, 1, Init::zeros), dropout_(settings.dropout),
      scale_factor_(scale_factor) {
    if (in != out) conv_shortcut_.emplace(parameters, name + ".conv_shortcut", in, out, 1, 1, 0);
}

torch::Tensor ResnetBlock::operator()(const torch::Tensor& x, const torch::Tensor& time,
                                      const Mode& mode) const {
    const auto [first, same] = norm1_.beside(x, {.silu = true});
    torch::Tensor h, shift; // what follows adds: [N, C] float32
    if (kernels::bias_goes_later(first)) {
        shift = time_emb_proj_.without_bias(time) + (time_emb_proj_.bias() + conv1_.bias());
        h = conv1_.without_bias(first);
    } else {
        shift = time_emb_proj_(time).to(torch::kFloat32);
        h = conv1_(first);
    }
    kernels::Finish finish{.silu = true};
    if (mode.training && dropout_ > 0) finish.dropout = {dropout_, draw_seed(h, mode.generator)};
    h = joined(norm2_(h, shift, finish), same);
    return scale_factor_ == 1 ? h : h / scale_factor_;
}

torch::Tensor ResnetBlock::joined(const torch::Tensor& h, const torch::Tensor& x) const {
    if (!conv_shortcut_) return conv2_.plus(h, x);
    if (!kernels::bias_goes_later(h)) return conv2_.plus(h, (*conv_shortcut_)(x));
    return kernels::add_biased(conv2_.without_bias(h), conv_shortcut_->without_bias(x),
                               conv2_.bias() + conv_shortcut_->bias());
}

AttentionBlock::AttentionBlock(Parameters& parameters, const std::string& name, const UnetSettings& settings,
                               int channels, double scale_factor)
    : group_norm_(parameters, name + ".group_norm", channels, settings.norm_num_groups, settings.norm_eps),
      to_q_(parameters, name + ".to_q", channels, channels),
      to_k_(parameters, name + ".to_k", channels, channels),
      to_v_(parameters, name + ".to_v", channels, channels),
      to_out_(parameters, name + ".to_out.0", channels, channels, Init::zeros),
      head_dim_(settings.attention_head_dim > 0 ? settings.attention_head_dim : channels),
      scale_factor_(scale_factor) {}

torch::Tensor AttentionBlock::operator()(const torch::Tensor& x) const {
    const std::int64_t n = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
    // [N, pixels, C]: what channels-last memory already is.
    const auto [normal, same] = group_norm_.beside(x);
    const torch::Tensor h = normal.permute({0, 2, 3, 1}).reshape({n, pixels, channels});
    torch::Tensor out =
        kernels::has_attention(h, channels / head_dim_)
            ? kernels::attend(Linear::joined({&to_q_, &to_k_, &to_v_}, h), channels / head_dim_)
            : attend(to_q_(h), to_k_(h), to_v_(h));
    out = to_out_(out).view({n, x.size(2), x.size(3), channels}).permute({0, 3, 1, 2}) + same;
    return scale_factor_ == 1 ? out : out / scale_factor_;
}

torch::Tensor AttentionBlock::attend(const torch::Tensor& q, const torch::Tensor& k,
                                     const torch::Tensor& v) const {
    const std::int64_t n = q.size(0), pixels = q.size(1), channels = q.size(2);
    const std::int64_t heads = channels / head_dim_;
    const auto by_head = [&](const torch::Tensor& y) {
        return y.view({n, pixels, heads, head_dim_}).transpose(1, 2);
    };
    const auto together = [&](const torch::Tensor& y) {
        return y.transpose(1, 2).reshape({n, pixels, channels});
    };
    if (compat::has_fused_attention(q))
        return together(compat::fused_attention(by_head(q), by_head(k), by_head(v)));
    const auto split = [&](const torch::Tensor& y) { // [N·heads, pixels, head_dim]
        return heads == 1 ? y : by_head(y).reshape({n * heads, pixels, head_dim_});
    };
    const torch::Tensor scaled = split(q) * (1 / std::sqrt(static_cast<double>(head_dim_)));
    const torch::Tensor weights = torch::softmax(torch::bmm(scaled, split(k).transpose(1, 2)), -1);
    const torch::Tensor out = torch::bmm(weights, split(v));
    return heads == 1 ? out : together(out.view({n, heads, pixels, head_dim_}));
}

Downsample::Downsample(Parameters& parameters, const std::string& name, int channels, int padding)
    : conv_(parameters, name + ".conv", channels, channels, 3, 2, padding),
      pad_right_and_bottom_(padding == 0) {}

torch::Tensor Downsample::operator()(const torch::Tensor& x) const {
    const torch::Tensor& weight = conv_.weight();
    if (kernels::has_halving_convolution(x, weight.size(0)))
        return kernels::halving_convolution(x, weight, conv_.bias(), pad_right_and_bottom_ ? 0 : 1);
    return conv_(pad_right_and_bottom_ ? torch::constant_pad_nd(x, {0, 1, 0, 1}) : x);
}

Upsample::Upsample(Parameters& parameters, const std::string& name, int channels)
    : conv_(parameters, name + ".conv", channels, channels, 3, 1, 1) {}

torch::Tensor Upsample::operator()(const torch::Tensor& x) const {
    return conv_(kernels::upsample_twice(x));
}

} // namespace ddpm::network
