// How much of a picture is lost by noising it to t and denoising it again: one point for each depth that was
// tried.
#pragma once

#include "views/described.h"
#include "views/exportable_plot.h"

#include <QPointF>
#include <QRectF>
#include <QWidget>

#include <map>

namespace ddpm::ui {

class EncodeCurve : public QWidget, public ExportablePlot, public Described {
    Q_OBJECT
public:
    explicit EncodeCurve(QWidget* parent = nullptr);

    void setTimesteps(int timesteps);                         ///< T
    void setDepths(const std::map<int, double>& lossByDepth); ///< root mean square distance by t
    void setCurrent(int t);                                   ///< does not emit
    int current() const { return current_; }
    QPointF pointOf(int t) const; ///< in widget coordinates, of a depth that was tried
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override { return plotDescription(); }

    QWidget& plotWidget() override { return *this; }
    bool hasNumbers() const override { return !depths_.empty(); }
    std::vector<NumberColumn> numbers() const override; ///< t, rms
    QString plotDescription() const override;
    void drawPlot(QPainter& painter, QSizeF size) override;

Q_SIGNALS:
    void depthRequested(int t);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    static QRectF plotRect(QSizeF size);
    double top() const;
    double xOf(int t, const QRectF& plot) const;
    double xOf(int t) const { return xOf(t, plotRect(size())); }
    QPointF pointOf(int t, double loss, const QRectF& plot) const;
    void draw(QPainter& painter, QSizeF size) const;
    void drawHere(QPainter& painter, const QRectF& plot) const; ///< where the depth is now, with its number

    int timesteps_ = 1000, current_ = 0;
    std::map<int, double> depths_;
};

} // namespace ddpm::ui
