#include "formats/picture_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ddpm::formats {
namespace {

constexpr std::int64_t longest_side = 16'384; ///< pixels
constexpr std::uint8_t gap_grey = 40;         ///< tells pictures apart that are black at the border

} // namespace

Result<PictureStack> compose_grid(const PictureStack& pictures, const GridLayout& layout) {
    const auto refuse = [](std::string what, std::string remedy) {
        return Error{std::move(what), "picture grid", std::move(remedy)};
    };
    if (pictures.empty()) return refuse("there are no pictures to lay out", "draw samples first");
    if (layout.columns < 0) return refuse("the number of columns is negative", "use 0 for a square");
    if (layout.scale < 1 || layout.scale > 32)
        return refuse(fmt::format("the scale is {}", layout.scale), "choose 1 to 32");
    if (layout.padding < 0 || layout.padding > 256)
        return refuse(fmt::format("the padding is {}", layout.padding), "choose 0 to 256 pixels");
    const std::int64_t count = pictures.count;
    const auto square = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
    const std::int64_t columns = layout.columns == 0 ? square : std::min<std::int64_t>(layout.columns, count);
    const std::int64_t rows = (count + columns - 1) / columns;
    const std::int64_t padding = layout.padding, scale = layout.scale;
    const std::int64_t width = (columns * (pictures.width + padding) + padding) * scale;
    const std::int64_t height = (rows * (pictures.height + padding) + padding) * scale;
    if (width > longest_side || height > longest_side)
        return refuse(fmt::format("the grid would have {}×{} pixels, at most {} a side are written", width,
                                  height, longest_side),
                      "choose a smaller scale, fewer pictures or another number of columns");

    const auto channels = static_cast<std::size_t>(pictures.channels);
    PictureStack grid{1, static_cast<int>(height), static_cast<int>(width), pictures.channels, {}};
    grid.bytes.assign(grid.picture_size(), gap_grey);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint8_t* from = pictures.picture(static_cast<int>(i));
        const std::int64_t left = padding + i % columns * (pictures.width + padding);
        const std::int64_t top = padding + i / columns * (pictures.height + padding);
        for (std::int64_t y = 0; y < pictures.height * scale; ++y)
            for (std::int64_t x = 0; x < pictures.width * scale; ++x) {
                const auto source =
                    static_cast<std::size_t>(y / scale * pictures.width + x / scale) * channels;
                const auto target =
                    static_cast<std::size_t>((top * scale + y) * width + left * scale + x) * channels;
                std::copy_n(from + source, channels, grid.bytes.data() + target);
            }
    }
    return grid;
}

PictureStack compose_points(const PointCloud& points, int size) {
    if (size < 1 || size > longest_side) throw std::invalid_argument("compose_points: size must be 1…16384");
    constexpr double half = 1.5; // the plot shows [-1.5, 1.5]²
    const auto side = static_cast<std::size_t>(size);
    std::vector<float> light(side * side, 0.0F);
    for (std::size_t i = 0; i + 1 < points.xy.size(); i += 2) {
        // Pixel centres are at .5; a point is shared out among the four nearest.
        const double x = (points.xy[i] / half + 1.0) / 2.0 * size - 0.5;
        const double y = (1.0 - points.xy[i + 1] / half) / 2.0 * size - 0.5;
        if (!(x >= 0 && y >= 0 && x <= size - 1 && y <= size - 1)) continue; // also what is not a number
        const auto column = std::min(static_cast<std::size_t>(x), side - 1),
                   row = std::min(static_cast<std::size_t>(y), side - 1);
        const std::size_t right = std::min(column + 1, side - 1), below = std::min(row + 1, side - 1);
        const double dx = x - static_cast<double>(column), dy = y - static_cast<double>(row);
        const auto add = [&](std::size_t r, std::size_t c, double share) {
            light[r * side + c] += static_cast<float>(share);
        };
        add(row, column, (1 - dx) * (1 - dy));
        add(row, right, dx * (1 - dy));
        add(below, column, (1 - dx) * dy);
        add(below, right, dx * dy);
    }
    PictureStack plot{1, size, size, 1, {}};
    plot.bytes.resize(light.size());
    // One point is clearly visible, many in one place do not drown their neighbours.
    std::transform(light.begin(), light.end(), plot.bytes.begin(), [](float amount) {
        return static_cast<std::uint8_t>(std::lround(255.0 * (1.0 - std::exp(-1.2 * amount))));
    });
    return plot;
}

} // namespace ddpm::formats
