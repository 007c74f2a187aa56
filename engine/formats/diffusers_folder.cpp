#include "formats/diffusers_folder.h"

#include "formats/atomic_file.h"
#include "formats/diffusers_config.h"
#include "formats/input_file.h"
#include "formats/strict_json.h"
#include "formats/tensor_checks.h"

#include <fmt/format.h>

#include <cerrno>
#include <signal.h>
#include <system_error>
#include <unistd.h>

namespace ddpm::formats {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

constexpr std::size_t largest_config = 1 << 20;

Result<json> read_config(const fs::path& file, std::string* as_read = nullptr) {
    Result<std::string> text = read_text_file(file, largest_config);
    if (!text) return text.error();
    Result<json> config = parse_json_object(*text, file.string());
    if (as_read != nullptr) *as_read = std::move(*text);
    return config;
}

/// The folder of a component: its own, or the root where that one is missing.
fs::path component_folder(const fs::path& root, const char* component, const char* config) {
    std::error_code ignored;
    return fs::exists(root / component / config, ignored) ? root / component : root;
}

std::optional<Error> pipeline_problem(const json& index, const std::string& where) {
    ConfigReader reader(index, where);
    const std::string kind = reader.text("_class_name", "DDPMPipeline");
    if (kind != "DDPMPipeline" && kind != "DDIMPipeline")
        reader.not_supported("_class_name", kind, "DDPMPipeline or DDIMPipeline");
    const json unet = reader.take("unet", {"diffusers", "UNet2DModel"});
    if (unet != json{"diffusers", "UNet2DModel"})
        reader.not_supported("unet", unet, R"(["diffusers","UNet2DModel"])");
    const json scheduler = reader.take("scheduler", {"diffusers", "DDPMScheduler"});
    if (scheduler != json{"diffusers", "DDPMScheduler"} && scheduler != json{"diffusers", "DDIMScheduler"})
        reader.not_supported("scheduler", scheduler,
                             R"(["diffusers","DDPMScheduler"] or ["diffusers","DDIMScheduler"])");
    return reader.finish();
}

Error not_a_model(const fs::path& path) {
    std::error_code ignored;
    const std::string extension = path.extension().string();
    for (const char* unsafe : {".bin", ".pt", ".pth", ".pkl", ".ckpt"})
        if (extension == unsafe && !fs::is_directory(path, ignored))
            return {fmt::format("{} files can run code when they are opened, so they are refused", extension),
                    path.string(), "choose a diffusers folder with .safetensors weights"};
    if (!fs::exists(path, ignored)) return {"there is no such folder", path.string(), "check the path"};
    if (!fs::is_directory(path, ignored))
        return {"it is a file, not a folder", path.string(),
                "choose the diffusers folder that holds the model"};
    return {"it is not a diffusers folder: it has no model_index.json and no config.json of a UNet2DModel",
            path.string(), "choose a folder that diffusers' save_pretrained wrote"};
}

/// Temporary folders of exports that were killed: ours by name, of processes that are gone.
void remove_orphans(const fs::path& target) {
    std::error_code problem;
    const fs::path parent = target.parent_path().empty() ? fs::path(".") : target.parent_path();
    const std::string start = fmt::format(".{}.ddpm-tmp-", target.filename().string().substr(0, 220));
    for (fs::directory_iterator entry(parent, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string name = entry->path().filename().string();
        const long owner = temporary_owner(name);
        if (!name.starts_with(start) || owner <= 0) continue;
        const bool gone = ::kill(static_cast<pid_t>(owner), 0) != 0 && errno == ESRCH;
        std::error_code ignored;
        if (gone || owner == ::getpid()) fs::remove_all(entry->path(), ignored);
    }
}

/// The net and the scheduler must agree on what the second half of the channels is.
std::optional<Error> channels_problem(const UnetSettings& unet, const DiffusionSettings& diffusion,
                                      const std::string& where) {
    const bool learned = diffusion.learned_variance != LearnedVariance::none;
    if (unet.out_channels == unet.in_channels * (learned ? 2 : 1)) return std::nullopt;
    return Error{fmt::format("out_channels is {} for {} in_channels, but the scheduler's variance_type is {}",
                             unet.out_channels, unet.in_channels, learned ? "learned" : "not learned"),
                 where, "the net and the scheduler do not belong together: get the whole folder again"};
}

/// The text that was read, where it still says what `now` says in keys that are of today; else `now`.
template <typename Canonical>
std::string config_text(const std::string& as_read, const json& now, Canonical canonical) {
    const std::string fresh = now.dump(2) + "\n";
    if (as_read.empty()) return fresh;
    const Result<json> before = parse_json_object(as_read, {});
    if (!before) return fresh;
    for (const auto& [key, value] : before->items())
        if (!key.starts_with('_') && !now.contains(key)) return fresh;
    return canonical(*before) == now ? as_read : fresh;
}

std::string model_index_text(const std::string& as_read, const json& now) {
    return config_text(as_read, now, [&](const json& before) {
        json same = now; // either pipeline may hold either scheduler
        for (const char* part : {"scheduler", "unet"})
            same[part] = before.value(part, json());
        return same;
    });
}

std::string unet_text(const std::string& as_read, const json& now) {
    return config_text(as_read, now, [](const json& before) {
        const Result<UnetSettings> unet = unet_from_config(before, {});
        return unet ? unet_to_config(*unet) : json();
    });
}

std::string scheduler_text(const std::string& as_read, const json& now) {
    return config_text(as_read, now, [](const json& before) {
        const Result<SchedulerConfig> read = scheduler_from_config(before, {});
        if (!read) return json();
        const Result<json> again = scheduler_to_config(read->diffusion, read->sampling, {});
        return again ? *again : json();
    });
}

Status write_parts(const fs::path& folder, const DiffusersModel& model) {
    const std::string scheduler = scheduler_class(model.diffusion, model.sampling);
    const json index{
        {"_class_name", scheduler == "DDIMScheduler" ? "DDIMPipeline" : "DDPMPipeline"},
        {"_diffusers_version", diffusers_version},
        {"scheduler", {"diffusers", scheduler}},
        {"unet", {"diffusers", "UNet2DModel"}},
    };
    const Result<json> scheduler_config = scheduler_to_config(model.diffusion, model.sampling, model.betas);
    if (!scheduler_config) return scheduler_config.error();
    for (const fs::path& part : {folder, folder / "unet", folder / "scheduler"})
        if (Status made = make_folders(part); !made) return made;
    if (Status written = write_safetensors(folder / "unet" / "diffusion_pytorch_model.safetensors",
                                           model.weights, {{"format", "pt"}});
        !written)
        return written;
    const auto write = [&](const char* file, const std::string& text) {
        return write_file_atomically(folder / file, text);
    };
    const DiffusersSource& source = model.source;
    if (Status written = write("unet/config.json", unet_text(source.unet, unet_to_config(model.unet)));
        !written)
        return written;
    if (Status written =
            write("scheduler/scheduler_config.json", scheduler_text(source.scheduler, *scheduler_config));
        !written)
        return written;
    return write("model_index.json", model_index_text(source.model_index, index));
}

} // namespace

bool is_diffusers_folder(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / "model_index.json", ignored) ||
        fs::is_regular_file(folder / "unet" / "config.json", ignored))
        return true;
    if (!fs::is_regular_file(folder / "config.json", ignored)) return false;
    const Result<json> config = read_config(folder / "config.json");
    return config.ok() && config->value("_class_name", json()) == "UNet2DModel";
}

