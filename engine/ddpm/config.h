// Every setting of the program: its default, unit and the section of the paper it comes from (Ho et al.
// 2020). Plain values; `check()` returns all that is wrong at once, in words a user can act on.
#pragma once

#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddpm {

// ---------------------------------------------------------------------------------------------------------------------
// Data

enum class DataKind {
    mnist,          ///< bundled digits, 60,000 + 10,000 grey pictures of 28×28
    fashion_mnist,  ///< Debian's dataset-fashion-mnist, where installed
    cifar10,        ///< 50,000 + 10,000 colour pictures of 32×32 in the binary version's files, in `path`
    emoji,          ///< bundled colour pictures of 32×32, drawn from Noto Color Emoji
    picture_folder, ///< picture files in `path`; sub-folders are classes
    array_file,     ///< an NPY or NPZ file at `path`: [N, H, W], [N, H, W, C] or [N, C, H, W] uint8
    two_moons,      ///< 2-D points from here on
    swiss_roll,
    checkerboard,
    eight_gaussians,
    drawing, ///< a text, the dark pixels of a picture file, or what a pen went over, turned into points
};

struct DataSettings {
    DataKind kind = DataKind::mnist;
    bool test_split = false; ///< the test pictures instead of the training ones, where a set has both
    std::filesystem::path path =
        {};             ///< of `picture_folder`, `array_file`; of `cifar10` (empty: where it is fetched to)
    int size = 32;      ///< height and width pictures of a folder are brought to, pixels
    bool colour = true; ///< of `picture_folder`: 3 channels, else 1
    int points = 20000; ///< number of points drawn from a 2-D set
    std::string text = "DDPM";     ///< what `drawing` writes, unless `picture` is set
    std::filesystem::path picture; ///< a picture file for `drawing`; its dark pixels become points
    /// x0, y0, x1, y1, … in [-1, 1]: where a pen went for `drawing`, goes before `picture` and `text`. Each
    /// data point is one of them, a little off (pen_radius).
    std::vector<float> sketch;
    static constexpr double pen_radius = 0.025; ///< standard deviation, data units
    static constexpr std::size_t most_sketch_points = 4'000;
    std::uint64_t seed = 0; ///< for the 2-D sets

    bool is_points() const { return kind >= DataKind::two_moons; }
    /// Height and width, and channels, as far as they are known before the set is opened; else 0.
    int known_side() const;
    int known_channels() const;
    int known_classes() const;
    std::vector<Problem> check() const;
    bool operator==(const DataSettings&) const = default;
};

// ---------------------------------------------------------------------------------------------------------------------
// Diffusion

enum class BetaSchedule {
    linear,    ///< §4: beta from beta_start to beta_end in equal steps
    cosine,    ///< Nichol & Dhariwal 2021: alpha_bar(t) = cos²((t + 0.008) / 1.008 · π/2), beta ≤ 0.999
    quadratic, ///< the paper's code, "quad"; diffusers' scaled_linear: equal steps of sqrt(beta)
    constant,  ///< the paper's code, "const": beta_end at every step
    jsd,       ///< the paper's code: 1/T, 1/(T − 1), …, 1
    warmup10,  ///< the paper's code: linear over the first tenth, then beta_end
    warmup50,  ///< the paper's code: linear over the first half, then beta_end
    sigmoid,   ///< diffusers: a sigmoid from −6 to 6 between beta_start and beta_end
    list,      ///< `betas` as given
};

enum class Prediction {
    epsilon, ///< the noise; the paper's choice, §3.2
    v,       ///< sqrt(alpha_bar) epsilon − sqrt(1 − alpha_bar) x_0 (Salimans & Ho 2022)
    x0,      ///< the picture itself; §3.2
    mu,      ///< the posterior mean mu-tilde, eq. 7; Table 2's baseline
};

