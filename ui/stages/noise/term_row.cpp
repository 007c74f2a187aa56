#include "stages/noise/term_row.h"

#include "theme/theme.h"
#include "views/picture_image.h"

#include <QEvent>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double equationScale = 1.15, mostGrowth = 1.4, leastSize = 0.6;
constexpr double keptBesideName = 0.85; // of its size

} // namespace

TermRow::TermRow(const QString& name, QWidget* parent) : QWidget(parent), name_(name) {
    setAccessibleName(name);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TermRow::setPicture(const QImage& image) {
    image_ = image;
    points_ = {};
    update();
}

void TermRow::setPoints(const PointCloud& points, double range) {
    image_ = {};
    points_ = points;
    range_ = range;
    update();
}

void TermRow::clearPicture() {
    setPicture({});
}

void TermRow::setEquation(math::Expr equation, const QString& words) {
    equation_ = std::move(equation);
    setAccessibleDescription(words);
    update();
}

void TermRow::setLit(bool lit) {
    if (lit_ == lit) return;
    lit_ = lit;
    update();
}

QSize TermRow::sizeHint() const {
    return {theme::space(110), theme::space(14)};
}

QSize TermRow::minimumSizeHint() const {
    return {theme::space(60), theme::space(10)};
}

QRectF TermRow::pictureRect() const {
    const qreal edge = theme::space(1) / 2.0, side = std::min<qreal>(height() - 2 * edge, theme::space(22));
    return {theme::space(3) + 0.0, (height() - side) / 2, side, side};
}

double TermRow::nameWidth() const {
    return QFontMetricsF(theme::captionFont()).horizontalAdvance(name_);
}

double TermRow::room() const {
    return width() - pictureRect().right() - theme::space(4 + 2);
}

double TermRow::fittingScale() const {
    if (!equation_) return equationScale;
    const math::Size full = math::measure(equation_, equationScale);
    // The name gives way before the equation gets small.
    const double named = room() - nameWidth() - theme::space(4),
                 free = full.width * keptBesideName <= named ? named : room();
    return equationScale *
           std::clamp(std::min(free / full.width, 0.75 * height() / (full.ascent + full.descent)), leastSize,
                      mostGrowth);
}

void TermRow::setScaleSource(std::function<double()> scale) {
    scale_ = std::move(scale);
}

void TermRow::drawPicture(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const QRectF rect = pictureRect();
    QPainterPath frame;
    frame.addRoundedRect(rect, theme::space(1), theme::space(1));
    const bool cloud = !points_.empty(), empty = !cloud && image_.isNull();
    painter.fillPath(frame, empty || (cloud && !theme::isDark()) ? c.card : c.pictureGap);
    if (!empty) {
        painter.save();
        painter.setClipPath(frame);
        if (cloud) {
            const qreal ratio = devicePixelRatioF();
            painter.drawImage(rect, cloudImage(points_, (rect.size() * ratio).toSize(), range_, c.forward,
                                               0.8 * ratio, 0.5));
        } else {
            painter.drawImage(rect, image_);
        }
        painter.restore();
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.line, 1, empty ? Qt::DashLine : Qt::SolidLine));
    painter.drawPath(frame);
}

void TermRow::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (lit_) {
        QColor ground = c.forward;
        ground.setAlphaF(0.16F);
        painter.setPen(Qt::NoPen);
        painter.setBrush(ground);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0, 0.5, 0, -0.5), theme::space(1), theme::space(1));
        painter.setBrush(c.forward);
        painter.drawRoundedRect(QRectF(0, 3, 3, height() - 6), 1.5, 1.5);
    }
    drawPicture(painter);
    if (!equation_) return;
    const double scale = scale_ ? scale_() : fittingScale();
    const math::Size size = math::measure(equation_, scale);
    math::draw(
        painter, equation_,
        {pictureRect().right() + theme::space(4), (height() - size.ascent - size.descent) / 2 + size.ascent},
        scale, c.text);
    if (size.width + theme::space(4) + nameWidth() > room()) return;
    const QFontMetricsF metrics(theme::captionFont());
    painter.setFont(theme::captionFont());
    painter.setPen(lit_ ? c.forward : c.muted);
    painter.drawText(QPointF(width() - theme::space(2) - nameWidth(),
                             height() / 2.0 + (metrics.ascent() - metrics.descent()) / 2),
                     name_);
}

void TermRow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
