// Where and how closely pictures are looked at. Grids that share one zoom show the same place.
#pragma once

#include <QObject>
#include <QPointF>
#include <QRectF>

namespace ddpm::ui {

/// Places are parts (0…1) of what is shown at factor 1, so that panes of other sizes can share a zoom.
class GridZoom : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    double factor() const { return factor_; } ///< 1: all is seen
    bool active() const { return factor_ > 1; }
    QPointF center() const { return center_; }
    const QObject* leader() const { return leader_; } ///< the view that asked last; it says how close it is

    /// `by` times closer, at most to `most`; what is seen at `view` (parts of what is in view) stays there.
    void zoom(double by, QPointF view, double most, const QObject* leader);
    void moveBy(QPointF parts);
    void show(const QRectF& parts); ///< moves as little as is needed
    void reset();

    /// From a place to where it is in the view, in parts of the view; and back.
    QPointF toView(QPointF place) const { return (place - center_) * factor_ + QPointF(0.5, 0.5); }
    QPointF fromView(QPointF view) const { return (view - QPointF(0.5, 0.5)) / factor_ + center_; }

Q_SIGNALS:
    void changed();

private:
    void set(double factor, QPointF center);

    double factor_ = 1;
    QPointF center_{0.5, 0.5};
    const QObject* leader_ = nullptr;
};

} // namespace ddpm::ui
