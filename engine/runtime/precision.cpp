#include "runtime/precision.h"

#include "network/kernels/mlp.h"
#include "network/net.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

namespace ddpm::runtime {
namespace {

constexpr double worth_it = 1.25; ///< below that, float32's digits are worth more
constexpr int rounds = 5, rounds_of_a_net = 2, rounds_of_points = 20;
constexpr std::int64_t pictures_on_gpu = 256; ///< enough that it is the arithmetic that takes the time
constexpr std::int64_t points_on_cpu = 512;   ///< a batch of the preset

bool has_bf16_instructions() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") != 0; // AMX comes with it
#else
    return false;
#endif
}

/// Whether `seconds(bf16)` is enough less than `seconds(fp32)`.
template <typename Seconds>
bool bf16_wins(int times, const Seconds& seconds) {
    double fp32 = std::numeric_limits<double>::max(), bf16 = fp32;
    for (int round = 0; round <= times; ++round) {
        const double a = seconds(Precision::fp32), b = seconds(Precision::bf16);
        if (round == 0) continue; // the library prepares itself
        fp32 = std::min(fp32, a);
        bf16 = std::min(bf16, b);
    }
    return fp32 > worth_it * bf16;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// On a GPU: a convolution of the first level and its backward pass.
bool convolution_is_faster(std::int64_t width, std::int64_t side, torch::Device device) {
    const auto input = [&](torch::ScalarType type) {
        return torch::full({pictures_on_gpu, width, side, side}, 0.5,
                           torch::TensorOptions(type).device(device))
            .contiguous(at::MemoryFormat::ChannelsLast)
            .set_requires_grad(true);
    };
    const torch::Tensor weight =
        torch::full({width, width, 3, 3}, 0.01, torch::TensorOptions(device)).set_requires_grad(true);
    const torch::Tensor x_fp32 = input(torch::kFloat32), x_bf16 = input(torch::kBFloat16);
    return bf16_wins(rounds, [&](Precision precision) {
        const torch::Tensor& x = precision == Precision::fp32 ? x_fp32 : x_bf16;
        torch::cuda::synchronize();
        const auto start = std::chrono::steady_clock::now();
        const torch::Tensor y = torch::conv2d(x, weight.to(x.scalar_type()), {}, 1, 1);
        torch::autograd::grad({y}, {x, weight}, {torch::ones_like(y)});
        torch::cuda::synchronize();
        return seconds_since(start);
    });
}

/// On a processor: the net itself and its backward pass, for a few pictures or a batch of points. There the
/// convolutions alone do not tell: some are as fast in float32, and what is gained is gained in attention and
/// in moving half the bytes.
bool net_is_faster(const ModelSettings& model) {
    const std::unique_ptr<network::Net> net = network::make_net(model, torch::kCPU, 0);
    const bool points = model.kind == NetKind::point_mlp;
    const std::int64_t side = model.unet.sample_size, channels = model.unet.in_channels,
                       items = points
                                   ? points_on_cpu
                                   : std::clamp<std::int64_t>(16'000'000 / net->parameters().count(), 2, 16);
    const torch::Tensor x_t =
        points ? torch::full({items, 2}, 0.5) : torch::full({items, channels, side, side}, 0.5);
    const torch::Tensor t = torch::arange(items);
    return bf16_wins(points ? rounds_of_points : rounds_of_a_net, [&](Precision precision) {
        network::Mode mode;
        network::set_precision(mode, precision);
        const auto start = std::chrono::steady_clock::now();
        if (net->has_fit(x_t))
            net->fit(x_t, t, x_t, {}, mode);
        else
            net->forward(x_t, t, mode).sum().backward();
        return seconds_since(start);
    });
}

bool bf16_is_faster(const ModelSettings& model, torch::Device device) {
    const torch::AutoGradMode with_gradients(true);
    return device.is_cpu()
               ? net_is_faster(model)
               : convolution_is_faster(model.unet.block_out_channels.front(), model.unet.sample_size, device);
}

} // namespace

Precision resolve(Precision asked, const ModelSettings& model, torch::Device device) {
    const PointMlpSettings& mlp = model.point_mlp;
    const bool points = model.kind == NetKind::point_mlp;
    if (points && !(device.is_cpu() && network::kernels::has_half_mlp(mlp.hidden))) return Precision::fp32;
    if (asked == Precision::tf32 && device.is_cpu()) return Precision::fp32;
    if (asked != Precision::automatic) return asked;
    // Without the instructions a processor emulates it, many times slower: not worth trying.
    if (device.is_cpu() && !has_bf16_instructions()) return Precision::fp32;
    static std::mutex mutex;
    using Shape = std::tuple<bool, std::vector<int>, int, int>;
    static std::map<Shape, bool> known;
    const std::lock_guard lock(mutex);
    const UnetSettings& unet = model.unet;
    const Shape shape =
        points ? Shape{true, {mlp.hidden}, mlp.layers, 0}
               : Shape{device.is_cpu(), unet.block_out_channels, unet.layers_per_block, unet.sample_size};
    auto found = known.find(shape);
    if (found == known.end()) found = known.emplace(shape, bf16_is_faster(model, device)).first;
    return found->second ? Precision::bf16 : Precision::fp32;
}

} // namespace ddpm::runtime
