#include "runtime/keyed_noise.h"

#include <cmath>
#include <numbers>

#ifdef DDPM_CUDA
#include "runtime/keyed_noise_cuda.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace ddpm::runtime {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return counter;
}

namespace {

/// Uniform in (0, 1]: never 0, whose logarithm is infinite.
double unit(std::uint32_t word) {
    return (static_cast<double>(word) + 1) * 0x1p-32;
}

#ifdef DDPM_CUDA
torch::Tensor noise_on_gpu(std::uint64_t seed, std::int64_t first_chain, int t,
                           const std::vector<std::int64_t>& shape, torch::Device device) {
    const c10::cuda::CUDAGuard guard(device);
    torch::Tensor noise = torch::empty(shape, torch::TensorOptions(torch::kFloat32).device(device));
    if (noise.numel() == 0) return noise;
    keyed_noise_on_device(noise.data_ptr<float>(), seed, first_chain, shape[0], static_cast<std::uint32_t>(t),
                          noise.numel() / shape[0], c10::cuda::getCurrentCUDAStream().stream());
    return noise;
}
#endif

} // namespace

torch::Tensor keyed_noise(std::uint64_t seed, std::int64_t first_chain, std::int64_t n, int t,
                          const std::vector<std::int64_t>& item_shape, torch::Device device) {
    std::vector<std::int64_t> shape = {n};
    shape.insert(shape.end(), item_shape.begin(), item_shape.end());
#ifdef DDPM_CUDA
    if (device.is_cuda()) return noise_on_gpu(seed, first_chain, t, shape, device);
#endif
    torch::Tensor noise = torch::empty(shape, torch::kFloat32);
    float* out = noise.data_ptr<float>();
    const std::int64_t values = n > 0 ? noise.numel() / n : 0;
    const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                              static_cast<std::uint32_t>(seed >> 32)};
    for (std::int64_t chain = first_chain; chain < first_chain + n; ++chain) {
        for (std::int64_t i = 0; i < values; i += 4) {
            const auto words =
                philox({static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(t),
                        static_cast<std::uint32_t>(chain), static_cast<std::uint32_t>(chain >> 32)},
                       key);
            // Box–Muller, two pairs from four words.
            for (int pair = 0; pair < 2; ++pair) {
                const double radius =
                    std::sqrt(-2 * std::log(unit(words[static_cast<std::size_t>(2 * pair)])));
                const double angle =
                    2 * std::numbers::pi * unit(words[static_cast<std::size_t>(2 * pair + 1)]);
                const std::int64_t at = i + 2 * pair;
                if (at < values) out[at] = static_cast<float>(radius * std::cos(angle));
                if (at + 1 < values) out[at + 1] = static_cast<float>(radius * std::sin(angle));
            }
        }
        out += values;
    }
    return noise.to(device);
}

} // namespace ddpm::runtime
