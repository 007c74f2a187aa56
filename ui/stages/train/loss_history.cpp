#include "stages/train/loss_history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {

void LossHistory::clear() {
    points_.clear();
    smoothed_.clear();
    mean_ = RunningMean(share_);
}

void LossHistory::setEpoch(int batch, std::int64_t dataCount) {
    stepsPerEpoch_ = batch > 0 && dataCount > 0 ? static_cast<double>(dataCount) / batch : 1.0;
}

void LossHistory::add(const std::vector<MetricPoint>& points) {
    const std::size_t from = points_.size();
    points_.insert(points_.end(), points.begin(), points.end());
    smoothFrom(from);
}

void LossHistory::setSmoothing(double share) {
    share_ = std::clamp(share, 0.0, 0.9999);
    smoothFrom(0);
}

void LossHistory::smoothFrom(std::size_t from) {
    if (from == 0) mean_ = RunningMean(share_);
    smoothed_.resize(points_.size());
    for (std::size_t i = from; i < points_.size(); ++i)
        smoothed_[i] = mean_.add(points_[i].loss);
}

double LossHistory::smoothedNow() const {
    return smoothed_.empty() ? std::numeric_limits<double>::quiet_NaN() : smoothed_.back();
}

double LossHistory::x(int index) const {
    const MetricPoint& point = at(index);
    switch (axis_) {
    case LossAxis::epoch:
        return static_cast<double>(point.step) / stepsPerEpoch_;
    case LossAxis::time:
        return point.seconds;
    case LossAxis::step:
        break;
    }
    return static_cast<double>(point.step);
}

std::vector<double> LossHistory::xs(int from) const {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(std::max(0, size() - from)));
    for (int i = from; i < size(); ++i)
        values.push_back(x(i));
    return values;
}

std::vector<double> LossHistory::losses(int from) const {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(std::max(0, size() - from)));
    for (int i = from; i < size(); ++i)
        values.push_back(at(i).loss);
    return values;
}

std::vector<double> LossHistory::smoothed(int from) const {
    return {smoothed_.begin() + std::min<std::ptrdiff_t>(from, std::ssize(smoothed_)), smoothed_.end()};
}

std::vector<double> LossHistory::notFinite() const {
    std::vector<double> places;
    for (int i = 0; i < size(); ++i)
        if (!std::isfinite(at(i).loss)) places.push_back(x(i));
    return places;
}

int LossHistory::nearest(double place) const {
    if (points_.empty()) return -1;
    int low = 0, high = size() - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (x(middle) < place)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && place - x(low - 1) < x(low) - place) --low;
    return low;
}

} // namespace ddpm::ui
