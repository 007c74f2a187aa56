// What the kernels share: vectors of values that are read and written at once, and the dropout mask.
#pragma once

#include "network/kernels/cuda/launch.h"

#include <cuda_bf16.h>
#include <stdexcept>
#include <string>

namespace ddpm::network::kernels::cuda {

template <typename T, int V>
struct alignas(sizeof(T) * V) Vector {
    T at[V];
};

__device__ inline float widened(float value) {
    return value;
}
__device__ inline float widened(__nv_bfloat16 value) {
    return __bfloat162float(value);
}
__device__ inline void narrow(float value, float& to) {
    to = value;
}
__device__ inline void narrow(float value, __nv_bfloat16& to) {
    to = __float2bfloat16_rn(value);
}

template <typename T, int V>
__device__ inline void load(const T* from, float (&to)[V]) {
    const Vector<T, V> read = *reinterpret_cast<const Vector<T, V>*>(from);
#pragma unroll
    for (int i = 0; i < V; ++i)
        to[i] = widened(read.at[i]);
}

template <typename T, int V>
__device__ inline void store(const float (&from)[V], T* to) {
    Vector<T, V> written;
#pragma unroll
    for (int i = 0; i < V; ++i)
        narrow(from[i], written.at[i]);
    *reinterpret_cast<Vector<T, V>*>(to) = written;
}

/// 1 / (1 + exp(−u)); 0 and 1 where that is out of range.
__device__ inline float sigmoid(float u) {
    float e, s;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(e) : "f"(u * -1.4426950408889634F));
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(s) : "f"(1.0F + e));
    return s;
}

/// The hash of loops.inc; `position` with the seed's low word added.
__device__ inline bool is_kept(std::uint32_t position, std::uint32_t seed_high, std::uint32_t drop_below) {
    std::uint32_t h = position;
    h ^= h >> 16;
    h *= 0x7feb352dU;
    h ^= seed_high;
    h ^= h >> 15;
    h *= 0x846ca68bU;
    h ^= h >> 16;
    return h >= drop_below;
}

inline void check_launch(const char* what) {
    const cudaError_t status = cudaGetLastError();
    if (status != cudaSuccess)
        throw std::runtime_error(std::string(what) + " cannot run on the GPU: " + cudaGetErrorString(status));
}

/// The most values of a row that can be read at once: all rows of `channels` then start aligned.
inline int widest_vector(Type type, std::int64_t channels) {
    int v = type == Type::f32 ? 4 : 8;
    while (channels % v != 0)
        v /= 2;
    return v;
}

template <typename T, int V>
struct Access {
    using Value = T;
    static constexpr int width = V;
};

/// Calls call(Access<T, V>{}).
template <typename Call>
void for_type(Type type, int v, const Call& call) {
    if (type == Type::f32) {
        if (v == 4) return call(Access<float, 4>{});
        if (v == 2) return call(Access<float, 2>{});
        return call(Access<float, 1>{});
    }
    if (v == 8) return call(Access<__nv_bfloat16, 8>{});
    if (v == 4) return call(Access<__nv_bfloat16, 4>{});
    if (v == 2) return call(Access<__nv_bfloat16, 2>{});
    return call(Access<__nv_bfloat16, 1>{});
}

} // namespace ddpm::network::kernels::cuda
