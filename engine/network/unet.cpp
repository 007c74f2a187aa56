#include "network/unet.h"

#include "compat/torch_compat.h"
#include "network/kernels/fused.h"
#include "network/time_embedding.h"

namespace ddpm::network {

Unet::Unet(const UnetSettings& settings, torch::Device device, std::uint64_t seed)
    : settings_(settings), parameters_(device, seed),
      conv_in_(parameters_, "conv_in", settings.in_channels, settings.block_out_channels.front(), 3, 1, 1),
      time_linear_1_(parameters_, "time_embedding.linear_1", settings.block_out_channels.front(),
                     4 * settings.block_out_channels.front()),
      time_linear_2_(parameters_, "time_embedding.linear_2", 4 * settings.block_out_channels.front(),
                     4 * settings.block_out_channels.front()) {
    if (settings_.num_class_embeds > 0)
        class_embedding_ = parameters_.add(
            "class_embedding.weight", {settings_.num_class_embeds, 4 * settings_.block_out_channels.front()},
            Parameters::Init::fan_average);
    const std::vector<int>& widths = settings_.block_out_channels;
    const std::size_t levels = widths.size();
    // Skips in the order in which they are made: conv_in's output, each layer's, each downsampler's.
    std::vector<int> skips = {widths.front()};
    int channels = widths.front();
    for (std::size_t level = 0; level < levels; ++level) {
        const std::string name = "down_blocks." + std::to_string(level);
        DownBlock block;
        for (int layer = 0; layer < settings_.layers_per_block; ++layer) {
            const std::string index = std::to_string(layer);
            block.resnets.emplace_back(parameters_, name + ".resnets." + index, settings_, channels,
                                       widths[level]);
            channels = widths[level];
            if (settings_.down_attention[level])
                block.attentions.emplace_back(parameters_, name + ".attentions." + index, settings_,
                                              channels);
            skips.push_back(channels);
        }
        if (level + 1 < levels) {
            block.downsample.emplace(parameters_, name + ".downsamplers.0", channels,
                                     settings_.downsample_padding);
            skips.push_back(channels);
        }
        down_blocks_.push_back(std::move(block));
    }

    const double mid_scale = settings_.mid_block_scale_factor;
    mid_resnets_.emplace_back(parameters_, "mid_block.resnets.0", settings_, channels, channels, mid_scale);
    if (settings_.add_attention)
        mid_attention_.emplace(parameters_, "mid_block.attentions.0", settings_, channels, mid_scale);
    mid_resnets_.emplace_back(parameters_, "mid_block.resnets.1", settings_, channels, channels, mid_scale);

    for (std::size_t up = 0; up < levels; ++up) {
        const std::string name = "up_blocks." + std::to_string(up);
        const int width = widths[levels - 1 - up];
        UpBlock block;
        for (int layer = 0; layer < settings_.layers_per_block + 1; ++layer) {
            const std::string index = std::to_string(layer);
            const int skip = skips.back();
            skips.pop_back();
            block.resnets.emplace_back(parameters_, name + ".resnets." + index, settings_, channels + skip,
                                       width);
            channels = width;
            if (settings_.up_attention[up])
                block.attentions.emplace_back(parameters_, name + ".attentions." + index, settings_,
                                              channels);
        }
        if (up + 1 < levels) block.upsample.emplace(parameters_, name + ".upsamplers.0", channels);
        up_blocks_.push_back(std::move(block));
    }
    conv_norm_out_.emplace(parameters_, "conv_norm_out", channels, settings_.norm_num_groups,
                           settings_.norm_eps);
    conv_out_.emplace(parameters_, "conv_out", channels, settings_.out_channels, 3, 1, 1,
                      Parameters::Init::zeros);
}

namespace {

/// With one channel both orders of memory are the same, and contiguous() leaves the strides of the other; the
/// library then answers in that.
torch::Tensor in_channels_last(const torch::Tensor& x) {
    const std::int64_t C = x.size(1), H = x.size(2), W = x.size(3);
    return x.contiguous(at::MemoryFormat::ChannelsLast).as_strided(x.sizes(), {C * H * W, 1, C * W, C});
}

} // namespace

torch::Tensor Unet::forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) {
    if (x_t.is_cuda()) compat::allow_tf32(mode.tf32); // backward() comes before the next one
    const torch::Tensor sinusoids = sinusoidal_embedding(t, settings_.block_out_channels.front(),
                                                         settings_.flip_sin_to_cos, settings_.freq_shift);
    torch::Tensor embedding = time_linear_2_(torch::silu(time_linear_1_(sinusoids)));
    if (class_embedding_.defined()) {
        const torch::Tensor labels =
            mode.labels.defined() ? mode.labels : torch::full_like(t, settings_.num_class_embeds - 1);
        embedding = embedding + class_embedding_.index_select(0, labels);
    }
    // Every block applies SiLU to the embedding first: do it once. A GPU is many times faster at what follows
    // in the type of the pictures.
    torch::Tensor time = torch::silu(embedding);
    if (time.is_cuda()) time = time.to(mode.compute);

    torch::Tensor h = conv_in_(in_channels_last(x_t.to(mode.compute)));
    std::vector<torch::Tensor> skips = {h};
    for (const DownBlock& block : down_blocks_) {
        for (std::size_t layer = 0; layer < block.resnets.size(); ++layer) {
            h = block.resnets[layer](h, time, mode);
            if (!block.attentions.empty()) h = block.attentions[layer](h);
            skips.push_back(h);
        }
        if (block.downsample) {
            h = (*block.downsample)(h);
            skips.push_back(h);
        }
    }
    h = mid_resnets_[0](h, time, mode);
    if (mid_attention_) h = (*mid_attention_)(h);
    h = mid_resnets_[1](h, time, mode);
    for (const UpBlock& block : up_blocks_) {
        for (std::size_t layer = 0; layer < block.resnets.size(); ++layer) {
            h = block.resnets[layer](kernels::concat_channels(h, skips.back()), time, mode);
            skips.pop_back();
            if (!block.attentions.empty()) h = block.attentions[layer](h);
        }
        if (block.upsample) h = (*block.upsample)(h);
    }
    return (*conv_out_)((*conv_norm_out_)(h, {}, {.silu = true})).to(torch::kFloat32).contiguous();
}

} // namespace ddpm::network
