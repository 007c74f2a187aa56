#include "runtime/preview_job.h"

#include "runtime/pictures.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr int preview_points = 2000; ///< a point model's preview is a cloud

SamplingSettings sampling_for(const Model& model, const PreviewSettings& settings) {
    SamplingSettings sampling;
    sampling.sampler = Sampler::ddim;
    sampling.spacing = Spacing::trailing; // starts at T, where x_T is: matters with few steps
    sampling.steps = std::min(settings.steps, model.schedule.timesteps());
    sampling.count = model.settings.model.kind == NetKind::point_mlp ? preview_points : settings.count;
    sampling.seed = settings.seed;
    sampling.precision = model.settings.training.precision;
    return sampling;
}

} // namespace

PreviewJob::PreviewJob(Model model, const PreviewSettings& settings, std::int64_t step)
    : walk_(model, sampling_for(model, settings), {}, ReverseWalk::interactive_slice), step_(step) {}

Progress PreviewJob::advance() {
    const bool done = walk_.advance([](int, int, const torch::Tensor&, const diffusion::Beliefs&, double) {});
    return done ? Progress::done : Progress::more;
}

Drawable PreviewJob::result() const {
    return to_drawable(walk_.x());
}

} // namespace ddpm::runtime
