#include "formats/settings_json.h"

#include "formats/strict_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace ddpm::formats {
namespace {

constexpr int version = 1;
constexpr std::size_t longest_list = 10'000; ///< the betas of the longest schedule

// Every field once, for writing and reading alike. `fields(name, member)` is called in the order of config.h.

template <typename F>
void each_field(F& fields, DataSettings& s) {
    fields("kind", s.kind);
    fields("test_split", s.test_split);
    fields("path", s.path);
    fields("size", s.size);
    fields("colour", s.colour);
    fields("points", s.points);
    fields("text", s.text);
    fields("picture", s.picture);
    fields("sketch", s.sketch);
    fields("seed", s.seed);
}

template <typename F>
void each_field(F& fields, ScheduleSettings& s) {
    fields("kind", s.kind);
    fields("timesteps", s.timesteps);
    fields("beta_start", s.beta_start);
    fields("beta_end", s.beta_end);
    fields("betas", s.betas);
    fields("zero_terminal_snr", s.zero_terminal_snr);
}

template <typename F>
void each_field(F& fields, DiffusionSettings& s) {
    fields("schedule", s.schedule);
    fields("prediction", s.prediction);
    fields("learned_variance", s.learned_variance);
}

template <typename F>
void each_field(F& fields, UnetSettings& s) {
    fields("sample_size", s.sample_size);
    fields("in_channels", s.in_channels);
    fields("out_channels", s.out_channels);
    fields("num_class_embeds", s.num_class_embeds);
    fields("block_out_channels", s.block_out_channels);
    fields("down_attention", s.down_attention);
    fields("up_attention", s.up_attention);
    fields("layers_per_block", s.layers_per_block);
    fields("attention_head_dim", s.attention_head_dim);
    fields("add_attention", s.add_attention);
    fields("norm_num_groups", s.norm_num_groups);
    fields("norm_eps", s.norm_eps);
    fields("downsample_padding", s.downsample_padding);
    fields("flip_sin_to_cos", s.flip_sin_to_cos);
    fields("freq_shift", s.freq_shift);
    fields("mid_block_scale_factor", s.mid_block_scale_factor);
    fields("dropout", s.dropout);
}

template <typename F>
void each_field(F& fields, PointMlpSettings& s) {
    fields("hidden", s.hidden);
    fields("layers", s.layers);
    fields("embedding", s.embedding);
}

template <typename F>
void each_field(F& fields, ModelSettings& s) {
    fields("kind", s.kind);
    fields("unet", s.unet);
    fields("point_mlp", s.point_mlp);
}

template <typename F>
void each_field(F& fields, TrainingSettings& s) {
    fields("steps", s.steps);
    fields("batch_size", s.batch_size);
    fields("learning_rate", s.learning_rate);
    fields("warmup_steps", s.warmup_steps);
    fields("gradient_clip", s.gradient_clip);
    fields("ema_decay", s.ema_decay);
    fields("ema_warmup", s.ema_warmup);
    fields("flips", s.flips);
    fields("objective", s.objective);
    fields("hybrid_weight", s.hybrid_weight);
    fields("timestep_sampling", s.timestep_sampling);
    fields("min_snr_gamma", s.min_snr_gamma);
    fields("label_dropout", s.label_dropout);
    fields("tensorboard", s.tensorboard);
    fields("precision", s.precision);
    fields("seed", s.seed);
    fields("checkpoint_every", s.checkpoint_every);
    fields("keep_checkpoints", s.keep_checkpoints);
}

template <typename F>
void each_field(F& fields, SamplingSettings& s) {
    fields("sampler", s.sampler);
    fields("steps", s.steps);
    fields("spacing", s.spacing);
    fields("variance", s.variance);
    fields("eta", s.eta);
    fields("steps_offset", s.steps_offset);
    fields("set_alpha_to_one", s.set_alpha_to_one);
    fields("clip", s.clip);
    fields("clip_range", s.clip_range);
    fields("thresholding", s.thresholding);
    fields("threshold_ratio", s.threshold_ratio);
    fields("threshold_max", s.threshold_max);
    fields("label", s.label);
    fields("guidance", s.guidance);
    fields("precision", s.precision);
    fields("count", s.count);
    fields("seed", s.seed);
}

template <typename F>
void each_field(F& fields, PreviewSettings& s) {
    fields("enabled", s.enabled);
    fields("every_seconds", s.every_seconds);
    fields("count", s.count);
    fields("steps", s.steps);
    fields("seed", s.seed);
}

template <typename F>
void each_field(F& fields, RunSettings& s) {
    fields("name", s.name);
    fields("preset", s.preset);
    fields("as_in_paper", s.as_in_paper);
    fields("data", s.data);
    fields("model", s.model);
    fields("diffusion", s.diffusion);
    fields("training", s.training);
    fields("preview", s.preview);
    fields("device", s.device);
}

// Writing
// -------------------------------------------------------------------------------------------------------------

class Writer {
public:
    nlohmann::ordered_json object = nlohmann::ordered_json::object();

