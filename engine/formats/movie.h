// A sequence of pictures as one file: MP4 (H.264), GIF, animated PNG.
#pragma once

#include "ddpm/picture.h"
#include "ddpm/result.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace ddpm::formats {

enum class MovieFormat { mp4, gif, apng };

constexpr int movie_rate = 25; ///< frames a second; GIF counts in hundredths

/// By the ending: .mp4, .gif, .apng; nothing for another.
std::optional<MovieFormat> movie_format(const std::filesystem::path& file);

/// A movie in the making, in memory. Errors have no `where`; after one the movie is of no use.
class MovieWriter {
public:
    virtual ~MovieWriter() = default;
    /// One picture (count = 1, 1 or 3 channels, all of one size), shown for `ticks` ≥ 1 times 1/25 s.
    virtual Status add(const PictureStack& picture, int ticks) = 0;
    /// The file's bytes. Call once, after at least one picture.
    virtual Result<std::string> finish() = 0;
};

/// Pictures of `width` × `height` with that many channels. GIF has 256 colours: grey is exact, colour is
/// dithered. MP4 needs even sides: an odd one gets a black line; H.264 loses a little. APNG is exact.
Result<std::unique_ptr<MovieWriter>> make_movie(MovieFormat format, int width, int height, int channels);

constexpr std::size_t largest_movie = std::size_t{1} << 30; ///< bytes

} // namespace ddpm::formats
