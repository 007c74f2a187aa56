#include "views/picture_image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

namespace ddpm::ui {

QImage pictureImage(const PictureStack& pictures, int index) {
    if (index < 0 || index >= pictures.count) return {};
    const bool grey = pictures.channels == 1;
    QImage image(pictures.width, pictures.height, grey ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
    const auto row = static_cast<std::size_t>(pictures.width) * static_cast<std::size_t>(pictures.channels);
    for (int y = 0; y < pictures.height; ++y)
        std::memcpy(image.scanLine(y), pictures.picture(index) + static_cast<std::size_t>(y) * row, row);
    return image;
}

void fillAtlas(const PictureStack& pictures, QImage& atlas) {
    const QSize size(pictures.width, pictures.height * pictures.count);
    if (atlas.size() != size) atlas = QImage(size, QImage::Format_RGB32);
    const bool grey = pictures.channels == 1;
    const std::uint8_t* bytes = pictures.bytes.data();
    for (int y = 0; y < size.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(atlas.scanLine(y));
        for (int x = 0; grey && x < size.width(); ++x)
            line[x] = 0xff000000U | bytes[x] * 0x010101U;
        for (int x = 0; !grey && x < size.width(); ++x)
            line[x] = qRgb(bytes[3 * x], bytes[3 * x + 1], bytes[3 * x + 2]);
        bytes += size.width() * pictures.channels;
    }
}

PictureStack pictureFromFloats(const float* values, int height, int width, int channels) {
    PictureStack stack;
    stack.count = 1;
    stack.height = height;
    stack.width = width;
    stack.channels = channels;
    stack.bytes.resize(stack.picture_size());
    std::transform(values, values + stack.bytes.size(), stack.bytes.begin(), [](float value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp((value + 1.0F) * 127.5F, 0.0F, 255.0F)));
    });
    return stack;
}

QImage cloudImage(const PointCloud& points, QSize pixels, double range, const QColor& color, double radius,
                  double alpha) {
    if (pixels.isEmpty()) return {};
    const int width = pixels.width(), height = pixels.height();
    // How much ground is still seen through each pixel; dots multiply it, so that dense places become opaque.
    std::vector<float> through(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 1.0F);
    const auto r = static_cast<float>(radius);
    for (int i = 0; i < points.count(); ++i) {
        const double px = points.xy[static_cast<std::size_t>(i) * 2];
        const double py = points.xy[static_cast<std::size_t>(i) * 2 + 1];
        // Far outside, or not a number: nothing to draw, and no int to overflow.
        if (!(std::abs(px) < range * 1.1 && std::abs(py) < range * 1.1)) continue;
        const auto x = static_cast<float>((px / range + 1) / 2 * width);
        const auto y = static_cast<float>((1 - py / range) / 2 * height);
        const int x0 = std::max(0, static_cast<int>(std::floor(x - r - 0.5F)));
        const int x1 = std::min(width - 1, static_cast<int>(std::floor(x + r + 0.5F)));
        const int y0 = std::max(0, static_cast<int>(std::floor(y - r - 0.5F)));
        const int y1 = std::min(height - 1, static_cast<int>(std::floor(y + r + 0.5F)));
        for (int row = y0; row <= y1; ++row)
            for (int column = x0; column <= x1; ++column) {
                const float dx = static_cast<float>(column) + 0.5F - x;
                const float dy = static_cast<float>(row) + 0.5F - y;
                const float cover = std::clamp(r + 0.5F - std::sqrt(dx * dx + dy * dy), 0.0F, 1.0F);
                through[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                        static_cast<std::size_t>(column)] *= 1.0F - cover * static_cast<float>(alpha);
            }
    }
    std::array<QRgb, 256> shades{}; // the colour by opacity, premultiplied
    for (int a = 0; a < 256; ++a)
        shades[static_cast<std::size_t>(a)] =
            qRgba(color.red() * a / 255, color.green() * a / 255, color.blue() * a / 255, a);
    QImage image(pixels, QImage::Format_ARGB32_Premultiplied);
    for (int row = 0; row < height; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
        const float* seen = through.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(width);
        for (int column = 0; column < width; ++column)
            line[column] = shades[static_cast<std::size_t>((1.0F - seen[column]) * 255.0F + 0.5F)];
    }
    return image;
}

} // namespace ddpm::ui
