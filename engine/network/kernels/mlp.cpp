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

/// One batch on its way through the net, and what is kept of it for the way back.
struct Pass {
    const Layers& net;
    torch::Tensor x, kept, hidden_back;
    std::int64_t N = x.size(0);

    void forward(MlpTask& task, const Prepared& prepared, bool keeps, std::int64_t first, float* y) const {
        task.matrix = packed_size(net.H, net.H);
        task.time = floats(prepared.time);
        task.in_weights = floats(prepared.in);
        task.hidden_weights = floats(prepared.hidden);
        task.out_weights = net.out_weight();
        task.out_bias = net.out_bias();
        task.keeps = keeps;
        const std::int64_t at_once = loops().mlp_rows * net.H;
        task.layer_stride = keeps ? N * net.H : at_once;
        task.scratch = scratch((keeps ? 1 : 1 + net.L) * at_once);
        task.h = keeps ? floats(kept) + first * net.H : task.scratch + at_once;
        if (keeps) task.slope = task.h + net.L * N * net.H;
        task.y = y + 2 * first;
        loops().mlp(task);
    }

    /// Where the sums of each part of the rows are made.
    struct Sums {
        MlpSumsLayout layout;
        torch::Tensor out_packed, all; ///< all: [parts, layout.size]

        Sums(const Layers& net, std::int64_t timesteps, std::int64_t parts)
            : layout(net, timesteps), out_packed(torch::empty({packed_size(2, net.H)})),
              all(torch::empty({parts, layout.size})) {
            loops().pack(net.out_weight(), 2, net.H, false, floats(out_packed));
        }
    };
    void backward(MlpTask& task, const Sums& sums, std::int64_t first, std::int64_t part,
                  const torch::Tensor& grad_y) const {
        task.matrix = packed_size(net.H, net.H);
        task.layer_stride = N * net.H;
        task.h = floats(kept) + first * net.H;
        task.slope = task.h + net.L * N * net.H;
        task.grad_y = floats(grad_y) + 2 * first;
        task.out_weights_packed = floats(sums.out_packed);
        task.hidden_weights_back = floats(hidden_back);
        float* own = floats(sums.all) + part * sums.layout.size;
        std::fill_n(own, sums.layout.size, 0.0F);
        put_sums(sums.layout.in(own), task);
        task.scratch = scratch(2 * loops().mlp_rows * net.H);
        loops().mlp_backward(task);
    }
    void finish(const Sums& sums, const torch::Tensor& embeddings, float* gradient_of_flat) const {
        add_rows(sums.all);
        Layers gradient = net;
        gradient.flat = gradient_of_flat;
        const MlpSums all = sums.layout.in(floats(sums.all));
        gradients_of_time(gradient, embeddings, all.time, N);
        take_sums(gradient, all);
    }
};

torch::Tensor memory_to_keep(const Layers& net, std::int64_t rows, bool keeps) {
    return torch::empty({keeps ? 2 * net.L * rows * net.H : 0});
}

struct MlpFunction : torch::autograd::Function<MlpFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_given,
                                 const torch::Tensor& embeddings_given, const torch::Tensor& which,
                                 const torch::Tensor& flat, const MlpWeights& weights, bool keeps) {
        RECORD_FUNCTION("ddpm::mlp_linear", std::vector<c10::IValue>());
        const torch::Tensor embeddings = embeddings_given.contiguous();
        const Layers net(weights);
        const std::int64_t N = x_given.size(0);
        const Prepared prepared = prepare(net, embeddings, N, keeps);
        const Pass pass{net, x_given.contiguous(), memory_to_keep(net, N, keeps), prepared.hidden_back};
        const torch::Tensor y = torch::empty({N, 2}, pass.x.options());
        each_rows<MlpTask>(net, pass.x, which, parts_of_rows(N),
                           [&](MlpTask& task, std::int64_t first, std::int64_t) {
                               pass.forward(task, prepared, keeps, first, floats(y));
                           });
        if (!keeps) return y;
        context->save_for_backward({pass.x, embeddings, which, flat, pass.kept, prepared.hidden_back});
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
        const Pass pass{net, saved[0], saved[4], saved[5]};
        const std::int64_t parts = parts_of_rows(pass.N);
        const Pass::Sums sums(net, embeddings.size(0), parts);
        each_rows<MlpTask>(net, pass.x, which, parts,
                           [&](MlpTask& task, std::int64_t first, std::int64_t part) {
                               pass.backward(task, sums, first, part, grad_y);
                           });
        const torch::Tensor gradient = torch::zeros_like(flat);
        pass.finish(sums, embeddings, floats(gradient));
        return {{}, {}, {}, gradient, {}, {}};
    }
};

} // namespace

bool has_mlp(const torch::Tensor& x, const MlpWeights& weights) {
    return x.is_cpu() && x.scalar_type() == torch::kFloat32 && !x.requires_grad() && x.size(0) > 0 &&
           weights.hidden % (loops().panel / 2) == 0;
}

bool has_half_mlp(std::int64_t hidden) {
    return halves() != nullptr && hidden % whole_in_halves == 0;
}

bool has_half_time(std::int64_t embedding) {
    return embedding % whole_in_halves == 0;
}

torch::Tensor mlp(const torch::Tensor& x, const torch::Tensor& embeddings, const torch::Tensor& which,
                  const MlpWeights& weights, bool in_halves) {
    const bool keeps = torch::GradMode::is_enabled() && weights.flat.requires_grad();
    if (in_halves) return half_mlp(x, embeddings, which, weights, keeps);
    return MlpFunction::apply(x, embeddings, which, weights.flat, weights, keeps);
}

MlpFit fit_mlp(const torch::Tensor& x, const torch::Tensor& embeddings_given, const torch::Tensor& which,
               const MlpWeights& weights, const MlpTarget& target, const torch::Tensor& gradient,
               bool in_halves) {
    const torch::NoGradGuard no_grad;
    RECORD_FUNCTION("ddpm::mlp_linear_fit", std::vector<c10::IValue>());
    if (in_halves) return fit_half_mlp(x, embeddings_given, which, weights, target, gradient);
    const torch::Tensor embeddings = embeddings_given.contiguous();
    const Layers net(weights);
    const std::int64_t N = x.size(0), parts = parts_of_rows(N);
    const Prepared prepared = prepare(net, embeddings, N, true);
    const Pass pass{net, x.contiguous(), memory_to_keep(net, N, true), prepared.hidden_back};
    const Pass::Sums sums(net, embeddings.size(0), parts);
    const Fitting fitting(N, target);
    each_rows<MlpTask>(net, pass.x, which, parts, [&](MlpTask& task, std::int64_t first, std::int64_t part) {
        pass.forward(task, prepared, true, first, floats(fitting.result.y));
        fitting.squares(first, task.rows);
        pass.backward(task, sums, first, part, fitting.grad_y);
    });
    pass.finish(sums, embeddings, floats(gradient));
    return fitting.result;
}

} // namespace ddpm::network::kernels
