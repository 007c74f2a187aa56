// AVX512-BF16: a lane of 32 bits takes two products of bfloat16 at a time.
#define DDPM_LANES 16
#include "network/kernels/vectors.inc"

namespace ddpm::network::kernels {
namespace {

class Block {
public:
    void product(float* sums, std::int64_t stride, bool adds, const void* a, std::int64_t a_stride,
                 const void* b0, const void* b1, std::int64_t b_stride, std::int64_t depth) {
        const auto* rows = static_cast<const char*>(a);
        rows_of<12>(sums, stride, adds, rows, a_stride, b0, b1, b_stride, depth);
        rows_of<12>(sums + 12 * stride, stride, adds, rows + 12 * a_stride, a_stride, b0, b1, b_stride,
                    depth);
        rows_of<8>(sums + 24 * stride, stride, adds, rows + 24 * a_stride, a_stride, b0, b1, b_stride, depth);
    }

private:
    /// As many as, with both vectors of columns, fill the registers.
    template <int rows>
    static void rows_of(float* sums, std::int64_t stride, bool adds, const char* a, std::int64_t a_stride,
                        const void* b0, const void* b1, std::int64_t b_stride, std::int64_t depth) {
        const auto *left = static_cast<const char*>(b0), *right = static_cast<const char*>(b1);
        __m512 sum[rows][2]; // as F they would be stored in every round
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < 2; ++v)
                sum[r][v] = adds ? _mm512_loadu_ps(sums + r * stride + v * lanes) : _mm512_setzero_ps();
        // A base for every three rows, as in matrix.inc.
        constexpr int bases = (rows + 2) / 3;
        const char* base[bases];
        for (int i = 0; i < bases; ++i)
            base[i] = a + 3 * i * a_stride;
        for (std::int64_t pair = 0; pair < depth / 2; ++pair) {
            const auto b_left = reinterpret_cast<__m512bh>(raw_load<U>(left, Whole{})),
                       b_right = reinterpret_cast<__m512bh>(raw_load<U>(right, Whole{}));
            for (int r = 0; r < rows; ++r) {
                int both = 0;
                __builtin_memcpy(&both, base[r / 3] + r % 3 * a_stride, sizeof both);
                const auto value = reinterpret_cast<__m512bh>(_mm512_set1_epi32(both));
                sum[r][0] = _mm512_dpbf16_ps(sum[r][0], value, b_left);
                sum[r][1] = _mm512_dpbf16_ps(sum[r][1], value, b_right);
            }
            left += b_stride;
            right += b_stride;
            for (int i = 0; i < bases; ++i)
                base[i] += sizeof(int);
        }
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < 2; ++v)
                _mm512_storeu_ps(sums + r * stride + v * lanes, sum[r][v]);
    }
};

} // namespace
} // namespace ddpm::network::kernels

#define DDPM_HALVES_TABLE avx512_halves
#define DDPM_HALVES_NAME "avx512-bf16"
#include "network/kernels/halves.inc"
