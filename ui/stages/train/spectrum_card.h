// Where along t the loss comes from.
#pragma once

#include "views/card.h"

#include <vector>

class QStackedWidget;

namespace ddpm::ui {

class Plot;

class SpectrumCard : public Card {
    Q_OBJECT
public:
    explicit SpectrumCard(QWidget* parent = nullptr);
    void setTimesteps(int timesteps) { timesteps_ = timesteps; }
    /// Mean squared error in equal bins over 1…T; NaN where not seen yet.
    void setSpectrum(const std::vector<double>& spectrum);
    void clear();
    Plot* plot() const { return plot_; }
    QSize minimumSizeHint() const override;

private:
    QString readout(double x) const;
    double centre(std::size_t bin) const;

    QStackedWidget* pages_;
    Plot* plot_;
    int series_ = 0, timesteps_ = 1000;
    std::vector<double> spectrum_;
};

} // namespace ddpm::ui
