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

/// The layers in a buffer like MlpWeights::flat. Layer 0 has no hidden matrix, but in's.
struct Layers {
    float* flat = nullptr;
    std::vector<std::int64_t> places;
    std::int64_t H = 0, E = 0, L = 0;

    float* at(std::int64_t index) const { return flat + places[static_cast<std::size_t>(index)]; }
    float* in_weight() const { return at(0); }
    float* in_bias() const { return at(1); }
    float* time_weight(std::int64_t layer) const { return at(layer == 0 ? 2 : 4 * layer); }
    float* time_bias(std::int64_t layer) const { return at(layer == 0 ? 3 : 4 * layer + 1); }
    float* hidden_weight(std::int64_t layer) const { return at(4 * layer + 2); } // of layer 1 and more
    float* hidden_bias(std::int64_t layer) const { return layer == 0 ? in_bias() : at(4 * layer + 3); }
    float* out_weight() const { return at(4 * L); }
    float* out_bias() const { return at(4 * L + 1); }
};

/// What the kernel reads, made of the weights and of the timesteps that occur.
struct Prepared {
    torch::Tensor time;        ///< what each layer adds, biases and all: [timesteps, layers, hidden]
    torch::Tensor in, hidden;  ///< packed; hidden: [layers − 1, floats of one]
    torch::Tensor hidden_back; ///< the same for the way back, empty where nothing is kept
};

Prepared prepare(const Layers& net, const torch::Tensor& embeddings, std::int64_t rows, bool keeps) {
    const std::int64_t D = embeddings.size(0), E = net.E, H = net.H, L = net.L, panels = panels_of(H),
                       panel = loops().panel, matrix = packed_size(H, H);
    const auto options = embeddings.options();
    const Prepared made{torch::empty({D, L, H}, options), torch::empty({packed_size(2, H)}, options),
                        torch::empty({L - 1, matrix}, options),
                        torch::empty({keeps ? L - 1 : 0, matrix}, options)};
    // A panel of columns of one layer.
    const auto forward = [&](std::int64_t layer, std::int64_t first) {
        const std::int64_t columns = std::min(panel, H - first);
        const auto pack_rows = [&](const float* from, std::int64_t in, float* to) {
            loops().pack(from + first * in, in, columns, true, to);
        };
        float* own = scratch(packed_size(E, panel) + panel);
        float* bias = own + packed_size(E, panel);
        pack_rows(net.time_weight(layer), E, own);
        for (std::int64_t c = 0; c < columns; ++c)
            bias[c] = net.time_bias(layer)[first + c] + net.hidden_bias(layer)[first + c];
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
            pack_rows(net.in_weight(), 2, floats(made.in) + 2 * first);
        else
            pack_rows(net.hidden_weight(layer), H, floats(made.hidden) + (layer - 1) * matrix + H * first);
    };
    const std::int64_t ways_back = made.hidden_back.size(0);
    each_job(L * panels + ways_back, rows, [&](std::int64_t job) {
        if (job >= ways_back) {
            forward((job - ways_back) / panels, (job - ways_back) % panels * panel);
            return;
        }
        loops().pack(net.hidden_weight(job + 1), H, H, false, floats(made.hidden_back) + job * matrix);
    });
    return made;
}

/// A task for each part of the rows, but for what belongs to the part alone.
template <typename Run>
void each_rows(const Layers& net, const torch::Tensor& x, const torch::Tensor& which, std::int64_t timesteps,
               const Run& run) {
    const std::int64_t rows = x.size(0), parts = parts_of_rows(rows);
    each_part(parts, [&](std::int64_t part) {
        const std::int64_t first = share(rows, part, parts);
        MlpTask task;
        task.rows = share(rows, part + 1, parts) - first;
        task.x = floats(x) + 2 * first;
        task.timestep = which.data_ptr<std::int32_t>() + first;
        task.timesteps = timesteps;
        task.hidden = net.H;
        task.layers = net.L;
        task.matrix = packed_size(net.H, net.H);
        run(task, first, part);
    });
}

