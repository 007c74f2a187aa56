// The port between the engine and everything that shows it. Standard C++ only.
#pragma once

#include "ddpm/command.h"
#include "ddpm/event.h"

#include <cstddef>
#include <memory>
#include <span>

namespace ddpm {

/// Called on the engine thread, must not block and must not call back into the engine except `submit`.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void on_events(std::span<const Event> events) = 0;
};

/// Events stop when this goes away; its destructor waits for a call that is under way.
class Subscription {
public:
    virtual ~Subscription() = default;
};

class Engine {
public:
    virtual ~Engine() = default;

    /// Any thread; returns at once. Commands take effect in order, each at the end of the current slice.
    virtual void submit(Command command) = 0;

    /// Any thread. The observer hears the current state first (EngineReady, open run, model, chain), then all
    /// that follows.
    [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(Observer& observer) = 0;

    /// Any thread. The newest training frame, or nullptr. Repaint only when its sequence number moved.
    virtual std::shared_ptr<const TrainingFrame> training_frame() const = 0;
};

struct EngineOptions {
    DeviceChoice device = DeviceChoice::automatic;
    int threads = 0;                       ///< CPU threads for tensor work; 0 = all cores
    std::size_t chain_memory = 768u << 20; ///< bytes that recorded chains may take before states are thinned
    double slice = 0.12;                   ///< seconds of sampling between two looks at the commands
    std::filesystem::path resources;       ///< bundled data; empty = where the program was installed or built
};

/// The real engine: starts the engine thread. Its destructor stops the thread after the current slice and a
/// save.
std::unique_ptr<Engine> make_engine(EngineOptions options);

} // namespace ddpm
