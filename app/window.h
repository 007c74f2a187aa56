// Opening the window from the command line.
#pragma once

#include "arguments.h"
#include "environment.h"

namespace ddpm::app {

const VerbSpec& window_spec();

/// True without a verb: no words at all, or only options of the window.
bool wants_window(const Words& words);

/// Opens the window and stays until it is closed. In a build without one it says so and shows the help.
int run_window(const Environment& environment, int& argc, char** argv);

} // namespace ddpm::app
