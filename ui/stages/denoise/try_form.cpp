#include "stages/denoise/try_form.h"

#include "bridge/words.h"
#include "theme/theme.h"

#include <QPushButton>
#include <QSpinBox>

namespace ddpm::ui {
namespace {

constexpr int usualMemory = 768, leastMemory = 16, mostMemory = 65'536; // MB
constexpr std::size_t megabyte = 1u << 20;

} // namespace

TryForm::TryForm(QWidget* parent)
    : InspectorForm(parent), memory_(new QSpinBox(this)), memoryNote_(new Note({}, this)) {
    setEmbedded();
    addSection(tr("Try"));
    for (ToolOffer& offer : toolOffers()) {
        auto* button = new QPushButton(offer.name, this);
        button->setToolTip(offer.hint);
        button->setAccessibleDescription(offer.hint);
        button->setProperty("role", "toggle");
        button->setCheckable(true);
        button->setIcon(theme::icon(offer.iconName));
        const ToolKind kind = offer.kind;
        connect(button, &QPushButton::clicked, this, [this, button, kind] {
            button->setChecked(false); // lit by setOpen(), once it is open
            Q_EMIT toolRequested(kind);
        });
        offers_.push_back({std::move(offer), button});
    }
    for (std::size_t i = 0; i < offers_.size(); i += 2) {
        QList<QWidget*> pair{offers_[i].button};
        if (i + 1 < offers_.size()) pair << offers_[i + 1].button;
        addLayoutRow(pair);
    }
    memory_->setRange(leastMemory, mostMemory);
    memory_->setSingleStep(64);
    memory_->setValue(usualMemory);
    memory_->setSuffix(tr(" MB"));
    memory_->setGroupSeparatorShown(true);
    memory_->setKeyboardTracking(false);
    memory_->setToolTip(tr("What recorded chains may take. Of a chain that would take more, every second, "
                           "third, … state is kept"));
    addRow(tr("Memory"), memory_);
    addWide(memoryNote_);
    connect(memory_, &QSpinBox::valueChanged, this, [this] { Q_EMIT memoryChanged(memory()); });
    setMemoryUsed(0);
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

void TryForm::setMemoryUsed(std::size_t bytes) {
    memoryNote_->setText(tr("Recorded chains take %1.").arg(words::memory(bytes)));
}

std::size_t TryForm::memory() const {
    return static_cast<std::size_t>(memory_->value()) * megabyte;
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
