// A matrix unit for processors without one: loaded before a test (LD_PRELOAD), it carries out the tile
// instructions that such a processor refuses, so that what was compiled for the unit runs, registers,
// strides, loads and all. After the description of LDTILECFG, TILELOADD, TILESTORED, TILEZERO and TDPBF16PS
// in Intel's Software Developer's Manual, volume 2. What is not one of these, or uses a tile that was not set
// up, is as fatal as ever.
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ucontext.h>

namespace {

constexpr int tiles = 8, most_rows = 16, most_bytes = 64;

/// As LDTILECFG reads it.
struct Configuration {
    std::uint8_t palette, start_row, reserved[14];
    std::uint16_t row_bytes[16];
    std::uint8_t rows[16];
};
static_assert(sizeof(Configuration) == 64);

struct Unit {
    Configuration set_up;
    alignas(64) std::uint8_t tile[tiles][most_rows][most_bytes];
};
thread_local Unit unit; // a core's registers belong to the thread that runs on it

using Registers = greg_t*;

greg_t& general(Registers registers, int number) {
    constexpr std::array names{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return registers[names[static_cast<std::size_t>(number)]];
}

/// A three-byte VEX instruction of the map 0F38, as far as tiles need it.
struct Instruction {
    int prefix = 0; ///< 0 none, 1 66, 2 F3, 3 F2
    int opcode = 0;
    int mode = 0, reg = 0, rm = 0, second = 0; ///< second: VEX.vvvv
    std::uint8_t* address = nullptr;           ///< of the operand in memory
    std::int64_t stride = 0;                   ///< what the index register holds, scaled
    int length = 0;
};

template <class Number>
std::int64_t number_at(const std::uint8_t* bytes) {
    Number number = 0;
    std::memcpy(&number, bytes, sizeof number);
    return number;
}

/// False: another instruction.
bool decode(const std::uint8_t* at, Registers registers, Instruction& found) {
    if (at[0] != 0xc4 || (at[1] & 0x1f) != 2 || (at[2] & 0x84) != 0) return false; // 0F38, W0, 128 bits
    const int more_index = at[1] & 0x40 ? 0 : 8, more_base = at[1] & 0x20 ? 0 : 8;
    found.prefix = at[2] & 3;
    found.second = ~(at[2] >> 3) & 15;
    found.opcode = at[3];
    found.mode = at[4] >> 6;
    found.reg = at[4] >> 3 & 7;
    found.rm = at[4] & 7;
    found.length = 5;
    if (found.mode == 3) return true;
    std::int64_t address = 0;
    bool from_here = false, no_base = false;
    if (found.rm == 4) {
        const int sib = at[found.length++], index = (sib >> 3 & 7) + more_index, base = (sib & 7) + more_base;
        no_base = found.mode == 0 && (sib & 7) == 5;
        if (!no_base) address = general(registers, base);
        if (index != 4) found.stride = general(registers, index) << (sib >> 6);
    } else {
        from_here = found.mode == 0 && found.rm == 5;
        if (!from_here) address = general(registers, found.rm + more_base);
    }
    if (found.mode == 1) address += number_at<std::int8_t>(at + found.length++);
    if (found.mode == 2 || no_base || from_here) {
        address += number_at<std::int32_t>(at + found.length);
        found.length += 4;
    }
    if (from_here) address += reinterpret_cast<std::int64_t>(at) + found.length;
    found.address = reinterpret_cast<std::uint8_t*>(address);
    return true;
}

bool is_set_up(int tile) {
    return tile < tiles && unit.set_up.palette == 1 && unit.set_up.rows[tile] > 0 &&
           unit.set_up.rows[tile] <= most_rows && unit.set_up.row_bytes[tile] > 0 &&
           unit.set_up.row_bytes[tile] <= most_bytes && unit.set_up.row_bytes[tile] % 4 == 0;
}

bool configure(const Instruction& given) {
    if (given.mode == 3) return false;
    if (given.prefix == 1) { // STTILECFG
        std::memcpy(given.address, &unit.set_up, sizeof unit.set_up);
        return true;
    }
    if (given.prefix != 0) return false;
    unit = {}; // all tiles are zero from here on
    std::memcpy(&unit.set_up, given.address, sizeof unit.set_up);
    if (unit.set_up.palette == 0) unit.set_up = {};
    return unit.set_up.palette <= 1 && unit.set_up.start_row == 0;
}

bool move(const Instruction& given) {
    if (given.mode == 3 || given.rm != 4 || !is_set_up(given.reg)) return false;
    const int rows = unit.set_up.rows[given.reg];
    const std::size_t bytes = unit.set_up.row_bytes[given.reg];
    auto& tile = unit.tile[given.reg];
    const bool load = given.prefix == 3, store = given.prefix == 2;
    if (load) std::memset(tile, 0, sizeof tile);
    for (int row = 0; row < rows; ++row) {
        std::uint8_t* memory = given.address + row * given.stride;
        if (load) std::memcpy(tile[row], memory, bytes);
        if (store) std::memcpy(memory, tile[row], bytes);
    }
    return load || store;
}

float value_of(const std::uint8_t* bfloat16) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bfloat16, sizeof bits);
    const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
    float value = 0;
    std::memcpy(&value, &wide, sizeof value);
    return value;
}

