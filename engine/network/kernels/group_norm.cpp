#include "network/kernels/channels_last.h"
#include "network/kernels/dropout_mask.h"
#include "network/kernels/fused.h"
#include "network/kernels/loops.h"
#include "network/kernels/on_device.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

namespace ddpm::network::kernels {
namespace {

/// One task for each example; where there are fewer examples than threads, ranges of groups.
void each_task(const NormTensors& norm, void (*run)(const NormTask&)) {
    const torch::Tensor& x = norm.x;
    const std::int64_t examples = x.size(0), C = x.size(1), pixels = x.size(2) * x.size(3);
    const auto bytes = static_cast<std::int64_t>(x.element_size());
    const std::int64_t threads = at::get_num_threads();
    // Pieces narrower than a cache line would make two threads write to the same one.
    const std::int64_t widest = std::max<std::int64_t>(1, C * bytes / 128);
    const std::int64_t pieces = examples >= threads || pixels * C < 4096
                                    ? 1
                                    : std::min({norm.groups, widest, (threads + examples - 1) / examples});
    const Mask mask = seeded_mask_of(norm.finish.dropout);
    const auto example_of = [&](const torch::Tensor& pictures, std::int64_t n) -> char* {
        return pictures.defined() ? static_cast<char*>(pictures.data_ptr()) + n * pixels * C * bytes
                                  : nullptr;
    };
    const auto row_of = [](const torch::Tensor& rows, std::int64_t n) -> float* {
        return rows.defined() ? rows.data_ptr<float>() + n * rows.stride(0) : nullptr;
    };
    at::parallel_for(0, examples * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> factor(static_cast<std::size_t>(4 * C));
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t n = i / pieces, piece = i % pieces;
            NormTask task;
            task.x = example_of(x, n);
            task.shift = row_of(norm.shift, n);
            task.weight = norm.weight.data_ptr<float>();
            task.bias = norm.bias.data_ptr<float>();
            task.mean = row_of(norm.mean, n);
            task.rstd = row_of(norm.rstd, n);
            task.factor = factor.data();
            task.pixels = pixels;
            task.channels = C;
            task.groups = norm.groups;
            task.first_group = norm.groups * piece / pieces;
            task.last_group = norm.groups * (piece + 1) / pieces;
            task.position = static_cast<std::uint32_t>(n * pixels * C);
            task.eps = static_cast<float>(norm.eps);
            task.silu = norm.finish.silu;
            task.mask = mask;
            task.y = example_of(norm.y, n);
            task.grad_y = example_of(norm.grad_y, n);
            task.grad_beside = example_of(norm.grad_beside, n);
            task.grad_x = example_of(norm.grad_x, n);
            task.grad_shift = row_of(norm.grad_shift, n);
            task.grad_weight = row_of(norm.grad_weight, n);
            task.grad_bias = row_of(norm.grad_bias, n);
            run(task);
        }
    });
}

void run_forward(const NormTensors& norm) {
    if (norm.x.is_cuda()) return device::norm_forward(norm);
    const bool f32 = norm.x.scalar_type() == torch::kFloat32;
    each_task(norm, f32 ? loops().norm_forward_f32 : loops().norm_forward_bf16);
}

void run_backward(const NormTensors& norm) {
    if (norm.x.is_cuda()) return device::norm_backward(norm);
    const bool f32 = norm.x.scalar_type() == torch::kFloat32;
    each_task(norm, f32 ? loops().norm_backward_f32 : loops().norm_backward_bf16);
}

/// apply() takes no undefined tensor: an empty one stands for it.
torch::Tensor or_empty(const torch::Tensor& x) {
    return x.defined() ? x : torch::empty({0});
}
torch::Tensor or_undefined(const torch::Tensor& x) {
    return x.dim() == 1 && x.numel() == 0 ? torch::Tensor() : x;
}

