// The products as plain loops: what they mean, and what the kernels are tested with where there is nothing
// faster.
#define DDPM_LANES 4
#include "network/kernels/vectors.inc"

namespace ddpm::network::kernels {
namespace {

class Block {
public:
    void product(float* sums, std::int64_t stride, bool adds, const void* a, std::int64_t a_stride,
                 const void* b0, const void* b1, std::int64_t b_stride, std::int64_t depth) {
        for (std::int64_t r = 0; r < 32; ++r) {
            float row[32] = {};
            if (adds) __builtin_memcpy(row, sums + r * stride, sizeof row);
            for (std::int64_t k = 0; k < depth; ++k) {
                const float left = value(a, r * a_stride + 2 * k);
                for (std::int64_t c = 0; c < 32; ++c)
                    row[c] += left * value(c < 16 ? b0 : b1, k / 2 * b_stride + 4 * (c % 16) + 2 * (k % 2));
            }
            __builtin_memcpy(sums + r * stride, row, sizeof row);
        }
    }

private:
    static float value(const void* from, std::int64_t at) {
        std::uint16_t bits = 0;
        __builtin_memcpy(&bits, static_cast<const char*>(from) + at, sizeof bits);
        const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
        float result = 0;
        __builtin_memcpy(&result, &wide, sizeof result);
        return result;
    }
};

} // namespace
} // namespace ddpm::network::kernels

#define DDPM_HALVES_TABLE plain_halves
#define DDPM_HALVES_NAME "plain"
#include "network/kernels/halves.inc"
