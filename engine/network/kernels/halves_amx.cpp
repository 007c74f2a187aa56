#define DDPM_LANES 16
#include "network/kernels/amx_unit.inc"

namespace ddpm::network::kernels {
namespace {

class Block {
public:
    void product(float* sums, std::int64_t stride, bool adds, const void* a, std::int64_t a_stride,
                 const void* b0, const void* b1, std::int64_t b_stride, std::int64_t depth) {
        const auto *rows = static_cast<const char*>(a), *left = static_cast<const char*>(b0),
                   *right = static_cast<const char*>(b1);
        if (adds)
            unit_.take(sums, stride);
        else
            unit_.clear();
        for (std::int64_t d = 0; d < depth; d += 32) {
            unit_.multiply(rows, rows + 16 * a_stride, a_stride, left, right, b_stride);
            rows += 64;
            left += 16 * b_stride;
            right += 16 * b_stride;
        }
        unit_.put(sums, stride);
    }

private:
    Unit unit_;
};

} // namespace
} // namespace ddpm::network::kernels

#define DDPM_HALVES_TABLE amx_halves
#define DDPM_HALVES_NAME "amx"
#include "network/kernels/halves.inc"
