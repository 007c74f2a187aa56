// A few curves over t with axes, a legend that reads out the values at the cursor, and a cursor that can be
// dragged.
#pragma once

#include "views/described.h"
#include "views/exportable_plot.h"
#include "views/tone.h"

#include <QImage>
#include <QWidget>

#include <functional>
#include <string>
#include <vector>

namespace ddpm::ui {

struct Curve {
    QString name; ///< rich text is not understood; Unicode is
    Tone tone = Tone::text;
    std::vector<double>
        values; ///< at x = firstX, firstX + 1, …; not finite or (on a log axis) not positive: not drawn
    int firstX = 0;
    bool dashed = false;
    bool rightAxis = false;  ///< against an axis of its own at the right
    std::string column = {}; ///< the heading of its numbers: "alpha_bar"; the name where empty
    bool holds = false;      ///< beyond its end its last value counts, and is read out there
};

class CurveView : public QWidget, public ExportablePlot, public Described {
    Q_OBJECT
public:
    explicit CurveView(QWidget* parent = nullptr);

    void setCurves(std::vector<Curve> curves);
    const std::vector<Curve>& curves() const { return curves_; }
    void setXRange(int first, int last);
    void setLogScale(bool log);    ///< of the left axis
    void setCursorPosition(int x); ///< does not emit
    int cursorPosition() const { return cursor_; }
    void setXName(const QString& name);
    void setLegendVisible(bool visible); ///< on screen; what is taken away always has one
    /// What is written at a tick instead of its x, where positions stand for something else.
    void setTickWords(std::function<QString(int x)> words);

    QRectF plotRect() const { return plotRect(size()); }
    double xOf(double x) const { return xOf(x, plotRect()); } ///< widget coordinate
    int positionAt(double widgetX) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override;

    QWidget& plotWidget() override { return *this; }
    bool hasNumbers() const override;
    std::vector<NumberColumn> numbers() const override;
    QString plotDescription() const override;
    void drawPlot(QPainter& painter, QSizeF size) override;

Q_SIGNALS:
    void positionRequested(int x);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Axis {
        double low = 0, high = 1;
        bool log = false;
        bool powers = false; ///< of ten are what its ticks are
        std::vector<double> ticks;
        double part(double value) const; // 0 at the bottom, 1 at the top
    };
    Axis axisFor(bool right) const;
    QRectF plotRect(QSizeF size) const;
    double xOf(double x, const QRectF& plot) const;
    void drawAxes(QPainter& painter, QSizeF size) const;
    void drawCurves(QPainter& painter, const QRectF& plot) const;
    void drawLegend(QPainter& painter, const QRectF& plot, bool withValues) const;
    void drawCursor(QPainter& painter, const QRectF& plot) const;
    void request(int x);

    std::vector<Curve> curves_;
    QImage still_; // the curves in device pixels, which stay while the cursor moves; null: to be drawn
    Axis left_, right_;
    bool hasRight_ = false;
    int firstX_ = 0, lastX_ = 1, cursor_ = 0;
    bool log_ = false, legend_ = true;
    bool tabbed_ = false; ///< focus came by the keyboard, and is shown
    QString xName_;
    std::function<QString(int)> tickWords_;
};

/// A number for a read-out, always of about the same width: 0.00846, 0.1643, 24.8, 1.23e−5.
QString readOut(double value);

} // namespace ddpm::ui
