// The reverse chain as a walk: one slice predicts part of the batch, the last slice of a step moves it on.
#pragma once

#include "ddpm/config.h"
#include "diffusion/sampler_walk.h"
#include "runtime/model.h"

#include <torch/torch.h>

#include <functional>

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

    bool done() const { return walk_.done(); }
    int step() const { return walk_.step(); }
    const torch::Tensor& x() const { return walk_.x(); }
    const Model& model() const { return model_; }

private:
    void answer(const Visitor& visit);

    Model model_;
    std::uint64_t seed_;
    diffusion::SamplerWalk walk_;
    torch::Tensor output_; ///< predictions of the groups asked so far about the walk's query
    std::int64_t predicted_ = 0;
    std::int64_t group_;
};

} // namespace ddpm::runtime
