#include "data/picture_header.h"

#include <algorithm>
#include <cstring>

namespace ddpm::data {
namespace {

std::optional<PictureHeader> png_header(const ByteView& file) {
    if (!file.has(12, "IHDR", 4)) return std::nullopt;
    const auto width = file.big(16, 4), height = file.big(20, 4), colour = file.big(25, 1);
    if (!width || !height || !colour) return std::nullopt;
    PictureHeader header{PictureFormat::png, *width, *height, (*colour & 4u) != 0, false};
    std::uint64_t at = 8;
    while (const auto length = file.big(at, 4)) {
        if (file.has(at + 4, "tRNS", 4)) header.alpha = true;
        if (file.has(at + 4, "IEND", 4)) header.complete = at + 12 + *length <= file.size();
        at += 12 + std::uint64_t{*length};
    }
    return header;
}

std::optional<PictureHeader> jpeg_header(const ByteView& file) {
    PictureHeader header{PictureFormat::jpeg, 0, 0, false, false};
    std::uint64_t at = 2;
    while (const auto marker = file.big(at, 2)) {
        if (*marker == 0xFFFF) { // a fill byte
            ++at;
            continue;
        }
        if (*marker < 0xFFC0) return std::nullopt;
        const auto length = file.big(at + 2, 2);
        if (!length || *length < 2) return std::nullopt;
        const std::uint32_t kind = *marker & 0xFF;
        const bool frame = kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC;
        if (frame) {
            const auto height = file.big(at + 5, 2), width = file.big(at + 7, 2);
            if (!height || !width) return std::nullopt;
            header.width = *width;
            header.height = *height;
        }
        at += 2 + std::uint64_t{*length};
        if (kind != 0xDA) continue;
        // After the start of a scan FF D9 is nothing but the end: FF bytes of the data are followed by 00.
        for (; at + 1 < file.size() && !header.complete; ++at)
            header.complete = file.big(at, 2) == 0xFFD9u;
        break;
    }
    if (header.width == 0 || header.height == 0) return std::nullopt;
    return header;
}

std::optional<PictureHeader> bmp_header(const ByteView& file) {
    const auto size = file.little(14, 4);
    const auto start = file.little(10, 4);
    if (!size || !start) return std::nullopt;
    const bool old = *size == 12;
    const auto width = file.little(18, old ? 2 : 4), height = file.little(old ? 20 : 22, old ? 2 : 4);
    const auto bits = file.little(old ? 24 : 28, 2);
    if (!width || !height || !bits) return std::nullopt;
    // A negative height means that the rows run downwards.
    const auto signed_height = static_cast<std::int32_t>(*height);
    const std::uint64_t rows =
        old || signed_height >= 0
            ? *height
            : std::uint64_t{0} - static_cast<std::uint64_t>(std::int64_t{signed_height});
    PictureHeader header{PictureFormat::bmp, *width, rows, *bits == 32, false};
    const auto compression = old ? std::optional<std::uint32_t>(0) : file.little(30, 4);
    const bool plain = compression == 0u || compression == 3u;
    const std::uint64_t row_bytes = (std::uint64_t{*width} * *bits + 31) / 32 * 4;
    header.complete = plain ? rows == 0 || row_bytes <= file.size() / rows : *start < file.size();
    if (plain) header.complete = header.complete && *start + row_bytes * rows <= file.size();
    return header;
}

std::optional<PictureHeader> webp_header(const ByteView& file) {
    const auto riff = file.little(4, 4);
    if (!riff) return std::nullopt;
    PictureHeader header{PictureFormat::webp, 0, 0, false, std::uint64_t{*riff} + 8 <= file.size()};
    if (file.has(12, "VP8X", 4)) {
        const auto flags = file.little(20, 1), width = file.little(24, 3), height = file.little(27, 3);
        if (!flags || !width || !height) return std::nullopt;
        header.width = *width + 1;
        header.height = *height + 1;
        header.alpha = (*flags & 0x10u) != 0;
    } else if (file.has(12, "VP8L", 4)) {
        const auto bits = file.little(21, 4);
        if (!bits) return std::nullopt;
        header.width = (*bits & 0x3FFFu) + 1;
        header.height = (*bits >> 14 & 0x3FFFu) + 1;
        header.alpha = (*bits >> 28 & 1u) != 0;
    } else if (file.has(12, "VP8 ", 4)) {
        const auto width = file.little(26, 2), height = file.little(28, 2);
        if (!width || !height) return std::nullopt;
        header.width = *width & 0x3FFFu;
        header.height = *height & 0x3FFFu;
    } else {
        return std::nullopt;
    }
    return header;
}

} // namespace

std::optional<std::uint32_t> ByteView::number(std::uint64_t at, int count, bool little_endian) const {
    const auto length = static_cast<std::uint64_t>(count);
    if (at > bytes_.size() || bytes_.size() - at < length) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) {
        const int index = little_endian ? count - 1 - i : i;
        value = value << 8 | bytes_[at + static_cast<std::uint64_t>(index)];
    }
    return value;
}

bool ByteView::has(std::uint64_t at, const char* text, std::size_t length) const {
    return at <= bytes_.size() && bytes_.size() - at >= length &&
           std::memcmp(bytes_.data() + at, text, length) == 0;
}

static std::optional<PictureFormat> format_of(const ByteView& file) {
    if (file.has(0, "\x89PNG\r\n\x1a\n", 8)) return PictureFormat::png;
    if (file.has(0, "\xFF\xD8\xFF", 3)) return PictureFormat::jpeg;
    if (file.has(0, "BM", 2)) return PictureFormat::bmp;
    if (file.has(0, "RIFF", 4) && file.has(8, "WEBP", 4)) return PictureFormat::webp;
    if (file.has(0, "II*\0", 4) || file.has(0, "MM\0*", 4)) return PictureFormat::tiff;
    return std::nullopt;
}

bool starts_like_picture(std::span<const std::uint8_t> start) {
    return format_of(ByteView(start)).has_value();
}

std::optional<PictureHeader> read_picture_header(std::span<const std::uint8_t> bytes) {
    const ByteView file(bytes);
    const std::optional<PictureFormat> format = format_of(file);
    if (!format) return std::nullopt;
    switch (*format) {
    case PictureFormat::png:
        return png_header(file);
    case PictureFormat::jpeg:
        return jpeg_header(file);
    case PictureFormat::bmp:
        return bmp_header(file);
    case PictureFormat::webp:
        return webp_header(file);
    case PictureFormat::tiff:
        return read_tiff_header(file);
    }
    return std::nullopt;
}

} // namespace ddpm::data
