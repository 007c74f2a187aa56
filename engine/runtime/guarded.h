// The thread boundary: the only place where exceptions are caught.
#pragma once

#include "compat/torch_compat.h"
#include "runtime/engine_thread.h"

namespace ddpm::runtime {

template <typename Work>
std::optional<Error> EngineThread::guarded(const char* doing, Work&& work) {
    // Memory that the failed work held is freed when the catch block is left; only then is anything else
    // done.
    std::optional<Error> error;
    try {
        work();
    } catch (const std::exception& failure) {
        const std::string while_doing = std::string("while ") + doing;
        if (compat::is_out_of_memory(failure))
            error = Error{"there was not enough memory " + while_doing, device_.info.name,
                          "choose a smaller batch, fewer chains or a smaller net; nothing was lost"};
        else
            error = Error{compat::first_line(failure) + " " + while_doing, device_.info.name,
                          "please report this; what was saved is intact"};
    }
    return error;
}

} // namespace ddpm::runtime
