// What a convolution of 3×3 is tried with.
#pragma once

#include <cstdint>

namespace ddpm::test {

struct ConvolutionShape {
    std::int64_t n = 0, in = 0, out = 0, height = 0, width = 0;
    bool beside = false; ///< something is added to the result
};

} // namespace ddpm::test
