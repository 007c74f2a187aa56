// One block: one example and a slab of its channels, whole groups. Memory is passed over twice, the second time
// out of the cache: once for the sums, once for the result.
#include "network/kernels/cuda/vector.cuh"

#include <algorithm>

namespace ddpm::network::kernels::cuda {
namespace {

constexpr int lanes = 32;
constexpr int most_threads = 256; ///< a group of widest_group channels, a channel a thread

/// How the threads of a block share a slab: every thread has one column of V channels, in every so-many-th row
/// (pixel). Columns lie side by side in a warp; where there are more than lanes, several warps share a row.
struct Plan {
    int slab = 0;    ///< channels
    int slabs = 0;   ///< blocks an example
    int columns = 0; ///< slab / V
    int span = 0;    ///< columns a warp has
    int chunks = 0;  ///< warps a row needs
    int rows = 0;    ///< rows a warp has at once
    int parts = 0;   ///< warps with the same columns
    int threads = 0;
};

Plan plan_for(const Norm& norm, int v) {
    const int size = norm.type == Type::f32 ? 4 : 2;
    const int channels = static_cast<int>(norm.channels), groups = static_cast<int>(norm.groups);
    const int wide = channels / groups; // channels a group
    // Segments of 64 bytes use memory well; smaller ones where there would be few blocks, wider ones where a
    // block would have little to do.
    const auto fits = [&](int count) { return groups % count == 0 && wide * count % v == 0; };
    int count = 1;
    while (count < groups && !fits(count))
        ++count;
    const auto blocks = [&](int c) { return norm.examples * (groups / c); };
    for (int next = 2 * count; next <= groups && fits(next); next *= 2) {
        const std::int64_t vectors = norm.pixels * wide * next / v;
        const bool narrow_segment = wide * count * size < 64, little = vectors <= 512;
        if (!(narrow_segment || little) || (blocks(next) < 264 && !(little && vectors <= 128))) break;
        count = next;
    }
    Plan plan;
    plan.slab = wide * count;
    plan.slabs = groups / count;
    plan.columns = plan.slab / v;
    plan.span = std::min(plan.columns, lanes);
    plan.chunks = (plan.columns + plan.span - 1) / plan.span;
    plan.rows = lanes / plan.span;
    const std::int64_t most = std::max<std::int64_t>(1, (norm.pixels + plan.rows - 1) / plan.rows);
    plan.parts = static_cast<int>(std::clamp<std::int64_t>(most, 1, std::max(1, 8 / plan.chunks)));
    plan.threads = lanes * plan.chunks * plan.parts;
    return plan;
}

/// The thread's place in a plan.
struct Place {
    int column, row, step, part, lane_row;
    bool works;
};

__device__ Place place_in(const Plan& plan) {
    const int lane = static_cast<int>(threadIdx.x) % lanes, warp = static_cast<int>(threadIdx.x) / lanes;
    Place place;
    place.lane_row = lane / plan.span;
    place.column = warp % plan.chunks * plan.span + lane % plan.span;
    place.part = warp / plan.chunks;
    place.works = place.lane_row < plan.rows && place.column < plan.columns;
    place.row = place.part * plan.rows + place.lane_row;
    place.step = plan.parts * plan.rows;
    return place;
}

/// Sums over the rows of a warp into the lanes of its first row.
template <int V> __device__ void sum_rows(float (&sum)[V], const Plan& plan, int lane_row) {
    int r = 1;
    while (2 * r < plan.rows)
        r *= 2;
    for (; r >= 1 && plan.rows > 1; r /= 2) {
#pragma unroll
        for (int i = 0; i < V; ++i) {
            const float other = __shfl_down_sync(0xffffffffU, sum[i], static_cast<unsigned>(r * plan.span));
            if (lane_row < r && lane_row + r < plan.rows) sum[i] += other;
        }
    }
}

template <typename T, int V>
__global__ void __launch_bounds__(most_threads, 4) forward_kernel(const Norm norm, const Plan plan) {
    extern __shared__ float shared[];
    const int slab = static_cast<int>(blockIdx.x) % plan.slabs;
    const std::int64_t n = blockIdx.x / plan.slabs;
    const int first = slab * plan.slab, channels = static_cast<int>(norm.channels);
    const int pixels = static_cast<int>(norm.pixels);
    const std::int64_t offset = n * pixels * channels + first;
    const T* __restrict__ x = static_cast<const T*>(norm.x) + offset;
    const Place place = place_in(plan);
    float* sums = shared;                                // [parts, slab]
    float* squares = sums + plan.parts * plan.slab;      // [parts, slab]
    float* mean_of = squares + plan.parts * plan.slab;   // [slab]: of a channel, shift included
    float* spread_of = mean_of + plan.slab;              // [slab]: sum of squares around it
    float* mean = spread_of + plan.slab;                 // [groups of the slab]
    const int wide = channels / static_cast<int>(norm.groups), groups = plan.slab / wide;
    float* rstd = mean + groups;

    // Around the channel's first value, so that nothing cancels far from zero.
    float pivot[V] = {}, sum[V] = {}, square[V] = {};
    if (place.works) {
        load<T, V>(x + place.column * V, pivot);
#pragma unroll 4
        for (int p = place.row; p < pixels; p += place.step) {
            float value[V];
            load<T, V>(x + static_cast<std::int64_t>(p) * channels + place.column * V, value);
#pragma unroll
            for (int i = 0; i < V; ++i) {
                const float d = value[i] - pivot[i];
                sum[i] += d;
                square[i] += d * d;
            }
        }
    }
    sum_rows<V>(sum, plan, place.lane_row);
    sum_rows<V>(square, plan, place.lane_row);
    if (place.works && place.lane_row == 0) {
#pragma unroll
        for (int i = 0; i < V; ++i) {
            sums[place.part * plan.slab + place.column * V + i] = sum[i];
            squares[place.part * plan.slab + place.column * V + i] = square[i];
        }
    }
    __syncthreads();
    const float count = static_cast<float>(pixels);
    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        float s = 0, q = 0;
        for (int part = 0; part < plan.parts; ++part) {
            s += sums[part * plan.slab + c];
            q += squares[part * plan.slab + c];
        }
        const float shift = norm.shift != nullptr ? norm.shift[n * channels + first + c] : 0.0F;
        mean_of[c] = widened(x[c]) + s / count + shift;
        spread_of[c] = fmaxf(q - s * (s / count), 0.0F);
        if (isnan(q)) spread_of[c] = q;
    }
    __syncthreads();
    for (int g = static_cast<int>(threadIdx.x); g < groups; g += static_cast<int>(blockDim.x)) {
        float m = 0, spread = 0;
        for (int c = g * wide; c < (g + 1) * wide; ++c)
            m += mean_of[c];
        m /= static_cast<float>(wide);
        for (int c = g * wide; c < (g + 1) * wide; ++c) {
            const float d = mean_of[c] - m;
            spread += spread_of[c] + count * d * d;
        }
        mean[g] = m;
        rstd[g] = rsqrtf(spread / (count * static_cast<float>(wide)) + norm.eps);
        const std::int64_t at = n * norm.groups + first / wide + g;
        norm.mean[at] = mean[g];
        norm.rstd[at] = rstd[g];
    }
    __syncthreads();
    if (!place.works) return;
    float factor[V], constant[V];
#pragma unroll
    for (int i = 0; i < V; ++i) {
        const int c = place.column * V + i, g = c / wide;
        const float shift = norm.shift != nullptr ? norm.shift[n * channels + first + c] : 0.0F;
        factor[i] = norm.weight[first + c] * rstd[g];
        constant[i] = norm.bias[first + c] + (shift - mean[g]) * factor[i];
    }
    std::uint32_t seed_low = 0, seed_high = 0;
    if (norm.seed != nullptr) {
        seed_low = static_cast<std::uint32_t>(*norm.seed);
        seed_high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*norm.seed) >> 32);
    }
    T* __restrict__ y = static_cast<T*>(norm.y) + offset;
