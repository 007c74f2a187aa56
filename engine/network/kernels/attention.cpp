#include "network/kernels/attention.h"

#include "network/kernels/channels_last.h"
#include "network/kernels/halves.h"
#include "network/kernels/loops.h"
#include "network/kernels/threads.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>

namespace ddpm::network::kernels {
namespace {

/// What forward and backward share; tensors are contiguous.
struct Attention {
    torch::Tensor qkv, out;         ///< [N, pixels, 3C], [N, pixels, C]
    torch::Tensor maximum, inverse; ///< [N, heads, pixels] float32

    std::int64_t heads() const { return maximum.size(1); }
    std::int64_t pixels() const { return qkv.size(1); }
    std::int64_t channels() const { return out.size(2); }

    AttentionTask task(std::int64_t example, std::int64_t head) const {
        const std::int64_t C = channels(), P = pixels();
        AttentionTask task;
        task.pixels = P;
        task.width = C / heads();
        task.stride = 3 * C;
        task.out_stride = C;
        task.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(task.width)));
        task.last_row = P;
        const std::int64_t at = head * task.width;
        task.q = place(qkv, example * P * 3 * C + at);
        task.k = place(qkv, example * P * 3 * C + C + at);
        task.v = place(qkv, example * P * 3 * C + 2 * C + at);
        task.out = place(out, example * P * C + at);
        task.maximum = maximum.data_ptr<float>() + (example * heads() + head) * P;
        task.inverse = inverse.data_ptr<float>() + (example * heads() + head) * P;
        return task;
    }

    static char* place(const torch::Tensor& x, std::int64_t index) {
        return static_cast<char*>(x.data_ptr()) + index * static_cast<std::int64_t>(x.element_size());
    }
};

bool fit_halves(std::int64_t pixels, std::int64_t width) {
    return halves() != nullptr && pixels % 32 == 0 && width % 32 == 0;
}

/// The kernels for a type, how many rows they take at a time, and into how many parts those are worth
/// dividing.
struct AttentionKernels {
    void (*forward)(const AttentionTask&);
    void (*backward)(const AttentionTask&);
    bool in_halves;
    std::int64_t rows, most_parts;

    AttentionKernels(torch::ScalarType type, std::int64_t pixels)
        : forward(loops().attention), backward(loops().attention_backward),
          in_halves(type == torch::kBFloat16), rows(1), most_parts(pixels / 16 + 1) {
        if (!in_halves) return;
        forward = halves()->attention;
        backward = halves()->attention_backward;
        rows = 32;
        most_parts = pixels / rows;
    }
    float* scratch_for(const AttentionTask& task, bool back) const {
        if (!in_halves) return scratch(loops().attention_scratch(task.pixels, task.width, back));
        return scratch_bytes(halves()->attention_scratch(task.pixels, task.width, back));
    }
};

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& qkv,
                                 std::int64_t heads) {
        RECORD_FUNCTION("ddpm::attention", std::vector<c10::IValue>());
        Attention all;
        all.qkv = qkv.contiguous();
        const std::int64_t examples = qkv.size(0), pixels = qkv.size(1);
        all.out = torch::empty({examples, pixels, qkv.size(2) / 3}, qkv.options());
        all.maximum = torch::empty({examples, heads, pixels}, qkv.options().dtype(torch::kFloat32));
        all.inverse = torch::empty_like(all.maximum);
        const AttentionKernels kernels(qkv.scalar_type(), pixels);
        // Examples fewer than threads: each takes some of the rows.
        const std::int64_t blocks = pixels / kernels.rows,
                           pieces = std::clamp<std::int64_t>(at::get_num_threads() / (examples * heads), 1,
                                                             kernels.most_parts);
        each_part(examples * heads * pieces, [&](std::int64_t part) {
            const std::int64_t piece = part % pieces, head = part / pieces % heads;
            AttentionTask task = all.task(part / pieces / heads, head);
            task.first_row = share(blocks, piece, pieces) * kernels.rows;
            task.last_row = share(blocks, piece + 1, pieces) * kernels.rows;
            task.scratch = kernels.scratch_for(task, false);
            kernels.forward(task);
        });
        context->save_for_backward({all.qkv, all.out, all.maximum, all.inverse});
        return all.out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outputs) {
        RECORD_FUNCTION("ddpm::attention_backward", std::vector<c10::IValue>());
        const auto saved = context->get_saved_variables();
        const Attention all{saved[0], saved[1], saved[2], saved[3]};
        const torch::Tensor grad_out = outputs[0].contiguous(), grad = torch::empty_like(all.qkv);
        const std::int64_t heads = all.heads(), C = all.channels(), P = all.pixels();
        const AttentionKernels kernels(grad.scalar_type(), P);
        each_part(grad.size(0) * heads, [&](std::int64_t part) {
            const std::int64_t example = part / heads, at = part % heads * (C / heads);
            AttentionTask task = all.task(example, part % heads);
            task.grad_out = Attention::place(grad_out, example * P * C + at);
            task.grad_q = Attention::place(grad, example * P * 3 * C + at);
            task.grad_k = Attention::place(grad, example * P * 3 * C + C + at);
            task.grad_v = Attention::place(grad, example * P * 3 * C + 2 * C + at);
            task.scratch = kernels.scratch_for(task, true);
            kernels.backward(task);
        });
        return {grad, torch::Tensor()};
    }
};

} // namespace

bool has_attention(const torch::Tensor& x, std::int64_t heads) {
    return has_loops(x) && (x.scalar_type() == torch::kFloat32 || fit_halves(x.size(1), x.size(2) / heads));
}

torch::Tensor attend(const torch::Tensor& qkv, std::int64_t heads) {
    return AttentionFunction::apply(qkv, heads);
}

} // namespace ddpm::network::kernels
