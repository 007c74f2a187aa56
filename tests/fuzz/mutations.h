// Damage that is the same on every run: what a fuzzer would try, without one.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ddpm::fuzz {

class Mutator {
public:
    explicit Mutator(std::uint32_t seed) : dice_(seed) {}

    /// One of the seeds after one to four changes; `seeds` must not be empty.
    std::string next(const std::vector<std::string>& seeds);

private:
    std::size_t below(std::size_t n) { return n == 0 ? 0 : dice_() % n; }
    void change(std::string& bytes, const std::vector<std::string>& seeds);

    std::mt19937 dice_;
};

} // namespace ddpm::fuzz
