#include "network/kernels/tiles.h"

#include "network/kernels/halves.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#ifdef DDPM_AMX_KERNELS
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ddpm::network::kernels {

namespace {

bool asked_for_matrix_unit() {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0; // not every compiler knows the feature by name
    constexpr unsigned amx_bf16 = 1U << 22;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & amx_bf16) != 0;
#else
    return false;
#endif
}

} // namespace

bool has_matrix_unit() {
    // Asked once: a virtual machine stops at this instruction, for microseconds.
    static const bool has = asked_for_matrix_unit();
    return has;
}

bool fit_tiles(std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out) {
    constexpr std::int64_t channels = 32, pixels = 16, most_channels = 4096;
    return in % channels == 0 && out % channels == 0 && std::max(in, out) <= most_channels &&
           width % 2 == 0 && (width % pixels == 0 || height * width % pixels == 0);
}

namespace {

#ifdef DDPM_AMX_KERNELS

/// The system keeps the unit's registers only for programs that have asked.
bool permitted() {
    constexpr long arch_req_xcomp_perm = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, arch_req_xcomp_perm, tile_data) == 0;
}

using Numbers = std::vector<float>;
using Bits = std::vector<std::uint16_t>; // of bfloat16

Numbers random_numbers(std::size_t count) {
    std::minstd_rand generator(7);
    Numbers numbers(count);
    for (float& number : numbers)
        number = static_cast<float>(generator() % 2001) / 1000.0F - 1.0F;
    return numbers;
}

Bits random_bits(std::size_t count) {
    const Numbers numbers = random_numbers(count);
    Bits bits_of_all(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t bits = 0;
        std::copy_n(reinterpret_cast<const unsigned char*>(&numbers[i]), sizeof bits,
                    reinterpret_cast<unsigned char*>(&bits));
        bits_of_all[i] = static_cast<std::uint16_t>(bits >> 16);
    }
    return bits_of_all;
}

struct Trial {
    Bits y;
    Numbers sums;
};

/// What these kernels make of made-up pictures.
Trial try_out(const Tiles& kernels, std::int64_t height, std::int64_t width) {
    constexpr std::int64_t channels = 64;
    TileTask task;
    task.pictures = 2;
    task.height = height;
    task.width = width;
    task.in = task.out = task.last_out = task.last_in = channels;
    const auto values = static_cast<std::size_t>(2 * height * width * channels);
    constexpr auto weights_count = static_cast<std::size_t>(9 * channels * channels);
    const Bits x = random_bits(values);
    const Numbers weights = random_numbers(weights_count);
    Bits packed(weights_count);
    Trial trial{Bits(values), Numbers(weights_count)};
    Numbers bias_sums(channels);
    std::vector<unsigned char> scratch(
        static_cast<std::size_t>(std::max(kernels.scratch(task), kernels.sum_scratch(task))));
    TileWeightsTask packing;
    packing.in = packing.out = channels;
    packing.last_block = channels / 16;
    packing.weights = weights.data();
    packing.to = packed.data();
    kernels.pack_weights(packing);
    task.x = task.grad_y = x.data();
    task.weights = packed.data();
    task.y = trial.y.data();
    task.sums = trial.sums.data();
    task.bias_sums = bias_sums.data();
    task.scratch = scratch.data();
    task.last_group = kernels.groups(task);
    kernels.convolution(task);
    task.last_group = kernels.sum_groups(task);
    kernels.weight_sums(task);
    return trial;
}

/// Up to the order of the sums.
bool same(const Trial& a, const Trial& b) {
    constexpr std::uint16_t last_places = 8; // of bfloat16's bits: where a sum is near zero they differ most
    float largest = 0, difference = 0;
    for (std::size_t i = 0; i < a.sums.size(); ++i) {
        largest = std::max(largest, std::abs(b.sums[i]));
        difference = std::max(difference, std::abs(a.sums[i] - b.sums[i]));
    }
    std::size_t far = 0;
    for (std::size_t i = 0; i < a.y.size(); ++i)
        far += std::abs(static_cast<int>(a.y[i]) - static_cast<int>(b.y[i])) > last_places ? 1 : 0;
    return difference < 1e-4F * largest && far < a.y.size() / 100;
}

bool multiplies_rightly(const Tiles& kernels) {
    for (const std::int64_t width : {8, 32}) // three planes, and one
        if (!same(try_out(kernels, 8, width), try_out(plain_tiles, 8, width))) return false;
    return true;
}

#endif

std::string_view wanted() {
    const char* wish = std::getenv("DDPM_TILES");
    return wish ? wish : "";
}

#ifdef DDPM_AMX_KERNELS
bool has_vectors() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bf16");
}
#endif

const Tiles* choose() {
    if (wanted() == "plain") return &plain_tiles;
    if (wanted() == "none") return nullptr;
#ifdef DDPM_AMX_KERNELS
    const bool claimed = wanted() == "claimed"; // asks nobody: something stands in for the unit
    if (has_vectors() && (claimed || (has_matrix_unit() && permitted())) && multiplies_rightly(amx_tiles))
        return &amx_tiles;
#endif
    return nullptr;
}

const Halves* choose_halves() {
    if (wanted() == "plain") return &plain_halves;
    if (wanted() == "none") return nullptr;
#ifdef DDPM_AMX_KERNELS
    if (tiles() == &amx_tiles) return &amx_halves;
    if (has_vectors()) return &avx512_halves;
#endif
    return nullptr;
}

} // namespace

const Tiles* tiles() {
    static const Tiles* const chosen = choose();
    return chosen;
}

const Halves* halves() {
    static const Halves* const chosen = choose_halves();
    return chosen;
}

} // namespace ddpm::network::kernels