#pragma unroll 4
    for (int p = place.row; p < pixels; p += place.step) {
        const std::int64_t at = static_cast<std::int64_t>(p) * channels + place.column * V;
        float value[V];
        load<T, V>(x + at, value);
#pragma unroll
        for (int i = 0; i < V; ++i) {
            float u = value[i] * factor[i] + constant[i];
            if (norm.silu) u = __fdividef(u, 1.0F + __expf(-u));
            if (norm.seed != nullptr)
                u *= keep(static_cast<std::uint32_t>(offset + at + i), seed_low, seed_high, norm.drop_below,
                          norm.scale);
            value[i] = u;
        }
        store<T, V>(value, y + at);
    }
}

/// du: the gradient at the normalised and scaled value, before SiLU and dropout.
template <int V>
__device__ void gradient_of(const Norm& norm, const float (&normal)[V], const float (&weight)[V],
                            const float (&bias)[V], std::int64_t at, std::uint32_t seed_low,
                            std::uint32_t seed_high, float (&du)[V]) {
#pragma unroll
    for (int i = 0; i < V; ++i) {
        if (norm.seed != nullptr)
            du[i] *= keep(static_cast<std::uint32_t>(at + i), seed_low, seed_high, norm.drop_below, norm.scale);
        if (norm.silu) {
            const float u = normal[i] * weight[i] + bias[i];
            const float s = __fdividef(1.0F, 1.0F + __expf(-u));
            du[i] *= s * (1.0F + u * (1.0F - s));
        }
    }
}

