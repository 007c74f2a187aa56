// What the user does with a picture grid: choosing pictures and pixels, coming closer, moving about.
#include "views/picture_grid.h"

#include <QApplication>
#include <QEvent>
#include <QGestureEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double notch = 1.25; // of a wheel or a key
constexpr int closest = 16;    // theme spaces a pixel: room for its value in large letters

} // namespace

void PictureGrid::select(int index) {
    if (index < 0 || index >= count_ || index == selected_) return;
    selected_ = index;
    update();
    Q_EMIT pictureSelected(index);
}

// Mouse
// ------------------------------------------------------------------------------------------------------------

void PictureGrid::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !(selectable_ || zoom_ || pixelsSelectable_)) {
        QWidget::mousePressEvent(event);
        return;
    }
    pressed_ = true;
    dragging_ = false;
    pressedAt_ = draggedTo_ = event->position();
}

void PictureGrid::mouseMoveEvent(QMouseEvent* event) {
    const QPointF at = event->position();
    if (pressed_ && (event->buttons() & Qt::LeftButton)) {
        const bool far = (at - pressedAt_).manhattanLength() >= QApplication::startDragDistance();
        if (!dragging_ && far && factor() > 1) {
            dragging_ = true;
            setCursor(Qt::ClosedHandCursor);
        }
        if (!dragging_) return;
        const QSizeF frame(shownLayout().frame.size());
        const QPointF moved = draggedTo_ - at;
        zoom_->moveBy({moved.x() / frame.width() / factor(), moved.y() / frame.height() / factor()});
        draggedTo_ = at;
        return;
    }
    if (!pixelsSelectable_) {
        QWidget::mouseMoveEvent(event);
        return;
    }
    const auto place = pixelAt(at);
    if (place == pointed_) return;
    const PixelPlace none{-1, -1, -1};
    const PixelPlace& to = place ? *place : none;
    Q_EMIT pixelPointed(to.picture, to.row, to.column);
}

void PictureGrid::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !pressed_) {
        QWidget::mouseReleaseEvent(event);
        return;
    }
    pressed_ = false;
    if (dragging_) {
        dragging_ = false;
        setPixelsSelectable(pixelsSelectable_); // and its cursor
        return;
    }
    // A press that became no drag is a choice; where it began is what was meant.
    const auto place = pixelAt(pressedAt_);
    if (!place) return;
    // The pixel first: who keeps one pin for all pictures must see whether this is another picture's.
    if (pixelsSelectable_) Q_EMIT pixelPinned(place->picture, place->row, place->column);
    if (selectable_) select(place->picture);
}

void PictureGrid::mouseDoubleClickEvent(QMouseEvent* event) {
    pressed_ = false; // its release is no choice of its own
    const int index = pictureAt(event->position().toPoint());
    if (selectable_ && event->button() == Qt::LeftButton && index >= 0) Q_EMIT pictureActivated(index);
}

void PictureGrid::leaveEvent(QEvent* event) {
    if (pixelsSelectable_ && pointed_) Q_EMIT pixelPointed(-1, -1, -1);
    QWidget::leaveEvent(event);
}

void PictureGrid::zoomBy(double by, QPointF position) {
    const Layout l = shownLayout();
    const QSize picture = count_ == 0 ? placeholderPicture_ : picture_;
    const double block = std::min(l.cellWidth / static_cast<double>(picture.width()),
                                  l.cellHeight / static_cast<double>(picture.height()));
    zoom_->zoom(by, inView(position), theme::space(closest) / block, this);
}

void PictureGrid::wheelEvent(QWheelEvent* event) {
    const int delta = event->angleDelta().y();
    const bool back =
        delta < 0 && factor() == 1; // there is nothing to go back from: a scroll area may have it
    if (!zoom_ || count_ == 0 || delta == 0 || back) {
        QWidget::wheelEvent(event);
        return;
    }
    zoomBy(std::pow(notch, delta / 120.0), event->position());
    event->accept();
}

bool PictureGrid::pinch(QGestureEvent* event) {
    const auto* gesture = static_cast<QPinchGesture*>(event->gesture(Qt::PinchGesture));
    if (!gesture || !zoom_ || count_ == 0) return false;
    pressed_ = false; // what the first finger pressed
    if (gesture->changeFlags() & QPinchGesture::ScaleFactorChanged)
        zoomBy(gesture->scaleFactor(), mapFromGlobal(gesture->centerPoint()));
    const QPointF moved = gesture->lastCenterPoint() - gesture->centerPoint();
    if (gesture->changeFlags() & QPinchGesture::CenterPointChanged) {
        const QSizeF frame(shownLayout().frame.size());
        zoom_->moveBy({moved.x() / frame.width() / factor(), moved.y() / frame.height() / factor()});
    }
    event->accept(Qt::PinchGesture);
    return true;
}

// Keys
// ------------------------------------------------------------------------------------------------------------

