#include "formats/diffusers_config.h"

#include "formats/strict_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::formats {
namespace {

using json = nlohmann::json;

bool is_int(const json& value) {
    if (!value.is_number_integer()) return false;
    const auto number = value.get<std::int64_t>();
    return number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
}
bool is_number(const json& value) {
    return value.is_number() && std::isfinite(value.get<double>());
}
bool is_bool(const json& value) {
    return value.is_boolean();
}
bool is_text(const json& value) {
    return value.is_string();
}
constexpr std::size_t longest_list = 10'000; ///< the betas of the longest schedule

bool is_short_list(const json& value) {
    return value.is_array() && value.size() <= 64;
}

} // namespace

json ConfigReader::take(const std::string& key, json absent) {
    taken_.push_back(key);
    const auto found = object_.find(key);
    return found == object_.end() ? std::move(absent) : *found;
}

template <typename T>
T ConfigReader::typed(const std::string& key, T absent, bool (*fits)(const json&), const char* expected) {
    const json value = take(key, absent);
    if (fits(value)) return value.get<T>();
    wrong(key, value, fmt::format("it must be {}", expected));
    return absent;
}

int ConfigReader::integer(const std::string& key, int absent) {
    return typed(key, absent, is_int, "a whole number");
}
double ConfigReader::number(const std::string& key, double absent) {
    return typed(key, absent, is_number, "a number");
}
double ConfigReader::number(const std::string& key, double absent, double low, double high) {
    const double value = number(key, absent);
    if (value >= low && value <= high) return value;
    wrong(key, value, fmt::format("it must be from {} to {}", low, high));
    return absent;
}
bool ConfigReader::boolean(const std::string& key, bool absent) {
    return typed(key, absent, is_bool, "true or false");
}
std::string ConfigReader::text(const std::string& key, const std::string& absent) {
    return typed(key, absent, is_text, "a text");
}
std::vector<int> ConfigReader::integers(const std::string& key, std::vector<int> absent) {
    const auto fits = [](const json& value) {
        return is_short_list(value) && std::all_of(value.begin(), value.end(), is_int);
    };
    return typed(key, std::move(absent), fits, "a short list of whole numbers");
}
std::vector<std::string> ConfigReader::texts(const std::string& key, std::vector<std::string> absent) {
    const auto fits = [](const json& value) {
        return is_short_list(value) && std::all_of(value.begin(), value.end(), is_text);
    };
    return typed(key, std::move(absent), fits, "a short list of texts");
}

std::optional<std::vector<double>> ConfigReader::numbers_or_null(const std::string& key) {
    const json value = take(key, nullptr);
    if (value.is_null()) return std::nullopt;
    if (value.is_array() && value.size() <= longest_list &&
        std::all_of(value.begin(), value.end(), is_number))
        return value.get<std::vector<double>>();
    wrong(key, value, fmt::format("it must be null or a list of at most {} numbers", longest_list));
    return std::nullopt;
}

void ConfigReader::require(const std::string& key, const json& only) {
    const json value = take(key, only);
    if (value != only) not_supported(key, value, quote_json(only));
}

void ConfigReader::not_supported(const std::string& key, const json& value, const std::string& supported) {
    fail(fmt::format("{} is {}, which is not supported", key, quote_json(value)),
         fmt::format("use a model with {} = {}", key, supported));
}

void ConfigReader::wrong(const std::string& key, const json& value, std::string remedy) {
    fail(fmt::format("{} is {}", key, quote_json(value)), std::move(remedy));
}

void ConfigReader::fail(std::string what, std::string remedy) {
    problems_.push_back(std::move(what));
    // The same advice once.
    if (std::find(remedies_.begin(), remedies_.end(), remedy) == remedies_.end())
        remedies_.push_back(std::move(remedy));
}

std::optional<Error> ConfigReader::finish() {
    std::string unknown;
    for (const auto& [key, value] : object_.items()) {
        const bool asked = std::find(taken_.begin(), taken_.end(), key) != taken_.end();
        if (!asked && !key.starts_with('_')) unknown += (unknown.empty() ? "" : ", ") + quote_json(key);
    }
    if (!unknown.empty())
        fail("it has keys that are not known: " + unknown,
             "it may change what the model does: use a model without them");
    if (problems_.empty()) return std::nullopt;
    return Error{fmt::format("{}", fmt::join(problems_, "; ")), where_,
                 fmt::format("{}", fmt::join(remedies_, "; "))};
}

} // namespace ddpm::formats
