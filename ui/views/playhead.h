// A position that can move by itself: plays what is recorded, waits at the newest while more is to come. It
// plays backwards, too; that is a replay, whether more is to come or not.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace ddpm::ui {

class Playhead : public QObject {
    Q_OBJECT
public:
    explicit Playhead(QObject* parent = nullptr);

    void setRange(int first, int last);
    /// Positions up to `last` exist; `growing`: more will come by themselves. Moves along while following.
    void setAvailable(int last, bool growing);
    void setPosition(int position); ///< lets go of the newest; emits moved() if it is another one
    void follow();                  ///< to the newest, and stay with it
    /// From the end: from the start again. Backwards: from the start, from the newest again.
    void play();
    void pause();
    void setSpeed(double speed);       ///< 1: the whole range in ten seconds
    void setLooping(bool looping);     ///< in both directions
    void setDirection(bool backwards); ///< of play(); turns on the spot while playing

    int position() const { return position_; }
    int available() const { return available_; }
    bool atNewest() const { return position_ == available_; }
    bool playing() const { return playing_; }
    bool backwards() const { return backwards_; } ///< the direction of play(), also while nothing plays
    bool following() const { return following_; }

Q_SIGNALS:
    void moved(int position);
    void stateChanged(); ///< playing(), following() or backwards() changed

private:
    void advance();
    void advanceForwards(double distance);
    void advanceBackwards(double distance);
    double rest() const;
    void move(int position);
    void setState(bool playing, bool following);

    QTimer timer_;
    QElapsedTimer clock_;
    int first_ = 0, last_ = 0, available_ = 0, position_ = 0;
    double exact_ = 0; // the position between two whole ones
    double speed_ = 1;
    bool growing_ = false, looping_ = false, playing_ = false, following_ = false;
    bool backwards_ = false;
};

} // namespace ddpm::ui
