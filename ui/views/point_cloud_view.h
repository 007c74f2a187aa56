// Scatter plot of up to some 20,000 points in a square around the origin, with a second cloud behind and
// paths.
#pragma once

#include "ddpm/picture.h"
#include "views/tone.h"

#include <QImage>
#include <QPolygonF>
#include <QWidget>

#include <vector>

namespace ddpm::ui {

class PointCloudView : public QWidget {
    Q_OBJECT
public:
    explicit PointCloudView(QWidget* parent = nullptr);

    void setPoints(const PointCloud& points);
    void setBackground(const PointCloud& points); ///< muted, behind the others; empty: none
    /// Polylines in data units, oldest point first; they fade towards the past.
    void setPaths(std::vector<QPolygonF> paths);
    void setRange(double range); ///< shows [-range, range]²; default 1.5
    void setTone(Tone tone);
    void setSelected(int index); ///< ring around one point; −1: none; does not emit
    void setSelectable(bool selectable);
    void setEmptyText(const QString& text);
    void clear();

    int count() const { return points_.count(); }
    double range() const { return range_; }
    int selected() const { return selected_; }
    QRectF plotRect() const;
    QPointF toWidget(QPointF point) const; ///< from data units
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void pointSelected(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void drawPaths(QPainter& painter) const;

    PointCloud points_, background_;
    std::vector<QPolygonF> paths_;
    QImage pointsImage_, backgroundImage_; // rendered for the present size; null: to be rendered
    double range_ = 1.5;
    Tone tone_ = Tone::reverse;
    int selected_ = -1;
    bool selectable_ = false;
    QString emptyText_;
};

} // namespace ddpm::ui
