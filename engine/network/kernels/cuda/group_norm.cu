// One block: one example and a slab of its channels, whole groups. Memory is passed over twice, the second
// time out of the cache: once for the sums, once for the result. What the arithmetic costs is as much as the
// bytes: hence the variants, and du kept in shared memory between the passes.
#include "network/kernels/cuda/vector.cuh"

#include <algorithm>
#include <type_traits>

namespace ddpm::network::kernels::cuda {
namespace {

constexpr int lanes = 32;
constexpr int most_threads = 256; ///< a group of widest_group channels, a channel a thread

/// How the threads of a block share a slab: every thread has one column of V channels, in every so-many-th
/// row (pixel). Columns lie side by side in a warp; where there are more than lanes, several warps share a
/// row.
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
template <int V>
__device__ void sum_rows(float (&sum)[V], const Plan& plan, int lane_row) {
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

/// Seed and threshold of the mask, as the kernels use them.
struct Seeds {
    std::uint32_t low = 0, high = 0;
};

__device__ Seeds seeds_of(const Norm& norm) {
    if (norm.seed == nullptr) return {};
    const auto seed = static_cast<std::uint64_t>(*norm.seed);
    return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

template <typename T, int V, bool silu, bool drops>
__global__ void __launch_bounds__(most_threads, 4) forward_kernel(const Norm norm, const Plan plan) {
    extern __shared__ float shared[];
    const int slab = static_cast<int>(blockIdx.x) % plan.slabs;
    const std::int64_t n = blockIdx.x / plan.slabs;
    const int first = slab * plan.slab, channels = static_cast<int>(norm.channels);
    const int pixels = static_cast<int>(norm.pixels);
    const std::int64_t offset = n * pixels * channels + first;
    const Place place = place_in(plan);
    const std::int64_t start = offset + static_cast<std::int64_t>(place.row) * channels + place.column * V;
    const std::int64_t stride = static_cast<std::int64_t>(place.step) * channels;
    const T* __restrict__ x = static_cast<const T*>(norm.x);
    // [parts, slab] each: sums of the values and of their squares; then [slab] each: a channel's mean, its
    // sum of squares around it, and y = x · factor + constant.
    float* sums = shared;
    float* squares = sums + plan.parts * plan.slab;
    float* mean_of = squares + plan.parts * plan.slab;
    float* spread_of = mean_of + plan.slab;
    float* factor_of = spread_of + plan.slab;
    float* constant_of = factor_of + plan.slab;
    const int wide = channels / static_cast<int>(norm.groups);

    // Around the channel's first value, so that nothing cancels far from zero.
    float pivot[V] = {}, sum[V] = {}, square[V] = {};
    if (place.works) {
        load<T, V>(x + offset + place.column * V, pivot);
        const T* from = x + start;
#pragma unroll 4
        for (int p = place.row; p < pixels; p += place.step, from += stride) {
            float value[V];
            load<T, V>(from, value);
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
        mean_of[c] = widened(x[offset + c]) + s / count + shift;
        spread_of[c] = isnan(q) ? q : fmaxf(q - s * (s / count), 0.0F);
    }
    __syncthreads();
    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        const int g = c / wide;
        float m = 0, spread = 0;
        for (int other = g * wide; other < (g + 1) * wide; ++other)
            m += mean_of[other];
        m /= static_cast<float>(wide);
        for (int other = g * wide; other < (g + 1) * wide; ++other) {
            const float d = mean_of[other] - m;
            spread += spread_of[other] + count * d * d;
        }
        const float rstd = rsqrtf(spread / (count * static_cast<float>(wide)) + norm.eps);
        if (c == g * wide) {
            const std::int64_t at = n * norm.groups + first / wide + g;
            norm.mean[at] = m;
            norm.rstd[at] = rstd;
        }
        const float shift = norm.shift != nullptr ? norm.shift[n * channels + first + c] : 0.0F;
        factor_of[c] = norm.weight[first + c] * rstd;
        constant_of[c] = norm.bias[first + c] + (shift - m) * factor_of[c];
    }
    __syncthreads();
    if (!place.works) return;
    float factor[V], constant[V];
#pragma unroll
    for (int i = 0; i < V; ++i) {
        factor[i] = factor_of[place.column * V + i];
        constant[i] = constant_of[place.column * V + i];
    }
    const Seeds seeds = seeds_of(norm);
    auto position = static_cast<std::uint32_t>(start) + seeds.low;
    const T* from = x + start;
    T* __restrict__ to = static_cast<T*>(norm.y) + start;
#pragma unroll 4
    for (int p = place.row; p < pixels; p += place.step, from += stride, to += stride) {
        float value[V];
        load<T, V>(from, value);
#pragma unroll
        for (int i = 0; i < V; ++i) {
            float u = value[i] * factor[i] + constant[i];
            if (silu) u *= sigmoid(u);
            if (drops)
                u = is_kept(position + static_cast<std::uint32_t>(i), seeds.high, norm.drop_below)
                        ? u * norm.scale
                        : 0.0F;
            value[i] = u;
        }
        store<T, V>(value, to);
        position += static_cast<std::uint32_t>(stride);
    }
}

/// du: the gradient at u = centred · factor + bias, before SiLU and dropout.
template <int V, bool silu, bool drops>
__device__ void gradient_of(const Norm& norm, const float (&centred)[V], const float (&factor)[V],
                            const float (&bias)[V], std::uint32_t position, std::uint32_t seed_high,
                            float (&du)[V]) {
#pragma unroll
    for (int i = 0; i < V; ++i) {
        if (drops)
            du[i] = is_kept(position + static_cast<std::uint32_t>(i), seed_high, norm.drop_below)
                        ? du[i] * norm.scale
                        : 0.0F;
        if (silu) {
            const float u = centred[i] * factor[i] + bias[i];
            const float s = sigmoid(u), y = u * s;
            du[i] *= s + y - y * s;
        }
    }
}

/// V values of a table in shared memory, or of a parameter.
template <int V>
__device__ void read(const float* table, float (&to)[V]) {
#pragma unroll
    for (int i = 0; i < V; ++i)
        to[i] = table[i];
}

/// `keeps`: du stays in shared memory, in T, instead of being computed again.
template <typename T, int V, bool silu, bool drops, bool keeps>
__global__ void __launch_bounds__(most_threads, 3) backward_kernel(const Norm norm, const Plan plan) {
    extern __shared__ float shared[];
    const int slab = static_cast<int>(blockIdx.x) % plan.slabs;
    const std::int64_t n = blockIdx.x / plan.slabs;
    const int first = slab * plan.slab, channels = static_cast<int>(norm.channels);
    const int pixels = static_cast<int>(norm.pixels);
    const std::int64_t offset = n * pixels * channels + first;
    const Place place = place_in(plan);
    const std::int64_t start = offset + static_cast<std::int64_t>(place.row) * channels + place.column * V;
    const std::int64_t stride = static_cast<std::int64_t>(place.step) * channels;
    const T* __restrict__ x = static_cast<const T*>(norm.x) + start;
    const T* __restrict__ grad_y = static_cast<const T*>(norm.grad_y) + start;
    const int wide = channels / static_cast<int>(norm.groups);
    T* kept = reinterpret_cast<T*>(shared); // [pixels, slab]
    // [parts, slab] each: the sums of du, of du · (x − centre), of x − centre.
    float* of_du =
        keeps ? reinterpret_cast<float*>(kept + static_cast<std::int64_t>(pixels) * plan.slab) : shared;
    float* of_product = of_du + plan.parts * plan.slab;
    float* of_centred = of_product + plan.parts * plan.slab;
    // [slab] each: u = (x − centre) · factor + bias; grad_x = du · factor + (x − centre) · of_x + rest.
    float* centre_of = of_centred + plan.parts * plan.slab;
    float* factor_of = centre_of + plan.slab;
    float* x_of = factor_of + plan.slab;
    float* rest_of = x_of + plan.slab;

    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        const std::int64_t group = n * norm.groups + (first + c) / wide;
        const float shift = norm.shift != nullptr ? norm.shift[n * channels + first + c] : 0.0F;
        centre_of[c] = norm.mean[group] - shift;
        factor_of[c] = norm.rstd[group] * norm.weight[first + c];
    }
    __syncthreads();
    const Seeds seeds = seeds_of(norm);
    const int own = place.works ? place.column * V : 0;
    float centre[V], factor[V], bias[V];
    read<V>(centre_of + own, centre);
    read<V>(factor_of + own, factor);
    read<V>(norm.bias + first + own, bias);
    float sum_du[V] = {}, sum_product[V] = {}, sum_centred[V] = {};
    if (place.works) {
        const T *from = x, *from_grad = grad_y;
        T* keep = kept + place.row * plan.slab + own;
        auto position = static_cast<std::uint32_t>(start) + seeds.low;
#pragma unroll 2
        for (int p = place.row; p < pixels; p += place.step, from += stride, from_grad += stride) {
            float centred[V], du[V];
            load<T, V>(from, centred);
            load<T, V>(from_grad, du);
#pragma unroll
            for (int i = 0; i < V; ++i)
                centred[i] -= centre[i];
            gradient_of<V, silu, drops>(norm, centred, factor, bias, position, seeds.high, du);
#pragma unroll
            for (int i = 0; i < V; ++i) {
                sum_du[i] += du[i];
                sum_product[i] += du[i] * centred[i];
                sum_centred[i] += centred[i];
            }
            if (keeps) {
                store<T, V>(du, keep);
                keep += place.step * plan.slab;
            }
            position += static_cast<std::uint32_t>(stride);
        }
    }
    sum_rows<V>(sum_du, plan, place.lane_row);
    sum_rows<V>(sum_product, plan, place.lane_row);
    if (norm.grad_shift != nullptr) sum_rows<V>(sum_centred, plan, place.lane_row);
    if (place.works && place.lane_row == 0) {
#pragma unroll
        for (int i = 0; i < V; ++i) {
            const int at = place.part * plan.slab + own + i;
            of_du[at] = sum_du[i];
            of_product[at] = sum_product[i];
            of_centred[at] = sum_centred[i];
        }
    }
    __syncthreads();
    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        float du = of_du[c], product = of_product[c], centred = of_centred[c];
        for (int part = 1; part < plan.parts; ++part) {
            du += of_du[part * plan.slab + c];
            product += of_product[part * plan.slab + c];
            centred += of_centred[part * plan.slab + c];
        }
        of_du[c] = du;
        of_product[c] = product;
        of_centred[c] = centred;
        const float rstd = norm.rstd[n * norm.groups + (first + c) / wide];
        norm.grad_weight[n * norm.share_stride + first + c] = product * rstd;
        norm.grad_bias[n * norm.share_stride + first + c] = du;
    }
    __syncthreads();
    const float values = static_cast<float>(pixels) * static_cast<float>(wide);
    for (int c = static_cast<int>(threadIdx.x); c < plan.slab; c += static_cast<int>(blockDim.x)) {
        const int g = c / wide;
        float one = 0, two = 0; // over the group: of weight · du and of weight · du · (x − centre)
        for (int other = g * wide; other < (g + 1) * wide; ++other) {
            one += norm.weight[first + other] * of_du[other];
            two += norm.weight[first + other] * of_product[other];
        }
        // grad_x = du · factor − (x − centre) · two − one
        const float rstd = norm.rstd[n * norm.groups + first / wide + g];
        one *= rstd / values;
        two *= rstd * rstd * rstd / values;
        if (norm.grad_shift != nullptr)
            norm.grad_shift[n * channels + first + c] =
                factor_of[c] * of_du[c] - one * static_cast<float>(pixels) - two * of_centred[c];
        x_of[c] = -two;
        rest_of[c] = -one;
    }
    __syncthreads();
    if (!place.works) return;
    float of_x[V], rest[V];
    read<V>(x_of + own, of_x);
    read<V>(rest_of + own, rest);
    read<V>(factor_of + own, factor);
    const T *from = x, *from_grad = grad_y;
    const T* __restrict__ beside =
        norm.grad_beside != nullptr ? static_cast<const T*>(norm.grad_beside) + start : nullptr;
    const T* keep = kept + place.row * plan.slab + own;
    T* __restrict__ to = static_cast<T*>(norm.grad_x) + start;
    auto position = static_cast<std::uint32_t>(start) + seeds.low;
#pragma unroll 2
    for (int p = place.row; p < pixels; p += place.step, from += stride, to += stride) {
        float value[V], du[V];
        load<T, V>(from, value);
#pragma unroll
        for (int i = 0; i < V; ++i)
            value[i] -= centre[i];
        if (keeps) {
            load<T, V>(keep, du);
            keep += place.step * plan.slab;
        } else {
            load<T, V>(from_grad, du);
            gradient_of<V, silu, drops>(norm, value, factor, bias, position, seeds.high, du);
            from_grad += stride;
            position += static_cast<std::uint32_t>(stride);
        }
#pragma unroll
        for (int i = 0; i < V; ++i)
            value[i] = value[i] * of_x[i] + (du[i] * factor[i] + rest[i]);
        if (beside != nullptr) {
            float other[V];
            load<T, V>(beside, other);
            beside += stride;
#pragma unroll
            for (int i = 0; i < V; ++i)
                value[i] += other[i];
        }
        store<T, V>(value, to);
    }
}

/// Calls call(silu, drops) with constants.
template <typename Call>
void for_finish(const Norm& norm, const Call& call) {
    const bool drops = norm.seed != nullptr;
    if (norm.silu && drops) return call(std::true_type{}, std::true_type{});
    if (norm.silu) return call(std::true_type{}, std::false_type{});
    if (drops) return call(std::false_type{}, std::true_type{});
    call(std::false_type{}, std::false_type{});
}

/// Shared memory a block may have so that two fit a multiprocessor.
std::size_t most_shared() {
    int device = 0, bytes = 0;
    if (cudaGetDevice(&device) != cudaSuccess ||
        cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) != cudaSuccess)
        return 0;
    return static_cast<std::size_t>(bytes) / 2;
}

} // namespace

