// safetensors: strict reader and writer. Nothing in a file is executed; memory is bounded before it is taken.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ddpm::formats {

/// Named tensors in file order. CPU, contiguous.
using TensorList = std::vector<std::pair<std::string, torch::Tensor>>;

const torch::Tensor* find(const TensorList& tensors, const std::string& name); ///< nullptr if absent

struct SafetensorsFile {
    TensorList tensors;
    std::map<std::string, std::string> metadata; ///< the "__metadata__" of the header

    const torch::Tensor* find(const std::string& name) const; ///< nullptr if absent
};

/// Reads the whole file. dtypes BOOL U8 I8 I16 I32 I64 F16 BF16 F32 F64; others are an error that names them.
/// Refuses: header over 100 MB or past the end, overlap, hole, trailing bytes, duplicate names, wrong sizes,
/// overflow, non-UTF-8, deep nesting, a Git-LFS pointer (FAULTS 14–18, 21).
Result<SafetensorsFile> read_safetensors(const std::filesystem::path& file);

/// Atomic (temporary file beside it, fsync, rename, fsync of the folder). Orders by dtype size, then name;
/// the header is padded to a multiple of 8. Tensors may live on any device.
Status write_safetensors(const std::filesystem::path& file, const TensorList& tensors,
                         const std::map<std::string, std::string>& metadata);

} // namespace ddpm::formats
