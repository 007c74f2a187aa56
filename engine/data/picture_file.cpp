#include "data/picture_file.h"

#include "data/dataset.h"
#include "data/picture_header.h"

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace ddpm::data {
namespace {

constexpr std::uint64_t most_pixels = 64'000'000;
constexpr std::uintmax_t most_bytes = 512'000'000;

Result<std::vector<std::uint8_t>> read_bytes(const std::filesystem::path& file) {
    std::error_code problem;
    if (!std::filesystem::exists(file, problem))
        return Error{"there is no such file", file.string(), "check the path"};
    if (!std::filesystem::is_regular_file(file, problem))
        return Error{"it is not a file", file.string(), "choose a picture file"};
    const std::uintmax_t size = std::filesystem::file_size(file, problem);
    if (problem) return Error{"it cannot be read", file.string(), "check that you may read it"};
    if (size == 0) return Error{"it is empty (0 bytes)", file.string(), "choose another picture"};
    if (size > most_bytes)
        return Error{
            fmt::format("it has {} MB, at most {} are read", size / 1'000'000, most_bytes / 1'000'000),
            file.string(), "choose a smaller picture"};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    std::ifstream stream(file, std::ios::binary);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!stream) return Error{"it cannot be read", file.string(), "check that you may read it"};
    return bytes;
}

/// [B, G, R, A] of 8 or 16 bits to 8-bit BGR over black.
cv::Mat over_black(const cv::Mat& picture) {
    cv::Mat result(picture.rows, picture.cols, CV_8UC3);
    const bool deep = picture.depth() == CV_16U;
    for (int row = 0; row < picture.rows; ++row) {
        auto* out = result.ptr<std::uint8_t>(row);
        for (int column = 0; column < picture.cols; ++column) {
            int value[4];
            for (int c = 0; c < 4; ++c)
                value[c] = deep ? picture.ptr<std::uint16_t>(row)[4 * column + c] >> 8
                                : picture.ptr<std::uint8_t>(row)[4 * column + c];
            for (int c = 0; c < 3; ++c)
                *out++ = static_cast<std::uint8_t>((value[c] * value[3] + 127) / 255);
        }
    }
    return result;
}

/// BGR, 8 bits; empty if the decoder gives up.
cv::Mat decode_bytes(const std::vector<std::uint8_t>& bytes, bool alpha) {
    try {
        if (alpha) {
            const cv::Mat whole = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
            const bool known_depth = whole.depth() == CV_8U || whole.depth() == CV_16U;
            if (whole.channels() == 4 && known_depth) return over_black(whole);
        }
        return cv::imdecode(bytes, cv::IMREAD_COLOR);
    } catch (const cv::Exception&) {
        return {};
    }
}

} // namespace

Result<cv::Mat> decode_picture(const std::filesystem::path& file, int channels) {
    if (channels != 1 && channels != 3)
        throw std::invalid_argument("decode_picture: channels must be 1 or 3");
    Result<std::vector<std::uint8_t>> bytes = read_bytes(file);
    if (!bytes) return bytes.error();
    const std::optional<PictureHeader> header = read_picture_header(*bytes);
    if (!header)
        return Error{"it is not a picture that can be read", file.string(),
                     "choose a PNG, JPEG, BMP, WebP or TIFF file"};
    // Also keeps the product from overflowing: both are below 2³².
    if (header->width == 0 || header->height == 0 || header->width * header->height > most_pixels)
        return Error{fmt::format("its header says {}×{} pixels; up to {} megapixels are read", header->width,
                                 header->height, most_pixels / 1'000'000),
                     file.string(), "make it smaller first"};
    if (!header->complete) return Error{"it is cut off", file.string(), "get it again"};
    const cv::Mat colour = decode_bytes(*bytes, header->alpha);
    if (colour.empty() || colour.depth() != CV_8U)
        return Error{"it is damaged: it cannot be decoded", file.string(),
                     "get it again or choose another picture"};
    cv::Mat result;
    cv::cvtColor(colour, result, channels == 1 ? cv::COLOR_BGR2GRAY : cv::COLOR_BGR2RGB);
    return result;
}

Result<torch::Tensor> read_picture(const std::filesystem::path& file, int size, int channels) {
    if (size < 1 || size > 4096) throw std::invalid_argument("read_picture: size must be 1…4096");
    Result<cv::Mat> picture = decode_picture(file, channels);
    if (!picture) return picture.error();
    const int side = std::min(picture->rows, picture->cols);
    const cv::Rect centre((picture->cols - side) / 2, (picture->rows - side) / 2, side, side);
    cv::Mat square;
    if (side == size)
        square = (*picture)(centre).clone();
    else
        cv::resize((*picture)(centre), square, {size, size}, 0, 0,
                   side > size ? cv::INTER_AREA : cv::INTER_LINEAR);
    return torch::from_blob(square.data, {1, size, size, channels}, torch::kUInt8)
        .permute({0, 3, 1, 2})
        .contiguous()
        .clone();
}

} // namespace ddpm::data
