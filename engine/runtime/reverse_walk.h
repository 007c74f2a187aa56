// The reverse chain as a walk: one slice predicts part of the batch, the last slice of a step moves it on.
#pragma once

#include "ddpm/config.h"
#include "diffusion/sampler_walk.h"
#include "runtime/forward_graph.h"
#include "runtime/model.h"

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace ddpm::runtime {

/// What is given instead of following from the seed and the settings: so that a chain can be held against
/// somebody else's, or begun in the middle of another.
struct Given {
    torch::Tensor x_T = {};   ///< [N, …] float32; undefined: from the seed
    torch::Tensor steps = {}; ///< [steps, N, …] float32, z of each step in order; undefined: from the seed
    int from =
        -1; ///< 0-based t that x_T is a state of, which the walk begins at or next to (SamplerWalk); −1: T
    std::vector<std::int64_t> chains = {}; ///< [N] whose noise of the seed each item has; empty: 0 … N − 1
    std::vector<int> labels = {};          ///< [N] the class of each item; empty: as the settings say
};

class ReverseWalk {
public:
    /// A large net is faster when it is asked about several pictures at once, and a user waits for a slice.
    static constexpr double interactive_slice = 0.12, unattended_slice = 1;

    /// The model is kept. check_sampling(model, settings) must be empty; settings.count is N of given noise.
    /// `slice`: seconds that a slice aims at; the batch is predicted in groups that take about as long.
    ReverseWalk(Model model, SamplingSettings settings, Given given = {}, double slice = unattended_slice);

    /// Called on every step with what the net believes at x_t, before x moves on.
    using Visitor = std::function<void(int step, int index, const torch::Tensor& x_t,
                                       const diffusion::Beliefs& beliefs, double sigma)>;

    /// One slice; true once all steps are done.
    bool advance(const Visitor& visit);

    bool done() const { return walk_.done(); }
    int step() const { return walk_.step(); }
    int steps() const { return walk_.planned(); }
    int evaluations() const; ///< of the net for each item so far; guidance asks twice
    std::int64_t predicted() const {
        return predicted_;
    } ///< items of the batch asked about so far in this step
    int index() const { return done() ? -1 : walk_.query_index(); } ///< 0-based t that is to be left next
    const torch::Tensor& x() const { return walk_.x(); }
    const Model& model() const { return model_; }

private:
    void answer(const Visitor& visit);
    torch::Tensor predict(std::int64_t first, std::int64_t n);

    Model model_;
    std::shared_ptr<ForwardGraph> net_;
    SamplingSettings settings_;
    Given given_;
    torch::Tensor labels_; ///< [N] int64 on the device; undefined where the net has no classes
    diffusion::SamplerWalk walk_;
    torch::Tensor output_; ///< predictions of the groups asked so far about the walk's query
    std::int64_t predicted_ = 0;
    std::int64_t group_;
    double slice_;
};

} // namespace ddpm::runtime
