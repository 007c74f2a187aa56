#include "inspection.h"

#include "formats/checkpoint.h"
#include "formats/diffusers_folder.h"
#include "formats/picture_grid.h"
#include "formats/run_folder.h"
#include "formats/safetensors.h"
#include "formats/settings_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace ddpm::app {
namespace fs = std::filesystem;
using nlohmann::ordered_json;
namespace {

constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t recent_points = 100; ///< the loss of one step is noise; the mean of these is a number

ordered_json tensor_json(const std::string& name, const torch::Tensor& tensor) {
    return {{"name", name},
            {"dtype", std::string(torch::toString(tensor.scalar_type()))},
            {"shape", tensor.sizes().vec()}};
}

std::int64_t count_values(const formats::TensorList& tensors, std::string_view prefix) {
    std::int64_t count = 0;
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with(prefix)) count += tensor.numel();
    return count;
}

/// NaN or infinity in the weights of a file that is otherwise valid (a file can be whole and yet worthless).
std::vector<std::string> names_with_non_finite(const formats::TensorList& tensors) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors)
        if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) names.push_back(name);
    return names;
}

/// One part of the settings as settings.json writes it.
ordered_json settings_part(const RunSettings& settings, const char* key) {
    const auto whole = ordered_json::parse(formats::to_json(settings));
    return whole.contains(key) ? whole[key] : ordered_json::object();
}

ordered_json checkpoints_json(const fs::path& folder, const fs::path& newest_good) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder / "checkpoints", error))
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    std::sort(files.begin(), files.end());

    ordered_json list = ordered_json::array();
    for (const fs::path& file : files) {
        ordered_json item{{"file", file.filename().string()}, {"bytes", fs::file_size(file, error)}};
        std::string fault;
        if (file.filename() > newest_good.filename())
            fault = "damaged"; // the reader passed over it; its notice says why
        else if (file.filename() != newest_good.filename())
            if (const auto content = formats::read_safetensors(file); !content) fault = content.error().what;
        item["state"] = fault.empty() ? "good" : "bad";
        if (!fault.empty()) item["reason"] = fault;
        list.push_back(std::move(item));
    }
    return list;
}

Result<ordered_json> inspect_run(const fs::path& folder) {
    const auto settings = formats::read_run_settings(folder);
    if (!settings) return settings.error();
    ordered_json report{{"kind", "run"},
                        {"folder", folder.string()},
                        {"name", settings->name},
                        {"preset", name_of(settings->preset)},
                        {"as_in_paper", settings->as_in_paper},
                        {"data", name_of(settings->data.kind)}};
    std::vector<std::string> notices;

    const auto newest = formats::load_newest_checkpoint(folder);
    fs::path newest_file;
    if (newest) {
        const formats::Checkpoint& checkpoint = newest->checkpoint;
        newest_file = newest->file;
        notices = newest->notices;
        report["parameters"] = count_values(checkpoint.tensors, "weights.");
        report["step"] = checkpoint.step;
        report["planned_steps"] = checkpoint.planned_steps;
        report["seconds"] = checkpoint.seconds;
        for (const std::string& name : names_with_non_finite(checkpoint.tensors))
            notices.push_back(name + " holds NaN or infinity");
    } else {
        report["planned_steps"] = settings->training.steps;
        notices.push_back(newest.error().line());
    }
    if (const auto metrics = formats::read_metrics(folder); metrics && !metrics->empty()) {
        report["last_step"] = metrics->back().step;
        report["last_loss"] = metrics->back().loss;
        const std::size_t count = std::min(recent_points, metrics->size());
        double sum = 0;
        for (auto point = metrics->end() - static_cast<std::ptrdiff_t>(count); point != metrics->end();
             ++point)
            sum += point->loss;
        report["mean_loss_of_last_100"] = sum / static_cast<double>(count);
    } else if (!metrics) {
        notices.push_back(metrics.error().line());
    }
    report["checkpoints"] = checkpoints_json(folder, newest_file);
    report["settings"] = ordered_json::parse(formats::to_json(*settings));
    report["notices"] = notices;
    return report;
}

Result<ordered_json> inspect_diffusers(const fs::path& folder) {
    const auto model = formats::read_diffusers(folder);
    if (!model) return model.error();
    RunSettings settings;
    settings.model.unet = model->unet;
    settings.diffusion = model->diffusion;
    std::vector<std::string> notices = model->notices;
    for (const std::string& name : names_with_non_finite(model->weights))
        notices.push_back(name + " holds NaN or infinity");
    ordered_json report{{"kind", "diffusers"},
                        {"folder", folder.string()},
                        {"parameters", count_values(model->weights, "")},
                        {"model", settings_part(settings, "model").value("unet", ordered_json::object())},
                        {"diffusion", settings_part(settings, "diffusion")},
                        {"sampling", ordered_json::parse(formats::to_json(model->sampling))},
                        {"tensors", ordered_json::array()},
                        {"notices", notices}};
    for (const auto& [name, tensor] : model->weights)
        report["tensors"].push_back(tensor_json(name, tensor));
    return report;
}

Result<ordered_json> inspect_safetensors(const fs::path& file) {
    const auto content = formats::read_safetensors(file);
    if (!content) return content.error();
    std::error_code error;
    ordered_json report{{"kind", "safetensors"},
                        {"file", file.string()},
                        {"bytes", fs::file_size(file, error)},
                        {"values", count_values(content->tensors, "")},
                        {"metadata", content->metadata},
                        {"tensors", ordered_json::array()},
                        {"notices", ordered_json::array()}};
    for (const auto& [name, tensor] : content->tensors)
        report["tensors"].push_back(tensor_json(name, tensor));
    for (const std::string& name : names_with_non_finite(content->tensors))
        report["notices"].push_back(name + " holds NaN or infinity");
    return report;
}

Result<ordered_json> inspect_picture(const fs::path& file) {
    const auto settings = formats::read_png_settings(file);
    if (!settings) return settings.error();
    if (settings->empty())
        return Error{"a PNG without settings of ddpm-lab inside", file.string(),
                     "give a picture that ddpm-lab sample, train or the window wrote"};
    ordered_json inside = ordered_json::parse(*settings, nullptr, false);
    if (inside.is_discarded())
        return Error{"the settings inside the picture are no JSON", file.string(), "write the picture again"};
    return ordered_json{{"kind", "picture"}, {"file", file.string()}, {"settings", std::move(inside)}};
}

bool is_png(const fs::path& file) {
    std::array<char, png_signature.size()> head{};
    std::ifstream stream(file, std::ios::binary);
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    return stream && std::string_view(head.data(), head.size()) == png_signature;
}

} // namespace

Result<ordered_json> inspect_path(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return Error{"there is no such file or folder", path.string(), "check the path"};
    const char* known =
        "give a run, a diffusers folder, a .safetensors file or a picture that ddpm-lab wrote";
    if (fs::is_directory(status)) {
        if (formats::is_run_folder(path)) return inspect_run(path);
        if (formats::is_diffusers_folder(path)) return inspect_diffusers(path);
        return Error{"neither a run (no settings.json) nor a diffusers folder (no model_index.json)",
                     path.string(), known};
    }
    if (!fs::is_regular_file(status)) return Error{"it is no ordinary file", path.string(), known};
    if (is_png(path)) return inspect_picture(path);
    if (path.extension() == ".safetensors") return inspect_safetensors(path);
    return Error{"this kind of file is not known", path.string(), known};
}

} // namespace ddpm::app
