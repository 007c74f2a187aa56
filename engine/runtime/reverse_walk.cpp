#include "runtime/reverse_walk.h"

#include "diffusion/timesteps.h"
#include "runtime/keyed_noise.h"

#include <algorithm>
#include <chrono>

namespace ddpm::runtime {

ReverseWalk::ReverseWalk(Model model, SamplingSettings settings)
    : model_(std::move(model)), settings_(settings),
      visited_(diffusion::sampling_timesteps(model_.schedule.timesteps(), settings.steps, settings.spacing)),
      x_(keyed_noise(settings.seed, 0, settings.count, model_.schedule.timesteps() + 1, model_.item_shape())
             .to(model_.device)),
      output_(torch::empty_like(x_)), group_(model_.device.is_cpu() ? 16 : 4096) {
    if (x_.dim() == 2) group_ = 65'536;
}

bool ReverseWalk::advance(const Visitor& visit) {
    if (done()) return true;
    const torch::NoGradGuard no_grad;
    const std::int64_t n = std::min(group_, x_.size(0) - predicted_);
    const torch::Tensor t = torch::full({n}, visited_[static_cast<std::size_t>(step_)],
                                        torch::TensorOptions(torch::kInt64).device(model_.device));
    const auto start = std::chrono::steady_clock::now();
    output_.narrow(0, predicted_, n).copy_(model_.net->forward(x_.narrow(0, predicted_, n), t, {}));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (model_.device.is_cpu() && seconds > 0.05 && group_ > 1)
        group_ = std::max<std::int64_t>(1, group_ / 2);
    predicted_ += n;
    if (predicted_ == x_.size(0)) finish_step(visit);
    return done();
}

void ReverseWalk::finish_step(const Visitor& visit) {
    const int index = visited_[static_cast<std::size_t>(step_)];
    const int timesteps = model_.schedule.timesteps();
    const int previous = diffusion::previous_timestep(index, timesteps, settings_.steps);
    const diffusion::Beliefs beliefs =
        diffusion::interpret(model_.schedule, model_.settings.diffusion.prediction, x_, output_, index,
                             settings_.clip && x_.dim() == 4);
    const double sigma = diffusion::step_sigma(model_.schedule, settings_, index, previous);
    visit(step_, index, x_, beliefs, sigma);
    torch::Tensor z;
    if (sigma > 0)
        z = keyed_noise(settings_.seed, 0, x_.size(0), index + 1, model_.item_shape()).to(model_.device);
    x_ = diffusion::reverse_step(model_.schedule, settings_, x_, beliefs, index, previous, z);
    predicted_ = 0;
    ++step_;
}

} // namespace ddpm::runtime
