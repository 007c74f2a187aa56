// The forward process on screen: x_0, one jump and step by step, a filmstrip, the schedule, the histogram.
#pragma once

#include "stages/noise/distance.h"
#include "stages/noise/forward_panes.h"

#include <QImage>

#include <memory>

namespace ddpm::ui {

class CurveView;
class Filmstrip;
class HistogramView;

class ForwardView : public QWidget {
    Q_OBJECT
public:
    explicit ForwardView(QWidget* parent = nullptr);

    void setRecord(std::shared_ptr<const ForwardRecord> record);
    void showState(int t, ForwardPhase phase);
    void showNothing(const QString& words);
    /// Between the two panes' values, as they are on screen.
    Distance distance() const;

    ForwardPanes* panes() const { return panes_; }
    Filmstrip* filmstrip() const { return filmstrip_; }
    CurveView* levels() const { return levels_; }
    CurveView* snr() const { return snr_; }
    HistogramView* histogram() const { return histogram_; }

Q_SIGNALS:
    void positionRequested(int t);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void showSchedule();
    QImage thumbnail(int t, QSize size) const;
    void fit();

    std::shared_ptr<const ForwardRecord> record_;
    int t_ = 0;
    std::vector<float> stepped_; // what the step-by-step pane shows
    ForwardPanes* panes_;
    Filmstrip* filmstrip_;
    CurveView* levels_;
    CurveView* snr_;
    HistogramView* histogram_;
};

} // namespace ddpm::ui
