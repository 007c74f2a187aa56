// The loss of the open run: every point, raw and smoothed, log or linear, against steps, epochs or time.
#pragma once

#include "stages/train/loss_history.h"
#include "views/card.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;
class QToolButton;

namespace ddpm::ui {

class EmptyState;
class Plot;

class LossCard : public Card {
    Q_OBJECT
public:
    explicit LossCard(QWidget* parent = nullptr);

    void setPoints(bool points); ///< what is promised to appear
    void setEpoch(int batch, std::int64_t dataCount);
    void clear();
    void add(const std::vector<MetricPoint>& points);
    const LossHistory& history() const { return history_; }
    Plot* plot() const { return plot_; }
    void setLogScale(bool log);         ///< as its button does
    void setStartEnabled(bool enabled); ///< of the button shown while there is no curve
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void startRequested();
    void openRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    void arrange();
    void redraw();
    void setSmoothing(int position);
    QString readout(double x) const;

    LossHistory history_;
    Plot* plot_;
    QStackedWidget* pages_;
    EmptyState* empty_;
    QPushButton* start_;
    QWidget* controls_ = nullptr; // of the plot
    bool below_ = false;          // the title, instead of beside it
    QComboBox* axis_;
    QToolButton* log_;
    QSlider* smoothing_;
    QLabel* smoothWord_;
    QLabel* smoothingValue_;
    int raw_ = 0, smooth_ = 0, marked_ = 0;
};

} // namespace ddpm::ui
