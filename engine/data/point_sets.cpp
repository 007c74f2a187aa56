#include "data/point_sets.h"

#include "ddpm/config.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>

namespace ddpm::data {
namespace {

constexpr double pi = std::numbers::pi;

/// The standard fixes the numbers of mt19937_64 but not those of its distributions, hence our own.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; } ///< [0, 1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    int below(int limit) { return std::min(limit - 1, static_cast<int>(uniform() * limit)); }
    /// N(0, 1) without what lies beyond ±3, so that every set has known bounds.
    double normal() {
        for (;;) {
            const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
            const double value = radius * std::cos(2.0 * pi * uniform());
            if (std::abs(value) <= 3.0) return value;
        }
    }

private:
    std::mt19937_64 engine_;
};

struct LabelledPoint {
    double x = 0, y = 0;
    int label = 0;
};

template <typename Draw>
PointSet draw_points(int count, int classes, Draw draw) {
    PointSet set;
    set.classes = classes;
    set.points = torch::empty({count, 2}, torch::kFloat32);
    set.labels = torch::empty({count}, torch::kInt64);
    float* point = set.points.data_ptr<float>();
    std::int64_t* label = set.labels.data_ptr<std::int64_t>();
    for (int i = 0; i < count; ++i) {
        const LabelledPoint drawn = draw();
        point[2 * i] = static_cast<float>(drawn.x);
        point[2 * i + 1] = static_cast<float>(drawn.y);
        label[i] = drawn.label;
    }
    if (classes == 0) set.labels.reset();
    return set;
}

} // namespace

PointSet two_moons(int count, std::uint64_t seed) {
    Dice dice(seed);
    return draw_points(count, 2, [&] {
        const int moon = dice.below(2);
        const double angle = dice.uniform(0, pi);
        // Half circles of radius 1, the lower one moved by (1, 0.5): x in [-1, 2], y in [-0.5, 1], centre
        // (0.5, 0.25).
        const double x = moon == 0 ? std::cos(angle) : 1.0 - std::cos(angle);
        const double y = moon == 0 ? std::sin(angle) : 0.5 - std::sin(angle);
        constexpr double noise = 0.05, scale = 1.7;
        return LabelledPoint{(x - 0.5 + noise * dice.normal()) / scale,
                             (y - 0.25 + noise * dice.normal()) / scale, moon};
    });
}

PointSet swiss_roll(int count, std::uint64_t seed) {
    Dice dice(seed);
    return draw_points(count, 0, [&] {
        const double angle = 1.5 * pi * (1.0 + 2.0 * dice.uniform());
        constexpr double noise = 0.25, scale = 4.5 * pi + 1.0;
        return LabelledPoint{(angle * std::cos(angle) + noise * dice.normal()) / scale,
                             (angle * std::sin(angle) + noise * dice.normal()) / scale, 0};
    });
}

PointSet checkerboard(int count, std::uint64_t seed) {
    Dice dice(seed);
    return draw_points(count, 0, [&] {
        const int row = dice.below(4);
        const int column = 2 * dice.below(2) + row % 2;
        constexpr double edge = 0.475; // a little inside [-1, 1]
        return LabelledPoint{(column - 2 + dice.uniform()) * edge, (row - 2 + dice.uniform()) * edge, 0};
    });
}

PointSet eight_gaussians(int count, std::uint64_t seed) {
    Dice dice(seed);
    return draw_points(count, 8, [&] {
        const int which = dice.below(8);
        const double angle = which * pi / 4.0;
        constexpr double radius = 0.75, noise = 0.06;
        return LabelledPoint{radius * std::cos(angle) + noise * dice.normal(),
                             radius * std::sin(angle) + noise * dice.normal(), which};
    });
}

PointSet along_pen(const std::vector<float>& sketch, int count, std::uint64_t seed) {
    const auto places = static_cast<int>(sketch.size() / 2);
    if (places == 0) throw std::invalid_argument("along_pen: nothing was drawn");
    Dice dice(seed);
    return draw_points(count, 0, [&] {
        const auto at = static_cast<std::size_t>(2 * dice.below(places));
        const auto off = [&](float value) {
            return std::clamp(static_cast<double>(value) + DataSettings::pen_radius * dice.normal(), -1.0,
                              1.0);
        };
        const double x = off(sketch[at]);
        return LabelledPoint{x, off(sketch[at + 1]), 0};
    });
}

PointSet spread_over(const torch::Tensor& ink, int count, std::uint64_t seed) {
    const torch::Tensor pixels = ink.contiguous();
    const auto rows = static_cast<int>(pixels.size(0));
    const auto columns = static_cast<int>(pixels.size(1));
    const float* value = pixels.data_ptr<float>();
    std::vector<double> sum; // of the ink up to and with pixel i
    sum.reserve(static_cast<std::size_t>(pixels.numel()));
    int left = columns, right = -1, top = rows, bottom = -1;
    double total = 0;
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column) {
            const double here = *value++;
            total += here;
            sum.push_back(total);
            if (here <= 0) continue;
            left = std::min(left, column);
            right = std::max(right, column);
            top = std::min(top, row);
            bottom = std::max(bottom, row);
        }
    if (total <= 0) throw std::invalid_argument("spread_over: there is no ink");
    const double middle_x = (left + right + 1) / 2.0, middle_y = (top + bottom + 1) / 2.0;
    const double scale = 1.9 / std::max(right + 1 - left, bottom + 1 - top);
    Dice dice(seed);
    return draw_points(count, 0, [&] {
        const auto found = std::upper_bound(sum.begin(), sum.end(), dice.uniform() * total);
        const auto pixel = std::min<std::ptrdiff_t>(found - sum.begin(), rows * std::ptrdiff_t{columns} - 1);
        const double x = static_cast<double>(pixel % columns) + dice.uniform();
        const double y = static_cast<double>(pixel / columns) + dice.uniform();
        return LabelledPoint{(x - middle_x) * scale, (middle_y - y) * scale, 0};
    });
}

} // namespace ddpm::data
