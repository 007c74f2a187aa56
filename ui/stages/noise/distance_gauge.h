// The measured distance of two samples beside the one that chance alone would show, in figures and as a mark
// on a band.
#pragma once

#include "stages/noise/distance.h"

#include <QWidget>

namespace ddpm::ui {

class DistanceGauge : public QWidget {
    Q_OBJECT
public:
    explicit DistanceGauge(QWidget* parent = nullptr);

    void setDistance(const Distance& distance);
    void clear();

    const Distance& distance() const { return distance_; }
    /// Not above the mean by more than two standard deviations: nothing that chance does not do.
    bool withinChance() const;
    QString verdict(bool brief = false) const; ///< brief: where there is little room
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Lines {
        double first, second; // base lines
    };
    Lines lines() const;
    double drawFigures(QPainter& painter) const; // the x at which they end
    void drawScale(QPainter& painter, double left, double room) const;

    Distance distance_;
    bool present_ = false;
};

} // namespace ddpm::ui
