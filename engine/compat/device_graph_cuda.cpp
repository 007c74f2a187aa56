#include "compat/device_graph.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <cstdlib>
#include <deque>
#include <optional>
#include <string_view>

namespace ddpm::compat {

struct DeviceGraph::Parts {
    at::cuda::CUDAGraph graph;
    torch::Generator generator; ///< the graph knows it by address
};

DeviceGraph::DeviceGraph() = default;

DeviceGraph::~DeviceGraph() {
    if (!recorded_) return;
    try { // its memory must not be taken from under a replay
        c10::cuda::getCurrentCUDAStream().synchronize();
    } catch (const std::exception&) {
        // The device is lost; whoever uses it next is told.
    }
}

bool DeviceGraph::possible(torch::Device device) {
    const char* asked = std::getenv("DDPM_GRAPHS");
    return device.is_cuda() && !(asked != nullptr && std::string_view(asked) == "0");
}

void DeviceGraph::record(torch::Device device, const torch::Generator& generator,
                         const std::function<void()>& work) {
    const c10::cuda::CUDAGuard guard(device);
    // The default stream cannot be recorded.
    std::optional<c10::cuda::CUDAStreamGuard> side;
    if (c10::cuda::getCurrentCUDAStream().stream() == nullptr) side.emplace(c10::cuda::getStreamFromPool());
    parts_ = std::make_unique<Parts>();
    parts_->generator = generator;
    if (generator.defined()) parts_->graph.register_generator_state(generator);
    at::cuda::getCurrentCUDAStream().synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    // Other threads may go on with work of their own.
    parts_->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
        work();
    } catch (...) {
        try {
            parts_->graph.capture_end();
        } catch (const std::exception&) {
            // It was no valid recording any more; the first failure is the one to tell.
        }
        parts_.reset();
        throw;
    }
    parts_->graph.capture_end();
    recorded_ = true;
}

void DeviceGraph::replay() {
    parts_->graph.replay();
}

struct DeviceQueue::Parts {
    torch::Device device;
    std::size_t depth;
    std::deque<at::cuda::CUDAEvent> open;
};

DeviceQueue::DeviceQueue(torch::Device device, int depth) {
    if (device.is_cuda())
        parts_ = std::make_unique<Parts>(Parts{device, static_cast<std::size_t>(depth), {}});
}
DeviceQueue::~DeviceQueue() = default;

void DeviceQueue::mark() {
    if (!parts_) return;
    const c10::cuda::CUDAGuard guard(parts_->device);
    // Blocking: a thread that spins while it waits takes a core from the window.
    at::cuda::CUDAEvent event(cudaEventBlockingSync | cudaEventDisableTiming);
    event.record();
    parts_->open.push_back(std::move(event));
    while (parts_->open.size() > parts_->depth) {
        parts_->open.front().synchronize();
        parts_->open.pop_front();
    }
}

void use_own_stream(torch::Device device) {
    if (!device.is_cuda()) return;
    const c10::cuda::CUDAStream current = c10::cuda::getCurrentCUDAStream(device.index());
    if (current.stream() == nullptr)
        c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(true, device.index()));
}

void release_cached_memory(torch::Device device) {
    if (device.is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();
}

std::string device_name(torch::Device device) {
    if (!device.is_cuda()) return {};
    return at::cuda::getDeviceProperties(device.index())->name;
}

std::uint64_t device_memory_peak(torch::Device device) {
    if (!device.is_cuda()) return 0;
    constexpr std::size_t all = 0; // of all sizes together
    return static_cast<std::uint64_t>(
        c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).reserved_bytes[all].peak);
}

} // namespace ddpm::compat
