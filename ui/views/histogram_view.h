// Histograms of values over a fixed range, against the density of N(0, 1), with mean and standard deviation.
#pragma once

#include "views/tone.h"

#include <QWidget>

#include <span>
#include <vector>

namespace ddpm::ui {

class HistogramView : public QWidget {
    Q_OBJECT
public:
    explicit HistogramView(QWidget* parent = nullptr);

    void setRange(double range); ///< the axis is [-range, range]; default 4
    /// Series 0 is drawn as bars, series 1 as an outline over them. Values that are not finite are left out.
    void setValues(int series, const QString& name, Tone tone, std::span<const float> values);
    void clear();

    double mean(int series) const;
    double deviation(int series) const; ///< divides by n
    const std::vector<double>&
    density(int series) const; ///< per bin; integrates to the part inside the range
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Series {
        QString name;
        Tone tone = Tone::text;
        std::vector<double> density;
        double mean = 0, deviation = 0;
        bool present = false;
    };
    Series series_[2];
    double range_ = 4;
};

} // namespace ddpm::ui
