#include "network/kernels/mlp_halves.h"

#include "network/kernels/halves.h"
#include "network/kernels/mlp_parts.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace ddpm::network::kernels {
namespace {

std::int64_t padded(std::int64_t rows) {
    return (rows + whole_in_halves - 1) / whole_in_halves * whole_in_halves;
}

/// What a forward pass leaves for the way back, in as many parts as its rows were worked on in.
struct Kept {
    std::int64_t rows;    ///< of a part, padded
    std::int64_t slopes;  ///< floats of a part; its h takes half as much
    torch::Tensor memory; ///< [parts, floats of one]

    Kept(const Layers& net, std::int64_t batch, std::int64_t parts)
        : rows(padded((batch + parts - 1) / parts)), slopes(net.L * rows * net.H),
          memory(torch::empty({parts, slopes * 3 / 2}, torch::kFloat32)) {}
    Kept(const Layers& net, std::int64_t batch, torch::Tensor saved)
        : rows(padded((batch + saved.size(0) - 1) / saved.size(0))), slopes(net.L * rows * net.H),
          memory(std::move(saved)) {}

    void give(std::int64_t part, HalfMlpTask& task) const {
        task.slope = floats(memory) + part * memory.size(1);
        task.h = reinterpret_cast<std::uint32_t*>(task.slope + slopes);
    }
};

void take_scratch(HalfMlpTask& task, bool backward) {
    task.padded_rows = padded(task.rows);
    task.scratch = scratch_bytes(halves()->scratch(task, backward));
}

/// The embeddings of timesteps as the time layers' products take them, or as they are where those are
/// float32's.
torch::Tensor for_products(const torch::Tensor& embeddings) {
    const std::int64_t timesteps = embeddings.size(0), E = embeddings.size(1);
    if (embeddings.scalar_type() == torch::kBFloat16 || !has_half_time(E)) return embeddings.contiguous();
    const torch::Tensor rows =
        torch::empty({padded(timesteps), E}, embeddings.options().dtype(torch::kBFloat16));
    rows.narrow(0, 0, timesteps).copy_(embeddings);
    rows.narrow(0, timesteps, rows.size(0) - timesteps).zero_();
    return rows;
}

/// Whether the time layers are computed in halves, too.
bool rounded(const torch::Tensor& embeddings) {
    return embeddings.scalar_type() == torch::kBFloat16;
}

/// 32 columns of a time layer.
struct TimePanel {
    static constexpr std::int64_t width = 32;
    std::int64_t layer, first;

    TimePanel(const Layers& net, std::int64_t panel)
        : layer(panel * width / net.H), first(panel * width % net.H) {}

    /// time: [timesteps, layers, hidden]
    HalfTimeTask task(const Layers& net, const torch::Tensor& embeddings, float* time) const {
        HalfTimeTask task;
        task.timesteps = embeddings.size(0);
        task.embedding = net.E;
        task.stride = net.L * net.H;
        task.embeddings = embeddings.data_ptr();
        task.weights = net.time_weight(layer) + first * net.E;
        task.bias = net.time_bias(layer) + first;
        task.other_bias = net.hidden_bias(layer) + first;
        task.time = time + layer * net.H + first;
        task.scratch = scratch_bytes(halves()->time_scratch(task));
        return task;
    }
};

std::int64_t time_panels(const Layers& net, const torch::Tensor& embeddings) {
    return rounded(embeddings) ? net.L * net.H / TimePanel::width : panels_of_layers(net);
}

void fill_time(const Layers& net, const torch::Tensor& embeddings, std::int64_t panel, float* time) {
    if (rounded(embeddings))
        halves()->time(TimePanel(net, panel).task(net, embeddings, time));
    else
        fill_time_panel(net, embeddings, panel, time);
}

/// What the kernels read, made of the weights and of the timesteps that occur.
struct HalfPrepared {
    torch::Tensor time;   ///< what each layer adds, biases and all: [timesteps, layers, hidden]
    torch::Tensor hidden; ///< packed for the way forth and, where it is kept, back: [1 or 2, layers − 1, …]
    torch::Tensor in;     ///< [2, hidden]

