#include "engine_listener.h"

#include <algorithm>

namespace ddpm::test {

void EngineListener::on_events(std::span<const Event> events) {
    {
        const std::lock_guard lock(mutex_);
        events_.insert(events_.end(), events.begin(), events.end());
    }
    changed_.notify_all();
}

bool EngineListener::wait(const std::function<bool(const Event&)>& matches, double seconds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                             [&] { return std::any_of(events_.begin(), events_.end(), matches); });
}

void EngineListener::clear() {
    const std::lock_guard lock(mutex_);
    events_.clear();
}

} // namespace ddpm::test
