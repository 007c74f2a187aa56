#include "views/playhead.h"

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double secondsForAll = 10;
constexpr int interval = 16; // ms: display rate

} // namespace

Playhead::Playhead(QObject* parent) : QObject(parent) {
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(interval);
    connect(&timer_, &QTimer::timeout, this, &Playhead::advance);
}

void Playhead::setRange(int first, int last) {
    first_ = first;
    last_ = std::max(first, last);
    available_ = std::clamp(available_, first_, last_);
    move(std::clamp(position_, first_, available_));
}

void Playhead::setAvailable(int last, bool growing) {
    available_ = std::clamp(last, first_, last_);
    growing_ = growing;
    if (following_ || position_ > available_) move(available_);
}

void Playhead::setPosition(int position) {
    setState(playing_, false);
    move(std::clamp(position, first_, available_));
    exact_ = position_;
}

void Playhead::follow() {
    setState(false, true);
    move(available_);
}

void Playhead::play() {
    if (backwards_) {
        if (position_ <= first_) move(available_);
    } else if (position_ >= available_) {
        if (growing_) {
            follow();
            return;
        }
        move(first_);
    }
    exact_ = position_;
    clock_.start();
    setState(true, false);
}

void Playhead::pause() {
    setState(false, following_);
}

void Playhead::setSpeed(double speed) {
    speed_ = speed;
}

void Playhead::setLooping(bool looping) {
    looping_ = looping;
}

void Playhead::setDirection(bool backwards) {
    if (backwards == backwards_) return;
    backwards_ = backwards;
    exact_ = std::clamp<double>(exact_, first_, available_); // it may have been resting beyond the end
    Q_EMIT stateChanged();
}

void Playhead::advance() {
    const double seconds = static_cast<double>(clock_.restart()) / 1000;
    const double distance = seconds * speed_ * std::max(1, last_ - first_) / secondsForAll;
    backwards_ ? advanceBackwards(distance) : advanceForwards(distance);
}

double Playhead::rest() const {
    return 0.08 * std::max(1, last_ - first_) * std::max(0.25, speed_);
}

void Playhead::advanceBackwards(double distance) {
    exact_ -= distance;
    if (exact_ > first_) {
        move(static_cast<int>(std::ceil(exact_)));
        return;
    }
    move(first_);
    if (looping_ && available_ > first_) {
        if (exact_ > first_ - rest()) return;
        exact_ = available_;
        move(available_);
    } else {
        setState(false, false);
    }
}

void Playhead::advanceForwards(double distance) {
    exact_ += distance;
    if (exact_ < available_) {
        move(static_cast<int>(std::floor(exact_)));
        return;
    }
    move(available_);
    if (growing_) {
        setState(false, true); // caught up: from here on with the newest
    } else if (looping_ && available_ > first_) {
        // The end is worth a moment's look before it starts again.
        if (exact_ < available_ + rest()) return;
        exact_ = first_;
        move(first_);
    } else {
        setState(false, false);
    }
}

void Playhead::move(int position) {
    if (position == position_) return;
    position_ = position;
    if (!playing_) exact_ = position;
    Q_EMIT moved(position);
}

void Playhead::setState(bool playing, bool following) {
    if (playing == playing_ && following == following_) return;
    playing_ = playing;
    following_ = following;
    if (playing)
        timer_.start();
    else
        timer_.stop();
    Q_EMIT stateChanged();
}

} // namespace ddpm::ui
