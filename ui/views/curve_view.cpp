#include "views/curve_view.h"

#include "views/clipped_line.h"
#include "views/plot_menu.h"

#include <QEvent>
#include <QFontMetrics>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {
namespace {

/// 1, 2 or 5 times a power of ten, so that about `wanted` of them make up `span`.
double niceStep(double span, int wanted) {
    const double raw = span / std::max(1, wanted), power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double part : {1.0, 2.0, 5.0})
        if (part * power >= raw * 0.999) return part * power;
    return 10 * power;
}

QString tickText(double value, bool power) {
    if (value == 0) return QStringLiteral("0");
    if (power) {
        const int exponent = static_cast<int>(std::lround(std::log10(value)));
        if (std::abs(value / std::pow(10.0, exponent) - 1) > 0.01)
            return QLocale::c().toString(value, 'g', 3);
        if (exponent == 0) return QStringLiteral("1");
        static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
        QString text = QStringLiteral("10");
        if (exponent < 0) text += QChar(0x207B);
        const QString plain = QString::number(std::abs(exponent));
        for (const QChar digit : plain)
            text += digits.at(digit.digitValue());
        return text;
    }
    return QLocale::c().toString(value, 'g', 3);
}

/// The values of 1, 2 and 5 times a power of ten around `low` and `high`, which are positive.
std::vector<double> ticksWithin(double low, double high) {
    std::vector<double> ticks;
    for (int exponent = static_cast<int>(std::floor(std::log10(low))) - 1;
         ticks.empty() || ticks.back() < high * 0.999; ++exponent)
        for (const double part : {1.0, 2.0, 5.0}) {
            const double tick = part * std::pow(10.0, exponent);
            if (!ticks.empty() && ticks.back() >= high * 0.999) break;
            if (tick <= low * 1.001) ticks.clear(); // the last one below is where the axis begins
            ticks.push_back(tick);
        }
    return ticks;
}

int tickGap() {
    return theme::space(1);
}

} // namespace

QString readOut(double value) {
    if (!std::isfinite(value)) return QStringLiteral("–");
    const double size = std::abs(value);
    if (value == 0) return QStringLiteral("0.0000");
    int decimals = 1;
    if (size < 1e-4 || size >= 1e5) {
        QString text = QString::number(value, 'e', 2);
        return text.replace(QLatin1String("e-0"), QLatin1String("e-"))
            .replace(QLatin1String("e+0"), QLatin1String("e"))
            .replace(QLatin1Char('-'), QChar(0x2212));
    }
    if (size < 0.01)
        decimals = 6;
    else if (size < 0.1)
        decimals = 5;
    else if (size < 10)
        decimals = 4;
    else if (size < 100)
        decimals = 3;
    else if (size < 1000)
        decimals = 2;
    return QString::number(value, 'f', decimals).replace(QLatin1Char('-'), QChar(0x2212));
}

double CurveView::Axis::part(double value) const {
    if (log) return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
    return (value - low) / (high - low);
}

CurveView::CurveView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Curves"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::SizeHorCursor);
    PlotMenu::addTo(*this);
}

void CurveView::setCurves(std::vector<Curve> curves) {
    curves_ = std::move(curves);
    hasRight_ = std::any_of(curves_.begin(), curves_.end(), [](const Curve& c) { return c.rightAxis; });
    left_ = axisFor(false);
    right_ = axisFor(true);
    still_ = {};
    update();
}

QString CurveView::description() const {
    if (curves_.empty()) return tr("No curves yet");
    const QString x = tickWords_ ? tickWords_(cursor_) : QString::number(cursor_);
    //: "t = 250"
    QStringList words{xName_.isEmpty() ? x : tr("%1 = %2").arg(xName_, x)};
    for (const Curve& curve : curves_) {
        const auto index = static_cast<long>(cursor_) - curve.firstX;
        const bool known = index >= 0 && index < static_cast<long>(curve.values.size());
        //: the name of a curve and its value there
        words << tr("%1 %2").arg(curve.name, known ? readOut(curve.values[static_cast<std::size_t>(index)])
                                                   : tr("has no value"));
    }
    return words.join(QStringLiteral(", "));
}

