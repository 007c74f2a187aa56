// Letters of equations: their faces, and what words of them measure. Kept, because looking for a face and
// shaping take longer than all the rest of painting an equation. For the window's thread alone.
#pragma once

#include <QFont>
#include <QString>

namespace ddpm::ui::math {

/// In pixels; 1 is a little more than the theme's text.
int letterSize(double scale);

QFont letterFont(int size, bool italic);

struct Word {
    double advance = 0;
    double ascent = 0, descent = 0; ///< of its ink, but for a low word as of an x at least
};
Word wordOf(const QString& letters, int size, bool italic);

} // namespace ddpm::ui::math
