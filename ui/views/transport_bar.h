// The bar at the bottom of a stage: start, back, play in either direction, forward, end, a read-out, the
// timeline, loop, how far a step goes, and speed. Where it gets too narrow it first drops the words at the
// timeline's ends, then draws closer together, then uses shorter words and leaves start and end to the
// timeline and the keys.
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
    void setPlayingBackwards(bool playing);         ///< the same for the other direction's button
    void setControlsEnabled(bool enabled);          ///< everything but speed and loop
    void setReadout(const QString& text);           ///< "t = 420"
    void setReadoutTemplate(const QString& widest); ///< reserves its width, so that nothing jumps
    void setEnds(const QString& left, Tone leftTone, const QString& right, Tone rightTone);
    void setStepForwardEnabled(bool enabled); ///< false: there is nothing after this position
    void setStepBackEnabled(bool enabled);    ///< true: there is something before, even at the first position
    /// The words of the speed box and what each stands for; `current` is an index.
    void setSpeeds(const QStringList& names, const QList<double>& values, int current);
    void setLooping(bool looping); ///< does not emit
    /// Whether a step may be asked for phase by phase; hidden at first.
    void setPhaseChoiceVisible(bool visible);

    bool playing() const { return playing_; }
    bool playingBackwards() const { return playingBackwards_; }
    bool phaseStepping() const; ///< what the step box says; false while it is hidden
    bool looping() const;
    double speed() const;
    Timeline* timeline() const { return timeline_; }
    QToolButton* startButton() const { return start_; }
    QToolButton* backButton() const { return back_; }
    QToolButton* playButton() const { return play_; }
    QToolButton* playBackwardsButton() const { return playBackwards_; }
    QToolButton* forwardButton() const { return forward_; }
    QToolButton* endButton() const { return end_; }
    QToolButton* loopButton() const { return loop_; }
    QComboBox* speedBox() const { return speed_; }
    QComboBox* stepBox() const { return step_; }
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void startRequested();
    void backRequested();
    void playRequested();
    void playBackwardsRequested();
    void pauseRequested(); ///< by the button of the direction that plays
    void forwardRequested();
    void endRequested();
    void positionRequested(int position);
    void speedChanged(double value);
    void loopingChanged(bool looping);
    void phaseSteppingChanged(bool byPhase);

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum Fit { roomy, withoutEnds, close, tight, fits };

    QToolButton* makeButton(const QString& name, const QString& toolTip);
    void restyle();
    void updateEnabled();
    void measure();
    void choose();
    void apply(Fit fit);

    QToolButton* start_;
    QToolButton* back_;
    QToolButton* play_;
    QToolButton* playBackwards_;
    QToolButton* forward_;
    QToolButton* end_;
    QToolButton* loop_;
    QLabel* readout_;
    QLabel* left_;
    QLabel* right_;
    Timeline* timeline_;
    QComboBox* speed_;
    QComboBox* step_;
    QString widest_;
    QList<double> speeds_{1.0};
    Tone leftTone_ = Tone::forward, rightTone_ = Tone::reverse;
    int widths_[fits] = {}; // needed by each fit
    Fit fit_ = roomy;
    bool playing_ = false, playingBackwards_ = false, phaseChoice_ = false;
    bool enabled_ = true, forwardEnabled_ = true, backEnabled_ = false;
};

} // namespace ddpm::ui