void CurveView::setXRange(int first, int last) {
    firstX_ = first;
    lastX_ = std::max(first + 1, last);
    cursor_ = std::clamp(cursor_, firstX_, lastX_);
    still_ = {};
    update();
}

void CurveView::setLogScale(bool log) {
    log_ = log;
    left_ = axisFor(false);
    still_ = {};
    update();
}

void CurveView::setCursorPosition(int x) {
    const int clamped = std::clamp(x, firstX_, lastX_);
    if (clamped == cursor_) return;
    cursor_ = clamped;
    update();
}

void CurveView::setLegendVisible(bool visible) {
    legend_ = visible;
    update();
}

void CurveView::setXName(const QString& name) {
    xName_ = name;
    update();
}

void CurveView::setTickWords(std::function<QString(int)> words) {
    tickWords_ = std::move(words);
    update();
}

CurveView::Axis CurveView::axisFor(bool right) const {
    Axis axis;
    axis.log = log_ && !right;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Curve& curve : curves_) {
        if (curve.rightAxis != right) continue;
        for (const double value : curve.values) {
            if (!std::isfinite(value) || (axis.log && value <= 0)) continue;
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    if (!(low <= high)) low = axis.log ? 0.1 : 0, high = 1;
    if (axis.log && high < 30 * low) {
        axis.ticks = ticksWithin(low, high);
        if (axis.ticks.size() == 1) axis.ticks.push_back(2 * axis.ticks[0]);
        axis.low = axis.ticks.front();
        axis.high = axis.ticks.back();
    } else if (axis.log) {
        axis.powers = true;
        // Whole decades; a schedule that ends in almost nothing must not squeeze the rest flat.
        const double top = std::ceil(std::log10(high) - 1e-9);
        const double bottom = std::max(std::floor(std::log10(low) + 1e-9), top - 10);
        axis.low = std::pow(10.0, std::min(bottom, top - 1));
        axis.high = std::pow(10.0, top);
        const int decades = static_cast<int>(top - std::log10(axis.low) + 0.5), every = decades > 5 ? 2 : 1;
        for (int i = 0; i <= decades; i += every)
            axis.ticks.push_back(axis.high * std::pow(10.0, -i));
        std::reverse(axis.ticks.begin(), axis.ticks.end());
    } else {
        axis.low = std::min(0.0, low);
        const double step = niceStep(std::max(high - axis.low, 1e-12), low < 0 ? 6 : 4);
        axis.low = std::floor(axis.low / step + 1e-6) * step;
        axis.high = std::max(step, std::ceil(high / step - 1e-6) * step);
        for (double tick = axis.low; tick <= axis.high * 1.0001; tick += step)
            axis.ticks.push_back(tick);
    }
    return axis;
}

QRectF CurveView::plotRect(QSizeF size) const {
    const QFontMetricsF metrics(theme::captionFont());
    const auto widest = [&](const Axis& axis) {
        qreal width = 0;
        for (const double tick : axis.ticks)
            width = std::max(width, metrics.horizontalAdvance(tickText(tick, axis.powers)));
        return width + 2 * tickGap();
    };
    const qreal left = widest(left_), right = hasRight_ ? widest(right_) : theme::space(2);
    const qreal top = metrics.height() + theme::space(2), bottom = metrics.height() + theme::space(1);
    return QRectF(left, top, std::max(10.0, size.width() - left - right),
                  std::max(10.0, size.height() - top - bottom));
}

double CurveView::xOf(double x, const QRectF& plot) const {
    return plot.left() + (x - firstX_) * plot.width() / (lastX_ - firstX_);
}

int CurveView::positionAt(double widgetX) const {
    const QRectF plot = plotRect();
    const auto x = std::lround(firstX_ + (widgetX - plot.left()) * (lastX_ - firstX_) / plot.width());
    return std::clamp(static_cast<int>(x), firstX_, lastX_);
}

QSize CurveView::sizeHint() const {
    return {theme::space(70), theme::space(36)};
}

QSize CurveView::minimumSizeHint() const {
    return {theme::space(40), theme::space(24)};
}

void CurveView::drawAxes(QPainter& painter, QSizeF size) const {
    const theme::Colors& c = theme::colors();
    const QRectF plot = plotRect(size);
    const QFontMetricsF metrics(theme::captionFont());
    // Ticks that would crowd one another are left out, every second, third, … one.
    const auto every = [&](const Axis& axis) {
        const auto fit = std::max(2.0, plot.height() / (metrics.height() * 1.15));
        return static_cast<std::size_t>(std::ceil(static_cast<double>(axis.ticks.size()) / (fit + 1)));
    };
    for (std::size_t i = 0; i < left_.ticks.size(); i += every(left_)) {
        const double tick = left_.ticks[i];
        const qreal y = std::round(plot.bottom() - left_.part(tick) * plot.height()) + 0.5;
        painter.setPen(QPen(c.grid, 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(c.faint);
        painter.drawText(QRectF(0, y - metrics.height() / 2, plot.left() - tickGap(), metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, tickText(tick, left_.powers));
    }
    if (hasRight_)
        for (std::size_t i = 0; i < right_.ticks.size(); i += every(right_)) {
            const double tick = right_.ticks[i];
            const qreal y = plot.bottom() - right_.part(tick) * plot.height();
            painter.drawText(QRectF(plot.right() + tickGap(), y - metrics.height() / 2,
                                    size.width() - plot.right(), metrics.height()),
                             Qt::AlignLeft | Qt::AlignVCenter, tickText(tick, false));
        }
    const double nice = niceStep(lastX_ - firstX_, plot.width() > theme::space(80) ? 10 : 5);
    double step = std::max(1.0, nice); // positions are whole
    painter.setPen(c.faint);
    const auto wordsAt = [&](int x) { return tickWords_ ? tickWords_(x) : QString::number(x); };
    qreal widest =
        std::max(metrics.horizontalAdvance(wordsAt(firstX_)), metrics.horizontalAdvance(wordsAt(lastX_)));
    while (step < lastX_ - firstX_ && xOf(firstX_ + step, plot) - plot.left() < widest + tickGap())
        step *= 2;
    for (double x = std::ceil(firstX_ / step) * step; x <= lastX_ + 1e-9; x += step) {
        const QString text = wordsAt(static_cast<int>(std::lround(x)));
        const qreal w = metrics.horizontalAdvance(text);
        widest = std::max(widest, w);
        const qreal at = std::clamp(xOf(x, plot) - w / 2, 0.0, size.width() - w);
        painter.drawText(QPointF(at, size.height() - metrics.descent()), text);
    }
    const qreal wide = metrics.horizontalAdvance(xName_);
    if (!xName_.isEmpty() && xOf(firstX_ + step, plot) - xOf(firstX_, plot) > widest + wide + 2 * tickGap()) {
        // Between the first two ticks, where no number is.
        const qreal at = xOf(firstX_ + step / 2, plot) - wide / 2;
        painter.drawText(QPointF(at, size.height() - metrics.descent()), xName_);
    }
}

void CurveView::drawCurves(QPainter& painter, const QRectF& plot) const {
    const double perT = plot.width() / (lastX_ - firstX_);
    painter.setBrush(Qt::NoBrush);
    for (const Curve& curve : curves_) {
        const Axis& axis = curve.rightAxis ? right_ : left_;
        std::vector<QPointF> line;
        for (std::size_t i = 0; i < curve.values.size(); ++i) {
            const double value = curve.values[i],
                         x = plot.left() + (curve.firstX + static_cast<double>(i) - firstX_) * perT;
            const bool known = std::isfinite(value) && !(axis.log && value <= 0);
            // More values than pixels: one a half pixel is enough.
            const bool follows = !line.empty() && std::isfinite(line.back().y());
            if (known && follows && x - line.back().x() < 0.5 && i + 1 < curve.values.size()) continue;
            line.emplace_back(x, known ? plot.bottom() - axis.part(value) * plot.height()
                                       : std::numeric_limits<double>::quiet_NaN());
        }
        painter.setPen(QPen(toneColor(curve.tone), 2, curve.dashed ? Qt::DashLine : Qt::SolidLine,
                            Qt::RoundCap, Qt::RoundJoin));
        for (const QPolygonF& part : clippedLine(line, plot.adjusted(-1, -1, 1, 1)))
            painter.drawPolyline(part);
    }
}

void CurveView::drawLegend(QPainter& painter, const QRectF& plot, bool withValues) const {
    const theme::Colors& c = theme::colors();
    const QFontMetricsF names(theme::captionFont()), numbers(theme::numberFont());
    const qreal numberWidth = numbers.horizontalAdvance(QStringLiteral("0.000000"));
    // Names alone where the numbers do not fit beside them: half a number is another number.
    qreal needed = 0;
    for (const Curve& curve : curves_)
        needed += theme::space(3 + 1 + 2 + 4) + names.horizontalAdvance(curve.name) + numberWidth;
    const bool numbered = withValues && plot.left() + needed - theme::space(4) <= size().width();
    qreal x = plot.left();
    for (const Curve& curve : curves_) {
        const auto index = static_cast<long>(cursor_) - curve.firstX;
        const qreal y = names.ascent();
        const qreal sample = theme::space(withValues ? 3 : 6);
        const Qt::PenStyle dashes = withValues ? Qt::DotLine : Qt::DashLine;
        painter.setPen(QPen(toneColor(curve.tone), 2, curve.dashed ? dashes : Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(QPointF(x, y - names.xHeight() / 2), QPointF(x + sample, y - names.xHeight() / 2));
        x += sample + theme::space(withValues ? 1 : 2);
        painter.setFont(theme::captionFont());
        painter.setPen(c.muted);
        //: a curve's name in a legend, where it has an axis of its own at the right
        const QString name =
            hasRight_ && curve.rightAxis && !withValues ? tr("%1 (right)").arg(curve.name) : curve.name;
        painter.drawText(QPointF(x, y), name);
        x += names.horizontalAdvance(name) + theme::space(withValues ? (numbered ? 2 : 4) : 6);
        if (!numbered) continue;
        painter.setFont(theme::numberFont());
        painter.setPen(c.text);
        const bool known = index >= 0 && index < static_cast<long>(curve.values.size());
        const bool held = curve.holds && index > 0 && !curve.values.empty();
        painter.drawText(QPointF(x, y), known  ? readOut(curve.values[static_cast<std::size_t>(index)])
                                        : held ? readOut(curve.values.back())
                                               : QStringLiteral("–"));
        x += numberWidth + theme::space(4);
    }
    painter.setFont(theme::captionFont());
}

void CurveView::drawCursor(QPainter& painter, const QRectF& plot) const {
    const theme::Colors& c = theme::colors();
    const qreal x = std::round(xOf(cursor_, plot)) + 0.5;
    painter.setPen(QPen(c.text, 1));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    for (const Curve& curve : curves_) {
        const auto index = static_cast<long>(cursor_) - curve.firstX;
        if (index < 0 || index >= static_cast<long>(curve.values.size())) continue;
        const Axis& axis = curve.rightAxis ? right_ : left_;
        const double value = curve.values[static_cast<std::size_t>(index)];
        if (!std::isfinite(value) || (axis.log && value < axis.low)) continue;
        painter.setPen(QPen(c.card, 2));
        painter.setBrush(toneColor(curve.tone));
        painter.drawEllipse(QPointF(x, plot.bottom() - axis.part(value) * plot.height()), 4.5, 4.5);
    }
}

void CurveView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme::captionFont());
    const QRectF plot = plotRect();
    drawAxes(painter, size());
    const qreal ratio = devicePixelRatioF();
    const QSize pixels = (QSizeF(size()) * ratio).toSize();
    if (still_.size() != pixels || still_.devicePixelRatio() != ratio) {
        still_ = QImage(pixels, QImage::Format_ARGB32_Premultiplied);
        still_.setDevicePixelRatio(ratio);
        still_.fill(Qt::transparent);
        QPainter once(&still_);
        once.setRenderHint(QPainter::Antialiasing);
        drawCurves(once, plot);
    }
    painter.drawImage(QPointF(0, 0), still_);
    if (!curves_.empty()) {
        if (legend_) drawLegend(painter, plot, true);
        drawCursor(painter, plot);
    }
    if (!hasFocus() || !tabbed_) return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme::colors().training, 2));
    painter.drawRoundedRect(plot.adjusted(-1, -1, 1, 1), 2, 2);
}

// Taking it away
// ----------------------------------------------------------------------------------------------------

bool CurveView::hasNumbers() const {
    return std::any_of(curves_.begin(), curves_.end(), [](const Curve& c) { return !c.values.empty(); });
}

std::vector<NumberColumn> CurveView::numbers() const {
    std::vector<NumberColumn> columns(1);
    int first = std::numeric_limits<int>::max(), end = 0;
    for (const Curve& curve : curves_) {
        if (curve.values.empty()) continue;
        first = std::min(first, curve.firstX);
        end = std::max(end, curve.firstX + static_cast<int>(curve.values.size()));
    }
    bool known = true; // what all places stand for, if these are numbers
    for (int x = first; x < end; ++x) {
        bool number = true;
        columns[0].values.emplace_back(tickWords_ ? tickWords_(x).toDouble(&number) : x);
        known = known && number;
    }
    for (int x = first; x < end && !known; ++x)
        columns[0].values[static_cast<std::size_t>(x - first)] = x;
    columns[0].name = !known ? "position" : xName_.isEmpty() ? "x" : xName_.toStdString();
    for (const Curve& curve : curves_) {
        NumberColumn column{curve.column.empty() ? curve.name.toStdString() : curve.column, {}};
        if (!curve.values.empty())
            column.values.assign(static_cast<std::size_t>(curve.firstX - first), std::nullopt);
        column.values.insert(column.values.end(), curve.values.begin(), curve.values.end());
        columns.push_back(std::move(column));
    }
    return columns;
}

QString CurveView::plotDescription() const {
    QStringList parts;
    const auto place = [this](int x) { return tickWords_ ? tickWords_(x) : QString::number(x); };
    for (const Curve& curve : curves_) {
        if (curve.values.empty()) continue;
        //: ᾱ over t 0 to 1000: from 1.0000 to 4.04e-5
        parts << tr("%1 over %2 %3 to %4: from %5 to %6")
                     .arg(curve.name, xName_)
                     .arg(place(curve.firstX))
                     .arg(place(curve.firstX + static_cast<int>(curve.values.size()) - 1))
                     .arg(readOut(curve.values.front()), readOut(curve.values.back()));
    }
    return parts.isEmpty() ? tr("Nothing yet") : parts.join(QStringLiteral("; "));
}

void CurveView::drawPlot(QPainter& painter, QSizeF size) {
    // Letters and lines reach the edge of the widget; a drawing keeps some paper around them.
    const qreal edge = theme::space(3);
    const QSizeF inner(size.width() - 2 * edge, size.height() - 2 * edge);
    painter.save();
    painter.translate(edge, edge);
    painter.setFont(theme::captionFont());
    drawAxes(painter, inner);
    drawCurves(painter, plotRect(inner));
    drawLegend(painter, plotRect(inner), false);
    painter.restore();
}

void CurveView::request(int x) {
    if (x == cursor_ || curves_.empty()) return;
    setCursorPosition(x);
    Q_EMIT positionRequested(x);
}

void CurveView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) request(positionAt(event->position().x()));
}

void CurveView::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) request(positionAt(event->position().x()));
}

void CurveView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Left && cursor_ > firstX_)
        request(cursor_ - 1);
    else if (event->key() == Qt::Key_Right && cursor_ < lastX_)
        request(cursor_ + 1);
    else
        QWidget::keyPressEvent(event);
}

void CurveView::focusInEvent(QFocusEvent* event) {
    tabbed_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
}

void CurveView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        still_ = {};
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
