// The forward process turned around while x_0 is known: q(x_{t−1} | x_t, x_0), eqs. 6 and 7.
#pragma once

#include "ddpm/chain_record.h"

#include <span>
#include <vector>

namespace ddpm::ui {

/// μ̃_t = ofX0 · x_0 + ofXt · x_t, and the variance β̃_t. All dimensionless.
struct PosteriorNumbers {
    double ofX0 = 1, ofXt = 0, variance = 0;
    double spread() const; ///< √β̃_t
};

/// At the paper's t = 1…T. At t = 1: μ̃ is x_0 and the variance 0.
PosteriorNumbers posteriorAt(const ScheduleTable& schedule, int t);

double largestSpread(const ScheduleTable& schedule); ///< of √β̃_t over all t

/// a · first + b · second, value by value; both have equally many.
std::vector<float> weighted(double a, std::span<const float> first, double b, std::span<const float> second);

/// How far `values` are from `mean`, in units of `spread` > 0: the mean of that and its standard deviation
/// (dividing by n). For a draw of the posterior 0 and 1, up to chance.
struct Standing {
    double mean = 0, deviation = 0;
};
Standing standing(std::span<const float> values, std::span<const float> mean, double spread);

/// Values of N(0, 1), the same for the same seed.
std::vector<float> normalValues(std::size_t count, std::uint64_t seed);

} // namespace ddpm::ui
