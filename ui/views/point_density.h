// Where points lie, as a smooth density over a square: as a picture and as lines of equal density.
#pragma once

#include "ddpm/picture.h"

#include <QColor>
#include <QImage>
#include <QLineF>

#include <vector>

namespace ddpm::ui {

/// Shares of all points in the cells of a lattice over [-range, range]², rows from the bottom. They sum to
/// one, or to less where points lie outside.
struct DensityMap {
    int side = 0;
    double range = 1;
    std::vector<float> share; ///< [side][side]

    bool empty() const { return share.empty(); }
    double cell() const { return 2 * range / side; }
    float at(int column, int row) const {
        return share[static_cast<std::size_t>(row) * static_cast<std::size_t>(side) +
                     static_cast<std::size_t>(column)];
    }
};

/// A histogram, blurred by a Gaussian of standard deviation `sigma` (data units) that keeps the sum.
DensityMap densityOf(const PointCloud& points, double range, int side, double sigma);

/// The cells that have at least this share hold `part` (0…1) of what the map holds.
float levelHolding(const DensityMap& map, double part);

/// Lines of equal density between the cells' centres, in data units; `level` as a share of a cell.
std::vector<QLineF> contour(const DensityMap& map, float level);

/// side × side pixels, top row first: the colour, the more opaque the denser.
QImage densityImage(const DensityMap& map, const QColor& color, double strongest);

} // namespace ddpm::ui
