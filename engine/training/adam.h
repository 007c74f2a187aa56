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

    torch::Tensor gradient_norm() const; ///< [] float32

    /// A moving average of the weights that follows each update: average ← decay · average + (1 − decay) ·
    /// weights.
    struct Average {
        torch::Tensor values; ///< [M] like the weights; undefined: none
        double decay = 1;
    };

    /// One update with the gradient scaled by `gradient_scale` (for clipping); on the CPU one pass over
    /// memory.
    void step(double learning_rate, double gradient_scale, const Average& average);

    /// What changes from update to update; counts the update.
    struct Numbers {
        double step_size = 0;        ///< learning rate / (1 − beta1^k)
        double root_correction2 = 1; ///< sqrt(1 − beta2^k)
    };
    Numbers next(double learning_rate);
    /// The same update on a GPU, with its numbers in device memory ([3] float32: Numbers and the average's
    /// decay) and the scale ([] float32), so that it can be recorded. Where `alive` ([] bool) is false
    /// nothing changes.
    void step_on_device(const torch::Tensor& numbers, const torch::Tensor& gradient_scale,
                        const torch::Tensor& average, const torch::Tensor& alive);

    const torch::Tensor& exp_avg() const { return exp_avg_; }
    const torch::Tensor& exp_avg_sq() const { return exp_avg_sq_; }
    std::int64_t steps() const { return steps_; }
    void set_steps(std::int64_t steps) { steps_ = steps; } ///< after loading the moments from a checkpoint

private:
    void move_moments();

    torch::Tensor weights_, gradient_, exp_avg_, exp_avg_sq_;
    std::int64_t steps_ = 0;
};

} // namespace ddpm::training