/// A net with learned variance has twice the output channels; the second half says the variance.
enum class LearnedVariance {
    none,
    diagonal, ///< the logarithm of sigma_t² itself; Table 2's "learned diagonal"
    range,    ///< where between log beta-tilde (−1) and log beta (1); Nichol & Dhariwal 2021, eq. 15
};

struct ScheduleSettings {
    BetaSchedule kind = BetaSchedule::linear;
    int timesteps = 1000;     ///< T, number of diffusion steps; §4
    double beta_start = 1e-4; ///< variance of the first step, dimensionless; §4; not of cosine, jsd, list
    double beta_end = 0.02;   ///< variance of the last step; §4; not of cosine, jsd, list
    std::vector<double> betas = {}; ///< of `list`: T numbers in (0, 1]
    /// Shifts and scales sqrt(alpha_bar) so that nothing of the picture is left at T (Lin et al. 2023).
    bool zero_terminal_snr = false;

    bool uses_range() const; ///< whether beta_start and beta_end count
    /// alpha_bar_T is 0: then neither epsilon nor mu says anything about x_0 at T.
    bool ends_without_signal() const { return zero_terminal_snr || kind == BetaSchedule::jsd; }
    std::vector<Problem> check() const;
    bool operator==(const ScheduleSettings&) const = default;
};

struct DiffusionSettings {
    ScheduleSettings schedule;
    Prediction prediction = Prediction::epsilon; ///< what the net is trained to predict
    LearnedVariance learned_variance = LearnedVariance::none;

    std::vector<Problem> check() const;
    bool operator==(const DiffusionSettings&) const = default;
};

// ---------------------------------------------------------------------------------------------------------------------
// Network

enum class NetKind {
    unet,      ///< pictures: the paper's U-Net, App. B
    point_mlp, ///< 2-D points
};

/// The U-Net in the terms (and with the defaults of absent keys) of diffusers' UNet2DModel, so that its
/// config.json maps one to one. `attention[i]` says whether level i has attention ("AttnDownBlock2D"), top
/// level first.
struct UnetSettings {
    int sample_size = 32; ///< height and width, pixels
    int in_channels = 1;  ///< 1 grey, 3 colour
    int out_channels = 1; ///< in_channels, or twice that where the variance is learned
    std::vector<int> block_out_channels = {32, 64, 64}; ///< channels of each level, top first
    std::vector<bool> down_attention = {false, true, false};
    std::vector<bool> up_attention = {false, true,
                                      false}; ///< in the order of up_block_types: bottom level first
    int layers_per_block = 1;                 ///< residual blocks a level (the up path has one more)
    int attention_head_dim = 0; ///< channels a head; 0 = one head of full width (config.json's null)
    bool add_attention = true;  ///< attention in the middle block
    int norm_num_groups = 32;
    double norm_eps = 1e-6;
    int downsample_padding = 0;   ///< 0 pads right and bottom by one, as the paper's code; 1 pads all round
    bool flip_sin_to_cos = false; ///< false: [sin, cos], as the paper's code
    double freq_shift = 1;        ///< 1: the paper's code; 0: diffusers' default
    double mid_block_scale_factor = 1;
    double dropout = 0; ///< probability; 0.1 for CIFAR-10, App. B
    /// 0: no labels. We train with one more than the classes: the last is "no class".
    int num_class_embeds = 0;
    static constexpr int classes_of_data = -1; ///< until fit_to_data() has seen the data

    std::vector<Problem> check() const;
    bool operator==(const UnetSettings&) const = default;
};

struct PointMlpSettings {
    int hidden = 128;   ///< width of every hidden layer
    int layers = 3;     ///< hidden layers
    int embedding = 64; ///< width of the sinusoidal time embedding

    std::vector<Problem> check() const;
    bool operator==(const PointMlpSettings&) const = default;
};

struct ModelSettings {
    NetKind kind = NetKind::unet;
    UnetSettings unet;
    PointMlpSettings point_mlp;

    std::vector<Problem> check() const;
    bool operator==(const ModelSettings&) const = default;
};

