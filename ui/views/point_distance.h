// How far apart two clouds of points are, as one number.
#pragma once

#include "ddpm/picture.h"

#include <cstddef>
#include <vector>

namespace ddpm::ui {

/// Sliced 1-Wasserstein distance to one cloud: both are projected onto `directions` lines, evenly spread over
/// the half circle, and the mean way that the points would have to go along them is averaged. In data units;
/// 0 for equal clouds; a shift by d gives 2 d / pi.
class CloudDistance {
public:
    static constexpr int directions = 16;
    static constexpr std::size_t most = 2'000; ///< points of each cloud: more are thinned, always to the same

    CloudDistance() = default;
    explicit CloudDistance(const PointCloud& reference);

    bool empty() const { return sorted_.empty(); }
    double to(const PointCloud& points) const; ///< NaN where either cloud is empty
    /// Between two halves of the reference: what two draws of the same set are apart.
    double ownSpread() const { return ownSpread_; }

private:
    using Projections = std::vector<std::vector<float>>; // [directions], each sorted
    static Projections project(const PointCloud& points, std::size_t first, std::size_t step);
    static double between(const Projections& a, const Projections& b);

    Projections sorted_;
    double ownSpread_ = 0;
};

} // namespace ddpm::ui
