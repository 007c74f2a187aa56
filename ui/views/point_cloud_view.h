// Scatter plot of up to some 20,000 points in a square around the origin, with a second cloud, a density, the
// outline of another density, arrows of the score and paths under them.
#pragma once

#include "ddpm/picture.h"
#include "views/described.h"
#include "views/score_field.h"
#include "views/tone.h"

#include <QImage>
#include <QLineF>
#include <QPolygonF>
#include <QWidget>

#include <vector>

namespace ddpm::ui {

class PointCloudView : public QWidget, public Described {
    Q_OBJECT
public:
    explicit PointCloudView(QWidget* parent = nullptr);

    void setPoints(const PointCloud& points);
    void setBackground(const PointCloud& points); ///< muted, behind the others; empty: none
    /// Polylines in data units, oldest point first; they fade towards the past.
    void setPaths(std::vector<QPolygonF> paths);
    void setPathsVisible(bool visible);
    /// The points' density as a smooth picture under them, called `name` in the legend; empty: none.
    void setDensity(const QString& name, Tone tone = Tone::reverse);
    /// Lines that hold half and nine tenths of another cloud; an empty cloud: none.
    void setOutline(const PointCloud& points, const QString& name);
    /// Arrows, the longer the stronger: the root of the magnitude, and nine tenths of them are not clipped.
    void setField(const ScoreField& field, const QString& name, Tone tone = Tone::forward);
    void setRange(double range); ///< shows [-range, range]²; default 1.5
    void setTone(Tone tone);
    void setSelected(int index); ///< ring around one point; −1: none; does not emit
    void
    setSelectable(bool selectable); ///< click, and the arrow keys: to the nearest point in that direction
    void setEmptyText(const QString& text);
    void clear();

    int count() const { return points_.count(); }
    bool pathsVisible() const { return pathsVisible_; }
    bool hasDensity() const { return !densityName_.isEmpty(); }
    bool hasOutline() const { return !outline_[0].empty(); }
    const ScoreField& field() const { return field_; }
    QLineF arrow(int index) const; ///< of a lattice point, in the widget: from its foot to its tip
    double range() const { return range_; }
    int selected() const { return selected_; }
    QRectF plotRect() const;
    QPointF toWidget(QPointF point) const; ///< from data units
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override;

Q_SIGNALS:
    void pointSelected(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void drawPaths(QPainter& painter) const;
    void drawDensity(QPainter& painter);
    void drawOutline(QPainter& painter) const;
    void drawField(QPainter& painter);
    void drawLegend(QPainter& painter) const;
    void findOutline();
    void forgetImages();

    PointCloud points_, background_, outlined_;
    std::vector<QPolygonF> paths_;
    std::vector<QLineF> outline_[2]; // data units; of nine tenths, of half
    ScoreField field_;
    double usualLongest_ = 0;
    QString densityName_, outlineName_, fieldName_;
    Tone fieldTone_ = Tone::forward, densityTone_ = Tone::reverse;
    bool pathsVisible_ = true;
    // Rendered for the present size; null: to be rendered.
    QImage pointsImage_, backgroundImage_, densityImage_, fieldImage_;
    double range_ = 1.5;
    Tone tone_ = Tone::reverse;
    int selected_ = -1;
    bool selectable_ = false;
    QString emptyText_;
};

} // namespace ddpm::ui
