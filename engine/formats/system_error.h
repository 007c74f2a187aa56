// What the system says about a file, in words a person can act on.
#pragma once

#include "ddpm/result.h"

#include <filesystem>
#include <string>

namespace ddpm::formats {

/// `code` is an errno value, `action` completes "could not …": "write it", "create the folder".
Error system_error(int code, const std::filesystem::path& where, const std::string& action);

} // namespace ddpm::formats
