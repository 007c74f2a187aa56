// The forward process: one picture or point set melts into noise, in one jump and step by step.
#pragma once

#include "ddpm/event.h"
#include "stages/stage.h"
#include "views/playhead.h"

class QScrollArea;

namespace ddpm::ui {

class CurveView;
class Filmstrip;
class FormHistory;
class ForwardPanes;
class HistogramView;
class NoiseForm;
class TransportBar;

class NoiseStage : public Stage {
    Q_OBJECT
public:
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

    QUndoStack* undoStack() override { return undo_; }

    int t() const { return playhead_.position(); }
    void openPicture(const QString& file); ///< as the dialog and dropping do

    ForwardPanes* panes() const { return panes_; }
    Filmstrip* filmstrip() const { return filmstrip_; }
    CurveView* levels() const { return levels_; }
    CurveView* snr() const { return snr_; }
    HistogramView* histogram() const { return histogram_; }
    NoiseForm* form() const { return form_; }
    TransportBar* bar() const { return bar_; }

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectAll();
    void openData(bool shuffle);
    void runForward();
    void takeData(const DataOpened& opened);
    void takeForward(const ForwardReady& ready);
    void showState();
    void showSchedule();
    void choosePicture();
    void fitContent();
    QImage thumbnail(int t, QSize size) const;

    EngineBridge& bridge_;
    std::shared_ptr<const ForwardRecord> record_;
    DataSettings shownData_; // of the data that is open
    std::int64_t index_ = 0; // of the picture in it
    QString file_;           // a picture file instead of it
    std::uint64_t shuffle_ = 0;
    std::uint64_t lastId_ = 0;
    bool asked_ = false; // for data, on first show
    bool dropping_ = false;
    Playhead playhead_;
    ForwardPanes* panes_;
    Filmstrip* filmstrip_;
    CurveView* levels_;
    CurveView* snr_;
    HistogramView* histogram_;
    QScrollArea* inspector_;
    NoiseForm* form_;
    QUndoStack* undo_;
    FormHistory* history_; // of the form, on that stack
    TransportBar* bar_ = nullptr;
};

} // namespace ddpm::ui
