#include "formats/diffusers_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ddpm::formats {
namespace {

using json = nlohmann::json;

constexpr const char* ddpm_class = "DDPMScheduler";
constexpr const char* ddim_class = "DDIMScheduler";

constexpr std::array beta_schedules{
    std::pair{BetaSchedule::linear, "linear"},
    std::pair{BetaSchedule::quadratic, "scaled_linear"},
    std::pair{BetaSchedule::cosine, "squaredcos_cap_v2"},
    std::pair{BetaSchedule::sigmoid, "sigmoid"},
};
constexpr std::array predictions{
    std::pair{Prediction::epsilon, "epsilon"},
    std::pair{Prediction::x0, "sample"},
    std::pair{Prediction::v, "v_prediction"},
};

template <typename E, std::size_t n>
const char* name_in(const std::array<std::pair<E, const char*>, n>& names, E value) {
    for (const auto& [candidate, name] : names)
        if (candidate == value) return name;
    return nullptr;
}

/// The value that the key names, or the first of the table after an error.
template <typename E, std::size_t n>
E named(ConfigReader& reader, const std::string& key, const std::array<std::pair<E, const char*>, n>& names) {
    const std::string text = reader.text(key, names.front().second);
    std::string supported;
    for (const auto& [value, name] : names) {
        if (text == name) return value;
        supported += (supported.empty() ? "" : " or ") + std::string(name);
    }
    reader.not_supported(key, text, supported);
    return names.front().first;
}

void read_schedule(ConfigReader& reader, ScheduleSettings& schedule) {
    schedule.timesteps = reader.integer("num_train_timesteps", 1000);
    schedule.beta_start = reader.number("beta_start", 1e-4);
    schedule.beta_end = reader.number("beta_end", 0.02);
    schedule.zero_terminal_snr = reader.boolean("rescale_betas_zero_snr", false);
    // A list of betas outweighs the name.
    if (std::optional<std::vector<double>> betas = reader.numbers_or_null("trained_betas")) {
        reader.ignore("beta_schedule");
        schedule.kind = BetaSchedule::list;
        schedule.betas = std::move(*betas);
    } else {
        schedule.kind = named(reader, "beta_schedule", beta_schedules);
    }
}

/// A file of either class may hold this key: diffusers keeps what it does not know when one scheduler is made
/// from the other's configuration.
void read_variance(ConfigReader& reader, SchedulerConfig& result) {
    const std::string variance = reader.text("variance_type", "fixed_small");
    if (variance == "fixed_small") {
        result.sampling.variance = Variance::fixed_small;
    } else if (variance == "fixed_large") {
        result.sampling.variance = Variance::fixed_large;
    } else if (variance == "learned" || variance == "learned_range") {
        result.sampling.variance = Variance::learned;
        result.diffusion.learned_variance =
            variance == "learned" ? LearnedVariance::diagonal : LearnedVariance::range;
    } else {
        reader.not_supported("variance_type", variance, "fixed_small, fixed_large, learned or learned_range");
    }
}

void read_sampling(ConfigReader& reader, SamplingSettings& sampling, int timesteps) {
    sampling.clip = reader.boolean("clip_sample", true);
    sampling.clip_range = reader.number("clip_sample_range", 1.0, 1e-3, 1e3);
    sampling.thresholding = reader.boolean("thresholding", false);
    sampling.threshold_ratio = reader.number("dynamic_thresholding_ratio", 0.995, 0, 1);
    sampling.threshold_max = reader.number("sample_max_value", 1.0, 1, 1e6);
    sampling.set_alpha_to_one = reader.boolean("set_alpha_to_one", true);
    sampling.steps_offset = reader.integer("steps_offset", 0);
    if (sampling.steps_offset < 0 || sampling.steps_offset >= std::max(timesteps, 1))
        reader.wrong("steps_offset", sampling.steps_offset, "it must be from 0 to num_train_timesteps - 1");
    const std::string spacing = reader.text("timestep_spacing", "leading");
    if (const std::optional<Spacing> known = from_name<Spacing>(spacing))
        sampling.spacing = *known;
    else
        reader.not_supported("timestep_spacing", spacing, "leading, linspace or trailing");
}

const char* variance_name(const DiffusionSettings& diffusion, Variance variance) {
    // Where the net says the variance, diffusers must be told so: it would take the second half for pixels.
    switch (diffusion.learned_variance) {
    case LearnedVariance::range:
        return "learned_range";
    case LearnedVariance::diagonal:
        return "learned";
    case LearnedVariance::none:
        break;
    }
    return variance == Variance::fixed_small ? "fixed_small" : "fixed_large";
}

} // namespace

