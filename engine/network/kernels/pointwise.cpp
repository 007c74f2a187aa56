#include "network/kernels/pointwise.h"

#include "network/kernels/gathered.h"
#include "network/kernels/halves.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

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
        const GatheredSums sums = gathered_sums(task, task.width, grad_y);
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

} // namespace

bool has_pointwise(const torch::Tensor& x, std::int64_t out) {
    constexpr std::int64_t block = 32; // of channels and of rows
    constexpr std::int64_t widest = 16384;
    const std::int64_t in = x.size(-1);
    return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && halves() != nullptr && in % block == 0 &&
           out % block == 0 && in * out <= widest && x.numel() / in >= block;
}

torch::Tensor pointwise(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
    return PointwiseFunction::apply(x, weight, bias);
}

} // namespace ddpm::network::kernels
