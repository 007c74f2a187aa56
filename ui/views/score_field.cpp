#include "views/score_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {

double ScoreField::magnitude(int i) const {
    const auto k = static_cast<std::size_t>(i) * 2;
    return std::hypot(static_cast<double>(s[k]), static_cast<double>(s[k + 1]));
}

double ScoreField::usualLongest() const {
    std::vector<double> all;
    for (int i = 0; i < count(); ++i)
        if (const double m = magnitude(i); std::isfinite(m)) all.push_back(m);
    if (all.empty()) return 0;
    const auto at = all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) * 9 / 10);
    std::nth_element(all.begin(), at, all.end());
    return *at;
}

ScoreField scoreOfNoise(const std::vector<float>& epsilon, int side, double range, double alphaBar) {
    ScoreField field{side, range, epsilon};
    const auto scale = static_cast<float>(-1 / std::sqrt(std::max(1 - alphaBar, 1e-12)));
    for (float& value : field.s)
        value *= scale;
    return field;
}

ScoreField scoreOfData(const PointCloud& data, int side, double range, double alphaBar) {
    ScoreField field{side, range, {}};
    if (data.empty() || !(alphaBar < 1)) return field;
    const auto variance = static_cast<float>(1 - alphaBar), shrink = static_cast<float>(std::sqrt(alphaBar));
    const auto n = static_cast<std::size_t>(data.count());
    std::vector<float> exponent(n);
    field.s.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 2);
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column) {
            const auto x = static_cast<float>(field.place(column)), y = static_cast<float>(field.place(row));
            float largest = -std::numeric_limits<float>::max();
            for (std::size_t i = 0; i < n; ++i) {
                const float dx = shrink * data.xy[2 * i] - x, dy = shrink * data.xy[2 * i + 1] - y;
                exponent[i] = -(dx * dx + dy * dy) / (2 * variance);
                largest = std::max(largest, exponent[i]);
            }
            float sum = 0, sumX = 0, sumY = 0;
            for (std::size_t i = 0; i < n; ++i) {
                if (exponent[i] < largest - 16) continue; // a ten-millionth of the nearest
                const float weight = std::exp(exponent[i] - largest);
                sum += weight;
                sumX += weight * (shrink * data.xy[2 * i] - x);
                sumY += weight * (shrink * data.xy[2 * i + 1] - y);
            }
            field.s.push_back(sumX / sum / variance);
            field.s.push_back(sumY / sum / variance);
        }
    return field;
}

} // namespace ddpm::ui
