// Settings as JSON: settings.json of a run, and the text inside an exported PNG.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"

#include <string>

namespace ddpm::formats {

/// Indent 2, keys as the fields of config.h, enumerations by name, "version": 1.
std::string to_json(const RunSettings& settings);
std::string to_json(const SamplingSettings& settings);

/// A missing key keeps its default; an unknown key, a wrong type or an unknown name is an error that names
/// it. `where` is the file, for the error. A higher "version" is refused (FAULTS 12).
Result<RunSettings> run_settings_from_json(const std::string& text, const std::string& where);
Result<SamplingSettings> sampling_settings_from_json(const std::string& text, const std::string& where);

} // namespace ddpm::formats
