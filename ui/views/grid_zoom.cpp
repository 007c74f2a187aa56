#include "views/grid_zoom.h"

#include <algorithm>

namespace ddpm::ui {

void GridZoom::zoom(double by, QPointF view, double most, const QObject* leader) {
    double factor = std::clamp(factor_ * by, 1.0, std::max(1.0, most));
    if (factor < 1.03) factor = 1; // a hair of zoom would only look like a fault
    const QPointF kept = fromView(view);
    leader_ = leader;
    set(factor, kept - (view - QPointF(0.5, 0.5)) / factor);
}

void GridZoom::moveBy(QPointF parts) {
    set(factor_, center_ + parts);
}

void GridZoom::show(const QRectF& parts) {
    const double half = 0.5 / factor_;
    const auto moved = [half](double center, double low, double high) {
        if (high - low > 2 * half) return (low + high) / 2;
        return std::clamp(center, high - half, low + half);
    };
    set(factor_,
        {moved(center_.x(), parts.left(), parts.right()), moved(center_.y(), parts.top(), parts.bottom())});
}

void GridZoom::reset() {
    set(1, {0.5, 0.5});
}

void GridZoom::set(double factor, QPointF center) {
    const double half = 0.5 / factor;
    const QPointF inside(std::clamp(center.x(), half, 1 - half), std::clamp(center.y(), half, 1 - half));
    if (factor == factor_ && inside == center_) return;
    factor_ = factor;
    center_ = inside;
    Q_EMIT changed();
}

} // namespace ddpm::ui
