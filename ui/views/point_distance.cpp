#include "views/point_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr unsigned thinningSeed = 1;

/// At most CloudDistance::most points that are numbers; which ones depends on the count alone.
PointCloud thinned(const PointCloud& points) {
    std::vector<std::size_t> order(static_cast<std::size_t>(points.count()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (order.size() > CloudDistance::most) {
        std::mt19937 generator(thinningSeed);
        for (std::size_t i = 0; i < CloudDistance::most; ++i) // the first steps of a shuffle
            std::swap(order[i], order[i + generator() % (order.size() - i)]);
        order.resize(CloudDistance::most);
    }
    PointCloud chosen;
    for (const std::size_t i : order) {
        const float x = points.xy[2 * i], y = points.xy[2 * i + 1];
        if (std::isfinite(x) && std::isfinite(y)) chosen.xy.insert(chosen.xy.end(), {x, y});
    }
    return chosen;
}

/// The mean distance between equal shares of both, in order. Both sorted, neither empty.
double inOrder(const std::vector<float>& a, const std::vector<float>& b) {
    const std::size_t n = a.size(), m = b.size();
    double sum = 0, passed = 0;
    for (std::size_t i = 0, j = 0; i < n && j < m;) {
        const std::size_t endA = (i + 1) * m, endB = (j + 1) * n; // of n · m
        const double end = static_cast<double>(std::min(endA, endB));
        sum += (end - passed) * std::abs(static_cast<double>(a[i]) - static_cast<double>(b[j]));
        passed = end;
        if (endA <= endB) ++i;
        if (endB <= endA) ++j;
    }
    return sum / (static_cast<double>(n) * static_cast<double>(m));
}

} // namespace

CloudDistance::CloudDistance(const PointCloud& reference) {
    const PointCloud points = thinned(reference);
    if (points.empty()) return;
    sorted_ = project(points, 0, 1);
    if (points.count() > 1) ownSpread_ = between(project(points, 0, 2), project(points, 1, 2));
}

CloudDistance::Projections CloudDistance::project(const PointCloud& points, std::size_t first,
                                                  std::size_t step) {
    Projections all(directions);
    for (int k = 0; k < directions; ++k) {
        const double angle = std::numbers::pi * (k + 0.5) / directions;
        const auto c = static_cast<float>(std::cos(angle)), s = static_cast<float>(std::sin(angle));
        std::vector<float>& line = all[static_cast<std::size_t>(k)];
        for (std::size_t i = first; i < points.xy.size() / 2; i += step)
            line.push_back(c * points.xy[2 * i] + s * points.xy[2 * i + 1]);
        std::sort(line.begin(), line.end());
    }
    return all;
}

double CloudDistance::between(const Projections& a, const Projections& b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        sum += inOrder(a[k], b[k]);
    return sum / static_cast<double>(a.size());
}

double CloudDistance::to(const PointCloud& points) const {
    const PointCloud chosen = thinned(points);
    if (chosen.empty() || empty()) return std::numeric_limits<double>::quiet_NaN();
    return between(project(chosen, 0, 1), sorted_);
}

} // namespace ddpm::ui
