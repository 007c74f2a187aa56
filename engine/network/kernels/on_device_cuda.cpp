#include "network/kernels/cuda/launch.h"
#include "network/kernels/dropout_mask.h"
#include "network/kernels/on_device.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace ddpm::network::kernels::device {
namespace {

cudaStream_t stream_of(const torch::Tensor& x) {
    return c10::cuda::getCurrentCUDAStream(x.device().index()).stream();
}

cuda::Type type_of(const torch::Tensor& x) {
    return x.scalar_type() == torch::kFloat32 ? cuda::Type::f32 : cuda::Type::bf16;
}

std::int64_t rows_of(const torch::Tensor& pictures) {
    return pictures.size(0) * pictures.size(2) * pictures.size(3);
}

std::int64_t row_bytes(const torch::Tensor& pictures) {
    return pictures.size(1) * static_cast<std::int64_t>(pictures.element_size());
}

float* floats(const torch::Tensor& x) {
    return x.defined() ? x.data_ptr<float>() : nullptr;
}

cuda::Norm arguments_of(const NormTensors& norm) {
    cuda::Norm arguments;
    arguments.type = type_of(norm.x);
    arguments.x = norm.x.data_ptr();
    arguments.shift = floats(norm.shift);
    arguments.weight = floats(norm.weight);
    arguments.bias = floats(norm.bias);
    arguments.mean = floats(norm.mean);
    arguments.rstd = floats(norm.rstd);
    arguments.examples = norm.x.size(0);
    arguments.pixels = norm.x.size(2) * norm.x.size(3);
    arguments.channels = norm.x.size(1);
    arguments.groups = norm.groups;
    arguments.eps = static_cast<float>(norm.eps);
    arguments.silu = norm.finish.silu;
    if (norm.finish.dropout.probability > 0) {
        const Mask mask = mask_of(norm.finish.dropout);
        arguments.seed = norm.finish.dropout.seed.data_ptr<std::int64_t>();
        arguments.drop_below = mask.drop_below;
        arguments.scale = mask.scale;
    }
    if (norm.y.defined()) arguments.y = norm.y.data_ptr();
    if (norm.grad_y.defined()) {
        arguments.grad_y = norm.grad_y.data_ptr();
        arguments.grad_x = norm.grad_x.data_ptr();
        if (norm.grad_beside.defined()) arguments.grad_beside = norm.grad_beside.data_ptr();
        arguments.share_stride = norm.grad_weight.stride(0);
        arguments.grad_shift = floats(norm.grad_shift);
        arguments.grad_weight = floats(norm.grad_weight);
        arguments.grad_bias = floats(norm.grad_bias);
    }
    return arguments;
}

} // namespace

bool has(const torch::Tensor& x) {
    return x.is_cuda() && x.numel() > 0 &&
           (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

bool has_norm(const torch::Tensor& x, std::int64_t groups) {
    return has(x) && x.size(1) / groups <= cuda::widest_group;
}

void norm_forward(const NormTensors& norm) {
    const c10::cuda::CUDAGuard guard(norm.x.device());
    cuda::norm_forward(arguments_of(norm), stream_of(norm.x));
}

void norm_backward(const NormTensors& norm) {
    const c10::cuda::CUDAGuard guard(norm.x.device());
    cuda::norm_backward(arguments_of(norm), stream_of(norm.x));
}

void concat(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& both) {
    const c10::cuda::CUDAGuard guard(a.device());
    cuda::concat(a.data_ptr(), b.data_ptr(), both.data_ptr(), rows_of(a), row_bytes(a), row_bytes(b),
                 stream_of(a));
}

void split(const torch::Tensor& both, const torch::Tensor& a, const torch::Tensor& b) {
    const c10::cuda::CUDAGuard guard(both.device());
    cuda::split(both.data_ptr(), a.data_ptr(), b.data_ptr(), rows_of(a), row_bytes(a), row_bytes(b),
                stream_of(both));
}

void upsample(const torch::Tensor& x, const torch::Tensor& y) {
    const c10::cuda::CUDAGuard guard(x.device());
    cuda::upsample(type_of(x), x.data_ptr(), y.data_ptr(), x.size(0), x.size(2), x.size(3), x.size(1),
                   stream_of(x));
}

void add_four(const torch::Tensor& grad_y, const torch::Tensor& grad_x) {
    const c10::cuda::CUDAGuard guard(grad_y.device());
    cuda::add_four(type_of(grad_y), grad_y.data_ptr(), grad_x.data_ptr(), grad_x.size(0), grad_x.size(2),
                   grad_x.size(3), grad_x.size(1), stream_of(grad_y));
}

void add_biased(const torch::Tensor& a, const torch::Tensor& b, const torch::Tensor& bias,
                const torch::Tensor& y) {
    const c10::cuda::CUDAGuard guard(a.device());
    cuda::add_biased(type_of(a), a.data_ptr(), b.defined() ? b.data_ptr() : nullptr, floats(bias),
                     y.data_ptr(), rows_of(a), a.size(1), stream_of(a));
}

torch::Tensor column_sums(const torch::Tensor& x, std::int64_t channels) {
    const c10::cuda::CUDAGuard guard(x.device());
    const auto options = torch::TensorOptions(torch::kFloat32).device(x.device());
    const std::int64_t rows = x.numel() / channels;
    const torch::Tensor partial =
        torch::empty({cuda::column_sum_parts(type_of(x), rows, channels), channels}, options);
    torch::Tensor sums = torch::empty({channels}, options);
    cuda::column_sums(type_of(x), x.data_ptr(), floats(partial), floats(sums), rows, channels, stream_of(x));
    return sums;
}

void adam(const AdamTensors& adam) {
    const c10::cuda::CUDAGuard guard(adam.weights.device());
    cuda::Adam arguments;
    arguments.weights = floats(adam.weights);
    arguments.gradient = floats(adam.gradient);
    arguments.exp_avg = floats(adam.exp_avg);
    arguments.exp_avg_sq = floats(adam.exp_avg_sq);
    arguments.average = floats(adam.average);
    arguments.count = adam.weights.numel();
    arguments.beta1 = static_cast<float>(adam.beta1);
    arguments.beta2 = static_cast<float>(adam.beta2);
    arguments.eps = static_cast<float>(adam.eps);
    arguments.gradient_scale = floats(adam.gradient_scale);
    arguments.step_size = floats(adam.numbers);
    arguments.root_correction2 = floats(adam.numbers) + 1;
    arguments.decay = floats(adam.numbers) + 2;
    arguments.alive = adam.alive.data_ptr<bool>();
    cuda::adam(arguments, stream_of(adam.weights));
}

} // namespace ddpm::network::kernels::device
