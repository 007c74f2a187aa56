// IDX, the format of MNIST and its relatives: big-endian header, then bytes; gzipped or not.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <filesystem>

namespace ddpm::data {

/// Magic 2051. [N, 1, rows, columns] uint8. A wrong magic, missing or surplus bytes and corrupt gzip are
/// errors, and no memory is taken that a file of this size could not fill.
Result<torch::Tensor> read_idx_pictures(const std::filesystem::path& file);

/// Magic 2049. [N] int64; a label that is not below `classes` is an error.
Result<torch::Tensor> read_idx_labels(const std::filesystem::path& file, int classes);

} // namespace ddpm::data
