#include "views/card.h"

#include "views/elided_label.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double symbolScale = 1.3; // over the body text

} // namespace

Card::Card(const QString& title, const QString& caption, QWidget* parent)
    : QFrame(parent), title_(new ElidedLabel(title, this)), caption_(new ElidedLabel(caption, this)) {
    setProperty("role", "card");
    title_->setProperty("role", "title");
    title_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    caption_->setProperty("role", "muted");
    auto* column = new QVBoxLayout(this);
    header_ = new QHBoxLayout;
    header_->addWidget(title_);
    header_->addWidget(caption_, 1);
    body_ = new QVBoxLayout;
    column->addLayout(header_);
    column->addLayout(body_, 1);
    setTitle(title);
    setCaption(caption);
    restyle();
}

void Card::setTitle(const QString& title) {
    title_->setText(title);
    title_->setVisible(!title.isEmpty());
    if (!title.isEmpty()) setAccessibleName(title);
}

void Card::setCaption(const QString& caption) {
    caption_->setText(caption);
    // Without words the line would still take room; with a title it keeps what is at its right end there.
    caption_->setVisible(!caption.isEmpty() || !title_->text().isEmpty());
}

void Card::addToHeader(QWidget* widget) {
    header_->addWidget(widget);
}

void Card::restyle() {
    const int edge = theme::space(4);
    layout()->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    layout()->setSpacing(theme::space(2));
    header_->setSpacing(theme::space(2));
    body_->setSpacing(theme::space(2));
}

void Card::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && body_) restyle();
    QFrame::changeEvent(event);
}

PaneCaption::PaneCaption(math::Expr symbol, const QString& words, Tone tone, QWidget* parent)
    : QWidget(parent), symbol_(std::move(symbol)), words_(words), tone_(tone) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(words.isEmpty() ? math::spoken(symbol_) : words);
}

void PaneCaption::setWords(const QString& words) {
    if (words_ == words) return;
    words_ = words;
    setAccessibleName(words.isEmpty() ? math::spoken(symbol_) : words);
    update();
}

void PaneCaption::setSymbol(math::Expr symbol, Tone tone) {
    symbol_ = std::move(symbol);
    tone_ = tone;
    update();
}

QSize PaneCaption::sizeHint() const {
    return {theme::space(40), theme::space(7)};
}

QSize PaneCaption::minimumSizeHint() const {
    return {theme::space(20), theme::space(7)};
}

void PaneCaption::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const math::Size size = math::measure(symbol_, symbolScale);
    const qreal base = height() - theme::space(2) - 1.0;
    math::draw(painter, symbol_, {1, base}, symbolScale, toneColor(tone_));
    painter.setFont(theme::captionFont());
    painter.setPen(theme::colors().muted);
    const int left = static_cast<int>(std::ceil(size.width)) + theme::space(3);
    const QFontMetrics metrics(theme::captionFont());
    const QString text = metrics.elidedText(words_, Qt::ElideRight, width() - left);
    painter.drawText(QPointF(width() - metrics.horizontalAdvance(text), base), text);
}

void PaneCaption::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
