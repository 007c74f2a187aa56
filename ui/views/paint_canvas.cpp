#include "views/paint_canvas.h"

#include "views/picture_image.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int farStep = 5; // pixels, with Shift

int handleSize() {
    return theme::space(2);
}

QPointF cornerOf(const QRectF& frame, int corner) {
    const QPointF corners[] = {frame.topLeft(), frame.topRight(), frame.bottomRight(), frame.bottomLeft()};
    return corners[corner];
}

} // namespace

std::vector<QPoint> brushDisc(int diameter) {
    // Pixels whose centres lie inside; a little less than the radius, so that three across is a cross and not
    // a square. Even ones have their centre at the pixel's upper left corner.
    const double radius = diameter / 2.0 - 0.1, shift = diameter % 2 ? 0 : 0.5;
    const int reach = diameter / 2;
    std::vector<QPoint> pixels;
    for (int y = -reach; y <= reach; ++y)
        for (int x = -reach; x <= reach; ++x)
            if (std::hypot(x + shift, y + shift) <= std::max(radius, 0.1)) pixels.emplace_back(x, y);
    return pixels;
}

QRect scaledByCorner(const QRect& frame, int corner, QPoint to, QSize natural) {
    const bool right = corner == 1 || corner == 2, below = corner >= 2;
    const int fixedX = right ? frame.left() : frame.left() + frame.width();
    const int fixedY = below ? frame.top() : frame.top() + frame.height();
    const double wide = std::max(1, right ? to.x() - fixedX : fixedX - to.x());
    const double high = std::max(1, below ? to.y() - fixedY : fixedY - to.y());
    const double ratio = static_cast<double>(natural.width()) / std::max(1, natural.height());
    const double width = std::max(wide, high * ratio); // follows whichever side went further
    const QSize size(std::max(1, static_cast<int>(std::lround(width))),
                     std::max(1, static_cast<int>(std::lround(width / ratio))));
    return {QPoint(right ? fixedX : fixedX - size.width(), below ? fixedY : fixedY - size.height()), size};
}

PaintCanvas::PaintCanvas(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Canvas"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
}

void PaintCanvas::setPicture(const PictureStack& picture) {
    const QImage image = pictureImage(picture, 0);
    const bool other = image.size() != image_.size();
    image_ = image;
    if (image_.isNull()) finish(true);
    if (other) {
        cursor_ = {image_.width() / 2, image_.height() / 2};
        updateGeometry();
    }
    describe();
    update();
}

void PaintCanvas::setEmptyText(const QString& text) {
    emptyText_ = text;
    update();
}

void PaintCanvas::setPaintable(bool paintable) {
    if (!paintable) finish(true);
    paintable_ = paintable;
    update();
}

void PaintCanvas::setBrushSize(int diameter) {
    brush_ = std::max(1, diameter);
    update();
}

void PaintCanvas::setTone(Tone tone) {
    tone_ = tone;
    update();
}

void PaintCanvas::setCursorPixel(QPoint pixel) {
    if (image_.isNull()) return;
    cursor_ = {std::clamp(pixel.x(), 0, image_.width() - 1), std::clamp(pixel.y(), 0, image_.height() - 1)};
    describe();
    update();
}

void PaintCanvas::setPixelWords(std::function<QString(QPoint)> words) {
    words_ = std::move(words);
    describe();
}

void PaintCanvas::setFrame(const std::optional<QRect>& frame, QSize natural) {
    if (frame && painting_) finish(true);
    frame_ = frame;
    if (!natural.isEmpty()) natural_ = natural;
    if (!frame_) {
        corner_ = -1;
        moving_ = false;
        unsetCursor();
    }
    describe();
    update();
}

QRectF PaintCanvas::pictureRect() const {
    if (image_.isNull()) return {};
    // Whole device pixels for each pixel, so that all of them are of one size.
    const qreal ratio = devicePixelRatioF();
    qreal scale = std::min((width() - 2) * ratio / image_.width(), (height() - 2) * ratio / image_.height());
    if (scale >= 1) scale = std::floor(scale);
    const QSizeF size = QSizeF(image_.size()) * scale / ratio;
    return {QPointF(std::floor((width() - size.width()) / 2), 1), size}; // close below its caption
}

