// The pictures of a training set that lie nearest to samples (Figs. 12 and 15): is a sample a copy?
#pragma once

#include <torch/torch.h>

#include <functional>

namespace ddpm::app {

struct Neighbours {
    torch::Tensor indices;   ///< [N, k] int64, nearest first; undefined when interrupted
    torch::Tensor distances; ///< [N, k] float64: root mean square difference, both in [−1, 1]
};

/// samples: [N, C, H, W] float32; items: [M, C, h, w] uint8, padded to sample_size; 1 <= k <= M.
Neighbours nearest_neighbours(const torch::Tensor& samples, const torch::Tensor& items, int sample_size,
                              int k, const std::function<bool()>& interrupted);

} // namespace ddpm::app
