// Positions evenly spread over a range, of which one is where the cursor is.
#pragma once

#include <vector>

namespace ddpm::ui {

/// `count` positions from first to last; the one nearest `current` is `current` itself. The ends stay what
/// they are unless `current` is at them.
std::vector<int> spreadPositions(int first, int last, int count, int current);

/// Not more than `most` and a step a position at most; rather a few less, if the positions are then whole
/// steps apart.
int spreadCount(int first, int last, int most);

} // namespace ddpm::ui
