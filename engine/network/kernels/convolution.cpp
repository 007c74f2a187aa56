#include "network/kernels/convolution.h"

#include "network/kernels/channels_last.h"
#include "network/kernels/convolution_ways.h"

#include <ATen/record_function.h>

namespace ddpm::network::kernels {
namespace {

struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
    /// beside: empty where there is nothing
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& weight_given, const torch::Tensor& bias_given,
                                 const torch::Tensor& beside_given) {
        RECORD_FUNCTION("ddpm::convolution", std::vector<c10::IValue>());
        const bool two = beside_given.dim() == 4;
        const torch::Tensor x = channels_last(x_given), weight = weight_given.contiguous(),
                            bias = bias_given.contiguous();
        const torch::Tensor y = empty_pictures(x, weight.size(0), x.size(2), x.size(3));
        const torch::Tensor beside = two ? channels_last(beside_given) : torch::Tensor();
        (has_tiles(x, weight.size(0)) ? convolve_by_tiles : convolve_by_winograd)(
            x, weight, false, bias.data_ptr<float>(), beside, y);
        context->save_for_backward({x, weight});
        context->saved_data["two"] = two;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::convolution_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &weight = saved[1], grad_y = channels_last(outputs[0]),
                            grad_x = torch::empty_like(x);
        const bool tiles = has_tiles(x, weight.size(0));
        (tiles ? convolve_by_tiles : convolve_by_winograd)(grad_y, weight, true, nullptr, {}, grad_x);
        const WeightGradients gradients =
            (tiles ? weight_gradients_by_tiles : weight_gradients_by_winograd)(x, grad_y);
        return {grad_x, gradients.weight, gradients.bias,
                context->saved_data["two"].toBool() ? grad_y : torch::Tensor()};
    }
};

} // namespace

bool has_convolution(const torch::Tensor& x, std::int64_t out) {
    return has_tiles(x, out) || has_winograd(x, out);
}

torch::Tensor convolve_3x3(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const torch::Tensor& beside) {
    return ConvolutionFunction::apply(x, weight, bias, beside.defined() ? beside : torch::empty({0}));
}

} // namespace ddpm::network::kernels
