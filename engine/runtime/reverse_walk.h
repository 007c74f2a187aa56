// The reverse chain as a walk: one slice predicts part of the batch, the last slice of a step moves it on.
#pragma once

#include "ddpm/config.h"
#include "diffusion/reverse.h"
#include "runtime/model.h"

#include <torch/torch.h>

#include <functional>
#include <vector>

namespace ddpm::runtime {

class ReverseWalk {
public:
    /// The model is kept. settings.check(T) must be empty.
    ReverseWalk(Model model, SamplingSettings settings);

    /// Called on every step with what the net believes at x_t, before x moves on.
    using Visitor = std::function<void(int step, int index, const torch::Tensor& x_t,
                                       const diffusion::Beliefs& beliefs, double sigma)>;

    /// One slice; true once all steps are done. Slices aim at 50 ms: the batch is predicted in groups.
    bool advance(const Visitor& visit);

    bool done() const { return step_ >= static_cast<int>(visited_.size()); }
    int step() const { return step_; }
    const torch::Tensor& x() const { return x_; }
    const Model& model() const { return model_; }

private:
    void finish_step(const Visitor& visit);

    Model model_;
    SamplingSettings settings_;
    std::vector<int> visited_; ///< 0-based, descending
    torch::Tensor x_;
    torch::Tensor output_; ///< predictions of the groups done so far in this step
    std::int64_t predicted_ = 0;
    std::int64_t group_;
    int step_ = 0;
};

} // namespace ddpm::runtime
