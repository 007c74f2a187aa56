#include "stages/denoise/tools/interpolate_end.h"

#include "theme/theme.h"
#include "views/picture_grid.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>

namespace ddpm::ui {

InterpolateEnd::InterpolateEnd(const QString& letter, QWidget* parent)
    : QFrame(parent), letter_(letter), picture_(new PictureGrid(this)), name_(new QLabel(letter, this)),
      title_(new QLabel(this)), chain_(new QSpinBox(this)), random_(new QPushButton(this)),
      file_(new QPushButton(this)) {
    setProperty("role", "card");
    setAccessibleName(tr("Picture %1").arg(letter));
    name_->setProperty("role", "big");
    title_->setProperty("role", "caption");
    title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    picture_->setAccessibleName(tr("Picture %1").arg(letter));
    chain_->setPrefix(tr("chain "));
    chain_->setSpecialValueText(tr("chain –"));
    chain_->setRange(0, 0);
    chain_->setAccessibleName(tr("Picture %1: chain").arg(letter));
    chain_->setToolTip(tr("The finished sample of this chain"));
    random_->setAccessibleName(tr("Picture %1: a random one of the data").arg(letter));
    random_->setToolTip(tr("A random picture of the data set the model was trained on"));
    file_->setAccessibleName(tr("Picture %1: from a file").arg(letter));
    file_->setToolTip(tr("A picture file, brought to the model's size; it can be dropped here, too"));
    auto* head = new QHBoxLayout;
    head->addWidget(name_);
    head->addWidget(title_, 1);
    auto* rows = new QGridLayout(this);
    rows->addWidget(picture_, 0, 0, 3, 1);
    rows->addLayout(head, 0, 1, 1, 2);
    rows->addWidget(chain_, 1, 1, 1, 2);
    rows->addWidget(random_, 2, 1);
    rows->addWidget(file_, 2, 2);
    rows->setColumnStretch(1, 1);
    rows->setColumnStretch(2, 1);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    for (QWidget* field : {static_cast<QWidget*>(chain_), static_cast<QWidget*>(random_),
                           static_cast<QWidget*>(file_), static_cast<QWidget*>(picture_)})
        field->installEventFilter(this);
    connect(chain_, &QSpinBox::valueChanged, this, [this](int value) {
        if (value > 0) Q_EMIT chainRequested(value - 1);
    });
    connect(random_, &QPushButton::clicked, this, &InterpolateEnd::randomRequested);
    connect(file_, &QPushButton::clicked, this, &InterpolateEnd::fileRequested);
    restyle();
}

void InterpolateEnd::setChains(int count) {
    const QSignalBlocker quiet(chain_);
    chain_->setRange(0, count);
    chain_->setEnabled(count > 0);
}

void InterpolateEnd::show(const std::shared_ptr<const EndPicture>& picture) {
    const QSignalBlocker quiet(chain_);
    chain_->setValue(picture ? picture->chain + 1 : 0);
    if (!picture) {
        picture_->clear();
        say({}, false);
        return;
    }
    picture_->setPictures(to_drawable(picture->shape, picture->x0.data()).pictures);
    picture_->setAccessibleDescription(picture->title);
    say(picture->title, false);
}

void InterpolateEnd::setProblem(const QString& words) {
    say(words, true);
}

void InterpolateEnd::setWaiting() {
    say(tr("being read…"), false);
}

void InterpolateEnd::say(const QString& words, bool problem) {
    title_->setText(words);
    title_->setToolTip(words);
    setAccessibleDescription(words);
    const auto role = problem ? QStringLiteral("problem") : QStringLiteral("caption");
    if (title_->property("role").toString() == role) return;
    title_->setProperty("role", role);
    title_->style()->unpolish(title_);
    title_->style()->polish(title_);
}

void InterpolateEnd::setCompact(bool compact) {
    if (compact_ == compact) return;
    compact_ = compact;
    restyle();
}

void InterpolateEnd::setActive(bool active) {
    if (active_ == active) return;
    active_ = active;
    update();
}

bool InterpolateEnd::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::MouseButtonPress) Q_EMIT activated();
    return QFrame::eventFilter(watched, event);
}

void InterpolateEnd::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) Q_EMIT activated();
    QFrame::mousePressEvent(event);
}

void InterpolateEnd::paintEvent(QPaintEvent* event) {
    QFrame::paintEvent(event);
    if (!active_) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal pen = std::max(2.0, theme::space(1) * 0.5), round = theme::space(2);
    painter.setPen(QPen(theme::colors().reverse, pen));
    painter.drawRoundedRect(QRectF(rect()).adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2), round, round);
}

void InterpolateEnd::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const bool words = width() >= theme::space(68);
    random_->setText(words ? tr("Random") : QString());
    file_->setText(words ? tr("File…") : QString());
}

void InterpolateEnd::restyle() {
    random_->setIcon(theme::icon(QStringLiteral("random")));
    file_->setIcon(theme::icon(QStringLiteral("open")));
    random_->setMinimumWidth(theme::space(8));
    file_->setMinimumWidth(theme::space(8));
    const int edge = theme::space(2);
    layout()->setContentsMargins(edge, edge, edge, edge);
    auto* rows = static_cast<QGridLayout*>(layout());
    rows->setHorizontalSpacing(theme::space(2));
    rows->setVerticalSpacing(theme::space(1));
    static_cast<QHBoxLayout*>(rows->itemAtPosition(0, 1)->layout())->setSpacing(theme::space(2));
    const int side = theme::space(compact_ ? 18 : 24);
    picture_->setFixedSize(side, side);
}

void InterpolateEnd::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) restyle();
    QFrame::changeEvent(event);
}

} // namespace ddpm::ui
