#include "network/kernels/mlp.h"

#include "network/kernels/loops.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

#include <algorithm>

namespace ddpm::network::kernels {
namespace {

float* floats(const torch::Tensor& x) {
    return x.data_ptr<float>();
}

/// `matrix`: [out, in], as panel_product's right factor of in rows; back: of out rows.
void pack_into(float* to, const torch::Tensor& matrix, bool back) {
    const std::int64_t out = matrix.size(0), in = matrix.size(1);
    loops().pack(floats(matrix), back ? out : in, back ? in : out, !back, to);
}

std::int64_t packed_size(std::int64_t rows, std::int64_t columns) {
    return rows * in_whole_panels(columns);
}

torch::Tensor packed(const torch::Tensor& matrix, bool back) {
    const std::int64_t out = matrix.size(0), in = matrix.size(1);
    const torch::Tensor result =
        torch::empty({packed_size(back ? out : in, back ? in : out)}, matrix.options());
    pack_into(floats(result), matrix, back);
    return result;
}

/// The hidden matrices one after the other: [layers − 1, floats of one].
torch::Tensor packed_hidden(const std::vector<torch::Tensor>& matrices, std::int64_t hidden, bool back,
                            const torch::TensorOptions& options) {
    const torch::Tensor result =
        torch::empty({static_cast<std::int64_t>(matrices.size()), packed_size(hidden, hidden)}, options);
    for (std::size_t i = 0; i < matrices.size(); ++i)
        pack_into(floats(result) + static_cast<std::int64_t>(i) * result.size(1), matrices[i], back);
    return result;
}

/// Where in the list that apply() takes each tensor stands. Layer 0 has no hidden matrix, but in's.
struct Order {
    std::int64_t layers = 0;
    std::size_t in_weight() const { return 0; }
    std::size_t in_bias() const { return 1; }
    std::size_t out_weight() const { return 2; }
    std::size_t out_bias() const { return 3; }
    std::size_t time_weight(std::int64_t layer) const { return 4 + 2 * static_cast<std::size_t>(layer); }
    std::size_t hidden_weight(std::int64_t layer) const { // of layer 1 and more
        return 4 + 2 * static_cast<std::size_t>(layers + layer - 1);
    }
    std::size_t count() const { return 4 + 2 * static_cast<std::size_t>(2 * layers - 1); }
};

/// What each layer adds for each timestep, biases and all: [layers, timesteps, hidden].
torch::Tensor time_table(const Order& order, const std::vector<torch::Tensor>& weights,
                         const torch::Tensor& embeddings) {
    const std::int64_t D = embeddings.size(0), E = embeddings.size(1), H = weights[order.in_weight()].size(0);
    const torch::Tensor table = torch::empty({order.layers, D, H}, embeddings.options());
    const auto fill = [&](std::int64_t layer) {
        float* own = scratch(packed_size(E, H) + H);
        float* bias = own + packed_size(E, H);
        pack_into(own, weights[order.time_weight(layer)], false);
        const float* of_time = floats(weights[order.time_weight(layer) + 1]);
        const float* of_layer =
            floats(layer == 0 ? weights[order.in_bias()] : weights[order.hidden_weight(layer) + 1]);
        for (std::int64_t c = 0; c < H; ++c)
            bias[c] = of_time[c] + of_layer[c];
        LinearTask task;
        task.rows = D;
        task.in = E;
        task.out = H;
        task.x = floats(embeddings);
        task.weights = own;
        task.bias = bias;
        task.y = floats(table) + layer * D * H;
        loops().linear(task);
    };
    if (D >= 64) {
        each_part(order.layers, fill);
    } else { // not worth waking anybody
        for (std::int64_t layer = 0; layer < order.layers; ++layer)
            fill(layer);
    }
    return table;
}

/// A task for each part of the rows, but for what belongs to the part alone.
template <typename Run>
void each_rows(const torch::Tensor& x, const torch::Tensor& which, const Run& run) {
    const std::int64_t rows = x.size(0), parts = parts_of_rows(rows);
    each_part(parts, [&](std::int64_t part) {
        const std::int64_t first = share(rows, part, parts);
        MlpTask task;
        task.rows = share(rows, part + 1, parts) - first;
        task.x = floats(x) + 2 * first;
        task.timestep = which.data_ptr<std::int32_t>() + first;
        run(task, first, part);
    });
}

struct MlpFunction : torch::autograd::Function<MlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 std::int64_t layers, bool keeps, torch::TensorList given) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const Order order{layers};
        const torch::Tensor x = x_given.contiguous(), embeddings = embeddings_given.contiguous();
        std::vector<torch::Tensor> weights;
        for (const torch::Tensor& weight : given)
            weights.push_back(weight.contiguous());
        const std::int64_t N = x.size(0), H = weights[order.in_weight()].size(0), D = embeddings.size(0);
        std::vector<torch::Tensor> hidden;
        for (std::int64_t layer = 1; layer < layers; ++layer)
            hidden.push_back(weights[order.hidden_weight(layer)]);
        const torch::Tensor table = time_table(order, weights, embeddings),
                            in_packed = packed(weights[order.in_weight()], false),
                            hidden_packed = packed_hidden(hidden, H, false, x.options());
        const torch::Tensor kept = torch::empty({keeps ? 2 * layers * N * H : 0}, x.options()),
                            y = torch::empty({N, 2}, x.options());
        each_rows(x, which, [&](MlpTask& task, std::int64_t first, std::int64_t) {
            task.hidden = H;
            task.layers = layers;
            task.timesteps = D;
            task.matrix = hidden_packed.size(1);
            task.time = floats(table);
            task.in_weights = floats(in_packed);
            task.hidden_weights = floats(hidden_packed);
            task.out_weights = floats(weights[order.out_weight()]);
            task.out_bias = floats(weights[order.out_bias()]);
            task.keeps = keeps;
            task.layer_stride = keeps ? N * H : loops().mlp_rows * H;
            task.u = keeps ? floats(kept) + first * H : scratch(2 * layers * task.layer_stride);
            task.h = task.u + layers * task.layer_stride;
            task.y = floats(y) + 2 * first;
            loops().mlp(task);
        });
        if (!keeps) return y;
        std::vector<torch::Tensor> saved = {x, embeddings, which, kept, weights[order.out_weight()]};
        saved.insert(saved.end(), hidden.begin(), hidden.end());
        context->save_for_backward(saved);
        context->saved_data["layers"] = layers;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &kept = saved[3],
                            &out_weight = saved[4], grad_y = outputs[0].contiguous();
        const std::vector<torch::Tensor> hidden(saved.begin() + 5, saved.end());
        const std::int64_t layers = context->saved_data["layers"].toInt(), N = x.size(0),
                           H = out_weight.size(1), D = embeddings.size(0);
        const torch::Tensor out_packed = packed(out_weight, true),
                            hidden_packed = packed_hidden(hidden, H, true, x.options());
        // Sums of one part: in, out, out's bias (padded), hidden, time.
        const std::int64_t at_out = 2 * H, at_bias = 4 * H, at_hidden = at_bias + loops().panel,
                           at_time = at_hidden + (layers - 1) * H * H, size = at_time + layers * D * H;
        const torch::Tensor sums = torch::empty({parts_of_rows(N), size}, x.options());
        each_rows(x, which, [&](MlpTask& task, std::int64_t first, std::int64_t part) {
            task.hidden = H;
            task.layers = layers;
            task.timesteps = D;
            task.matrix = hidden_packed.size(1);
            task.layer_stride = N * H;
            task.u = floats(kept) + first * H;
            task.h = task.u + layers * N * H;
            task.grad_y = floats(grad_y) + 2 * first;
            task.out_weights_packed = floats(out_packed);
            task.hidden_weights_back = floats(hidden_packed);
            task.grad_in = floats(sums) + part * size;
            std::fill_n(task.grad_in, size, 0.0F);
            task.grad_out = task.grad_in + at_out;
            task.grad_out_bias = task.grad_in + at_bias;
            task.grad_hidden = task.grad_in + at_hidden;
            task.grad_time = task.grad_in + at_time;
            task.scratch = scratch(2 * loops().mlp_rows * H);
            loops().mlp_backward(task);
        });
        const torch::Tensor sum = sums.size(0) == 1 ? sums[0] : sums.sum(0),
                            grad_time = sum.narrow(0, at_time, layers * D * H).view({layers, D, H});
        const Order order{layers};
        std::vector<torch::Tensor> gradients(order.count());
        gradients[order.in_weight()] = sum.narrow(0, 0, 2 * H).view({2, H}).t();
        gradients[order.out_weight()] = sum.narrow(0, at_out, 2 * H).view({2, H});
        gradients[order.out_bias()] = sum.narrow(0, at_bias, 2);
        const torch::Tensor biases = grad_time.sum(1);
        for (std::int64_t layer = 0; layer < layers; ++layer) {
            gradients[order.time_weight(layer)] = torch::mm(grad_time[layer].t(), embeddings);
            gradients[order.time_weight(layer) + 1] = biases[layer];
            if (layer == 0) {
                gradients[order.in_bias()] = biases[0];
                continue;
            }
            gradients[order.hidden_weight(layer)] =
                sum.narrow(0, at_hidden + (layer - 1) * H * H, H * H).view({H, H});
            gradients[order.hidden_weight(layer) + 1] = biases[layer];
        }
        torch::autograd::variable_list all(5); // none of what comes before the weights
        all.insert(all.end(), gradients.begin(), gradients.end());
        return all;
    }
};

} // namespace

