// Pictures magnified with hard pixels, all of one size at any magnification.
#pragma once

#include <QImage>
#include <QRect>

#include <vector>

namespace ddpm::ui {

/// Where each of `size` target pixels takes its value: from one source pixel, or from two neighbours by area.
/// At whole magnifications this is nearest neighbour, and at large ones too: there an edge on a whole pixel
/// is worth more than a width that is right to a fraction.
struct Taps {
    std::vector<int> first, second;
    std::vector<int> share; ///< of the first, in 1/256
    std::vector<int> mixed; ///< those that take from both, in ascending order
};
Taps tapsFor(int source, int size);

/// The part `from` of `source` (32 bits a pixel), magnified by the taps so that its top left corner would be
/// at `at` of the target (32 bits a pixel, opaque where it is written); only what lies in the target is
/// written.
void magnify(const QImage& source, const QRect& from, QImage& target, QPoint at, const Taps& x,
             const Taps& y);

/// The whole picture in that size; smoothly if it becomes smaller.
QImage magnified(const QImage& picture, QSize size);

/// Makes what lies outside of round corners transparent. `image`: with alpha, premultiplied.
void roundCorners(QImage& image, double radius);

} // namespace ddpm::ui
