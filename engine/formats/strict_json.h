// JSON as the settings and configuration files use it: no duplicate keys, no deep nesting, an error that
// names the place.
#pragma once

#include "ddpm/result.h"

#include <nlohmann/json.hpp>

#include <string>

namespace ddpm::formats {

/// Parses an object. `where` is the file, for the error.
Result<nlohmann::json> parse_json_object(const std::string& text, const std::string& where);

/// A value as a person would quote it: `"linear"`, `null`, `[1,2]`; long ones are shortened.
std::string quote_json(const nlohmann::json& value);

} // namespace ddpm::formats