/// Row 0 ← the sum of all rows.
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

/// The gradients of time's layers, and of the biases beside theirs. grad_time: [timesteps, layers, hidden]
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

struct MlpFunction : torch::autograd::Function<MlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), embeddings = embeddings_given.contiguous();
        const Layers net{floats(flat), weights.places, weights.hidden, weights.embedding, weights.layers};
        const std::int64_t N = x.size(0), H = net.H, L = net.L, D = embeddings.size(0);
        const Prepared prepared = prepare(net, embeddings, N, keeps);
        const torch::Tensor kept = torch::empty({keeps ? 2 * L * N * H : 0}, x.options()),
                            y = torch::empty({N, 2}, x.options());
        each_rows(net, x, which, D, [&](MlpTask& task, std::int64_t first, std::int64_t) {
            task.time = floats(prepared.time);
            task.in_weights = floats(prepared.in);
            task.hidden_weights = floats(prepared.hidden);
            task.out_weights = net.out_weight();
            task.out_bias = net.out_bias();
            task.keeps = keeps;
            const std::int64_t at_once = loops().mlp_rows * H;
            task.layer_stride = keeps ? N * H : at_once;
            task.scratch = scratch((keeps ? 1 : 1 + L) * at_once);
            task.h = keeps ? floats(kept) + first * H : task.scratch + at_once;
            if (keeps) task.slope = task.h + L * N * H;
            task.y = floats(y) + 2 * first;
            loops().mlp(task);
        });
        if (!keeps) return y;
        context->save_for_backward({x, embeddings, which, flat, kept, prepared.hidden_back});
        context->saved_data["places"] = weights.places;
        context->saved_data["layers"] = L;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &flat = saved[3],
                            &kept = saved[4], &hidden_back = saved[5], grad_y = outputs[0].contiguous();
        const std::int64_t N = x.size(0), D = embeddings.size(0), E = embeddings.size(1),
                           L = context->saved_data["layers"].toInt(), H = kept.numel() / (2 * L * N);
        const std::vector<std::int64_t> places = context->saved_data["places"].toIntVector();
        const Layers net{floats(flat), places, H, E, L};
        const torch::Tensor out_packed = torch::empty({packed_size(2, H)}, x.options());
        loops().pack(net.out_weight(), 2, H, false, floats(out_packed));
        // Sums of one part: in, out, out's bias (padded), hidden, time.
        const std::int64_t at_out = 2 * H, at_bias = 4 * H, at_hidden = at_bias + loops().panel,
                           at_time = at_hidden + (L - 1) * H * H, size = at_time + D * L * H;
        const torch::Tensor sums = torch::empty({parts_of_rows(N), size}, x.options());
        each_rows(net, x, which, D, [&](MlpTask& task, std::int64_t first, std::int64_t part) {
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
        add_rows(sums);
        float* sum = floats(sums);
        const torch::Tensor grad_flat = torch::zeros_like(flat);
        const Layers gradient{floats(grad_flat), places, H, E, L};
        gradients_of_time(gradient, embeddings, sum + at_time, N);
        for (std::int64_t c = 0; c < H; ++c)
            for (std::int64_t k = 0; k < 2; ++k)
                gradient.in_weight()[2 * c + k] = sum[k * H + c];
        std::copy_n(sum + at_out, 2 * H, gradient.out_weight());
        std::copy_n(sum + at_bias, 2, gradient.out_bias());
        for (std::int64_t layer = 1; layer < L; ++layer)
            std::copy_n(sum + at_hidden + (layer - 1) * H * H, H * H, gradient.hidden_weight(layer));
        return {{}, {}, {}, grad_flat, {}, {}};
    }
};

} // namespace

bool has_mlp(const torch::Tensor& x, const MlpWeights& weights) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && !x.requires_grad() && x.size(0) > 0 &&
           weights.hidden % (loops().panel / 2) == 0;
}

torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpWeights& weights) {
    const bool keeps = torch::GradMode::is_enabled() && weights.flat.requires_grad();
    return MlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

} // namespace ddpm::network::kernels
