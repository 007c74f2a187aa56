// PNG files with the settings that made them inside: a tEXt chunk "ddpm-lab".
#include "formats/atomic_file.h"
#include "formats/input_file.h"
#include "formats/picture_grid.h"
#include "formats/png_chunks.h"

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <array>
#include <cstring>
#include <string_view>

namespace ddpm::formats {
namespace {

constexpr std::string_view keyword("ddpm-lab\0", 9);
constexpr std::size_t largest_text = 1 << 20;

/// tEXt holds Latin-1, our settings are UTF-8: what is not ASCII becomes \uXXXX, which means the same in
/// JSON. Bytes that are not UTF-8 become U+FFFD.
std::string ascii_json(std::string_view text) {
    std::string result;
    std::size_t at = 0;
    const auto continuation = [&](std::size_t index) {
        return index < text.size() && (static_cast<unsigned char>(text[index]) & 0xC0) == 0x80;
    };
    while (at < text.size()) {
        const auto first = static_cast<unsigned char>(text[at]);
        if (first < 0x80) {
            result += text[at++];
            continue;
        }
        const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4
                                   : first >= 0xE0               ? 3
                                   : first >= 0xC2               ? 2
                                                                 : 1;
        bool good = length > 1 && first < 0xF5;
        for (std::size_t i = 1; i < length; ++i)
            good = good && continuation(at + i);
        std::uint32_t point = 0xFFFD;
        if (good) {
            point = first & (0xFFu >> (length + 1));
            for (std::size_t i = 1; i < length; ++i)
                point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
        }
        at += good ? length : 1;
        if (point >= 0x10000) {
            point -= 0x10000;
            result += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF));
        } else {
            result += fmt::format("\\u{:04x}", point);
        }
    }
    return result;
}

std::string text_chunk(const std::string& settings_json) {
    return png_chunk("tEXt", std::string(keyword) + ascii_json(settings_json));
}

} // namespace

Result<std::string> png_bytes(const PictureStack& picture) {
    if (picture.count != 1 || picture.bytes.size() < picture.picture_size())
        return Error{"there is no picture to write", {}, "draw samples first"};
    const int type = picture.channels == 3 ? CV_8UC3 : CV_8UC1;
    cv::Mat image(picture.height, picture.width, type, const_cast<std::uint8_t*>(picture.bytes.data()));
    if (picture.channels == 3) {
        cv::Mat swapped; // OpenCV takes blue first
        cv::cvtColor(image, swapped, cv::COLOR_RGB2BGR);
        image = swapped;
    }
    std::vector<std::uint8_t> encoded;
    bool good = false;
    try {
        good = cv::imencode(".png", image, encoded);
    } catch (const cv::Exception&) {
        good = false;
    }
    if (!good || encoded.size() < png_header_end)
        return Error{"the picture could not be encoded", {}, "choose a smaller scale"};
    return std::string(encoded.begin(), encoded.end());
}

Status write_png(const std::filesystem::path& file, const PictureStack& picture,
                 const std::string& settings_json) {
    if (settings_json.size() > largest_text / 8 || settings_json.find('\0') != std::string::npos)
        return Error{"the settings do not fit into a picture", file.string(),
                     "shorten the names in the settings"};
    Result<std::string> bytes = png_bytes(picture);
    if (!bytes) {
        Error error = bytes.error();
        error.where = file.string();
        return error;
    }
    if (!settings_json.empty()) bytes->insert(png_header_end, text_chunk(settings_json));
    return write_file_atomically(file, *bytes);
}

Result<std::string> read_png_settings(const std::filesystem::path& file) {
    const Result<InputFile> input = InputFile::open(file);
    if (!input) return input.error();
    const Error damaged{"it is a damaged PNG", file.string(), "get the picture again"};
    std::array<std::uint8_t, 8> start{};
    if (input->size() < start.size() || !input->read(0, start.data(), start.size()) ||
        std::memcmp(start.data(), png_signature.data(), start.size()) != 0)
        return Error{"it is not a PNG", file.string(), "choose a PNG that DDPM Lab exported"};
    std::string found;
    bool ended = false;
    for (std::uint64_t at = start.size(); !ended;) {
        std::array<std::uint8_t, 8> head{};
        if (input->size() - at < 12 || !input->read(at, head.data(), head.size())) return damaged;
        const std::uint64_t length = read_big(head.data());
        if (length > input->size() - at - 12) return damaged;
        const std::string_view type(reinterpret_cast<const char*>(head.data()) + 4, 4);
        ended = type == "IEND";
        if (type == "tEXt" && found.empty() && length <= largest_text) {
            std::string body(static_cast<std::size_t>(length) + 8, '\0'); // type, text, checksum
            if (!input->read(at + 4, body.data(), body.size())) return damaged;
            const std::string_view content = std::string_view(body).substr(0, body.size() - 4);
            if (content.substr(4).starts_with(keyword)) {
                if (read_big(reinterpret_cast<const std::uint8_t*>(body.data()) + body.size() - 4) !=
                    png_crc(content))
                    return damaged;
                found = content.substr(4 + keyword.size());
            }
        }
        at += 12 + length;
    }
    return found;
}

} // namespace ddpm::formats
