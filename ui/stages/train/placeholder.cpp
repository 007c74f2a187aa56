#include "stages/train/placeholder.h"

#include "theme/theme.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace ddpm::ui {

Placeholder::Placeholder(const QString& iconName, const QString& text, QWidget* parent)
    : QWidget(parent), iconName_(iconName) {
    icon_ = new QLabel;
    icon_->setAlignment(Qt::AlignCenter);
    words_ = new QLabel(text);
    words_->setProperty("role", "hint");
    words_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    words_->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(3);
    layout->addWidget(icon_);
    layout->addWidget(words_);
    layout->addStretch(4);
    restyle();
}

void Placeholder::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void Placeholder::setWords(const QString& words) {
    words_->setText(words);
}

void Placeholder::restyle() {
    const int size = theme::space(8);
    icon_->setPixmap(
        theme::icon(iconName_, theme::colors().faint).pixmap(QSize(size, size), devicePixelRatioF()));
    layout()->setContentsMargins(theme::space(4), theme::space(2), theme::space(4), theme::space(2));
    layout()->setSpacing(theme::space(2));
}

} // namespace ddpm::ui
