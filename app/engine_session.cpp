#include "engine_session.h"

#include <utility>

namespace ddpm::app {

EngineSession::EngineSession(Engine& engine) : engine_(engine), subscription_(engine.subscribe(*this)) {}

EngineSession::~EngineSession() = default; // the subscription is the last member: it goes first

void EngineSession::submit(Command command) {
    engine_.submit(std::move(command));
}

std::vector<Event> EngineSession::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, timeout, [this] { return !queue_.empty(); });
    return std::exchange(queue_, {});
}

void EngineSession::on_events(std::span<const Event> events) {
    {
        const std::lock_guard lock(mutex_);
        queue_.insert(queue_.end(), events.begin(), events.end());
    }
    arrived_.notify_one();
}

} // namespace ddpm::app
