#include "network/kernels/loops.h"

#include <cstdlib>
#include <string_view>

namespace ddpm::network::kernels {
namespace {

const Loops& choose() {
#ifdef DDPM_X86_KERNELS
    const char* wish = std::getenv("DDPM_KERNELS");
    const std::string_view wanted = wish ? wish : "";
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx512 && wanted != "avx2" && wanted != "baseline") return avx512_loops;
    if (avx2 && wanted != "baseline") return avx2_loops;
#endif
    return baseline_loops;
}

} // namespace

const Loops& loops() {
    static const Loops& chosen = choose();
    return chosen;
}

} // namespace ddpm::network::kernels
