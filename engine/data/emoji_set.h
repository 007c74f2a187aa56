// The bundled emoji: one picture that holds them all, and a list of what they are.
#pragma once

#include "data/dataset.h"

#include <filesystem>

namespace ddpm::data {

/// emoji.webp and emoji.txt in `folder`, as resources/data/emoji/README.md describes them. [N, 3, 32, 32];
/// the classes are Unicode's groups.
Result<Dataset> open_emoji(const std::filesystem::path& folder, bool test_split);

} // namespace ddpm::data
