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
    constexpr std::int64_t at_once = 32;
    return (rows + at_once - 1) / at_once * at_once;
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
    task.scratch = scratch((halves()->scratch(task, backward) + 3) / 4);
}

/// The embeddings of timesteps as the time layers' products take them, or as they are where those are
/// float32's.
torch::Tensor for_products(const torch::Tensor& embeddings) {
    constexpr std::int64_t whole = 32;
    const std::int64_t timesteps = embeddings.size(0), E = embeddings.size(1);
    if (E % whole != 0) return embeddings.contiguous();
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
        task.scratch = scratch((halves()->time_scratch(task) + 3) / 4);
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

void half_gradients_of_time(const Layers& net, const Layers& gradient, const torch::Tensor& embeddings,
                            float* grad_time, std::int64_t rows) {
    if (!rounded(embeddings)) return gradients_of_time(gradient, embeddings, grad_time, rows);
    const torch::Tensor pairs = torch::empty_like(embeddings);
    halves()->pack_rows(embeddings.data_ptr(), embeddings.size(0), net.E, pairs.data_ptr());
    each_job(time_panels(net, embeddings), rows, [&](std::int64_t index) {
        const TimePanel panel(net, index);
        HalfTimeTask task = panel.task(net, embeddings, grad_time);
        task.pairs = pairs.data_ptr();
        task.grad_weights = gradient.time_weight(panel.layer) + panel.first * net.E;
        task.grad_bias = gradient.time_bias(panel.layer) + panel.first;
        halves()->time_backward(task);
        std::copy_n(task.grad_bias, TimePanel::width, gradient.hidden_bias(panel.layer) + panel.first);
    });
}

struct HalfMlpFunction : torch::autograd::Function<HalfMlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), embeddings = for_products(embeddings_given);
        const Layers net{floats(flat), weights.places, weights.hidden, weights.embedding, weights.layers};
        const std::int64_t N = x.size(0), H = net.H, L = net.L, panels = time_panels(net, embeddings);
        const torch::Tensor time = torch::empty({embeddings.size(0), L, H}, x.options()),
                            hidden = torch::empty({keeps ? 2 : 1, L - 1, H * H / 2}, x.options()),
                            in = torch::empty({2, H}, x.options()), y = torch::empty({N, 2}, x.options());
        const std::int64_t packs = hidden.size(0) * (L - 1);
        each_job(packs + panels, N, [&](std::int64_t job) {
            if (job >= packs) return fill_time(net, embeddings, job - packs, floats(time));
            halves()->pack(net.hidden_weight(job % (L - 1) + 1), H, H, job >= L - 1,
                           floats(hidden) + job * H * H / 2);
        });
        for (std::int64_t c = 0; c < H; ++c)
            for (std::int64_t k = 0; k < 2; ++k)
                floats(in)[k * H + c] = net.in_weight()[2 * c + k];
        const std::int64_t parts = parts_of_rows(N);
        std::optional<Kept> kept;
        if (keeps) kept.emplace(net, N, parts);
        each_rows<HalfMlpTask>(net, x, which, parts,
                               [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
                                   take_scratch(task, false);
                                   task.time = floats(time);
                                   task.in_weights = floats(in);
                                   task.hidden_weights = floats(hidden);
                                   task.out_weights = net.out_weight();
                                   task.out_bias = net.out_bias();
                                   task.keeps = keeps;
                                   if (keeps) kept->give(part, task);
                                   task.y = floats(y) + 2 * first;
                                   halves()->mlp(task);
                               });
        if (!keeps) return y;
        context->save_for_backward({x, embeddings, which, flat, kept->memory, hidden});
        remember(context, net);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &flat = saved[3],
                            &hidden = saved[5], grad_y = outputs[0].contiguous();
        const Layers net = recalled(context, flat);
        const std::int64_t N = x.size(0), H = net.H, L = net.L;
        const Kept kept(net, N, saved[4]); // the rows were divided then, whatever there are workers now
        const std::int64_t parts = kept.memory.size(0);
        const MlpSumsLayout layout(net, embeddings.size(0));
        const torch::Tensor sums = torch::empty({parts, layout.size}, x.options());
        each_rows<HalfMlpTask>(net, x, which, parts,
                               [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
                                   take_scratch(task, true);
                                   const MlpSums own = layout.in(floats(sums) + part * layout.size);
                                   std::fill_n(own.time, layout.size - layout.at_time, 0.0F);
                                   task.out_weights = net.out_weight();
                                   task.hidden_weights_back = floats(hidden) + (L - 1) * H * H / 2;
                                   kept.give(part, task);
                                   task.grad_y = floats(grad_y) + 2 * first;
                                   put_sums(own, task);
                                   halves()->mlp_backward(task);
                               });
        add_rows(sums);
        const MlpSums all = layout.in(floats(sums));
        const auto of_time = [&](const Layers& gradient) {
            half_gradients_of_time(net, gradient, embeddings, all.time, N);
        };
        return {{}, {}, {}, gradient_of_all(net, flat, all, of_time), {}, {}};
    }
};

} // namespace

torch::Tensor half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                       const MlpWeights& weights, bool keeps) {
    return HalfMlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

} // namespace ddpm::network::kernels
