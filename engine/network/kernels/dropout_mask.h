// The mask of inverted dropout as a function of (seed, place in memory).
#pragma once

#include "network/kernels/fused.h"
#include "network/kernels/loops.h"

namespace ddpm::network::kernels {

/// Without the seed.
inline Mask mask_of(const Dropout& dropout) {
    Mask mask;
    if (dropout.probability <= 0) return mask;
    mask.drop_below = static_cast<std::uint32_t>(dropout.probability * 4294967296.0);
    mask.scale = static_cast<float>(1 / (1 - dropout.probability));
    return mask;
}

/// With the seed, which must be on the CPU.
inline Mask seeded_mask_of(const Dropout& dropout) {
    Mask mask = mask_of(dropout);
    if (mask.drop_below == 0) return mask;
    const auto seed = static_cast<std::uint64_t>(dropout.seed.item<std::int64_t>());
    mask.seed_low = static_cast<std::uint32_t>(seed);
    mask.seed_high = static_cast<std::uint32_t>(seed >> 32);
    return mask;
}

} // namespace ddpm::network::kernels
