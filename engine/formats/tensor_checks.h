// What is looked at in weights before they are trusted or written.
#pragma once

#include "formats/safetensors.h"

#include <string>
#include <vector>

namespace ddpm::formats {

/// Names of the tensors that hold NaN or infinity.
std::vector<std::string> not_finite(const TensorList& tensors);

/// "a", "b" and 3 more.
std::string listed(const std::vector<std::string>& names);

} // namespace ddpm::formats
