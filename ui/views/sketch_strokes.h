// What a pen drew: strokes in [-1, 1]², smoothed on the way, with an eraser, undo and redo; and the points
// that a data set is made of. Knows no widget.
#pragma once

#include <QPointF>
#include <QPolygonF>

#include <cstddef>
#include <optional>
#include <vector>

namespace ddpm::ui {

/// One stroke: evenly spaced places along the pen's path; a single one is a dot.
struct SketchStroke {
    QPolygonF path;
    double weight = 1; ///< how many points it gets for its length, relative to the others
};

class SketchStrokes {
public:
    static constexpr double step = 0.005; ///< between the places of a path, data units
    static constexpr double dot = 0.05;   ///< a dot counts as a stroke of this length

    // One gesture is one step of undo.
    void begin(QPointF at, double weight = 1);
    void extend(QPointF to); ///< rounds the corner that it makes
    void end();
    bool drawing() const { return pen_.has_value(); }
    void beginErasing();
    /// Removes what lies within `radius` of the way from `from` to `to`; cuts strokes in two.
    void erase(QPointF from, QPointF to, double radius);
    void endErasing();
    void add(std::vector<SketchStroke> strokes); ///< e.g. a shape
    void clear();

    bool canUndo() const { return !past_.empty(); }
    bool canRedo() const { return !future_.empty(); }
    void undo();
    void redo();

    const std::vector<SketchStroke>& strokes() const { return strokes_; }
    bool empty() const { return strokes_.empty(); }
    /// Grows with every change, so that whoever draws it knows when to do so anew.
    int revision() const { return revision_; }

    /// x0, y0, x1, y1, …: evenly along the strokes, `spacing` data units apart (wider where that would be
    /// more than `most` points), denser by a stroke's weight.
    std::vector<float> sample(std::size_t most, double spacing = 0.01) const;
    /// Strokes again from such points: neighbours that lie close belong to one stroke. Forgets undo.
    void setSample(const std::vector<float>& points);
    void replaceBySample(const std::vector<float>& points); ///< the same as a step that can be undone

private:
    struct Pen {
        QPointF last;   ///< where it was heard of last
        QPointF middle; ///< up to where the path is made: half-way to `last`
    };
    void remember();
    void lineTo(QPointF to);

    std::vector<SketchStroke> strokes_;
    std::vector<std::vector<SketchStroke>> past_, future_;
    std::vector<SketchStroke> before_; ///< an eraser's gesture
    std::optional<Pen> pen_;
    bool erasing_ = false, erased_ = false;
    int revision_ = 0;
};

} // namespace ddpm::ui
