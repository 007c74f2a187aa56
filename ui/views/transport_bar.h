// The bar at the bottom of a stage: start, back, play, forward, end, a read-out, the timeline, speed and
// loop.
#pragma once

#include "views/tone.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;

namespace ddpm::ui {

class Timeline;

class TransportBar : public QWidget {
    Q_OBJECT
public:
    explicit TransportBar(QWidget* parent = nullptr);

    void setRange(int first, int last);
    void setAvailable(int last);
    void setPosition(int position);                 ///< does not emit
    void setPlaying(bool playing);                  ///< the button shows pause while playing
    void setControlsEnabled(bool enabled);          ///< everything but speed and loop
    void setReadout(const QString& text);           ///< "t = 420"
    void setReadoutTemplate(const QString& widest); ///< reserves its width, so that nothing jumps
    void setEnds(const QString& left, Tone leftTone, const QString& right, Tone rightTone);
    void setStepForwardEnabled(bool enabled); ///< false: there is nothing after this position
    /// The words of the speed box and what each stands for; `current` is an index.
    void setSpeeds(const QStringList& names, const QList<double>& values, int current);
    void setLooping(bool looping); ///< does not emit

    bool playing() const { return playing_; }
    bool looping() const;
    double speed() const;
    Timeline* timeline() const { return timeline_; }
    QToolButton* startButton() const { return start_; }
    QToolButton* backButton() const { return back_; }
    QToolButton* playButton() const { return play_; }
    QToolButton* forwardButton() const { return forward_; }
    QToolButton* endButton() const { return end_; }
    QToolButton* loopButton() const { return loop_; }
    QComboBox* speedBox() const { return speed_; }

Q_SIGNALS:
    void startRequested();
    void backRequested();
    void playRequested();
    void pauseRequested();
    void forwardRequested();
    void endRequested();
    void positionRequested(int position);
    void speedChanged(double value);
    void loopingChanged(bool looping);

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QToolButton* makeButton(const QString& name, const QString& toolTip);
    void restyle();
    void updateEnabled();

    QToolButton* start_;
    QToolButton* back_;
    QToolButton* play_;
    QToolButton* forward_;
    QToolButton* end_;
    QToolButton* loop_;
    QLabel* readout_;
    QLabel* left_;
    QLabel* right_;
    Timeline* timeline_;
    QComboBox* speed_;
    QString widest_;
    QList<double> speeds_{1.0};
    Tone leftTone_ = Tone::forward, rightTone_ = Tone::reverse;
    bool playing_ = false, enabled_ = true, forwardEnabled_ = true;
};

} // namespace ddpm::ui
