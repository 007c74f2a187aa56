#include "views/sketch_strokes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr std::size_t mostUndo = 200;
constexpr std::size_t mostStrokes = 4'000;
constexpr qsizetype mostPlaces = 40'000; // of all strokes: a hundred times across the canvas
constexpr double joined = 0.04;          // points nearer than this in a sample belong to one stroke

double distance(QPointF a, QPointF b) {
    return std::hypot(a.x() - b.x(), a.y() - b.y());
}

QPointF onCanvas(QPointF point) {
    return {std::clamp(point.x(), -1.0, 1.0), std::clamp(point.y(), -1.0, 1.0)};
}

double length(const QPolygonF& path) {
    double sum = 0;
    for (qsizetype i = 1; i < path.size(); ++i)
        sum += distance(path[i - 1], path[i]);
    return sum;
}

double distanceToLine(QPointF point, QPointF from, QPointF to) {
    const QPointF way = to - from;
    const double squared = QPointF::dotProduct(way, way);
    const double part =
        squared > 0 ? std::clamp(QPointF::dotProduct(point - from, way) / squared, 0.0, 1.0) : 0.0;
    return distance(point, from + part * way);
}

/// How many points a stroke gets at that spacing; `worth` is its weighted length.
std::size_t share(double worth, double spacing) {
    return static_cast<std::size_t>(std::max(1.0, std::round(worth / spacing)));
}

void appendAlong(const QPolygonF& path, std::size_t count, std::vector<float>& into) {
    const double whole = length(path);
    qsizetype segment = 1;
    double passed = 0; // up to the beginning of the segment
    for (std::size_t k = 0; k < count; ++k) {
        // In the middle of its share, so that neither end has more than its part.
        const double at = whole * (static_cast<double>(k) + 0.5) / static_cast<double>(count);
        QPointF point = path.first();
        while (segment < path.size()) {
            const double here = distance(path[segment - 1], path[segment]);
            if (passed + here >= at || segment + 1 == path.size()) {
                const double part = here > 0 ? std::clamp((at - passed) / here, 0.0, 1.0) : 0.0;
                point = path[segment - 1] + part * (path[segment] - path[segment - 1]);
                break;
            }
            passed += here;
            ++segment;
        }
        into.push_back(std::clamp(static_cast<float>(point.x()), -1.0F, 1.0F));
        into.push_back(std::clamp(static_cast<float>(point.y()), -1.0F, 1.0F));
    }
}

} // namespace

void SketchStrokes::remember() {
    past_.push_back(strokes_);
    if (past_.size() > mostUndo) past_.erase(past_.begin());
    future_.clear();
}

void SketchStrokes::begin(QPointF at, double weight) {
    end();
    if (strokes_.size() >= mostStrokes) return;
    remember();
    at = onCanvas(at);
    strokes_.push_back({QPolygonF({at}), weight});
    pen_ = Pen{at, at};
    ++revision_;
}

void SketchStrokes::lineTo(QPointF to) {
    QPolygonF& path = strokes_.back().path;
    for (double left = distance(path.last(), to); left >= step; left = distance(path.last(), to))
        path.append(path.last() + (step / left) * (to - path.last()));
}

void SketchStrokes::extend(QPointF to) {
    if (!pen_) return;
    to = onCanvas(to);
    qsizetype places = 0;
    for (const SketchStroke& stroke : strokes_)
        places += stroke.path.size();
    if (to == pen_->last || places > mostPlaces) return;
    // A parabola from the middle of the last piece to the middle of this one, with the corner between them as
    // its control point: no kinks, and never far from where the pen was.
    const QPointF corner = pen_->last, goal = (corner + to) / 2, start = pen_->middle;
    const double way = distance(start, corner) + distance(corner, goal);
    const int pieces = std::max(1, static_cast<int>(std::ceil(way / step)));
    for (int i = 1; i <= pieces; ++i) {
        const double s = static_cast<double>(i) / pieces;
        lineTo((1 - s) * (1 - s) * start + 2 * s * (1 - s) * corner + s * s * goal);
    }
    pen_ = Pen{to, goal};
    ++revision_;
}

void SketchStrokes::end() {
    if (!pen_) return;
    lineTo(pen_->last);
    pen_.reset();
    ++revision_;
}

void SketchStrokes::beginErasing() {
    end();
    before_ = strokes_;
    erasing_ = true;
    erased_ = false;
}

