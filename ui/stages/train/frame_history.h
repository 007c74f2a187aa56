// The training frames seen so far, thinned evenly so that a long run costs no more memory than a short one.
#pragma once

#include "ddpm/event.h"

#include <memory>
#include <vector>

namespace ddpm::ui {

class FrameHistory {
public:
    explicit FrameHistory(int most = 240) : most_(most) {}

    void clear();
    /// The newest frame is always kept. When there are too many, every other one goes and from then on only
    /// every second (fourth, …) stays.
    void add(std::shared_ptr<const TrainingFrame> frame);

    int size() const { return static_cast<int>(frames_.size()); }
    const std::shared_ptr<const TrainingFrame>& at(int index) const {
        return frames_[static_cast<std::size_t>(index)];
    }
    int stride() const { return stride_; } ///< 1: every frame was kept

private:
    int most_;
    int stride_ = 1;
    long long seen_ = 0;
    bool lastIsSpare_ = false; // the newest is not on the stride: the next one takes its place
    std::vector<std::shared_ptr<const TrainingFrame>> frames_;
};

} // namespace ddpm::ui
