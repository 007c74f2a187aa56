// Ctrl+C and SIGTERM: the first asks the running verb to save and end, the second ends the program at once.
#pragma once

namespace ddpm::app {

/// Call once, before any thread is started.
void watch_for_interruption();

bool interruption_requested();

} // namespace ddpm::app
