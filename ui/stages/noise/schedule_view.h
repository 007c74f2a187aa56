// The same picture with the same noise under several schedules: rows of x_t, and their ᾱ in one plot below.
#pragma once

#include "ddpm/chain_record.h"

#include <QImage>
#include <QWidget>

#include <memory>
#include <vector>

namespace ddpm::ui {

class Card;
class CurveView;
class SmallMultiples;

class ScheduleView : public QWidget {
    Q_OBJECT
public:
    explicit ScheduleView(QWidget* parent = nullptr);

    void setRecord(std::shared_ptr<const ForwardRecord> record);
    void showState(int t);

    /// Row 0 is the schedule that is applied, then ForwardRecord::compared in its order. x_t by eq. 4.
    std::vector<float> state(int row, int t) const;
    double alphaBar(int row, int t) const;

    SmallMultiples* pictures() const { return pictures_; }
    CurveView* levels() const { return levels_; }

Q_SIGNALS:
    void positionRequested(int t);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    const ScheduleTable& table(int row) const;
    QImage picture(int row, int t, QSize size) const;
    void fit();
    void alignPlot();

    std::shared_ptr<const ForwardRecord> record_;
    SmallMultiples* pictures_;
    CurveView* levels_;
};

/// The schedules that the applied one is compared with: linear, cosine, quadratic and sigmoid with the same T
/// and range, without the applied one and without those that cannot be built.
std::vector<ScheduleSettings> schedulesBeside(const ScheduleSettings& applied);

} // namespace ddpm::ui
