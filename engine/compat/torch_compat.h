// Every difference between the LibTorch versions we build against (1.13 … 2.x) lives here.
#pragma once

#include <torch/torch.h>
#include <torch/version.h>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace ddpm::compat {

/// A generator of our own on `device`, apart from the global one. Works with and without CUDA headers.
inline torch::Generator make_generator(torch::Device device, std::uint64_t seed) {
    torch::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
    return generator;
}

/// to[i] ← from[i], whatever their types: one launch for many where the library can.
inline void copy_each(std::vector<torch::Tensor>& to, const std::vector<torch::Tensor>& from) {
#if TORCH_VERSION_MAJOR >= 2 && (TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 2)
    at::_foreach_copy_(to, from);
#else
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i].copy_(from[i]);
#endif
}

/// Whether float32 convolutions and matrix products on a GPU may be of TF32, from here on and for the whole
/// process; fp32 means what it says otherwise.
inline void allow_tf32(bool allowed) {
    at::globalContext().setAllowTF32CuDNN(allowed);
    at::globalContext().setAllowTF32CuBLAS(allowed);
}

/// softmax(q kᵀ / sqrt(head_dim)) v without the matrix in between, where the library has it: 2.x, on a GPU.
/// In float32 its products may be of fewer digits than were asked for, so not there.
inline bool has_fused_attention(const torch::Tensor& q) {
    return TORCH_VERSION_MAJOR >= 2 && q.is_cuda() && q.scalar_type() == torch::kBFloat16;
}
/// q, k, v: [N, heads, pixels, head_dim].
inline torch::Tensor fused_attention([[maybe_unused]] const torch::Tensor& q,
                                     [[maybe_unused]] const torch::Tensor& k,
                                     [[maybe_unused]] const torch::Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
    return at::scaled_dot_product_attention(q, k, v);
#else
    throw std::logic_error("this version of the library has no fused attention");
#endif
}

/// True if this failure means that memory ran out, on the CPU or on the device. 1.13 throws a plain
/// c10::Error.
inline bool is_out_of_memory(const std::exception& failure) {
    if (dynamic_cast<const std::bad_alloc*>(&failure)) return true;
    const std::string text = failure.what();
    return text.find("out of memory") != std::string::npos ||
           text.find("not enough memory") != std::string::npos ||
           text.find("can't allocate memory") != std::string::npos;
}

/// A library failure in one line: LibTorch appends a C++ backtrace that helps nobody in front of the window.
inline std::string first_line(const std::exception& failure) {
    const auto* error = dynamic_cast<const c10::Error*>(&failure);
    std::string text = error ? error->what_without_backtrace() : failure.what();
    return text.substr(0, text.find('\n'));
}

} // namespace ddpm::compat
