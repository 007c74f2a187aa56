#include "runtime/reverse_walk.h"

#include "runtime/keyed_noise.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ddpm::runtime {
namespace {

/// Points are never clipped: unlike pixels they have no range that they must stay in.
SamplingSettings for_model(const Model& model, SamplingSettings settings) {
    if (model.item_shape().size() == 1) settings.clip = settings.thresholding = false;
    return settings;
}

} // namespace

ReverseWalk::ReverseWalk(Model model, SamplingSettings settings)
    : model_(std::move(model)), seed_(settings.seed),
      walk_(
          model_.schedule, model_.settings.diffusion, for_model(model_, settings),
          keyed_noise(settings.seed, 0, settings.count, model_.schedule.timesteps() + 1, model_.item_shape())
              .to(model_.device)),
      group_(model_.device.is_cpu() ? 16 : 4096) {
    if (walk_.x().dim() == 2) group_ = 65'536;
}

bool ReverseWalk::advance(const Visitor& visit) {
    if (done()) return true;
    const torch::NoGradGuard no_grad;
    const torch::Tensor& query = walk_.query();
    const std::int64_t n = std::min(group_, query.size(0) - predicted_);
    const torch::Tensor t =
        torch::full({n}, walk_.query_index(), torch::TensorOptions(torch::kInt64).device(model_.device));
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor output = model_.net->forward(query.narrow(0, predicted_, n), t, {});
    if (predicted_ == 0) {
        std::vector<std::int64_t> shape = output.sizes().vec();
        shape[0] = query.size(0);
        output_ = torch::empty(shape, output.options());
    }
    output_.narrow(0, predicted_, n).copy_(output);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (model_.device.is_cpu() && seconds > 0.05 && group_ > 1)
        group_ = std::max<std::int64_t>(1, group_ / 2);
    predicted_ += n;
    if (predicted_ == query.size(0)) answer(visit);
    return done();
}

void ReverseWalk::answer(const Visitor& visit) {
    const int leaving = walk_.query_index() + 1; // the paper's t
    const auto noise = [&] {
        return keyed_noise(seed_, 0, walk_.x().size(0), leaving, model_.item_shape()).to(model_.device);
    };
    predicted_ = 0;
    if (const auto taken = walk_.answer(output_, noise))
        visit(taken->step, taken->index, taken->x_t, taken->beliefs, taken->sigma);
}

} // namespace ddpm::runtime
