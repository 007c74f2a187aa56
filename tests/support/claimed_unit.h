// Whether a test that claims the matrix unit (DDPM_TILES=claimed) has it: what the trial at the first call
// refuses must not pass as "not there".
#pragma once

#include "network/kernels/halves.h"

#include <QByteArray>

#include <string_view>

namespace ddpm::test {

/// False only where the unit was claimed, the processor has the vectors its kernels need, and it is not used.
inline bool has_what_it_claims() {
    if (qgetenv("DDPM_TILES") != "claimed") return true;
    const network::kernels::Halves* halves = network::kernels::halves();
    return halves == nullptr || std::string_view(halves->name) == "amx";
}

} // namespace ddpm::test
