// The score, s(x, t) = grad log q(x_t): where to go from x to find more of the data.
#pragma once

#include "ddpm/picture.h"

#include <cstddef>
#include <vector>

namespace ddpm::ui {

/// On a lattice of side × side points over [-range, range]², rows from the bottom.
struct ScoreField {
    int side = 0;
    double range = 1;
    std::vector<float> s; ///< [side][side][2]

    bool empty() const { return s.empty(); }
    int count() const { return static_cast<int>(s.size() / 2); }
    double apart() const { return side > 1 ? 2 * range / (side - 1) : 2 * range; } ///< lattice points
    double place(int index) const { return -range + index * apart(); }             ///< of a column or row
    double magnitude(int i) const;
    /// Nine tenths of all are not longer.
    double usualLongest() const;
};

/// What a net says: s = −epsilon_theta / sqrt(1 − alpha_bar). epsilon: [side][side][2]; alphaBar in [0, 1).
ScoreField scoreOfNoise(const std::vector<float>& epsilon, int side, double range, double alphaBar);

/// Exactly, for data that are these points and no others: q(x_t) is a Gaussian of variance 1 − alphaBar
/// around each of them, shrunk by sqrt(alphaBar).
ScoreField scoreOfData(const PointCloud& data, int side, double range, double alphaBar);

} // namespace ddpm::ui
