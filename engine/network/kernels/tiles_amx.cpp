// The tile instructions. Written out, because the compiler's own forms of them do not say what memory they
// read: it would be free to leave out the stores before.
#define DDPM_LANES 16
#include "network/kernels/vectors.inc"

#define DDPM_TILE_LOAD(tile, from, stride)                                                                   \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile : : "r"(from), "r"(stride) : "memory")
#define DDPM_TILE_STORE(tile, to, stride)                                                                    \
    __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" : : "r"(to), "r"(stride) : "memory")
#define DDPM_TILE_CLEAR(tile) __asm__ volatile("tilezero %%tmm" #tile : :)
/// sum += a b
#define DDPM_TILE_MULTIPLY(sum, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #sum : :)

namespace ddpm::network::kernels {
namespace {

/// The matrix unit of this core, for as long as this lives; whoever had set it up finds it so again (but for
/// what was in the registers: between two of its operations the library keeps nothing there).
class Unit {
public:
    Unit() {
        __asm__ volatile("sttilecfg %0" : "=m"(before_));
        Configuration ours = {};
        ours.palette = 1;
        for (int tile = 0; tile < 8; ++tile) {
            ours.row_bytes[tile] = 64;
            ours.rows[tile] = 16;
        }
        __asm__ volatile("ldtilecfg %0" : : "m"(ours));
    }
    ~Unit() { __asm__ volatile("ldtilecfg %0" : : "m"(before_)); } // a palette of 0 lets go of it
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

    // Registers of the sums:   0 1
    //                          2 3
    void clear() {
        DDPM_TILE_CLEAR(0);
        DDPM_TILE_CLEAR(1);
        DDPM_TILE_CLEAR(2);
        DDPM_TILE_CLEAR(3);
    }
    void take(const float* from, std::int64_t stride) {
        DDPM_TILE_LOAD(0, from, 4 * stride);
        DDPM_TILE_LOAD(1, from + 16, 4 * stride);
        DDPM_TILE_LOAD(2, from + 16 * stride, 4 * stride);
        DDPM_TILE_LOAD(3, from + 16 * stride + 16, 4 * stride);
    }
    void put(float* to, std::int64_t stride) const {
        DDPM_TILE_STORE(0, to, 4 * stride);
        DDPM_TILE_STORE(1, to + 16, 4 * stride);
        DDPM_TILE_STORE(2, to + 16 * stride, 4 * stride);
        DDPM_TILE_STORE(3, to + 16 * stride + 16, 4 * stride);
    }
    void multiply(const void* a0, const void* a1, std::int64_t a_stride, const void* b0, const void* b1,
                  std::int64_t b_stride) {
        DDPM_TILE_LOAD(4, a0, a_stride);
        DDPM_TILE_LOAD(6, b0, b_stride);
        DDPM_TILE_MULTIPLY(0, 4, 6);
        DDPM_TILE_LOAD(7, b1, b_stride);
        DDPM_TILE_MULTIPLY(1, 4, 7);
        DDPM_TILE_LOAD(5, a1, a_stride);
        DDPM_TILE_MULTIPLY(2, 5, 6);
        DDPM_TILE_MULTIPLY(3, 5, 7);
    }

private:
    /// As LDTILECFG reads it.
    struct alignas(64) Configuration {
        std::uint8_t palette, start_row, reserved[14];
        std::uint16_t row_bytes[16];
        std::uint8_t rows[16];
    };
    static_assert(sizeof(Configuration) == 64);

    Configuration before_;
};

} // namespace
} // namespace ddpm::network::kernels

#define DDPM_TILES_TABLE amx_tiles
#define DDPM_TILES_NAME "amx"
#include "network/kernels/tiles.inc"
