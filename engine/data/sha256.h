// SHA-256 (FIPS 180-4), for files that come from elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ddpm::data {

class Sha256 {
public:
    void add(const void* bytes, std::size_t size);
    /// 64 hexadecimal digits in small letters. Ends the sum: nothing may be added after it.
    std::string finish();

private:
    void take_block(const std::uint8_t* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> waiting_{}; ///< bytes of a block that is not full yet
    std::uint64_t length_ = 0;               ///< bytes so far
};

} // namespace ddpm::data
