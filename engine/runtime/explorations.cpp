#include "runtime/explorations.h"

#include "diffusion/encoding.h"
#include "diffusion/forward.h"
#include "diffusion/timesteps.h"
#include "runtime/keyed_noise.h"
#include "runtime/reverse_walk.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr std::int64_t items_at_once = 16;

void look_on(int, int, const torch::Tensor&, const diffusion::Beliefs&, double) {}

/// To the end; false when it was told to stop.
bool finish(ReverseWalk& walk, const KeepGoing& keep_going) {
    while (!walk.advance(look_on))
        if (!keep_going()) return false;
    return true;
}

/// The first timestep of the plan that is not above the paper's t; 0-based.
int planned_index(const Model& model, const SamplingSettings& settings, int t) {
    const auto plan = diffusion::sampling_timesteps(model.schedule.timesteps(), settings);
    const auto found = std::find_if(plan.begin(), plan.end(), [t](int index) { return index < t; });
    return found == plan.end() ? plan.back() : *found;
}

} // namespace

Forks fork(const Model& model, const SamplingSettings& settings, int t, const KeepGoing& keep_going) {
    const int index = planned_index(model, settings, t);
    SamplingSettings one = settings;
    one.count = 1;
    ReverseWalk trunk(model, one);
    while (trunk.index() > index) {
        trunk.advance(look_on);
        if (!keep_going()) return {};
    }
    Forks forks;
    forks.t = trunk.index() + 1;
    forks.shared = trunk.x().clone();
    std::vector<std::int64_t> shape = forks.shared.sizes().vec();
    shape[0] = settings.count;
    Given given;
    given.x_T = forks.shared.expand(shape).contiguous();
    given.from = trunk.index();
    ReverseWalk branches(model, settings, given);
    if (finish(branches, keep_going)) forks.ends = branches.x();
    return forks;
}

Beginning noised(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0, int t,
                 const std::vector<std::int64_t>& chains) {
    const torch::NoGradGuard no_grad;
    const int index = planned_index(model, settings, t);
    std::vector<torch::Tensor> noise;
    for (const std::int64_t chain : chains)
        noise.push_back(
            keyed_noise(settings.seed, chain, 1, model.schedule.timesteps() + 1, model.item_shape()));
    const torch::Tensor epsilon = torch::cat(noise);
    const auto n = static_cast<std::int64_t>(chains.size());
    return {diffusion::q_sample(diffusion::signal_and_noise(model.schedule, torch::kCPU),
                                x0.expand_as(epsilon), torch::full({n}, index, torch::kInt64), epsilon),
            index};
}

Beginning mixture(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0, int t,
                  const std::vector<double>& lambdas, bool separate) {
    const torch::NoGradGuard no_grad;
    const Beginning first = noised(model, settings, x0.narrow(0, 0, 1), t, {0});
    const torch::Tensor second =
        noised(model, settings, x0.narrow(0, 1, 1), t, {separate ? std::int64_t{1} : 0}).x;
    std::vector<torch::Tensor> mixed;
    for (const double lambda : lambdas)
        mixed.push_back((1 - lambda) * first.x + lambda * second);
    return {torch::cat(mixed), first.index};
}

torch::Tensor interpolate(const Model& model, SamplingSettings settings, const torch::Tensor& x0, int t,
                          const std::vector<double>& lambdas, bool separate, const KeepGoing& keep_going) {
    const Beginning begin = mixture(model, settings, x0, t, lambdas, separate);
    settings.count = static_cast<int>(lambdas.size());
    Given given;
    given.x_T = begin.x;
    given.from = begin.index;
    given.chains.assign(lambdas.size(), 0);
    ReverseWalk walk(model, settings, given);
    return finish(walk, keep_going) ? walk.x() : torch::Tensor();
}

torch::Tensor encode(const Model& model, const SamplingSettings& settings, const torch::Tensor& x0,
                     const KeepGoing& keep_going) {
    const torch::NoGradGuard no_grad;
    SamplingSettings plan = settings;
    plan.sampler = Sampler::ddim;
    std::vector<int> visited = diffusion::sampling_timesteps(model.schedule.timesteps(), plan);
    std::reverse(visited.begin(), visited.end());
    const bool classes = model.settings.model.kind == NetKind::unet &&
                         model.settings.model.unet.num_class_embeds > 0 && settings.label >= 0;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x0.size(0); first += items_at_once) {
        torch::Tensor x = x0.narrow(0, first, std::min(items_at_once, x0.size(0) - first))
                              .to(model.device, torch::kFloat32);
        const auto options = torch::TensorOptions(torch::kInt64).device(model.device);
        network::Mode mode;
        if (classes) mode.labels = torch::full({x.size(0)}, settings.label, options);
        for (std::size_t step = 0; step + 1 < visited.size(); ++step) {
            if (!keep_going()) return {};
            const torch::Tensor output =
                model.net->forward(x, torch::full({x.size(0)}, visited[step], options), mode);
            x = diffusion::encode_step(model.schedule, model.settings.diffusion, x, output, visited[step],
                                       visited[step + 1]);
        }
        parts.push_back(x);
    }
    return torch::cat(parts);
}

} // namespace ddpm::runtime
