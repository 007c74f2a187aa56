#include "views/histogram_view.h"

#include "views/plot_menu.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ddpm::ui {
namespace {

constexpr int bins = 64;
constexpr double top = 0.62; // density at the upper edge; N(0, 1) peaks at 0.399, clean pictures are cut off

double normalDensity(double x) {
    return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

} // namespace

HistogramView::HistogramView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Histogram"));
    setFocusPolicy(Qt::TabFocus);
    PlotMenu::addTo(*this);
}

void HistogramView::setRange(double range) {
    range_ = range;
    clear();
}

void HistogramView::setValues(int series, const QString& name, Tone tone, std::span<const float> values,
                              const std::string& column) {
    Series& s = series_[series];
    s = {name, column.empty() ? name.toStdString() : column, tone, std::vector<double>(bins, 0.0), 0, 0,
         true};
    double sum = 0, squares = 0;
    std::size_t n = 0;
    for (const float value : values) {
        const auto v = static_cast<double>(value);
        if (!std::isfinite(v)) continue;
        sum += v;
        squares += v * v;
        ++n;
        const double at = std::floor((v + range_) / (2 * range_) * bins);
        if (at >= 0 && at < bins) s.density[static_cast<std::size_t>(at)] += 1;
    }
    if (n > 0) {
        const auto count = static_cast<double>(n);
        s.mean = sum / count;
        s.deviation = std::sqrt(std::max(0.0, squares / count - s.mean * s.mean));
        for (double& density : s.density)
            density /= count * (2 * range_ / bins);
    }
    update();
}

QString HistogramView::description() const {
    return plotDescription();
}

void HistogramView::clear() {
    for (Series& s : series_)
        s = {};
    update();
}

double HistogramView::mean(int series) const {
    return series_[series].mean;
}

double HistogramView::deviation(int series) const {
    return series_[series].deviation;
}

const std::vector<double>& HistogramView::density(int series) const {
    return series_[series].density;
}

QSize HistogramView::sizeHint() const {
    return {theme::space(70), theme::space(36)};
}

QSize HistogramView::minimumSizeHint() const {
    return {theme::space(40), theme::space(24)};
}

