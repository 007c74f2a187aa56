// Kernels divide their work among the tensor workers; a test whose process has one worker sees no division.
#pragma once

#include <ATen/Parallel.h>

namespace ddpm::test {

/// So many that parts are not equal. By itself the library may take one.
inline void take_uneven_threads() {
    at::set_num_threads(3);
}

} // namespace ddpm::test
