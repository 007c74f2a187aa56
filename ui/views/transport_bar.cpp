#include "views/transport_bar.h"

#include "views/timeline.h"

#include <QComboBox>
#include <QEvent>
#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace ddpm::ui {

TransportBar::TransportBar(QWidget* parent)
    : QWidget(parent), readout_(new QLabel(this)), left_(new QLabel(this)), right_(new QLabel(this)),
      timeline_(new Timeline(this)), speed_(new QComboBox(this)), step_(new QComboBox(this)) {
    setAccessibleName(tr("Transport"));
    start_ = makeButton(QStringLiteral("first"), tr("To the start (Home)"));
    back_ = makeButton(QStringLiteral("step-back"), tr("One step back (Left)"));
    playBackwards_ = makeButton(QStringLiteral("play-backwards"), tr("Play backwards (Shift+Space)"));
    play_ = makeButton(QStringLiteral("play"), tr("Play (Space)"));
    forward_ = makeButton(QStringLiteral("step"), tr("One step forward (Right)"));
    end_ = makeButton(QStringLiteral("last"), tr("To the newest state (End)"));
    loop_ = makeButton(QStringLiteral("loop"), tr("Start again at the end"));
    play_->setProperty("role", "primary");
    loop_->setProperty("role", "toggle");
    loop_->setCheckable(true);
    speed_->setToolTip(tr("Speed of playing"));
    speed_->setAccessibleName(tr("Speed"));
    speed_->addItem(QStringLiteral("1×"));
    step_->setToolTip(tr("How far one step goes: a whole timestep, or one phase of it after the other"));
    step_->setAccessibleName(tr("Step"));
    step_->addItems({tr("Step: whole"), tr("Step: by phase")});
    step_->hide();
    for (QComboBox* box : {speed_, step_})
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents); // the words change with the room there is
    readout_->setObjectName(QStringLiteral("readout"));
    readout_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);

    auto* row = new QHBoxLayout(this);
    row->setSizeConstraint(QLayout::SetNoConstraint); // minimumSizeHint() knows how narrow it can get
    for (QToolButton* button : {start_, back_, playBackwards_, play_, forward_, end_})
        row->addWidget(button);
    row->addWidget(readout_);
    row->addWidget(left_);
    row->addWidget(timeline_, 1);
    row->addWidget(right_);
    row->addWidget(loop_);
    row->addWidget(step_);
    row->addWidget(speed_);

    connect(start_, &QToolButton::clicked, this, &TransportBar::startRequested);
    connect(back_, &QToolButton::clicked, this, &TransportBar::backRequested);
    connect(play_, &QToolButton::clicked, this, [this] {
        if (playing_)
            Q_EMIT pauseRequested();
        else
            Q_EMIT playRequested();
    });
    connect(playBackwards_, &QToolButton::clicked, this, [this] {
        if (playingBackwards_)
            Q_EMIT pauseRequested();
        else
            Q_EMIT playBackwardsRequested();
    });
    connect(forward_, &QToolButton::clicked, this, &TransportBar::forwardRequested);
    connect(end_, &QToolButton::clicked, this, &TransportBar::endRequested);
    connect(loop_, &QToolButton::toggled, this, &TransportBar::loopingChanged);
    connect(timeline_, &Timeline::positionRequested, this, &TransportBar::positionRequested);
    connect(speed_, &QComboBox::currentIndexChanged, this, [this] { Q_EMIT speedChanged(speed()); });
    connect(step_, &QComboBox::currentIndexChanged, this,
            [this] { Q_EMIT phaseSteppingChanged(phaseStepping()); });
    setReadoutTemplate(QStringLiteral("t = 0000"));
    updateEnabled();
}

