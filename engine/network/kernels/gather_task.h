// What convolutions that are neither tiles.h's nor winograd.inc's are made of, in bfloat16 (halves.h) or
// float32 (loops.h).
#pragma once

#include <cstdint>

namespace ddpm::network::kernels {

/// A convolution as products of gathered pixels. In each picture points form a grid; a point at (row, column)
/// sees the pixels (row · step + down, column · step + across) of its taps, zeros outside. Channels are
/// multiples of 32 in bfloat16, whole vectors in float32.
struct GatherTask {
    struct Tap {
        std::int64_t down = 0, across = 0;
        std::int64_t weight = 0; ///< which of the nine it is multiplied by
    };
    const void* x = nullptr; ///< [pictures, height, width, in]
    std::int64_t height = 0, width = 0, in = 0, out = 0;
    std::int64_t rows = 0, columns = 0, step = 1; ///< of the grid
    std::int64_t taps = 0;
    Tap tap[9];
    std::int64_t first_point = 0, last_point = 0; ///< of all pictures'
    void* scratch = nullptr;

    const void* weights = nullptr; ///< as gather_weights() leaves them
    const float* bias = nullptr;   ///< [out], may be null
    /// [pictures, y_height, y_width, out]; a point is at the pixel (row · y_step + y_row, ..)
    void* y = nullptr;
    std::int64_t y_height = 0, y_width = 0, y_step = 1, y_row = 0, y_column = 0;

    const void* grad_y = nullptr; ///< sums from here on: [points, out]
    float* sums = nullptr;        ///< [taps, out, in]
    float* bias_sums = nullptr;   ///< [out]
};

/// Blocks of 16 channels out of the weights for a GatherTask.
struct GatherWeightsTask {
    std::int64_t first_block = 0, last_block = 0;
    const float* weights = nullptr; ///< [out, in, 3, 3]; for_gradient: [in, out, 3, 3]
    bool for_gradient = false;
    void* to = nullptr; ///< taps · in · out bfloat16
};

/// A convolution of 3×3, padding 1, to so few channels that 9 · out < 32. Rows are counted through all
/// pictures. bfloat16: in is a multiple of 32, and a picture has 32 pixels and more; float32: in is whole
/// vectors where sums are taken.
struct NarrowTask {
    const void* x = nullptr; ///< [pictures, height, width, in]
    std::int64_t height = 0, width = 0, in = 0, out = 0;
    std::int64_t first_row = 0, last_row = 0;
    void* scratch = nullptr;

    const void* weights = nullptr; ///< [in, 9 · out and zeros], column tap · out + o, packed
    const float* bias = nullptr;   ///< [out]
    float* y = nullptr;            ///< [pictures, height, width, out]

    const void* grad_y = nullptr; ///< sums from here on: like y, of x's type
    float* sums = nullptr;        ///< [32, in], row tap · out + o; row 9 · out: the sums of x's channels
};

} // namespace ddpm::network::kernels
