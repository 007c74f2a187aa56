// Tensors -> the values that leave the engine.
#pragma once

#include "ddpm/chain_state.h"

#include <torch/torch.h>

#include <vector>

namespace ddpm::runtime {

/// x: [N, C, H, W] float (any device), C = 1 or 3, or [N, 2] points. `range` is shown as 0…255: 1 for data, 3
/// for noise. NaN becomes 0. Points keep their values.
Drawable to_drawable(const torch::Tensor& x, double range = 1);

/// As ChainState lays values out: [N, C, H, W] or [N, 2] float on any device <-> [N][H][W][C] or [N][2].
ItemShape shape_of(const torch::Tensor& x);
std::vector<float> to_values(const torch::Tensor& x);
torch::Tensor from_values(const ItemShape& shape, const std::vector<float>& values); ///< on the CPU

/// items: [N, C, H, W] uint8.
PictureStack to_pictures(const torch::Tensor& items);

} // namespace ddpm::runtime
