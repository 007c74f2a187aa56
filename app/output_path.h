// Whether an output can be written, asked before any work is done for it.
#pragma once

#include "ddpm/result.h"

#include <filesystem>

namespace ddpm::app {

/// A new folder (or an empty or foreign one) in which a run can be started.
Status check_new_run(const std::filesystem::path& folder);

/// A file to be made or replaced; its folder must exist. The name must end in `extension` (".png").
Status check_output_file(const std::filesystem::path& file, const std::string& extension);

/// A folder to be made; nothing of that name may be there but an empty folder.
Status check_new_folder(const std::filesystem::path& folder);

} // namespace ddpm::app
