#include "formats/diffusers_config.h"
#include "formats/strict_json.h"

#include <cmath>

namespace ddpm::formats {
namespace {

using json = nlohmann::json;

/// For each block whether it has attention; `plain` and `attending` are the two names that are supported.
std::vector<bool> attention_of(ConfigReader& reader, const std::string& key,
                               const std::vector<std::string>& absent, const std::string& plain,
                               const std::string& attending) {
    std::vector<bool> attention;
    for (const std::string& type : reader.texts(key, absent)) {
        if (type != plain && type != attending) reader.not_supported(key, type, plain + " or " + attending);
        attention.push_back(type == attending);
    }
    return attention;
}

json block_types(const std::vector<bool>& attention, const std::string& plain, const std::string& attending) {
    json types = json::array();
    for (const bool attends : attention)
        types.push_back(attends ? attending : plain);
    return types;
}

bool in_range(const json& value, std::int64_t low, std::int64_t high) {
    return value.is_number_integer() && value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= high;
}

/// Whole numbers without a point, as diffusers writes its defaults.
json shortest(double number) {
    const bool whole = std::abs(number) < 1e9 && number == std::floor(number);
    return whole ? json(static_cast<int>(number)) : json(number);
}

} // namespace

Result<UnetSettings> unet_from_config(const json& config, const std::string& where) {
    // Every default here is that of UNet2DModel's constructor, not of our settings.
    ConfigReader reader(config, where);
    UnetSettings unet;
    reader.require("_class_name", "UNet2DModel");
    const json size = reader.take("sample_size", nullptr);
    const bool square = size.is_array() && size.size() == 2 && size[0] == size[1];
    const json side = square ? size[0] : size;
    if (in_range(side, 1, 65'536))
        unet.sample_size = side.get<int>();
    else
        reader.not_supported("sample_size", size, "a number (the pictures are square)");
    unet.in_channels = reader.integer("in_channels", 3);
    unet.out_channels = reader.integer("out_channels", 3);
    unet.block_out_channels = reader.integers("block_out_channels", {224, 448, 672, 896});
    unet.down_attention = attention_of(
        reader, "down_block_types", {"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"},
        "DownBlock2D", "AttnDownBlock2D");
    unet.up_attention = attention_of(reader, "up_block_types",
                                     {"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"},
                                     "UpBlock2D", "AttnUpBlock2D");
    unet.layers_per_block = reader.integer("layers_per_block", 2);
    // null is one head of full width; a key that is not there means heads of eight channels.
    const json head = reader.take("attention_head_dim", 8);
    if (head.is_null())
        unet.attention_head_dim = 0;
    else if (in_range(head, 1, 65'536))
        unet.attention_head_dim = head.get<int>();
    else
        reader.not_supported("attention_head_dim", head, "null or a number above 0");
    unet.add_attention = reader.boolean("add_attention", true);
    unet.norm_num_groups = reader.integer("norm_num_groups", 32);
    unet.norm_eps = reader.number("norm_eps", 1e-5);
    unet.downsample_padding = reader.integer("downsample_padding", 1);
    unet.flip_sin_to_cos = reader.boolean("flip_sin_to_cos", true);
    unet.freq_shift = reader.number("freq_shift", 0);
    unet.mid_block_scale_factor = reader.number("mid_block_scale_factor", 1);
    unet.dropout = reader.number("dropout", 0);

    reader.require("act_fn", "silu");
    reader.require("attn_norm_num_groups", nullptr);
    reader.require("center_input_sample", false);
    reader.require("class_embed_type", nullptr);
    const json classes = reader.take("num_class_embeds", nullptr);
    if (in_range(classes, 1, 100'000))
        unet.num_class_embeds = classes.get<int>();
    else if (!classes.is_null())
        reader.not_supported("num_class_embeds", classes, "null or a number from 1 to 100000");
    reader.require("downsample_type", "conv");
    reader.require("upsample_type", "conv");
    reader.require("mid_block_type", "UNetMidBlock2D");
    reader.require("resnet_time_scale_shift", "default");
    reader.require("time_embedding_dim", nullptr);
    reader.require("time_embedding_type", "positional");
    reader.ignore("num_train_timesteps"); // counts only where the time embedding is learned
    if (std::optional<Error> error = reader.finish()) return *error;
    if (const std::vector<Problem> problems = unet.check(); !problems.empty())
        return to_error(problems, where);
    return unet;
}

json unet_to_config(const UnetSettings& unet) {
    return {
        {"_class_name", "UNet2DModel"},
        {"_diffusers_version", diffusers_version},
        {"act_fn", "silu"},
        {"add_attention", unet.add_attention},
        {"attention_head_dim", unet.attention_head_dim == 0 ? json(nullptr) : json(unet.attention_head_dim)},
        {"attn_norm_num_groups", nullptr},
        {"block_out_channels", unet.block_out_channels},
        {"center_input_sample", false},
        {"class_embed_type", nullptr},
        {"down_block_types", block_types(unet.down_attention, "DownBlock2D", "AttnDownBlock2D")},
        {"downsample_padding", unet.downsample_padding},
        {"downsample_type", "conv"},
        {"dropout", shortest(unet.dropout)},
        {"flip_sin_to_cos", unet.flip_sin_to_cos},
        {"freq_shift", shortest(unet.freq_shift)},
        {"in_channels", unet.in_channels},
        {"layers_per_block", unet.layers_per_block},
        {"mid_block_scale_factor", shortest(unet.mid_block_scale_factor)},
        {"norm_eps", unet.norm_eps},
        {"norm_num_groups", unet.norm_num_groups},
        {"num_class_embeds", unet.num_class_embeds == 0 ? json(nullptr) : json(unet.num_class_embeds)},
        {"num_train_timesteps", nullptr},
        {"out_channels", unet.out_channels},
        {"resnet_time_scale_shift", "default"},
        {"sample_size", unet.sample_size},
        {"time_embedding_type", "positional"},
        {"up_block_types", block_types(unet.up_attention, "UpBlock2D", "AttnUpBlock2D")},
        {"upsample_type", "conv"},
    };
}

} // namespace ddpm::formats
