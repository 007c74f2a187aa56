#include "ddpm/chain_record.h"

namespace ddpm {

ChainRecord::ChainRecord(std::uint64_t id, SamplingSettings settings, ScheduleTable schedule,
                         int planned_states, int stride)
    : id_(id), settings_(settings), schedule_(std::move(schedule)), planned_(planned_states),
      stride_(stride) {
    states_.reserve(static_cast<std::size_t>(planned_states));
}

int ChainRecord::size() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(states_.size());
}

bool ChainRecord::finished() const {
    const std::lock_guard lock(mutex_);
    return finished_;
}

std::shared_ptr<const ChainState> ChainRecord::state(int index) const {
    const std::lock_guard lock(mutex_);
    if (index < 0 || index >= static_cast<int>(states_.size())) return nullptr;
    return states_[static_cast<std::size_t>(index)];
}

std::size_t ChainRecord::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void ChainRecord::append(std::shared_ptr<const ChainState> state) {
    const std::lock_guard lock(mutex_);
    bytes_ += state->bytes();
    states_.push_back(std::move(state));
}

void ChainRecord::finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
}

} // namespace ddpm
