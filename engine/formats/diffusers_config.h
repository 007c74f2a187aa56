// The configuration files of a diffusers folder, to and from our settings. Parts of diffusers_folder.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"
#include "formats/safetensors.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ddpm::formats {

/// Reads the keys of one configuration one by one: what is absent has diffusers' default, what is left over
/// is an error. A key with a problem reads as its default; all problems are told together at the end.
class ConfigReader {
public:
    ConfigReader(const nlohmann::json& object, std::string where)
        : object_(object), where_(std::move(where)) {}

    /// The value of the key, or `absent`.
    nlohmann::json take(const std::string& key, nlohmann::json absent);
    int integer(const std::string& key, int absent);
    double number(const std::string& key, double absent);
    /// A number from `low` to `high`.
    double number(const std::string& key, double absent, double low, double high);
    bool boolean(const std::string& key, bool absent);
    std::string text(const std::string& key, const std::string& absent);
    std::vector<int> integers(const std::string& key, std::vector<int> absent);
    std::vector<std::string> texts(const std::string& key, std::vector<std::string> absent);
    /// A list of numbers, one for a timestep at most; nothing where the key is absent or null.
    std::optional<std::vector<double>> numbers_or_null(const std::string& key);
    /// A key of which only this value is supported (and is also the default of an absent key).
    void require(const std::string& key, const nlohmann::json& only);
    /// Any value will do: it has no effect with what else is required.
    void ignore(const std::string& key) { take(key, nullptr); }
    void not_supported(const std::string& key, const nlohmann::json& value, const std::string& supported);

    /// A key that is supported, with a value that is not: `remedy` says what would be.
    void wrong(const std::string& key, const nlohmann::json& value, std::string remedy);

    /// Call last: all problems, with the keys that nobody asked for.
    std::optional<Error> finish();

private:
    template <typename T>
    T typed(const std::string& key, T absent, bool (*fits)(const nlohmann::json&), const char* expected);
    void fail(std::string what, std::string remedy);

    const nlohmann::json& object_;
    std::string where_;
    std::vector<std::string> taken_;
    std::vector<std::string> problems_, remedies_;
};

struct SchedulerConfig {
    DiffusionSettings diffusion;
    SamplingSettings sampling;
};

Result<UnetSettings> unet_from_config(const nlohmann::json& config, const std::string& where);
nlohmann::json unet_to_config(const UnetSettings& unet);

/// DDPMScheduler and DDIMScheduler. Their betas are float32; ours are computed in float64 from the same
/// numbers.
Result<SchedulerConfig> scheduler_from_config(const nlohmann::json& config, const std::string& where);

/// The class whose file can say all of it: DDIMScheduler for DDIM, unless the variance is learned.
const char* scheduler_class(const DiffusionSettings& diffusion, const SamplingSettings& sampling);

/// Exactly the keys of that class. `betas` are the schedule's, needed where diffusers has no name for it
/// (constant, jsd, warm-up; sigmoid with DDIM): they become trained_betas. An error for what diffusers lacks.
Result<nlohmann::json> scheduler_to_config(const DiffusionSettings& diffusion,
                                           const SamplingSettings& sampling,
                                           const std::vector<double>& betas);

/// The weights beside config.json: one file, or shards with an index. Names as diffusers writes them today,
/// dtypes as stored.
Result<TensorList> read_diffusers_weights(const std::filesystem::path& folder);

/// Floating-point weights of other precisions become float32, what the net computes in; says so.
std::vector<std::string> convert_to_float32(TensorList& weights);

constexpr const char* diffusers_version = "0.27.0"; ///< the version whose keys we write

} // namespace ddpm::formats
