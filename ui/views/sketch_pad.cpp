#include "views/sketch_pad.h"

#include "views/picture_image.h"
#include "views/tone.h"

#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace ddpm::ui {
namespace {

constexpr double keyStep = 0.05, fineKeyStep = 0.01; // data units
constexpr int dotsForEachPoint = 2;

/// Two numbers of N(0, 1) that belong to (index), the same at every repaint.
QPointF scatter(std::uint64_t index) {
    const auto mixed = [](std::uint64_t z) { // splitmix64
        z += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
    };
    const double radius = std::sqrt(-2 * std::log(1 - mixed(2 * index)));
    const double angle = 2 * std::numbers::pi * mixed(2 * index + 1);
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

} // namespace

SketchPad::SketchPad(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setCursor(Qt::CrossCursor);
    setAccessibleName(tr("Canvas"));
    tell();
}

void SketchPad::setSketch(const std::vector<float>& sketch, std::size_t most) {
    most_ = most;
    strokes_.setSample(sketch);
    sketch_ = sketch;
    tell();
    update();
}

void SketchPad::goOnWith(const std::vector<float>& sketch) {
    strokes_.replaceBySample(sketch);
    sketch_ = sketch;
    tell();
    update();
    Q_EMIT changed();
}

void SketchPad::setWeight(double weight) {
    weight_ = weight;
}

void SketchPad::setSpread(double sigma) {
    spread_ = sigma;
    inkRevision_ = -1;
    update();
}

void SketchPad::addShape(std::vector<SketchStroke> strokes) {
    strokes_.add(std::move(strokes));
    sketch_ = strokes_.sample(most_);
    tell();
    Q_EMIT changed();
}

void SketchPad::setErasing(bool on) {
    if (erasing_ == on) return;
    liftPen();
    erasing_ = on;
    update();
    Q_EMIT erasingChanged(on);
}

// Geometry
// ---------------------------------------------------------------------------------------------------------

QRectF SketchPad::canvas() const {
    const int side = std::min(width(), height());
    return QRectF((width() - side) / 2, (height() - side) / 2, side, side);
}

QPointF SketchPad::toWidget(QPointF point) const {
    const QRectF square = canvas();
    return {square.left() + (point.x() + 1) / 2 * square.width(),
            square.top() + (1 - point.y()) / 2 * square.height()};
}

QPointF SketchPad::fromWidget(QPointF place) const {
    const QRectF square = canvas();
    if (square.isEmpty()) return {};
    return {std::clamp((place.x() - square.left()) / square.width() * 2 - 1, -1.0, 1.0),
            std::clamp(1 - (place.y() - square.top()) / square.height() * 2, -1.0, 1.0)};
}

QSize SketchPad::sizeHint() const {
    return {theme::space(115), theme::space(115)};
}

QSize SketchPad::minimumSizeHint() const {
    return {theme::space(60), theme::space(60)};
}

// Gestures
// ---------------------------------------------------------------------------------------------------------

void SketchPad::press(QPointF at, bool erase) {
    rubbing_ = erase;
    last_ = at;
    if (erase) {
        strokes_.beginErasing();
        strokes_.erase(at, at, eraserRadius);
    } else {
        strokes_.begin(at, weight_);
    }
    update();
}

void SketchPad::move(QPointF to) {
    if (rubbing_)
        strokes_.erase(last_, to, eraserRadius);
    else
        strokes_.extend(to);
    last_ = to;
    update();
}

void SketchPad::release() {
    if (rubbing_)
        strokes_.endErasing();
    else
        strokes_.end();
    sketch_ = strokes_.sample(most_);
    tell();
    update();
    Q_EMIT changed();
}

void SketchPad::mousePressEvent(QMouseEvent* event) {
    const bool left = event->button() == Qt::LeftButton, right = event->button() == Qt::RightButton;
    if ((!left && !right) || pressed_) return QWidget::mousePressEvent(event);
    liftPen();
    keys_ = false;
    pressed_ = true;
    press(fromWidget(event->position()), right || erasing_);
}

void SketchPad::mouseMoveEvent(QMouseEvent* event) {
    hovered_ = true;
    hover_ = fromWidget(event->position());
    if (pressed_) move(hover_);
    update();
}

void SketchPad::mouseReleaseEvent(QMouseEvent* event) {
    if (!pressed_ || (event->buttons() & (Qt::LeftButton | Qt::RightButton))) return;
    pen_ = fromWidget(event->position());
    move(pen_);
    pressed_ = false;
    release();
}

void SketchPad::leaveEvent(QEvent*) {
    hovered_ = false;
    update();
}

void SketchPad::movePen(QPointF by) {
    keys_ = true;
    pen_ = {std::clamp(pen_.x() + by.x(), -1.0, 1.0), std::clamp(pen_.y() + by.y(), -1.0, 1.0)};
    if (penDown_) move(pen_);
    tell();
    update();
}

void SketchPad::liftPen() {
    if (!penDown_) return;
    penDown_ = false;
    release();
}

void SketchPad::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Undo)) return undo();
    if (event->matches(QKeySequence::Redo) ||
        (event->key() == Qt::Key_Y && event->modifiers() == Qt::ControlModifier))
        return redo();
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const double step = modifiers == Qt::ShiftModifier ? fineKeyStep : keyStep;
    if (pressed_ || (modifiers != Qt::NoModifier && modifiers != Qt::ShiftModifier))
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
        return movePen({-step, 0});
    case Qt::Key_Right:
        return movePen({step, 0});
    case Qt::Key_Up:
        return movePen({0, step});
    case Qt::Key_Down:
        return movePen({0, -step});
    case Qt::Key_Space:
        if (event->isAutoRepeat()) return;
        keys_ = true;
        if (penDown_) return liftPen();
        penDown_ = true;
        press(pen_, erasing_);
        return tell();
    case Qt::Key_E:
        return setErasing(!erasing_);
    case Qt::Key_Escape:
        if (penDown_) return liftPen();
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void SketchPad::focusOutEvent(QFocusEvent* event) {
    liftPen();
    QWidget::focusOutEvent(event);
    update();
}

