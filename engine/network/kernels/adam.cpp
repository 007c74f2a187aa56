#include "network/kernels/adam.h"

#include "network/kernels/loops.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace ddpm::network::kernels {

void adam(const torch::Tensor& weights, const torch::Tensor& gradient, const torch::Tensor& exp_avg,
          const torch::Tensor& exp_avg_sq, const torch::Tensor& average, const AdamStep& step) {
    RECORD_FUNCTION("ddpm::adam", std::vector<c10::IValue>());
    constexpr std::int64_t piece = 8192; // whole vectors, whatever the number of threads
    const std::int64_t count = weights.numel();
    at::parallel_for(0, (count + piece - 1) / piece, 2, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = begin * piece;
        AdamTask task;
        task.weights = weights.data_ptr<float>() + at;
        task.gradient = gradient.data_ptr<float>() + at;
        task.exp_avg = exp_avg.data_ptr<float>() + at;
        task.exp_avg_sq = exp_avg_sq.data_ptr<float>() + at;
        if (average.defined()) task.average = average.data_ptr<float>() + at;
        task.count = std::min(end * piece, count) - at;
        task.gradient_scale = static_cast<float>(step.gradient_scale);
        task.beta1 = static_cast<float>(step.beta1);
        task.beta2 = static_cast<float>(step.beta2);
        task.eps = static_cast<float>(step.eps);
        task.step_size = static_cast<float>(step.learning_rate / step.correction1);
        task.root_correction2 = static_cast<float>(std::sqrt(step.correction2));
        task.decay = static_cast<float>(step.ema_decay);
        loops().adam(task);
    });
    // Written behind the library's back: whoever keeps something made from them must be able to tell.
    weights.unsafeGetTensorImpl()->bump_version();
    if (average.defined()) average.unsafeGetTensorImpl()->bump_version();
}

double norm(const torch::Tensor& x) {
    RECORD_FUNCTION("ddpm::adam_norm", std::vector<c10::IValue>());
    constexpr std::int64_t piece = 8192; // the order of the sum is the same for any number of threads
    const std::int64_t count = x.numel(), pieces = (count + piece - 1) / piece;
    std::vector<double> squares(static_cast<std::size_t>(pieces));
    at::parallel_for(0, pieces, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            squares[static_cast<std::size_t>(i)] =
                loops().sum_of_squares(x.data_ptr<float>() + i * piece, std::min(piece, count - i * piece));
    });
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

} // namespace ddpm::network::kernels
