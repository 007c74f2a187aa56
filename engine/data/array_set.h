// Data sets from NumPy's files.
#pragma once

#include "data/dataset.h"

#include <filesystem>

namespace ddpm::data {

/// An NPY file of pictures, or an NPZ file with them under images, x, x_train or arr_0 (or as its only array)
/// and, if it has any, whole-number labels [N] or [N, 1] under labels, y, y_train or arr_1.
///
///   layout    [N, H, W] is grey; [N, H, W, C] or [N, C, H, W] with C = 1 or 3: the last extent counts
///             first, so that an array that could be either is taken as [N, H, W, C]
///   values    whole numbers in 0…255 as they are; bool: 0 and 255; floats by their range: all in [0, 1]
///             are scaled by 255, otherwise all in [-1, 1] by 127.5 about 127.5, rounded to the nearest
///   size      up to 4096 a side; where height and width differ, the centre square is kept, and said so
///
/// Everything else (other ranges, NaN, other shapes, no picture) is refused.
Result<Dataset> open_array_file(const std::filesystem::path& file);

/// The rules above for an array that is in memory: [N, C, H, W] uint8, square. `notices` gets a line when
/// something was cut away.
Result<torch::Tensor> pictures_of_array(const torch::Tensor& array, const std::string& where,
                                        std::vector<std::string>& notices);

} // namespace ddpm::data
