// A plot as it is taken away: its numbers, and itself drawn by any painter.
#include "views/clipped_line.h"
#include "views/plot.h"
#include "views/plot_library.h"

#include <QLocale>
#include <QPicture>

#include <cmath>
#include <limits>
#include <utility>

namespace ddpm::ui {
namespace {

/// Points a stroke: painting a restless line with soft edges takes a time that grows with the square of its
/// length.
constexpr qsizetype pieceLength = 64;

/// First, lowest, highest and last of every column `column` wide, each where it is: nobody sees the others. A
/// gap stays one. QCustomPlot's own thinning moves points, and shows as stairs on paper.
std::vector<QPointF> thinned(const std::vector<QPointF>& line, double column) {
    std::vector<QPointF> kept;
    const auto isGap = [](const QPointF& point) { return !std::isfinite(point.y()); };
    for (std::size_t first = 0; first < line.size();) {
        const double place = std::floor(line[first].x() / column);
        std::size_t low = first, high = first, end = first;
        for (; end < line.size() && isGap(line[end]) == isGap(line[first]) &&
               std::floor(line[end].x() / column) == place;
             ++end) {
            if (line[end].y() < line[low].y()) low = end;
            if (line[end].y() > line[high].y()) high = end;
        }
        std::size_t before = line.size();
        for (const std::size_t index : {first, std::min(low, high), std::max(low, high), end - 1})
            if (index != std::exchange(before, index)) kept.push_back(line[index]);
        first = end;
    }
    return kept;
}

} // namespace

bool Plot::hasNumbers() const {
    return std::any_of(series_.begin(), series_.end(),
                       [](const Series& series) { return series.graph->dataCount() > 0; });
}

std::vector<NumberColumn> Plot::numbers() const {
    std::vector<NumberColumn> columns{{xColumn_, {}}};
    struct Reader {
        QCPGraphDataContainer::const_iterator at, end;
    };
    std::vector<Reader> readers;
    for (const Series& series : series_) {
        columns.push_back({series.column, {}});
        const auto points = series.graph->data();
        readers.push_back({points->constBegin(), points->constEnd()});
    }
    // Series may stand at different places: a row for each place, a value where a series has one there.
    for (;;) {
        double x = std::numeric_limits<double>::infinity();
        bool any = false;
        for (const Reader& reader : readers)
            if (reader.at != reader.end) {
                x = std::min(x, reader.at->key);
                any = true;
            }
        if (!any) return columns;
        columns[0].values.emplace_back(x);
        for (std::size_t i = 0; i < readers.size(); ++i) {
            Reader& reader = readers[i];
            const bool here = reader.at != reader.end && !(reader.at->key > x);
            columns[i + 1].values.push_back(here ? std::optional<double>(reader.at->value) : std::nullopt);
            if (here) ++reader.at;
        }
    }
}

QString Plot::plotDescription() const {
    QStringList parts;
    const QLocale locale;
    for (const Series& series : series_) {
        const int count = series.graph->dataCount();
        if (count == 0) continue;
        const auto points = series.graph->data();
        const auto first = points->constBegin(), last = points->constEnd() - 1;
        const auto number = [&](double value) {
            return std::isfinite(value) ? locale.toString(value, 'g', 4) : tr("no number");
        };
        //: raw over step 1 to 500: from 0.98 to 0.031
        parts << tr("%1 over %2 %3 to %4: from %5 to %6")
                     .arg(series.graph->name(), xName_, number(first->key), number(last->key),
                          number(first->value), number(last->value));
    }
    return parts.isEmpty() ? tr("Nothing yet") : parts.join(QStringLiteral("; "));
}

/// The points of a series in view, as many as `width` units show, with its line cut off at the edges of the
/// axes.
Plot::GraphData Plot::insideAxes(const Series& series, double width) const {
    const bool log = logScale();
    const auto up = [log](double value) {
        if (!log) return value;
        return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
    };
    const QCPRange x = plot_->xAxis->range(), y = plot_->yAxis->range();
    const auto points = series.graph->data();
    std::vector<QPointF> line;
    const auto end = points->findEnd(x.upper, true);
    for (auto it = points->findBegin(x.lower, true); it != end; ++it)
        line.emplace_back(it->key, up(it->value));
    const QRectF area(QPointF(x.lower, up(y.lower)), QPointF(x.upper, up(y.upper)));
    GraphData inside(new QCPGraphDataContainer);
    for (const QPolygonF& part : clippedLine(thinned(line, x.size() / (2 * width)), area)) {
        if (!inside->isEmpty()) // a gap between the parts
            inside->add({part.first().x(), std::numeric_limits<double>::quiet_NaN()});
        for (qsizetype i = 0; i < part.size(); ++i) {
            const double x_here = part[i].x(), y_here = log ? std::pow(10, part[i].y()) : part[i].y();
            inside->add({x_here, y_here});
            if (i % pieceLength != pieceLength - 1 || i + 1 == part.size()) continue;
            inside->add({x_here, std::numeric_limits<double>::quiet_NaN()});
            inside->add({x_here, y_here});
        }
    }
    return inside;
}

void Plot::drawPlot(QPainter& painter, QSizeF size) {
    fitAxes();
    const bool pointer = cursor_->visible();
    cursor_->setVisible(false);
    cursorWords_->setVisible(false);
    plot_->yAxis->setLabel(yName_);
    const int across = plot_->xAxis->ticker()->tickCount(), up = plot_->yAxis->ticker()->tickCount();
    plot_->xAxis->ticker()->setTickCount(std::max(across, 6)); // a small card has few
    plot_->yAxis->ticker()->setTickCount(std::max(up, 5));
    std::vector<GraphData> all;
    for (const Series& series : series_) {
        all.push_back(series.graph->data());
        if (series.line == Line::filled) continue;
        series.graph->setData(insideAxes(series, size.width()));
        series.graph->setAdaptiveSampling(false);
    }

    // QCustomPlot draws by a painter of its own, so that it is written down first and then drawn by ours.
    QPicture picture;
    QCPPainter writer;
    writer.begin(&picture);
    writer.setMode(QCPPainter::pmVectorized);
    writer.setMode(QCPPainter::pmNoCaching);
    writer.setFont(theme::captionFont());
    const int edge = theme::space(1);
    const int width = qRound(size.width()) - 2 * edge, height = qRound(size.height()) - 2 * edge;
    plot_->toPainter(&writer, width, height);
    writer.end();
    painter.save();
    painter.translate(edge, edge);
    // A picture that is played back grows with the dots per inch of what it is drawn on; ours are counted.
    painter.scale((size.width() - 2 * edge) / width * picture.logicalDpiX() / painter.device()->logicalDpiX(),
                  (size.height() - 2 * edge) / height * picture.logicalDpiY() /
                      painter.device()->logicalDpiY());
    painter.drawPicture(0, 0, picture);
    painter.restore();

    for (std::size_t i = 0; i < series_.size(); ++i) {
        series_[i].graph->setData(all[i]);
        series_[i].graph->setAdaptiveSampling(true);
    }
    plot_->xAxis->ticker()->setTickCount(across);
    plot_->yAxis->ticker()->setTickCount(up);
    plot_->yAxis->setLabel({});
    cursor_->setVisible(pointer);
    cursorWords_->setVisible(pointer);
}

} // namespace ddpm::ui
