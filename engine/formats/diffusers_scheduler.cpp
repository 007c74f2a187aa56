#include "formats/diffusers_config.h"

#include <algorithm>

namespace ddpm::formats {
namespace {

using json = nlohmann::json;

std::string predicted_by(ConfigReader& reader) {
    const std::string prediction = reader.text("prediction_type", "epsilon");
    // The first releases had a switch in its place.
    const bool predict_epsilon = reader.boolean("predict_epsilon", true);
    if (!predict_epsilon) reader.not_supported("predict_epsilon", false, "true");
    return prediction;
}

} // namespace

Result<SchedulerConfig> scheduler_from_config(const json& config, const std::string& where) {
    ConfigReader reader(config, where);
    SchedulerConfig result;
    ScheduleSettings& schedule = result.diffusion.schedule;
    SamplingSettings& sampling = result.sampling;

    const std::string kind = reader.text("_class_name", "DDPMScheduler");
    const bool ddim = kind == "DDIMScheduler";
    if (!ddim && kind != "DDPMScheduler")
        reader.not_supported("_class_name", kind, "DDPMScheduler or DDIMScheduler");

    schedule.timesteps = reader.integer("num_train_timesteps", 1000);
    schedule.beta_start = reader.number("beta_start", 1e-4);
    schedule.beta_end = reader.number("beta_end", 0.02);
    const std::string betas = reader.text("beta_schedule", "linear");
    if (betas == "squaredcos_cap_v2")
        schedule.kind = BetaSchedule::cosine;
    else if (betas == "linear")
        schedule.kind = BetaSchedule::linear;
    else
        reader.not_supported("beta_schedule", betas, "linear or squaredcos_cap_v2");
    const std::string prediction = predicted_by(reader);
    if (prediction == "v_prediction")
        result.diffusion.prediction = Prediction::v;
    else if (prediction == "epsilon")
        result.diffusion.prediction = Prediction::epsilon;
    else
        reader.not_supported("prediction_type", prediction, "epsilon or v_prediction");

    sampling.sampler = ddim ? Sampler::ddim : Sampler::ancestral;
    sampling.clip = reader.boolean("clip_sample", true);
    const std::string spacing = reader.text("timestep_spacing", "leading");
    if (const std::optional<Spacing> known = from_name<Spacing>(spacing))
        sampling.spacing = *known;
    else
        reader.not_supported("timestep_spacing", spacing, "leading, linspace or trailing");
    if (ddim) {
        reader.require("set_alpha_to_one", true);
    } else {
        const std::string variance = reader.text("variance_type", "fixed_small");
        if (variance == "fixed_large")
            sampling.variance = Variance::fixed_large;
        else if (variance == "fixed_small")
            sampling.variance = Variance::fixed_small;
        else
            reader.not_supported("variance_type", variance, "fixed_small or fixed_large");
    }
    reader.require("trained_betas", nullptr);
    reader.require("thresholding", false);
    reader.require("rescale_betas_zero_snr", false);
    reader.require("steps_offset", 0);
    reader.require("clip_sample_range", 1.0);
    reader.ignore("dynamic_thresholding_ratio"); // these two count only with thresholding
    reader.ignore("sample_max_value");
    if (std::optional<Error> error = reader.finish()) return *error;
    if (const std::vector<Problem> problems = schedule.check(); !problems.empty())
        return to_error(problems, where);
    // What diffusers' own pipelines do when nothing is said: every step for DDPM, fifty for DDIM.
    sampling.steps = ddim ? std::min(50, schedule.timesteps) : schedule.timesteps;
    return result;
}

json scheduler_to_config(const DiffusionSettings& diffusion, const SamplingSettings& sampling) {
    const ScheduleSettings& schedule = diffusion.schedule;
    const bool ddim = sampling.sampler == Sampler::ddim;
    json config{
        {"_class_name", ddim ? "DDIMScheduler" : "DDPMScheduler"},
        {"_diffusers_version", diffusers_version},
        {"beta_end", schedule.beta_end},
        {"beta_schedule", schedule.kind == BetaSchedule::cosine ? "squaredcos_cap_v2" : "linear"},
        {"beta_start", schedule.beta_start},
        {"clip_sample", sampling.clip},
        {"clip_sample_range", 1.0},
        {"dynamic_thresholding_ratio", 0.995},
        {"num_train_timesteps", schedule.timesteps},
        {"prediction_type", diffusion.prediction == Prediction::v ? "v_prediction" : "epsilon"},
        {"rescale_betas_zero_snr", false},
        {"sample_max_value", 1.0},
        {"steps_offset", 0},
        {"thresholding", false},
        {"timestep_spacing", std::string(name_of(sampling.spacing))},
        {"trained_betas", nullptr},
    };
    if (ddim)
        config["set_alpha_to_one"] = true;
    else
        config["variance_type"] = sampling.variance == Variance::fixed_large ? "fixed_large" : "fixed_small";
    return config;
}

} // namespace ddpm::formats
