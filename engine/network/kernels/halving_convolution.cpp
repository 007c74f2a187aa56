#include "network/kernels/halving_convolution.h"

#include "network/kernels/channels_last.h"
#include "network/kernels/gathered.h"
#include "network/kernels/halves.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

torch::Tensor packed_weights(const GatherTask& of, const torch::Tensor& weight, bool for_gradient) {
    const torch::Tensor packed = torch::empty({of.taps * of.in * of.out}, torch::kBFloat16);
    constexpr std::int64_t columns = 16;
    at::parallel_for(0, of.out / columns, 1, [&](std::int64_t begin, std::int64_t end) {
        GatherWeightsTask task;
        task.first_block = begin;
        task.last_block = end;
        task.weights = weight.data_ptr<float>();
        task.for_gradient = for_gradient;
        task.to = packed.data_ptr();
        halves()->gather_weights(of, task);
    });
    return packed;
}

/// A convolution of stride 2 whose first point stands on pixel (−padding, −padding).
struct Halving {
    std::int64_t in, out, height, width, padding, rows, columns;

    Halving(const torch::Tensor& x, std::int64_t out_channels, std::int64_t given_padding)
        : in(x.size(1)), out(out_channels), height(x.size(2)), width(x.size(3)), padding(given_padding),
          rows((height + padding) / 2), columns((width + padding) / 2) {}

    GatherTask task() const {
        GatherTask task;
        task.height = height;
        task.width = width;
        task.in = in;
        task.out = out;
        task.rows = task.y_height = rows;
        task.columns = task.y_width = columns;
        task.step = 2;
        task.taps = 9;
        for (std::int64_t t = 0; t < 9; ++t)
            task.tap[t] = {t / 3 - padding, t % 3 - padding, t};
        return task;
    }

    /// Of the gradient of x the pixels (2r + row, 2c + column): they were seen by these taps of other points.
    GatherTask back(std::int64_t row, std::int64_t column) const {
        GatherTask task;
        task.height = rows;
        task.width = columns;
        task.in = out;
        task.out = in;
        task.rows = (height - row + 1) / 2;
        task.columns = (width - column + 1) / 2;
        task.y_height = height;
        task.y_width = width;
        task.y_step = 2;
        task.y_row = row;
        task.y_column = column;
        for (std::int64_t t = 0; t < 9; ++t) {
            const std::int64_t down = row + padding - t / 3, across = column + padding - t % 3;
            if (down % 2 == 0 && across % 2 == 0) task.tap[task.taps++] = {down / 2, across / 2, t};
        }
        return task;
    }
};

torch::Tensor convolve(const Halving& of, const torch::Tensor& x, const torch::Tensor& weight,
                       const torch::Tensor& bias) {
    const torch::Tensor y = empty_pictures(x, of.out, of.rows, of.columns);
    GatherTask task = of.task();
    const torch::Tensor packed = packed_weights(task, weight, false);
    task.x = x.data_ptr();
    task.weights = packed.data_ptr();
    task.bias = bias.data_ptr<float>();
    task.y = y.data_ptr();
    gather_all(task, x.size(0) * of.rows * of.columns);
    return y;
}

torch::Tensor gradient_of_x(const Halving& of, const torch::Tensor& grad_y, const torch::Tensor& weight) {
    const torch::Tensor grad_x = empty_pictures(grad_y, of.in, of.height, of.width);
    for (const std::int64_t row : {0, 1})
        for (const std::int64_t column : {0, 1}) {
            GatherTask task = of.back(row, column);
            const torch::Tensor packed = packed_weights(task, weight, true);
            task.x = grad_y.data_ptr();
            task.weights = packed.data_ptr();
            task.y = grad_x.data_ptr();
            gather_all(task, grad_y.size(0) * task.rows * task.columns);
        }
    return grad_x;
}

torch::Tensor convolve_by_library(const Halving& of, const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias) {
    const torch::Tensor all = of.padding == 0 ? torch::constant_pad_nd(x, {0, 1, 0, 1}) : x;
    return torch::conv2d(all, weight, bias, 2, of.padding);
}

torch::Tensor gradient_by_library(const Halving& of, const torch::Tensor& grad_y,
                                  const torch::Tensor& weight) {
    const std::int64_t more = of.padding == 0 ? 1 : 0, stride = 2, padding = of.padding;
    const torch::Tensor like_x = empty_pictures(grad_y, of.in, of.height + more, of.width + more);
    const torch::Tensor grad_x = std::get<0>(
        at::convolution_backward(grad_y, like_x, weight, {of.out}, {stride, stride}, {padding, padding},
                                 {1, 1}, false, {0, 0}, 1, {true, false, false}));
    return more == 0 ? grad_x : channels_last(grad_x.slice(2, 0, of.height).slice(3, 0, of.width));
}

struct HalvingFunction : torch::autograd::Function<HalvingFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias_given,
                                 std::int64_t padding) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const torch::Tensor x = channels_last(x_given), weight = weight_given.contiguous(),
                            bias = bias_given.contiguous();
        context->save_for_backward({x, weight});
        context->saved_data["padding"] = padding;
        const auto way = x.scalar_type() == torch::kBFloat16 ? convolve : convolve_by_library;
        return way(Halving(x, weight.size(0), padding), x, weight, bias);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = channels_last(outputs[0]);
        const Halving of(x, weight.size(0), context->saved_data["padding"].toInt());
        const auto way = x.scalar_type() == torch::kBFloat16 ? gradient_of_x : gradient_by_library;
        GatherTask task = of.task();
        task.x = x.data_ptr();
        const GatheredSums sums = gathered_sums(task, x.size(0) * of.rows * of.columns, grad_y);
        return {way(of, grad_y, weight), sums.weight.permute({1, 2, 0}).contiguous().view(weight.sizes()),
                sums.bias, torch::Tensor()};
    }
};

} // namespace

bool has_halving_convolution(const torch::Tensor& x, std::int64_t out) {
    const bool halved = x.scalar_type() == torch::kBFloat16;
    const std::int64_t whole = halved ? 32 : loops().panel / 2;
    return has_loops(x) && x.size(1) % whole == 0 && out % whole == 0 && x.size(2) > 1 && x.size(3) > 1 &&
           (!halved || halves() != nullptr);
}

torch::Tensor halving_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias, std::int64_t padding) {
    return HalvingFunction::apply(x, weight, bias, padding);
}

} // namespace ddpm::network::kernels
