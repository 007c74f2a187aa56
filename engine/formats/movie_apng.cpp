// Animated PNG (PNG, third edition, 11.3.6): every frame is a PNG whose image data become fdAT chunks.
#include "formats/movie_writers.h"
#include "formats/picture_grid.h"
#include "formats/png_chunks.h"

namespace ddpm::formats {
namespace {

class Apng final : public MovieWriter {
public:
    Apng(int width, int height) : width_(width), height_(height) {}

    Status add(const PictureStack& picture, int ticks) override {
        Result<std::string> png = png_bytes(picture);
        if (!png) return png.error();
        if (frames_ == 0) header_ = png->substr(0, png_header_end);
        body_ += png_chunk("fcTL", control(ticks));
        for (std::size_t at = png_header_end; at + 12 <= png->size();) {
            const std::size_t length = read_big(reinterpret_cast<const std::uint8_t*>(png->data()) + at);
            const std::string_view type(png->data() + at + 4, 4);
            if (type == "IDAT") {
                const std::string_view data(png->data() + at + 8, length);
                if (frames_ == 0)
                    body_ += png_chunk("IDAT", data);
                else
                    body_ += png_chunk("fdAT", next_number() + std::string(data));
            }
            at += 12 + length;
        }
        ++frames_;
        return too_large(body_.size());
    }

    Result<std::string> finish() override {
        std::string animation;
        append_big(animation, frames_);
        append_big(animation, 0); // for ever
        return header_ + png_chunk("acTL", animation) + body_ + png_chunk("IEND", "");
    }

private:
    std::string next_number() {
        std::string number;
        append_big(number, sequence_++);
        return number;
    }

    std::string control(int ticks) {
        std::string content = next_number();
        for (const int value : {width_, height_, 0, 0})
            append_big(content, static_cast<std::uint32_t>(value));
        content += {static_cast<char>(ticks >> 8), static_cast<char>(ticks & 0xFF)};
        content += {'\0', static_cast<char>(movie_rate)};
        content += {'\0', '\0'}; // nothing is cleared, pixels are replaced
        return content;
    }

    int width_, height_;
    std::uint32_t frames_ = 0, sequence_ = 0;
    std::string header_, body_;
};

} // namespace

Result<std::unique_ptr<MovieWriter>> make_apng(int width, int height) {
    return std::unique_ptr<MovieWriter>(std::make_unique<Apng>(width, height));
}

} // namespace ddpm::formats
