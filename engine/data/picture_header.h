// The size of a picture from its first bytes, before any memory is taken for its pixels, and whether it is
// complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ddpm::data {

enum class PictureFormat { png, jpeg, bmp, webp, tiff };

struct PictureHeader {
    PictureFormat format = PictureFormat::png;
    std::uint64_t width = 0; ///< pixels
    std::uint64_t height = 0;
    bool alpha = false;    ///< the file can hold transparency
    bool complete = false; ///< the end of the picture is there
};

/// Nothing if the bytes are none of the formats, or stop before the size is said. `file` is the whole file.
std::optional<PictureHeader> read_picture_header(std::span<const std::uint8_t> file);

/// Whether the first bytes of a file (at least 12 of them) are those of one of the formats.
bool starts_like_picture(std::span<const std::uint8_t> start);

/// Bytes by offset, in either order; nothing past the end.
class ByteView {
public:
    explicit ByteView(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::uint64_t size() const { return bytes_.size(); }
    std::optional<std::uint32_t> big(std::uint64_t at, int count) const { return number(at, count, false); }
    std::optional<std::uint32_t> little(std::uint64_t at, int count) const { return number(at, count, true); }
    std::optional<std::uint32_t> number(std::uint64_t at, int count, bool little_endian) const;
    bool has(std::uint64_t at, const char* text, std::size_t length) const;

private:
    std::span<const std::uint8_t> bytes_;
};

/// TIFF keeps its size in a table of tags that can lie anywhere in the file.
std::optional<PictureHeader> read_tiff_header(const ByteView& file);

} // namespace ddpm::data
