#include "views/spread_positions.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ddpm::ui {

std::vector<int> spreadPositions(int first, int last, int count, int current) {
    std::vector<int> at;
    for (int i = 0; i < count; ++i)
        at.push_back(count == 1 ? current
                                : first + static_cast<int>(std::lround(static_cast<double>(last - first) * i /
                                                                       (count - 1))));
    if (count < 2) return at;
    const auto nearest = std::min_element(at.begin(), at.end(), [current](int a, int b) {
        return std::abs(a - current) < std::abs(b - current);
    });
    const bool atEnd = nearest == at.begin() || nearest == at.end() - 1;
    if (!atEnd || *nearest == current)
        *nearest = current;
    else if (count > 2)
        *(nearest == at.begin() ? nearest + 1 : nearest - 1) = current;
    return at;
}

int spreadCount(int first, int last, int most) {
    const int span = last - first;
    if (most > span) return span + 1;
    for (int count = most; count > std::max(2, most / 2); --count)
        if (span % (count - 1) == 0) return count;
    return most;
}

} // namespace ddpm::ui
