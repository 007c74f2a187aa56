#include "stages/denoise/try_form.h"

#include <QPushButton>

#include <utility>

namespace ddpm::ui {
TryForm::TryForm(QWidget* parent) : InspectorForm(parent) {
    setEmbedded();
    addSection(tr("Try"));
    for (ToolOffer& offer : toolOffers()) {
        auto* button = new QPushButton(offer.name, this);
        button->setToolTip(offer.hint);
        button->setAccessibleDescription(offer.hint);
        button->setProperty("role", "toggle");
        button->setCheckable(true);
        const ToolKind kind = offer.kind;
        connect(button, &QPushButton::clicked, this, [this, button, kind] {
            button->setChecked(false); // lit by setOpen(), once it is open
            Q_EMIT toolRequested(kind);
        });
        offers_.push_back({std::move(offer), button});
    }
    constexpr qsizetype columns = 3;
    QList<QWidget*> row;
    for (const Offer& each : offers_) {
        row << each.button;
        if (row.size() == columns) addLayoutRow(std::exchange(row, {}));
    }
    if (!row.isEmpty()) addLayoutRow(row);
    refresh();
}

void TryForm::setModel(const ModelChanged& model) {
    model_ = model.available;
    points_ = model.settings.model.kind == NetKind::point_mlp;
    refresh();
}

void TryForm::setState(bool any) {
    if (state_ == any) return;
    state_ = any;
    refresh();
}

void TryForm::setOpen(const Tool* tool, ToolKind kind) {
    for (const Offer& each : offers_)
        each.button->setChecked(tool && each.offer.kind == kind);
}

QPushButton* TryForm::button(ToolKind kind) const {
    for (const Offer& each : offers_)
        if (each.offer.kind == kind) return each.button;
    return nullptr;
}

void TryForm::refresh() {
    for (const Offer& each : offers_) {
        each.button->setVisible(!points_ || each.offer.forPoints);
        each.button->setEnabled(each.offer.needsState ? state_ : model_ || state_);
    }
}

} // namespace ddpm::ui
