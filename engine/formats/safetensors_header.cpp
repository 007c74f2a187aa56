#include "formats/safetensors_header.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace ddpm::formats {
namespace {

constexpr std::array dtypes{
    std::pair{std::string_view("BOOL"), torch::kBool},
    std::pair{std::string_view("U8"), torch::kUInt8},
    std::pair{std::string_view("I8"), torch::kInt8},
    std::pair{std::string_view("I16"), torch::kInt16},
    std::pair{std::string_view("I32"), torch::kInt32},
    std::pair{std::string_view("I64"), torch::kInt64},
    std::pair{std::string_view("F16"), torch::kFloat16},
    std::pair{std::string_view("BF16"), torch::kBFloat16},
    std::pair{std::string_view("F32"), torch::kFloat32},
    std::pair{std::string_view("F64"), torch::kFloat64},
};

constexpr std::size_t highest_rank = 64; ///< what torch can work with

const char* const remedy = "the file is damaged or was not written by a safetensors library: get it again";

/// Reads the header as a stream of events. A document tree would keep only the last of two equal keys, and
/// say nothing.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
    SafetensorsHeader header;
    std::string problem;

    bool start_object(std::size_t) override {
        switch (place_) {
        case Place::start:
            place_ = Place::top;
            return true;
        case Place::entry:
            entry_ = {};
            entry_.name = key_;
            seen_ = {};
            place_ = Place::tensor;
            return true;
        case Place::metadata_value:
            place_ = Place::metadata;
            return true;
        default:
            return unexpected("an object");
        }
    }
    bool key(string_t& name) override {
        key_ = name;
        switch (place_) {
        case Place::top:
            if (!names_.insert(name).second) return fail(fmt::format("the name \"{}\" appears twice", name));
            place_ = name == "__metadata__" ? Place::metadata_value : Place::entry;
            return true;
        case Place::metadata:
            if (header.metadata.count(name) != 0)
                return fail(fmt::format("the metadata key \"{}\" appears twice", name));
            return true;
        case Place::tensor:
            return inner_key(name);
        default:
            return unexpected("a key");
        }
    }
    bool end_object() override {
        if (place_ == Place::tensor) {
            if (!seen_.dtype || !seen_.shape || !seen_.offsets)
                return fail(fmt::format("the tensor \"{}\" lacks dtype, shape or data_offsets", entry_.name));
            header.entries.push_back(std::move(entry_));
            place_ = Place::top;
        } else if (place_ == Place::metadata) {
            place_ = Place::top;
        } else {
            place_ = Place::done;
        }
        return true;
    }
    bool string(string_t& text) override {
        if (place_ == Place::metadata) {
            header.metadata[key_] = text;
            return true;
        }
        if (place_ != Place::dtype) return unexpected("a string");
        const auto* found =
            std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& d) { return d.first == text; });
        if (found == dtypes.end())
            return fail(
                fmt::format("the tensor \"{}\" has the dtype {}, which is not supported", entry_.name, text),
                "convert the weights to F32");
        entry_.dtype = found->second;
        place_ = Place::tensor;
        return true;
    }
    bool start_array(std::size_t) override {
        if (in_array_ || (place_ != Place::shape && place_ != Place::offsets)) return unexpected("an array");
        in_array_ = true;
        numbers_.clear();
        return true;
    }
    bool number_unsigned(number_unsigned_t number) override {
        if (!in_array_) return unexpected("a number");
        numbers_.push_back(number);
        return true;
    }
    bool end_array() override {
        in_array_ = false;
        if (place_ == Place::shape) {
            if (numbers_.size() > highest_rank)
                return fail(fmt::format("the tensor \"{}\" has {} dimensions", entry_.name, numbers_.size()));
            for (const std::uint64_t extent : numbers_) {
                if (extent > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                    return fail(fmt::format("the shape of \"{}\" is too large", entry_.name));
                entry_.shape.push_back(static_cast<std::int64_t>(extent));
            }
        } else {
            if (numbers_.size() != 2)
                return fail(fmt::format("data_offsets of \"{}\" are not two numbers", entry_.name));
            entry_.begin = numbers_[0];
            entry_.end = numbers_[1];
        }
        place_ = Place::tensor;
        return true;
    }
    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("true or false"); }
    bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
    bool number_float(number_float_t, const string_t&) override {
        return unexpected("a number that is not whole");
    }
    bool binary(binary_t&) override { return unexpected("binary data"); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        return fail(fmt::format("the header is not JSON (at byte {})", position));
    }

    const std::string& advice() const { return advice_; }

