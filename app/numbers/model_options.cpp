#include "numbers/model_options.h"

#include "data/array_file.h"
#include "diffusion/schedule.h"
#include "formats/diffusers_config.h"
#include "runtime/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ddpm::app {
namespace {

using nlohmann::json;

struct Key {
    const char* option;
    const char* value;
    const char* help;
};
constexpr std::array keys{
    Key{"num-train-timesteps", "T", "diffusion steps"},
    Key{"beta-start", "X", "variance of the first step"},
    Key{"beta-end", "X", "variance of the last step"},
    Key{"beta-schedule", "NAME", "linear, scaled_linear, squaredcos_cap_v2 or sigmoid"},
    Key{"trained-betas", "NPY", "T betas, instead of a schedule by name"},
    Key{"variance-type", "NAME", "DDPM only: fixed_small, fixed_large, learned_range or learned"},
    Key{"clip-sample", "BOOL", "true: clamp x0_hat"},
    Key{"clip-sample-range", "X", "to ± this"},
    Key{"prediction-type", "NAME", "epsilon, sample or v_prediction"},
    Key{"thresholding", "BOOL", "true: dynamic thresholding instead of clipping"},
    Key{"dynamic-thresholding-ratio", "X", "the quantile of it"},
    Key{"sample-max-value", "X", "the largest threshold"},
    Key{"timestep-spacing", "NAME", "leading, linspace or trailing"},
    Key{"steps-offset", "N", "added to the timesteps of leading"},
    Key{"rescale-betas-zero-snr", "BOOL", "true: nothing of the picture is left at T"},
    Key{"set-alpha-to-one", "BOOL", "DDIM only: false ends at the first alpha_bar instead of 1"},
};

/// A number or true, false as such; else a text, which the reader of the file judges.
json value_of(const std::string& text) {
    const json parsed = json::parse(text, nullptr, false);
    if (parsed.is_number() || parsed.is_boolean() || parsed.is_null()) return parsed;
    return text;
}

std::string key_of(std::string option) {
    std::replace(option.begin(), option.end(), '-', '_');
    return option;
}

Result<json> betas_from(const std::string& file) {
    auto array = data::read_npy(file);
    if (!array) return array.error();
    if (array->dim() != 1)
        return Error{"betas are a list, this array has more dimensions", file, "give T numbers"};
    const torch::Tensor values = array->to(torch::kFloat64).contiguous();
    const double* first = values.data_ptr<double>();
    return json(std::vector<double>(first, first + values.numel()));
}

} // namespace

std::vector<OptionSpec> model_options() {
    return {
        {"model", "DIR", "a run (its averaged weights) or a Hugging Face diffusers folder"},
        {"device", "NAME", listed(names_of_all<DeviceChoice>()) + " (auto)"},
        {"threads", "N", "CPU threads; 0 means all cores (0)"},
    };
}

std::vector<OptionSpec> scheduler_options() {
    std::vector<OptionSpec> options;
    for (const Key& key : keys)
        options.push_back({key.option, key.value, fmt::format("{} (as the folder says)", key.help)});
    return options;
}

bool overrides_scheduler(const Arguments& arguments) {
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return arguments.has(key.option); });
}

ModelRequest read_model_request(Arguments& arguments) {
    ModelRequest request;
    arguments.read("model", request.folder);
    arguments.read("device", request.device);
    arguments.read("threads", request.threads);
    if (!arguments.has("model")) arguments.note("model", "it is missing", "name a run or a diffusers folder");
    if (request.threads < 0 || request.threads > 1024)
        arguments.note("threads", "it is out of range", "choose 0 (all cores) to 1024");
    return request;
}

Result<runtime::Model> open_model(const ModelRequest& request) {
    runtime::prepare_engine_thread(request.threads);
    return runtime::load_model(request.folder, runtime::choose_device(request.device).torch);
}

Status override_scheduler(runtime::Model& model, Arguments& arguments) {
    if (!overrides_scheduler(arguments)) return Done{};
    // By way of the file's own form, so that a key means here what it means there.
    Result<json> config =
        formats::scheduler_to_config(model.settings.diffusion, model.sampling, model.schedule.betas);
    if (!config) return config.error();
    for (const Key& key : keys) {
        if (!arguments.has(key.option)) continue;
        std::string text;
        arguments.read(key.option, text);
        if (std::string_view(key.option) == "trained-betas") {
            Result<json> betas = betas_from(text);
            if (!betas) return betas.error();
            (*config)["num_train_timesteps"] = betas->size();
            (*config)["trained_betas"] = *betas;
        } else {
            (*config)[key_of(key.option)] = value_of(text);
            if (std::string_view(key.option) == "beta-schedule") (*config)["trained_betas"] = nullptr;
        }
    }
    auto read = formats::scheduler_from_config(*config, "the options of the scheduler");
    if (!read) return read.error();
    SamplingSettings& sampling = model.sampling;
    const SamplingSettings before = sampling;
    sampling = read->sampling;
    sampling.sampler = before.sampler;
    sampling.steps = std::min(before.steps, read->diffusion.schedule.timesteps);
    if (before.steps == model.schedule.timesteps()) sampling.steps = read->diffusion.schedule.timesteps;
    sampling.eta = before.eta;
    sampling.count = before.count;
    sampling.seed = before.seed;
    sampling.label = before.label;
    sampling.guidance = before.guidance;
    model.settings.diffusion = read->diffusion;
    model.schedule = diffusion::make_schedule(read->diffusion.schedule);
    return Done{};
}

} // namespace ddpm::app