QRectF PaintCanvas::pixelRect(QPoint pixel) const {
    const QRectF all = pictureRect();
    if (all.isEmpty()) return {};
    const qreal scale = all.width() / image_.width();
    return {all.left() + pixel.x() * scale, all.top() + pixel.y() * scale, scale, scale};
}

QPoint PaintCanvas::pixelAt(QPointF position) const {
    const QRectF all = pictureRect();
    if (all.isEmpty()) return {-1, -1};
    const qreal scale = all.width() / image_.width();
    return {static_cast<int>(std::floor((position.x() - all.left()) / scale)),
            static_cast<int>(std::floor((position.y() - all.top()) / scale))};
}

QSize PaintCanvas::sizeHint() const {
    return {theme::space(80), theme::space(80)};
}

QSize PaintCanvas::minimumSizeHint() const {
    return {theme::space(24), theme::space(24)};
}

void PaintCanvas::describe() {
    if (image_.isNull()) {
        setAccessibleDescription(emptyText_);
        return;
    }
    //: how wide and how high
    QString text = tr("%1 × %2 pixels.").arg(image_.width()).arg(image_.height());
    if (frame_)
        text += QLatin1Char(' ') +
                tr("A picture of %1 × %2 pixels is being placed at %3, %4. The arrow keys move "
                   "it, plus and minus scale it, Enter places it, Escape does not.")
                    .arg(frame_->width())
                    .arg(frame_->height())
                    .arg(frame_->left())
                    .arg(frame_->top());
    else
        text += QLatin1Char(' ') + tr("Cursor at %1, %2%3. The arrow keys move it, Space paints.")
                                       .arg(cursor_.x())
                                       .arg(cursor_.y())
                                       .arg(words_ ? QStringLiteral(": ") + words_(cursor_) : QString());
    setAccessibleDescription(text);
}

// Strokes
// ------------------------------------------------------------------------------------------------------------

void PaintCanvas::moveCursor(QPoint pixel) {
    const QPoint before = cursor_;
    setCursorPixel(pixel);
    if (cursor_ != before) Q_EMIT cursorMoved(cursor_);
}

void PaintCanvas::begin(QPoint at) {
    painting_ = true;
    last_ = at;
    Q_EMIT strokeBegan();
    Q_EMIT strokeAt(at);
}

void PaintCanvas::paintTo(QPoint pixel) {
    // The mouse reports some places; the brush goes through all between them.
    const QPoint way = pixel - last_;
    const int steps = std::max(std::abs(way.x()), std::abs(way.y()));
    const QPoint from = last_;
    last_ = pixel;
    for (int i = 1; i <= steps; ++i)
        Q_EMIT strokeAt(from +
                        QPoint(static_cast<int>(std::lround(static_cast<double>(way.x()) * i / steps)),
                               static_cast<int>(std::lround(static_cast<double>(way.y()) * i / steps))));
}

void PaintCanvas::finish(bool cancelled) {
    if (!painting_) return;
    painting_ = byKeys_ = false;
    if (cancelled)
        Q_EMIT strokeCancelled();
    else
        Q_EMIT strokeEnded();
}

void PaintCanvas::mousePressEvent(QMouseEvent* event) {
    const QPointF at = event->position();
    if (image_.isNull() || !paintable_) return QWidget::mousePressEvent(event);
    if (frame_) {
        if (event->button() != Qt::LeftButton) return;
        corner_ = cornerAt(at);
        moving_ = corner_ < 0 && frame_->contains(pixelAt(at));
        grabbed_ = pixelAt(at) - frame_->topLeft();
        return;
    }
    const QPoint pixel = pixelAt(at);
    const int margin = brush_ / 2;
    if (!image_.rect().adjusted(-margin, -margin, margin, margin).contains(pixel)) return;
    moveCursor(pixel);
    if (event->button() == Qt::RightButton && !painting_) Q_EMIT picked(cursor_);
    if (event->button() == Qt::LeftButton && !painting_) begin(pixel);
}

