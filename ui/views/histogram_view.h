// Histograms of values over a fixed range, against the density of N(0, 1), with mean and standard deviation.
#pragma once

#include "views/described.h"
#include "views/exportable_plot.h"
#include "views/tone.h"

#include <QWidget>

#include <span>
#include <string>
#include <vector>

namespace ddpm::ui {

class HistogramView : public QWidget, public ExportablePlot, public Described {
    Q_OBJECT
public:
    explicit HistogramView(QWidget* parent = nullptr);

    void setRange(double range); ///< the axis is [-range, range]; default 4
    /// Series 0 is drawn as bars, series 1 as an outline over them. Values that are not finite are left out.
    /// `column`: what the heading of its numbers begins with; the name where empty.
    void setValues(int series, const QString& name, Tone tone, std::span<const float> values,
                   const std::string& column = {});
    void clear();

    double mean(int series) const;
    double deviation(int series) const; ///< divides by n
    const std::vector<double>&
    density(int series) const; ///< per bin; integrates to the part inside the range
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override;

    QWidget& plotWidget() override { return *this; }
    bool hasNumbers() const override;
    /// A row a bin: its ends, the densities, and that of N(0, 1) in its middle.
    std::vector<NumberColumn> numbers() const override;
    QString plotDescription() const override;
    void drawPlot(QPainter& painter, QSizeF size) override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Series {
        QString name;
        std::string column;
        Tone tone = Tone::text;
        std::vector<double> density;
        double mean = 0, deviation = 0;
        bool present = false;
    };
    void draw(QPainter& painter, QSizeF size, bool paper) const;

    Series series_[2];
    double range_ = 4;
};

} // namespace ddpm::ui
