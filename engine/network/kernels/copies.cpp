#include "network/kernels/channels_last.h"
#include "network/kernels/fused.h"
#include "network/kernels/loops.h"
#include "network/kernels/on_device.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cstring>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t least_bytes = 32768; ///< that a thread is worth waking for

char* bytes_of(const torch::Tensor& x) {
    return static_cast<char*>(x.data_ptr());
}

struct ConcatFunction : torch::autograd::Function<ConcatFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& a_given,
                                 const torch::Tensor& b_given) {
        RECORD_FUNCTION("ddpm::concat_channels", std::vector<c10::IValue>());
        const torch::Tensor a = a_given.contiguous(at::MemoryFormat::ChannelsLast),
                            b = b_given.contiguous(at::MemoryFormat::ChannelsLast);
        const torch::Tensor y = empty_pictures(a, a.size(1) + b.size(1), a.size(2), a.size(3));
        context->saved_data["a"] = a.size(1);
        context->saved_data["b"] = b.size(1);
        if (a.is_cuda()) {
            device::concat(a, b, y);
            return y;
        }
        const auto size = static_cast<std::int64_t>(a.element_size());
        const std::int64_t of_a = a.size(1) * size, of_b = b.size(1) * size;
        const char *from_a = bytes_of(a), *from_b = bytes_of(b);
        char* to = bytes_of(y);
        at::parallel_for(0, a.size(0) * a.size(2) * a.size(3), least_bytes / (of_a + of_b) + 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t i = begin; i < end; ++i) {
                                 std::memcpy(to + i * (of_a + of_b), from_a + i * of_a,
                                             static_cast<std::size_t>(of_a));
                                 std::memcpy(to + i * (of_a + of_b) + of_a, from_b + i * of_b,
                                             static_cast<std::size_t>(of_b));
                             }
                         });
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::concat_channels_backward", std::vector<c10::IValue>());
        const torch::Tensor g = outputs[0].contiguous(at::MemoryFormat::ChannelsLast);
        const torch::Tensor a = empty_pictures(g, context->saved_data["a"].toInt(), g.size(2), g.size(3)),
                            b = empty_pictures(g, context->saved_data["b"].toInt(), g.size(2), g.size(3));
        if (g.is_cuda()) {
            device::split(g, a, b);
            return {a, b};
        }
        const auto size = static_cast<std::int64_t>(g.element_size());
        const std::int64_t of_a = a.size(1) * size, of_b = b.size(1) * size;
        const char* from = bytes_of(g);
        char *to_a = bytes_of(a), *to_b = bytes_of(b);
        at::parallel_for(0, g.size(0) * g.size(2) * g.size(3), least_bytes / (of_a + of_b) + 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t i = begin; i < end; ++i) {
                                 std::memcpy(to_a + i * of_a, from + i * (of_a + of_b),
                                             static_cast<std::size_t>(of_a));
                                 std::memcpy(to_b + i * of_b, from + i * (of_a + of_b) + of_a,
                                             static_cast<std::size_t>(of_b));
                             }
                         });
        return {a, b};
    }
};

