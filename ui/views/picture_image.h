// Pictures and points of the engine's port as QImage.
#pragma once

#include "ddpm/picture.h"

#include <QColor>
#include <QImage>
#include <QSize>

namespace ddpm::ui {

/// Picture `index` of the stack, pixel for pixel; a null image if there is no such picture.
QImage pictureImage(const PictureStack& pictures, int index);

/// All pictures of the stack below one another, 32 bits a pixel; `atlas` keeps its memory where it fits.
void fillAtlas(const PictureStack& pictures, QImage& atlas);

/// Floats [height][width][channels] in [-1, 1] (clamped) as a stack of one picture; channels is 1 or 3.
PictureStack pictureFromFloats(const float* values, int height, int width, int channels);

/// Points over the square [-range, range]² (y up) in device pixels on a transparent ground. Each is a dot of
/// `radius` device pixels with opacity `alpha`; dots that overlap add up.
QImage cloudImage(const PointCloud& points, QSize pixels, double range, const QColor& color, double radius,
                  double alpha);

} // namespace ddpm::ui