private:
    enum class Place { start, top, entry, tensor, dtype, shape, offsets, metadata_value, metadata, done };

    bool inner_key(const std::string& name) {
        const auto open = [&](bool& seen, Place place) {
            if (seen) return fail(fmt::format("the key \"{}\" appears twice in \"{}\"", name, entry_.name));
            seen = true;
            place_ = place;
            return true;
        };
        if (name == "dtype") return open(seen_.dtype, Place::dtype);
        if (name == "shape") return open(seen_.shape, Place::shape);
        if (name == "data_offsets") return open(seen_.offsets, Place::offsets);
        return fail(fmt::format("the tensor \"{}\" has the unknown key \"{}\"", entry_.name, name));
    }
    bool unexpected(const char* what) {
        const bool metadata = place_ == Place::metadata || place_ == Place::metadata_value;
        return fail(metadata
                        ? fmt::format("the metadata hold {} where only text may be", what)
                        : fmt::format("the header holds {} in the wrong place (near \"{}\")", what, key_));
    }
    bool fail(std::string what, const char* how = remedy) {
        if (problem.empty()) {
            problem = std::move(what);
            advice_ = how;
        }
        return false;
    }

    struct Seen {
        bool dtype = false, shape = false, offsets = false;
    };

    Place place_ = Place::start;
    bool in_array_ = false;
    std::string key_;
    std::string advice_;
    TensorEntry entry_;
    Seen seen_;
    std::set<std::string> names_;
    std::vector<std::uint64_t> numbers_;
};

/// Bytes of the entry by its shape and dtype, or nothing if the product overflows. Extents of zero do not
/// hide an overflow of the others: strides are computed from them.
std::optional<std::uint64_t> byte_size(const TensorEntry& entry) {
    std::int64_t product = static_cast<std::int64_t>(torch::elementSize(entry.dtype));
    bool none = false;
    for (const std::int64_t extent : entry.shape) {
        none = none || extent == 0;
        if (__builtin_mul_overflow(product, std::max<std::int64_t>(extent, 1), &product)) return std::nullopt;
    }
    return none ? 0 : static_cast<std::uint64_t>(product);
}

std::string layout_problem(const SafetensorsHeader& header, std::uint64_t data_size) {
    std::uint64_t at = 0;
    for (const TensorEntry& entry : header.entries) {
        if (entry.end < entry.begin)
            return fmt::format("the data of \"{}\" end before they begin", entry.name);
        if (entry.begin < at) return fmt::format("the data of \"{}\" overlap another tensor", entry.name);
        if (entry.begin > at)
            return fmt::format("there is a hole of {} bytes before \"{}\"", entry.begin - at, entry.name);
        const std::optional<std::uint64_t> size = byte_size(entry);
        if (!size) return fmt::format("the shape of \"{}\" is too large", entry.name);
        if (entry.end - entry.begin != *size)
            return fmt::format("\"{}\" needs {} bytes by its shape and dtype, the header gives it {}",
                               entry.name, *size, entry.end - entry.begin);
        at = entry.end;
    }
    if (at > data_size)
        return fmt::format("the header promises {} bytes of data, the file has {}: it is cut off", at,
                           data_size);
    if (at < data_size) return fmt::format("there are {} bytes after the last tensor", data_size - at);
    return {};
}

} // namespace

Result<SafetensorsHeader> parse_safetensors_header(const std::string& text, std::uint64_t data_size) {
    // The library would skip a byte-order mark and stop at a zero byte; neither belongs here.
    if (text.empty() || text.front() != '{' || text.find('\0') != std::string::npos)
        return Error{"the header is not a JSON object", {}, remedy};
    HeaderReader reader;
    if (!nlohmann::json::sax_parse(text, &reader)) return Error{reader.problem, {}, reader.advice()};
    std::stable_sort(reader.header.entries.begin(), reader.header.entries.end(),
                     [](const TensorEntry& a, const TensorEntry& b) {
                         return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
                     });
    if (std::string problem = layout_problem(reader.header, data_size); !problem.empty())
        return Error{std::move(problem), {}, remedy};
    return std::move(reader.header);
}

std::string_view dtype_name(torch::Dtype dtype) {
    for (const auto& [name, candidate] : dtypes)
        if (candidate == dtype) return name;
    return {};
}

} // namespace ddpm::formats
