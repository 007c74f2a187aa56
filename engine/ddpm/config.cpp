#include "ddpm/config.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <type_traits>

namespace ddpm {
namespace {

using Problems = std::vector<Problem>;

template <typename T>
void require_range(Problems& problems, const char* field, T value, T low, T high) {
    if (value >= low && value <= high) return; // also false for NaN
    const auto text = [](T v) {
        if constexpr (std::is_integral_v<T>) return std::to_string(v);
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.6g", static_cast<double>(v));
        return std::string(digits);
    };
    problems.push_back(
        {field, text(value) + " is out of range", "choose " + text(low) + " to " + text(high)});
}

void append(Problems& problems, Problems more) {
    problems.insert(problems.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
}

} // namespace

int DataSettings::known_side() const {
    switch (kind) {
    case DataKind::mnist:
    case DataKind::fashion_mnist:
        return 28;
    case DataKind::cifar10:
    case DataKind::emoji:
        return 32;
    case DataKind::picture_folder:
        return size;
    default:
        return 0;
    }
}

int DataSettings::known_channels() const {
    switch (kind) {
    case DataKind::mnist:
    case DataKind::fashion_mnist:
        return 1;
    case DataKind::cifar10:
    case DataKind::emoji:
        return 3;
    case DataKind::picture_folder:
        return colour ? 3 : 1;
    default:
        return 0;
    }
}

int DataSettings::known_classes() const {
    const bool digits = kind == DataKind::mnist || kind == DataKind::fashion_mnist;
    return digits || kind == DataKind::cifar10 ? 10 : 0;
}

std::vector<Problem> DataSettings::check() const {
    Problems problems;
    if (kind == DataKind::picture_folder) require_range(problems, "data.size", size, 4, 512);
    if ((kind == DataKind::picture_folder || kind == DataKind::array_file) && path.empty())
        problems.push_back(
            {"data.path", "it is missing",
             kind == DataKind::array_file ? "name an NPY or NPZ file" : "name a folder of pictures"});
    if (test_split && (kind == DataKind::picture_folder || kind == DataKind::array_file))
        problems.push_back({"data.test_split", "this kind of data has no test split", "turn it off"});
    if (!is_points()) return problems;
    require_range(problems, "data.points", points, 100, 1'000'000);
    if (kind == DataKind::drawing && text.empty() && picture.empty() && sketch.empty())
        problems.push_back({"data.text", "there is nothing to draw", "write a word or choose a picture"});
    if (sketch.size() % 2 != 0 || sketch.size() > 2 * most_sketch_points ||
        !std::all_of(sketch.begin(), sketch.end(), [](float v) { return v >= -1 && v <= 1; }))
        problems.push_back({"data.sketch", "the sketch is not a list of points in [-1, 1]",
                            "draw it again, with at most 4,000 points"});
    if (text.size() > 60)
        problems.push_back({"data.text", "the text is too long", "use at most 60 characters"});
    if (test_split) problems.push_back({"data.test_split", "point sets have no test split", "turn it off"});
    return problems;
}

bool ScheduleSettings::uses_range() const {
    return kind != BetaSchedule::cosine && kind != BetaSchedule::jsd && kind != BetaSchedule::list;
}

std::vector<Problem> ScheduleSettings::check() const {
    Problems problems;
    require_range(problems, "diffusion.timesteps", timesteps, 2, 10'000);
    if (kind == BetaSchedule::list) {
        if (betas.size() != static_cast<std::size_t>(timesteps))
            problems.push_back({"diffusion.betas",
                                "there are " + std::to_string(betas.size()) + " betas for " +
                                    std::to_string(timesteps) + " timesteps",
                                "give one for every timestep"});
        for (const double beta : betas) {
            if (beta > 0 && beta <= 1) continue;
            problems.push_back({"diffusion.betas", std::to_string(beta) + " is out of range",
                                "every beta lies above 0 and is at most 1"});
            break;
        }
    }
    if (uses_range()) {
        require_range(problems, "diffusion.beta_start", beta_start, 1e-8, 0.999);
        require_range(problems, "diffusion.beta_end", beta_end, 1e-8, 0.999);
        if (beta_end < beta_start)
            problems.push_back(
                {"diffusion.beta_end", "it is below beta_start", "noise must not shrink: raise beta_end"});
    }
    return problems;
}

std::vector<Problem> DiffusionSettings::check() const {
    Problems problems = schedule.check();
    if (schedule.ends_without_signal() && (prediction == Prediction::epsilon || prediction == Prediction::mu))
        problems.push_back({"diffusion.prediction",
                            "with this schedule nothing of the picture is left at T, so that " +
                                std::string(name_of(prediction)) + " does not say x_0 there",
                            "predict v or x0, or choose another schedule"});
    return problems;
}

std::vector<Problem> UnetSettings::check() const {
    Problems problems;
    require_range(problems, "model.sample_size", sample_size, 4, 512);
    if (in_channels != 1 && in_channels != 3)
        problems.push_back(
            {"model.in_channels", "pictures have 1 (grey) or 3 (colour) channels", "choose 1 or 3"});
    if (out_channels != in_channels && out_channels != 2 * in_channels)
        problems.push_back({"model.out_channels", "it does not fit in_channels",
                            "make both the same, or twice as many for a learned variance"});
    require_range(problems, "model.num_class_embeds", num_class_embeds, classes_of_data, 100'000);
    const std::size_t levels = block_out_channels.size();
    if (levels < 1 || levels > 6)
        problems.push_back(
            {"model.block_out_channels", "a net has 1 to 6 levels", "list one width per level"});
    if (down_attention.size() != levels || up_attention.size() != levels)
        problems.push_back(
            {"model.block_types", "there is not one block type per level", "list as many as widths"});
    require_range(problems, "model.layers_per_block", layers_per_block, 1, 8);
    require_range(problems, "model.norm_num_groups", norm_num_groups, 1, 1024);
    for (const int channels : block_out_channels) {
        require_range(problems, "model.block_out_channels", channels, 1, 4096);
        if (norm_num_groups > 0 && channels % norm_num_groups != 0)
            problems.push_back({"model.block_out_channels",
                                std::to_string(channels) + " is not a multiple of norm_num_groups = " +
                                    std::to_string(norm_num_groups),
                                "choose widths that the groups divide"});
        if (attention_head_dim > 0 && channels % attention_head_dim != 0)
            problems.push_back({"model.attention_head_dim",
                                std::to_string(channels) + " channels cannot be split into heads of " +
                                    std::to_string(attention_head_dim),
                                "choose a divisor of every width"});
    }
    if (attention_head_dim < 0)
        problems.push_back(
            {"model.attention_head_dim", "it is negative", "use 0 for one head of full width"});
    if (levels >= 1 && levels <= 6 && sample_size % (1 << (levels - 1)) != 0)
        problems.push_back({"model.sample_size", "it cannot be halved once per level",
                            "choose a multiple of " + std::to_string(1 << (levels - 1))});
    if (downsample_padding != 0 && downsample_padding != 1)
        problems.push_back(
            {"model.downsample_padding", "only 0 and 1 are known", "choose 0 (the paper) or 1"});
    if (!block_out_channels.empty() && block_out_channels.front() % 2 != 0)
        problems.push_back(
            {"model.block_out_channels", "the first width is odd", "the time embedding needs an even one"});
    if (!block_out_channels.empty() && block_out_channels.front() / 2 <= freq_shift)
        problems.push_back({"model.freq_shift", "it is too large for the first width", "use 0 or 1"});
    require_range(problems, "model.norm_eps", norm_eps, 1e-12, 1e-1);
    require_range(problems, "model.mid_block_scale_factor", mid_block_scale_factor, 1e-3, 1e3);
    require_range(problems, "model.dropout", dropout, 0.0, 0.9);
    return problems;
}

std::vector<Problem> PointMlpSettings::check() const {
    Problems problems;
    require_range(problems, "model.hidden", hidden, 4, 4096);
    require_range(problems, "model.layers", layers, 1, 16);
    require_range(problems, "model.embedding", embedding, 4, 1024);
    if (embedding % 2 != 0)
        problems.push_back({"model.embedding", "it is odd", "sines and cosines come in pairs"});
    return problems;
}

std::vector<Problem> ModelSettings::check() const {
    return kind == NetKind::unet ? unet.check() : point_mlp.check();
}

std::vector<Problem> TrainingSettings::check() const {
    Problems problems;
    require_range<std::int64_t>(problems, "training.steps", steps, 1, 100'000'000);
    require_range(problems, "training.batch_size", batch_size, 1, 65'536);
    if (!(learning_rate > 0) || learning_rate > 1)
        problems.push_back(
            {"training.learning_rate", "it must be above 0 and at most 1", "the paper uses 0.0002"});
    require_range(problems, "training.warmup_steps", warmup_steps, 0, 10'000'000);
    require_range(problems, "training.gradient_clip", gradient_clip, 0.0, 1e6);
    if (!(ema_decay >= 0 && ema_decay < 1))
        problems.push_back(
            {"training.ema_decay", "it must be at least 0 and below 1", "the paper uses 0.9999"});
    require_range(problems, "training.hybrid_weight", hybrid_weight, 0.0, 1e6);
    require_range(problems, "training.min_snr_gamma", min_snr_gamma, 0.0, 1e6);
    require_range(problems, "training.label_dropout", label_dropout, 0.0, 1.0);
    if (min_snr_gamma > 0 && objective == Objective::bound)
        problems.push_back({"training.min_snr_gamma", "the bound has weights of its own",
                            "set it to 0, or train the simple objective"});
    require_range(problems, "training.checkpoint_every", checkpoint_every, 1, 10'000'000);
    require_range(problems, "training.keep_checkpoints", keep_checkpoints, 1, 1000);
    return problems;
}

std::vector<Problem> SamplingSettings::check(int timesteps) const {
    Problems problems;
    require_range(problems, "sampling.steps", steps, 1, timesteps);
    require_range(problems, "sampling.count", count, 1, 65'536);
    require_range(problems, "sampling.eta", eta, 0.0, 1.0);
    require_range(problems, "sampling.steps_offset", steps_offset, 0, std::max(0, timesteps - 1));
    require_range(problems, "sampling.clip_range", clip_range, 1e-3, 1e3);
    require_range(problems, "sampling.threshold_ratio", threshold_ratio, 0.0, 1.0);
    require_range(problems, "sampling.threshold_max", threshold_max, 1.0, 1e6);
    require_range(problems, "sampling.guidance", guidance, 0.0, 100.0);
    require_range(problems, "sampling.label", label, -1, 100'000);
    return problems;
}

std::vector<Problem> PreviewSettings::check() const {
    Problems problems;
    require_range(problems, "preview.every_seconds", every_seconds, 0.5, 86'400.0);
    require_range(problems, "preview.count", count, 1, 256);
    require_range(problems, "preview.steps", steps, 1, 10'000);
    return problems;
}

std::vector<Problem> RunSettings::check() const {
    Problems problems = data.check();
    append(problems, model.check());
    append(problems, diffusion.check());
    append(problems, training.check());
    append(problems, preview.check());
    if (data.is_points() != (model.kind == NetKind::point_mlp))
        problems.push_back(
            {"model.kind",
             data.is_points() ? "a U-Net needs pictures, the data are points"
                              : "the point net needs points, the data are pictures",
             data.is_points() ? "choose the preset points" : "choose the preset tiny, small or paper"});
    if (!data.is_points() && model.kind == NetKind::unet) {
        const int side = data.known_side(), channels = data.known_channels();
        const std::string sides = std::to_string(side);
        if (model.unet.sample_size < side)
            problems.push_back({"model.sample_size", "the pictures have " + sides + "×" + sides + " pixels",
                                "choose " + sides + " or more"});
        if (channels != 0 && model.unet.in_channels != channels)
            problems.push_back({"model.in_channels",
                                channels == 1 ? "the pictures are grey" : "the pictures have colour",
                                "choose " + std::to_string(channels)});
        const bool learned = diffusion.learned_variance != LearnedVariance::none;
        if (model.unet.out_channels != model.unet.in_channels * (learned ? 2 : 1))
            problems.push_back(
                {"model.out_channels",
                 learned ? "a learned variance needs as many channels again" : "it differs from in_channels",
                 "choose " + std::to_string(model.unet.in_channels * (learned ? 2 : 1))});
    }
    if (model.kind == NetKind::point_mlp && diffusion.learned_variance != LearnedVariance::none)
        problems.push_back(
            {"diffusion.learned_variance", "the point net has no learned variance", "choose none"});
    if (data.is_points() && model.unet.num_class_embeds != 0)
        problems.push_back({"model.num_class_embeds", "the point net has no classes", "choose 0"});
    if (training.objective == Objective::hybrid && diffusion.learned_variance == LearnedVariance::none)
        problems.push_back({"training.objective", "the hybrid objective trains a learned variance",
                            "choose a learned variance, or the simple objective"});
    if (data.is_points() && training.batch_size > data.points)
        problems.push_back({"training.batch_size", "it is larger than the data set",
                            "choose at most " + std::to_string(data.points)});
    if (preview.enabled && preview.steps > diffusion.schedule.timesteps)
        problems.push_back({"preview.steps", "there are fewer timesteps than that",
                            "choose at most " + std::to_string(diffusion.schedule.timesteps)});
    return problems;
}

} // namespace ddpm
