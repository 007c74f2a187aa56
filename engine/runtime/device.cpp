#include "runtime/device.h"

#include "compat/device_graph.h"

#include <fmt/format.h>
#include <opencv2/core/utility.hpp>

#include <algorithm>
#include <fstream>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace ddpm::runtime {

Device choose_device(DeviceChoice choice) {
    Device device;
    bool available = false;
    if (choice != DeviceChoice::cpu) {
        try {
            available = torch::cuda::is_available();
        } catch (
            const std::exception&) { // a driver that is too old for the library throws instead of saying no
            available = false;
        }
    }
    if (available) {
        device.torch = torch::Device(torch::kCUDA, 0);
        at::globalContext().setBenchmarkCuDNN(true); // shapes stay the same for thousands of steps
        compat::use_own_stream(device.torch);
        device.info = {"CUDA", compat::device_name(device.torch), true};
        if (device.info.detail.empty())
            device.info.detail = fmt::format("{} device(s)", torch::cuda::device_count());
        return device;
    }
    const int threads = torch::get_num_threads();
    device.info = {"CPU", fmt::format("{} {}", threads, threads == 1 ? "thread" : "threads"), false};
    if (choice == DeviceChoice::cuda)
        device.notice =
            "There is no usable CUDA device (no GPU, or its driver is missing or too old): using the CPU.";
    return device;
}

void prepare_engine_thread(int threads) {
    // LibTorch counts physical cores; two hardware threads of one core still do more work than one.
    if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    torch::set_num_threads(threads);
    cv::setNumThreads(1);
    // The workers of the tensor library inherit this; the window stays responsive on a machine with few
    // cores.
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + 5);
}

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace ddpm::runtime
