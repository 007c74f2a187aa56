#include "network/kernels/mlp_halves.h"

#include "network/kernels/halves.h"
#include "network/kernels/mlp_parts.h"

#include <ATen/record_function.h>

#include <algorithm>

namespace ddpm::network::kernels {
namespace {

constexpr std::int64_t rows_at_once = 32;

std::int64_t padded(std::int64_t rows) {
    return (rows + rows_at_once - 1) / rows_at_once * rows_at_once;
}

/// What a forward pass leaves for the way back, one part of the rows after the other.
struct Kept {
    std::int64_t rows; ///< room for so many in each part
    std::int64_t size; ///< floats of a part
    torch::Tensor memory;

    Kept(const Layers& net, std::int64_t batch, bool keeps)
        : rows(padded((batch + parts_of_rows(batch) - 1) / parts_of_rows(batch))),
          size(keeps ? net.L * rows * net.H * 3 / 2 : 0),
          memory(torch::empty({parts_of_rows(batch) * size}, torch::kFloat32)) {}
    Kept(const Layers& net, std::int64_t batch, torch::Tensor memory_given)
        : rows(padded((batch + parts_of_rows(batch) - 1) / parts_of_rows(batch))),
          size(net.L * rows * net.H * 3 / 2), memory(std::move(memory_given)) {}

    void give(const Layers& net, std::int64_t part, HalfMlpTask& task) const {
        task.slope = floats(memory) + part * size;
        task.h = reinterpret_cast<std::uint32_t*>(task.slope + net.L * rows * net.H);
    }
};

template <typename Run>
void each_rows(const Layers& net, const torch::Tensor& x, const torch::Tensor& which, bool backward,
               const Run& run) {
    const std::int64_t rows = x.size(0), parts = parts_of_rows(rows);
    each_part(parts, [&](std::int64_t part) {
        const std::int64_t first = share(rows, part, parts);
        HalfMlpTask task;
        task.rows = share(rows, part + 1, parts) - first;
        task.padded_rows = padded(task.rows);
        task.hidden = net.H;
        task.layers = net.L;
        task.x = floats(x) + 2 * first;
        task.timestep = which.data_ptr<std::int32_t>() + first;
        task.scratch = scratch((halves()->scratch(task, backward) + 3) / 4);
        run(task, first, part);
    });
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
        const Kept kept(net, N, keeps);
        each_rows(net, x, which, false, [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
            task.time = floats(time);
            task.in_weights = floats(in);
            task.hidden_weights = floats(hidden);
            task.out_weights = net.out_weight();
            task.out_bias = net.out_bias();
            task.keeps = keeps;
            if (keeps) kept.give(net, part, task);
            task.y = floats(y) + 2 * first;
            halves()->mlp(task);
        });
        if (!keeps) return y;
        context->save_for_backward({x, embeddings, which, flat, kept.memory, hidden});
        context->saved_data["places"] = weights.places;
        context->saved_data["layers"] = L;
        context->saved_data["hidden"] = H;
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &flat = saved[3],
                            &hidden = saved[5], grad_y = outputs[0].contiguous();
        const std::int64_t N = x.size(0), L = context->saved_data["layers"].toInt();
        const std::int64_t H = context->saved_data["hidden"].toInt();
        const Layers net{floats(flat), context->saved_data["places"].toIntVector(), H, embeddings.size(1), L};
        const Kept kept(net, N, saved[4]);
        const MlpSumsLayout layout(net, embeddings.size(0));
        const torch::Tensor sums = torch::empty({parts_of_rows(N), layout.size}, x.options());
        each_rows(net, x, which, true, [&](HalfMlpTask& task, std::int64_t first, std::int64_t part) {
            const MlpSums own = layout.in(floats(sums) + part * layout.size);
            std::fill_n(own.time, layout.size - layout.at_time, 0.0F);
            task.out_weights = net.out_weight();
            task.hidden_weights_back = floats(hidden) + (L - 1) * H * H / 2;
            kept.give(net, part, task);
            task.grad_y = floats(grad_y) + 2 * first;
            task.grad_in = own.in;
            task.grad_out = own.out;
            task.grad_out_bias = own.out_bias;
            task.grad_hidden = own.hidden;
            task.grad_time = own.time;
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
