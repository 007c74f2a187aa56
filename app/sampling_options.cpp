#include "sampling_options.h"

#include <algorithm>

namespace ddpm::app {
namespace {

/// Reverse steps when nothing is said: all of them for Algorithm 2, what is usual for the others.
constexpr int usual_ddim_steps = 50;
constexpr int usual_solver_steps = 20;

} // namespace

std::vector<OptionSpec> sampling_options() {
    return {
        {"count", "N", "how many (64)"},
        {"seed", "N", "of all noise; sample k is the same whatever the count (1)"},
        {"sampler", "NAME", listed(names_of_all<Sampler>()) + " (as the folder says)"},
        {"steps", "N", "reverse steps, up to the model's T (all; DDIM 50, the solvers 20)"},
        {"eta", "X", "DDIM only: 0 deterministic to 1 as noisy as ancestral (0)"},
        {"variance", "NAME", "ancestral only: " + listed(names_of_all<Variance>()) + " (as the folder says)"},
        {"spacing", "NAME",
         "how fewer steps are spread: " + listed(names_of_all<Spacing>()) + " (as the folder says)"},
        {"precision", "NAME",
         "what the net computes in: " + listed(names_of_all<Precision>()) +
             "; auto is the faster one here (fp32)"},
        {"no-clip", "", "do not clamp x0_hat to [-1, 1]"},
        {"label", "N", "the class to draw, where the model has classes (every class in turn)"},
        {"guidance", "X", "1: the class as it is; more: further from \"no class\"; 0: no class (1)"},
    };
}

void read_sampling(Arguments& arguments, SamplingSettings& settings, int timesteps) {
    settings.count = 64;
    settings.seed = 1;
    const Sampler suggested = settings.sampler;
    arguments.read("count", settings.count);
    arguments.read("seed", settings.seed);
    arguments.read("sampler", settings.sampler);
    if (settings.sampler == Sampler::ancestral) {
        settings.steps = timesteps;
    } else if (settings.sampler != suggested || settings.steps == timesteps) {
        settings.steps =
            std::min(timesteps, settings.sampler == Sampler::ddim ? usual_ddim_steps : usual_solver_steps);
    }
    arguments.read("steps", settings.steps);
    arguments.read("eta", settings.eta);
    arguments.read("variance", settings.variance);
    arguments.read("spacing", settings.spacing);
    if (arguments.has("no-clip")) settings.clip = settings.thresholding = false;
    arguments.read("precision", settings.precision);
    arguments.read("label", settings.label);
    arguments.read("guidance", settings.guidance);
    if (settings.sampler != Sampler::ddim && arguments.has("eta"))
        arguments.note("eta", "only DDIM has it", "add --sampler ddim, or leave --eta out");
    if (settings.sampler != Sampler::ancestral && arguments.has("variance"))
        arguments.note("variance", "only the ancestral sampler has it", "leave it out; DDIM has --eta");
}

} // namespace ddpm::app
