// A grid of pictures as one PNG, with the settings that made it inside (tEXt chunk "ddpm-lab").
#pragma once

#include "ddpm/command.h"
#include "ddpm/picture.h"
#include "ddpm/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ddpm::formats {

/// The pictures side by side: `layout.columns` (0: as square as it gets), every pixel `scale` × `scale`,
/// `padding` pixels between and around, before scaling. count = 1. Error if the result would exceed 16,384
/// pixels a side.
Result<PictureStack> compose_grid(const PictureStack& pictures, const GridLayout& layout);

/// A scatter plot of points over [-1.5, 1.5]², `size` pixels square, grey on black. count = 1.
PictureStack compose_points(const PointCloud& points, int size);

/// The picture (count = 1, 1 or 3 channels) as the bytes of a PNG file. The error has no `where`.
Result<std::string> png_bytes(const PictureStack& picture);

/// Atomic; an existing file stays intact until the new one is complete. `settings_json` goes into the tEXt
/// chunk.
Status write_png(const std::filesystem::path& file, const PictureStack& picture,
                 const std::string& settings_json);

/// The settings inside a PNG of ours; empty if there are none; an error if it is no PNG.
Result<std::string> read_png_settings(const std::filesystem::path& file);

/// A line chart of the loss (raw thin, smoothed thick, log scale, axes labelled) for use without a window.
/// count = 1, RGB.
PictureStack draw_loss_curve(const std::vector<double>& steps, const std::vector<double>& losses, int width,
                             int height);

} // namespace ddpm::formats
