// A line cut off at the edges of an area. QPainter clips pixels, but a drawing as SVG keeps what was drawn
// outside.
#pragma once

#include <QPolygonF>
#include <QRectF>

#include <cmath>
#include <utility>
#include <vector>

namespace ddpm::ui {

/// The parts of the line inside the area. A point whose y is not finite is a gap. A part may be one point.
inline std::vector<QPolygonF> clippedLine(const std::vector<QPointF>& points, const QRectF& area) {
    std::vector<QPolygonF> parts;
    QPolygonF part;
    const auto end = [&] {
        if (!part.isEmpty()) parts.push_back(std::exchange(part, {}));
    };
    const QPointF* before = nullptr;
    for (const QPointF& point : points) {
        if (!std::isfinite(point.y()) || !std::isfinite(point.x())) {
            end();
            before = nullptr;
            continue;
        }
        const bool inside = point.x() >= area.left() && point.x() <= area.right() &&
                            point.y() >= area.top() && point.y() <= area.bottom();
        if (before == nullptr) {
            if (inside) part << point;
            before = &point;
            continue;
        }
        // Liang and Barsky: the part from `in` to `out` of the way from the point before to this one.
        const QPointF way = point - *before;
        double in = 0, out = 1;
        const double pieces[4][2] = {{-way.x(), before->x() - area.left()},
                                     {way.x(), area.right() - before->x()},
                                     {-way.y(), before->y() - area.top()},
                                     {way.y(), area.bottom() - before->y()}};
        bool any = true;
        for (const auto& [direction, distance] : pieces) {
            if (direction == 0)
                any = any && distance >= 0;
            else if (direction < 0)
                in = std::max(in, distance / direction);
            else
                out = std::min(out, distance / direction);
        }
        if (any && in <= out) {
            if (in > 0 || part.isEmpty()) {
                end();
                part << *before + way * in;
            }
            part << (out < 1 ? *before + way * out : point);
            if (out < 1) end();
        } else {
            end();
        }
        before = &point;
    }
    end();
    return parts;
}

} // namespace ddpm::ui
