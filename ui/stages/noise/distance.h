// How far the values of the two forward processes are apart at t, and how far chance alone would put them.
#pragma once

#include "ddpm/chain_record.h"

#include <span>

namespace ddpm::ui {

/// 1-Wasserstein distance of two sets of equally many finite values: both sorted, the mean of the absolute
/// differences. 0 for empty sets.
double wasserstein(std::span<const float> first, std::span<const float> second);

/// A distance that differs from draw to draw.
struct Chance {
    double mean = 0, deviation = 0;
};

/// W₁ between two independent draws of q(x_t | x_0), eq. 4, for this x_0: mean and standard deviation over
/// the draws, to some per cent.
Chance chanceDistance(std::span<const float> x0, double alphaBar);

struct Distance {
    double measured = 0;
    Chance chance;
};

/// How often chance alone puts two draws that far apart or further. The area between two empirical
/// distributions is close to log-normal: 5 % by this are 5.7 in truth, 1 % is 1.
double shareAsFar(const Distance& distance);

/// The state in one jump at t = 0…T against `other`, laid out as the record's states. Of points: the mean
/// over both coordinates.
Distance distanceAt(const ForwardRecord& record, int t, std::span<const float> other);

} // namespace ddpm::ui
