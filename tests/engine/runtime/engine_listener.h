// Hears an engine on its own thread and lets a test wait for what it needs.
#pragma once

#include "ddpm/engine.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace ddpm::test {

class EngineListener final : public Observer {
public:
    void on_events(std::span<const Event> events) override;

    /// Waits until an event matches (also one that came before); false after `seconds`.
    bool wait(const std::function<bool(const Event&)>& matches, double seconds = 60);

    template <typename E>
    bool wait_for(
        std::function<bool(const E&)> matches = [](const E&) { return true; }, double seconds = 60) {
        return wait(
            [&](const Event& event) {
                const E* e = std::get_if<E>(&event);
                return e && matches(*e);
            },
            seconds);
    }
    template <typename E>
    std::optional<E> last() const {
        const std::lock_guard lock(mutex_);
        for (auto it = events_.rbegin(); it != events_.rend(); ++it)
            if (const E* e = std::get_if<E>(&*it)) return *e;
        return std::nullopt;
    }
    template <typename E>
    std::vector<E> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<E> found;
        for (const Event& event : events_)
            if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
        return found;
    }
    /// Forget what was heard, so that the next wait is for something new.
    void clear();

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Event> events_;
};

} // namespace ddpm::test
