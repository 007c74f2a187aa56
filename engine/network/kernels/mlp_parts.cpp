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

void add_rows(const torch::Tensor& sums) {
    const std::int64_t parts = sums.size(0), size = sums.size(1);
    each_part(parts, [&](std::int64_t part) {
        float* to = floats(sums);
        const std::int64_t end = share(size, part + 1, parts);
        for (std::int64_t other = 1; other < parts; ++other) {
            const float* from = to + other * size;
            for (std::int64_t i = share(size, part, parts); i < end; ++i)
                to[i] += from[i];
        }
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

torch::Tensor gradient_of_all(const Layers& net, const torch::Tensor& flat, const MlpSums& sums,
                              const std::function<void(const Layers&)>& gradients_of_time) {
    const torch::Tensor result = torch::zeros_like(flat);
    Layers gradient = net;
    gradient.flat = floats(result);
    const std::int64_t H = net.H;
    gradients_of_time(gradient);
    for (std::int64_t c = 0; c < H; ++c)
        for (std::int64_t k = 0; k < 2; ++k)
            gradient.in_weight()[2 * c + k] = sums.in[k * H + c];
    std::copy_n(sums.out, 2 * H, gradient.out_weight());
    std::copy_n(sums.out_bias, 2, gradient.out_bias());
    for (std::int64_t layer = 1; layer < net.L; ++layer)
        std::copy_n(sums.hidden + (layer - 1) * H * H, H * H, gradient.hidden_weight(layer));
    return result;
}

} // namespace ddpm::network::kernels
