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
      timeline_(new Timeline(this)), speed_(new QComboBox(this)) {
    setAccessibleName(tr("Transport"));
    start_ = makeButton(QStringLiteral("first"), tr("To the start (Home)"));
    back_ = makeButton(QStringLiteral("step-back"), tr("One step back (Left)"));
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
    readout_->setObjectName(QStringLiteral("readout"));
    readout_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);

    auto* row = new QHBoxLayout(this);
    for (QToolButton* button : {start_, back_, play_, forward_, end_})
        row->addWidget(button);
    row->addWidget(readout_);
    row->addSpacing(theme::space(3));
    row->addWidget(left_);
    row->addWidget(timeline_, 1);
    row->addWidget(right_);
    row->addWidget(loop_);
    row->addWidget(speed_);

    connect(start_, &QToolButton::clicked, this, &TransportBar::startRequested);
    connect(back_, &QToolButton::clicked, this, &TransportBar::backRequested);
    connect(play_, &QToolButton::clicked, this, [this] {
        if (playing_)
            Q_EMIT pauseRequested();
        else
            Q_EMIT playRequested();
    });
    connect(forward_, &QToolButton::clicked, this, &TransportBar::forwardRequested);
    connect(end_, &QToolButton::clicked, this, &TransportBar::endRequested);
    connect(loop_, &QToolButton::toggled, this, &TransportBar::loopingChanged);
    connect(timeline_, &Timeline::positionRequested, this, &TransportBar::positionRequested);
    connect(speed_, &QComboBox::currentIndexChanged, this, [this] { Q_EMIT speedChanged(speed()); });
    setReadoutTemplate(QStringLiteral("t = 0000"));
    restyle();
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

void TransportBar::setControlsEnabled(bool enabled) {
    enabled_ = enabled;
    updateEnabled();
}

void TransportBar::setReadout(const QString& text) {
    readout_->setText(text);
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
    restyle();
}

void TransportBar::setStepForwardEnabled(bool enabled) {
    forwardEnabled_ = enabled;
    updateEnabled();
}

void TransportBar::setSpeeds(const QStringList& names, const QList<double>& values, int current) {
    const QSignalBlocker quiet(speed_);
    speed_->clear();
    speed_->addItems(names);
    speeds_ = values;
    speed_->setCurrentIndex(current);
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
    back_->setEnabled(enabled_ && !atStart);
    play_->setEnabled(enabled_);
    forward_->setEnabled(enabled_ && forwardEnabled_);
    end_->setEnabled(enabled_);
    timeline_->setEnabled(enabled_);
    readout_->setEnabled(enabled_);
}

void TransportBar::restyle() {
    const theme::Colors& c = theme::colors();
    auto* row = static_cast<QHBoxLayout*>(layout());
    row->setContentsMargins(theme::space(5), theme::space(3), theme::space(5), theme::space(3));
    row->setSpacing(theme::space(2));
    const int icon = theme::space(4);
    for (QToolButton* button : {start_, back_, forward_, end_, loop_}) {
        button->setIcon(theme::icon(button->objectName()));
        button->setIconSize({icon, icon});
        button->setFixedSize(theme::space(9), theme::space(8));
    }
    play_->setIcon(theme::icon(playing_ ? QStringLiteral("pause") : QStringLiteral("play"), c.onPrimary));
    play_->setIconSize({icon, icon});
    play_->setFixedSize(theme::space(12), theme::space(8));
    readout_->setFont(theme::numberFont());
    readout_->setFixedWidth(QFontMetrics(theme::numberFont()).horizontalAdvance(widest_) + theme::space(3));
    const auto paint = [](QLabel* label, Tone tone) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, toneColor(tone));
        label->setPalette(palette);
        label->setFont(theme::captionFont());
    };
    paint(left_, leftTone_);
    paint(right_, rightTone_);
    speed_->setMinimumWidth(theme::space(19));
}

void TransportBar::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.fillRect(rect(), c.panel);
    painter.fillRect(QRect(0, 0, width(), 1), c.line);
}

void TransportBar::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        restyle();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
