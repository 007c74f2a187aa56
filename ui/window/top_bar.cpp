#include "window/top_bar.h"

#include "bridge/words.h"
#include "theme/theme.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {

TopBar::TopBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("topBar"));
    setAttribute(Qt::WA_StyledBackground);
    layout_ = new QHBoxLayout(this);
    brand_ = new QLabel(tr("DDPM Lab"));
    brand_->setProperty("role", "brand");
    layout_->addWidget(brand_);
    layout_->addSpacing(theme::space(3));

    train_ = new QPushButton;
    train_->setObjectName(QStringLiteral("train"));
    train_->setProperty("role", "primary");
    train_->setFocusPolicy(Qt::TabFocus); // a click must not move Space away from play and pause
    layout_->addWidget(train_);
    connect(train_, &QPushButton::clicked, this, &TopBar::trainRequested);
    pause_ = addTool(QStringLiteral("pause"), QStringLiteral("pause"), tr("Pause training and save (Space)"));
    step_ = addTool(QStringLiteral("step"), QStringLiteral("step"), tr("Train one step"));
    stop_ = addTool(QStringLiteral("stop"), QStringLiteral("stop"), tr("Save and close the run"));
    connect(pause_, &QToolButton::clicked, this, &TopBar::pauseRequested);
    connect(step_, &QToolButton::clicked, this, &TopBar::stepRequested);
    connect(stop_, &QToolButton::clicked, this, &TopBar::stopRequested);

    layout_->addSpacing(theme::space(2));
    summary_ = new QLabel;
    summary_->setObjectName(QStringLiteral("summary"));
    summary_->setProperty("role", "muted");
    summary_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout_->addWidget(summary_, 1);

    stepValue_ = addReadOut(tr("step %1").arg(QStringLiteral("00,000")));
    speedValue_ = addReadOut(tr("%1 img/s").arg(QStringLiteral("0,000")));
    lossValue_ = addReadOut(tr("loss %1").arg(QStringLiteral("0.0000")));
    stepValue_->setObjectName(QStringLiteral("stepValue"));
    lossValue_->setToolTip(tr("The smoothed loss"));

    export_ = new QPushButton(tr("Export"));
    export_->setObjectName(QStringLiteral("export"));
    export_->setToolTip(tr("Take pictures and numbers away (Ctrl+E)"));
    export_->setFocusPolicy(Qt::TabFocus);
    connect(export_, &QPushButton::clicked, this, &TopBar::exportRequested);
    layout_->addWidget(export_);
    menu_ = new QToolButton;
    menu_->setObjectName(QStringLiteral("menu"));
    menu_->setToolTip(tr("Menu"));
    menu_->setAccessibleName(menu_->toolTip());
    menu_->setFocusPolicy(Qt::TabFocus);
    layout_->addWidget(menu_);
    restyle();
    setState(TrainingState::none, true);
    setStep(-1);
    setSpeed(-1);
    setLoss(std::nan(""));
}

QToolButton* TopBar::addTool(const QString& name, const QString& iconName, const QString& toolTip) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setToolTip(toolTip);
    button->setAccessibleName(toolTip);
    button->setIcon(theme::icon(iconName));
    button->setFocusPolicy(Qt::TabFocus);
    layout_->addWidget(button);
    return button;
}

QLabel* TopBar::addReadOut(const QString& widest) {
    auto* label = new QLabel;
    label->setProperty("role", "number");
    label->setProperty("widest", widest);
    label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    label->setTextFormat(Qt::RichText);
    layout_->addWidget(label);
    return label;
}

void TopBar::setState(TrainingState state, bool canStart) {
    state_ = state;
    QString text, tip, iconName = QStringLiteral("play");
    bool enabled = true;
    switch (state) {
    case TrainingState::none:
        text = tr("Train");
        tip = tr("Start a new run with the settings of the Train stage");
        enabled = canStart && can_start(state);
        break;
    case TrainingState::paused:
        text = tr("Resume");
        tip = tr("Go on training (Space)");
        enabled = can_resume(state);
        break;
    case TrainingState::running:
        text = tr("Training");
        tip = tr("Training is running: pause or stop it with the buttons beside");
        enabled = false;
        break;
    case TrainingState::finished:
        text = tr("Extend");
        tip = tr("Train on past the planned end, by the number of steps in the Train stage");
        iconName = QStringLiteral("plus");
        enabled = can_extend(state);
        break;
    case TrainingState::failed:
        text = tr("Try again");
        tip = tr("Go on from the last good state; change the learning rate first if it went wrong");
        iconName = QStringLiteral("restart");
        break;
    }
    train_->setText(text);
    train_->setToolTip(tip);
    const bool busy = state == TrainingState::running;
    if (train_->property("busy").toBool() != busy) {
        train_->setProperty("busy", busy);
        train_->style()->unpolish(train_);
        train_->style()->polish(train_);
    }
    train_->setIcon(busy ? QIcon() : theme::icon(iconName, theme::colors().onPrimary));
    train_->setEnabled(enabled);
    pause_->setEnabled(can_pause(state));
    step_->setEnabled(can_step(state));
    stop_->setEnabled(can_stop(state));
}

