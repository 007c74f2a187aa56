// What a GPU spent its time on.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

namespace ddpm::compat {

struct KernelTime {
    std::string name; ///< of the kernel or copy, as the device knows it
    double seconds = 0;
};

/// Every kernel and copy that ran on the device while `work` did, in no order; it is waited for. Empty where
/// the library cannot tell.
std::vector<KernelTime> time_kernels(torch::Device device, const std::function<void()>& work);

} // namespace ddpm::compat
