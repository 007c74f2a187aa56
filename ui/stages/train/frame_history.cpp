#include "stages/train/frame_history.h"

#include <utility>

namespace ddpm::ui {

void FrameHistory::clear() {
    frames_.clear();
    stride_ = 1;
    seen_ = 0;
    lastIsSpare_ = false;
}

void FrameHistory::add(std::shared_ptr<const TrainingFrame> frame) {
    if (lastIsSpare_) frames_.pop_back();
    frames_.push_back(std::move(frame));
    lastIsSpare_ = seen_ % stride_ != 0;
    ++seen_;
    if (size() <= most_ || lastIsSpare_) return;
    std::vector<std::shared_ptr<const TrainingFrame>> kept;
    for (std::size_t i = 0; i < frames_.size(); i += 2)
        kept.push_back(frames_[i]);
    lastIsSpare_ = frames_.size() % 2 == 0;
    if (lastIsSpare_) kept.push_back(frames_.back());
    frames_ = std::move(kept);
    stride_ *= 2;
}

} // namespace ddpm::ui
