#include "compat/kernel_times.h"

#include <ATen/cuda/CUDAContext.h>
#include <torch/csrc/autograd/profiler_kineto.h>
#include <torch/version.h>

#include <set>

namespace ddpm::compat {

std::vector<KernelTime> time_kernels(torch::Device device, const std::function<void()>& work) {
    namespace profiler = torch::autograd::profiler;
    if (!device.is_cuda()) {
        work();
        return {};
    }
    const std::set<torch::profiler::impl::ActivityType> activities = {
        torch::profiler::impl::ActivityType::CUDA};
    const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
    profiler::prepareProfiler(config, activities);
    profiler::enableProfiler(config, activities);
    try {
        work();
    } catch (...) {
        profiler::disableProfiler();
        throw;
    }
    at::cuda::getCurrentCUDAStream().synchronize();
    const auto result = profiler::disableProfiler();
    std::vector<KernelTime> times;
    for (const profiler::KinetoEvent& event : result->events()) {
        if (event.deviceType() != c10::DeviceType::CUDA) continue;
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 4
        times.push_back({event.name(), 1e-9 * static_cast<double>(event.durationNs())});
#else
        times.push_back({event.name(), 1e-6 * static_cast<double>(event.durationUs())});
#endif
    }
    return times;
}

} // namespace ddpm::compat
