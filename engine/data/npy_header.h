// The header of an NPY file: a Python dictionary of three entries.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ddpm::data {

struct NpyHeader {
    char kind = 'f';       ///< 'b' bool, 'i' signed, 'u' unsigned, 'f' floating
    std::size_t width = 4; ///< bytes a number
    bool big_endian = false;
    bool fortran = false; ///< the first index runs fastest
    std::vector<std::int64_t> shape;
    std::uint64_t bytes = 0; ///< of all numbers; checked against overflow
};

/// `text` is the dictionary with its padding. Only the three keys, each once.
Result<NpyHeader> parse_npy_header(std::string_view text, const std::string& name);

/// "<f4" and the like; throws std::invalid_argument for a dtype that NPY has no name for.
const char* npy_descr(c10::ScalarType type);

} // namespace ddpm::data