// ---------------------------------------------------------------------------------------------------------------------
// Training and sampling

enum class Objective {
    simple, ///< eq. 14
    bound,  ///< the variational bound in bits/dim, eqs. 5, 12, 13
    hybrid, ///< simple + hybrid_weight · bound, the mean held fixed in the bound (Nichol & Dhariwal 2021)
};

enum class TimestepSampling {
    uniform,    ///< Algorithm 1
    importance, ///< by the root mean square of the newest losses at t (Nichol & Dhariwal 2021, §3.3)
};

/// What a net for pictures computes in on the way; weights, optimiser, averages and losses are float32
/// always.
enum class Precision {
    automatic, ///< the faster one on this machine; decided when a run is made, and written into it
    fp32,
    bf16, ///< bfloat16
    tf32, ///< float32 whose products keep 10 bits of the mantissa, on a GPU; on a processor it is fp32
};

struct TrainingSettings {
    std::int64_t steps = 20000;  ///< planned optimiser steps; can be extended on the way
    int batch_size = 64;         ///< pictures a step; the paper: 128
    double learning_rate = 2e-4; ///< Adam; App. B
    int warmup_steps = 5000;     ///< linear learning-rate warm-up; official code
    double gradient_clip = 1.0;  ///< largest norm of the whole gradient; 0 = off; official code
    double ema_decay = 0.9999;   ///< of the weights samples are drawn from; App. B
    bool ema_warmup = true;      ///< decay = min(ema_decay, (1 + step) / (10 + step)) while young
    bool flips = false;          ///< random horizontal flips; App. B uses them on CIFAR-10; off for digits
    Objective objective = Objective::simple;
    double hybrid_weight = 0.001; ///< of the bound (T · bits/dim) in the hybrid objective
    TimestepSampling timestep_sampling = TimestepSampling::uniform;
    double min_snr_gamma =
        0; ///< > 0: loss weight min(SNR, gamma) / SNR in terms of epsilon (Hang et al. 2023)
    double label_dropout = 0.1; ///< probability of "no class", for guidance; only where the net has classes
    bool tensorboard = false;   ///< also write a TensorBoard event file into the run
    Precision precision = Precision::fp32; ///< presets choose automatic
    std::uint64_t seed = 0;                ///< initial weights, data order, t, epsilon, dropout
    int checkpoint_every = 1000; ///< steps between checkpoints; one more on pause, stop and at the end
    int keep_checkpoints = 3;    ///< newest good checkpoints kept

    std::vector<Problem> check() const;
    bool operator==(const TrainingSettings&) const = default;
};

enum class Sampler {
    ancestral, ///< Algorithm 2
    ddim,      ///< Song et al. 2020, with eta
    dpmpp_2m,  ///< DPM-Solver++ (2M), Lu et al. 2022: second order, one evaluation of the net a step
    heun,      ///< Heun's method on the probability flow, Karras et al. 2022: two evaluations a step
};

enum class Variance {
    fixed_large, ///< sigma_t² = beta_t; §3.2
    fixed_small, ///< sigma_t² = beta-tilde_t; §3.2
    learned,     ///< what the net says, where it has learned variance
};

/// How fewer than T steps are spread over 1…T; the names are diffusers' (FORMATS: leading, linspace,
/// trailing).
enum class Spacing { leading, linspace, trailing };

