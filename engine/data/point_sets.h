// 2-D point sets made in code. The same seed gives the same points on every machine; all lie in [-1, 1]².
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace ddpm::data {

struct PointSet {
    torch::Tensor points; ///< [N, 2] float32, x to the right, y upwards
    torch::Tensor labels; ///< [N] int64, undefined where there are no classes
    int classes = 0;
};

PointSet two_moons(int count, std::uint64_t seed);    ///< 2 classes: the moons
PointSet swiss_roll(int count, std::uint64_t seed);   ///< a spiral of one and a half turns
PointSet checkerboard(int count, std::uint64_t seed); ///< the dark squares of a 4×4 board
PointSet eight_gaussians(int count,
                         std::uint64_t seed); ///< 8 classes on a circle, counter-clockwise from the right

/// Points spread over the pixels of a picture in proportion to `ink`, uniformly within a pixel. The inked
/// part is centred and fills [-0.95, 0.95] in its longer direction. ink: [H, W] float32, ≥ 0, not all zero.
PointSet spread_over(const torch::Tensor& ink, int count, std::uint64_t seed);

/// Each point is one of `sketch` (x0, y0, x1, y1, …; not empty), a little off (DataSettings::pen_radius),
/// clamped to [-1, 1].
PointSet along_pen(const std::vector<float>& sketch, int count, std::uint64_t seed);

} // namespace ddpm::data
