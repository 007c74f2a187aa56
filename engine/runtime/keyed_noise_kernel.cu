#include "runtime/keyed_noise_cuda.h"

#include <algorithm>
#include <stdexcept>

namespace ddpm::runtime {
namespace {

constexpr int threads = 256;

/// As philox() in keyed_noise.cpp.
__device__ void philox(std::uint32_t (&counter)[4], std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const std::uint32_t high_a = __umulhi(0xD2511F53U, counter[0]), low_a = 0xD2511F53U * counter[0];
        const std::uint32_t high_b = __umulhi(0xCD9E8D57U, counter[2]), low_b = 0xCD9E8D57U * counter[2];
        counter[0] = high_b ^ counter[1] ^ key0;
        counter[1] = low_b;
        counter[2] = high_a ^ counter[3] ^ key1;
        counter[3] = low_a;
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
}

__device__ double unit(std::uint32_t word) {
    return (static_cast<double>(word) + 1) * 0x1p-32;
}

/// In double precision as on the CPU: the float that comes out is the same but for a last digit now and then.
__global__ void noise_kernel(float* noise, std::uint32_t key0, std::uint32_t key1, std::int64_t first_chain,
                             std::int64_t chains, std::uint32_t t, std::int64_t values) {
    const std::int64_t fours = (values + 3) / 4;
    const std::int64_t count = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
    for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
         i < chains * fours; i += count) {
        const std::int64_t row = i / fours, four = i - row * fours;
        const auto chain = static_cast<std::uint64_t>(first_chain + row);
        std::uint32_t words[4] = {static_cast<std::uint32_t>(four), t, static_cast<std::uint32_t>(chain),
                                  static_cast<std::uint32_t>(chain >> 32)};
        philox(words, key0, key1);
        for (int pair = 0; pair < 2; ++pair) {
            const double radius = sqrt(-2 * log(unit(words[2 * pair])));
            double sine, cosine;
            sincos(2 * 3.14159265358979323846 * unit(words[2 * pair + 1]), &sine, &cosine);
            const std::int64_t at = 4 * four + 2 * pair;
            if (at < values) noise[row * values + at] = static_cast<float>(radius * cosine);
            if (at + 1 < values) noise[row * values + at + 1] = static_cast<float>(radius * sine);
        }
    }
}

} // namespace

void keyed_noise_on_device(float* noise, std::uint64_t seed, std::int64_t first_chain, std::int64_t chains,
                           std::uint32_t t, std::int64_t values, cudaStream_t stream) {
    const std::int64_t blocks = (chains * ((values + 3) / 4) + threads - 1) / threads;
    if (blocks == 0) return;
    noise_kernel<<<static_cast<unsigned>(std::min<std::int64_t>(blocks, 132 * 64)), threads, 0, stream>>>(
        noise, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), first_chain, chains,
        t, values);
    if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess)
        throw std::runtime_error(std::string("the noise cannot be drawn on the GPU: ") +
                                 cudaGetErrorString(status));
}

} // namespace ddpm::runtime
