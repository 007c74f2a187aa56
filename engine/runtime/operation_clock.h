// Where the time of a piece of work goes, by kind of operation.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

namespace ddpm::runtime {

struct TimeShare {
    std::string kind; ///< "convolutions", "norm, SiLU, dropout", …
    double share = 0; ///< of the whole time, 0…1
};

/// Runs `work` on this thread and returns where its time went, largest first; the shares sum to 1. What is
/// between the tensor library's operations is "between operations". For the CPU: a GPU works on its own.
std::vector<TimeShare> time_by_kind(const std::function<void()>& work);

/// The same of what `work` has a GPU do, by its kernels' time; pauses between them count for nothing. Empty
/// where that cannot be told.
std::vector<TimeShare> kernel_time_by_kind(torch::Device device, const std::function<void()>& work);

} // namespace ddpm::runtime
