#include "views/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {
namespace {

constexpr double smallestRange = 0.01; // less is rounding, and would look like a difference

} // namespace

double rootMeanSquare(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.empty() || a.size() != b.size()) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += d * d;
    }
    return std::sqrt(sum / static_cast<double>(a.size()));
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return 0;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return largest;
}

double roundRange(double largest) {
    if (!(largest > smallestRange)) return smallestRange;
    const double power = std::pow(10.0, std::floor(std::log10(largest)));
    for (const double part : {1.0, 2.0, 5.0})
        if (part * power >= largest * (1 - 1e-9)) return part * power;
    return 10 * power;
}

PictureStack differencePicture(const ItemShape& shape, const std::vector<float>& before,
                               const std::vector<float>& after, double range) {
    if (before.size() != shape.values() || after.size() != shape.values()) return {};
    std::vector<float> difference(before.size());
    std::transform(after.begin(), after.end(), before.begin(), difference.begin(), std::minus<>());
    return to_drawable(shape, difference.data(), range).pictures;
}

} // namespace ddpm::ui
