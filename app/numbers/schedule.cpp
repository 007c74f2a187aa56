// `ddpm-lab schedule`: the tables of a noise schedule, with all digits.
#include "diffusion/schedule.h"

#include "exit_codes.h"
#include "numbers/schedule_options.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace ddpm::app {

const VerbSpec& schedule_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{"schedule",
                      "--name NAME [options]",
                      "Prints the tables of a noise schedule, computed in float64.",
                      "",
                      schedule_options("name"),
                      "Arrays are 0-based: entry 0 is the paper's t = 1. Keys of the JSON object: betas, "
                      "alphas_cumprod,\n"
                      "posterior_variance, posterior_log_variance_clipped, posterior_mean_coef_x0, "
                      "posterior_mean_coef_xt.\n\n"
                      "  ddpm-lab schedule --name cosine --timesteps 400 --json\n"};
        made.options.push_back(
            {"json", "", "one JSON object with all digits; without it, a table of rounded numbers"});
        return made;
    }();
    return spec;
}

int schedule(const Environment& environment, const Words& words) {
    Arguments arguments(schedule_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(schedule_spec());
        return exit_ok;
    }
    bool json = false;
    arguments.read("json", json);
    const ScheduleSettings settings = read_schedule(arguments, "name");
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    const diffusion::Schedule tables = diffusion::make_schedule(settings);
    if (json) {
        // nlohmann prints as many digits as bring the same float64 back.
        environment.out << nlohmann::ordered_json{{"betas", tables.betas},
                                                  {"alphas_cumprod", tables.alphas_cumprod},
                                                  {"posterior_variance", tables.posterior_variance},
                                                  {"posterior_log_variance_clipped",
                                                   tables.posterior_log_variance_clipped},
                                                  {"posterior_mean_coef_x0", tables.posterior_mean_coef_x0},
                                                  {"posterior_mean_coef_xt", tables.posterior_mean_coef_xt}}
                        << '\n';
    } else {
        environment.out << fmt::format("{:>5}  {:>12}  {:>12}  {:>12}  {:>12}\n", "t", "beta", "alpha_bar",
                                       "beta_tilde", "SNR");
        for (int i = 0; i < tables.timesteps(); ++i) {
            const auto k = static_cast<std::size_t>(i);
            const double alpha_bar = tables.alphas_cumprod[k];
            environment.out << fmt::format("{:>5}  {:>12.6g}  {:>12.6g}  {:>12.6g}  {:>12.6g}\n", i + 1,
                                           tables.betas[k], alpha_bar, tables.posterior_variance[k],
                                           alpha_bar / (1 - alpha_bar));
        }
    }
    environment.out << std::flush;
    return exit_ok;
}

} // namespace ddpm::app
