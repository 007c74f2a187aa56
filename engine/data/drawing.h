// What the point set `drawing` is spread over: written text, or the dark pixels of a picture.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <filesystem>
#include <string>

namespace ddpm::data {

/// [H, W] float32 in [0, 1]: 1 where the pen was. Printable ASCII only: the stroke font has no other letters.
Result<torch::Tensor> ink_of_text(const std::string& text);

/// [H, W] float32 in [0, 1]: how much darker than middle grey; an error if nothing is.
Result<torch::Tensor> ink_of_picture(const std::filesystem::path& file);

} // namespace ddpm::data
