#include "formats/diffusers_config.h"
#include "formats/input_file.h"
#include "formats/safetensors_header.h"
#include "formats/strict_json.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <system_error>

namespace ddpm::formats {
namespace {

namespace fs = std::filesystem;

constexpr const char* weights_name = "diffusion_pytorch_model.safetensors";
constexpr std::size_t largest_index = 64 << 20;

/// Attention layers were called otherwise before diffusers 0.17.
std::string current_name(const std::string& name) {
    if (name.find(".attentions.") == std::string::npos) return name;
    constexpr std::array renamed{std::pair{".query.", ".to_q."}, std::pair{".key.", ".to_k."},
                                 std::pair{".value.", ".to_v."}, std::pair{".proj_attn.", ".to_out.0."}};
    for (const auto& [before, now] : renamed)
        if (const std::size_t at = name.find(before); at != std::string::npos)
            return name.substr(0, at) + now + name.substr(at + std::string_view(before).size());
    return name;
}

/// A shard's name comes from a file somebody else wrote: it must stay in the folder and be of the harmless
/// kind.
std::optional<Error> shard_problem(const std::string& shard, const fs::path& index) {
    const fs::path path(shard);
    if (path.extension() != ".safetensors")
        return Error{fmt::format("it names {}, which is not a .safetensors file", quote_json(shard)),
                     index.string(), "files of other kinds can run code: use a model stored as safetensors"};
    if (path != path.filename() || shard.find("..") != std::string::npos ||
        shard.find('\\') != std::string::npos)
        return Error{fmt::format("it names {}, which is outside the folder", quote_json(shard)),
                     index.string(), "do not trust this model: get it from another source"};
    return std::nullopt;
}

Result<TensorList> read_shards(const fs::path& folder, const fs::path& index_file) {
    const Result<std::string> text = read_text_file(index_file, largest_index);
    if (!text) return text.error();
    const Result<nlohmann::json> index = parse_json_object(*text, index_file.string());
    if (!index) return index.error();
    const auto map = index->find("weight_map");
    if (map == index->end() || !map->is_object())
        return Error{"it has no weight_map", index_file.string(), "the index is damaged: get it again"};
    std::map<std::string, std::set<std::string>> shards; // file -> its tensors
    for (const auto& [tensor, shard] : map->items()) {
        if (!shard.is_string())
            return Error{fmt::format("the file of {} is {}", quote_json(tensor), quote_json(shard)),
                         index_file.string(), "the index is damaged: get it again"};
        if (std::optional<Error> problem = shard_problem(shard.get<std::string>(), index_file))
            return *problem;
        shards[shard.get<std::string>()].insert(tensor);
    }
    TensorList weights;
    for (auto& [shard, expected] : shards) {
        Result<SafetensorsFile> file = read_safetensors(folder / shard);
        if (!file) return file.error();
        for (auto& [name, tensor] : file->tensors) {
            if (expected.erase(name) == 0)
                return Error{fmt::format("it holds \"{}\", which the index places elsewhere", name),
                             (folder / shard).string(), "the files do not belong together: get them again"};
            weights.emplace_back(name, std::move(tensor));
        }
        if (!expected.empty())
            return Error{fmt::format("it lacks \"{}\", which the index places there", *expected.begin()),
                         (folder / shard).string(), "the files do not belong together: get them again"};
    }
    return weights;
}

Error no_weights(const fs::path& folder) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string extension = entry->path().extension().string();
        for (const char* unsafe : {".bin", ".pt", ".pth", ".pkl", ".ckpt"})
            if (extension == unsafe)
                return {
                    fmt::format("its weights are a {} file, which can run code when it is opened", extension),
                    entry->path().string(),
                    "store them as safetensors: in diffusers, save_pretrained(..., safe_serialization=True)"};
    }
    return {fmt::format("it has no weights ({})", weights_name), folder.string(),
            "get the whole folder again"};
}

} // namespace

std::vector<std::string> convert_to_float32(TensorList& weights) {
    const torch::NoGradGuard no_grad;
    std::map<std::string, int> converted; // dtype -> how many
    for (auto& [name, tensor] : weights) {
        if (!tensor.is_floating_point() || tensor.scalar_type() == torch::kFloat32) continue;
        ++converted[std::string(dtype_name(tensor.scalar_type()))];
        tensor = tensor.to(torch::kFloat32);
    }
    std::vector<std::string> notices;
    for (const auto& [dtype, count] : converted)
        notices.push_back(fmt::format("{} of {} weights are stored as {}; they were {} float32", count,
                                      weights.size(), dtype, dtype == "F64" ? "rounded to" : "converted to"));
    return notices;
}

Result<TensorList> read_diffusers_weights(const fs::path& folder) {
    std::error_code ignored;
    const fs::path whole = folder / weights_name;
    const fs::path index = folder / (std::string(weights_name) + ".index.json");
    TensorList found;
    if (fs::exists(whole, ignored)) {
        Result<SafetensorsFile> file = read_safetensors(whole);
        if (!file) return file.error();
        found = std::move(file->tensors);
    } else if (fs::exists(index, ignored)) {
        Result<TensorList> shards = read_shards(folder, index);
        if (!shards) return shards;
        found = std::move(*shards);
    } else {
        return no_weights(folder);
    }
    std::set<std::string> names;
    for (auto& [name, tensor] : found) {
        name = current_name(name);
        if (!names.insert(name).second)
            return Error{fmt::format("\"{}\" is there twice, under its old and its new name", name),
                         folder.string(), "the weights are damaged: get them again"};
    }
    return found;
}

} // namespace ddpm::formats
