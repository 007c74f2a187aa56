// The makers behind make_movie(), one file each.
#pragma once

#include "formats/movie.h"

namespace ddpm::formats {

Result<std::unique_ptr<MovieWriter>> make_mp4(int width, int height);
Result<std::unique_ptr<MovieWriter>> make_gif(int width, int height, int channels);
Result<std::unique_ptr<MovieWriter>> make_apng(int width, int height);

/// An error once a film of so many bytes is more than should be held.
Status too_large(std::size_t bytes);

} // namespace ddpm::formats