void TopBar::setWaiting(const QString& words) {
    train_->setText(words);
    train_->setToolTip(tr("After the step that the engine is at"));
    for (QAbstractButton* button : std::initializer_list<QAbstractButton*>{train_, pause_, step_, stop_})
        button->setEnabled(false);
}

void TopBar::setSummary(const QString& summary) {
    summaryText_ = summary;
    summary_->setToolTip(summary);
    elideSummary();
}

void TopBar::elideSummary() {
    summary_->setText(summary_->fontMetrics().elidedText(summaryText_, Qt::ElideRight, summary_->width()));
}

namespace {

/// The number bright, its name beside it quiet.
QString dressed(const QString& pattern, const QString& value) {
    return QStringLiteral("<span style='color:%1'>%2</span>")
        .arg(theme::colors().faint.name(),
             pattern.arg(QStringLiteral("<span style='color:%1; font-weight:600'>%2</span>")
                             .arg(theme::colors().text.name(), value)));
}

} // namespace

void TopBar::setStep(std::int64_t step) {
    stepValue_->setText(step < 0 ? QString() : dressed(tr("step %1"), words::count(step)));
    stepValue_->setVisible(step >= 0);
}

void TopBar::setSpeed(double perSecond, bool points) {
    const bool known = perSecond >= 0 && std::isfinite(perSecond);
    const QString unit = points ? tr("%1 points/s") : tr("%1 img/s");
    speedValue_->setText(known ? dressed(unit, QLocale().toString(perSecond, 'f', 0)) : QString());
    speedValue_->setVisible(known);
}

void TopBar::setLoss(double loss) {
    lossValue_->setText(std::isfinite(loss) ? dressed(tr("loss %1"), words::loss(loss)) : QString());
    lossValue_->setVisible(std::isfinite(loss));
}

void TopBar::setExportEnabled(bool enabled) {
    export_->setEnabled(enabled);
}

void TopBar::setMenu(QMenu* menu) {
    // Its right end below the button's: a button that opens its menu by itself would let it hang out of the
    // window.
    connect(menu_, &QToolButton::clicked, menu, [this, menu] {
        const int left = menu_->width() - menu->sizeHint().width();
        menu->popup(menu_->mapToGlobal(QPoint(std::min(0, left), menu_->height() + theme::space(1))));
    });
}

void TopBar::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void TopBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    elideSummary();
}

void TopBar::restyle() {
    layout_->setContentsMargins(theme::space(4), theme::space(2), theme::space(4), theme::space(2));
    layout_->setSpacing(theme::space(2));
    setFixedHeight(theme::space(13));
    const QSize size(theme::space(4), theme::space(4));
    for (QToolButton* button : {pause_, step_, stop_, menu_}) {
        button->setIconSize(size);
        button->setFixedSize(theme::space(9), theme::space(8));
    }
    menu_->setIcon(theme::icon(QStringLiteral("menu")));
    train_->setIconSize(size);
    train_->setFixedHeight(theme::space(8));
    train_->setMinimumWidth(theme::space(24));
    export_->setIcon(theme::icon(QStringLiteral("export")));
    export_->setIconSize(size);
    export_->setFixedHeight(theme::space(8));
    for (QLabel* label : {stepValue_, speedValue_, lossValue_}) {
        // A number that is longer than usual keeps its distance from the one before, too.
        label->setContentsMargins(theme::space(3), 0, 0, 0);
        label->setMinimumWidth(
            QFontMetrics(theme::numberFont()).horizontalAdvance(label->property("widest").toString()) +
            theme::space(3));
    }
    setState(state_, train_->isEnabled());
    elideSummary();
}

} // namespace ddpm::ui
