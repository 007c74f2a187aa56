// One array in NPY's format, wherever its bytes come from: a file, a stream, a part of a zip archive.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace ddpm::data {

/// Puts up to `size` bytes at `bytes` and returns how many; 0 at the end or when they cannot be read.
using PullBytes = std::function<std::size_t(void* bytes, std::size_t size)>;

constexpr std::uint64_t unknown_size = std::numeric_limits<std::uint64_t>::max();

/// `available`: how many bytes there are, header included, or unknown_size. With `exact` the array must end
/// where they do. `name` is what errors call it.
Result<torch::Tensor> read_array(const PullBytes& pull, std::uint64_t available, bool exact,
                                 const std::string& name);

} // namespace ddpm::data
