// The forward process: one picture or point set melts into noise, in one jump and step by step; the posterior
// of each step; and other schedules beside the applied one.
#pragma once

#include "ddpm/event.h"
#include "stages/stage.h"
#include "views/playhead.h"

class QScrollArea;
class QStackedWidget;

namespace ddpm::ui {

class CurveView;
class DistanceGauge;
class Filmstrip;
class FormHistory;
class ForwardPanes;
class ForwardView;
class HistogramView;
class NoiseForm;
class PosteriorView;
class ScheduleView;
class SegmentedChoice;
class TransportBar;

class NoiseStage : public Stage {
    Q_OBJECT
public:
    enum class View { forward, posterior, schedules };

    explicit NoiseStage(EngineBridge& bridge, QWidget* parent = nullptr);
    ~NoiseStage() override;

    QWidget* inspector() override;
    QWidget* transport() override;
    void playPause() override;
    void playBackwards() override;
    void stepBack() override;
    void stepForward() override;
    void goToStart() override;
    void goToEnd() override;
    bool escape() override;
    bool canExport() const override;
    QList<QAction*> exportActions() override; ///< its plots

    QUndoStack* undoStack() override { return undo_; }

    int t() const { return playhead_.position(); }
    /// Of the step that the view shows, in the order in which it is taken; 0: all of it.
    int phase() const { return phase_; }
    View view() const;
    void setView(View view);
    void openPicture(const QString& file) override; ///< as the dialog and dropping do

    SegmentedChoice* viewChoice() const { return choice_; }
    DistanceGauge* distance() const { return gauge_; }
    ForwardPanes* panes() const;
    Filmstrip* filmstrip() const;
    CurveView* levels() const;
    CurveView* snr() const;
    HistogramView* histogram() const;
    PosteriorView* posterior() const { return posterior_; }
    ScheduleView* schedules() const { return schedules_; }
    NoiseForm* form() const { return form_; }
    TransportBar* bar() const { return bar_; }

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectAll();
    void openData(bool shuffle);
    void runForward();
    void takeData(const DataOpened& opened);
    void takeForward(const ForwardReady& ready);
    void showState();
    void showView();
    void choosePicture();
    void fitContent();
    // Moving (noise_moving.cpp)
    int phases() const; // halts on the way of one step
    void moveTo(int t, int phase);
    void scrub(int t);
    void step(int direction); // −1, 1
    void leavePhases();
    void showPosition();

    EngineBridge& bridge_;
    std::shared_ptr<const ForwardRecord> record_;
    DataSettings shownData_; // of the data that is open
    std::int64_t index_ = 0; // of the picture in it
    QString file_;           // a picture file instead of it
    std::uint64_t shuffle_ = 0;
    std::uint64_t lastId_ = 0;
    std::uint64_t dataAsked_ = 0; // id of the newest question for data
    bool asked_ = false;          // for data, on first show
    Playhead playhead_;
    int phase_ = 0;
    SegmentedChoice* choice_;
    DistanceGauge* gauge_;
    QStackedWidget* heads_; // beside the choice, one for each view
    QStackedWidget* pages_;
    ForwardView* forward_;
    PosteriorView* posterior_;
    ScheduleView* schedules_;
    QScrollArea* inspector_;
    NoiseForm* form_;
    QUndoStack* undo_;
    FormHistory* history_; // of the form, on that stack
    TransportBar* bar_ = nullptr;
};

} // namespace ddpm::ui
