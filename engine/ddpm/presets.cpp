// Where every run starts from. The paper's figures are those of §4 and App. B; Tiny, Small and Points are
// quick starts tuned for what a person sees first (the measurements are in ARCHITECTURE.md, "Quick starts").
#include "ddpm/config.h"

#include <algorithm>

namespace ddpm {
namespace {

UnetSettings tiny_unet() {
    UnetSettings unet;
    unet.sample_size = 28;
    unet.block_out_channels = {16, 32, 64};
    unet.down_attention = {false, false, true};
    unet.up_attention = {true, false, false};
    unet.layers_per_block = 1;
    unet.norm_num_groups = 8;
    return unet;
}

UnetSettings small_unet() {
    return {}; // channels 32, multipliers 1, 2, 2, one block a level, attention at 16×16
}

UnetSettings paper_unet() {
    UnetSettings unet;
    unet.block_out_channels = {128, 256, 256, 256};
    unet.down_attention = {false, true, false, false};
    unet.up_attention = {false, false, true, false};
    unet.layers_per_block = 2;
    unet.dropout = 0.1;
    return unet;
}

/// §4 and App. B. `dropout` and `flips` are for CIFAR-10; flips are off where mirrored pictures are not in
/// the data.
void train_as_in_the_paper(RunSettings& run) {
    run.diffusion = {};
    run.training.learning_rate = 2e-4;
    run.training.warmup_steps = 5000;
    run.training.gradient_clip = 1.0;
    run.training.ema_decay = 0.9999;
}

/// v with the cosine schedule shows clean strokes after a quarter of the pictures that epsilon with the
/// linear one needs.
void train_quickly(RunSettings& run) {
    run.diffusion.prediction = Prediction::v;
    run.diffusion.schedule.kind = BetaSchedule::cosine;
    run.training.warmup_steps = 100;
    run.training.ema_decay = 0.995;
}

} // namespace

void fit_to_data(RunSettings& run, int side, int channels, int classes) {
    if (run.model.kind != NetKind::unet) return;
    UnetSettings& unet = run.model.unet;
    if (channels > 0) {
        unet.in_channels = channels;
        unet.out_channels = run.diffusion.learned_variance == LearnedVariance::none ? channels : 2 * channels;
    }
    if (unet.num_class_embeds == UnetSettings::classes_of_data && classes > 0)
        unet.num_class_embeds = classes + 1;
    if (side > 0 && (side > unet.sample_size || 2 * side < unet.sample_size)) {
        const int halved = 1 << (std::max<std::size_t>(unet.block_out_channels.size(), 1) - 1);
        unet.sample_size = (side + halved - 1) / halved * halved;
    }
}

RunSettings preset_settings(Preset preset, DataKind data, bool as_in_paper) {
    RunSettings run;
    run.preset = preset;
    run.data.kind = data;
    run.as_in_paper = as_in_paper || preset == Preset::paper;
    if (preset != Preset::points) run.training.precision = Precision::automatic;
    switch (preset) {
    case Preset::points:
        run.model.kind = NetKind::point_mlp;
        run.diffusion.schedule.timesteps = 200;
        run.training.steps = 20'000;
        run.training.batch_size = 512;
        run.training.learning_rate = 3e-3;
        train_quickly(run);
        run.preview.every_seconds = 2;
        run.preview.count = 1;
        break;
    case Preset::tiny:
        run.model.unet = tiny_unet();
        run.training.steps = 5000;
        run.training.batch_size = 32;
        run.training.learning_rate = 2e-3;
        train_quickly(run);
        break;
    case Preset::small:
        run.model.unet = small_unet();
        run.training.steps = 20'000;
        run.training.batch_size = 32;
        run.training.learning_rate = 8e-4;
        train_quickly(run);
        break;
    case Preset::paper:
        run.model.unet = paper_unet();
        run.training.steps = 800'000;
        run.training.batch_size = 128;
        break;
    }
    run.training.flips = data == DataKind::cifar10; // App. B; elsewhere a mirrored picture may be another one
    fit_to_data(run, run.data.known_side(), run.data.known_channels(), run.data.known_classes());
    if (run.as_in_paper) {
        const int timesteps = run.diffusion.schedule.timesteps;
        train_as_in_the_paper(run);
        if (preset == Preset::points) {
            // beta runs over the paper's range times 1000 / T, so that T steps still end in noise.
            run.diffusion.schedule.timesteps = timesteps;
            run.diffusion.schedule.beta_start *= 1000.0 / timesteps;
            run.diffusion.schedule.beta_end *= 1000.0 / timesteps;
        }
    }
    return run;
}

} // namespace ddpm
