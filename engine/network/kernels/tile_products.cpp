#include "network/kernels/channels_last.h"
#include "network/kernels/convolution_ways.h"
#include "network/kernels/threads.h"
#include "network/kernels/tiles.h"

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t in_of_a_part = 128, channel_block = 32;

/// The most parts of so many channels, up to `wanted`, that are equal.
std::int64_t equal_shares(std::int64_t channels, std::int64_t wanted) {
    std::int64_t shares = std::clamp<std::int64_t>(wanted, 1, channels / channel_block);
    while (channels / channel_block % shares != 0)
        --shares;
    return shares;
}

/// Rows and columns of parts that so many threads work on.
struct Parts {
    std::int64_t across, down;

    Parts(std::int64_t threads, std::int64_t across_given, std::int64_t groups)
        : across(across_given), down(std::min(groups, (threads + across - 1) / across)) {}
    std::int64_t count() const { return across * down; }
};

TileTask task_of(const torch::Tensor& x, std::int64_t out) {
    TileTask task;
    task.pictures = x.size(0);
    task.height = x.size(2);
    task.width = x.size(3);
    task.in = x.size(1);
    task.out = out;
    task.x = x.data_ptr();
    return task;
}

} // namespace

bool has_tiles(const torch::Tensor& x, std::int64_t out) {
    return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && x.numel() > 0 && tiles() != nullptr &&
           fit_tiles(x.size(2), x.size(3), x.size(1), out);
}

void convolve_by_tiles(const torch::Tensor& x, const torch::Tensor& weight, bool for_gradient,
                       const float* bias, const torch::Tensor& beside, const torch::Tensor& y) {
    const std::int64_t in = x.size(1), out = y.size(1);
    const torch::Tensor packed = torch::empty({9 * in * out}, x.options());
    at::parallel_for(0, out / 16, 1, [&](std::int64_t begin, std::int64_t end) {
        TileWeightsTask task;
        task.in = in;
        task.out = out;
        task.first_block = begin;
        task.last_block = end;
        task.weights = weight.data_ptr<float>();
        task.for_gradient = for_gradient;
        task.to = packed.data_ptr();
        tiles()->pack_weights(task);
    });
    const TileTask all = task_of(x, out);
    const std::int64_t groups = tiles()->groups(all), threads = at::get_num_threads();
    // Where there is more of the weights than of the pixels, each thread takes its own part of them.
    const bool few_pixels = groups < threads || 9 * out > x.numel() / in;
    const Parts parts(threads, equal_shares(out, few_pixels ? threads : 1), groups);
    each_part(parts.count(), [&](std::int64_t part) {
        TileTask task = all;
        const std::int64_t row = part / parts.across, column = part % parts.across;
        task.first_group = share(groups, row, parts.down);
        task.last_group = share(groups, row + 1, parts.down);
        task.first_out = share(out, column, parts.across);
        task.last_out = share(out, column + 1, parts.across);
        task.weights = packed.data_ptr();
        task.bias = bias;
        if (beside.defined()) task.beside = beside.data_ptr();
        task.y = y.data_ptr();
        task.scratch = scratch_bytes(tiles()->scratch(task));
        tiles()->convolution(task);
    });
}

WeightGradients weight_gradients_by_tiles(const torch::Tensor& x, const torch::Tensor& grad_y) {
    const std::int64_t in = x.size(1), out = grad_y.size(1), threads = at::get_num_threads();
    // As in Winograd's: sums for a range of channels belong to one thread, but where these are few.
    const std::int64_t across = equal_shares(in, std::min(in / in_of_a_part, threads));
    TileTask all = task_of(x, out);
    all.last_in = in / across;
    const std::int64_t groups = tiles()->sum_groups(all);
    const Parts parts(threads, across, groups);
    const auto options = x.options().dtype(torch::kFloat32);
    const torch::Tensor sums = torch::empty({parts.down, 9, out, in}, options),
                        bias_sums = torch::zeros({parts.down, out}, options);
    each_part(parts.count(), [&](std::int64_t part) {
        TileTask task = all;
        const std::int64_t row = part / across, column = part % across;
        task.first_group = share(groups, row, parts.down);
        task.last_group = share(groups, row + 1, parts.down);
        task.first_in = share(in, column, across);
        task.last_in = share(in, column + 1, across);
        task.grad_y = grad_y.data_ptr();
        task.sums = sums.data_ptr<float>() + row * 9 * out * in;
        task.bias_sums = bias_sums.data_ptr<float>() + row * out;
        task.scratch = scratch_bytes(tiles()->sum_scratch(task));
        tiles()->weight_sums(task);
    });
    const torch::Tensor grad_weight = torch::empty({out, in, 3, 3}, options);
    at::parallel_for(0, out, 1024 / in + 1, [&](std::int64_t begin, std::int64_t end) {
        TileGradientTask task;
        task.in = in;
        task.out = out;
        task.parts = parts.down;
        task.first_out = begin;
        task.last_out = end;
        task.sums = sums.data_ptr<float>();
        task.to = grad_weight.data_ptr<float>();
        tiles()->weight_gradient(task);
    });
    return {grad_weight, bias_sums.sum(0)};
}

} // namespace ddpm::network::kernels
