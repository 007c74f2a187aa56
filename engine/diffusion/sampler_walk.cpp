#include "diffusion/sampler_walk.h"

#include "diffusion/prediction.h"
#include "diffusion/timesteps.h"

#include <cmath>
#include <stdexcept>

namespace ddpm::diffusion {
namespace {

/// Half the logarithm of the signal-to-noise ratio; infinite where there is only one of the two.
double half_log_snr(double alpha_bar) {
    return (std::log(alpha_bar) - std::log1p(-alpha_bar)) / 2;
}

/// sqrt of noise over signal: the noise level of x / sqrt(alpha_bar).
double noise_level(double alpha_bar) {
    return std::sqrt((1 - alpha_bar) / alpha_bar);
}

/// Whether Heun's correction of a step between two noise levels makes it better. With a slope of (x − x0) /
/// level the correction is what the two beliefs differ by, times (from − to) / (2 to). Where that is more
/// than all the noise there is at `to`, it is an error made large: a first step from a state without signal
/// (level infinity, zero terminal SNR) or with next to none (the cosine schedule's level at T is 2e4).
bool heun_corrects(double from, double to) {
    return std::isfinite(from) && (to <= 1 || from - to <= 2 * to * to);
}

} // namespace

SamplerWalk::SamplerWalk(Schedule schedule, DiffusionSettings diffusion, SamplingSettings sampling,
                         torch::Tensor x_T, int from)
    : schedule_(std::move(schedule)), diffusion_(std::move(diffusion)), sampling_(sampling),
      visited_(sampling_timesteps(schedule_.timesteps(), sampling_)), x_(std::move(x_T)) {
    if (sampling_.sampler == Sampler::ancestral && sampling_.variance == Variance::learned &&
        diffusion_.learned_variance == LearnedVariance::none)
        throw std::logic_error("the net has no learned variance");
    if (from >= 0) std::erase_if(visited_, [from](int index) { return index > from; });
    if (visited_.empty()) throw std::logic_error("no timestep is left to walk");
}

int SamplerWalk::index_at(int step) const {
    return step < planned() ? visited_[static_cast<std::size_t>(step)] : -1;
}

int SamplerWalk::landing() const {
    // Ancestral and DDIM step by T//N as diffusers does, even where rounding put the next t elsewhere; a
    // solver must land where it asks next.
    if (sampling_.sampler == Sampler::ancestral || sampling_.sampler == Sampler::ddim)
        return previous_timestep(index_at(step_), schedule_.timesteps(), sampling_.steps);
    return index_at(step_ + 1);
}

int SamplerWalk::query_index() const {
    return index_at(predicted_.defined() ? step_ + 1 : step_);
}

std::optional<Taken> SamplerWalk::answer(const torch::Tensor& output,
                                         const std::function<torch::Tensor()>& noise) {
    if (done()) throw std::logic_error("the walk is over");
    const torch::NoGradGuard no_grad;
    ++evaluations_;
    if (predicted_.defined()) {
        correct_heun(output);
        return complete();
    }
    const int index = index_at(step_);
    const Beliefs beliefs = interpret(schedule_, diffusion_, sampling_, x_, output, index, landing());
    taking_ = Taken{step_, index, x_, beliefs, step_sigma(schedule_, sampling_, beliefs, index, landing())};
    switch (sampling_.sampler) {
    case Sampler::ancestral:
    case Sampler::ddim:
        take_stochastic(*taking_, noise);
        break;
    case Sampler::dpmpp_2m:
        take_dpmpp(*taking_);
        break;
    case Sampler::heun:
        predict_heun(*taking_);
        if (predicted_.defined()) return std::nullopt;
        break;
    }
    return complete();
}

Taken SamplerWalk::complete() {
    Taken taken = std::move(*taking_);
    taking_.reset();
    ++step_;
    return taken;
}

void SamplerWalk::take_stochastic(const Taken& taken, const std::function<torch::Tensor()>& noise) {
    const torch::Tensor z = taken.sigma > 0 ? noise() : torch::Tensor();
    x_ = reverse_step(schedule_, sampling_, x_, taken.beliefs, taken.index, landing(), z);
}

/// Lu et al. 2022, Algorithm 2 (2M) in terms of x_0, the midpoint form. The first step has nothing to
/// extrapolate from, and the last one goes to infinite signal-to-noise: both are of first order.
void SamplerWalk::take_dpmpp(const Taken& taken) {
    const double alpha_bar = schedule_.alpha_bar(taken.index), after = schedule_.alpha_bar(landing());
    const double h = half_log_snr(after) - half_log_snr(alpha_bar);
    const double gain = -std::sqrt(after) * std::expm1(-h);
    torch::Tensor x0 = taken.beliefs.x0_hat;
    if (x0_before_.defined() && landing() >= 0) {
        const double h_before =
            half_log_snr(alpha_bar) - half_log_snr(schedule_.alpha_bar(index_at(step_ - 1)));
        x0 = x0 + h / h_before / 2 * (x0 - x0_before_);
    }
    x_ = std::sqrt((1 - after) / (1 - alpha_bar)) * x_ + gain * x0;
    x0_before_ = taken.beliefs.x0_hat;
}

/// Karras et al. 2022, Algorithm 1: x / sqrt(alpha_bar) follows d x / d level = epsilon. Euler's step, which
/// is the whole step at the end (to level 0) and where the correction would be none.
void SamplerWalk::predict_heun(const Taken& taken) {
    const torch::Tensor& x0 = taken.beliefs.x0_hat;
    // The noise beside the clipped x0_hat, or clipping would have no effect on the way.
    slope_ = epsilon_beside(factors_at(schedule_, taken.index), x_, x0);
    const double after = schedule_.alpha_bar(landing());
    const torch::Tensor euler = std::sqrt(after) * x0 + std::sqrt(1 - after) * slope_;
    if (landing() < 0 || !heun_corrects(noise_level(schedule_.alpha_bar(taken.index)), noise_level(after)))
        x_ = euler;
    else
        predicted_ = euler;
}

void SamplerWalk::correct_heun(const torch::Tensor& output) {
    const int landed = landing();
    const Beliefs there = interpret(schedule_, diffusion_, sampling_, predicted_, output, landed, -1);
    const torch::Tensor slope = epsilon_beside(factors_at(schedule_, landed), predicted_, there.x0_hat);
    const double after = schedule_.alpha_bar(landed);
    const double change = noise_level(after) - noise_level(schedule_.alpha_bar(taking_->index));
    x_ = predicted_ + std::sqrt(after) * change / 2 * (slope - slope_);
    predicted_ = torch::Tensor();
}

} // namespace ddpm::diffusion
