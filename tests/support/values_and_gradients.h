// A function's value and the gradients of all that goes into it, held against float64's.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace ddpm::test {

using Tensors = std::vector<torch::Tensor>;
using Function = std::function<torch::Tensor(const Tensors&)>;

/// The value and the gradients of all inputs, for a gradient of the value that is the same in every type.
inline Tensors value_and_gradients(const Function& function, const Tensors& inputs, torch::ScalarType type) {
    Tensors own;
    for (const torch::Tensor& input : inputs)
        own.push_back(input.detach().to(type).clone().set_requires_grad(true));
    const torch::Tensor value = function(own);
    torch::manual_seed(99);
    const torch::Tensor grad = torch::randn(value.sizes(), torch::kFloat64).to(value.scalar_type());
    Tensors results = {value.detach()};
    for (const torch::Tensor& gradient : torch::autograd::grad({value}, own, {grad}))
        results.push_back(gradient);
    return results;
}

/// In parts of the standard deviation of the exact ones.
inline double error_of(const torch::Tensor& ours, const torch::Tensor& exact) {
    return ((ours.to(torch::kFloat64) - exact).abs().max() / (exact.std(false) + 1e-12)).item<double>();
}

inline Tensors in_float64(const Tensors& tensors) {
    Tensors exact;
    for (const torch::Tensor& tensor : tensors)
        exact.push_back(tensor.to(torch::kFloat64));
    return exact;
}

} // namespace ddpm::test
