#include "views/card_row.h"

#include "theme/theme.h"
#include "views/card.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QToolButton>

#include <algorithm>

namespace ddpm::ui {

CardRow::CardRow(QWidget* parent)
    : QWidget(parent), row_(new QHBoxLayout(this)), next_(new QToolButton(this)) {
    row_->setContentsMargins(0, 0, 0, 0);
    row_->setSizeConstraint(QLayout::SetNoConstraint); // not all of them need room at once
    next_->setProperty("role", "quiet");
    next_->setToolTip(tr("The next plots"));
    next_->setAccessibleName(tr("The next plots"));
    next_->setFocusPolicy(Qt::TabFocus);
    next_->hide();
    connect(next_, &QToolButton::clicked, this, &CardRow::turn);
    row_->addWidget(next_);
    fit();
}

void CardRow::addCard(Card* card, int least, int stretch) {
    row_->insertWidget(static_cast<int>(places_.size()), card, stretch);
    places_.push_back({card, least});
    fit();
}

std::vector<Card*> CardRow::shown() const {
    std::vector<Card*> cards;
    for (const Place& place : places_)
        if (!place.card->isHidden()) cards.push_back(place.card);
    return cards;
}

QSize CardRow::minimumSizeHint() const {
    QSize least(0, 0);
    for (const Place& place : places_)
        least = least.expandedTo(place.card->minimumSizeHint());
    return {std::min(least.width(), theme::space(60)), least.height()};
}

void CardRow::turn() {
    const std::size_t count = std::max<std::size_t>(1, shown().size());
    first_ = first_ + count < places_.size() ? first_ + count : 0;
    fit();
}

void CardRow::fit() {
    row_->setSpacing(theme::space(4));
    const int icon = theme::space(4);
    next_->setIcon(theme::icon(QStringLiteral("chevron-right")));
    next_->setIconSize({icon, icon});
    next_->setFixedWidth(theme::space(7));
    int needed = -theme::space(4);
    for (const Place& place : places_)
        needed += theme::space(place.least + 4);
    const bool all = needed <= width();
    if (all) first_ = 0;
    int room = width() - (all ? 0 : theme::space(4) + theme::space(7));
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const bool fits = all || (i >= first_ && (i == first_ || theme::space(places_[i].least) <= room));
        places_[i].card->setVisible(fits);
        if (i >= first_) room = fits ? room - theme::space(places_[i].least + 4) : 0;
    }
    next_->setVisible(!all && !places_.empty());
}

void CardRow::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit();
}

void CardRow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && next_) fit();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
