// What the tests of the GPU share.
#pragma once

#include <QtTest>
#include <torch/torch.h>

#include <algorithm>

namespace ddpm::test {

inline const torch::Device gpu(torch::kCUDA, 0);

/// In initTestCase().
inline bool has_gpu() {
    return torch::cuda::is_available();
}

/// The largest difference, measured by the largest value of `exact`, or by `least` if that is more.
inline double relative_difference(const torch::Tensor& x, const torch::Tensor& exact, double least = 1e-3) {
    const torch::Tensor a = x.detach().to(torch::kCPU, torch::kFloat64),
                        b = exact.detach().to(torch::kCPU, torch::kFloat64);
    return (a - b).abs().max().item<double>() / std::max(least, b.abs().max().item<double>());
}

/// ‖x − exact‖ / ‖exact‖.
inline double relative_error(const torch::Tensor& x, const torch::Tensor& exact) {
    const torch::Tensor a = x.detach().to(torch::kCPU, torch::kFloat64),
                        b = exact.detach().to(torch::kCPU, torch::kFloat64);
    return ((a - b).norm() / b.norm().clamp_min(1e-12)).item<double>();
}

} // namespace ddpm::test
