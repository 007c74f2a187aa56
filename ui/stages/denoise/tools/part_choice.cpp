#include "stages/denoise/tools/part_choice.h"

#include "theme/theme.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPushButton>

namespace ddpm::ui {

PartChoice::PartChoice(QWidget* parent)
    : QWidget(parent), x_(new QPushButton(QStringLiteral("xₜ"), this)),
      x0_(new QPushButton(QStringLiteral("x̂₀"), this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(1));
    auto* group = new QButtonGroup(this);
    for (QPushButton* button : {x_, x0_}) {
        button->setCheckable(true);
        button->setProperty("role", "toggle");
        group->addButton(button);
        row->addWidget(button);
    }
    x_->setToolTip(tr("What the chain holds"));
    x0_->setToolTip(tr("What the net believes"));
    x_->setAccessibleName(tr("Show what the chain holds"));
    x0_->setAccessibleName(tr("Show what the net believes"));
    x0_->setChecked(true);
    connect(x0_, &QPushButton::toggled, this, &PartChoice::changed);
}

ChainPart PartChoice::part() const {
    return x0_->isChecked() ? ChainPart::x0_hat : ChainPart::x;
}

void PartChoice::setPart(ChainPart part) {
    button(part)->setChecked(true);
}

} // namespace ddpm::ui