void SketchStrokes::erase(QPointF from, QPointF to, double radius) {
    std::vector<SketchStroke> left;
    bool changed = false;
    for (const SketchStroke& stroke : strokes_) {
        SketchStroke piece{{}, stroke.weight};
        bool cut = false;
        const auto finish = [&] {
            if (!piece.path.isEmpty()) left.push_back(std::exchange(piece, SketchStroke{{}, stroke.weight}));
        };
        for (const QPointF& place : stroke.path) {
            if (distanceToLine(place, from, to) <= radius) {
                cut = true;
                finish();
            } else {
                piece.path.append(place);
            }
        }
        finish();
        changed = changed || cut;
    }
    if (!changed) return;
    strokes_ = std::move(left);
    erased_ = true;
    ++revision_;
}

void SketchStrokes::endErasing() {
    if (!std::exchange(erasing_, false) || !erased_) return;
    std::swap(strokes_, before_);
    remember();
    std::swap(strokes_, before_);
    before_.clear();
}

void SketchStrokes::add(std::vector<SketchStroke> strokes) {
    end();
    remember();
    for (SketchStroke& stroke : strokes)
        if (strokes_.size() < mostStrokes && !stroke.path.isEmpty()) strokes_.push_back(std::move(stroke));
    ++revision_;
}

void SketchStrokes::clear() {
    end();
    if (strokes_.empty()) return;
    remember();
    strokes_.clear();
    ++revision_;
}

void SketchStrokes::undo() {
    end();
    if (past_.empty()) return;
    future_.push_back(std::move(strokes_));
    strokes_ = std::move(past_.back());
    past_.pop_back();
    ++revision_;
}

void SketchStrokes::redo() {
    end();
    if (future_.empty()) return;
    past_.push_back(std::move(strokes_));
    strokes_ = std::move(future_.back());
    future_.pop_back();
    ++revision_;
}

std::vector<float> SketchStrokes::sample(std::size_t most, double spacing) const {
    std::vector<double> worth;
    for (const SketchStroke& stroke : strokes_)
        worth.push_back(stroke.weight * std::max(length(stroke.path), dot));
    const auto all = [&worth](double apart) {
        std::size_t sum = 0;
        for (const double each : worth)
            sum += share(each, apart);
        return sum;
    };
    while (all(spacing) > most && spacing < 100)
        spacing *= 1.05;
    std::vector<float> points;
    for (std::size_t i = 0; i < strokes_.size() && points.size() / 2 < most; ++i)
        appendAlong(strokes_[i].path, share(worth[i], spacing), points);
    if (points.size() > 2 * most) points.resize(2 * most);
    return points;
}

void SketchStrokes::setSample(const std::vector<float>& points) {
    *this = SketchStrokes();
    const auto at = [&](std::size_t i) {
        return onCanvas({static_cast<double>(points[2 * i]), static_cast<double>(points[2 * i + 1])});
    };
    std::vector<double> steps; // within strokes, to know the usual one
    for (std::size_t i = 0; i < points.size() / 2; ++i) {
        const double way = i > 0 ? distance(at(i - 1), at(i)) : joined;
        if (way < joined && i > 0)
            strokes_.back().path.append(at(i));
        else if (strokes_.size() < mostStrokes)
            strokes_.push_back({QPolygonF({at(i)}), 1});
        if (way > 0 && way < joined) steps.push_back(way);
    }
    if (!steps.empty()) {
        std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
                         steps.end());
        const double usual = steps[steps.size() / 2];
        for (SketchStroke& stroke : strokes_) {
            const double whole = length(stroke.path);
            if (whole < usual) { // a dot's points lie on one place
                stroke.weight = std::clamp(static_cast<double>(stroke.path.size()) * usual / dot, 0.25, 4.0);
                stroke.path = QPolygonF({stroke.path.first()});
            } else {
                stroke.weight =
                    std::clamp(usual * static_cast<double>(stroke.path.size()) / whole, 0.25, 4.0);
            }
        }
    }
    ++revision_;
}

void SketchStrokes::replaceBySample(const std::vector<float>& points) {
    SketchStrokes other;
    other.setSample(points);
    end();
    remember();
    strokes_ = std::move(other.strokes_);
    ++revision_;
}

} // namespace ddpm::ui
