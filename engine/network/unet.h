// The paper's U-Net (App. B) as diffusers' UNet2DModel, name for name.
#pragma once

#include "network/layers.h"
#include "network/net.h"

#include <optional>
#include <vector>

namespace ddpm::network {

class Unet final : public Net {
public:
    Unet(const UnetSettings& settings, torch::Device device, std::uint64_t seed);

    torch::Tensor forward(const torch::Tensor& x_t, const torch::Tensor& t, const Mode& mode) override;
    Parameters& parameters() override { return parameters_; }
    const Parameters& parameters() const override { return parameters_; }

private:
    struct DownBlock {
        std::vector<ResnetBlock> resnets;
        std::vector<AttentionBlock> attentions; ///< one a resnet, or none
        std::optional<Downsample> downsample;   ///< not in the last block
    };
    struct UpBlock {
        std::vector<ResnetBlock> resnets;
        std::vector<AttentionBlock> attentions;
        std::optional<Upsample> upsample; ///< not in the last block
    };

    UnetSettings settings_;
    Parameters parameters_;
    Conv conv_in_;
    Linear time_linear_1_, time_linear_2_;
    torch::Tensor class_embedding_; ///< [num_class_embeds, 4 · first width]; undefined without labels
    std::vector<DownBlock> down_blocks_;
    std::vector<ResnetBlock> mid_resnets_;
    std::optional<AttentionBlock> mid_attention_;
    std::vector<UpBlock> up_blocks_;
    std::optional<GroupNorm> conv_norm_out_;
    std::optional<Conv> conv_out_;
};

} // namespace ddpm::network
