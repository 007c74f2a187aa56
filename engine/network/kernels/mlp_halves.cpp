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

struct HalfMlpFunction : torch::autograd::Function<HalfMlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), embeddings = embeddings_given.contiguous();
        const Layers net{floats(flat), weights.places, weights.hidden, weights.embedding, weights.layers};
        const std::int64_t N = x.size(0), H = net.H, L = net.L, panels = panels_of_layers(net);
        const torch::Tensor time = torch::empty({embeddings.size(0), L, H}, x.options()),
                            hidden = torch::empty({keeps ? 2 : 1, L - 1, H * H / 2}, x.options()),
                            in = torch::empty({2, H}, x.options()), y = torch::empty({N, 2}, x.options());
        const std::int64_t packs = hidden.size(0) * (L - 1);
        each_job(packs + panels, N, [&](std::int64_t job) {
            if (job >= packs) return fill_time_panel(net, embeddings, job - packs, floats(time));
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
        return {{}, {}, {}, gradient_of_all(net, flat, embeddings, layout.in(floats(sums)), N), {}, {}};
    }
};

} // namespace

torch::Tensor half_mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                       const MlpWeights& weights, bool keeps) {
    return HalfMlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

} // namespace ddpm::network::kernels
