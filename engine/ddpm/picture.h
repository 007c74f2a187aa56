// Pixels and points ready to draw: the only shapes in which pictures leave the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ddpm {

/// `count` pictures of one size, row-major, interleaved channels, one byte each:
/// [count][height][width][channels]. channels is 1 (grey) or 3 (RGB). Values in [-1, 1] became round((v + 1)
/// / 2 * 255), clamped; noise (epsilon) is shown over [-3, 3] in the same way.
struct PictureStack {
    int count = 0;
    int height = 0;
    int width = 0;
    int channels = 1;
    std::vector<std::uint8_t> bytes;

    bool empty() const { return count == 0; }
    std::size_t picture_size() const {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
               static_cast<std::size_t>(channels);
    }
    const std::uint8_t* picture(int index) const {
        return bytes.data() + static_cast<std::size_t>(index) * picture_size();
    }
};

/// Picture `index` alone.
inline PictureStack picture_of(const PictureStack& stack, int index) {
    PictureStack one{1, stack.height, stack.width, stack.channels, {}};
    one.bytes.assign(stack.picture(index), stack.picture(index) + stack.picture_size());
    return one;
}

/// Points of a 2-D data set or a chain over it: x0, y0, x1, y1, … in data units (the data itself lies in [-1,
/// 1]).
struct PointCloud {
    std::vector<float> xy;

    bool empty() const { return xy.empty(); }
    int count() const { return static_cast<int>(xy.size() / 2); }
};

/// Whatever a model works on: pictures or points. At most one of the two is filled.
struct Drawable {
    PictureStack pictures;
    PointCloud points;

    bool empty() const { return pictures.empty() && points.empty(); }
};

} // namespace ddpm
