#include "network/kernels/channels_last.h"
#include "network/kernels/dropout_mask.h"
#include "network/kernels/fused.h"
#include "network/kernels/loops.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace ddpm::network::kernels {
namespace {

struct Options {
    std::int64_t groups;
    double eps;
    Finish finish;
};

/// One task for each example; where there are fewer examples than threads, ranges of groups.
template <typename Prepare>
void each_task(const torch::Tensor& x, const torch::Tensor& shift, const torch::Tensor& weight,
               const torch::Tensor& bias, const torch::Tensor& mean, const torch::Tensor& rstd,
               const Options& options, void (*run)(const NormTask&), const Prepare& prepare) {
    const std::int64_t examples = x.size(0), C = x.size(1), pixels = x.size(2) * x.size(3);
    const std::int64_t bytes = static_cast<std::int64_t>(x.element_size());
    const std::int64_t threads = at::get_num_threads();
    // Pieces narrower than a cache line would make two threads write to the same one.
    const std::int64_t widest = std::max<std::int64_t>(1, C * bytes / 128);
    const std::int64_t pieces = examples >= threads || pixels * C < 4096
                                    ? 1
                                    : std::min({options.groups, widest, (threads + examples - 1) / examples});
    at::parallel_for(0, examples * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> factor(static_cast<std::size_t>(4 * C));
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t n = i / pieces, piece = i % pieces;
            NormTask task;
            task.x = static_cast<const char*>(x.data_ptr()) + n * pixels * C * bytes;
            if (shift.defined()) task.shift = shift.data_ptr<float>() + n * C;
            task.weight = weight.data_ptr<float>();
            task.bias = bias.data_ptr<float>();
            task.mean = mean.data_ptr<float>() + n * options.groups;
            task.rstd = rstd.data_ptr<float>() + n * options.groups;
            task.factor = factor.data();
            task.pixels = pixels;
            task.channels = C;
            task.groups = options.groups;
            task.first_group = options.groups * piece / pieces;
            task.last_group = options.groups * (piece + 1) / pieces;
            task.position = static_cast<std::uint32_t>(n * pixels * C);
            task.eps = static_cast<float>(options.eps);
            task.silu = options.finish.silu;
            task.mask = mask_of(options.finish.dropout);
            prepare(task, n, n * pixels * C * bytes);
            run(task);
        }
    });
}

