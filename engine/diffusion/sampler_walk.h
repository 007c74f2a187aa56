// One sampler's way from x_T to x_0, for a whole batch. It says what the net is to be asked and is told the
// answer; the net itself is unknown to it.
#pragma once

#include "ddpm/config.h"
#include "diffusion/reverse.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

#include <functional>
#include <optional>
#include <vector>

namespace ddpm::diffusion {

/// A finished step: what was known before x moved on.
struct Taken {
    int step = 0;      ///< 0-based, of planned()
    int index = 0;     ///< 0-based t that was left
    torch::Tensor x_t; ///< the state at `index`
    Beliefs beliefs;   ///< of the net at x_t
    double sigma = 0;  ///< standard deviation of the noise added; root mean square where it is learned
};

class SamplerWalk {
public:
    /// x_T: [N, …] float on any device. The settings must pass check(T) and fit T (timesteps.h).
    /// Variance::learned needs a net with learned variance; throws std::logic_error otherwise.
    /// With `from` (0-based t, −1: T) the walk begins at the first timestep of its plan that is not above it,
    /// and x_T is the state there (query_index() says where); at least one timestep must be left.
    SamplerWalk(Schedule schedule, DiffusionSettings diffusion, SamplingSettings sampling, torch::Tensor x_T,
                int from = -1);

    bool done() const { return step_ == planned(); }
    int step() const { return step_; } ///< completed
    int planned() const { return static_cast<int>(visited_.size()); }
    int evaluations() const { return evaluations_; } ///< answers so far
    const torch::Tensor& x() const { return x_; }    ///< after `step()` steps

    /// What the net is to be asked next, with the 0-based t. Heun asks twice a step, but
    /// for the last and for a first one that begins with next to no signal.
    const torch::Tensor& query() const { return predicted_.defined() ? predicted_ : x_; }
    int query_index() const;

    /// The net's output for query(), [N, C or 2C, …]. Returns the step once it is complete. `noise` is called
    /// at most once a step, and only where the step adds noise: z ~ N(0, I) like x.
    std::optional<Taken> answer(const torch::Tensor& output, const std::function<torch::Tensor()>& noise);

private:
    int index_at(int step) const; ///< −1 past the end
    /// Where the step from index_at(step_) lands.
    int landing() const;
    void take_stochastic(const Taken& taken, const std::function<torch::Tensor()>& noise);
    void take_dpmpp(const Taken& taken);
    void predict_heun(const Taken& taken);
    void correct_heun(const torch::Tensor& output);
    Taken complete();

    Schedule schedule_;
    DiffusionSettings diffusion_;
    SamplingSettings sampling_;
    std::vector<int> visited_; ///< 0-based, descending
    torch::Tensor x_;
    int step_ = 0;
    int evaluations_ = 0;
    std::optional<Taken> taking_; ///< the step under way
    torch::Tensor x0_before_;     ///< DPM-Solver++: x0_hat of the step before
    torch::Tensor predicted_;     ///< Heun: Euler's guess, to be asked about
    torch::Tensor slope_;         ///< Heun: the slope at x_t
};

} // namespace ddpm::diffusion
