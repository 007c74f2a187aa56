// The smoothing of a loss curve.
#pragma once

#include <cmath>
#include <limits>

namespace ddpm {

/// Exponential moving average without the pull of its start. A value that is not finite is passed over, so
/// that it does not spoil what comes after.
class RunningMean {
public:
    /// share: how much of the past counts; 0: none … below 1.
    explicit RunningMean(double share = 0) : share_(share) {}

    /// The mean after `value`; NaN until there was a finite one.
    double add(double value) {
        if (std::isfinite(value)) {
            sum_ = share_ * sum_ + (1 - share_) * value;
            weight_ = share_ * weight_ + (1 - share_);
        }
        return weight_ > 0 ? sum_ / weight_ : std::numeric_limits<double>::quiet_NaN();
    }

private:
    double share_, sum_ = 0, weight_ = 0; ///< running sum and its bias correction
};

/// How much a loss curve is smoothed where nobody chose: 1 - 10^(-1.5), the last thirty steps or so.
constexpr double usual_smoothing = 0.9683772233983162;

} // namespace ddpm
