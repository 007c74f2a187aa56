#include "views/empty_state.h"

#include "theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {

EmptyState::EmptyState(const QString& iconName, const QString& title, const QString& words, QWidget* parent)
    : QWidget(parent), iconName_(iconName), icon_(new QLabel(this)), title_(new QLabel(title, this)),
      words_(new QLabel(words, this)), buttons_(new QHBoxLayout) {
    setAccessibleName(title);
    title_->setProperty("role", "big");
    words_->setProperty("role", "muted");
    words_->setWordWrap(true);
    for (QLabel* label : {icon_, title_, words_})
        label->setAlignment(Qt::AlignCenter);
    auto* column = new QVBoxLayout(this);
    column->addStretch(2);
    column->addWidget(icon_);
    column->addWidget(title_);
    column->addWidget(words_, 0, Qt::AlignHCenter);
    column->addLayout(buttons_);
    column->addStretch(3);
    buttons_->addStretch(1);
    buttons_->addStretch(1);
    restyle();
}

QPushButton* EmptyState::addButton(const QString& text, bool primary) {
    auto* button = new QPushButton(text, this);
    if (primary) button->setProperty("role", "primary");
    buttons_->insertWidget(buttons_->count() - 1, button);
    return button;
}

void EmptyState::setWords(const QString& words) {
    words_->setText(words);
    fitWords();
}

void EmptyState::restyle() {
    const int size = theme::space(14);
    icon_->setPixmap(theme::icon(iconName_, theme::colors().faint).pixmap(size, size));
    fitWords();
    layout()->setSpacing(theme::space(4));
    buttons_->setSpacing(theme::space(2));
}

void EmptyState::fitWords() {
    // Wrapped text has no height of its own until its width is known.
    const int across = std::max(theme::space(20), std::min(theme::space(110), width() - theme::space(4)));
    words_->setFixedSize(across, std::max(0, words_->heightForWidth(across)));
}

void EmptyState::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitWords();
}

void EmptyState::changeEvent(QEvent* event) {
    const bool restyled = event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange;
    if (restyled && buttons_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