void HistogramView::draw(QPainter& painter, QSizeF size, bool paper) const {
    const theme::Colors& c = theme::colors();
    painter.setFont(theme::captionFont());
    const QFontMetricsF metrics(theme::captionFont()), numbers(theme::numberFont());
    const qreal line = metrics.height();
    // On paper nothing stands beside it that says what is up and what is across.
    const qreal left = paper ? metrics.horizontalAdvance(QStringLiteral("0.0")) + theme::space(2) : 1;
    const QRectF plot(left, line * 2 + theme::space(2), size.width() - left - 1,
                      std::max(10.0, size.height() - line * 3 - theme::space(3)));
    const auto xOf = [&](double value) {
        return plot.left() + (value + range_) / (2 * range_) * plot.width();
    };
    const auto yOf = [&](double density) {
        return plot.bottom() - std::min(density / top, 1.0) * plot.height();
    };

    for (int tick = -static_cast<int>(range_) + 1; tick < range_; ++tick) {
        const qreal x = std::round(xOf(tick)) + 0.5;
        painter.setPen(QPen(c.grid, 1));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
        painter.setPen(c.faint);
        const QString text = QString::number(tick).replace(QLatin1Char('-'), QChar(0x2212));
        painter.drawText(QRectF(x - line * 2, plot.bottom() + theme::space(1) / 2.0, line * 4, line),
                         Qt::AlignHCenter, text);
    }
    for (double tick = 0; paper && tick < top; tick += 0.2) {
        painter.setPen(c.faint);
        painter.drawText(QRectF(0, yOf(tick) - line / 2, left - theme::space(1), line),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(tick, 'g', 1));
        painter.setPen(QPen(c.grid, 1));
        painter.drawLine(QPointF(plot.left(), yOf(tick)), QPointF(plot.right(), yOf(tick)));
    }
    painter.setPen(QPen(c.line, 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());

    const qreal step = plot.width() / bins;
    for (int i = 0; i < 2; ++i) {
        const Series& s = series_[i];
        if (!s.present) continue;
        QPainterPath outline;
        outline.moveTo(plot.bottomLeft());
        for (int bin = 0; bin < bins; ++bin) {
            const qreal y = yOf(s.density[static_cast<std::size_t>(bin)]);
            outline.lineTo(plot.left() + bin * step, y);
            outline.lineTo(plot.left() + (bin + 1) * step, y);
        }
        outline.lineTo(plot.bottomRight());
        QColor color = toneColor(s.tone);
        if (i == 0) {
            color.setAlphaF(0.55F);
            painter.fillPath(outline, color);
        } else {
            painter.setPen(QPen(color, 1.5));
            painter.drawPath(outline);
        }
    }
    QPainterPath bell;
    for (int i = 0; i <= 120; ++i) {
        const double x = -range_ + 2 * range_ * i / 120;
        const QPointF point(xOf(x), yOf(normalDensity(x)));
        if (i == 0)
            bell.moveTo(point);
        else
            bell.lineTo(point);
    }
    painter.setPen(QPen(c.muted, 1.5, Qt::DashLine));
    painter.drawPath(bell);

    // One line a series: name, mean, standard deviation.
    for (int i = 0; i < 2; ++i) {
        const Series& s = series_[i];
        if (!s.present) continue;
        const qreal y = metrics.ascent() + i * line;
        painter.setPen(QPen(toneColor(s.tone), i == 0 ? 7 : 2, Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(QPointF(1, y - metrics.xHeight() / 2),
                         QPointF(1 + theme::space(3), y - metrics.xHeight() / 2));
        painter.setPen(c.muted);
        const QString mean = QString::number(s.mean, 'f', 3).replace('-', QChar(0x2212));
        const QString deviation = QString::number(s.deviation, 'f', 3);
        QString read = tr("mean %1   sd %2").arg(mean.rightJustified(6), deviation);
        const auto beside = [&] {
            return size.width() - numbers.horizontalAdvance(read) - theme::space(4) - theme::space(2);
        };
        //: mean ± standard deviation, where there is no room for the words
        if (metrics.horizontalAdvance(s.name) > beside()) read = tr("%1 ± %2").arg(mean, deviation);
        painter.drawText(QPointF(theme::space(4), y),
                         metrics.elidedText(s.name, Qt::ElideRight, std::max(0.0, beside())));
        painter.setFont(theme::numberFont());
        painter.setPen(c.text);
        painter.drawText(QPointF(size.width() - numbers.horizontalAdvance(read), y), read);
        painter.setFont(theme::captionFont());
    }
    painter.setPen(c.muted);
    const QString normal = QStringLiteral("N(0, 1)");
    if (paper) { // in the legend, where no curve can run through it
        const qreal x =
            theme::space(4) +
            std::max(metrics.horizontalAdvance(series_[0].name), metrics.horizontalAdvance(series_[1].name)) +
            theme::space(6);
        const qreal y = metrics.ascent();
        painter.drawText(QPointF(x + theme::space(8), y), tr("density of %1").arg(normal));
        painter.setPen(QPen(c.muted, 1.5, Qt::DashLine));
        painter.drawLine(QPointF(x, y - metrics.xHeight() / 2),
                         QPointF(x + theme::space(6), y - metrics.xHeight() / 2));
        return;
    }
    painter.drawText(
        QPointF(std::min(xOf(0.75) + theme::space(2), size.width() - metrics.horizontalAdvance(normal)),
                yOf(normalDensity(0.6)) - theme::space(1)),
        normal);
}

void HistogramView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    draw(painter, size(), false);
    if (!hasFocus()) return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme::colors().training, 2));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 2, 2);
}

bool HistogramView::hasNumbers() const {
    return series_[0].present || series_[1].present;
}

std::vector<NumberColumn> HistogramView::numbers() const {
    std::vector<NumberColumn> columns{{"bin_low", {}}, {"bin_high", {}}};
    const double width = 2 * range_ / bins;
    NumberColumn normal{"normal_density", {}};
    for (int bin = 0; bin < bins; ++bin) {
        columns[0].values.emplace_back(-range_ + bin * width);
        columns[1].values.emplace_back(-range_ + (bin + 1) * width);
        normal.values.emplace_back(normalDensity(-range_ + (bin + 0.5) * width));
    }
    for (const Series& s : series_)
        if (s.present) columns.push_back({s.column + "_density", {s.density.begin(), s.density.end()}});
    columns.push_back(std::move(normal));
    return columns;
}

QString HistogramView::plotDescription() const {
    QStringList parts;
    for (const Series& s : series_)
        if (s.present)
            //: a histogram's values: jump: mean 0.012, standard deviation 0.987
            parts << tr("%1: mean %2, standard deviation %3")
                         .arg(s.name, QString::number(s.mean, 'f', 3), QString::number(s.deviation, 'f', 3));
    return parts.isEmpty() ? tr("Nothing yet") : parts.join(QStringLiteral("; "));
}

void HistogramView::drawPlot(QPainter& painter, QSizeF size) {
    const qreal edge = theme::space(3); // some paper around what reaches the edge of the widget
    painter.save();
    painter.translate(edge, edge);
    draw(painter, {size.width() - 2 * edge, size.height() - 2 * edge}, true);
    painter.restore();
}

void HistogramView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) update();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