struct GroupNormFunction : torch::autograd::Function<GroupNormFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& shift_given, const torch::Tensor& weight,
                                 const torch::Tensor& bias, std::int64_t groups, double eps, bool silu,
                                 double probability, std::int64_t seed) {
        RECORD_FUNCTION("ddpm::group_norm", std::vector<c10::IValue>());
        const Options options{groups, eps, {silu, {probability, static_cast<std::uint64_t>(seed)}}};
        const torch::Tensor x = x_given.contiguous(at::MemoryFormat::ChannelsLast);
        const torch::Tensor shift = shift_given.numel() > 0 ? shift_given.contiguous() : torch::Tensor();
        const torch::Tensor mean = torch::empty({x.size(0), groups}, torch::kFloat32),
                            rstd = torch::empty_like(mean);
        torch::Tensor y = torch::empty_like(x);
        const Loops& chosen = loops();
        each_task(x, shift, weight, bias, mean, rstd, options,
                  x.scalar_type() == torch::kFloat32 ? chosen.norm_forward_f32 : chosen.norm_forward_bf16,
                  [&](NormTask& task, std::int64_t, std::int64_t offset) {
                      task.y = static_cast<char*>(y.data_ptr()) + offset;
                  });
        context->save_for_backward({x, shift, weight, bias, mean, rstd});
        context->saved_data["groups"] = groups;
        context->saved_data["eps"] = eps;
        context->saved_data["silu"] = silu;
        context->saved_data["probability"] = probability;
        context->saved_data["seed"] = seed;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::group_norm_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &shift = saved[1], &weight = saved[2], &bias = saved[3],
                            &mean = saved[4], &rstd = saved[5];
        const Options options{context->saved_data["groups"].toInt(),
                              context->saved_data["eps"].toDouble(),
                              {context->saved_data["silu"].toBool(),
                               {context->saved_data["probability"].toDouble(),
                                static_cast<std::uint64_t>(context->saved_data["seed"].toInt())}}};
        const torch::Tensor grad_y = outputs[0].contiguous(at::MemoryFormat::ChannelsLast);
        const std::int64_t examples = x.size(0), C = x.size(1);
        torch::Tensor grad_x = torch::empty_like(x);
        // [2, N, C]: each example writes its own share, so that the sum does not depend on the threads.
        const torch::Tensor shares = torch::empty({2, examples, C}, weight.options());
        const torch::Tensor grad_shift = shift.defined() ? torch::empty_like(shift) : torch::Tensor();
        const Loops& chosen = loops();
        each_task(x, shift, weight, bias, mean, rstd, options,
                  x.scalar_type() == torch::kFloat32 ? chosen.norm_backward_f32 : chosen.norm_backward_bf16,
                  [&](NormTask& task, std::int64_t n, std::int64_t offset) {
                      task.grad_y = static_cast<const char*>(grad_y.data_ptr()) + offset;
                      task.grad_x = static_cast<char*>(grad_x.data_ptr()) + offset;
                      task.grad_weight = shares.data_ptr<float>() + n * C;
                      task.grad_bias = shares.data_ptr<float>() + (examples + n) * C;
                      if (grad_shift.defined()) task.grad_shift = grad_shift.data_ptr<float>() + n * C;
                  });
        const torch::Tensor sums = shares.sum(1);
        return {grad_x, grad_shift, sums[0], sums[1], {}, {}, {}, {}, {}};
    }
};

} // namespace

torch::Tensor group_norm(const torch::Tensor& x, const torch::Tensor& shift, const torch::Tensor& weight,
                         const torch::Tensor& bias, std::int64_t groups, double eps, const Finish& finish) {
    if (!has_loops(x)) return composed_group_norm(x, shift, weight, bias, groups, eps, finish);
    // apply() takes no undefined tensor: an empty one stands for "no shift".
    const torch::Tensor given = shift.defined() ? shift : torch::empty({0});
    return GroupNormFunction::apply(x, given, weight, bias, groups, eps, finish.silu,
                                    finish.dropout.probability,
                                    static_cast<std::int64_t>(finish.dropout.seed));
}

torch::Tensor composed_group_norm(const torch::Tensor& x, const torch::Tensor& shift,
                                  const torch::Tensor& weight, const torch::Tensor& bias, std::int64_t groups,
                                  double eps, const Finish& finish) {
    torch::Tensor y = shift.defined() ? x + shift.to(x.scalar_type()).unsqueeze(2).unsqueeze(3) : x;
    y = torch::group_norm(y, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), eps);
    if (finish.silu) y = torch::silu(y);
    if (finish.dropout.probability <= 0) return y;
    if (!x.is_cpu()) throw std::logic_error("the mask is made on the CPU");
    const Mask mask = mask_of(finish.dropout);
    torch::Tensor keep = torch::empty({x.size(0), x.size(2), x.size(3), x.size(1)}, torch::kFloat64);
    double* factor = keep.data_ptr<double>();
    for (std::int64_t i = 0; i < keep.numel(); ++i) {
        // The hash of loops.inc, a value at a time.
        auto h = static_cast<std::uint32_t>(i) + mask.seed_low;
        h ^= h >> 16;
        h *= 0x7feb352dU;
        h ^= mask.seed_high;
        h ^= h >> 15;
        h *= 0x846ca68bU;
        h ^= h >> 16;
        factor[i] = h >= mask.drop_below ? 1 / (1 - finish.dropout.probability) : 0;
    }
    return y * keep.permute({0, 3, 1, 2}).to(x.scalar_type());
}

} // namespace ddpm::network::kernels
