// What a program does with a GPU beyond tensors: recorded work, bounds on how far it runs ahead, streams. All
// of it does nothing in a program that was built without CUDA.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ddpm::compat {

/// Work for a GPU that is recorded once and replayed as one launch (a CUDA graph).
class DeviceGraph {
public:
    DeviceGraph();
    ~DeviceGraph();
    DeviceGraph(const DeviceGraph&) = delete;
    DeviceGraph& operator=(const DeviceGraph&) = delete;

    /// On a GPU; DDPM_GRAPHS=0 in the environment says no.
    static bool possible(torch::Device device);

    /// Calls `work` and keeps what it queues instead of running it. It must have run before (so that the
    /// library has made its choices), must not wait for the device, and finds its inputs where they are now.
    /// Tensors that outlive it hold the results of the newest replay. `generator`, where defined, goes on by
    /// one `work` with each replay. Throws what `work` throws, and c10::Error where it cannot be recorded.
    void record(torch::Device device, const torch::Generator& generator, const std::function<void()>& work);
    bool recorded() const { return recorded_; }
    void replay();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    bool recorded_ = false;
};

/// Bounds how far the host runs ahead of the device, so that what is asked of the program is obeyed soon.
class DeviceQueue {
public:
    /// Of a CPU: never waits.
    DeviceQueue(torch::Device device, int depth);
    ~DeviceQueue();
    DeviceQueue(const DeviceQueue&) = delete;
    DeviceQueue& operator=(const DeviceQueue&) = delete;

    /// Marks the end of what was queued and waits until all but the newest `depth` marks have been reached.
    void mark();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Gives the calling thread a stream of its own: the default one can neither be recorded nor overlap others.
void use_own_stream(torch::Device device);
/// Gives memory that the library keeps for later back to the device.
void release_cached_memory(torch::Device device);
/// As its maker calls it; empty where that is not known.
std::string device_name(torch::Device device);
/// The most memory of the device that the library held so far; 0 on a CPU.
std::uint64_t device_memory_peak(torch::Device device);

} // namespace ddpm::compat
