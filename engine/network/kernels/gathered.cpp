#include "network/kernels/gathered.h"

#include "network/kernels/halves.h"
#include "network/kernels/threads.h"

namespace ddpm::network::kernels {
namespace {

GatherTask part_of(const GatherTask& all, std::int64_t points, std::int64_t part, std::int64_t parts) {
    GatherTask task = all;
    task.first_point = share(points, part, parts);
    task.last_point = share(points, part + 1, parts);
    return task;
}

} // namespace

void gather_all(const GatherTask& all, std::int64_t points) {
    const std::int64_t parts = parts_of(points, 32);
    each_part(parts, [&](std::int64_t part) {
        GatherTask task = part_of(all, points, part, parts);
        task.scratch = scratch_bytes(halves()->gather_scratch(task, false));
        halves()->gather(task);
    });
}

GatheredSums gathered_sums(const GatherTask& all, std::int64_t points, const torch::Tensor& grad_y) {
    const std::int64_t of_weight = all.taps * all.out * all.in, parts = parts_of(points, 128);
    const bool halved = grad_y.scalar_type() == torch::kBFloat16;
    const torch::TensorOptions options(torch::kFloat32);
    const torch::Tensor sums = torch::empty({parts, all.taps, all.out, all.in}, options),
                        bias_sums = torch::empty({parts, all.out}, options);
    each_part(parts, [&](std::int64_t part) {
        GatherTask task = part_of(all, points, part, parts);
        task.grad_y = grad_y.data_ptr();
        task.sums = sums.data_ptr<float>() + part * of_weight;
        task.bias_sums = bias_sums.data_ptr<float>() + part * all.out;
        task.scratch =
            scratch_bytes(halved ? halves()->gather_scratch(task, true) : loops().gather_sums_scratch(task));
        (halved ? halves()->gather_sums : loops().gather_sums)(task);
    });
    if (parts == 1) return {sums[0], bias_sums[0]};
    return {sums.sum(0), bias_sums.sum(0)};
}

} // namespace ddpm::network::kernels
