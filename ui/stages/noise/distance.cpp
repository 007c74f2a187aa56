#include "stages/noise/distance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace ddpm::ui {
namespace {

constexpr int levels = 256; // x_0 is brought to so many values; pictures have no more
constexpr int perSigma = 4; // places at which the distribution functions are compared
constexpr int mostPlaces = 8000;
constexpr double reach = 4; // standard deviations; beyond, a value is as good as certain
constexpr int band = 2 * static_cast<int>(reach) * perSigma + 2;

double normalBelow(double z) {
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

/// Correlation of |X| and |Y| where normal X and Y have mean 0 and this correlation.
double foldedCorrelation(double correlation) {
    const double r = std::clamp(correlation, -1.0, 1.0);
    return (std::sqrt(1 - r * r) + r * std::asin(r) - 1) / (std::numbers::pi / 2 - 1);
}

/// E|S| of a symmetric difference of counts of this variance: √(2 v / π) where it is large and nearly normal,
/// v where it is small and S is hardly ever anything but −1, 0 and 1.
double meanCount(double variance) {
    const double large = std::numbers::pi * variance / 2;
    return variance / std::pow(1 + large * large, 0.25);
}

/// x (0) or y (1) of points.
std::vector<float> coordinate(std::span<const float> points, std::size_t axis) {
    std::vector<float> values;
    values.reserve(points.size() / 2);
    for (std::size_t i = axis; i < points.size(); i += 2)
        values.push_back(points[i]);
    return values;
}

} // namespace

double wasserstein(std::span<const float> first, std::span<const float> second) {
    const std::size_t n = std::min(first.size(), second.size());
    if (n == 0) return 0;
    std::vector<float> a(first.begin(), first.end()), b(second.begin(), second.end());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
        sum += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    return sum / static_cast<double>(n);
}

// W₁ is the integral of |D|, D(x) the difference of the two empirical distribution functions. A value i is
// below x with p_i(x) = Φ((x − √ᾱ x_0,i) / √(1 − ᾱ)), so n D is a difference of counts with mean 0 and, for
// x ≤ y, Cov(n D(x), n D(y)) = 2 Σ p_i(x) (1 − p_i(y)); mean and variance of the integral follow.
Chance chanceDistance(std::span<const float> x0, double alphaBar) {
    const double signal = std::sqrt(alphaBar), noise = std::sqrt(1 - alphaBar);
    if (x0.empty() || !(noise > 0)) return {};
    const auto [lowest, highest] = std::minmax_element(x0.begin(), x0.end());
    const auto low = static_cast<double>(*lowest), high = static_cast<double>(*highest);
    const double width = std::max((high - low) / (levels - 1), 1e-12);
    std::vector<double> counts(levels, 0.0);
    for (const float value : x0) {
        const auto level = std::lround((static_cast<double>(value) - low) / width);
        counts[static_cast<std::size_t>(std::clamp(level, 0L, levels - 1L))] += 1;
    }

    const double start = signal * low - reach * noise, end = signal * high + reach * noise;
    const double step = std::max(noise / perSigma, (end - start) / mostPlaces);
    const auto places = static_cast<std::size_t>(std::ceil((end - start) / step)) + 1;
    // covariance[k * band + d]: of n D at places k and k + d
    std::vector<double> covariance(places * band, 0.0);
    std::vector<double> below;
    for (int level = 0; level < levels; ++level) {
        const double weight = 2 * counts[static_cast<std::size_t>(level)];
        if (weight == 0) continue;
        const double at = signal * (low + level * width);
        const auto first =
            static_cast<std::size_t>(std::max(0.0, std::ceil((at - reach * noise - start) / step - 1e-9)));
        const auto last = std::min(
            places - 1, static_cast<std::size_t>(std::max(0.0, (at + reach * noise - start) / step + 1e-9)));
        below.clear();
        for (std::size_t k = first; k <= last; ++k)
            below.push_back(normalBelow((start + static_cast<double>(k) * step - at) / noise));
        for (std::size_t k = 0; k < below.size(); ++k)
            for (std::size_t l = k; l < std::min(below.size(), k + band); ++l)
                covariance[(first + k) * band + l - k] += weight * below[k] * (1 - below[l]);
    }

    Chance chance;
    double variance = 0;
    std::vector<double> deviation(places); // of |n D|
    for (std::size_t k = 0; k < places; ++k) {
        const double own = covariance[k * band], mean = meanCount(own);
        chance.mean += mean;
        deviation[k] = std::sqrt(std::max(0.0, own - mean * mean));
    }
    for (std::size_t k = 0; k < places; ++k)
        for (std::size_t d = 0; d < band && k + d < places; ++d) {
            const double scale = std::sqrt(covariance[k * band] * covariance[(k + d) * band]);
            if (scale == 0) continue;
            variance += (d == 0 ? 1 : 2) * deviation[k] * deviation[k + d] *
                        foldedCorrelation(covariance[k * band + d] / scale);
        }
    const double each = step / static_cast<double>(x0.size());
    return {chance.mean * each, std::sqrt(variance) * each};
}

double shareAsFar(const Distance& distance) {
    const auto [mean, deviation] = distance.chance;
    if (!(mean > 0) || !(deviation > 0)) return distance.measured > mean + 1e-9 ? 0 : 1;
    if (!(distance.measured > 0)) return 1;
    const double variance = std::log1p(deviation * deviation / (mean * mean));
    return std::erfc((std::log(distance.measured / mean) + variance / 2) / std::sqrt(2 * variance)) / 2;
}

Distance distanceAt(const ForwardRecord& record, int t, std::span<const float> other) {
    const std::span<const float> x0(record.jump_at(0), record.values), jump(record.jump_at(t), record.values);
    const double level = record.schedule.alpha_bar_at(t);
    if (!record.is_points()) return {wasserstein(jump, other), chanceDistance(x0, level)};
    Distance both;
    double variance = 0;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const Chance chance = chanceDistance(coordinate(x0, axis), level);
        both.measured += wasserstein(coordinate(jump, axis), coordinate(other, axis)) / 2;
        both.chance.mean += chance.mean / 2;
        variance += chance.deviation * chance.deviation / 4; // the noise of x is not that of y
    }
    both.chance.deviation = std::sqrt(variance);
    return both;
}

} // namespace ddpm::ui