void norm_forward(const Norm& norm, cudaStream_t stream) {
    const int v = widest_vector(norm.type, norm.channels);
    const Plan plan = plan_for(norm, v);
    const std::size_t shared = sizeof(float) * static_cast<std::size_t>((2 * plan.parts + 4) * plan.slab);
    for_type(norm.type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        for_finish(norm, [&](auto silu, auto drops) {
            forward_kernel<T, V, decltype(silu)::value, decltype(drops)::value>
                <<<static_cast<unsigned>(norm.examples * plan.slabs), static_cast<unsigned>(plan.threads),
                   shared, stream>>>(norm, plan);
        });
    });
    check_launch("the group norm");
}

void norm_backward(const Norm& norm, cudaStream_t stream) {
    const int v = widest_vector(norm.type, norm.channels);
    const Plan plan = plan_for(norm, v);
    const std::size_t scratch = sizeof(float) * static_cast<std::size_t>((3 * plan.parts + 4) * plan.slab);
    // Whole vectors, so that what follows is aligned.
    const std::size_t kept = static_cast<std::size_t>(norm.pixels) * static_cast<std::size_t>(plan.slab) * 2;
    const bool keeps = norm.type == Type::bf16 && kept % 16 == 0 && kept + scratch <= most_shared();
    for_type(norm.type, v, [&](auto access) {
        using T = typename decltype(access)::Value;
        constexpr int V = decltype(access)::width;
        for_finish(norm, [&](auto silu, auto drops) {
            constexpr bool s = decltype(silu)::value, d = decltype(drops)::value;
            const auto run = [&](auto kernel, std::size_t shared) {
                if (shared > 48 * 1024)
                    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                         static_cast<int>(shared));
                kernel<<<static_cast<unsigned>(norm.examples * plan.slabs),
                         static_cast<unsigned>(plan.threads), shared, stream>>>(norm, plan);
            };
            if constexpr (sizeof(T) == 2) {
                if (keeps) return run(backward_kernel<T, V, s, d, true>, kept + scratch);
            }
            run(backward_kernel<T, V, s, d, false>, scratch);
        });
    });
    check_launch("the group norm's gradient");
}

} // namespace ddpm::network::kernels::cuda