void SketchPad::undo() {
    if (pressed_) return;
    liftPen();
    if (!strokes_.canUndo()) return;
    strokes_.undo();
    sketch_ = strokes_.sample(most_);
    tell();
    update();
    Q_EMIT changed();
}

void SketchPad::redo() {
    if (pressed_) return;
    liftPen();
    if (!strokes_.canRedo()) return;
    strokes_.redo();
    sketch_ = strokes_.sample(most_);
    tell();
    update();
    Q_EMIT changed();
}

void SketchPad::clear() {
    if (pressed_) return;
    liftPen();
    strokes_.clear();
    sketch_.clear();
    tell();
    update();
    Q_EMIT changed();
}

void SketchPad::tell() {
    const QString what = tr("%n stroke(s), %1 points.", nullptr, static_cast<int>(strokes_.strokes().size()))
                             .arg(sketch_.size() / 2);
    const QString where = tr("The pen is %1 at x %2, y %3.")
                              .arg(penDown_ ? tr("down") : tr("up"))
                              .arg(pen_.x(), 0, 'f', 2)
                              .arg(pen_.y(), 0, 'f', 2);
    setAccessibleDescription(tr("%1 %2 Arrows move it, Space puts it down or lifts it.").arg(what, where));
}

// Drawing
// ---------------------------------------------------------------------------------------------------------

