#include "network/kernels/mlp_parts.h"

namespace ddpm::network::kernels {

void fill_time_panel(const Layers& net, const torch::Tensor& embeddings, std::int64_t panel, float* table) {
    const std::int64_t width = loops().panel, panels = panels_of(net.H), layer = panel / panels,
                       first = panel % panels * width, columns = std::min(width, net.H - first);
    float* own = scratch(packed_size(net.E, width) + width);
    float* bias = own + packed_size(net.E, width);
    loops().pack(net.time_weight(layer) + first * net.E, net.E, columns, true, own);
    for (std::int64_t c = 0; c < columns; ++c)
        bias[c] = net.time_bias(layer)[first + c] + net.hidden_bias(layer)[first + c];
    LinearTask task;
    task.rows = embeddings.size(0);
    task.in = net.E;
    task.out = columns;
    task.x = floats(embeddings);
    task.weights = own;
    task.bias = bias;
    task.y = table + layer * net.H + first;
    task.y_stride = net.L * net.H;
    loops().linear(task);
}

void add_rows(const torch::Tensor& sums, std::int64_t begin, std::int64_t end) {
    float* to = floats(sums);
    for (std::int64_t part = 1; part < sums.size(0); ++part) {
        const float* from = to + part * sums.size(1);
        for (std::int64_t i = begin; i < end; ++i)
            to[i] += from[i];
    }
}

void add_rows(const torch::Tensor& sums) {
    const std::int64_t parts = sums.size(0), size = sums.size(1);
    each_part(parts, [&](std::int64_t part) {
        add_rows(sums, share(size, part, parts), share(size, part + 1, parts));
    });
}

void gradients_of_time(const Layers& gradient, const torch::Tensor& embeddings, float* grad_time,
                       std::int64_t rows) {
    const std::int64_t E = gradient.E, H = gradient.H, L = gradient.L, whole = in_whole_panels(E),
                       panel = loops().panel, panels = panels_of(H);
    const torch::Tensor padded = whole == E ? embeddings : torch::constant_pad_nd(embeddings, {0, whole - E});
    each_job(L * panels, rows, [&](std::int64_t job) {
        const std::int64_t layer = job / panels, first = job % panels * panel;
        const std::int64_t columns = std::min(panel, H - first);
        float* own = scratch(columns * whole);
        LinearTask task;
        task.rows = embeddings.size(0);
        task.in = whole;
        task.out = columns;
        task.x = floats(padded);
        task.y = grad_time + layer * H + first;
        task.y_stride = L * H;
        task.sums = own;
        task.bias_sums = gradient.time_bias(layer) + first;
        loops().linear_weight_sums(task);
        for (std::int64_t c = 0; c < columns; ++c)
            std::copy_n(own + c * whole, E, gradient.time_weight(layer) + (first + c) * E);
        std::copy_n(task.bias_sums, columns, gradient.hidden_bias(layer) + first);
    });
}

MlpSumsLayout::MlpSumsLayout(const Layers& net, std::int64_t timesteps)
    : at_out(2 * net.H), at_bias(4 * net.H), at_hidden(at_bias + loops().panel),
      at_time(at_hidden + (net.L - 1) * net.H * net.H), size(at_time + timesteps * net.L * net.H) {}

MlpSums MlpSumsLayout::in(float* buffer) const {
    return {buffer, buffer + at_out, buffer + at_bias, buffer + at_hidden, buffer + at_time};
}

void take_sums(const Layers& gradient, const MlpSums& sums) {
    const std::int64_t H = gradient.H;
    for (std::int64_t c = 0; c < H; ++c)
        for (std::int64_t k = 0; k < 2; ++k)
            gradient.in_weight()[2 * c + k] = sums.in[k * H + c];
    std::copy_n(sums.out, 2 * H, gradient.out_weight());
    std::copy_n(sums.out_bias, 2, gradient.out_bias());
    for (std::int64_t layer = 1; layer < gradient.L; ++layer)
        std::copy_n(sums.hidden + (layer - 1) * H * H, H * H, gradient.hidden_weight(layer));
}

Fitting::Fitting(std::int64_t rows, const MlpTarget& given)
    : result{torch::empty({rows, 2}), torch::empty({rows})}, target{given.values.contiguous(),
                                                                    given.weight.defined()
                                                                        ? given.weight.contiguous()
                                                                        : given.weight},
      grad_y(torch::empty({rows, 2})) {}

void Fitting::squares(std::int64_t first, std::int64_t rows) const {
    const float *y = floats(result.y), *wanted = floats(target.values),
                *weight = target.weight.defined() ? floats(target.weight) : nullptr;
    const float share_of_one = 1 / static_cast<float>(result.y.size(0));
    for (std::int64_t i = first; i < first + rows; ++i) {
        const float each = weight ? weight[i] * share_of_one : share_of_one;
        float sum = 0;
        for (std::int64_t k = 2 * i; k < 2 * i + 2; ++k) {
            const float error = y[k] - wanted[k];
            sum += error * error;
            floats(grad_y)[k] = error * each;
        }
        floats(result.squared)[i] = sum / 2;
    }
}

} // namespace ddpm::network::kernels