/// sum[m][n] += Σ_k a[m][2k] b[k][2n] + a[m][2k + 1] b[k][2n + 1]
bool multiply(const Instruction& given) {
    const int sum = given.reg, a = given.rm, b = given.second;
    if (given.prefix != 2 || given.mode != 3 || sum == a || sum == b || a == b) return false;
    if (!is_set_up(sum) || !is_set_up(a) || !is_set_up(b)) return false;
    const int rows = unit.set_up.rows[sum], columns = unit.set_up.row_bytes[sum] / 4,
              pairs = unit.set_up.row_bytes[a] / 4;
    if (unit.set_up.rows[a] != rows || unit.set_up.rows[b] != pairs ||
        unit.set_up.row_bytes[b] != unit.set_up.row_bytes[sum])
        return false;
    for (int m = 0; m < rows; ++m) {
        std::array<float, most_bytes / 4> sums{};
        std::memcpy(sums.data(), unit.tile[sum][m], sizeof sums);
        for (int k = 0; k < pairs; ++k) {
            const float even = value_of(unit.tile[a][m] + 4 * k), odd = value_of(unit.tile[a][m] + 4 * k + 2);
            for (int n = 0; n < columns; ++n)
                sums[static_cast<std::size_t>(n)] +=
                    even * value_of(unit.tile[b][k] + 4 * n) + odd * value_of(unit.tile[b][k] + 4 * n + 2);
        }
        std::memcpy(unit.tile[sum][m], sums.data(), sizeof sums);
    }
    return true;
}

bool carry_out(const Instruction& given) {
    switch (given.opcode) {
    case 0x49:
        if (given.mode != 3) return configure(given);
        if (given.prefix != 3 || given.rm != 0 || !is_set_up(given.reg)) return false;
        std::memset(unit.tile[given.reg], 0, sizeof unit.tile[given.reg]); // TILEZERO
        return true;
    case 0x4b:
        return move(given);
    case 0x5c:
        return multiply(given);
    default:
        return false;
    }
}

void refused(int number, siginfo_t*, void* context) {
    Registers registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    Instruction found;
    const auto* at = reinterpret_cast<const std::uint8_t*>(registers[REG_RIP]);
    if (decode(at, registers, found) && carry_out(found)) {
        registers[REG_RIP] += found.length;
        return;
    }
    std::signal(number, SIG_DFL); // comes again, and ends the program
}

[[gnu::constructor]] void stand_in() {
    struct sigaction action = {};
    action.sa_sigaction = refused;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, nullptr);
}

} // namespace
