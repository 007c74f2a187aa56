#include "stages/denoise/tools/encode_curve.h"

#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/difference.h"

#include <QEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int reach = 3; // of the mouse, in eighth-steps of the theme
constexpr int ticks = 5;

} // namespace

EncodeCurve::EncodeCurve(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("What is lost, by depth"));
    setFocusPolicy(Qt::StrongFocus);
    setToolTip(tr("Each depth that was tried; a click, or the arrow keys, goes back to one"));
    describe();
}

void EncodeCurve::setTimesteps(int timesteps) {
    timesteps_ = std::max(2, timesteps);
    update();
}

void EncodeCurve::setDepths(const std::map<int, double>& lossByDepth) {
    depths_ = lossByDepth;
    describe();
    update();
}

void EncodeCurve::setCurrent(int t) {
    if (t == current_) return;
    current_ = t;
    describe();
    update();
}

void EncodeCurve::describe() {
    QStringList words;
    for (const auto& [t, loss] : depths_)
        words << tr("t = %1: %2").arg(t).arg(loss, 0, 'f', 3);
    setAccessibleDescription(depths_.empty() ? tr("No depth was tried yet")
                                             : words.join(QStringLiteral("; ")));
}

QSize EncodeCurve::sizeHint() const {
    return {theme::space(60), theme::space(30)};
}

QSize EncodeCurve::minimumSizeHint() const {
    return {theme::space(40), theme::space(14)};
}

double EncodeCurve::top() const {
    double largest = 0;
    for (const auto& [t, loss] : depths_)
        largest = std::max(largest, loss);
    return depths_.empty() ? 1 : roundRange(largest);
}

QRectF EncodeCurve::plotRect() const {
    const QFontMetricsF metrics(theme::captionFont());
    const qreal left = metrics.horizontalAdvance(QStringLiteral("0.05")) + theme::space(2);
    const qreal above = metrics.height(), below = metrics.height() + theme::space(1);
    return {left, above, std::max(10.0, width() - left - theme::space(4)),
            std::max(10.0, height() - above - below)};
}

double EncodeCurve::xOf(int t) const {
    const QRectF plot = plotRect();
    return plot.left() + plot.width() * (t - 1) / (timesteps_ - 1);
}

QPointF EncodeCurve::pointOf(int t) const {
    const auto found = depths_.find(t);
    if (found == depths_.end()) return {};
    const QRectF plot = plotRect();
    return {xOf(t), plot.bottom() - plot.height() * std::min(1.0, found->second / top())};
}

void EncodeCurve::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    const QFontMetricsF metrics(theme::captionFont());
    const QRectF plot = plotRect();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme::captionFont());
    for (const double part : {0.0, 0.5, 1.0}) {
        if (part == 0.5 && plot.height() < 2.2 * metrics.height()) continue; // its words would lie on others
        const qreal y = std::round(plot.bottom() - part * plot.height()) + 0.5;
        painter.setPen(QPen(c.grid, 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(c.faint);
        painter.drawText(QRectF(0, y - metrics.height() / 2, plot.left() - theme::space(1), metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, QLocale::c().toString(part * top(), 'g', 3));
    }
    for (int i = 0; i <= ticks; ++i) {
        const int t = std::max(1, timesteps_ * i / ticks);
        const QString text = QString::number(t);
        const qreal wide = metrics.horizontalAdvance(text);
        painter.drawText(
            QPointF(std::clamp(xOf(t) - wide / 2, 0.0, width() - wide), height() - metrics.descent()), text);
    }
    painter.drawText(QPointF(xOf(timesteps_ / ticks / 2) - metrics.horizontalAdvance(QLatin1Char('t')) / 2,
                             height() - metrics.descent()),
                     QStringLiteral("t"));
    if (current_ > 0 && !depths_.empty()) {
        const qreal x = std::round(xOf(current_)) + 0.5;
        painter.setPen(QPen(c.muted, 1, Qt::DashLine));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    }
    if (depths_.empty()) {
        painter.setPen(c.faint);
        painter.drawText(plot, Qt::AlignCenter, tr("A point for every depth that is tried"));
    }
    QPainterPath line;
    for (const auto& [t, loss] : depths_) {
        const QPointF at = pointOf(t);
        line.elementCount() == 0 ? line.moveTo(at) : line.lineTo(at);
    }
    painter.setPen(QPen(c.reverse, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(line);
    for (const auto& [t, loss] : depths_) {
        const double size = t == current_ ? theme::space(1) * 1.5 : theme::space(1);
        painter.setPen(QPen(c.card, 2));
        painter.setBrush(c.reverse);
        painter.drawEllipse(pointOf(t), size, size);
    }
    if (const auto here = depths_.find(current_); here != depths_.end()) {
        const QString text = readOut(here->second);
        const QPointF at = pointOf(current_);
        const QFontMetricsF numbers(theme::numberFont());
        const qreal wide = numbers.horizontalAdvance(text);
        const qreal left = at.x() + theme::space(3) + wide < width() ? at.x() + theme::space(3)
                                                                     : at.x() - theme::space(3) - wide;
        painter.setFont(theme::numberFont());
        painter.setPen(c.text);
        painter.drawText(QPointF(left, std::max(numbers.ascent(), at.y() - theme::space(1))), text);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.training, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), theme::space(1), theme::space(1));
    }
}

void EncodeCurve::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return QWidget::mousePressEvent(event);
    int nearest = 0;
    double least = theme::space(reach);
    for (const auto& [t, loss] : depths_) {
        const double away = std::abs(event->position().x() - xOf(t));
        if (away > least) continue;
        least = away;
        nearest = t;
    }
    if (nearest > 0) Q_EMIT depthRequested(nearest);
}

void EncodeCurve::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Right) {
        const auto next = depths_.upper_bound(current_);
        if (next != depths_.end()) Q_EMIT depthRequested(next->first);
    } else if (event->key() == Qt::Key_Left) {
        const auto here = depths_.lower_bound(current_);
        if (here != depths_.begin()) Q_EMIT depthRequested(std::prev(here)->first);
    } else {
        QWidget::keyPressEvent(event);
    }
}

void EncodeCurve::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void EncodeCurve::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

void EncodeCurve::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
