#include "stages/denoise/tools/encode_curve.h"

#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/difference.h"
#include "views/plot_menu.h"

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
    PlotMenu::addTo(*this);
}

void EncodeCurve::setTimesteps(int timesteps) {
    timesteps_ = std::max(2, timesteps);
    update();
}

void EncodeCurve::setDepths(const std::map<int, double>& lossByDepth) {
    depths_ = lossByDepth;
    update();
}

void EncodeCurve::setCurrent(int t) {
    if (t == current_) return;
    current_ = t;
    update();
}

QString EncodeCurve::plotDescription() const {
    QStringList words;
    for (const auto& [t, loss] : depths_)
        words << tr("t = %1: %2").arg(t).arg(loss, 0, 'f', 3);
    return depths_.empty() ? tr("No depth was tried yet") : words.join(QStringLiteral("; "));
}

std::vector<NumberColumn> EncodeCurve::numbers() const {
    std::vector<NumberColumn> columns{{"t", {}}, {"rms", {}}};
    for (const auto& [t, loss] : depths_) {
        columns[0].values.emplace_back(t);
        columns[1].values.emplace_back(loss);
    }
    return columns;
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

QRectF EncodeCurve::plotRect(QSizeF size) {
    const QFontMetricsF metrics(theme::captionFont());
    const qreal left = metrics.horizontalAdvance(QStringLiteral("0.05")) + theme::space(2);
    const qreal above = metrics.height(), below = metrics.height() + theme::space(1);
    return {left, above, std::max(10.0, size.width() - left - theme::space(4)),
            std::max(10.0, size.height() - above - below)};
}

double EncodeCurve::xOf(int t, const QRectF& plot) const {
    return plot.left() + plot.width() * (t - 1) / (timesteps_ - 1);
}

QPointF EncodeCurve::pointOf(int t, double loss, const QRectF& plot) const {
    return {xOf(t, plot), plot.bottom() - plot.height() * std::min(1.0, loss / top())};
}

QPointF EncodeCurve::pointOf(int t) const {
    const auto found = depths_.find(t);
    return found == depths_.end() ? QPointF() : pointOf(t, found->second, plotRect(size()));
}

void EncodeCurve::draw(QPainter& painter, QSizeF size) const {
    const theme::Colors& c = theme::colors();
    const QFontMetricsF metrics(theme::captionFont());
    const QRectF plot = plotRect(size);
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
    const qreal base = size.height() - metrics.descent();
    for (int i = 0; i <= ticks; ++i) {
        const int t = std::max(1, timesteps_ * i / ticks);
        const QString text = QString::number(t);
        const qreal wide = metrics.horizontalAdvance(text);
        painter.drawText(QPointF(std::clamp(xOf(t, plot) - wide / 2, 0.0, size.width() - wide), base), text);
    }
    painter.drawText(
        QPointF(xOf(timesteps_ / ticks / 2, plot) - metrics.horizontalAdvance(QLatin1Char('t')) / 2, base),
        QStringLiteral("t"));
    QPainterPath line;
    for (const auto& [t, loss] : depths_) {
        const QPointF at = pointOf(t, loss, plot);
        line.elementCount() == 0 ? line.moveTo(at) : line.lineTo(at);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.reverse, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(line);
    for (const auto& [t, loss] : depths_) {
        painter.setPen(QPen(c.card, 2));
        painter.setBrush(c.reverse);
        painter.drawEllipse(pointOf(t, loss, plot), theme::space(1), theme::space(1));
    }
}

void EncodeCurve::drawHere(QPainter& painter, const QRectF& plot) const {
    const theme::Colors& c = theme::colors();
    const qreal x = std::round(xOf(current_, plot)) + 0.5;
    painter.setPen(QPen(c.muted, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    const auto here = depths_.find(current_);
    if (here == depths_.end()) return;
    const QPointF at = pointOf(current_, here->second, plot);
    painter.setPen(QPen(c.card, 2));
    painter.setBrush(c.reverse);
    painter.drawEllipse(at, theme::space(1) * 1.5, theme::space(1) * 1.5);
    // Beside the dashed line, on the card's ground, so that the curve does not run through it.
    const QFontMetricsF metrics(theme::numberFont());
    const QString text = readOut(here->second);
    const qreal wide = metrics.horizontalAdvance(text), gap = theme::space(2);
    const qreal left = x + gap + wide < plot.right() ? x + gap : x - gap - wide;
    const qreal above = at.y() - theme::space(3) - metrics.height();
    const QRectF room(left, above > 0 ? above : at.y() + theme::space(3), wide, metrics.height());
    painter.fillRect(room.adjusted(-2, 0, 2, 0), c.card);
    painter.setFont(theme::numberFont());
    painter.setPen(c.text);
    painter.drawText(room, Qt::AlignCenter, text);
}

void EncodeCurve::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    const QRectF plot = plotRect(size());
    draw(painter, size());
    if (depths_.empty()) {
        painter.setPen(c.faint);
        painter.drawText(plot, Qt::AlignCenter, tr("A point for every depth that is tried"));
    } else if (current_ > 0) {
        drawHere(painter, plot);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.training, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), theme::space(1), theme::space(1));
    }
}

void EncodeCurve::drawPlot(QPainter& painter, QSizeF size) {
    const qreal edge = theme::space(3); // a drawing keeps some paper around it
    painter.save();
    painter.translate(edge, edge);
    draw(painter, {size.width() - 2 * edge, size.height() - 2 * edge});
    painter.restore();
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