bool has_mlp(const torch::Tensor& x, const MlpLayers& layers) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && !x.requires_grad() && x.size(0) > 0 &&
           layers.in_weight.size(0) % (loops().panel / 2) == 0;
}

torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpLayers& layers) {
    const Order order{static_cast<std::int64_t>(layers.time_weights.size())};
    std::vector<torch::Tensor> all(order.count());
    all[order.in_weight()] = layers.in_weight;
    all[order.in_bias()] = layers.in_bias;
    all[order.out_weight()] = layers.out_weight;
    all[order.out_bias()] = layers.out_bias;
    for (std::int64_t layer = 0; layer < order.layers; ++layer) {
        const auto index = static_cast<std::size_t>(layer);
        all[order.time_weight(layer)] = layers.time_weights[index];
        all[order.time_weight(layer) + 1] = layers.time_biases[index];
        if (layer == 0) continue;
        all[order.hidden_weight(layer)] = layers.hidden_weights[index - 1];
        all[order.hidden_weight(layer) + 1] = layers.hidden_biases[index - 1];
    }
    const bool keeps = torch::GradMode::is_enabled() && layers.in_weight.requires_grad();
    return MlpFunction::apply(x, embeddings, which, order.layers, keeps, torch::TensorList(all));
}

} // namespace ddpm::network::kernels
