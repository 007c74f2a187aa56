#include "views/segmented_choice.h"

#include "theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeySequence>
#include <QPushButton>

namespace ddpm::ui {

SegmentedChoice::SegmentedChoice(const QString& name, const QStringList& choices, QWidget* parent)
    : QWidget(parent) {
    setAccessibleName(name);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    for (int i = 0; i < choices.size(); ++i) {
        auto* button = new QPushButton(choices[i], this);
        button->setProperty("role", "toggle");
        button->setCheckable(true);
        button->setShortcut(QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + i)));
        // A click leaves the keys to the window; an exclusive group would leave the others out of Tab's way.
        button->setFocusPolicy(Qt::TabFocus);
        connect(button, &QPushButton::clicked, this, [this, i] { choose(i); });
        row->addWidget(button);
        buttons_.push_back(button);
        setHint(i, choices[i]);
    }
    setCurrent(0);
    restyle();
}

void SegmentedChoice::setCurrent(int index) {
    current_ = index;
    for (std::size_t i = 0; i < buttons_.size(); ++i)
        buttons_[i]->setChecked(static_cast<int>(i) == index);
}

void SegmentedChoice::setHint(int index, const QString& hint) {
    button(index)->setToolTip(
        tr("%1 (%2)").arg(hint, button(index)->shortcut().toString(QKeySequence::NativeText)));
}

void SegmentedChoice::choose(int index) {
    const bool another = index != current_;
    setCurrent(index); // a click on the one that is down must not bring it up
    if (another) Q_EMIT chosen(index);
}

void SegmentedChoice::restyle() {
    layout()->setSpacing(theme::space(1));
}

void SegmentedChoice::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
