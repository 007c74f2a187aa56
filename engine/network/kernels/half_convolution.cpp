#include "network/kernels/half_convolution.h"

#include "network/kernels/channels_last.h"
#include "network/kernels/halves.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t block = 32; ///< channels and pixels of a product

bool fit_halves(const torch::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && x.numel() > 0 && halves() != nullptr;
}

/// Into how many parts `count` things are worth dividing, `least` of them at least in each.
std::int64_t parts_of(std::int64_t count, std::int64_t least) {
    return std::clamp<std::int64_t>(count / least, 1, at::get_num_threads());
}

/// run(task) with each thread's share of `points`.
template <typename Run>
void each_share(const GatherTask& all, std::int64_t points, std::int64_t parts, bool for_sums,
                const Run& run) {
    each_part(parts, [&](std::int64_t part) {
        GatherTask task = all;
        task.first_point = share(points, part, parts);
        task.last_point = share(points, part + 1, parts);
        task.scratch = scratch_bytes(halves()->gather_scratch(task, for_sums));
        run(task, part);
    });
}

/// y ← what the points see · packed
void gather_all(const GatherTask& all, std::int64_t points) {
    each_share(all, points, parts_of(points, block), false,
               [](const GatherTask& task, std::int64_t) { halves()->gather(task); });
}

struct Sums {
    torch::Tensor weight, bias; ///< [taps, out, in], [out] float32
};

/// Over all points. grad_y: [points, out] bfloat16
Sums sum_all(const GatherTask& all, std::int64_t points, const torch::Tensor& grad_y) {
    const std::int64_t of_weight = all.taps * all.out * all.in, parts = parts_of(points, 4 * block);
    const torch::TensorOptions options(torch::kFloat32);
    const torch::Tensor sums = torch::empty({parts, all.taps, all.out, all.in}, options),
                        bias_sums = torch::empty({parts, all.out}, options);
    each_share(all, points, parts, true, [&](GatherTask task, std::int64_t part) {
        task.grad_y = grad_y.data_ptr();
        task.sums = sums.data_ptr<float>() + part * of_weight;
        task.bias_sums = bias_sums.data_ptr<float>() + part * all.out;
        halves()->gather_sums(task);
    });
    if (parts == 1) return {sums[0], bias_sums[0]};
    return {sums.sum(0), bias_sums.sum(0)};
}

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

struct HalvingFunction : torch::autograd::Function<HalvingFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias_given,
                                 std::int64_t padding) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const torch::Tensor x = channels_last(x_given), weight = weight_given.contiguous(),
                            bias = bias_given.contiguous();
        const Halving of(x, weight.size(0), padding);
        const torch::Tensor y = empty_pictures(x, of.out, of.rows, of.columns);
        GatherTask task = of.task();
        const torch::Tensor packed = packed_weights(task, weight, false);
        task.x = x.data_ptr();
        task.weights = packed.data_ptr();
        task.bias = bias.data_ptr<float>();
        task.y = y.data_ptr();
        gather_all(task, x.size(0) * of.rows * of.columns);
        context->save_for_backward({x, weight});
        context->saved_data["padding"] = padding;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = channels_last(outputs[0]),
                            grad_x = torch::empty_like(x);
        const Halving of(x, weight.size(0), context->saved_data["padding"].toInt());
        for (const std::int64_t row : {0, 1})
            for (const std::int64_t column : {0, 1}) {
                GatherTask task = of.back(row, column);
                const torch::Tensor packed = packed_weights(task, weight, true);
                task.x = grad_y.data_ptr();
                task.weights = packed.data_ptr();
                task.y = grad_x.data_ptr();
                gather_all(task, x.size(0) * task.rows * task.columns);
            }
        GatherTask task = of.task();
        task.x = x.data_ptr();
        const Sums sums = sum_all(task, x.size(0) * of.rows * of.columns, grad_y);
        return {grad_x, sums.weight.permute({1, 2, 0}).contiguous().view(weight.sizes()), sums.bias,
                torch::Tensor()};
    }
};

/// Rows as one picture of one row.
GatherTask pointwise_task(const torch::Tensor& x, std::int64_t out) {
    GatherTask task;
    task.x = x.data_ptr();
    task.in = x.size(-1);
    task.out = out;
    task.height = task.rows = task.y_height = 1;
    task.width = task.columns = task.y_width = x.numel() / task.in;
    task.taps = 1;
    return task;
}

