#include "network/kernels/narrow_convolution.h"

#include "network/kernels/channels_last.h"
#include "network/kernels/halves.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t sum_rows = 32, rows_of_a_part = 8;

bool in_halves(const torch::Tensor& x) {
    return x.scalar_type() == torch::kBFloat16;
}

/// run(task, part) with each thread's share of the rows of all pictures.
template <typename Run>
void each_share(const torch::Tensor& x, std::int64_t out, bool for_sums, std::int64_t parts, const Run& run) {
    const std::int64_t rows = x.size(0) * x.size(2);
    const auto scratch_of = in_halves(x) ? halves()->narrow_scratch : loops().narrow_scratch;
    each_part(parts, [&](std::int64_t part) {
        NarrowTask task;
        task.x = x.data_ptr();
        task.height = x.size(2);
        task.width = x.size(3);
        task.in = x.size(1);
        task.out = out;
        task.first_row = share(rows, part, parts);
        task.last_row = share(rows, part + 1, parts);
        task.scratch = scratch_bytes(scratch_of(task, for_sums));
        run(task, part);
    });
}

std::int64_t parts_for(const torch::Tensor& x) {
    return parts_of(x.size(0) * x.size(2), rows_of_a_part);
}

/// As the products take them: [in, 9 · out and zeros].
torch::Tensor packed_weights(const torch::Tensor& weight, bool halved) {
    const std::int64_t out = weight.size(0), in = weight.size(1), columns = 9 * out;
    const torch::Tensor turned = weight.permute({2, 3, 0, 1});
    if (!halved) {
        const torch::Tensor rows = turned.contiguous(),
                            packed = torch::empty({in * in_whole_panels(columns)}, weight.options());
        loops().pack(rows.data_ptr<float>(), in, columns, true, packed.data_ptr<float>());
        return packed;
    }
    const torch::Tensor rows = torch::zeros({sum_rows, in}, weight.options()),
                        packed = torch::empty({sum_rows * in}, torch::kBFloat16);
    rows.narrow(0, 0, columns).view({3, 3, out, in}).copy_(turned);
    halves()->pack(rows.data_ptr<float>(), in, sum_rows, false, packed.data_ptr());
    return packed;
}

/// Of pictures like x, channels between `wide` and `few`: whether there are kernels for them.
bool fits(const torch::Tensor& x, std::int64_t wide, std::int64_t few) {
    if (!has_loops(x) || 9 * few >= sum_rows) return false;
    if (!in_halves(x)) return wide % (loops().panel / 2) == 0;
    return halves() != nullptr && wide % sum_rows == 0 && x.size(2) * x.size(3) >= sum_rows;
}

/// [9 · few + 1, wide's channels] float32. Row tap · few + f: over all pixels of `wide`, the sum of its
/// channels times narrow's channel f at the pixel that sees it by this tap; the last row: the sum of wide's
/// channels. Both [N, C, H, W] in channels-last memory, of one type.
torch::Tensor tap_sums(const torch::Tensor& wide, const torch::Tensor& narrow) {
    const std::int64_t few = narrow.size(1), channels = wide.size(1), parts = parts_for(wide);
    const torch::Tensor sums = torch::empty({parts, sum_rows, channels}, torch::kFloat32);
    const auto kernel = in_halves(wide) ? halves()->narrow_sums : loops().narrow_sums;
    each_share(wide, few, true, parts, [&](NarrowTask task, std::int64_t part) {
        task.grad_y = narrow.data_ptr();
        task.sums = sums.data_ptr<float>() + part * sum_rows * channels;
        kernel(task);
    });
    const torch::Tensor taken = sums.narrow(1, 0, 9 * few + 1);
    return parts == 1 ? taken[0] : taken.sum(0);
}

/// What the library makes of the gradient of a convolution: that of its input.
torch::Tensor gradient_by_library(const torch::Tensor& grad_y, const torch::Tensor& x,
                                  const torch::Tensor& weight) {
    return std::get<0>(at::convolution_backward(grad_y, x, weight.to(x.scalar_type()), {weight.size(0)},
                                                {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1,
                                                {true, false, false}));
}

struct NarrowFunction : torch::autograd::Function<NarrowFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight, const torch::Tensor& bias_given) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const torch::Tensor x = channels_last(x_given), bias = bias_given.contiguous(),
                            packed = packed_weights(weight, in_halves(x));
        const std::int64_t out = weight.size(0);
        const torch::Tensor y = torch::empty({x.size(0), out, x.size(2), x.size(3)},
                                             weight.options().memory_format(at::MemoryFormat::ChannelsLast));
        const auto kernel = in_halves(x) ? halves()->narrow : loops().narrow;
        each_share(x, out, false, parts_for(x), [&](NarrowTask task, std::int64_t) {
            task.weights = packed.data_ptr();
            task.bias = bias.data_ptr<float>();
            task.y = y.data_ptr<float>();
            kernel(task);
        });
        context->save_for_backward({x, weight});
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1],
                            grad_y = channels_last(outputs[0].to(x.scalar_type()));
        const std::int64_t in = x.size(1), out = weight.size(0);
        const torch::Tensor sums = tap_sums(x, grad_y).narrow(0, 0, 9 * out).view({9, out, in});
        return {gradient_by_library(grad_y, x, weight),
                sums.permute({1, 2, 0}).contiguous().view(weight.sizes()), outputs[0].sum({0, 2, 3})};
    }
};

struct WideningFunction : torch::autograd::Function<WideningFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight, const torch::Tensor& bias) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const torch::Tensor x = channels_last(x_given);
        context->save_for_backward({x, weight});
        context->saved_data["of_x"] = x_given.requires_grad();
        return torch::conv2d(x_given, weight.to(x.scalar_type()), bias.to(x.scalar_type()), 1, 1);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = channels_last(outputs[0]);
        const std::int64_t in = x.size(1), out = weight.size(0);
        // The pixel that a point sees by one tap sees the point by the opposite one.
        const torch::Tensor sums = tap_sums(grad_y, x), taps = sums.narrow(0, 0, 9 * in).view({9, in, out});
        return {context->saved_data["of_x"].toBool() ? gradient_by_library(grad_y, x, weight)
                                                     : torch::Tensor(),
                taps.flip(0).permute({2, 1, 0}).contiguous().view(weight.sizes()), sums[9 * in]};
    }
};

} // namespace

bool has_narrow_convolution(const torch::Tensor& x, std::int64_t out) {
    return fits(x, x.size(1), out);
}

torch::Tensor narrow_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias) {
    return NarrowFunction::apply(x, weight, bias);
}

bool has_widening_convolution(const torch::Tensor& x, std::int64_t out) {
    return fits(x, out, x.size(1));
}

torch::Tensor widening_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias) {
    return WideningFunction::apply(x, weight, bias);
}

} // namespace ddpm::network::kernels
