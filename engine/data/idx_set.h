// A data set in the four files of MNIST's layout.
#pragma once

#include "data/dataset.h"

#include <filesystem>
#include <string>

namespace ddpm::data {

/// {train,t10k}-{images-idx3,labels-idx1}-ubyte, plain or with .gz, in `folder`; ten classes. `remedy` is
/// what to do when they are not there.
Result<Dataset> open_idx_set(const std::filesystem::path& folder, bool test_split, const std::string& name,
                             const std::string& remedy);

} // namespace ddpm::data
