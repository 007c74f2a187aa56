#include "network/kernels/channels_last.h"
#include "network/kernels/convolution_ways.h"
#include "network/kernels/loops.h"
#include "network/kernels/threads.h"
#include "network/kernels/tiles.h"

#include <algorithm>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t planes = 36;
constexpr std::int64_t block = 48; ///< tiles at a time: their 36 planes stay in a core's cache, or near it
constexpr std::int64_t most_channels = 4096;
/// Fewer tiles are not worth the weights' transformation, fewer channels that of the pictures; the library is
/// faster in bfloat16 than in float32.
constexpr std::int64_t least_tiles = 16, least_tiles_bf16 = 64, least_channels = 16, least_channels_bf16 = 32;
constexpr std::int64_t in_for_a_thread = 64;
alignas(64) const float zeros[most_channels] = {};

std::int64_t tiles_of(const torch::Tensor& x) {
    return x.size(0) * ((x.size(2) + 3) / 4) * ((x.size(3) + 3) / 4);
}

WinogradTask task_of(const torch::Tensor& x, std::int64_t in, std::int64_t out, std::int64_t tiles) {
    WinogradTask task;
    task.x = x.data_ptr();
    task.zeros = zeros;
    task.height = x.size(2);
    task.width = x.size(3);
    task.in = in;
    task.out = out;
    task.last_tile = tiles;
    task.block = std::min(block, tiles);
    task.last_panel = panels_of(out);
    task.last_in = in;
    return task;
}

void take_scratch(WinogradTask& task) {
    const Loops& run = loops();
    task.scratch = scratch(task.block * planes * (run.winograd_row(task.in) + run.winograd_row(task.out)));
}

} // namespace

bool has_winograd(const torch::Tensor& x, std::int64_t out) {
    const bool f32 = x.scalar_type() == torch::kFloat32;
    const auto fits = [&](std::int64_t channels) {
        return channels >= (f32 ? least_channels : least_channels_bf16) && channels <= most_channels;
    };
    // The library's are faster with a matrix unit.
    return has_loops(x) && (f32 || !has_matrix_unit()) && fits(x.size(1)) && fits(out) &&
           tiles_of(x) >= (f32 ? least_tiles : least_tiles_bf16);
}

void convolve_by_winograd(const torch::Tensor& x, const torch::Tensor& weight, bool for_gradient,
                          const float* bias, const torch::Tensor& beside, const torch::Tensor& y) {
    const std::int64_t in = x.size(1), out = y.size(1), panels = panels_of(out);
    const torch::Tensor transformed =
        torch::empty({planes * loops().winograd_plane(in, out)}, weight.options());
    at::parallel_for(0, in, 1024 / out + 1, [&](std::int64_t begin, std::int64_t end) {
        WinogradWeightsTask task;
        task.in = weight.size(1);
        task.out = weight.size(0);
        task.first_row = begin;
        task.last_row = end;
        task.weights = weight.data_ptr<float>();
        task.for_gradient = for_gradient;
        task.to = transformed.data_ptr<float>();
        loops().winograd_weights(task);
    });
    const std::int64_t tiles = tiles_of(x), threads = at::get_num_threads();
    // Where tiles are few, threads share them and take a part of the channels each.
    const std::int64_t across =
        std::clamp<std::int64_t>(threads * block / (4 * tiles), 1, std::min(threads, panels));
    const std::int64_t down = std::min(tiles, (threads + across - 1) / across);
    const bool f32 = x.scalar_type() == torch::kFloat32;
    each_part(across * down, [&](std::int64_t part) {
        WinogradTask task = task_of(x, in, out, tiles);
        task.first_tile = share(tiles, part / across, down);
        task.last_tile = share(tiles, part / across + 1, down);
        task.first_panel = share(panels, part % across, across);
        task.last_panel = share(panels, part % across + 1, across);
        task.weights = transformed.data_ptr<float>();
        task.bias = bias;
        if (beside.defined()) task.beside = beside.data_ptr();
        task.y = y.data_ptr();
        take_scratch(task);
        (f32 ? loops().winograd_f32 : loops().winograd_bf16)(task);
    });
}

WeightGradients weight_gradients_by_winograd(const torch::Tensor& x, const torch::Tensor& grad_y) {
    const std::int64_t in = x.size(1), out = grad_y.size(1), tiles = tiles_of(x);
    const std::int64_t size = planes * loops().winograd_plane(in, out), threads = at::get_num_threads();
    // Sums for a range of input channels belong to one thread; only where these are few do several threads
    // make sums of their own over a range of tiles.
    const std::int64_t across = std::clamp<std::int64_t>(in / in_for_a_thread, 1, threads);
    const std::int64_t down = std::min(tiles, (threads + across - 1) / across);
    const auto options = x.options().dtype(torch::kFloat32);
    const torch::Tensor sums = torch::empty({down, size}, options),
                        bias_sums = torch::zeros({down, out}, options);
    const bool f32 = x.scalar_type() == torch::kFloat32;
    each_part(across * down, [&](std::int64_t part) {
        WinogradTask task = task_of(x, in, out, tiles);
        const std::int64_t row = part / across, column = part % across;
        task.first_tile = share(tiles, row, down);
        task.last_tile = share(tiles, row + 1, down);
        task.first_in = share(in, column, across);
        task.last_in = share(in, column + 1, across);
        task.grad_y = grad_y.data_ptr();
        task.sums = sums.data_ptr<float>() + row * size;
        if (column == 0) task.bias_sums = bias_sums.data_ptr<float>() + row * out;
        take_scratch(task);
        (f32 ? loops().winograd_weight_sums_f32 : loops().winograd_weight_sums_bf16)(task);
    });
    const torch::Tensor grad_weight = torch::empty({out, in, 3, 3}, options);
    at::parallel_for(0, in, 1024 / out + 1, [&](std::int64_t begin, std::int64_t end) {
        WinogradWeightsTask task;
        task.in = in;
        task.out = out;
        task.first_row = begin;
        task.last_row = end;
        task.sums = sums.data_ptr<float>();
        task.parts = down;
        task.to = grad_weight.data_ptr<float>();
        loops().winograd_weight_gradient(task);
    });
    return {grad_weight, bias_sums.sum(0)};
}

} // namespace ddpm::network::kernels