Result<DiffusersModel> read_diffusers(const fs::path& folder) {
    if (!is_diffusers_folder(folder)) return not_a_model(folder);
    DiffusersModel model;
    std::error_code ignored;
    if (const fs::path file = folder / "model_index.json"; fs::exists(file, ignored)) {
        const Result<json> index = read_config(file, &model.source.model_index);
        if (!index) return index.error();
        if (const std::optional<Error> problem = pipeline_problem(*index, file.string())) return *problem;
    }
    const fs::path unet_folder = component_folder(folder, "unet", "config.json");
    const fs::path unet_file = unet_folder / "config.json";
    const Result<json> unet_config = read_config(unet_file, &model.source.unet);
    if (!unet_config) return unet_config.error();
    const fs::path scheduler_file =
        component_folder(folder, "scheduler", "scheduler_config.json") / "scheduler_config.json";
    if (!fs::exists(scheduler_file, ignored))
        return Error{
            "it has no scheduler_config.json, so what the net predicts and over which steps is unknown",
            folder.string(), "get the whole folder, with its scheduler"};
    const Result<json> scheduler_config = read_config(scheduler_file, &model.source.scheduler);
    if (!scheduler_config) return scheduler_config.error();

    Result<UnetSettings> unet = unet_from_config(*unet_config, unet_file.string());
    if (!unet) return unet.error();
    Result<SchedulerConfig> scheduler = scheduler_from_config(*scheduler_config, scheduler_file.string());
    if (!scheduler) return scheduler.error();
    if (std::optional<Error> problem = channels_problem(*unet, scheduler->diffusion, unet_file.string()))
        return *problem;
    Result<TensorList> weights = read_diffusers_weights(unet_folder);
    if (!weights) return weights.error();

    model.unet = std::move(*unet);
    model.diffusion = std::move(scheduler->diffusion);
    model.sampling = scheduler->sampling;
    model.weights = std::move(*weights);
    model.notices = convert_to_float32(model.weights);
    if (const std::vector<std::string> bad = not_finite(model.weights); !bad.empty())
        model.notices.push_back(
            fmt::format("{} of {} tensors hold NaN or infinity ({}): what it draws cannot be trusted",
                        bad.size(), model.weights.size(), listed(bad)));
    return model;
}

Status write_diffusers(const fs::path& folder, const DiffusersModel& model) {
    const fs::path target = folder.filename().empty() ? folder.parent_path() : folder;
    std::error_code ignored;
    if (target.empty()) return Error{"there is no folder to write to", {}, "choose a folder"};
    if (fs::exists(target, ignored) && !fs::is_directory(target, ignored))
        return Error{"there is a file of this name", target.string(), "choose another folder"};
    if (fs::is_directory(target, ignored) && !fs::is_empty(target, ignored))
        return Error{"the folder is not empty", target.string(), "choose a new or an empty folder"};
    if (const std::vector<std::string> bad = not_finite(model.weights); !bad.empty())
        return Error{fmt::format("not saved: {} hold NaN or infinity", listed(bad)), target.string(),
                     "go back to the last good checkpoint"};
    remove_orphans(target);
    const fs::path temporary = temporary_path(target);
    const auto write = [&]() -> Status {
        if (Status made = make_folders(target.parent_path()); !made) return made;
        if (Status written = write_parts(temporary, model); !written) return written;
        return rename_folder(temporary, target);
    };
    Status written = write();
    if (!written) {
        fs::remove_all(temporary, ignored);
        Error error = written.error();
        error.where = target.string(); // the temporary folder means nothing to the person
        return error;
    }
    return written;
}

} // namespace ddpm::formats
