#include "stages/noise/posterior.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace ddpm::ui {

double PosteriorNumbers::spread() const {
    return std::sqrt(variance);
}

PosteriorNumbers posteriorAt(const ScheduleTable& schedule, int t) {
    if (t <= 1) return {}; // exactly: 1 − ᾱ_1 is β_1, 1 − ᾱ_0 is 0
    const auto index = static_cast<std::size_t>(t - 1);
    const double beta = schedule.beta[index], before = schedule.alpha_bar_at(t - 1),
                 gone = 1 - schedule.alpha_bar_at(t);
    if (!(gone > 0)) return {0, 1, 0}; // not a grain of noise yet: x_{t−1} is x_t
    return {std::sqrt(before) * beta / gone, std::sqrt(1 - beta) * (1 - before) / gone,
            schedule.posterior_variance[index]};
}

double largestSpread(const ScheduleTable& schedule) {
    double largest = 0;
    for (const double variance : schedule.posterior_variance)
        largest = std::max(largest, variance);
    return std::sqrt(largest);
}

std::vector<float> weighted(double a, std::span<const float> first, double b, std::span<const float> second) {
    std::vector<float> sum(first.size());
    std::transform(first.begin(), first.end(), second.begin(), sum.begin(), [a, b](float x, float y) {
        return static_cast<float>(a * static_cast<double>(x) + b * static_cast<double>(y));
    });
    return sum;
}

Standing standing(std::span<const float> values, std::span<const float> mean, double spread) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double z = (static_cast<double>(values[i]) - static_cast<double>(mean[i])) / spread;
        sum += z;
        squares += z * z;
    }
    const auto n = static_cast<double>(std::max<std::size_t>(1, values.size()));
    return {sum / n, std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n)))};
}

std::vector<float> normalValues(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<float> gauss;
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return gauss(generator); });
    return values;
}

} // namespace ddpm::ui
