// Adam (Kingma & Ba 2015), clipping and the moving average of the weights in one pass over memory.
#include "network/kernels/cuda/vector.cuh"

#include <algorithm>

namespace ddpm::network::kernels::cuda {
namespace {

constexpr int threads = 256, width = 4;

__global__ void adam_kernel(const Adam adam) {
    if (!*adam.alive) return; // the weights stay those of the last good step
    const float scale = *adam.gradient_scale, step_size = *adam.step_size,
                root_correction2 = *adam.root_correction2, decay = *adam.decay;
    const std::int64_t count = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
    for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
         i < adam.count / width; i += count) {
        float w[width], g[width], m[width], v[width], average[width] = {};
        load<float, width>(adam.weights + i * width, w);
        load<float, width>(adam.gradient + i * width, g);
        load<float, width>(adam.exp_avg + i * width, m);
        load<float, width>(adam.exp_avg_sq + i * width, v);
        if (adam.average != nullptr) load<float, width>(adam.average + i * width, average);
#pragma unroll
        for (int k = 0; k < width; ++k) {
            const float gradient = g[k] * scale;
            m[k] += (gradient - m[k]) * (1.0F - adam.beta1);
            v[k] = v[k] * adam.beta2 + gradient * gradient * (1.0F - adam.beta2);
            w[k] -= step_size * m[k] / (sqrtf(v[k]) / root_correction2 + adam.eps);
            average[k] += (w[k] - average[k]) * (1.0F - decay);
        }
        store<float, width>(w, adam.weights + i * width);
        store<float, width>(m, adam.exp_avg + i * width);
        store<float, width>(v, adam.exp_avg_sq + i * width);
        if (adam.average != nullptr) store<float, width>(average, adam.average + i * width);
    }
}

} // namespace

void adam(const Adam& adam, cudaStream_t stream) {
    const std::int64_t blocks = (adam.count / width + threads - 1) / threads;
    adam_kernel<<<static_cast<unsigned>(std::clamp<std::int64_t>(blocks, 1, 132 * 32)), threads, 0, stream>>>(
        adam);
    check_launch("Adam");
}

} // namespace ddpm::network::kernels::cuda
