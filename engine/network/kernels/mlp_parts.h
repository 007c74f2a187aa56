// What the kernels of the points' net in float32 and in bfloat16 have in common: where the weights lie, and
// what the timesteps add.
#pragma once

#include "network/kernels/loops.h"
#include "network/kernels/mlp.h"
#include "network/kernels/threads.h"

#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace ddpm::network::kernels {

inline float* floats(const torch::Tensor& x) {
    return x.data_ptr<float>();
}

inline std::int64_t packed_size(std::int64_t rows, std::int64_t columns) {
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

    Layers(float* start, std::vector<std::int64_t> offsets, std::int64_t hidden, std::int64_t embedding,
           std::int64_t layers)
        : flat(start), places(std::move(offsets)), H(hidden), E(embedding), L(layers) {}
    explicit Layers(const MlpWeights& weights)
        : Layers(floats(weights.flat), weights.places, weights.hidden, weights.embedding, weights.layers) {}

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

/// What backward needs to know of the net, beside the tensors that are saved.
inline void remember(torch::autograd::AutogradContext* context, const Layers& net) {
    context->saved_data["places"] = net.places;
    context->saved_data["sizes"] = std::vector<std::int64_t>{net.H, net.E, net.L};
}
inline Layers recalled(torch::autograd::AutogradContext* context, const torch::Tensor& flat) {
    const std::vector<std::int64_t> sizes = context->saved_data["sizes"].toIntVector();
    return {floats(flat), context->saved_data["places"].toIntVector(), sizes[0], sizes[1], sizes[2]};
}

/// run(task, first row, part) for a task (MlpTask, HalfMlpTask) of each part of the rows, at the same time;
/// what belongs to the pass alone is not filled in.
template <typename Task, typename Run>
void each_rows(const Layers& net, const torch::Tensor& x, const torch::Tensor& which, std::int64_t parts,
               const Run& run) {
    each_part(parts, [&](std::int64_t part) {
        const std::int64_t rows = x.size(0), first = share(rows, part, parts);
        Task task;
        task.rows = share(rows, part + 1, parts) - first;
        task.hidden = net.H;
        task.layers = net.L;
        task.x = floats(x) + 2 * first;
        task.timestep = which.data_ptr<std::int32_t>() + first;
        run(task, first, part);
    });
}

/// How many panels the columns of all layers are.
inline std::int64_t panels_of_layers(const Layers& net) {
    return net.L * panels_of(net.H);
}

/// What the layers add for each timestep, biases and all, in one of panels_of_layers(): table is [timesteps,
/// layers, hidden], embeddings [timesteps, embedding].
void fill_time_panel(const Layers& net, const torch::Tensor& embeddings, std::int64_t panel, float* table);

/// Row 0 ← the sum of all rows; of columns [begin, end) alone, by the caller's thread.
void add_rows(const torch::Tensor& sums);
void add_rows(const torch::Tensor& sums, std::int64_t begin, std::int64_t end);

/// The gradients of time's layers, and of the biases beside theirs. grad_time: [timesteps, layers, hidden]
void gradients_of_time(const Layers& gradient, const torch::Tensor& embeddings, float* grad_time,
                       std::int64_t rows);

/// The gradient of all weights from the sums: in [2, hidden], out [2, hidden], out's bias, hidden [layers −
/// 1, hidden, hidden], grad_time as above; gradients_of_time writes those of the time layers.
struct MlpSums {
    float *in = nullptr, *out = nullptr, *out_bias = nullptr, *hidden = nullptr, *time = nullptr;
};
/// Where they lie in one buffer, and its size.
struct MlpSumsLayout {
    std::int64_t at_out, at_bias, at_hidden, at_time, size;
    MlpSumsLayout(const Layers& net, std::int64_t timesteps);
    MlpSums in(float* buffer) const;
};
/// Where a backward task puts them.
template <typename Task>
void put_sums(const MlpSums& sums, Task& task) {
    task.grad_in = sums.in;
    task.grad_out = sums.out;
    task.grad_out_bias = sums.out_bias;
    task.grad_hidden = sums.hidden;
    task.grad_time = sums.time;
}
/// Writes the sums into the places of a gradient, all but those of time and the biases beside.
void take_sums(const Layers& gradient, const MlpSums& sums);

/// What stands between the two passes of a fit.
struct Fitting {
    MlpFit result;
    MlpTarget target;
    torch::Tensor grad_y; ///< [N, 2]: the gradient of the batch's mean of weight · squared

    Fitting(std::int64_t rows, const MlpTarget& given);
    /// squared and grad_y of some rows from their y.
    void squares(std::int64_t first, std::int64_t rows) const;
};

} // namespace ddpm::network::kernels