void PictureGrid::bringIntoView(const QRectF& rect) {
    if (factor() == 1) return;
    const QRectF frame(shownLayout().frame);
    const auto place = [&](QPointF point) {
        return zoom_->fromView(
            {(point.x() - frame.left()) / frame.width(), (point.y() - frame.top()) / frame.height()});
    };
    zoom_->show(QRectF(place(rect.topLeft()), place(rect.bottomRight())));
}

bool PictureGrid::zoomKey(int key) {
    if (!zoom_ || count_ == 0) return false;
    switch (key) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: // + without Shift
    case Qt::Key_Minus: {
        // Towards what is looked at: a pixel, the selected picture, the middle.
        const auto at = pointed_ ? pointed_ : pinned_;
        QPointF about = QRectF(shownLayout().frame).center();
        if (at)
            about = pixelRect(*at).center();
        else if (selected_ >= 0 && selected_ < count_)
            about = pictureRect(layoutFor(count_, picture_), selected_).center();
        zoomBy(key == Qt::Key_Minus ? 1 / notch : notch, about);
        return true;
    }
    case Qt::Key_0:
        zoom_->reset();
        return true;
    case Qt::Key_Escape:
        if (!zoom_->active()) return false;
        zoom_->reset();
        return true;
    default:
        return false;
    }
}

bool PictureGrid::pixelKey(int key) {
    if (!pixelsSelectable_ || count_ == 0) return false;
    const int picture = std::clamp(selected_, 0, count_ - 1);
    PixelPlace to =
        pinned_.value_or(pointed_.value_or(PixelPlace{picture, picture_.height() / 2, picture_.width() / 2}));
    const bool nowhere = !pinned_ && !pointed_;
    switch (key) {
    case Qt::Key_Left:
        to.column -= nowhere ? 0 : 1;
        break;
    case Qt::Key_Right:
        to.column += nowhere ? 0 : 1;
        break;
    case Qt::Key_Up:
        to.row -= nowhere ? 0 : 1;
        break;
    case Qt::Key_Down:
        to.row += nowhere ? 0 : 1;
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        Q_EMIT pixelPinned(to.picture, to.row, to.column);
        return true;
    default:
        return false;
    }
    to.row = std::clamp(to.row, 0, picture_.height() - 1);
    to.column = std::clamp(to.column, 0, picture_.width() - 1);
    if (pinned_ && to == pinned_) return true;
    if (pinned_)
        Q_EMIT pixelPinned(to.picture, to.row, to.column);
    else
        Q_EMIT pixelPointed(to.picture, to.row, to.column);
    bringIntoView(pixelRect(to));
    return true;
}

bool PictureGrid::pictureKey(int key) {
    if (!selectable_ || count_ == 0) return false;
    const int columns = layoutFor(count_, picture_).columns;
    const int from = std::max(0, selected_);
    const auto go = [this, from](int by) {
        if (count_ == 1)
            Q_EMIT neighbourRequested(by);
        else
            select(from + by);
    };
    switch (key) {
    case Qt::Key_Left:
        go(-1);
        break;
    case Qt::Key_Right:
        go(1);
        break;
    case Qt::Key_Up:
        go(-columns);
        break;
    case Qt::Key_Down:
        go(columns);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (count_ == 1)
            Q_EMIT pictureActivated(0);
        else if (selected_ >= 0 && selected_ < count_)
            Q_EMIT pictureActivated(selected_);
        return true;
    default:
        return false;
    }
    if (selected_ >= 0 && selected_ < count_)
        bringIntoView(pictureRect(layoutFor(count_, picture_), selected_));
    return true;
}

void PictureGrid::keyPressEvent(QKeyEvent* event) {
    const Qt::KeyboardModifiers modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const bool shifted = modifiers == Qt::ShiftModifier;
    if (shifted && pixelKey(event->key())) return;
    if ((modifiers == Qt::NoModifier || shifted) && zoomKey(event->key())) return;
    if (modifiers == Qt::NoModifier && pictureKey(event->key())) return;
    QWidget::keyPressEvent(event);
}

void PictureGrid::focusInEvent(QFocusEvent* event) {
    // A ring around the whole grid helps whoever came by keyboard; after a click it would only be in the way.
    tabbed_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
    update();
}

void PictureGrid::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

bool PictureGrid::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !hoverTexts_.isEmpty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = pictureAt(help->pos());
        if (index >= 0 && index < hoverTexts_.size())
            QToolTip::showText(help->globalPos(), hoverTexts_.at(index), this, pictureRect(index));
        else
            QToolTip::hideText();
        return true;
    }
    if (event->type() == QEvent::Gesture && pinch(static_cast<QGestureEvent*>(event))) return true;
    if (event->type() == QEvent::NativeGesture && zoom_ && count_ > 0) { // of a touch pad
        const auto* native = static_cast<QNativeGestureEvent*>(event);
        if (native->gestureType() == Qt::ZoomNativeGesture) {
            zoomBy(1 + native->value(), native->position());
            return true;
        }
    }
    return QWidget::event(event);
}

} // namespace ddpm::ui