Result<SchedulerConfig> scheduler_from_config(const json& config, const std::string& where) {
    ConfigReader reader(config, where);
    SchedulerConfig result;
    const std::string kind = reader.text("_class_name", ddpm_class);
    const bool ddim = kind == ddim_class;
    if (!ddim && kind != ddpm_class)
        reader.not_supported("_class_name", kind, fmt::format("{} or {}", ddpm_class, ddim_class));

    ScheduleSettings& schedule = result.diffusion.schedule;
    read_schedule(reader, schedule);
    result.diffusion.prediction = named(reader, "prediction_type", predictions);
    // The first releases had a switch in its place.
    if (!reader.boolean("predict_epsilon", true)) result.diffusion.prediction = Prediction::x0;
    result.sampling.sampler = ddim ? Sampler::ddim : Sampler::ancestral;
    read_variance(reader, result);
    read_sampling(reader, result.sampling, schedule.timesteps);
    if (std::optional<Error> error = reader.finish()) return *error;
    if (const std::vector<Problem> problems = schedule.check(); !problems.empty())
        return to_error(problems, where);
    // What diffusers' own pipelines do when nothing is said: every step for DDPM, fifty for DDIM.
    result.sampling.steps = ddim ? std::min(50, schedule.timesteps) : schedule.timesteps;
    return result;
}

const char* scheduler_class(const DiffusionSettings& diffusion, const SamplingSettings& sampling) {
    // DDIMScheduler cannot split a learned variance from what the net predicts.
    const bool ddim =
        sampling.sampler == Sampler::ddim && diffusion.learned_variance == LearnedVariance::none;
    return ddim ? ddim_class : ddpm_class;
}

Result<json> scheduler_to_config(const DiffusionSettings& diffusion, const SamplingSettings& sampling,
                                 const std::vector<double>& betas) {
    const ScheduleSettings& schedule = diffusion.schedule;
    const std::string kind = scheduler_class(diffusion, sampling);
    const bool ddim = kind == ddim_class;
    const char* const prediction = name_in(predictions, diffusion.prediction);
    if (prediction == nullptr)
        return Error{
            fmt::format("diffusers has no name for a net that predicts {}", name_of(diffusion.prediction)),
            {},
            "keep the run folder: it holds the weights as safetensors"};
    const char* name = name_in(beta_schedules, schedule.kind);
    if (ddim && schedule.kind == BetaSchedule::sigmoid) name = nullptr; // only DDPMScheduler knows it
    const std::vector<double>& list = schedule.kind == BetaSchedule::list ? schedule.betas : betas;
    if (name == nullptr && list.size() != static_cast<std::size_t>(schedule.timesteps))
        return Error{fmt::format("diffusers has no name for the schedule {}, and there are {} betas for {} "
                                 "timesteps",
                                 name_of(schedule.kind), list.size(), schedule.timesteps),
                     {},
                     "this is a fault of the program: please report it"};

    json config{
        {"_class_name", kind},
        {"_diffusers_version", diffusers_version},
        {"beta_end", schedule.beta_end},
        {"beta_schedule", name == nullptr ? "linear" : name},
        {"beta_start", schedule.beta_start},
        {"clip_sample", sampling.clip},
        {"clip_sample_range", sampling.clip_range},
        {"dynamic_thresholding_ratio", sampling.threshold_ratio},
        {"num_train_timesteps", schedule.timesteps},
        {"prediction_type", prediction},
        {"rescale_betas_zero_snr", schedule.zero_terminal_snr},
        {"sample_max_value", sampling.threshold_max},
        {"steps_offset", sampling.steps_offset},
        {"thresholding", sampling.thresholding},
        {"timestep_spacing", std::string(name_of(sampling.spacing))},
        {"trained_betas", name == nullptr ? json(list) : json(nullptr)},
    };
    if (ddim)
        config["set_alpha_to_one"] = sampling.set_alpha_to_one;
    else
        config["variance_type"] = variance_name(diffusion, sampling.variance);
    return config;
}

} // namespace ddpm::formats