QToolButton* TransportBar::makeButton(const QString& name, const QString& toolTip) {
    auto* button = new QToolButton(this);
    button->setObjectName(name);
    button->setToolTip(toolTip);
    button->setAccessibleName(toolTip);
    // The window's keys act on the stage; a button that kept Space would swallow play and pause.
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

void TransportBar::setRange(int first, int last) {
    timeline_->setRange(first, last);
    updateEnabled();
}

void TransportBar::setAvailable(int last) {
    timeline_->setAvailable(last);
    updateEnabled();
}

void TransportBar::setPosition(int position) {
    timeline_->setPosition(position);
    updateEnabled();
}

void TransportBar::setPlaying(bool playing) {
    if (playing_ == playing) return;
    playing_ = playing;
    play_->setToolTip(playing ? tr("Pause (Space)") : tr("Play (Space)"));
    play_->setAccessibleName(play_->toolTip());
    restyle();
}

void TransportBar::setPlayingBackwards(bool playing) {
    if (playingBackwards_ == playing) return;
    playingBackwards_ = playing;
    playBackwards_->setToolTip(playing ? tr("Pause (Space)") : tr("Play backwards (Shift+Space)"));
    playBackwards_->setAccessibleName(playBackwards_->toolTip());
    restyle();
}

void TransportBar::setPhaseChoiceVisible(bool visible) {
    if (phaseChoice_ == visible) return;
    const bool before = phaseStepping();
    phaseChoice_ = visible;
    step_->setVisible(visible);
    measure();
    if (phaseStepping() != before) Q_EMIT phaseSteppingChanged(phaseStepping());
}

bool TransportBar::phaseStepping() const {
    return phaseChoice_ && step_->currentIndex() == 1;
}

void TransportBar::setControlsEnabled(bool enabled) {
    enabled_ = enabled;
    updateEnabled();
}

void TransportBar::setReadout(const QString& text) {
    readout_->setText(text);
    timeline_->setValueText(text);
}

void TransportBar::setReadoutTemplate(const QString& widest) {
    widest_ = widest;
    restyle();
}

void TransportBar::setEnds(const QString& left, Tone leftTone, const QString& right, Tone rightTone) {
    left_->setText(left);
    right_->setText(right);
    leftTone_ = leftTone;
    rightTone_ = rightTone;
    timeline_->setTones(leftTone, rightTone);
    timeline_->setAccessibleDescription(tr("From %1 to %2").arg(left, right));
    restyle();
}

void TransportBar::setStepForwardEnabled(bool enabled) {
    forwardEnabled_ = enabled;
    updateEnabled();
}

void TransportBar::setStepBackEnabled(bool enabled) {
    backEnabled_ = enabled;
    updateEnabled();
}

void TransportBar::setSpeeds(const QStringList& names, const QList<double>& values, int current) {
    const QSignalBlocker quiet(speed_);
    speed_->clear();
    speed_->addItems(names);
    speeds_ = values;
    speed_->setCurrentIndex(current);
    measure();
}

void TransportBar::setLooping(bool looping) {
    const QSignalBlocker quiet(loop_);
    loop_->setChecked(looping);
}

bool TransportBar::looping() const {
    return loop_->isChecked();
}

double TransportBar::speed() const {
    return speeds_.value(speed_->currentIndex(), 1.0);
}

void TransportBar::updateEnabled() {
    const bool atStart = timeline_->position() <= timeline_->first();
    start_->setEnabled(enabled_ && !atStart);
    back_->setEnabled(enabled_ && (!atStart || backEnabled_));
    playBackwards_->setEnabled(enabled_);
    play_->setEnabled(enabled_);
    forward_->setEnabled(enabled_ && forwardEnabled_);
    end_->setEnabled(enabled_);
    timeline_->setEnabled(enabled_);
    readout_->setEnabled(enabled_);
}

void TransportBar::restyle() {
    const theme::Colors& c = theme::colors();
    const int icon = theme::space(4);
    for (QToolButton* button : {start_, back_, playBackwards_, forward_, end_, loop_}) {
        button->setIcon(theme::icon(button->objectName()));
        button->setIconSize({icon, icon});
    }
    if (playingBackwards_) playBackwards_->setIcon(theme::icon(QStringLiteral("pause")));
    play_->setIcon(theme::icon(playing_ ? QStringLiteral("pause") : QStringLiteral("play"), c.onPrimary));
    play_->setIconSize({icon, icon});
    readout_->setFont(theme::numberFont());
    const auto paint = [](QLabel* label, Tone tone) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, toneColor(tone));
        label->setPalette(palette);
        label->setFont(theme::captionFont());
    };
    paint(left_, leftTone_);
    paint(right_, rightTone_);
    measure();
}

void TransportBar::measure() {
    for (int fit = roomy; fit < fits; ++fit) {
        apply(static_cast<Fit>(fit));
        widths_[fit] = layout()->minimumSize().width();
    }
    choose();
    updateGeometry();
}

void TransportBar::choose() {
    int fit = roomy;
    while (fit + 1 < fits && widths_[fit] > width())
        ++fit;
    if (fit != fit_) apply(static_cast<Fit>(fit));
}

void TransportBar::apply(Fit fit) {
    fit_ = fit;
    const bool isClose = fit >= close;
    auto* row = static_cast<QHBoxLayout*>(layout());
    const int edge = theme::space(isClose ? 3 : 5);
    row->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    row->setSpacing(theme::space(isClose ? 1 : 2));
    const int high = theme::space(8);
    for (QToolButton* button : {start_, back_, playBackwards_, forward_, end_, loop_})
        button->setFixedSize(theme::space(isClose ? 8 : 9), high);
    play_->setFixedSize(theme::space(isClose ? 10 : 12), high);
    // Fixed both ways, so that a new text asks nobody for room.
    readout_->setFixedSize(QFontMetrics(theme::numberFont()).horizontalAdvance(widest_) + theme::space(3),
                           high);
    left_->setContentsMargins(theme::space(3), 0, 0, 0);
    left_->setVisible(fit == roomy);
    right_->setVisible(fit == roomy);
    start_->setVisible(fit < tight);
    end_->setVisible(fit < tight);
    speed_->setMinimumWidth(theme::space(isClose ? 17 : 19));
    step_->setItemText(0, fit == tight ? tr("Whole") : tr("Step: whole"));
    step_->setItemText(1, fit == tight ? tr("Phase") : tr("Step: by phase"));
    step_->setMinimumWidth(step_->sizeHint().width()); // a combo box's own minimum keeps to its first words
    // A timeline too short to point at is worth less than the words at its ends.
    timeline_->setMinimumWidth(theme::space(fit == roomy ? 60 : fit == tight ? 16 : isClose ? 20 : 40));
    row->invalidate();
}

QSize TransportBar::minimumSizeHint() const {
    return {widths_[fits - 1], layout()->minimumSize().height()};
}

void TransportBar::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.fillRect(rect(), c.panel);
    painter.fillRect(QRect(0, 0, width(), 1), c.line);
}

void TransportBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    choose();
}

void TransportBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        restyle();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
