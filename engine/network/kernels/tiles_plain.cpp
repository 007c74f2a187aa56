// The tile instructions as plain loops: what they mean, and what the kernels are tested with where there are
// none.
#define DDPM_LANES 4
#include "network/kernels/vectors.inc"

namespace ddpm::network::kernels {
namespace {

class Unit {
public:
    void clear() { __builtin_memset(sums_, 0, sizeof sums_); }
    /// stride: in float32
    void take(const float* from, std::int64_t stride) {
        for (std::int64_t r = 0; r < 32; ++r)
            __builtin_memcpy(sums_[r], from + r * stride, sizeof sums_[r]);
    }
    void put(float* to, std::int64_t stride) const {
        for (std::int64_t r = 0; r < 32; ++r)
            __builtin_memcpy(to + r * stride, sums_[r], sizeof sums_[r]);
    }
    /// sums += a b. a: two tiles of 16 rows of 32 bfloat16; b: two tiles of 16 rows of 16 pairs, the second
    /// with the columns to the right of the first's. Strides in bytes.
    void multiply(const void* a0, const void* a1, std::int64_t a_stride, const void* b0, const void* b1,
                  std::int64_t b_stride) {
        for (std::int64_t r = 0; r < 32; ++r)
            for (std::int64_t k = 0; k < 32; ++k) {
                const float left = value(r < 16 ? a0 : a1, r % 16 * a_stride, k);
                for (std::int64_t c = 0; c < 32; ++c)
                    sums_[r][c] += left * value(c < 16 ? b0 : b1, k / 2 * b_stride, 2 * (c % 16) + k % 2);
            }
    }

private:
    static float value(const void* tile, std::int64_t row, std::int64_t at) {
        std::uint16_t bits = 0;
        __builtin_memcpy(&bits, static_cast<const char*>(tile) + row + 2 * at, sizeof bits);
        const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
        float result = 0;
        __builtin_memcpy(&result, &wide, sizeof result);
        return result;
    }

    float sums_[32][32];
};

} // namespace
} // namespace ddpm::network::kernels

#define DDPM_TILES_TABLE plain_tiles
#define DDPM_TILES_NAME "plain"
#include "network/kernels/tiles.inc"
