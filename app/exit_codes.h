// What ddpm-lab's exit status means; the same list is in `ddpm-lab help` and the README.
#pragma once

namespace ddpm::app {

enum ExitCode : int {
    exit_ok = 0,
    exit_failed = 1,        ///< something went wrong while working
    exit_usage = 2,         ///< a command line or settings that make no sense; nothing was touched
    exit_input = 3,         ///< an input is missing or cannot be read
    exit_output = 4,        ///< the output exists already or cannot be written
    exit_interrupted = 130, ///< Ctrl+C or SIGTERM; a training was saved first
};

} // namespace ddpm::app
