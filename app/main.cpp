// The composition root: the only place that knows the real engine, the terminal and the window at once.
#include "ddpm/engine.h"
#include "exit_codes.h"
#include "interruption.h"
#include "verbs.h"
#include "window.h"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

namespace {

/// The tensor library's workers (OpenMP) spin while they wait for one another. With a window or anything else
/// beside them on a machine with few cores that takes the time from the thread that is waited for: training
/// was measured three to seven times slower. OpenMP reads the setting when it is loaded, before main(), so
/// the program starts itself once more.
void start_with_patient_workers(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY")) return; // also the second time round
    if (setenv("OMP_WAIT_POLICY", "PASSIVE", 1) == 0) execv("/proc/self/exe", argv);
    // Not being able to is no reason to stop: it only costs speed.
}

} // namespace

int main(int argc, char** argv) {
    using namespace ddpm::app;
    start_with_patient_workers(argv);
    const Words words(argv + 1, argv + argc);
    const Environment environment{
        .out = std::cout,
        .err = std::cerr,
        .err_is_terminal = isatty(STDERR_FILENO) == 1,
        .make_engine = ddpm::make_engine,
        .interrupted = interruption_requested,
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
