#include "runtime/operation_clock.h"

#include "compat/kernel_times.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string_view>

namespace ddpm::runtime {
namespace {

using Clock = std::chrono::steady_clock;

struct Kind {
    std::string_view part; ///< of the operation's name
    const char* name;
};
constexpr std::array kinds{
    Kind{"convolution", "convolutions"},
    Kind{"conv2d", "convolutions"},
    Kind{"group_norm", "norm, SiLU, dropout"},
    Kind{"silu", "norm, SiLU, dropout"},
    Kind{"ddpm::adam", "optimiser"},
    Kind{"attention", "attention"},
    Kind{"softmax", "attention"},
    Kind{"bmm", "attention"},
    Kind{"mm", "matrix products"},
    Kind{"linear", "matrix products"},
    Kind{"matmul", "matrix products"},
    Kind{"ddpm::", "copies"},
    Kind{"normal", "random numbers"},
    Kind{"random", "random numbers"},
    Kind{"copy", "copies"},
    Kind{"cat", "copies"},
    Kind{"clone", "copies"},
    Kind{"index_select", "copies"},
    Kind{"fill_", "copies"},
    Kind{"zero_", "copies"},
    Kind{"aten::to", "copies"},
    Kind{"contiguous", "copies"},
};

/// Of kernels on a GPU, in the libraries' spellings.
constexpr std::array kernel_kinds{
    Kind{"ddpm::network::kernels::cuda::(anonymous namespace)::adam", "optimiser"},
    Kind{"ddpm::network::kernels::cuda::(anonymous namespace)::forward", "norm, SiLU, dropout"},
    Kind{"ddpm::network::kernels::cuda::(anonymous namespace)::backward", "norm, SiLU, dropout"},
    Kind{"ddpm::network::kernels::cuda::(anonymous namespace)::add_biased", "sums with a bias"},
    Kind{"ddpm::network", "copies"},
    Kind{"noise_kernel", "random numbers"},
    Kind{"distribution", "random numbers"},
    Kind{"flash", "attention"},
    Kind{"fmha", "attention"},
    Kind{"fprop", "convolutions"},
    Kind{"dgrad", "convolutions"},
    Kind{"wgrad", "convolutions"},
    Kind{"conv", "convolutions"},
    Kind{"cudnn", "convolutions"},
    Kind{"implicit", "convolutions"},
    Kind{"gemm", "matrix products"},
    Kind{"nvjet", "matrix products"},
    Kind{"cutlass", "matrix products"},
    Kind{"splitKreduce", "matrix products"},
    Kind{"softmax", "softmax"},
    Kind{"reduce_kernel", "sums"},
    Kind{"copy", "copies"},
    Kind{"Memcpy", "copies"},
    Kind{"Memset", "copies"},
    Kind{"FillFunctor", "copies"},
    Kind{"CatArray", "copies"},
    Kind{"index", "copies"},
    Kind{"multi_tensor_apply", "copies"},
};

template <std::size_t N>
const char* kind_of(std::string_view name, const std::array<Kind, N>& among) {
    for (const Kind& kind : among)
        if (name.find(kind.part) != std::string_view::npos) return kind.name;
    return "other operations";
}

std::vector<TimeShare> shares_of(const std::map<std::string, double>& seconds) {
    double all = 0;
    for (const auto& [kind, of_kind] : seconds)
        all += of_kind;
    std::vector<TimeShare> shares;
    for (const auto& [kind, of_kind] : seconds)
        shares.push_back({kind, all > 0 ? of_kind / all : 0});
    std::sort(shares.begin(), shares.end(),
              [](const TimeShare& a, const TimeShare& b) { return a.share > b.share; });
    return shares;
}

/// Time is given to the innermost operation.
struct Record {
    std::map<std::string, double> seconds;
    std::vector<const char*> open;
    Clock::time_point since = Clock::now();

    void close() {
        const Clock::time_point now = Clock::now();
        seconds[open.empty() ? "between operations" : open.back()] +=
            std::chrono::duration<double>(now - since).count();
        since = now;
    }
};

thread_local Record* record = nullptr;

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
    if (record != nullptr) {
        record->close();
        record->open.push_back(kind_of(function.name(), kinds));
    }
    return nullptr;
}

void end(const at::RecordFunction&, at::ObserverContext*) {
    if (record == nullptr || record->open.empty()) return;
    record->close();
    record->open.pop_back();
}

} // namespace

std::vector<TimeShare> time_by_kind(const std::function<void()>& work) {
    Record mine;
    record = &mine;
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::FUNCTION}));
    try {
        work();
    } catch (...) {
        at::removeCallback(handle);
        record = nullptr;
        throw;
    }
    mine.close();
    at::removeCallback(handle);
    record = nullptr;

    return shares_of(mine.seconds);
}

std::vector<TimeShare> kernel_time_by_kind(torch::Device device, const std::function<void()>& work) {
    std::map<std::string, double> seconds;
    for (const compat::KernelTime& kernel : compat::time_kernels(device, work))
        seconds[kind_of(kernel.name, kernel_kinds)] += kernel.seconds;
    return shares_of(seconds);
}

} // namespace ddpm::runtime
