// The inner loops of the kernels: compiled once for each instruction set from one source (loops.inc), chosen
// at run time. No torch and no standard containers here: what is compiled for AVX-512 must not leak into a
// processor without it by way of an inline function.
#pragma once

#include <cstdint>

namespace ddpm::network::kernels {

/// Inverted dropout whose mask is a hash of (seed, position): nothing is stored, backward asks again.
struct Mask {
    std::uint32_t drop_below = 0; ///< a position is dropped where its hash is less; 0: none is
    float scale = 1;              ///< 1 / (1 − probability)
    std::uint32_t seed_low = 0, seed_high = 0;
};

/// One example and a range of its channels, whole groups. Channels-last: value (p, c) is at p · channels + c.
struct NormTask {
    const void* x = nullptr;      ///< [pixels, channels]
    const float* shift = nullptr; ///< [channels], added to x; may be null
    const float* weight = nullptr;
    const float* bias = nullptr;
    float* mean = nullptr;   ///< [groups]; forward writes it, backward reads it
    float* rstd = nullptr;   ///< [groups]
    float* factor = nullptr; ///< [4, channels], scratch
    std::int64_t pixels = 0, channels = 0, groups = 0;
    std::int64_t first_group = 0, last_group = 0;
    std::uint32_t position = 0; ///< of the example's first value, for the mask
    float eps = 0;
    bool silu = false;
    Mask mask;
    void* y = nullptr; ///< forward: [pixels, channels]

    const void* grad_y =
        nullptr; ///< backward from here on; pictures are [pixels, channels], the rest [channels]
    const void* grad_beside = nullptr; ///< added to grad_x; may be null
    void* grad_x = nullptr;
    float* grad_shift = nullptr;  ///< may be null
    float* grad_weight = nullptr; ///< of this example alone
    float* grad_bias = nullptr;
};

/// Adam (Kingma & Ba 2015), clipping and the moving average of the weights in one pass.
struct AdamTask {
    float* weights = nullptr;
    const float* gradient = nullptr;
    float *exp_avg = nullptr, *exp_avg_sq = nullptr;
    float* average = nullptr; ///< may be null
    std::int64_t count = 0;
    float gradient_scale = 1, beta1 = 0, beta2 = 0, eps = 0;
    float step_size = 0;        ///< learning rate / (1 − beta1^k)
    float root_correction2 = 1; ///< sqrt(1 − beta2^k)
    float decay = 1;
};

struct Loops {
    const char* name;
    void (*norm_forward_f32)(const NormTask&);
    void (*norm_forward_bf16)(const NormTask&);
    void (*norm_backward_f32)(const NormTask&);
    void (*norm_backward_bf16)(const NormTask&);
    /// to[i] = a[i] + b[i] + c[i] + d[i], in float32
    void (*add_four_f32)(const void* a, const void* b, const void* c, const void* d, void* to,
                         std::int64_t count);
    void (*add_four_bf16)(const void* a, const void* b, const void* c, const void* d, void* to,
                          std::int64_t count);
    void (*adam)(const AdamTask&);
};

/// The best that this processor runs. DDPM_KERNELS=baseline, avx2 or avx512 in the environment asks for less.
const Loops& loops();

extern const Loops baseline_loops;
#ifdef DDPM_X86_KERNELS
extern const Loops avx2_loops, avx512_loops;
#endif

} // namespace ddpm::network::kernels
