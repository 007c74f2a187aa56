// How far two pictures are apart: as a number and as a picture.
#pragma once

#include "ddpm/chain_state.h"

#include <vector>

namespace ddpm::ui {

/// sqrt(mean((a − b)²)); NaN where they are empty or not of one size.
double rootMeanSquare(const std::vector<float>& a, const std::vector<float>& b);

/// max |a − b|; 0 where they are empty or not of one size.
double largestDifference(const std::vector<float>& a, const std::vector<float>& b);

/// The smallest of 1, 2, 5 times a power of ten that is not below `largest`; at least 0.01.
double roundRange(double largest);

/// after − before around mid grey: black is −range, white is +range. `shape` is of one item.
PictureStack differencePicture(const ItemShape& shape, const std::vector<float>& before,
                               const std::vector<float>& after, double range);

} // namespace ddpm::ui
