// The mask of inverted dropout as a function of (seed, place in memory).
#pragma once

#include "network/kernels/fused.h"
#include "network/kernels/loops.h"

namespace ddpm::network::kernels {

inline Mask mask_of(const Dropout& dropout) {
    Mask mask;
    if (dropout.probability <= 0) return mask;
    mask.drop_below = static_cast<std::uint32_t>(dropout.probability * 4294967296.0);
    mask.scale = static_cast<float>(1 / (1 - dropout.probability));
    mask.seed_low = static_cast<std::uint32_t>(dropout.seed);
    mask.seed_high = static_cast<std::uint32_t>(dropout.seed >> 32);
    return mask;
}

} // namespace ddpm::network::kernels
