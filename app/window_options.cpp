#include "exit_codes.h"
#include "verbs.h"
#include "window.h"

#include <ostream>

namespace ddpm::app {

const VerbSpec& window_spec() {
    static const VerbSpec spec{
        "",
        "[options]",
        "Opens the window.",
        "",
        {
            {"open", "DIR", "a run or a diffusers folder to start with"},
            {"stage", "NAME", "noise, train or denoise (as the window chooses)"},
            {"theme", "NAME", "dark or light, for this time (as remembered, at first as the system)"},
            {"scale", "PERCENT", "size of text and controls, 100 to 200, for this time (as remembered)"},
            {"size", "WxH", "size of the window in pixels"},
            {"device", "NAME", listed(names_of_all<DeviceChoice>()) + " (auto)"},
            {"threads", "N", "CPU threads; 0 means all cores (0)"},
            {"screenshot", "FILE", "save a picture of the window as PNG after --after and quit"},
            {"after", "MS", "milliseconds until the screenshot (3000)"},
            {"help-window", "", "this text"},
        },
        "  ddpm-lab --open run --stage denoise\n"};
    return spec;
}

bool wants_window(const Words& words) {
    if (words.empty()) return true;
    const std::string& first = words.front();
    return first.starts_with("--") && first != "--help" && first != "--version";
}

#ifndef DDPM_WITH_WINDOW
int run_window(const Environment& environment, int& argc, char** argv) {
    if (Arguments(window_spec(), Words(argv + 1, argv + argc)).has("help-window")) {
        environment.out << help_text(window_spec());
        return exit_ok;
    }
    environment.err
        << "ddpm-lab: this build has no window. Remedy: use a verb, or build with -DDDPM_BUILD_UI=ON\n\n"
        << overview();
    return exit_usage;
}
#endif

} // namespace ddpm::app
