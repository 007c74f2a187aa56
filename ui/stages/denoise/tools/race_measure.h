// The numbers of a race: how often the net was asked, and how far from an end a chain is.
#pragma once

#include "ddpm/chain_record.h"
#include "ddpm/config.h"

#include <QDeadlineTimer>

#include <memory>
#include <vector>

namespace ddpm::ui {

/// How often the net is asked for each chain, from noise to the end. Heun asks twice a step, but once in the
/// last, and in the first where T has no signal, or next to none: that is known once the chain has begun.
/// Guidance asks twice each time.
int plannedEvaluations(const SamplingSettings& settings, const RunSettings& model,
                       const ChainRecord* begun = nullptr);

/// Index of the newest state that took no more evaluations than that; −1: none.
int stateWithin(const ChainRecord& record, int evaluations);

/// The finished samples, or nullptr: still at work, or stopped on the way.
std::shared_ptr<const ChainState> endOf(const ChainRecord& record);

/// Root mean square difference per value; NaN where there are not as many values.
double rmsDistance(const ChainState& state, ChainPart part, const std::vector<float>& values);

/// The distance of x̂₀ to an end, state by state: a little at a time, so that the window stays quick.
class DistanceCurve {
public:
    void clear() { points_.clear(); }
    /// Goes on with the states it does not know yet; false if time ran out before all of them.
    bool extend(const ChainRecord& record, const std::vector<float>& end, const QDeadlineTimer& until);
    /// For 0…(evaluations of the newest state): of the newest state within; NaN before the first.
    std::vector<double> byEvaluations() const;
    int states() const { return static_cast<int>(points_.size()); }

private:
    struct Point {
        int evaluations;
        double distance;
    };
    std::vector<Point> points_;
};

} // namespace ddpm::ui
