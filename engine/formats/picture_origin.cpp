#include "formats/picture_origin.h"

#include "formats/picture_grid.h"
#include "formats/settings_json.h"
#include "formats/strict_json.h"

namespace ddpm::formats {
namespace {

const char* const remedy = "get the picture again, or take it away again";

} // namespace

std::string to_json(const PictureOrigin& origin) {
    std::string text = "{\"model\": " + to_json(origin.model);
    if (origin.sampling) text += ", \"sampling\": " + to_json(*origin.sampling);
    return text + ", \"step\": " + std::to_string(origin.step) + "}";
}

Result<std::optional<PictureOrigin>> read_picture_origin(const std::filesystem::path& file) {
    const Result<std::string> text = read_png_settings(file);
    if (!text || text->empty()) return std::optional<PictureOrigin>();
    const std::string where = file.string();
    const Result<nlohmann::json> object = parse_json_object(*text, where);
    if (!object) return object.error();
    const auto part = [&](const char* name) {
        const auto found = object->find(name);
        // Settings are read from text; what is no object is refused there.
        return found == object->end() ? std::string() : found->dump();
    };
    if (part("model").empty()) return Error{"the settings inside are not those of a picture", where, remedy};
    Result<RunSettings> model = run_settings_from_json(part("model"), where);
    if (!model) return model.error();
    PictureOrigin origin{*model, {}, 0};
    if (const std::string sampling = part("sampling"); !sampling.empty()) {
        Result<SamplingSettings> read = sampling_settings_from_json(sampling, where);
        if (!read) return read.error();
        origin.sampling = *read;
    }
    if (const auto step = object->find("step"); step != object->end()) {
        if (!step->is_number_integer() || *step < 0 || step->get<std::uint64_t>() > INT64_MAX)
            return Error{"step is " + quote_json(*step), where, remedy};
        origin.step = step->get<std::int64_t>();
    }
    return std::optional<PictureOrigin>(std::move(origin));
}

} // namespace ddpm::formats
