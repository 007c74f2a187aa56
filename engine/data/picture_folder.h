// Data sets from folders of picture files.
#pragma once

#include "data/dataset.h"

#include <cstdint>

namespace ddpm::data {

struct FolderLimits {
    std::uint64_t memory = std::uint64_t{1} << 30; ///< bytes of decoded pictures that are kept at once
    int threads = 0;                               ///< that decode; 0: one a processor, at most four
};

/// All picture files in `settings.path` and the folders below it, in the order of their names (links to
/// folders are not followed, names that start with a dot are left out). Files count as pictures by the ending
/// of their name: png, jpg, jpeg, webp, bmp, tif, tiff, in capitals or not; others are counted in a notice.
///
/// Each is brought to [C, size, size] as read_picture() does: centre square, averaged down or interpolated
/// up. Classes are the folders directly below `settings.path`, in the order of their names, where there are
/// at least two of them and no picture lies outside of them; otherwise there are none.
///
/// Up to limits.memory everything is decoded now: files that are damaged, cut off, too large, empty or no
/// pictures are left out, counted and listed in `notices`. Beyond it the set gets a `source`: now only empty
/// files and those that are no pictures are left out; a file that turns out to be bad later, or is gone, is
/// replaced by the next good one of its class.
///
/// An error when there is no folder or no good picture in it, or when `progress` stops it.
Result<Dataset> open_picture_folder(const DataSettings& settings, const FolderLimits& limits = {},
                                    const OpenProgress& progress = {});

} // namespace ddpm::data