template <typename T, int V>
__global__ void __launch_bounds__(most_threads, 3) backward_kernel(const Norm norm, const Plan plan) {
    extern __shared__ float shared[];
    const int slab = static_cast<int>(blockIdx.x) % plan.slabs;
    const std::int64_t n = blockIdx.x / plan.slabs;
    const int first = slab * plan.slab, channels = static_cast<int>(norm.channels);
    const int pixels = static_cast<int>(norm.pixels);
    const std::int64_t offset = n * pixels * channels + first;
    const T* __restrict__ x = static_cast<const T*>(norm.x) + offset;
    const T* __restrict__ grad_y = static_cast<const T*>(norm.grad_y) + offset;
    const Place place = place_in(plan);
    const int wide = channels / static_cast<int>(norm.groups), groups = plan.slab / wide;
    float* of_du = shared;                                // [parts, slab]: du
    float* of_product = of_du + plan.parts * plan.slab;   // du · x̂
    float* of_normal = of_product + plan.parts * plan.slab; // x̂
    float* first_moment = of_normal + plan.parts * plan.slab; // [groups]: the mean of weight · du
    float* second_moment = first_moment + groups;             // of weight · du · x̂

    float factor[V] = {}, constant[V] = {}, weight[V] = {}, bias[V] = {};
    std::uint32_t seed_low = 0, seed_high = 0;
    if (norm.seed != nullptr) {
        seed_low = static_cast<std::uint32_t>(*norm.seed);
        seed_high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*norm.seed) >> 32);
    }
    if (place.works) {
#pragma unroll
        for (int i = 0; i < V; ++i) {
            const int c = first + place.column * V + i;
            const std::int64_t group = n * norm.groups + c / wide;
            const float shift = norm.shift != nullptr ? norm.shift[n * channels + c] : 0.0F;
            factor[i] = norm.rstd[group];
            constant[i] = (shift - norm.mean[group]) * factor[i];
            weight[i] = norm.weight[c];
            bias[i] = norm.bias[c];
        }
    }
    float sum_du[V] = {}, sum_product[V] = {}, sum_normal[V] = {};
    if (place.works) {
#pragma unroll 2
        for (int p = place.row; p < pixels; p += place.step) {
            const std::int64_t at = static_cast<std::int64_t>(p) * channels + place.column * V;
            float normal[V], du[V];
            load<T, V>(x + at, normal);
            load<T, V>(grad_y + at, du);
#pragma unroll
            for (int i = 0; i < V; ++i)
                normal[i] = normal[i] * factor[i] + constant[i];
            gradient_of<V>(norm, normal, weight, bias, offset + at, seed_low, seed_high, du);
#pragma unroll
            for (int i = 0; i < V; ++i) {
                sum_du[i] += du[i];
                sum_product[i] += du[i] * normal[i];
                sum_normal[i] += normal[i];
            }
        }
    }
    sum_rows<V>(sum_du, plan, place.lane_row);
    sum_rows<V>(sum_product, plan, place.lane_row);
    sum_rows<V>(sum_normal, plan, place.lane_row);
    if (place.works && place.lane_row == 0) {
#pragma unroll
        for (int i = 0; i < V; ++i) {
            const int at = place.part * plan.slab + place.column * V + i;
            of_du[at] = sum_du[i];
            of_product[at] = sum_product[i];
            of_normal[at] = sum_normal[i];
        }
    }
    __syncthreads();
    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        for (int part = 1; part < plan.parts; ++part) {
            of_du[c] += of_du[part * plan.slab + c];
            of_product[c] += of_product[part * plan.slab + c];
            of_normal[c] += of_normal[part * plan.slab + c];
        }
        norm.grad_weight[n * channels + first + c] = of_product[c];
        norm.grad_bias[n * channels + first + c] = of_du[c];
    }
    __syncthreads();
    const float values = static_cast<float>(pixels) * static_cast<float>(wide);
    for (int g = static_cast<int>(threadIdx.x); g < groups; g += static_cast<int>(blockDim.x)) {
        float one = 0, two = 0;
        for (int c = g * wide; c < (g + 1) * wide; ++c) {
            one += norm.weight[first + c] * of_du[c];
            two += norm.weight[first + c] * of_product[c];
        }
        first_moment[g] = one / values;
        second_moment[g] = two / values;
    }
    __syncthreads();
    if (norm.grad_shift != nullptr) {
        for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
            const int g = c / wide;
            const float r = norm.rstd[n * norm.groups + first / wide + g];
            norm.grad_shift[n * channels + first + c] =
                r * (norm.weight[first + c] * of_du[c] - first_moment[g] * static_cast<float>(pixels) -
                     second_moment[g] * of_normal[c]);
        }
    }
    if (!place.works) return;
    float one[V], two[V];
