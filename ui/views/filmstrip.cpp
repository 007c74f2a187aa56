#include "views/filmstrip.h"

#include "views/magnify.h"
#include "views/spread_positions.h"

#include <QEvent>
#include <QFontMetrics>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr int mostSlots = 21;
constexpr int keptThumbnails = 400;

int labelHeight() {
    return QFontMetrics(theme::captionFont()).height() + theme::space(1);
}

} // namespace

Filmstrip::Filmstrip(QWidget* parent) : QWidget(parent), cache_(keptThumbnails) {
    setAccessibleName(tr("Filmstrip"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void Filmstrip::setSource(PictureSource pictures, LabelSource labels) {
    pictures_ = std::move(pictures);
    labels_ = std::move(labels);
    invalidate();
}

QString Filmstrip::description() const {
    if (!labels_ || last_ == first_) return tr("No pictures yet");
    //: both are labels of a filmstrip, such as t
    return tr("From %1 to %2, now at %3")
        .arg(labels_(first_), labels_(std::min(available_, last_)), labels_(std::min(position_, available_)));
}

void Filmstrip::setRange(int first, int last) {
    if (first_ == first && last_ == last) return;
    first_ = first;
    last_ = std::max(first, last);
    position_ = std::clamp(position_, first_, last_);
    invalidate();
}

void Filmstrip::setAvailable(int last) {
    if (available_ == last) return;
    available_ = last;
    update();
}

void Filmstrip::setPosition(int position) {
    const int clamped = std::clamp(position, first_, last_);
    if (clamped == position_) return;
    const std::vector<int> before = positions();
    const int left = std::exchange(position_, clamped);
    const std::vector<int> after = positions();
    for (std::size_t i = 0; i < after.size(); ++i)
        if (before[i] != after[i] || before[i] == left || after[i] == position_)
            update(slotRect(static_cast<int>(i)));
}

void Filmstrip::setTone(Tone tone) {
    tone_ = tone;
    update();
}

void Filmstrip::setSmoothPictures(bool smooth) {
    if (smooth_ == smooth) return;
    smooth_ = smooth;
    invalidate();
}

void Filmstrip::invalidate() {
    cache_.clear();
    update();
}

int Filmstrip::slotSize() const {
    const int gap = theme::space(2), forEleven = (width() - 4 + gap) / 11 - gap;
    return std::max(theme::space(6),
                    std::min(std::max(forEleven, theme::space(12)), height() - labelHeight() - 4));
}

int Filmstrip::slotCount() const {
    const int gap = theme::space(2);
    return spreadCount(first_, last_, std::clamp((width() - 4 + gap) / (slotSize() + gap), 1, mostSlots));
}

int Filmstrip::heightFor(int width) {
    const int gap = theme::space(2);
    return std::clamp((width - 4 + gap) / 11 - gap, theme::space(12), theme::space(34)) + labelHeight() + 4;
}

std::vector<int> Filmstrip::positions() const {
    return spreadPositions(first_, last_, slotCount(), position_);
}

QRect Filmstrip::thumbnailRect(int slot) const {
    const int n = slotCount(), size = slotSize();
    if (slot < 0 || slot >= n) return {};
    const double free = width() - 4.0 - size;
    const int x = n == 1 ? 2 : 2 + static_cast<int>(std::lround(free * slot / (n - 1)));
    return {x, 2, size, size};
}

QRect Filmstrip::slotRect(int slot) const {
    const QRect rect = thumbnailRect(slot);
    return {rect.left() - theme::space(2), 0, rect.width() + theme::space(4), height()};
}

QSize Filmstrip::sizeHint() const {
    return {theme::space(150), theme::space(17) + labelHeight() + 4};
}

QSize Filmstrip::minimumSizeHint() const {
    return {theme::space(40), theme::space(12) + labelHeight() + 4};
}

const QImage* Filmstrip::picture(int position, QSize size) {
    if (!pictures_ || position > available_) return nullptr;
    const QImage* found = cache_.object(position);
    if (found && found->size() == size) return found;
    QImage image = pictures_(position, size);
    if (image.isNull()) return nullptr;
    // As it is painted, so that a frame while scrubbing only copies.
    image = smooth_ && image.size() == size ? image.convertToFormat(QImage::Format_ARGB32_Premultiplied)
                                            : magnified(image, size);
    roundCorners(image, theme::space(1) * devicePixelRatioF());
    auto* kept = new QImage(std::move(image));
    cache_.insert(position, kept);
    return kept;
}

void Filmstrip::paintEvent(QPaintEvent* event) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme::captionFont());
    const auto at = positions();
    const int n = static_cast<int>(at.size());
    const qreal ratio = devicePixelRatioF(), round = theme::space(1);
    for (int i = 0; i < n; ++i) {
        if (!event->region().intersects(slotRect(i))) continue;
        const int position = at[static_cast<std::size_t>(i)];
        const QRect rect = thumbnailRect(i);
        const bool current = position == position_;
        QPainterPath frame;
        frame.addRoundedRect(QRectF(rect), round, round);
        const QImage* image = picture(position, (QSizeF(rect.size()) * ratio).toSize());
        // Points stand on the ground they have in their pane.
        const bool dark = image && (theme::isDark() || !smooth_);
        painter.fillPath(frame, dark ? c.pictureGap : c.card);
        if (image) {
            painter.drawImage(rect, *image);
        }
        painter.setBrush(Qt::NoBrush);
        if (current && image)
            painter.setPen(QPen(toneColor(tone_), 2));
        else
            painter.setPen(image ? QPen(c.line, 1) : QPen(c.line, 1, Qt::DashLine));
        painter.drawPath(frame);
        painter.setPen(current && image ? toneColor(tone_) : c.faint);
        const QRect label(rect.left() - theme::space(2), rect.bottom() + theme::space(1),
                          rect.width() + theme::space(4), labelHeight());
        if (labels_ && image) painter.drawText(label, Qt::AlignHCenter | Qt::AlignTop, labels_(position));
    }
}

void Filmstrip::request(QPoint point) {
    const auto at = positions();
    for (int i = 0; i < static_cast<int>(at.size()); ++i) {
        const int position = at[static_cast<std::size_t>(i)];
        if (!thumbnailRect(i).adjusted(-2, -2, 2, labelHeight()).contains(point) || position > available_)
            continue;
        if (position != position_) Q_EMIT positionRequested(position);
        return;
    }
}

void Filmstrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) request(event->position().toPoint());
}

void Filmstrip::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        invalidate();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
