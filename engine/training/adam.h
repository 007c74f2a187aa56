// Adam (Kingma & Ba 2015) over one flat buffer: a handful of launches whatever the net.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::training {

class Adam {
public:
    static constexpr double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;

    /// weights, gradient: [M] float32, kept by reference.
    Adam(torch::Tensor weights, torch::Tensor gradient);

    /// A moving average of the weights that follows each update: average ← decay · average + (1 − decay) ·
    /// weights.
    struct Average {
        torch::Tensor values; ///< [M] like the weights; undefined: none
        double decay = 1;
    };

    /// One update with the gradient scaled by `gradient_scale` ([] float32, for clipping). On the CPU one
    /// pass over memory; on a GPU nothing is read back.
    void step(double learning_rate, const torch::Tensor& gradient_scale, const Average& average);

    const torch::Tensor& exp_avg() const { return exp_avg_; }
    const torch::Tensor& exp_avg_sq() const { return exp_avg_sq_; }
    std::int64_t steps() const { return steps_; }
    void set_steps(std::int64_t steps) { steps_ = steps; } ///< after loading the moments from a checkpoint

private:
    torch::Tensor weights_, gradient_, exp_avg_, exp_avg_sq_;
    std::int64_t steps_ = 0;
};

} // namespace ddpm::training
