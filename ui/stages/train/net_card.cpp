#include "stages/train/net_card.h"

#include "bridge/words.h"
#include "stages/train/drawable_view.h"
#include "stages/train/placeholder.h"
#include "views/equation_view.h"
#include "views/picture_grid.h"

#include <QGridLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace ddpm::ui {

NetCard::NetCard(QWidget* parent) : Card(tr("What the net sees now"), {}, parent) {
    t_ = new QLabel;
    t_->setProperty("role", "number");
    addToHeader(t_);

    panes_ = new QWidget;
    grid_ = new QGridLayout(panes_);
    grid_->setContentsMargins(0, 0, 0, 0);
    const struct {
        math::Expr symbol;
        QString words, explanation;
        Tone tone;
    } parts[] = {
        {math::index(math::var(QStringLiteral("x")), math::upright(QStringLiteral("0"))), tr("data"),
         tr("An example of the running batch, as it is in the data"), Tone::text},
        {math::index(math::var(QStringLiteral("x")), math::var(QStringLiteral("t"))), tr("input"),
         tr("The same with the noise of step t: this and t are all the net gets"), Tone::text},
        {math::var(QStringLiteral("ε")), tr("noise"), tr("The noise that was added"), Tone::forward},
        {math::index(math::var(QStringLiteral("ε")), math::var(QStringLiteral("θ"))), tr("guess"),
         tr("The noise the net says was added; the loss is its distance from ε"), Tone::reverse},
    };
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        auto* cell = new QWidget;
        auto* layout = new QVBoxLayout(cell);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(2);
        layout->addWidget(new PaneCaption(parts[i].symbol, parts[i].words, parts[i].tone));
        views_[i] = new DrawableView(parts[i].tone);
        views_[i]->grid()->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        layout->addWidget(views_[i], 1);
        cell->setToolTip(parts[i].explanation);
        cells_[i] = cell;
    }

    pages_ = new QStackedWidget;
    pages_->addWidget(new Placeholder(
        QStringLiteral("image"),
        tr("One picture of the running batch, the noise mixed in, and what the net makes of it.")));
    pages_->addWidget(panes_);
    body()->addWidget(pages_, 1);
    arrange();
}

void NetCard::setFrame(const TrainingFrame& frame) {
    if (frame.x0.empty()) return;
    const bool points = !frame.x0.points.empty();
    views_[0]->setDrawable(frame.x0);
    views_[1]->setDrawable(frame.x_t, 2.5);
    views_[2]->setDrawable(frame.epsilon, points ? 3.5 : 1);
    views_[3]->setDrawable(frame.epsilon_hat, points ? 3.5 : 1);
    t_->setText(tr("t = %1").arg(words::count(frame.t)));
    pages_->setCurrentWidget(panes_);
}

void NetCard::clear() {
    t_->clear();
    pages_->setCurrentIndex(0);
}

QSize NetCard::minimumSizeHint() const {
    return {theme::space(44), theme::space(38)};
}

void NetCard::resizeEvent(QResizeEvent* event) {
    Card::resizeEvent(event);
    arrange();
}

void NetCard::arrange() {
    // Four in a row or two by two, whichever makes the squares larger.
    const double width = this->width(), height = this->height() - theme::space(12), caption = theme::space(5);
    const double row = std::min(width / 4, height - caption),
                 block = std::min(width / 2, height / 2 - caption);
    const int columns = row >= block ? 4 : 2;
    grid_->setHorizontalSpacing(theme::space(3));
    grid_->setVerticalSpacing(theme::space(2));
    if (columns == columns_) return;
    columns_ = columns;
    for (int i = 0; i < 4; ++i) {
        grid_->removeWidget(cells_[static_cast<std::size_t>(i)]);
        grid_->addWidget(cells_[static_cast<std::size_t>(i)], i / columns, i % columns);
    }
    for (int i = 0; i < 4; ++i) {
        grid_->setColumnStretch(i, i < columns ? 1 : 0);
        grid_->setRowStretch(i, i < 4 / columns ? 1 : 0);
    }
}

} // namespace ddpm::ui