/// Returns x as well, so that what is done with it beside the norm hands its gradient to backward().
struct GroupNormFunction : torch::autograd::Function<GroupNormFunction> {
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                  const torch::Tensor& x, const torch::Tensor& shift,
                                                  const torch::Tensor& weight, const torch::Tensor& bias,
                                                  std::int64_t groups, double eps, bool silu,
                                                  double probability, const torch::Tensor& seed) {
        RECORD_FUNCTION("ddpm::group_norm", std::vector<c10::IValue>());
        context->set_materialize_grads(false); // no zeros for an x that nobody uses beside
        NormTensors norm;
        norm.x = x.contiguous(at::MemoryFormat::ChannelsLast);
        norm.shift = or_undefined(shift.contiguous());
        norm.weight = weight;
        norm.bias = bias;
        norm.mean = torch::empty({x.size(0), groups}, weight.options());
        norm.rstd = torch::empty_like(norm.mean);
        norm.groups = groups;
        norm.eps = eps;
        norm.finish = {silu, {probability, seed}};
        norm.y = torch::empty_like(norm.x);
        run_forward(norm);
        context->save_for_backward({norm.x, or_empty(norm.shift), weight, bias, norm.mean, norm.rstd, seed});
        context->saved_data["groups"] = groups;
        context->saved_data["eps"] = eps;
        context->saved_data["silu"] = silu;
        context->saved_data["probability"] = probability;
        return {norm.y, x};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::group_norm_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        NormTensors norm;
        norm.x = saved[0];
        norm.shift = or_undefined(saved[1]);
        norm.weight = saved[2];
        norm.bias = saved[3];
        norm.mean = saved[4];
        norm.rstd = saved[5];
        norm.groups = context->saved_data["groups"].toInt();
        norm.eps = context->saved_data["eps"].toDouble();
        norm.finish = {context->saved_data["silu"].toBool(),
                       {context->saved_data["probability"].toDouble(), saved[6]}};
        if (!outputs[0].defined()) return {outputs[1], {}, {}, {}, {}, {}, {}, {}, {}};
        norm.grad_y = outputs[0].contiguous(at::MemoryFormat::ChannelsLast);
        norm.grad_x = torch::empty_like(norm.x);
        // Each example writes its own share, so that the sums do not depend on the threads.
        const std::int64_t C = norm.x.size(1);
        const torch::Tensor shares = torch::empty({norm.x.size(0), 2 * C}, norm.weight.options());
        norm.grad_weight = shares.narrow(1, 0, C);
        norm.grad_bias = shares.narrow(1, C, C);
        if (norm.shift.defined()) norm.grad_shift = torch::empty_like(norm.shift);
        if (outputs[1].defined()) norm.grad_beside = outputs[1].contiguous(at::MemoryFormat::ChannelsLast);
        run_backward(norm);
        const torch::Tensor sums = norm.x.is_cuda() ? device::column_sums(shares, 2 * C) : shares.sum(0);
        return {norm.grad_x, norm.grad_shift, sums.narrow(0, 0, C), sums.narrow(0, C, C), {}, {}, {}, {}, {}};
    }
};

/// The mask's factors, [N, C, H, W] float64: the hash of loops.inc, in integers of 64 bits.
torch::Tensor kept(const Dropout& dropout, const torch::Tensor& like) {
    constexpr std::int64_t word = 0xffffffff;
    const Mask mask = mask_of(dropout);
    const torch::Tensor seed = dropout.seed.to(like.device());
    torch::Tensor h = torch::arange(like.numel(), seed.options());
    h = (h + seed) & word;
    h = h ^ torch::bitwise_right_shift(h, 16);
    h = (h * 0x7feb352d) & word;
    h = h ^ (torch::bitwise_right_shift(seed, 32) & word);
    h = h ^ torch::bitwise_right_shift(h, 15);
    h = (h * 0x846ca68bL) & word;
    h = h ^ torch::bitwise_right_shift(h, 16);
    return ((h >= static_cast<std::int64_t>(mask.drop_below)).to(torch::kFloat64) / (1 - dropout.probability))
        .view({like.size(0), like.size(2), like.size(3), like.size(1)})
        .permute({0, 3, 1, 2});
}

} // namespace

NormAndInput group_norm_beside(const torch::Tensor& x, const torch::Tensor& shift,
                               const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t groups,
                               double eps, const Finish& finish) {
    if (!has_loops(x) && !device::has_norm(x, groups))
        return {composed_group_norm(x, shift, weight, bias, groups, eps, finish), x};
    const auto both = GroupNormFunction::apply(x, or_empty(shift), weight, bias, groups, eps, finish.silu,
                                               finish.dropout.probability, or_empty(finish.dropout.seed));
    return {both[0], both[1]};
}

torch::Tensor group_norm(const torch::Tensor& x, const torch::Tensor& shift, const torch::Tensor& weight,
                         const torch::Tensor& bias, std::int64_t groups, double eps, const Finish& finish) {
    return group_norm_beside(x, shift, weight, bias, groups, eps, finish).y;
}

torch::Tensor composed_group_norm(const torch::Tensor& x, const torch::Tensor& shift,
                                  const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t groups,
                                  double eps, const Finish& finish) {
    torch::Tensor y = shift.defined() ? x + shift.to(x.scalar_type()).unsqueeze(2).unsqueeze(3) : x;
    y = torch::group_norm(y, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), eps);
    if (finish.silu) y = torch::silu(y);
    if (finish.dropout.probability <= 0) return y;
    return y * kept(finish.dropout, x).to(x.scalar_type());
}

} // namespace ddpm::network::kernels