#pragma unroll
    for (int i = 0; i < V; ++i) {
        const int g = (place.column * V + i) / wide;
        one[i] = factor[i] * first_moment[g];
        two[i] = factor[i] * second_moment[g];
    }
    T* __restrict__ grad_x = static_cast<T*>(norm.grad_x) + offset;
#pragma unroll 2
    for (int p = place.row; p < pixels; p += place.step) {
        const std::int64_t at = static_cast<std::int64_t>(p) * channels + place.column * V;
        float normal[V], du[V];
        load<T, V>(x + at, normal);
        load<T, V>(grad_y + at, du);
#pragma unroll
        for (int i = 0; i < V; ++i)
            normal[i] = normal[i] * factor[i] + constant[i];
        gradient_of<V>(norm, normal, weight, bias, offset + at, seed_low, seed_high, du);
#pragma unroll
        for (int i = 0; i < V; ++i)
            du[i] = du[i] * weight[i] * factor[i] - one[i] - normal[i] * two[i];
        store<T, V>(du, grad_x + at);
    }
}

} // namespace

void norm_forward(const Norm& norm, cudaStream_t stream) {
    const int v = widest_vector(norm.type, norm.channels);
    const Plan plan = plan_for(norm, v);
    const int groups = plan.slab / static_cast<int>(norm.channels / norm.groups);
    const std::size_t shared = sizeof(float) * static_cast<std::size_t>((2 * plan.parts + 2) * plan.slab + 2 * groups);
    for_type(norm.type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        forward_kernel<T, V><<<static_cast<unsigned>(norm.examples * plan.slabs), static_cast<unsigned>(plan.threads),
                               shared, stream>>>(norm, plan);
    });
    check_launch("the group norm");
}

void norm_backward(const Norm& norm, cudaStream_t stream) {
    const int v = widest_vector(norm.type, norm.channels);
    const Plan plan = plan_for(norm, v);
    const int groups = plan.slab / static_cast<int>(norm.channels / norm.groups);
    const std::size_t shared = sizeof(float) * static_cast<std::size_t>(3 * plan.parts * plan.slab + 2 * groups);
    for_type(norm.type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        backward_kernel<T, V><<<static_cast<unsigned>(norm.examples * plan.slabs), static_cast<unsigned>(plan.threads),
                                shared, stream>>>(norm, plan);
    });
    check_launch("the group norm's gradient");
}

} // namespace ddpm::network::kernels::cuda
