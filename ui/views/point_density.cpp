#include "views/point_density.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace ddpm::ui {
namespace {

std::size_t index(int side, int column, int row) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(side) + static_cast<std::size_t>(column);
}

/// Along one direction: `stride` from cell to cell of a line, `lines` lines that are `next` apart. What would
/// leave at an end is mirrored, so that nothing is lost.
void blur(std::vector<float>& values, int side, std::size_t stride, std::size_t next,
          const std::vector<float>& kernel) {
    const int reach = static_cast<int>(kernel.size()) - 1;
    std::vector<float> line(static_cast<std::size_t>(side));
    for (int k = 0; k < side; ++k) {
        float* first = values.data() + static_cast<std::size_t>(k) * next;
        for (int i = 0; i < side; ++i)
            line[static_cast<std::size_t>(i)] = first[static_cast<std::size_t>(i) * stride];
        for (int i = 0; i < side; ++i) {
            float sum = 0;
            for (int j = -reach; j <= reach; ++j) {
                int at = i + j;
                while (at < 0 || at >= side) // mirrored between the cells at the end
                    at = at < 0 ? -1 - at : 2 * side - 1 - at;
                sum += kernel[static_cast<std::size_t>(std::abs(j))] * line[static_cast<std::size_t>(at)];
            }
            first[static_cast<std::size_t>(i) * stride] = sum;
        }
    }
}

} // namespace

DensityMap densityOf(const PointCloud& points, double range, int side, double sigma) {
    DensityMap map{side, range, {}};
    map.share.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 0.0F);
    if (points.empty()) return map;
    const float one = 1.0F / static_cast<float>(points.count());
    for (int i = 0; i < points.count(); ++i) {
        const double x = points.xy[static_cast<std::size_t>(i) * 2];
        const double y = points.xy[static_cast<std::size_t>(i) * 2 + 1];
        if (!(std::abs(x) < range && std::abs(y) < range)) continue; // outside, or not a number
        const auto cell = [&](double value) {
            return std::clamp(static_cast<int>((value / range + 1) / 2 * side), 0, side - 1);
        };
        map.share[index(side, cell(x), cell(y))] += one;
    }
    const double width = sigma / map.cell(); // in cells
    if (!(width > 0.05)) return map;
    std::vector<float> kernel;
    for (int i = 0; i <= static_cast<int>(std::ceil(3 * width)); ++i)
        kernel.push_back(static_cast<float>(std::exp(-0.5 * i * i / (width * width))));
    const float sum = 2 * std::accumulate(kernel.begin(), kernel.end(), 0.0F) - kernel.front();
    for (float& weight : kernel)
        weight /= sum;
    const auto row = static_cast<std::size_t>(side);
    blur(map.share, side, 1, row, kernel);
    blur(map.share, side, row, 1, kernel);
    return map;
}

float levelHolding(const DensityMap& map, double part) {
    std::vector<float> sorted = map.share;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const double all = std::accumulate(sorted.begin(), sorted.end(), 0.0);
    double held = 0;
    for (const float share : sorted) {
        held += static_cast<double>(share);
        if (held >= part * all) return share;
    }
    return 0;
}

std::vector<QLineF> contour(const DensityMap& map, float level) {
    std::vector<QLineF> lines;
    const auto centre = [&](double k) { return -map.range + (k + 0.5) * map.cell(); };
    for (int row = 0; row + 1 < map.side; ++row)
        for (int column = 0; column + 1 < map.side; ++column) {
            // Corners counter-clockwise from the lower left, and the sides between them.
            const std::array<int, 4> dx{0, 1, 1, 0}, dy{0, 0, 1, 1};
            std::array<float, 4> value{};
            for (std::size_t k = 0; k < 4; ++k)
                value[k] = map.at(column + dx[k], row + dy[k]) - level;
            std::array<QPointF, 4> crossing;
            int crossings = 0;
            for (std::size_t k = 0; k < 4; ++k) {
                const std::size_t next = (k + 1) % 4;
                if ((value[k] >= 0) == (value[next] >= 0)) continue;
                const double part = static_cast<double>(value[k] / (value[k] - value[next]));
                crossing[static_cast<std::size_t>(crossings++)] =
                    QPointF(centre(column + dx[k] + part * (dx[next] - dx[k])),
                            centre(row + dy[k] + part * (dy[next] - dy[k])));
            }
            if (crossings >= 2) lines.emplace_back(crossing[0], crossing[1]);
            if (crossings == 4) lines.emplace_back(crossing[2], crossing[3]); // a saddle
        }
    return lines;
}

QImage densityImage(const DensityMap& map, const QColor& color, double strongest) {
    if (map.empty()) return {};
    const float peak = *std::max_element(map.share.begin(), map.share.end());
    QImage image(map.side, map.side, QImage::Format_ARGB32_Premultiplied);
    for (int row = 0; row < map.side; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(map.side - 1 - row));
        for (int column = 0; column < map.side; ++column) {
            // The root shows thin places beside dense ones.
            const double part =
                peak > 0 ? std::sqrt(std::max(0.0, static_cast<double>(map.at(column, row) / peak))) : 0.0;
            const int alpha = static_cast<int>(std::lround(255 * strongest * part));
            line[column] = qRgba(color.red() * alpha / 255, color.green() * alpha / 255,
                                 color.blue() * alpha / 255, alpha);
        }
    }
    return image;
}

} // namespace ddpm::ui
