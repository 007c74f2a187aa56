// Shapes to begin a drawing with.
#pragma once

#include "views/sketch_strokes.h"

#include <QString>

#include <vector>

namespace ddpm::ui {

struct SketchShape {
    QString name;
    std::vector<SketchStroke> strokes; ///< within [-0.9, 0.9]²
};

std::vector<SketchShape> sketchShapes();

} // namespace ddpm::ui