    HalfPrepared(const Layers& net, const torch::Tensor& embeddings, std::int64_t rows, bool keeps)
        : time(torch::empty({embeddings.size(0), net.L, net.H})),
          hidden(torch::empty({keeps ? 2 : 1, net.L - 1, net.H * net.H / 2})), in(torch::empty({2, net.H})) {
        const std::int64_t H = net.H, matrices = net.L - 1, packs = hidden.size(0) * matrices;
        each_job(packs + time_panels(net, embeddings), rows, [&](std::int64_t job) {
            if (job >= packs) return fill_time(net, embeddings, job - packs, floats(time));
            halves()->pack(net.hidden_weight(job % matrices + 1), H, H, job >= matrices,
                           floats(hidden) + job * H * H / 2);
        });
        for (std::int64_t c = 0; c < H; ++c)
            for (std::int64_t k = 0; k < 2; ++k)
                floats(in)[k * H + c] = net.in_weight()[2 * c + k];
    }
};

/// One batch on its way through the net.
struct HalfPass {
    const Layers& net;
    torch::Tensor x, hidden; ///< hidden as in HalfPrepared

    void forward(HalfMlpTask& task, const HalfPrepared& prepared, const Kept* kept, std::int64_t first,
                 std::int64_t part, float* y) const {
        take_scratch(task, false);
        task.time = floats(prepared.time);
        task.in_weights = floats(prepared.in);
        task.hidden_weights = floats(hidden);
        task.out_weights = net.out_weight();
        task.out_bias = net.out_bias();
        task.keeps = kept != nullptr;
        if (kept) kept->give(part, task);
        task.y = y + 2 * first;
        halves()->mlp(task);
    }

    /// Where the sums of each part of the rows are made.
    struct Sums {
        MlpSumsLayout layout;
        torch::Tensor all; ///< [parts, layout.size]

        Sums(const Layers& net, std::int64_t timesteps, std::int64_t parts)
            : layout(net, timesteps), all(torch::empty({parts, layout.size})) {}
        MlpSums of(std::int64_t part) const { return layout.in(floats(all) + part * layout.size); }
    };
    void backward(HalfMlpTask& task, const Kept& kept, const Sums& sums, std::int64_t first,
                  std::int64_t part, const torch::Tensor& grad_y) const {
        take_scratch(task, true);
        const MlpSums own = sums.of(part);
        std::fill_n(own.time, sums.layout.size - sums.layout.at_time, 0.0F);
        task.out_weights = net.out_weight();
        task.hidden_weights_back = floats(hidden) + (net.L - 1) * net.H * net.H / 2;
        kept.give(part, task);
        task.grad_y = floats(grad_y) + 2 * first;
        put_sums(own, task);
        halves()->mlp_backward(task);
    }

    void finish(const Sums& sums, const torch::Tensor& embeddings, float* gradient_of_flat) const {
        Layers gradient = net;
        gradient.flat = gradient_of_flat;
        const MlpSums all = sums.of(0);
        if (!rounded(embeddings)) {
            add_rows(sums.all);
            gradients_of_time(gradient, embeddings, all.time, x.size(0));
            return take_sums(gradient, all);
        }
        const torch::Tensor pairs = torch::empty_like(embeddings);
        halves()->pack_rows(embeddings.data_ptr(), embeddings.size(0), net.E, pairs.data_ptr());
        const std::int64_t panels = time_panels(net, embeddings);
        // The rest of the sums, in pieces of about as much work as a panel.
        constexpr std::int64_t piece = 8192;
        const std::int64_t others = sums.layout.at_time, pieces = (others + piece - 1) / piece;
        each_job(panels + pieces, x.size(0), [&](std::int64_t job) {
            if (job < panels) return gradient_of_panel(gradient, embeddings, pairs, sums, job);
            const std::int64_t begin = (job - panels) * piece;
            add_rows(sums.all, begin, std::min(begin + piece, others));
        });
        take_sums(gradient, all);
    }

