// GIF by giflib: 256 greys exactly, or a cube of 6×7×6 colours with the error spread (Floyd and Steinberg).
#include "formats/movie_writers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <gif_lib.h>

namespace ddpm::formats {
namespace {

constexpr std::array<int, 3> levels{6, 7, 6}; ///< of red, green, blue
constexpr int hundredths = 100 / movie_rate;

int append(GifFileType* file, const GifByteType* bytes, int count) {
    static_cast<std::string*>(file->UserData)
        ->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    return count;
}

int to_level(float value, std::size_t channel) {
    const int top = levels[channel] - 1;
    return std::clamp(static_cast<int>(std::lround(value / 255 * static_cast<float>(top))), 0, top);
}

float of_level(int level, std::size_t channel) {
    return 255.0F * static_cast<float>(level) / static_cast<float>(levels[channel] - 1);
}

ColorMapObject* make_palette(int channels) {
    ColorMapObject* map = GifMakeMapObject(256, nullptr);
    for (int i = 0; map != nullptr && i < 256; ++i) {
        GifColorType& colour = map->Colors[i];
        if (channels == 1) {
            colour.Red = colour.Green = colour.Blue = static_cast<GifByteType>(i);
            continue;
        }
        const int cell = std::min(i, levels[0] * levels[1] * levels[2] - 1);
        const auto byte = [](float value) { return static_cast<GifByteType>(std::lround(value)); };
        colour.Red = byte(of_level(cell / (levels[1] * levels[2]), 0));
        colour.Green = byte(of_level(cell / levels[2] % levels[1], 1));
        colour.Blue = byte(of_level(cell % levels[2], 2));
    }
    return map;
}

std::vector<GifByteType> dithered(const PictureStack& picture) {
    const auto width = static_cast<std::size_t>(picture.width),
               height = static_cast<std::size_t>(picture.height);
    std::vector<float> light(picture.bytes.begin(), picture.bytes.end());
    std::vector<GifByteType> indices(width * height);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) {
            int index = 0;
            for (std::size_t c = 0; c < 3; ++c) {
                const float value = light[(y * width + x) * 3 + c];
                const int level = to_level(value, c);
                index = index * levels[c] + level;
                const float error = value - of_level(level, c);
                const auto spread = [&](std::size_t row, std::size_t column, float share) {
                    if (row < height && column < width)
                        light[(row * width + column) * 3 + c] += error * share;
                };
                spread(y, x + 1, 7.0F / 16);
                if (x > 0) spread(y + 1, x - 1, 3.0F / 16);
                spread(y + 1, x, 5.0F / 16);
                spread(y + 1, x + 1, 1.0F / 16);
            }
            indices[y * width + x] = static_cast<GifByteType>(index);
        }
    return indices;
}

Error not_made() {
    return Error{"the GIF could not be made", "", "choose a smaller scale, or another format"};
}

class Gif final : public MovieWriter {
public:
    Gif(int width, int height, int channels) : width_(width), height_(height), channels_(channels) {}
    ~Gif() override {
        int ignored = 0;
        if (file_ != nullptr) EGifCloseFile(file_, &ignored);
        GifFreeMapObject(palette_);
    }
    Gif(const Gif&) = delete;
    Gif& operator=(const Gif&) = delete;

    bool open() {
        int error = 0;
        file_ = EGifOpen(&bytes_, append, &error);
        palette_ = make_palette(channels_);
        if (file_ == nullptr || palette_ == nullptr) return false;
        EGifSetGifVersion(file_, true); // 89a: with delays
        const std::array<GifByteType, 3> for_ever{1, 0, 0};
        return EGifPutScreenDesc(file_, width_, height_, 8, 0, palette_) == GIF_OK &&
               EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
               EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0") == GIF_OK &&
               EGifPutExtensionBlock(file_, 3, for_ever.data()) == GIF_OK &&
               EGifPutExtensionTrailer(file_) == GIF_OK;
    }

    Status add(const PictureStack& picture, int ticks) override {
        std::vector<GifByteType> indices =
            channels_ == 1 ? std::vector<GifByteType>(picture.bytes.begin(), picture.bytes.end())
                           : dithered(picture);
        GraphicsControlBlock control{};
        control.DisposalMode = DISPOSE_DO_NOT;
        control.DelayTime = std::min(ticks * hundredths, 65'535);
        control.TransparentColor = NO_TRANSPARENT_COLOR;
        std::array<GifByteType, 4> extension{};
        EGifGCBToExtension(&control, extension.data());
        if (EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, 4, extension.data()) != GIF_OK ||
            EGifPutImageDesc(file_, 0, 0, width_, height_, false, nullptr) != GIF_OK)
            return not_made();
        for (int y = 0; y < height_; ++y)
            if (EGifPutLine(file_, indices.data() + static_cast<std::ptrdiff_t>(y) * width_, width_) !=
                GIF_OK)
                return not_made();
        return too_large(bytes_.size());
    }

    Result<std::string> finish() override {
        int error = 0;
        const bool closed = EGifCloseFile(std::exchange(file_, nullptr), &error) == GIF_OK;
        if (!closed) return not_made();
        return std::move(bytes_);
    }

private:
    int width_, height_, channels_;
    std::string bytes_;
    GifFileType* file_ = nullptr;
    ColorMapObject* palette_ = nullptr;
};

} // namespace

Result<std::unique_ptr<MovieWriter>> make_gif(int width, int height, int channels) {
    auto gif = std::make_unique<Gif>(width, height, channels);
    if (!gif->open()) return not_made();
    return std::unique_ptr<MovieWriter>(std::move(gif));
}

} // namespace ddpm::formats