void PaintCanvas::mouseMoveEvent(QMouseEvent* event) {
    const QPointF at = event->position();
    const QPoint pixel = pixelAt(at);
    hover_ = image_.rect().contains(pixel);
    hoverPixel_ = pixel;
    Q_EMIT hovered(pixel, hover_);
    update();
    if (frame_) {
        if (corner_ >= 0) {
            // A corner lies between pixels: at the nearest of their edges.
            const QRectF one = pixelRect({0, 0});
            putFrame(
                scaledByCorner(*frame_, corner_,
                               QPoint(static_cast<int>(std::lround((at.x() - one.left()) / one.width())),
                                      static_cast<int>(std::lround((at.y() - one.top()) / one.height()))),
                               natural_));
        } else if (moving_) {
            putFrame(QRect(pixel - grabbed_, frame_->size()));
        } else {
            pointOutFrame(at);
        }
        return;
    }
    if (!painting_ || byKeys_ || !(event->buttons() & Qt::LeftButton) || pixel == last_) return;
    moveCursor(pixel);
    paintTo(pixel);
}

void PaintCanvas::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    corner_ = -1;
    moving_ = false;
    if (!byKeys_) finish(false);
}

void PaintCanvas::wheelEvent(QWheelEvent* event) {
    const int turn = event->angleDelta().y();
    if (!frame_ || turn == 0) return QWidget::wheelEvent(event);
    scaleFrame(turn > 0 ? 1 : -1);
    event->accept();
}

void PaintCanvas::leaveEvent(QEvent*) {
    hover_ = false;
    Q_EMIT hovered({-1, -1}, false);
    update();
}

// The frame
// ----------------------------------------------------------------------------------------------------------

void PaintCanvas::putFrame(const QRect& frame) {
    // Some of it stays over the picture, or nobody would find it again.
    QRect kept = frame;
    kept.moveLeft(std::clamp(kept.left(), 1 - kept.width(), image_.width() - 1));
    kept.moveTop(std::clamp(kept.top(), 1 - kept.height(), image_.height() - 1));
    if (!frame_ || kept == *frame_) return;
    setFrame(kept);
    Q_EMIT frameChanged(kept);
}

void PaintCanvas::scaleFrame(int by) {
    if (!frame_ || natural_.isEmpty()) return;
    const int width = std::clamp(frame_->width() + by, 1, 4 * std::max(image_.width(), image_.height()));
    const QSize size(width, std::max(1, static_cast<int>(std::lround(static_cast<double>(width) *
                                                                     natural_.height() / natural_.width()))));
    putFrame(QRect(frame_->topLeft(), size));
}

int PaintCanvas::cornerAt(QPointF position) const {
    if (!frame_) return -1;
    const QRectF area(pixelRect(frame_->topLeft()).topLeft(), pixelRect(frame_->bottomRight()).bottomRight());
    for (int i = 0; i < 4; ++i) {
        const QPointF away = position - cornerOf(area, i);
        if (std::max(std::abs(away.x()), std::abs(away.y())) <= handleSize()) return i;
    }
    return -1;
}

void PaintCanvas::pointOutFrame(QPointF position) {
    const int corner = cornerAt(position);
    if (corner >= 0)
        setCursor(corner % 2 ? Qt::SizeBDiagCursor : Qt::SizeFDiagCursor);
    else if (frame_->contains(pixelAt(position)))
        setCursor(Qt::SizeAllCursor);
    else
        unsetCursor();
}

// Keys
// ------------------------------------------------------------------------------------------------------------

bool PaintCanvas::usesKey(const QKeyEvent& key) const {
    if (image_.isNull() || !paintable_) return false;
    const Qt::KeyboardModifiers modifiers = key.modifiers() & ~Qt::KeypadModifier;
    switch (key.key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
        return modifiers == Qt::NoModifier || modifiers == Qt::ShiftModifier;
    case Qt::Key_Space:
    case Qt::Key_I:
        return modifiers == Qt::NoModifier && !frame_;
    case Qt::Key_BracketLeft:
    case Qt::Key_BracketRight:
        return !frame_;
    case Qt::Key_Escape:
        return frame_ || painting_;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Plus:
    case Qt::Key_Minus:
        return frame_.has_value();
    default:
        return false;
    }
}

bool PaintCanvas::moveByKey(const QKeyEvent& key) {
    const int step = key.modifiers() & Qt::ShiftModifier ? farStep : 1;
    QPoint way;
    if (key.key() == Qt::Key_Left) way = {-step, 0};
    if (key.key() == Qt::Key_Right) way = {step, 0};
    if (key.key() == Qt::Key_Up) way = {0, -step};
    if (key.key() == Qt::Key_Down) way = {0, step};
    if (way.isNull()) return false;
    if (frame_) {
        putFrame(frame_->translated(way));
        return true;
    }
    moveCursor(cursor_ + way);
    if (painting_ && byKeys_ && cursor_ != last_) paintTo(cursor_);
    return true;
}

