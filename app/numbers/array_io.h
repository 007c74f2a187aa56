// Arrays in and out of the numeric verbs: NPY files, or "-" for standard input and output.
#pragma once

#include "ddpm/result.h"
#include "environment.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace ddpm::app {

/// Whether it names an array: "-" or something.npy.
bool is_array(const std::string& name);

/// As float32, whatever the file holds.
Result<torch::Tensor> read_floats(const std::string& name);

/// Whole or not at all; an existing file is replaced when the new one is complete. "-": environment.out.
Status write_array(const Environment& environment, const std::string& name, const torch::Tensor& array);

/// "[2, 3, 16, 16]".
std::string shape_text(const std::vector<std::int64_t>& shape);

} // namespace ddpm::app
