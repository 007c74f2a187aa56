// The chunks that a PNG is made of (ISO/IEC 15948, section 5).
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace ddpm::formats {

constexpr std::string_view png_signature("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t png_header_end = 8 + 12 + 13; ///< signature and IHDR

inline void append_big(std::string& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift & 0xFF);
}

inline std::uint32_t read_big(const std::uint8_t* bytes) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
           bytes[3];
}

inline std::uint32_t png_crc(std::string_view bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Length, type, content, checksum. `type` has four letters.
inline std::string png_chunk(std::string_view type, std::string_view content) {
    const std::string body = std::string(type) + std::string(content);
    std::string chunk;
    append_big(chunk, static_cast<std::uint32_t>(content.size()));
    chunk += body;
    append_big(chunk, png_crc(body));
    return chunk;
}

} // namespace ddpm::formats
