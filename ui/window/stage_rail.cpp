#include "window/stage_rail.h"

#include "theme/theme.h"

#include <QEvent>
#include <QToolButton>
#include <QVBoxLayout>

namespace ddpm::ui {

StageRail::StageRail(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("stageRail"));
    setAttribute(Qt::WA_StyledBackground);
    layout_ = new QVBoxLayout(this);
    layout_->addStretch(1);
    restyle();
}

void StageRail::addStage(const QString& name, const QString& iconName, const QString& shortcut) {
    auto* button = new QToolButton;
    button->setText(name);
    button->setCheckable(true);
    button->setProperty("role", "rail");
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setFocusPolicy(Qt::TabFocus);
    //: name of a stage and its key
    button->setToolTip(tr("%1 (%2)").arg(name, shortcut));
    const auto index = static_cast<int>(buttons_.size());
    connect(button, &QToolButton::clicked, this, [this, index] { Q_EMIT stageRequested(index); });
    layout_->insertWidget(index, button);
    buttons_ << button;
    iconNames_ << iconName;
    restyle();
}

void StageRail::setCurrent(int index) {
    for (int i = 0; i < buttons_.size(); ++i)
        buttons_[i]->setChecked(i == index);
    restyle();
}

void StageRail::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void StageRail::restyle() {
    const theme::Colors& c = theme::colors();
    setFixedWidth(theme::space(20));
    layout_->setContentsMargins(theme::space(2), theme::space(3), theme::space(2), theme::space(3));
    layout_->setSpacing(theme::space(1));
    // Each stage in the hue of its direction, so that the colours mean something before the first picture.
    const QColor hues[] = {c.forward, c.training, c.reverse};
    for (int i = 0; i < buttons_.size(); ++i) {
        buttons_[i]->setIcon(
            theme::icon(iconNames_[i], buttons_[i]->isChecked() && i < 3 ? hues[i] : c.muted));
        buttons_[i]->setIconSize(QSize(theme::space(6), theme::space(6)));
        buttons_[i]->setFixedSize(theme::space(16), theme::space(15));
    }
}

} // namespace ddpm::ui
