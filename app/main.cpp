// The composition root: the only place that knows the real engine, the terminal and the window at once.
#include "ddpm/engine.h"
#include "exit_codes.h"
#include "heap.h"
#include "interruption.h"
#include "verbs.h"
#include "window.h"

#include <exception>
#include <iostream>
#include <unistd.h>

int main(int argc, char** argv) {
    using namespace ddpm::app;
    keep_freed_memory();
    const Words words(argv + 1, argv + argc);
    const Environment environment{
        .out = std::cout,
        .err = std::cerr,
        .err_is_terminal = isatty(STDERR_FILENO) == 1,
        .make_engine = ddpm::make_engine,
        .interrupted = interruption_requested,
#ifdef DDPM_WITH_WINDOW
        .draw_plot = draw_plot,
#endif
    };
    try {
        if (wants_window(words)) return run_window(environment, argc, argv);
        watch_for_interruption();
        const int code = dispatch(environment, words);
        std::cout.flush();
        if (!std::cout) {
            std::cerr << "ddpm-lab: not all could be written to stdout. Remedy: check the disk or the pipe "
                         "it goes to\n";
            return code == exit_ok ? exit_output : code;
        }
        return code;
    } catch (const std::exception& error) {
        std::cerr << "ddpm-lab: " << error.what() << '\n';
        return exit_failed;
    }
}
