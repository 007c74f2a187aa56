// Copies and sums over whole pictures, a vector of channels a thread.
#include "network/kernels/cuda/vector.cuh"

#include <algorithm>

namespace ddpm::network::kernels::cuda {
namespace {

constexpr int threads = 256;

unsigned blocks_for(std::int64_t items) {
    return static_cast<unsigned>(std::clamp<std::int64_t>((items + threads - 1) / threads, 1, 132 * 64));
}

__device__ std::int64_t thread_index() {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ std::int64_t thread_count() {
    return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

/// Unit: what is copied at once. `a`, `b`: units a row.
template <typename Unit, bool together>
__global__ void join_kernel(Unit* __restrict__ a_rows, Unit* __restrict__ b_rows, Unit* __restrict__ both,
                            std::int64_t rows, int a, int b) {
    const int wide = a + b;
    for (std::int64_t i = thread_index(); i < rows * wide; i += thread_count()) {
        const std::int64_t row = i / wide;
        const int at = static_cast<int>(i - row * wide);
        Unit& apart = at < a ? a_rows[row * a + at] : b_rows[row * b + at - a];
        if (together)
            both[i] = apart;
        else
            apart = both[i];
    }
}

template <bool together>
void join(void* a, void* b, void* both, std::int64_t rows, std::int64_t bytes_a, std::int64_t bytes_b,
          cudaStream_t stream) {
    const auto run = [&](auto unit) {
        using Unit = decltype(unit);
        const auto size = static_cast<std::int64_t>(sizeof(Unit));
        const std::int64_t units_a = bytes_a / size, units_b = bytes_b / size;
        join_kernel<Unit, together><<<blocks_for(rows * (units_a + units_b)), threads, 0, stream>>>(
            static_cast<Unit*>(a), static_cast<Unit*>(b), static_cast<Unit*>(both), rows,
            static_cast<int>(units_a), static_cast<int>(units_b));
    };
    const std::int64_t all = bytes_a | bytes_b;
    if (all % 16 == 0)
        run(uint4{});
    else if (all % 4 == 0)
        run(unsigned{});
    else
        run(static_cast<unsigned short>(0));
    check_launch("the copy of channels");
}

template <typename T, int V>
__global__ void upsample_kernel(const T* __restrict__ x, T* __restrict__ y, std::int64_t pixels, int width,
                                int columns) {
    for (std::int64_t i = thread_index(); i < pixels * columns; i += thread_count()) {
        const std::int64_t pixel = i / columns, row = pixel / width;
        const std::int64_t column = i - pixel * columns, w = pixel - row * width;
        const std::int64_t pitch = static_cast<std::int64_t>(columns) * V;
        const Vector<T, V> value = *reinterpret_cast<const Vector<T, V>*>(x + i * V);
        T* corner = y + (row * 4 * width + 2 * w) * pitch + column * V;
        *reinterpret_cast<Vector<T, V>*>(corner) = value;
        *reinterpret_cast<Vector<T, V>*>(corner + pitch) = value;
        *reinterpret_cast<Vector<T, V>*>(corner + 2 * width * pitch) = value;
        *reinterpret_cast<Vector<T, V>*>(corner + (2 * width + 1) * pitch) = value;
    }
}

template <typename T, int V>
__global__ void add_four_kernel(const T* __restrict__ grad_y, T* __restrict__ grad_x, std::int64_t pixels,
                                int width, int columns) {
    for (std::int64_t i = thread_index(); i < pixels * columns; i += thread_count()) {
        const std::int64_t pixel = i / columns, row = pixel / width;
        const std::int64_t column = i - pixel * columns, w = pixel - row * width;
        const std::int64_t pitch = static_cast<std::int64_t>(columns) * V;
        const T* corner = grad_y + (row * 4 * width + 2 * w) * pitch + column * V;
        float a[V], b[V], c[V], d[V];
        load<T, V>(corner, a);
        load<T, V>(corner + pitch, b);
        load<T, V>(corner + 2 * width * pitch, c);
        load<T, V>(corner + (2 * width + 1) * pitch, d);
#pragma unroll
        for (int k = 0; k < V; ++k)
            a[k] = a[k] + b[k] + c[k] + d[k];
        store<T, V>(a, grad_x + i * V);
    }
}

template <typename T, int V>
__global__ void add_biased_kernel(const T* __restrict__ a_rows, const T* __restrict__ b_rows,
                                  const float* __restrict__ bias, T* __restrict__ y, std::int64_t rows,
                                  int columns) {
    for (std::int64_t i = thread_index(); i < rows * columns; i += thread_count()) {
        const auto column = static_cast<int>(i % columns);
        float a[V], b[V] = {};
        load<T, V>(a_rows + i * V, a);
        if (b_rows != nullptr) load<T, V>(b_rows + i * V, b);
#pragma unroll
        for (int k = 0; k < V; ++k)
            a[k] = a[k] + b[k] + bias[column * V + k];
        store<T, V>(a, y + i * V);
    }
}

} // namespace

void concat(const void* a, const void* b, void* both, std::int64_t rows, std::int64_t bytes_a,
            std::int64_t bytes_b, cudaStream_t stream) {
    join<true>(const_cast<void*>(a), const_cast<void*>(b), both, rows, bytes_a, bytes_b, stream);
}

void split(const void* both, void* a, void* b, std::int64_t rows, std::int64_t bytes_a, std::int64_t bytes_b,
           cudaStream_t stream) {
    join<false>(a, b, const_cast<void*>(both), rows, bytes_a, bytes_b, stream);
}

void upsample(Type type, const void* x, void* y, std::int64_t examples, std::int64_t height,
              std::int64_t width, std::int64_t channels, cudaStream_t stream) {
    const int v = widest_vector(type, channels);
    const std::int64_t pixels = examples * height * width;
    for_type(type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        upsample_kernel<T, V><<<blocks_for(pixels * channels / V), threads, 0, stream>>>(
            static_cast<const T*>(x), static_cast<T*>(y), pixels, static_cast<int>(width),
            static_cast<int>(channels / V));
    });
    check_launch("upsampling");
}

void add_four(Type type, const void* grad_y, void* grad_x, std::int64_t examples, std::int64_t height,
              std::int64_t width, std::int64_t channels, cudaStream_t stream) {
    const int v = widest_vector(type, channels);
    const std::int64_t pixels = examples * height * width;
    for_type(type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        add_four_kernel<T, V><<<blocks_for(pixels * channels / V), threads, 0, stream>>>(
            static_cast<const T*>(grad_y), static_cast<T*>(grad_x), pixels, static_cast<int>(width),
            static_cast<int>(channels / V));
    });
    check_launch("upsampling's gradient");
}

void add_biased(Type type, const void* a, const void* b, const float* bias, void* y, std::int64_t rows,
                std::int64_t channels, cudaStream_t stream) {
    const int v = widest_vector(type, channels);
    for_type(type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        add_biased_kernel<T, V><<<blocks_for(rows * channels / V), threads, 0, stream>>>(
            static_cast<const T*>(a), static_cast<const T*>(b), bias, static_cast<T*>(y), rows,
            static_cast<int>(channels / V));
    });
    check_launch("the sum with a bias");
}

} // namespace ddpm::network::kernels::cuda