void SketchPad::drawStrokes(QPainter& painter) {
    const QRectF square = canvas();
    const qreal ratio = devicePixelRatioF();
    const QSize pixels = (square.size() * ratio).toSize();
    const qreal sigma = spread_ / 2 * square.width();
    QColor band = theme::colors().training;
    for (const SketchStroke& stroke : strokes_.strokes()) {
        band.setAlphaF(static_cast<float>(std::clamp(0.16 * std::sqrt(stroke.weight), 0.08, 0.32)));
        painter.setPen(QPen(band, 4 * sigma, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        QPolygonF line;
        for (qsizetype i = 0; i < stroke.path.size(); ++i) {
            const QPointF at = toWidget(stroke.path[i]);
            const bool seen =
                line.isEmpty() || i + 1 == stroke.path.size() || (at - line.last()).manhattanLength() > 3;
            if (seen) line.append(at);
        }
        if (line.size() == 1) line.append(line.first() + QPointF(0.01, 0));
        painter.drawPolyline(line);
    }
    // Some of the data that this will become, spread as they will be.
    if (ink_.size() != pixels || inkRevision_ != strokes_.revision()) {
        const bool moving = strokes_.drawing() || pressed_ || penDown_;
        const std::vector<float> places = moving ? strokes_.sample(most_) : sketch_;
        PointCloud dots;
        for (std::size_t i = 0; i < places.size() / 2; ++i)
            for (int k = 0; k < dotsForEachPoint; ++k) {
                const QPointF off = scatter(i * dotsForEachPoint + static_cast<std::size_t>(k));
                dots.xy.push_back(places[2 * i] + static_cast<float>(spread_ * off.x()));
                dots.xy.push_back(places[2 * i + 1] + static_cast<float>(spread_ * off.y()));
            }
        ink_ = cloudImage(dots, pixels, 1, theme::colors().text, 1.15 * theme::scale() * ratio, 0.6);
        inkRevision_ = strokes_.revision();
    }
    painter.drawImage(square, ink_);
}

void SketchPad::drawPen(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const bool byKeys = keys_ && hasFocus();
    if (!byKeys && !hovered_) return;
    const QPointF at = toWidget(byKeys ? pen_ : hover_);
    const bool rubs = pressed_ ? rubbing_ : erasing_;
    painter.setBrush(Qt::NoBrush);
    if (rubs) {
        const qreal radius = eraserRadius / 2 * canvas().width();
        painter.setPen(QPen(c.warning, 1.5, byKeys && !penDown_ ? Qt::DashLine : Qt::SolidLine));
        painter.drawEllipse(at, radius, radius);
        if (!byKeys) return;
    } else if (!byKeys) {
        return; // the mouse has a cursor of its own
    }
    const qreal arm = theme::space(3), gap = theme::space(1);
    painter.setPen(QPen(c.training, 2, Qt::SolidLine, Qt::RoundCap));
    for (const QPointF way : {QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)})
        painter.drawLine(at + gap * way, at + arm * way);
    if (penDown_) painter.setBrush(c.training);
    painter.drawEllipse(at, gap, gap);
}

void SketchPad::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF square = canvas();
    const qreal round = theme::space(1) * 1.5;
    QPainterPath frame;
    frame.addRoundedRect(square.adjusted(1, 1, -1, -1), round, round);
    painter.fillPath(frame, theme::isDark() ? c.pictureGap : c.card);
    painter.save();
    painter.setClipPath(frame);
    painter.setPen(QPen(c.grid, 1, Qt::DotLine));
    for (const double at : {-0.5, 0.5}) {
        painter.drawLine(toWidget({-1, at}), toWidget({1, at}));
        painter.drawLine(toWidget({at, -1}), toWidget({at, 1}));
    }
    painter.setPen(QPen(c.grid, 1));
    painter.drawLine(toWidget({-1, 0}), toWidget({1, 0}));
    painter.drawLine(toWidget({0, -1}), toWidget({0, 1}));
    if (strokes_.empty()) {
        painter.setPen(c.faint);
        painter.setFont(theme::textFont());
        painter.drawText(square.adjusted(theme::space(8), 0, -theme::space(8), -square.height() / 4),
                         Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Press and drag to draw.\nThe net learns to put points where the pen was."));
    } else {
        drawStrokes(painter);
    }
    drawPen(painter);
    painter.restore();
    painter.setPen(QPen(hasFocus() ? c.training : c.line, hasFocus() ? 2 : 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(frame);
}

void SketchPad::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        inkRevision_ = -1;
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
