#include "views/timeline.h"

#include "views/accessible_timeline.h"

#include <QEvent>
#include <QKeyEvent>
#include <QLinearGradient>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int wheelNotch = 120; // eighths of a degree, Qt's unit

int knobRadius() {
    return theme::space(2);
}

} // namespace

Timeline::Timeline(QWidget* parent) : QWidget(parent) {
    installAccessibleTimeline();
    setAccessibleName(tr("Timeline"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
}

void Timeline::setRange(int first, int last) {
    first_ = first;
    last_ = std::max(first, last);
    available_ = std::clamp(available_, first_, last_);
    position_ = std::clamp(position_, first_, last_);
    update();
}

void Timeline::setAvailable(int last) {
    available_ = std::clamp(last, first_, last_);
    update();
}

void Timeline::setPosition(int position) {
    const int clamped = std::clamp(position, first_, last_);
    if (clamped == position_) return;
    position_ = clamped;
    update();
    announcePosition(this);
}

void Timeline::setTones(Tone left, Tone right) {
    left_ = left;
    right_ = right;
    update();
}

int Timeline::xOf(int position) const {
    const int margin = knobRadius() + 2, room = std::max(1, width() - 2 * margin);
    if (last_ == first_) return margin;
    return margin +
           static_cast<int>(std::lround(static_cast<double>(position - first_) * room / (last_ - first_)));
}

int Timeline::positionAt(int x) const {
    const int margin = knobRadius() + 2, room = std::max(1, width() - 2 * margin);
    const auto position = first_ + std::lround(static_cast<double>(x - margin) * (last_ - first_) / room);
    return std::clamp(static_cast<int>(position), first_, available_);
}

QSize Timeline::sizeHint() const {
    return {theme::space(100), theme::space(7)};
}

QSize Timeline::minimumSizeHint() const {
    return {theme::space(30), theme::space(7)};
}

void Timeline::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const qreal thick = theme::space(1) * 1.25, middle = height() / 2.0, from = xOf(first_), to = xOf(last_);
    const auto bar = [&](qreal left, qreal right) {
        return QRectF(left - thick / 2, middle - thick / 2, std::max(right - left, 0.0) + thick, thick);
    };
    QLinearGradient gradient(from, 0, to, 0);
    gradient.setColorAt(0, toneColor(left_));
    gradient.setColorAt(1, toneColor(right_));
    // Still to come: the same colours, faintly.
    painter.setBrush(c.field);
    painter.drawRoundedRect(bar(from, to), thick / 2, thick / 2);
    if (isEnabled()) {
        painter.setBrush(gradient);
        painter.setOpacity(0.22);
        painter.drawRoundedRect(bar(from, to), thick / 2, thick / 2);
        painter.setOpacity(1);
        painter.drawRoundedRect(bar(from, xOf(available_)), thick / 2, thick / 2);
    }
    if (!isEnabled()) return;
    const QPointF centre(xOf(position_), middle);
    const qreal radius = knobRadius();
    const bool complete = available_ == last_;
    if (!complete) { // the edge of what is recorded
        painter.setBrush(toneColor(right_));
        painter.drawRoundedRect(QRectF(xOf(available_) - 1, middle - radius * 0.75, 2, radius * 1.5), 1, 1);
    }
    if (hasFocus()) {
        QColor halo = c.training;
        halo.setAlphaF(0.45F);
        painter.setBrush(halo);
        painter.drawEllipse(centre, radius + 2.5, radius + 2.5);
    }
    painter.setBrush(theme::isDark() ? c.text : c.card);
    painter.setPen(QPen(theme::isDark() ? c.window : c.muted, 1));
    painter.drawEllipse(centre, radius, radius);
}

void Timeline::moveTo(int position) {
    const int clamped = std::clamp(position, first_, available_);
    if (clamped == position_) return;
    position_ = clamped;
    update();
    announcePosition(this);
    Q_EMIT positionRequested(clamped);
}

void Timeline::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    dragging_ = true;
    Q_EMIT dragStarted();
    moveTo(positionAt(event->position().toPoint().x()));
}

void Timeline::mouseMoveEvent(QMouseEvent* event) {
    if (dragging_) moveTo(positionAt(event->position().toPoint().x()));
}

void Timeline::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !dragging_) return;
    dragging_ = false;
    Q_EMIT dragFinished();
}

void Timeline::wheelEvent(QWheelEvent* event) {
    const QPoint delta = event->angleDelta();
    wheelRest_ += delta.y() != 0 ? delta.y() : delta.x();
    const int notches = wheelRest_ / wheelNotch;
    wheelRest_ -= notches * wheelNotch;
    if (notches != 0) moveTo(position_ - notches); // away from the user: towards the beginning
    event->accept();
}

void Timeline::keyPressEvent(QKeyEvent* event) {
    const int page = std::max(1, (last_ - first_) / 10);
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Down:
        moveTo(position_ - 1);
        break;
    case Qt::Key_Right:
    case Qt::Key_Up:
        moveTo(position_ + 1);
        break;
    case Qt::Key_PageUp:
        moveTo(position_ - page);
        break;
    case Qt::Key_PageDown:
        moveTo(position_ + page);
        break;
    case Qt::Key_Home:
        moveTo(first_);
        break;
    case Qt::Key_End:
        moveTo(available_);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void Timeline::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) updateGeometry();
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::EnabledChange) update();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
