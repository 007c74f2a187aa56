#include "window/toast.h"

#include "theme/theme.h"

#include <QEvent>
#include <QWidget>

#include <algorithm>

namespace ddpm::ui {

Toast::Toast(QWidget* parent) : QLabel(parent) {
    setObjectName(QStringLiteral("toast"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setTextFormat(Qt::PlainText);
    setAlignment(Qt::AlignCenter);
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &QWidget::hide);
    parent->installEventFilter(this);
    hide();
}

void Toast::say(const QString& text) {
    setText(text);
    place();
    show();
    raise();
    // Long enough to read: a second and a half, and a word a quarter of a second.
    timer_.start(std::clamp(1500 + 50 * static_cast<int>(text.size()), 2500, 8000));
}

void Toast::place() {
    setWordWrap(false);
    adjustSize();
    const QWidget* area = parentWidget();
    const int most = area->width() - theme::space(16);
    if (width() > most) {
        setWordWrap(true);
        resize(most, heightForWidth(most));
    }
    move((area->width() - width()) / 2, area->height() - height() - theme::space(6));
}

bool Toast::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize && isVisible()) place();
    return QLabel::eventFilter(watched, event);
}

} // namespace ddpm::ui
