// Tensors -> the values that leave the engine.
#pragma once

#include "ddpm/picture.h"

#include <torch/torch.h>

namespace ddpm::runtime {

/// x: [N, C, H, W] float (any device), C = 1 or 3, or [N, 2] points. `range` is shown as 0…255: 1 for data, 3
/// for noise. NaN becomes 0. Points keep their values.
Drawable to_drawable(const torch::Tensor& x, double range = 1);

/// items: [N, C, H, W] uint8.
PictureStack to_pictures(const torch::Tensor& items);

} // namespace ddpm::runtime
