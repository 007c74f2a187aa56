#include "runtime/operation_clock.h"

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
    Kind{"ddpm::", "copies"},
    Kind{"mm", "matrix products"},
    Kind{"linear", "matrix products"},
    Kind{"matmul", "matrix products"},
    Kind{"softmax", "softmax"},
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

const char* kind_of(std::string_view operation) {
    for (const Kind& kind : kinds)
        if (operation.find(kind.part) != std::string_view::npos) return kind.name;
    return "other operations";
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
        record->open.push_back(kind_of(function.name()));
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

    double all = 0;
    for (const auto& [kind, seconds] : mine.seconds)
        all += seconds;
    std::vector<TimeShare> shares;
    for (const auto& [kind, seconds] : mine.seconds)
        shares.push_back({kind, all > 0 ? seconds / all : 0});
    std::sort(shares.begin(), shares.end(),
              [](const TimeShare& a, const TimeShare& b) { return a.share > b.share; });
    return shares;
}

} // namespace ddpm::runtime