struct SamplingSettings {
    Sampler sampler = Sampler::ancestral;
    int steps = 1000; ///< reverse steps, 1…T
    Spacing spacing = Spacing::leading;
    Variance variance = Variance::fixed_large; ///< ancestral only; §4 uses beta_t for CIFAR-10
    double eta = 0.0;                          ///< DDIM only; 0 deterministic, 1 as noisy as ancestral
    int steps_offset = 0;                      ///< added to every timestep of the leading spacing; diffusers
    bool set_alpha_to_one =
        true;                ///< DDIM: alpha_bar past the last step is 1, else that of the first t; diffusers
    bool clip = true;        ///< clamp x0_hat at every step, as the official code does
    double clip_range = 1.0; ///< to ± this; diffusers' clip_sample_range
    bool thresholding = false; ///< instead of clipping: scale by a quantile of |x0_hat| (Saharia et al. 2022)
    double threshold_ratio = 0.995; ///< that quantile; diffusers' dynamic_thresholding_ratio
    double threshold_max = 1.0;     ///< its upper limit; diffusers' sample_max_value
    int label = -1; ///< the class to draw; −1: every class in turn. Only where the net has classes
    double guidance =
        1; ///< 1: the class as it is; more: further from "no class"; 0: no class (Ho & Salimans 2022)
    Precision precision = Precision::fp32; ///< fp32 gives the same pictures on every CPU to a rounding
    int count = 16;                        ///< chains
    std::uint64_t seed = 42;               ///< noise is keyed by (seed, chain, t)

    /// `timesteps` is T of the model that will be sampled.
    std::vector<Problem> check(int timesteps) const;
    bool operator==(const SamplingSettings&) const = default;
};

struct PreviewSettings {
    bool enabled = true;
    double every_seconds =
        20;         ///< at most this often; and drawing them never takes more than a twentieth of the time
    int count = 36; ///< pictures (a point model shows 2,000 points)
    int steps = 25; ///< DDIM steps
    std::uint64_t seed = 7; ///< the same noise all through training

    std::vector<Problem> check() const;
    bool operator==(const PreviewSettings&) const = default;
};

enum class DeviceChoice { automatic, cpu, cuda };

enum class Preset {
    points, ///< MLP for 2-D sets
    tiny,   ///< digits within minutes on two CPU cores
    small,  ///< about 1.1M parameters
    paper,  ///< App. B, exactly: 35,746,307 parameters at 3×32×32
};

/// Everything that makes a run; stored as settings.json in its folder.
struct RunSettings {
    std::string name;             ///< shown in the window; free text
    Preset preset = Preset::tiny; ///< where the settings started from
    bool as_in_paper = false; ///< epsilon, linear schedule and the paper's optimiser settings were asked for
    DataSettings data;
    ModelSettings model;
    DiffusionSettings diffusion;
    TrainingSettings training;
    PreviewSettings preview;
    DeviceChoice device = DeviceChoice::automatic;

    std::vector<Problem> check() const;
    bool operator==(const RunSettings&) const = default;
};

/// The settings a preset stands for on this data. `as_in_paper` keeps the preset's net but trains it as §4
/// and App. B do (epsilon, linear schedule, learning rate 2e-4, warm-up 5,000, EMA 0.9999). The paper preset
/// always does.
RunSettings preset_settings(Preset preset, DataKind data, bool as_in_paper = false);

/// What a new run takes from its data, as far as it is known (0: not yet): the channels; the classes, where
/// num_class_embeds is `classes_of_data`; and the size, where the preset's is too small for the pictures or
/// more than twice theirs: the smallest that the net's levels can halve.
void fit_to_data(RunSettings& run, int side, int channels, int classes);

// Names as they appear in files and on the command line: "mnist", "two-moons", "linear", "epsilon",
// "ancestral", …
std::string_view name_of(DataKind);
std::string_view name_of(BetaSchedule);
std::string_view name_of(Prediction);
std::string_view name_of(LearnedVariance);
std::string_view name_of(Objective);
std::string_view name_of(TimestepSampling);
std::string_view name_of(NetKind);
std::string_view name_of(Sampler);
std::string_view name_of(Variance);
std::string_view name_of(Spacing);
std::string_view name_of(DeviceChoice);
std::string_view name_of(Precision);
std::string_view name_of(Preset);

/// The value with that name, or nothing. E.g. `from_name<DataKind>("mnist")`.
template <typename E>
std::optional<E> from_name(std::string_view name);

/// All values of an enumeration, in declaration order.
template <typename E>
std::vector<E> all_values();

} // namespace ddpm
