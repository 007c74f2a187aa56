#include "network/kernels/linear.h"

#include "network/kernels/loops.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t least_rows = 128;

/// y ← x · matrix + bias. matrix: [in, out], or, `transposed`, [out, in]
void multiply(const torch::Tensor& x, const torch::Tensor& matrix, bool transposed, const float* bias,
              const torch::Tensor& y) {
    const std::int64_t in = x.size(-1), out = y.size(-1), rows = x.numel() / in, parts = parts_of_rows(rows);
    const torch::Tensor packed = torch::empty({in * in_whole_panels(out)}, x.options());
    loops().pack(matrix.data_ptr<float>(), in, out, transposed, packed.data_ptr<float>());
    each_part(parts, [&](std::int64_t part) {
        const std::int64_t first = share(rows, part, parts);
        LinearTask task;
        task.rows = share(rows, part + 1, parts) - first;
        task.in = in;
        task.out = out;
        task.x = x.data_ptr<float>() + first * in;
        task.weights = packed.data_ptr<float>();
        task.bias = bias;
        task.y = y.data_ptr<float>() + first * out;
        task.y_stride = out;
        loops().linear(task);
    });
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias) {
        RECORD_FUNCTION("ddpm::linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), weight = weight_given.contiguous();
        std::vector<std::int64_t> shape = x.sizes().vec();
        shape.back() = weight.size(0);
        const torch::Tensor y = torch::empty(shape, x.options());
        multiply(x, weight, true, bias.contiguous().data_ptr<float>(), y);
        context->save_for_backward({x, weight});
        context->saved_data["of_x"] = x_given.requires_grad();
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = outputs[0].contiguous();
        torch::Tensor grad_x;
        if (context->saved_data["of_x"].toBool()) {
            grad_x = torch::empty_like(x);
            multiply(grad_y, weight, false, nullptr, grad_x);
        }
        const std::int64_t in = weight.size(1), out = weight.size(0), rows = x.numel() / in,
                           parts = parts_of_rows(rows);
        const torch::Tensor sums = torch::empty({parts, out, in_whole_panels(in)}, x.options()),
                            bias_sums = torch::empty({parts, out}, x.options());
        each_part(parts, [&](std::int64_t part) {
            const std::int64_t first = share(rows, part, parts);
            LinearTask task;
            task.rows = share(rows, part + 1, parts) - first;
            task.in = in;
            task.out = out;
            task.x = x.data_ptr<float>() + first * in;
            task.y = grad_y.data_ptr<float>() + first * out;
            task.y_stride = out;
            task.sums = sums.data_ptr<float>() + part * out * in_whole_panels(in);
            task.bias_sums = bias_sums.data_ptr<float>() + part * out;
            loops().linear_weight_sums(task);
        });
        const torch::Tensor grad_weight = parts == 1 ? sums[0] : sums.sum(0);
        return {grad_x, grad_weight.narrow(1, 0, in), parts == 1 ? bias_sums[0] : bias_sums.sum(0)};
    }
};

} // namespace

bool has_linear(const torch::Tensor& x, const torch::Tensor& weight) {
    const std::int64_t vector = loops().panel / 2, in = weight.size(1), out = weight.size(0);
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 &&
           in % vector == 0 && out % vector == 0 && x.numel() / in >= least_rows;
}

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
    return LinearFunction::apply(x, weight, bias);
}

} // namespace ddpm::network::kernels
