// A program built without CUDA.
#include "compat/device_graph.h"

#include <stdexcept>

namespace ddpm::compat {

struct DeviceGraph::Parts {};
DeviceGraph::DeviceGraph() = default;
DeviceGraph::~DeviceGraph() = default;
bool DeviceGraph::possible(torch::Device) {
    return false;
}
void DeviceGraph::record(torch::Device, const torch::Generator&, const std::function<void()>&) {
    throw std::logic_error("this program was built without CUDA");
}
void DeviceGraph::replay() {
    throw std::logic_error("this program was built without CUDA");
}

struct DeviceQueue::Parts {};
DeviceQueue::DeviceQueue(torch::Device, int) {}
DeviceQueue::~DeviceQueue() = default;
void DeviceQueue::mark() {}

void use_own_stream(torch::Device) {}
void release_cached_memory(torch::Device) {}
std::string device_name(torch::Device) {
    return {};
}
std::uint64_t device_memory_peak(torch::Device) {
    return 0;
}

} // namespace ddpm::compat
