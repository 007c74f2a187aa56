// Every loss of a run, raw and smoothed, against steps, epochs or time.
#pragma once

#include "ddpm/event.h"
#include "ddpm/running_mean.h"

#include <cstdint>
#include <vector>

namespace ddpm::ui {

enum class LossAxis { step, epoch, time };

class LossHistory {
public:
    void clear();
    /// Pictures a step and pictures in the data set: what an epoch is.
    void setEpoch(int batch, std::int64_t dataCount);
    void add(const std::vector<MetricPoint>& points);
    /// 0: none … below 1: how much of the curve so far goes into each smoothed value.
    void setSmoothing(double share);
    void setAxis(LossAxis axis) { axis_ = axis; }

    int size() const { return static_cast<int>(points_.size()); }
    const MetricPoint& at(int index) const { return points_[static_cast<std::size_t>(index)]; }
    double smoothedAt(int index) const { return smoothed_[static_cast<std::size_t>(index)]; }
    double smoothedNow() const; ///< NaN while there is nothing

    double x(int index) const;
    std::vector<double> xs(int from = 0) const;
    std::vector<double> losses(int from = 0) const;
    std::vector<double> smoothed(int from = 0) const;
    std::vector<double> notFinite() const; ///< places (x) whose loss is NaN or infinite
    int nearest(double x) const;           ///< index of the point nearest to x; −1 without points

private:
    void smoothFrom(std::size_t from);

    std::vector<MetricPoint> points_;
    std::vector<double> smoothed_;
    double share_ = usual_smoothing;
    RunningMean mean_{usual_smoothing};
    LossAxis axis_ = LossAxis::step;
    double stepsPerEpoch_ = 1;
};

} // namespace ddpm::ui
