#include "numbers/schedule_options.h"

#include <algorithm>

namespace ddpm::app {
namespace {

/// "diffusion.beta_end" -> "--beta-end".
std::string option_of(const std::string& field) {
    std::string option = "--" + field.substr(field.find('.') + 1);
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

} // namespace

std::vector<OptionSpec> schedule_options(std::string_view name) {
    return {
        {name, "NAME", listed(names_of_all<BetaSchedule>()) + " (linear); scaled-linear is quadratic"},
        {"timesteps", "T", "diffusion steps (1000)"},
        {"beta-start", "X", "variance of the first step (0.0001)"},
        {"beta-end", "X", "variance of the last step (0.02)"},
        {"zero-terminal-snr", "", "shift and scale so that nothing of the picture is left at T"},
    };
}

ScheduleSettings read_schedule(Arguments& arguments, std::string_view name) {
    ScheduleSettings settings;
    arguments.read(name, settings.kind);
    arguments.read("timesteps", settings.timesteps);
    arguments.read("beta-start", settings.beta_start);
    arguments.read("beta-end", settings.beta_end);
    arguments.read("zero-terminal-snr", settings.zero_terminal_snr);
    if (settings.kind == BetaSchedule::list)
        arguments.note(name, "a list has no formula to print", "choose another schedule");
    else
        for (const Problem& problem : settings.check())
            arguments.note({option_of(problem.field), problem.what, problem.remedy});
    for (const char* option : {"beta-start", "beta-end"})
        if (arguments.has(option) && !settings.uses_range())
            arguments.note(option, "this schedule has none", "leave it out");
    return settings;
}

} // namespace ddpm::app
