// A plot as a file: PNG, SVG, PDF or CSV, and as an image. Pictures are on white paper whatever the window's
// theme.
#pragma once

#include "ddpm/result.h"

#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>
#include <QStringList>

namespace ddpm::ui {

class ExportablePlot;

/// "png", "svg", "pdf", "csv".
const QStringList& plotEndings();

/// The size where none is chosen: PNG in pixels, the others in units of 1/96 inch.
QSize usualPlotSize(const QString& ending);
constexpr int leastPlotSide = 160, largestPlotSide = 16'384;

/// Written beside `file` and renamed: an existing file survives a failure, and there is never half a one. The
/// ending decides. `size` as above; CSV has none.
Status savePlot(ExportablePlot& plot, const QString& file, QSize size = {});

/// The picture with `pixels` pixels. A larger one is the same picture, finer: nothing gets thinner.
QImage plotImage(ExportablePlot& plot, QSize pixels);
QByteArray plotSvg(ExportablePlot& plot, QSize size);
QByteArray plotPdf(ExportablePlot& plot, QSize size);
QByteArray plotCsv(const ExportablePlot& plot);

} // namespace ddpm::ui
