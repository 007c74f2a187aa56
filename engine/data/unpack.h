// Unpacks a .tar.gz that comes from elsewhere.
#pragma once

#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace ddpm::data {

/// Files and folders of the archive into `folder`, which exists and is empty. Refused: names that lead out of
/// it or are absolute, links and devices, a name twice, more than `most_bytes` in all or 10,000 entries, and
/// everything that is damaged or cut off. `watch` gets the bytes so far; `false` stops it. After an error
/// some files may be there.
Status unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                     std::uint64_t most_bytes, const std::function<bool(std::uint64_t)>& watch = {});

} // namespace ddpm::data
