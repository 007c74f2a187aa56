// Sums over the rows of a matrix: what a bias's gradient is. First each block sums some rows, then the
// blocks' sums are summed, always in the same order.
#include "network/kernels/cuda/vector.cuh"

#include <algorithm>

namespace ddpm::network::kernels::cuda {
namespace {

constexpr int threads = 256, most_parts = 264;
constexpr int few_rows = 256; ///< float32 rows that one pass sums as quickly as two

/// blockIdx.y: which `threads` columns.
template <typename T, int V>
__global__ void some_rows_kernel(const T* __restrict__ x, float* __restrict__ partial, std::int64_t rows,
                                 int channels) {
    __shared__ float shared[threads * V];
    const int all = channels / V, first = static_cast<int>(blockIdx.y) * threads;
    const int columns = min(all - first, threads), lanes = threads / columns;
    const int column = static_cast<int>(threadIdx.x) % columns,
              lane = static_cast<int>(threadIdx.x) / columns;
    const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * lanes;
    float sum[V] = {};
    if (lane < lanes) {
        const T* from = x + (first + column) * V;
#pragma unroll 4
        for (std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * lanes + lane; row < rows;
             row += step) {
            float value[V];
            load<T, V>(from + row * channels, value);
#pragma unroll
            for (int i = 0; i < V; ++i)
                sum[i] += value[i];
        }
#pragma unroll
        for (int i = 0; i < V; ++i)
            shared[(lane * columns + column) * V + i] = sum[i];
    }
    __syncthreads();
    for (int c = static_cast<int>(threadIdx.x); c < columns * V; c += threads) {
        float total = 0;
        for (int i = 0; i < lanes; ++i)
            total += shared[i * columns * V + c];
        partial[static_cast<std::int64_t>(blockIdx.x) * channels + first * V + c] = total;
    }
}

/// A block: 32 columns, eight threads a column.
__global__ void all_rows_kernel(const float* __restrict__ x, float* __restrict__ sums, int rows,
                                int channels) {
    __shared__ float shared[8][33];
    const int c = static_cast<int>(blockIdx.x) * 32 + static_cast<int>(threadIdx.x);
    float sum = 0;
    if (c < channels) {
#pragma unroll 4
        for (int row = static_cast<int>(threadIdx.y); row < rows; row += 8)
            sum += x[static_cast<std::int64_t>(row) * channels + c];
    }
    shared[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0 || c >= channels) return;
    for (int i = 1; i < 8; ++i)
        sum += shared[i][threadIdx.x];
    sums[c] = sum;
}

} // namespace

int column_sum_parts(Type type, std::int64_t rows, std::int64_t channels) {
    if (type == Type::f32 && rows <= few_rows) return 0;
    const int v = widest_vector(type, channels);
    const std::int64_t lanes =
        std::max<std::int64_t>(1, threads / std::min<std::int64_t>(threads, channels / v));
    return static_cast<int>(std::clamp<std::int64_t>(rows / (4 * lanes), 1, most_parts));
}

void column_sums(Type type, const void* x, float* partial, float* sums, std::int64_t rows,
                 std::int64_t channels, cudaStream_t stream) {
    const int parts = column_sum_parts(type, rows, channels);
    const int v = widest_vector(type, channels);
    if (parts > 0) {
        const auto across = static_cast<unsigned>((channels / v + threads - 1) / threads);
        for_type(type, v, [&](auto access) {
            using T = typename decltype(access)::Value;
            constexpr int V = decltype(access)::width;
            some_rows_kernel<T, V><<<dim3(static_cast<unsigned>(parts), across), threads, 0, stream>>>(
                static_cast<const T*>(x), partial, rows, static_cast<int>(channels));
        });
    }
    const float* last = parts > 0 ? partial : static_cast<const float*>(x);
    all_rows_kernel<<<static_cast<unsigned>((channels + 31) / 32), dim3(32, 8), 0, stream>>>(
        last, sums, parts > 0 ? parts : static_cast<int>(rows), static_cast<int>(channels));
    check_launch("the sum of a bias's gradient");
}

} // namespace ddpm::network::kernels::cuda
