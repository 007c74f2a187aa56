#include "network/kernels/mlp.h"

#include "network/kernels/halves.h"
#include "network/kernels/loops.h"
#include "network/kernels/mlp_halves.h"
#include "network/kernels/mlp_parts.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

#include <algorithm>

namespace ddpm::network::kernels {
namespace {

/// What the kernel reads, made of the weights and of the timesteps that occur.
struct Prepared {
    torch::Tensor time;        ///< what each layer adds, biases and all: [timesteps, layers, hidden]
    torch::Tensor in, hidden;  ///< packed; hidden: [layers − 1, floats of one]
    torch::Tensor hidden_back; ///< the same for the way back, empty where nothing is kept
};

Prepared prepare(const Layers& net, const torch::Tensor& embeddings, std::int64_t rows, bool keeps) {
    const std::int64_t H = net.H, L = net.L, panels = panels_of_layers(net), matrix = packed_size(H, H);
    const auto options = embeddings.options();
    const Prepared made{torch::empty({embeddings.size(0), L, H}, options),
                        torch::empty({packed_size(2, H)}, options), torch::empty({L - 1, matrix}, options),
                        torch::empty({keeps ? L - 1 : 0, matrix}, options)};
    const std::int64_t forth = L - 1, back = made.hidden_back.size(0);
    each_job(forth + back + panels, rows, [&](std::int64_t job) {
        if (job < forth) {
            loops().pack(net.hidden_weight(job + 1), H, H, true, floats(made.hidden) + job * matrix);
        } else if (job < forth + back) {
            const std::int64_t layer = job - forth;
            loops().pack(net.hidden_weight(layer + 1), H, H, false,
                         floats(made.hidden_back) + layer * matrix);
        } else {
            fill_time_panel(net, embeddings, job - forth - back, floats(made.time));
        }
    });
    loops().pack(net.in_weight(), 2, H, true, floats(made.in));
    return made;
}

struct MlpFunction : torch::autograd::Function<MlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor x = x_given.contiguous(), embeddings = embeddings_given.contiguous();
        const Layers net{floats(flat), weights.places, weights.hidden, weights.embedding, weights.layers};
        const std::int64_t N = x.size(0), H = net.H, L = net.L;
        const Prepared prepared = prepare(net, embeddings, N, keeps);
        const torch::Tensor kept = torch::empty({keeps ? 2 * L * N * H : 0}, x.options()),
                            y = torch::empty({N, 2}, x.options());
        each_rows<MlpTask>(net, x, which, parts_of_rows(N),
                           [&](MlpTask& task, std::int64_t first, std::int64_t) {
                               task.matrix = packed_size(H, H);
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
        remember(context, net);
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::mlp_linear_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const torch::Tensor &x = saved[0], &embeddings = saved[1], &which = saved[2], &flat = saved[3],
                            &kept = saved[4], &hidden_back = saved[5], grad_y = outputs[0].contiguous();
        const Layers net = recalled(context, flat);
        const std::int64_t N = x.size(0), H = net.H, L = net.L, parts = parts_of_rows(N);
        const torch::Tensor out_packed = torch::empty({packed_size(2, H)}, x.options());
        loops().pack(net.out_weight(), 2, H, false, floats(out_packed));
        const MlpSumsLayout layout(net, embeddings.size(0));
        const torch::Tensor sums = torch::empty({parts, layout.size}, x.options());
        each_rows<MlpTask>(net, x, which, parts, [&](MlpTask& task, std::int64_t first, std::int64_t part) {
            task.matrix = packed_size(H, H);
            task.layer_stride = N * H;
            task.h = floats(kept) + first * H;
            task.slope = task.h + L * N * H;
            task.grad_y = floats(grad_y) + 2 * first;
            task.out_weights_packed = floats(out_packed);
            task.hidden_weights_back = floats(hidden_back);
            std::fill_n(floats(sums) + part * layout.size, layout.size, 0.0F);
            put_sums(layout.in(floats(sums) + part * layout.size), task);
            task.scratch = scratch(2 * loops().mlp_rows * H);
            loops().mlp_backward(task);
        });
        add_rows(sums);
        const MlpSums all = layout.in(floats(sums));
        const auto of_time = [&](const Layers& gradient) {
            gradients_of_time(gradient, embeddings, all.time, N);
        };
        return {{}, {}, {}, gradient_of_all(net, flat, all, of_time), {}, {}};
    }
};

} // namespace

bool has_mlp(const torch::Tensor& x, const MlpWeights& weights) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && !x.requires_grad() && x.size(0) > 0 &&
           weights.hidden % (loops().panel / 2) == 0;
}

bool has_half_mlp(std::int64_t hidden) {
    constexpr std::int64_t whole = 32;
    return halves() != nullptr && hidden % whole == 0;
}

torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpWeights& weights, bool in_halves) {
    const bool keeps = torch::GradMode::is_enabled() && weights.flat.requires_grad();
    if (in_halves) return half_mlp(x, embeddings, which, weights, keeps);
    return MlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

} // namespace ddpm::network::kernels