bool PaintCanvas::event(QEvent* event) {
    // Whoever has shortcuts for these keys leaves them to the canvas while it has the focus.
    if (event->type() == QEvent::ShortcutOverride && usesKey(*static_cast<QKeyEvent*>(event))) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

void PaintCanvas::keyPressEvent(QKeyEvent* event) {
    if (!usesKey(*event)) return QWidget::keyPressEvent(event);
    if (moveByKey(*event)) return;
    switch (event->key()) {
    case Qt::Key_Space:
        if (event->isAutoRepeat() || painting_) break;
        byKeys_ = true;
        begin(cursor_);
        break;
    case Qt::Key_I:
        Q_EMIT picked(cursor_);
        break;
    case Qt::Key_BracketLeft:
        Q_EMIT brushSizeStepped(-1);
        break;
    case Qt::Key_BracketRight:
        Q_EMIT brushSizeStepped(1);
        break;
    case Qt::Key_Escape:
        if (frame_)
            Q_EMIT frameCancelled();
        else
            finish(true);
        break;
    case Qt::Key_Plus:
        scaleFrame(1);
        break;
    case Qt::Key_Minus:
        scaleFrame(-1);
        break;
    default:
        Q_EMIT frameAccepted();
    }
}

void PaintCanvas::keyReleaseEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat() && byKeys_)
        finish(false);
    else
        QWidget::keyReleaseEvent(event);
}

void PaintCanvas::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void PaintCanvas::focusOutEvent(QFocusEvent* event) {
    if (byKeys_) finish(false); // the key will be released elsewhere
    QWidget::focusOutEvent(event);
    update();
}

// How it looks
// ----------------------------------------------------------------------------------------------------

void PaintCanvas::drawFrame(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const QRectF area(pixelRect(frame_->topLeft()).topLeft(), pixelRect(frame_->bottomRight()).bottomRight());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.pictureGap, 3));
    painter.drawRect(area);
    painter.setPen(QPen(toneColor(tone_), 2, Qt::DashLine));
    painter.drawRect(area);
    const qreal half = handleSize() / 2.0;
    for (int i = 0; i < 4; ++i) {
        const QPointF at = cornerOf(area, i);
        painter.setPen(QPen(c.pictureGap, 1));
        painter.setBrush(toneColor(tone_));
        painter.drawRect(QRectF(at - QPointF(half, half), QSizeF(2 * half, 2 * half)));
    }
}

void PaintCanvas::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    const QRectF all = pictureRect();
    if (image_.isNull()) {
        const int side = std::min(width(), height()) - 2;
        const QRectF frame((width() - side) / 2.0, 1, side, side);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(c.line, 1, Qt::DashLine));
        painter.setBrush(c.card);
        painter.drawRoundedRect(frame, theme::space(1), theme::space(1));
        painter.setPen(c.faint);
        painter.setFont(theme::captionFont());
        painter.drawText(frame.adjusted(theme::space(3), 0, -theme::space(3), 0),
                         Qt::AlignCenter | Qt::TextWordWrap, emptyText_);
        return;
    }
    painter.drawImage(all, image_);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(hasFocus() && paintable_ ? c.training : c.line, hasFocus() && paintable_ ? 2 : 1));
    painter.drawRect(all.adjusted(-0.5, -0.5, 0.5, 0.5));
    if (!paintable_) return;
    if (frame_) {
        painter.setClipRect(rect());
        drawFrame(painter);
        return;
    }
    if (!hover_ && !hasFocus()) return;
    const QPoint at = hover_ ? hoverPixel_ : cursor_;
    QPainterPath outline;
    for (const QPoint pixel : brushDisc(brush_))
        outline.addRect(pixelRect(at + pixel));
    outline = outline.simplified();
    painter.setClipRect(all.adjusted(-2, -2, 2, 2));
    painter.setPen(QPen(c.pictureGap, 3));
    painter.drawPath(outline);
    painter.setPen(QPen(toneColor(tone_), 1.5));
    painter.drawPath(outline);
}

void PaintCanvas::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
