#include "stages/denoise/memory_form.h"

#include "bridge/words.h"

#include <QSpinBox>

namespace ddpm::ui {
namespace {

constexpr int usual = 768, least = 16, most = 65'536; // MB
constexpr std::size_t megabyte = 1u << 20;

} // namespace

MemoryForm::MemoryForm(QWidget* parent)
    : InspectorForm(parent), box_(new QSpinBox(this)), note_(new Note({}, this)) {
    setEmbedded();
    addSection(tr("Memory"));
    box_->setRange(least, most);
    box_->setSingleStep(64);
    box_->setValue(usual);
    box_->setSuffix(tr(" MB"));
    box_->setGroupSeparatorShown(true);
    box_->setKeyboardTracking(false);
    box_->setToolTip(
        tr("What recorded chains may take. Of a chain that would take more, every second, third, "
           "… state is kept"));
    addRow(tr("For chains"), box_);
    addWide(note_);
    connect(box_, &QSpinBox::valueChanged, this, [this] { Q_EMIT changed(allowed()); });
    setUsed(0);
}

void MemoryForm::setUsed(std::size_t bytes) {
    note_->setText(tr("Recorded chains take %1.").arg(words::memory(bytes)));
}

std::size_t MemoryForm::allowed() const {
    return static_cast<std::size_t>(box_->value()) * megabyte;
}

} // namespace ddpm::ui