    void gradient_of_panel(const Layers& gradient, const torch::Tensor& embeddings,
                           const torch::Tensor& pairs, const Sums& sums, std::int64_t index) const {
        const TimePanel panel(net, index);
        HalfTimeTask task = panel.task(net, embeddings, sums.of(0).time);
        task.parts = sums.all.size(0);
        task.part_stride = sums.layout.size;
        task.pairs = pairs.data_ptr();
        task.grad_weights = gradient.time_weight(panel.layer) + panel.first * net.E;
        task.grad_bias = gradient.time_bias(panel.layer) + panel.first;
        halves()->time_backward(task);
        std::copy_n(task.grad_bias, TimePanel::width, gradient.hidden_bias(panel.layer) + panel.first);
    }
};

struct HalfMlpFunction : torch::autograd::Function<HalfMlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor embeddings = for_products(embeddings_given);
        const Layers net(weights);
        const std::int64_t N = x_given.size(0), parts = parts_of_rows(N);
        const HalfPrepared prepared(net, embeddings, N, keeps);
        const HalfPass pass{net, x_given.contiguous(), prepared.hidden};
        const torch::Tensor y = torch::empty({N, 2}, pass.x.options());
        std::optional<Kept> kept;
        if (keeps) kept.emplace(net, N, parts);
        each_rows<HalfMlpTask>(
            net, pass.x, which, parts, [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
                pass.forward(task, prepared, kept ? &*kept : nullptr, first, part, floats(y));
            });
        if (!keeps) return y;
        context->save_for_backward({pass.x, embeddings, which, flat, kept->memory, pass.hidden});
        remember(context, net);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &embeddings = saved[1], &which = saved[2], &flat = saved[3],
                            grad_y = outputs[0].contiguous();
        const Layers net = recalled(context, flat);
        const HalfPass pass{net, saved[0], saved[5]};
        // The rows were divided then, whatever there are workers now.
        const Kept kept(net, pass.x.size(0), saved[4]);
        const std::int64_t parts = kept.memory.size(0);
        const HalfPass::Sums sums(net, embeddings.size(0), parts);
        each_rows<HalfMlpTask>(net, pass.x, which, parts,
                               [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
                                   pass.backward(task, kept, sums, first, part, grad_y);
                               });
        const torch::Tensor gradient = torch::zeros_like(flat);
        pass.finish(sums, embeddings, floats(gradient));
        return {{}, {}, {}, gradient, {}, {}};
    }
};

} // namespace

torch::Tensor half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                       const MlpWeights& weights, bool keeps) {
    return HalfMlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

MlpFit fit_half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings_given, const torch::Tensor& which,
                    const MlpWeights& weights, const MlpTarget& target, const torch::Tensor& gradient) {
    const torch::Tensor embeddings = for_products(embeddings_given);
    const Layers net(weights);
    const std::int64_t N = x.size(0), parts = parts_of_rows(N);
    const HalfPrepared prepared(net, embeddings, N, true);
    const HalfPass pass{net, x.contiguous(), prepared.hidden};
    const Kept kept(net, N, parts);
    const HalfPass::Sums sums(net, embeddings.size(0), parts);
    const Fitting fitting(N, target);
    each_rows<HalfMlpTask>(net, pass.x, which, parts,
                           [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
                               pass.forward(task, prepared, &kept, first, part, floats(fitting.result.y));
                               fitting.squares(first, task.rows);
                               pass.backward(task, kept, sums, first, part, fitting.grad_y);
                           });
    pass.finish(sums, embeddings, floats(gradient));
    return fitting.result;
}

} // namespace ddpm::network::kernels
