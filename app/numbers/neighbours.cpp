#include "numbers/neighbours.h"

#include "data/dataset.h"

#include <algorithm>

namespace ddpm::app {

Neighbours nearest_neighbours(const torch::Tensor& samples, const torch::Tensor& items, int sample_size,
                              int k, const std::function<bool()>& interrupted) {
    constexpr std::int64_t items_at_once = 2000;
    const torch::NoGradGuard no_grad;
    const torch::Tensor x = samples.flatten(1).to(torch::kFloat64);
    torch::Tensor best, which; // [N, up to k]
    for (std::int64_t first = 0; first < items.size(0); first += items_at_once) {
        if (interrupted()) return {};
        const std::int64_t n = std::min(items_at_once, items.size(0) - first);
        const torch::Tensor y =
            data::to_model_input(items.narrow(0, first, n), sample_size).flatten(1).to(torch::kFloat64);
        const torch::Tensor squared =
            (x.square().sum(1, true) + y.square().sum(1).unsqueeze(0) - 2 * x.matmul(y.t())).clamp_min(0);
        const torch::Tensor numbers = torch::arange(first, first + n, torch::kInt64).expand({x.size(0), n});
        const torch::Tensor all = best.defined() ? torch::cat({best, squared}, 1) : squared;
        const torch::Tensor names = which.defined() ? torch::cat({which, numbers}, 1) : numbers;
        const auto [nearest, places] = all.topk(std::min<std::int64_t>(k, all.size(1)), 1, false, true);
        best = nearest;
        which = names.gather(1, places);
    }
    return {which, (best / static_cast<double>(x.size(1))).sqrt()};
}

} // namespace ddpm::app
