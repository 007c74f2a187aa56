#include "views/steady_label.h"

#include <QEvent>

namespace ddpm::ui {

void SteadyLabel::setText(const QString& text) {
    if (text == QLabel::text()) return;
    QLabel::setText(text); // of a fixed size: this asks nobody for room
    grow();
}

void SteadyLabel::setRoomFor(const QString& widest) {
    widest_ = widest;
    room_ = {};
    grow();
}

void SteadyLabel::grow() {
    QSize needed = sizeHint();
    if (room_.isEmpty() && !widest_.isEmpty()) {
        const QString shown = QLabel::text();
        QLabel::setText(widest_);
        needed = needed.expandedTo(sizeHint());
        QLabel::setText(shown);
    }
    needed = needed.expandedTo(room_);
    if (needed == room_) return;
    room_ = needed;
    setFixedSize(room_);
}

void SteadyLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    const QEvent::Type type = event->type();
    if (type != QEvent::FontChange && type != QEvent::StyleChange && type != QEvent::PaletteChange) return;
    room_ = {};
    grow();
}

} // namespace ddpm::ui
