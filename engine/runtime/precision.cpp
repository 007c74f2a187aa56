#include "runtime/precision.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <tuple>

namespace ddpm::runtime {
namespace {

constexpr double worth_it = 1.25; ///< below that, float32's digits are worth more
constexpr int rounds = 5;
constexpr std::int64_t pictures = 16,
                       pictures_on_gpu = 256; ///< enough that it is the arithmetic that takes the time

bool has_bf16_instructions() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") != 0; // AMX comes with it
#else
    return false;
#endif
}

/// Seconds of one convolution and its backward pass.
double seconds_of(const torch::Tensor& x, const torch::Tensor& weight) {
    if (x.is_cuda()) torch::cuda::synchronize();
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor y = torch::conv2d(x, weight.to(x.scalar_type()), {}, 1, 1);
    torch::autograd::grad({y}, {x, weight}, {torch::ones_like(y)});
    if (x.is_cuda()) torch::cuda::synchronize();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool bf16_is_faster(std::int64_t width, std::int64_t side, torch::Device device) {
    const torch::AutoGradMode with_gradients(true);
    const auto input = [&](torch::ScalarType type) {
        return torch::full({device.is_cpu() ? pictures : pictures_on_gpu, width, side, side}, 0.5,
                           torch::TensorOptions(type).device(device))
            .contiguous(at::MemoryFormat::ChannelsLast)
            .set_requires_grad(true);
    };
    const torch::Tensor weight =
        torch::full({width, width, 3, 3}, 0.01, torch::TensorOptions(device)).set_requires_grad(true);
    const torch::Tensor x_fp32 = input(torch::kFloat32), x_bf16 = input(torch::kBFloat16);
    double fp32 = std::numeric_limits<double>::max(), bf16 = fp32;
    for (int round = 0; round <= rounds; ++round) {
        const double a = seconds_of(x_fp32, weight), b = seconds_of(x_bf16, weight);
        if (round == 0) continue; // the library prepares itself
        fp32 = std::min(fp32, a);
        bf16 = std::min(bf16, b);
    }
    return fp32 > worth_it * bf16;
}

} // namespace

Precision resolve(Precision asked, const ModelSettings& model, torch::Device device) {
    if (model.kind != NetKind::unet) return Precision::fp32;
    if (asked == Precision::tf32 && device.is_cpu()) return Precision::fp32;
    if (asked != Precision::automatic) return asked;
    // Without the instructions a processor emulates it, many times slower: not worth trying.
    if (device.is_cpu() && !has_bf16_instructions()) return Precision::fp32;
    static std::mutex mutex;
    static std::map<std::tuple<bool, int, int>, bool> known;
    const std::lock_guard lock(mutex);
    const int width = model.unet.block_out_channels.front(), side = model.unet.sample_size;
    const std::tuple shape{device.is_cpu(), width, side};
    auto found = known.find(shape);
    if (found == known.end()) found = known.emplace(shape, bf16_is_faster(width, side, device)).first;
    return found->second ? Precision::bf16 : Precision::fp32;
}

} // namespace ddpm::runtime
