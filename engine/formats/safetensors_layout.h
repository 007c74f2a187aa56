// The order in which tensors lie in a file, shared by the writer and by what sums up its bytes.
#pragma once

#include "formats/safetensors.h"

#include <cstdint>

namespace ddpm::formats {

/// On the CPU, contiguous, ordered by dtype size (largest first), then name: as the data follow one another
/// in a file.
TensorList in_file_order(const TensorList& tensors);

/// CRC-32 of the data buffer that write_safetensors makes of these tensors (in file order already).
std::uint32_t data_crc32(const TensorList& in_order);

} // namespace ddpm::formats
