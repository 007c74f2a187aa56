// Events from the engine thread to the observers, and what a late observer must hear first.
#pragma once

#include "ddpm/engine.h"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace ddpm::runtime {

class Publisher {
public:
    /// Queues; nothing is sent before flush(). Engine thread.
    void publish(Event event) { pending_.push_back(std::move(event)); }
    /// Sends what is queued as one batch. Engine thread.
    void flush();

    /// Any thread. The current state is replayed to the new observer first. Must not outlive the publisher.
    std::unique_ptr<Subscription> subscribe(Observer& observer);

private:
    class Handle;
    void remember(const Event& event);
    std::vector<Event> current() const;

    std::vector<Event> pending_; ///< engine thread only
    std::recursive_mutex
        mutex_; ///< everything below; recursive: an observer may drop its subscription when called
    std::vector<Observer*> observers_;
    std::optional<EngineReady> ready_;
    std::optional<RunOpened> run_;
    std::optional<TrainingStateChanged> training_;
    std::optional<ModelChanged> model_;
    std::optional<ChainChanged> chain_;
    std::vector<MetricPoint> metrics_;
};

} // namespace ddpm::runtime
