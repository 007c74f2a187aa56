// Every difference between the LibTorch versions we build against (1.13 … 2.x) lives here.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <exception>
#include <string>

namespace ddpm::compat {

/// A generator of our own on `device`, apart from the global one. Works with and without CUDA headers.
inline torch::Generator make_generator(torch::Device device, std::uint64_t seed) {
    torch::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
    return generator;
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
