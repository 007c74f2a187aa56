// The engine's events on the thread of the caller: a verb submits, then waits.
#pragma once

#include "ddpm/engine.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace ddpm::app {

/// Subscribed from construction to destruction; the engine must outlive it.
class EngineSession final : private Observer {
public:
    explicit EngineSession(Engine& engine);
    ~EngineSession() override;
    EngineSession(const EngineSession&) = delete;
    EngineSession& operator=(const EngineSession&) = delete;

    void submit(Command command);
    std::shared_ptr<const TrainingFrame> training_frame() const { return engine_.training_frame(); }

    /// The events since the last call, in the engine's order; waits up to `timeout` for the first. May be
    /// empty.
    std::vector<Event> wait(std::chrono::milliseconds timeout);

private:
    void on_events(std::span<const Event> events) override; // engine thread

    Engine& engine_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Event> queue_; // guarded by mutex_
    std::unique_ptr<Subscription> subscription_;
};

} // namespace ddpm::app