struct UpsampleFunction : torch::autograd::Function<UpsampleFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext*, const torch::Tensor& x_given) {
        RECORD_FUNCTION("ddpm::upsample_twice", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(at::MemoryFormat::ChannelsLast);
        const std::int64_t W = x.size(3);
        const torch::Tensor y = empty_pictures(x, x.size(1), 2 * x.size(2), 2 * W);
        if (x.is_cuda()) {
            device::upsample(x, y);
            return y;
        }
        const auto pixel = static_cast<std::size_t>(x.size(1)) * x.element_size();
        const std::size_t row = 2 * static_cast<std::size_t>(W) * pixel;
        at::parallel_for(0, x.size(0) * x.size(2), least_bytes / static_cast<std::int64_t>(2 * row) + 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t i = begin; i < end; ++i) {
                                 const char* from = bytes_of(x) + static_cast<std::size_t>(i) * row / 2;
                                 char* to = bytes_of(y) + static_cast<std::size_t>(i) * 2 * row;
                                 for (std::size_t w = 0; w < static_cast<std::size_t>(W); ++w) {
                                     std::memcpy(to + 2 * w * pixel, from + w * pixel, pixel);
                                     std::memcpy(to + (2 * w + 1) * pixel, from + w * pixel, pixel);
                                 }
                                 std::memcpy(to + row, to, row);
                             }
                         });
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::upsample_twice_backward", std::vector<c10::IValue>());
        const torch::Tensor g = outputs[0].contiguous(at::MemoryFormat::ChannelsLast);
        const std::int64_t C = g.size(1), W = g.size(3) / 2;
        const torch::Tensor grad_x = empty_pictures(g, C, g.size(2) / 2, W);
        if (g.is_cuda()) {
            device::add_four(g, grad_x);
            return {grad_x};
        }
        const auto pixel = static_cast<std::size_t>(C) * g.element_size();
        const std::size_t row = 2 * static_cast<std::size_t>(W) * pixel;
        const auto add = g.scalar_type() == torch::kFloat32 ? loops().add_four_f32 : loops().add_four_bf16;
        at::parallel_for(0, g.size(0) * g.size(2) / 2, least_bytes / static_cast<std::int64_t>(2 * row) + 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t i = begin; i < end; ++i) {
                                 const char* from = bytes_of(g) + static_cast<std::size_t>(i) * 2 * row;
                                 char* to = bytes_of(grad_x) + static_cast<std::size_t>(i) * row / 2;
                                 for (std::size_t w = 0; w < static_cast<std::size_t>(W); ++w) {
                                     const char* corner = from + 2 * w * pixel;
                                     add(corner, corner + pixel, corner + row, corner + row + pixel,
                                         to + w * pixel, C);
                                 }
                             }
                         });
        return {grad_x};
    }
};

struct AddBiasedFunction : torch::autograd::Function<AddBiasedFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& a_given,
                                 const torch::Tensor& b_given, const torch::Tensor& bias) {
        RECORD_FUNCTION("ddpm::add_biased", std::vector<c10::IValue>());
        const bool two = b_given.dim() == 4;
        const torch::Tensor a = a_given.contiguous(at::MemoryFormat::ChannelsLast),
                            b = two ? b_given.contiguous(at::MemoryFormat::ChannelsLast) : torch::Tensor();
        torch::Tensor y = torch::empty_like(a);
        device::add_biased(a, b, bias.contiguous(), y);
        context->saved_data["two"] = two;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        const torch::Tensor g = outputs[0].contiguous(at::MemoryFormat::ChannelsLast);
        return {g, context->saved_data["two"].toBool() ? g : torch::Tensor(),
                device::column_sums(g, g.size(1))};
    }
};

struct BiasGradientFunction : torch::autograd::Function<BiasGradientFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext*, const torch::Tensor& y,
                                 const torch::Tensor&) {
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                   torch::autograd::variable_list outputs) {
        const torch::Tensor g = outputs[0].contiguous();
        return {g, device::column_sums(g, g.size(-1))};
    }
};

} // namespace

torch::Tensor concat_channels(const torch::Tensor& a, const torch::Tensor& b) {
    if (!has_loops(a) && !device::has(a)) return torch::cat({a, b}, 1);
    return ConcatFunction::apply(a, b);
}

torch::Tensor upsample_twice(const torch::Tensor& x) {
    if (!has_loops(x) && !device::has(x)) return torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    return UpsampleFunction::apply(x);
}

bool bias_goes_later(const torch::Tensor& x) {
    return device::has(x);
}

torch::Tensor add_biased(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& bias) {
    if (device::has(a)) return AddBiasedFunction::apply(a, b.defined() ? b : torch::empty({0}), bias);
    const torch::Tensor sum = b.defined() ? a + b : a;
    return sum + bias.to(a.scalar_type()).view({1, -1, 1, 1});
}

torch::Tensor with_bias_gradient(const torch::Tensor& y, const torch::Tensor& bias) {
    return BiasGradientFunction::apply(y, bias);
}

} // namespace ddpm::network::kernels