struct PointwiseFunction : torch::autograd::Function<PointwiseFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias_given) {
        RECORD_FUNCTION("ddpm::linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), weight = weight_given.contiguous(),
                            bias = bias_given.contiguous();
        std::vector<std::int64_t> shape = x.sizes().vec();
        shape.back() = weight.size(0);
        const torch::Tensor y = torch::empty(shape, x.options());
        multiply(x, weight, false, bias.data_ptr<float>(), y);
        context->save_for_backward({x, weight});
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = outputs[0].contiguous(),
                            grad_x = torch::empty_like(x);
        multiply(grad_y, weight, true, nullptr, grad_x);
        const GatherTask task = pointwise_task(x, weight.size(0));
        const Sums sums = sum_all(task, task.width, grad_y);
        return {grad_x, sums.weight[0], sums.bias};
    }

private:
    static void multiply(const torch::Tensor& x, const torch::Tensor& weight, bool for_gradient,
                         const float* bias, const torch::Tensor& y) {
        GatherTask task = pointwise_task(x, y.size(-1));
        const torch::Tensor packed = torch::empty({task.in * task.out}, x.options());
        halves()->pack(weight.data_ptr<float>(), task.in, task.out, for_gradient, packed.data_ptr());
        task.weights = packed.data_ptr();
        task.bias = bias;
        task.y = y.data_ptr();
        gather_all(task, task.width);
    }
};

NarrowTask narrow_task(const torch::Tensor& x, std::int64_t out) {
    NarrowTask task;
    task.x = x.data_ptr();
    task.height = x.size(2);
    task.width = x.size(3);
    task.in = x.size(1);
    task.out = out;
    return task;
}

struct NarrowFunction : torch::autograd::Function<NarrowFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias_given) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const torch::Tensor x = channels_last(x_given), weight = weight_given.contiguous(),
                            bias = bias_given.contiguous();
        const std::int64_t in = x.size(1), out = weight.size(0);
        // [9 · out, in], and what fills up to 32 rows
        const torch::Tensor rows = torch::zeros({block, in}, weight.options()),
                            packed = torch::empty({block * in}, x.options());
        rows.narrow(0, 0, 9 * out).view({3, 3, out, in}).copy_(weight.permute({2, 3, 0, 1}));
        halves()->pack(rows.data_ptr<float>(), in, block, false, packed.data_ptr());
        const torch::Tensor y = torch::empty({x.size(0), out, x.size(2), x.size(3)},
                                             weight.options().memory_format(at::MemoryFormat::ChannelsLast));
        NarrowTask all = narrow_task(x, out);
        all.weights = packed.data_ptr();
        all.bias = bias.data_ptr<float>();
        all.y = y.data_ptr<float>();
        const std::int64_t count = x.size(0) * x.size(2), parts = parts_of(count, 8);
        each_part(parts, [&](std::int64_t part) {
            NarrowTask task = all;
            task.first_row = share(count, part, parts);
            task.last_row = share(count, part + 1, parts);
            task.scratch = scratch_bytes(halves()->narrow_scratch(task, false));
            halves()->narrow(task);
        });
        context->save_for_backward({x, weight});
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1],
                            grad_y = channels_last(outputs[0].to(torch::kBFloat16));
        const std::int64_t in = x.size(1), out = weight.size(0);
        // The library is good at this one.
        const torch::Tensor grad_x =
            std::get<0>(at::convolution_backward(grad_y, x, weight.to(torch::kBFloat16), {out}, {1, 1},
                                                 {1, 1}, {1, 1}, false, {0, 0}, 1, {true, false, false}));
        NarrowTask all = narrow_task(x, out);
        all.grad_y = grad_y.data_ptr();
        const std::int64_t count = x.size(0) * x.size(2), parts = parts_of(count, 8);
        const torch::Tensor sums = torch::empty({parts, block, in}, weight.options());
        each_part(parts, [&](std::int64_t part) {
            NarrowTask task = all;
            task.first_row = share(count, part, parts);
            task.last_row = share(count, part + 1, parts);
            task.sums = sums.data_ptr<float>() + part * block * in;
            task.scratch = scratch_bytes(halves()->narrow_scratch(task, true));
            halves()->narrow_sums(task);
        });
        const torch::Tensor grad_weight = sums.sum(0).narrow(0, 0, 9 * out).view({9, out, in});
        return {grad_x, grad_weight.permute({1, 2, 0}).contiguous().view(weight.sizes()),
                outputs[0].sum({0, 2, 3})};
    }
};

} // namespace

bool has_halving_convolution(const torch::Tensor& x, std::int64_t out) {
    return fit_halves(x) && x.size(1) % block == 0 && out % block == 0 && x.size(2) > 1 && x.size(3) > 1;
}

torch::Tensor halving_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias, std::int64_t padding) {
    return HalvingFunction::apply(x, weight, bias, padding);
}

bool has_pointwise(const torch::Tensor& x, std::int64_t out) {
    return fit_halves(x) && x.size(-1) % block == 0 && out % block == 0 && x.numel() / x.size(-1) >= block;
}

torch::Tensor pointwise(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
    return PointwiseFunction::apply(x, weight, bias);
}

bool has_narrow_convolution(const torch::Tensor& x, std::int64_t out) {
    return fit_halves(x) && x.size(1) % block == 0 && 9 * out <= block && x.size(2) * x.size(3) >= block;
}

torch::Tensor narrow_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias) {
    return NarrowFunction::apply(x, weight, bias);
}

} // namespace ddpm::network::kernels
