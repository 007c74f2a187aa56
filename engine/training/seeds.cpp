#include "training/seeds.h"

namespace ddpm::training {
namespace {

/// Finaliser of SplitMix64 (Steele, Lea & Flood 2014).
std::uint64_t mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

} // namespace

std::uint64_t derive_seed(std::uint64_t seed, Purpose purpose, std::uint64_t counter) {
    return mix(mix(mix(seed) ^ static_cast<std::uint64_t>(purpose)) ^ counter);
}

} // namespace ddpm::training
