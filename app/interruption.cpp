#include "interruption.h"

#include "exit_codes.h"

#include <csignal>
#include <unistd.h>

namespace ddpm::app {
namespace {

// A signal handler can only reach what is global.
volatile std::sig_atomic_t requests = 0;

extern "C" void on_signal(int) {
    if (requests != 0) _exit(exit_interrupted);
    requests = 1;
}

} // namespace

void watch_for_interruption() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART; // a save that is under way must not see EINTR
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interruption_requested() {
    return requests != 0;
}

} // namespace ddpm::app