    template <typename T>
    void operator()(const char* name, T& value) {
        object[name] = to_value(value);
    }

private:
    template <typename T>
    static nlohmann::ordered_json to_value(T& value) {
        if constexpr (std::is_enum_v<T>) {
            return std::string(name_of(value));
        } else if constexpr (std::same_as<T, std::filesystem::path>) {
            return value.string();
        } else if constexpr (requires(Writer & w) { each_field(w, value); }) {
            Writer inner;
            each_field(inner, value);
            return inner.object;
        } else {
            return value;
        }
    }
};

template <typename T>
std::string write(T settings) {
    Writer writer;
    writer.object["version"] = version;
    each_field(writer, settings);
    // A name or a path that is not UTF-8 must not stop a save: what cannot be written becomes U+FFFD.
    return writer.object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// Reading
// -------------------------------------------------------------------------------------------------------------

class Reader {
public:
    Reader(const nlohmann::json& object, std::string prefix, std::optional<Error>& error)
        : object_(object), prefix_(std::move(prefix)), error_(error) {}

    template <typename T>
    void operator()(const char* name, T& value) {
        known_.emplace_back(name);
        const auto found = object_.find(name);
        if (found == object_.end() || error_) return;
        read(prefix_ + name, *found, value);
    }

    /// After all fields: what is left over is not ours.
    void finish() {
        for (const auto& [key, value] : object_.items()) {
            if (error_) return;
            if (std::find(known_.begin(), known_.end(), key) == known_.end())
                fail(fmt::format("the key {} is unknown", prefix_ + key), "check its spelling, or remove it");
        }
    }

private:
    void fail(std::string what, std::string remedy) {
        if (!error_) error_ = Error{std::move(what), {}, std::move(remedy)};
    }
    void wrong(const std::string& name, const nlohmann::json& json, const std::string& expected) {
        fail(fmt::format("{} is {}", name, quote_json(json)), "it must be " + expected);
    }

    void read(const std::string& name, const nlohmann::json& json, bool& value) {
        json.is_boolean() ? json.get_to(value) : (wrong(name, json, "true or false"), value);
    }
    void read(const std::string& name, const nlohmann::json& json, std::string& value) {
        json.is_string() ? json.get_to(value) : (wrong(name, json, "a text"), value);
    }
    void read(const std::string& name, const nlohmann::json& json, std::filesystem::path& value) {
        if (json.is_string())
            value = json.get<std::string>();
        else
            wrong(name, json, "a text");
    }
    void read(const std::string& name, const nlohmann::json& json, double& value) {
        if (json.is_number() && std::isfinite(json.get<double>()))
            value = json.get<double>();
        else
            wrong(name, json, "a number");
    }
    void read(const std::string& name, const nlohmann::json& json, float& value) {
        double wide = static_cast<double>(value);
        read(name, json, wide);
        value = static_cast<float>(wide);
    }
    template <std::integral I>
    void read(const std::string& name, const nlohmann::json& json, I& value) {
        const bool fits = json.is_number_unsigned()
                              ? std::in_range<I>(json.get<std::uint64_t>())
                              : json.is_number_integer() && std::in_range<I>(json.get<std::int64_t>());
        if (fits)
            value = json.get<I>();
        else
            wrong(name, json,
                  std::is_signed_v<I> ? "a whole number that is not too large" : "a whole number, 0 or more");
    }
    template <typename E>
    requires std::is_enum_v<E>
    void read(const std::string& name, const nlohmann::json& json, E& value) {
        if (json.is_string())
            if (const std::optional<E> named = from_name<E>(json.get<std::string>())) {
                value = *named;
                return;
            }
        std::string names;
        for (const E candidate : all_values<E>())
            names += (names.empty() ? "" : ", ") + std::string(name_of(candidate));
        wrong(name, json, "one of " + names);
    }
    template <typename T>
    void read(const std::string& name, const nlohmann::json& json, std::vector<T>& value) {
        if (!json.is_array() || json.size() > longest_list)
            return wrong(name, json, "a list that is not too long");
        std::vector<T> list;
        for (const nlohmann::json& element : json) {
            T item{};
            read(name, element, item);
            list.push_back(item);
        }
        value = std::move(list);
    }
    template <typename T>
    requires requires(Reader& reader, T& value) { each_field(reader, value); }
    void read(const std::string& name, const nlohmann::json& json, T& value) {
        if (!json.is_object()) return wrong(name, json, "an object");
        Reader inner(json, name + ".", error_);
        each_field(inner, value);
        inner.finish();
    }

    const nlohmann::json& object_;
    std::string prefix_;
    std::optional<Error>& error_;
    std::vector<std::string> known_;
};

template <typename T>
Result<T> read(const std::string& text, const std::string& where) {
    Result<nlohmann::json> object = parse_json_object(text, where);
    if (!object) return object.error();
    // The version comes first: keys of a newer one would only be reported as unknown.
    if (const auto found = object->find("version"); found != object->end()) {
        if (!found->is_number_unsigned() || found->template get<std::uint64_t>() < 1)
            return Error{fmt::format("version is {}", quote_json(*found)), where, "it must be 1"};
        if (found->template get<std::uint64_t>() > version)
            return Error{fmt::format("it was written by a newer DDPM Lab (version {}, this one knows {})",
                                     quote_json(*found), version),
                         where, "open it with a newer DDPM Lab"};
        object->erase(found);
    }
    T settings;
    std::optional<Error> error;
    Reader reader(*object, "", error);
    each_field(reader, settings);
    reader.finish();
    if (error) {
        error->where = where;
        return *error;
    }
    return settings;
}

} // namespace

std::string to_json(const RunSettings& settings) {
    return write(settings);
}
std::string to_json(const SamplingSettings& settings) {
    return write(settings);
}

Result<RunSettings> run_settings_from_json(const std::string& text, const std::string& where) {
    return read<RunSettings>(text, where);
}

Result<SamplingSettings> sampling_settings_from_json(const std::string& text, const std::string& where) {
    return read<SamplingSettings>(text, where);
}

} // namespace ddpm::formats
