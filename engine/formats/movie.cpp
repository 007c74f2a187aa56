#include "formats/movie.h"

#include "formats/movie_writers.h"

namespace ddpm::formats {

std::optional<MovieFormat> movie_format(const std::filesystem::path& file) {
    const std::filesystem::path ending = file.extension();
    if (ending == ".mp4") return MovieFormat::mp4;
    if (ending == ".gif") return MovieFormat::gif;
    if (ending == ".apng") return MovieFormat::apng;
    return std::nullopt;
}

Result<std::unique_ptr<MovieWriter>> make_movie(MovieFormat format, int width, int height, int channels) {
    constexpr int longest = 8192;
    if (width < 1 || height < 1 || width > longest || height > longest)
        return Error{"a frame would have " + std::to_string(width) + "×" + std::to_string(height) + " pixels",
                     "", "choose a smaller scale or fewer chains: at most 8192 pixels a side"};
    if (format == MovieFormat::mp4) return make_mp4(width, height);
    if (format == MovieFormat::gif) return make_gif(width, height, channels);
    return make_apng(width, height);
}

Status too_large(std::size_t bytes) {
    if (bytes <= largest_movie) return Done{};
    return Error{"the file would exceed 1 GiB", "", "choose a smaller scale, fewer chains or a shorter film"};
}

} // namespace ddpm::formats
