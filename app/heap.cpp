#include "heap.h"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ddpm::app {

void keep_freed_memory() {
#ifdef __GLIBC__
    constexpr int large = 1 << 30; // bytes: a data set that is closed does go back
    // One arena, which can grow: those of other threads are limited to 64 MiB each.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_TRIM_THRESHOLD, large);
#endif
}

} // namespace ddpm::app
