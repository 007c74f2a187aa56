#include "stages/denoise/tools/poke_result.h"

#include "stages/denoise/tools/part_choice.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/difference.h"
#include "views/picture_grid.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>

#include <algorithm>
#include <limits>

namespace ddpm::ui {

PokeResult::PokeResult(QWidget* parent)
    : QWidget(parent), layout_(new QGridLayout(this)), curves_(new CurveView(this)),
      part_(new PartChoice(this)), paint_(new QPushButton(tr("Paint on this one"), this)) {
    const QString names[] = {tr("Untouched"), tr("Changed"), tr("Difference")};
    const QString symbols[] = {tr("Twin"), tr("Changed"), QStringLiteral("Δ")};
    const QString words[] = {tr("untouched"), {}, tr("difference")};
    const QString tips[] = {
        tr("As the chain goes on by itself, from the state that was not painted on"),
        tr("From what was painted, with the same noise in every step"),
        tr("Changed minus untouched: grey is none, white and black are the range beside")};
    const Tone tones[] = {Tone::text, Tone::reverse, Tone::forward};
    for (int i = 0; i < 3; ++i) {
        Pane& pane = panes_[i];
        pane.caption = new PaneCaption(math::upright(symbols[i]), words[i], tones[i], this);
        pane.grid = new PictureGrid(this);
        pane.grid->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        pane.grid->setAccessibleName(names[i]);
        pane.caption->setToolTip(tips[i]);
        layout_->addWidget(pane.caption, 0, i);
        layout_->addWidget(pane.grid, 1, i);
        layout_->setColumnStretch(i, 2);
    }
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setRowStretch(1, 1);
    layout_->setColumnStretch(3, 3);
    paint_->setAccessibleName(tr("Paint on this one"));
    paint_->setToolTip(tr("Go on painting on the changed chain, as it is at the state on screen"));
    curves_->setXName(QStringLiteral("t"));
    curves_->setAccessibleName(tr("How far the change leads, over t"));
    curves_->setToolTip(tr("Root mean square of the difference, a value: of xₜ and of x̂₀"));
    auto* head = new QHBoxLayout;
    head->addWidget(part_);
    head->addStretch(1);
    head->addWidget(paint_);
    layout_->addLayout(head, 0, 3);
    layout_->addWidget(curves_, 1, 3);
    connect(part_, &PartChoice::changed, this, [this] {
        if (narrow_) showCurves();
        show();
    });
    connect(paint_, &QPushButton::clicked, this, &PokeResult::paintRequested);
    connect(curves_, &CurveView::positionRequested, this, &PokeResult::positionRequested);
    // The transport's direction, and t at its ticks.
    curves_->setTickWords([this](int position) {
        const auto state = record_ ? record_->state(position) : nullptr;
        return state ? QString::number(state->t) : QString();
    });
    restyle();
    show();
}

void PokeResult::setRecord(std::shared_ptr<const ChainRecord> record, const QString& words) {
    words_ = words;
    if (record != record_) {
        record_ = std::move(record);
        x_t_.clear();
        x0_hat_.clear();
    }
    takeGrowth();
    show();
}

void PokeResult::setPlaceholder(QSize picture) {
    for (Pane& pane : panes_)
        pane.grid->setPlaceholder(1, picture);
}

void PokeResult::takeGrowth() {
    const int seen = static_cast<int>(x_t_.size()), size = record_ ? record_->size() : 0;
    for (int i = seen; i < size; ++i) {
        const auto state = record_->state(i);
        x_t_.push_back(rootMeanSquare(state->item(ChainPart::x, 0), state->item(ChainPart::x, 1)));
        x0_hat_.push_back(
            rootMeanSquare(state->item(ChainPart::x0_hat, 0), state->item(ChainPart::x0_hat, 1)));
    }
    if (seen == size && record_) return;
    showCurves();
    if (seen <= position_ && position_ < size) show();
}

void PokeResult::showCurves() {
    std::vector<Curve> curves{{QStringLiteral("xₜ"), Tone::text, x_t_, 0, false, false, "x_t"},
                              {QStringLiteral("x̂₀"), Tone::reverse, x0_hat_, 0, false, false, "x0_hat"}};
    // Where both legends have no room, that of what is on screen.
    if (narrow_) curves.erase(part_->part() == ChainPart::x ? curves.begin() + 1 : curves.begin());
    curves_->setXRange(0, record_ ? std::max(1, record_->planned() - 1) : 1);
    curves_->setCurves(std::move(curves));
}

void PokeResult::showPosition(int position) {
    position_ = position;
    show();
}

double PokeResult::distance(ChainPart part, int position) const {
    const std::vector<double>& values = part == ChainPart::x ? x_t_ : x0_hat_;
    if (position < 0 || position >= static_cast<int>(values.size()))
        return std::numeric_limits<double>::quiet_NaN();
    return values[static_cast<std::size_t>(position)];
}

void PokeResult::show() {
    const auto state = record_ ? record_->state(position_) : nullptr;
    curves_->setCursorPosition(position_);
    paint_->setEnabled(state && state->t > 0);
    part_->setEnabled(state != nullptr);
    if (!state) {
        for (Pane& pane : panes_) {
            pane.grid->clear();
            pane.grid->setEmptyText({});
        }
        panes_[2].caption->setWords(tr("difference"));
        panes_[1].grid->setEmptyText(words_);
        return;
    }
    const ChainPart part = part_->part();
    const std::vector<float> before = state->item(part, 0), after = state->item(part, 1);
    ItemShape one = state->shape;
    one.count = 1;
    const double range = roundRange(largestDifference(before, after));
    panes_[0].grid->setPictures(state->drawable(part, 0).pictures);
    panes_[1].grid->setPictures(state->drawable(part, 1).pictures);
    panes_[2].grid->setPictures(differencePicture(one, before, after, range));
    const double apart = distance(part, position_);
    const QString shown = QLocale::c().toString(range);
    panes_[2].caption->setWords(
        panes_[2].grid->width() < theme::space(40) ? tr("±%1").arg(shown) : tr("difference, ±%1").arg(shown));
    const QString t = tr("at t = %1").arg(state->t);
    panes_[0].grid->setAccessibleDescription(t);
    panes_[1].grid->setAccessibleDescription(t);
    panes_[2].grid->setAccessibleDescription(tr("Changed minus untouched at t = %1, around grey, black is "
                                                "−%2 and white is +%2; root mean square %3")
                                                 .arg(state->t)
                                                 .arg(range)
                                                 .arg(apart));
    curves_->setAccessibleDescription(tr("At t = %1: %2 for x, %3 for what the net believes")
                                          .arg(state->t)
                                          .arg(distance(ChainPart::x, position_))
                                          .arg(distance(ChainPart::x0_hat, position_)));
}

void PokeResult::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (const bool narrow = width() < theme::space(130); narrow != narrow_) {
        narrow_ = narrow;
        restyle();
        showCurves();
    }
    show(); // with shorter words where there is little room
}

void PokeResult::restyle() {
    layout_->setHorizontalSpacing(theme::space(3));
    layout_->setVerticalSpacing(theme::space(1));
    curves_->setMinimumWidth(narrow_ ? 0 : theme::space(68)); // its legend, with numbers
    paint_->setText(narrow_ ? QString() : tr("Paint on this one"));
    paint_->setIcon(narrow_ ? theme::icon(QStringLiteral("brush")) : QIcon());
}

void PokeResult::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && paint_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
