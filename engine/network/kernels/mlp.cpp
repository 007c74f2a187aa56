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

std::int64_t packed_size(std::int64_t rows, std::int64_t columns) {
    return rows * in_whole_panels(columns);
}

/// run(job) for each of `count`, by all workers where so many rows are worth waking them.
template <typename Run>
void each_job(std::int64_t count, std::int64_t rows, const Run& run) {
    const std::int64_t parts = std::min(count, parts_of_rows(rows));
    each_part(parts, [&](std::int64_t part) {
        for (std::int64_t job = share(count, part, parts); job < share(count, part + 1, parts); ++job)
            run(job);
    });
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

/// What the kernel reads, made of the weights and of the timesteps that occur.
struct Prepared {
    torch::Tensor time;        ///< what each layer adds, biases and all: [timesteps, layers, hidden]
    torch::Tensor in, hidden;  ///< packed; hidden: [layers − 1, floats of one]
    torch::Tensor hidden_back; ///< the same for the way back, empty where nothing is kept
};

Prepared prepare(const Order& order, const std::vector<torch::Tensor>& weights,
                 const torch::Tensor& embeddings, std::int64_t rows, bool keeps) {
    const std::int64_t D = embeddings.size(0), E = embeddings.size(1), H = weights[order.in_weight()].size(0),
                       L = order.layers, panels = panels_of(H), panel = loops().panel,
                       matrix = packed_size(H, H);
    const auto options = embeddings.options();
    const Prepared made{torch::empty({D, L, H}, options), torch::empty({packed_size(2, H)}, options),
                        torch::empty({L - 1, matrix}, options),
                        torch::empty({keeps ? L - 1 : 0, matrix}, options)};
    // A panel of columns of one layer.
    const auto forward = [&](std::int64_t layer, std::int64_t first) {
        const std::int64_t columns = std::min(panel, H - first);
        const auto pack_rows = [&](const torch::Tensor& from, float* to) {
            loops().pack(floats(from) + first * from.size(1), from.size(1), columns, true, to);
        };
        float* own = scratch(packed_size(E, panel) + panel);
        float* bias = own + packed_size(E, panel);
        pack_rows(weights[order.time_weight(layer)], own);
        const float* of_time = floats(weights[order.time_weight(layer) + 1]) + first;
        const float* of_layer =
            floats(weights[layer == 0 ? order.in_bias() : order.hidden_weight(layer) + 1]) + first;
        for (std::int64_t c = 0; c < columns; ++c)
            bias[c] = of_time[c] + of_layer[c];
        LinearTask task;
        task.rows = D;
        task.in = E;
        task.out = columns;
        task.x = floats(embeddings);
        task.weights = own;
        task.bias = bias;
        task.y = floats(made.time) + layer * H + first;
        task.y_stride = L * H;
        loops().linear(task);
        if (layer == 0)
            pack_rows(weights[order.in_weight()], floats(made.in) + 2 * first);
        else
            pack_rows(weights[order.hidden_weight(layer)],
                      floats(made.hidden) + (layer - 1) * matrix + H * first);
    };
    const std::int64_t ways_back = made.hidden_back.size(0);
    each_job(L * panels + ways_back, rows, [&](std::int64_t job) {
        if (job >= ways_back) {
            forward((job - ways_back) / panels, (job - ways_back) % panels * panel);
            return;
        }
        loops().pack(floats(weights[order.hidden_weight(job + 1)]), H, H, false,
                     floats(made.hidden_back) + job * matrix);
    });
    return made;
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
        const Prepared prepared = prepare(order, weights, embeddings, N, keeps);
        const torch::Tensor kept = torch::empty({keeps ? 2 * layers * N * H : 0}, x.options()),
                            y = torch::empty({N, 2}, x.options());
        each_rows(x, which, [&](MlpTask& task, std::int64_t first, std::int64_t) {
            task.hidden = H;
            task.layers = layers;
            task.timesteps = D;
            task.matrix = packed_size(H, H);
            task.time = floats(prepared.time);
            task.in_weights = floats(prepared.in);
            task.hidden_weights = floats(prepared.hidden);
            task.out_weights = floats(weights[order.out_weight()]);
            task.out_bias = floats(weights[order.out_bias()]);
            task.keeps = keeps;
            const std::int64_t at_once = loops().mlp_rows * H;
            task.layer_stride = keeps ? N * H : at_once;
            task.scratch = scratch((keeps ? 1 : 1 + layers) * at_once);
            task.h = keeps ? floats(kept) + first * H : task.scratch + at_once;
            if (keeps) task.slope = task.h + layers * N * H;
            task.y = floats(y) + 2 * first;
            loops().mlp(task);
        });
        if (!keeps) return y;
        context->save_for_backward(
            {x, embeddings, which, kept, weights[order.out_weight()], prepared.hidden_back});
        context->saved_data["layers"] = layers;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &kept = saved[3],
                            &out_weight = saved[4], &hidden_back = saved[5], grad_y = outputs[0].contiguous();
        const std::int64_t L = context->saved_data["layers"].toInt(), N = x.size(0), H = out_weight.size(1),
                           D = embeddings.size(0);
        const torch::Tensor out_packed = torch::empty({packed_size(2, H)}, x.options());
        loops().pack(floats(out_weight), 2, H, false, floats(out_packed));
        // Sums of one part: in, out, out's bias (padded), hidden, time.
        const std::int64_t at_out = 2 * H, at_bias = 4 * H, at_hidden = at_bias + loops().panel,
                           at_time = at_hidden + (L - 1) * H * H, size = at_time + D * L * H;
        const torch::Tensor sums = torch::empty({parts_of_rows(N), size}, x.options());
        each_rows(x, which, [&](MlpTask& task, std::int64_t first, std::int64_t part) {
            task.hidden = H;
            task.layers = L;
            task.timesteps = D;
            task.matrix = packed_size(H, H);
            task.layer_stride = N * H;
            task.h = floats(kept) + first * H;
            task.slope = task.h + L * N * H;
            task.grad_y = floats(grad_y) + 2 * first;
            task.out_weights_packed = floats(out_packed);
            task.hidden_weights_back = floats(hidden_back);
            task.grad_in = floats(sums) + part * size;
            std::fill_n(task.grad_in, size, 0.0F);
            task.grad_out = task.grad_in + at_out;
            task.grad_out_bias = task.grad_in + at_bias;
            task.grad_hidden = task.grad_in + at_hidden;
            task.grad_time = task.grad_in + at_time;
            task.scratch = scratch(2 * loops().mlp_rows * H);
            loops().mlp_backward(task);
        });
        add_parts(sums);
        const torch::Tensor sum = sums[0];
        const OfTime of_time = gradients_of_time(embeddings, sum.narrow(0, at_time, D * L * H), L, H, N);
        const Order order{L};
        std::vector<torch::Tensor> gradients(order.count());
        gradients[order.in_weight()] = sum.narrow(0, 0, 2 * H).view({2, H}).t();
        gradients[order.out_weight()] = sum.narrow(0, at_out, 2 * H).view({2, H});
        gradients[order.out_bias()] = sum.narrow(0, at_bias, 2);
        for (std::int64_t layer = 0; layer < L; ++layer) {
            const torch::Tensor bias = of_time.biases[layer];
            gradients[order.time_weight(layer)] = of_time.weights[layer];
            gradients[order.time_weight(layer) + 1] = bias;
            if (layer == 0) {
                gradients[order.in_bias()] = bias;
                continue;
            }
            gradients[order.hidden_weight(layer)] =
                sum.narrow(0, at_hidden + (layer - 1) * H * H, H * H).view({H, H});
            gradients[order.hidden_weight(layer) + 1] = bias;
        }
        torch::autograd::variable_list all(5); // none of what comes before the weights
        all.insert(all.end(), gradients.begin(), gradients.end());
        return all;
    }

private:
    /// Row 0 ← the sum of all rows.
    static void add_parts(const torch::Tensor& sums) {
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

    struct OfTime {
        torch::Tensor weights; ///< [layers, hidden, embedding]
        torch::Tensor biases;  ///< [layers, hidden]
    };
    /// grad_time: [timesteps, layers, hidden]
    static OfTime gradients_of_time(const torch::Tensor& embeddings, const torch::Tensor& grad_time,
                                    std::int64_t L, std::int64_t H, std::int64_t rows) {
        const std::int64_t E = embeddings.size(1), whole = in_whole_panels(E), panels = panels_of(H);
        const torch::Tensor padded =
            whole == E ? embeddings : torch::constant_pad_nd(embeddings, {0, whole - E});
        const torch::Tensor weights = torch::empty({L, H, whole}, embeddings.options()),
                            biases = torch::empty({L, H}, embeddings.options());
        each_job(L * panels, rows, [&](std::int64_t job) {
            const std::int64_t column = job % panels * loops().panel, first = job / panels * H + column;
            LinearTask task;
            task.rows = embeddings.size(0);
            task.in = whole;
            task.out = std::min(loops().panel, H - column);
            task.x = floats(padded);
            task.y = floats(grad_time) + first;
            task.y_stride = L * H;
            task.sums = floats(weights) + first * whole;
            task.bias_sums = floats(biases) + first;
            loops().linear_weight_sums(task);
        });
        return {weights.narrow(2, 0, E), biases};
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
