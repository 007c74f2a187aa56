// One seed of the user becomes many independent ones: a pure function, so that resume needs no generator
// state.
#pragma once

#include <cstdint>

namespace ddpm::training {

enum class Purpose : std::uint64_t { weights = 1, order = 2, step = 3 };

/// SplitMix64 over seed, purpose and counter (an epoch, a step).
std::uint64_t derive_seed(std::uint64_t seed, Purpose purpose, std::uint64_t counter);

} // namespace ddpm::training
