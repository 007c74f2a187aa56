#include "runtime/reverse_walk.h"

#include "runtime/keyed_noise.h"
#include "runtime/precision.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace ddpm::runtime {
namespace {

/// Points are never clipped: unlike pixels they have no range that they must stay in. Nothing stays
/// undecided.
SamplingSettings for_model(const Model& model, SamplingSettings settings) {
    if (model.item_shape().size() == 1) settings.clip = settings.thresholding = false;
    settings.precision = resolve(settings.precision, model.settings.model, model.device);
    return settings;
}

/// Of each item at one moment: the chains of the seed that were asked for, or one after the other.
torch::Tensor noise_of(const Model& model, const SamplingSettings& settings, const Given& given, int t) {
    const auto of = [&](std::int64_t first, std::int64_t n) {
        return keyed_noise(settings.seed, first, n, t, model.item_shape(), model.device);
    };
    if (given.chains.empty()) return of(0, settings.count);
    std::vector<torch::Tensor> parts;
    for (std::size_t i = 0; i < given.chains.size(); ++i)
        parts.push_back(i > 0 && given.chains[i] == given.chains[i - 1] ? parts.back()
                                                                        : of(given.chains[i], 1));
    return torch::cat(parts);
}

torch::Tensor start_of(const Model& model, const SamplingSettings& settings, const Given& given) {
    const torch::Tensor x_T =
        given.x_T.defined() ? given.x_T : noise_of(model, settings, given, model.schedule.timesteps() + 1);
    return x_T.to(model.device);
}

/// Classes in turn, or the one that was chosen. Of the embeddings the last means "no class".
torch::Tensor labels_of(const Model& model, const SamplingSettings& settings, const Given& given) {
    const int embeddings =
        model.settings.model.kind == NetKind::unet ? model.settings.model.unet.num_class_embeds : 0;
    if (embeddings == 0) return {};
    const auto options = torch::TensorOptions(torch::kInt64).device(model.device);
    if (!given.labels.empty()) return torch::tensor(given.labels, torch::kInt64).to(model.device);
    if (settings.label >= 0) return torch::full({settings.count}, settings.label, options);
    return torch::arange(settings.count, options).remainder(std::max(1, embeddings - 1));
}

} // namespace

ReverseWalk::ReverseWalk(Model model, SamplingSettings settings, Given given, double slice)
    : model_(std::move(model)),
      net_(model_.answers ? model_.answers : std::make_shared<ForwardGraph>(model_.net, model_.device)),
      settings_(for_model(model_, settings)), given_(std::move(given)),
      labels_(labels_of(model_, settings_, given_)),
      walk_(model_.schedule, model_.settings.diffusion, settings_, start_of(model_, settings_, given_),
            given_.from),
      group_(model_.device.is_cpu() ? 16 : 4096), slice_(slice) {
    if (walk_.x().dim() == 2) group_ = 65'536;
}

int ReverseWalk::evaluations() const {
    const bool twice = labels_.defined() && settings_.guidance != 0 && settings_.guidance != 1;
    return walk_.evaluations() * (twice ? 2 : 1);
}

torch::Tensor ReverseWalk::predict(std::int64_t first, std::int64_t n) {
    const torch::Tensor x = walk_.query().narrow(0, first, n);
    network::Mode mode;
    network::set_precision(mode, settings_.precision);
    const auto ask = [&](const network::Mode& how) {
        return (*net_)(x, walk_.query_index(), how, walk_.planned() - walk_.step());
    };
    if (!labels_.defined() || settings_.guidance == 0) return ask(mode);
    const network::Mode no_class = mode;
    mode.labels = labels_.narrow(0, first, n);
    const torch::Tensor with = ask(mode);
    if (settings_.guidance == 1) return with;
    // Classifier-free guidance on what is predicted; a learned variance stays that of the class.
    const torch::Tensor without = ask(no_class);
    const torch::Tensor guided = without + settings_.guidance * (with - without);
    if (with.size(1) == x.size(1)) return guided;
    return torch::cat({guided.narrow(1, 0, x.size(1)), with.narrow(1, x.size(1), x.size(1))}, 1);
}

bool ReverseWalk::advance(const Visitor& visit) {
    if (done()) return true;
    const torch::NoGradGuard no_grad;
    const torch::Tensor& query = walk_.query();
    const std::int64_t n = std::min(group_, query.size(0) - predicted_);
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor output = predict(predicted_, n);
    if (predicted_ == 0) {
        std::vector<std::int64_t> shape = output.sizes().vec();
        shape[0] = query.size(0);
        output_ = torch::empty(shape, output.options());
    }
    output_.narrow(0, predicted_, n).copy_(output);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (model_.device.is_cpu() && seconds > slice_ && group_ > 1)
        group_ = std::max<std::int64_t>(1, group_ / 2);
    predicted_ += n;
    if (predicted_ == query.size(0)) answer(visit);
    return done();
}

void ReverseWalk::answer(const Visitor& visit) {
    const int leaving = walk_.query_index() + 1; // the paper's t
    const auto noise = [&] {
        if (given_.steps.defined()) return given_.steps[walk_.step()].to(model_.device);
        return noise_of(model_, settings_, given_, leaving);
    };
    predicted_ = 0;
    if (const auto taken = walk_.answer(output_, noise))
        visit(taken->step, taken->index, taken->x_t, taken->beliefs, taken->sigma);
}

} // namespace ddpm::runtime
