#include "views/plot.h"

#include "views/plot_library.h"
#include "views/plot_menu.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ddpm::ui {
namespace {

constexpr int replotInterval = 100; // ms
constexpr int focusRing = 2;

QVector<double> toQt(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

QColor mixed(const QColor& ground, const QColor& color, float part) {
    const auto mix = [part](float a, float b) { return a + (b - a) * part; };
    return QColor::fromRgbF(mix(ground.redF(), color.redF()), mix(ground.greenF(), color.greenF()),
                            mix(ground.blueF(), color.blueF()));
}

/// 12345 -> 12k, so that steps fit under their ticks; all along an axis in the same unit.
class ShortTicker final : public QCPAxisTicker {
public:
    void generate(const QCPRange& range, const QLocale& locale, QChar format, int precision,
                  QVector<double>& ticks, QVector<double>* subTicks, QVector<QString>* labels) override {
        largest_ = std::max(std::abs(range.lower), std::abs(range.upper));
        QCPAxisTicker::generate(range, locale, format, precision, ticks, subTicks, labels);
    }
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override {
        if (tick == 0) return QStringLiteral("0");
        const double size = largest_;
        if (size >= 1e6) return locale.toString(tick / 1e6, 'g', 4) + QStringLiteral("M");
        if (size >= 1e4) return locale.toString(tick / 1e3, 'g', 4) + QStringLiteral("k");
        return locale.toString(tick, 'g', 4);
    }

private:
    double largest_ = 0;
};

/// 1, 2 and 5 of every decade have a label: a loss seldom spans more than two. Within less than one there are
/// more.
class LossLogTicker final : public QCPAxisTicker {
protected:
    double getTickStep(const QCPRange&) override { return 1; }
    /// So narrow a range is all but linear: 1, 2 or 5 of a power of ten apart.
    static double evenStep(const QCPRange& range) {
        const double rough = range.size() / 4, power = std::pow(10, std::floor(std::log10(rough)));
        const double part = rough / power;
        return power * (part > 5 ? 10 : part > 2 ? 5 : part > 1 ? 2 : 1);
    }
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override {
        return tick >= 1e-4 && tick < 1e5 ? locale.toString(tick, 'g', 3) : locale.toString(tick, 'e', 0);
    }
    QVector<double> createTickVector(double, const QCPRange& range) override {
        QVector<double> ticks;
        if (range.lower <= 0) return ticks;
        const double decades = std::log10(range.upper / range.lower);
        std::vector<double> parts{1, 2, 5};
        if (decades > 4) parts = {1};
        if (decades < 1) parts = {1, 1.5, 2, 3, 4, 5, 7};
        if (decades < 0.3) return QCPAxisTicker::createTickVector(evenStep(range), range);
        for (double base = std::pow(10, std::floor(std::log10(range.lower))); base <= range.upper; base *= 10)
            for (const double part : parts)
                if (base * part >= range.lower && base * part <= range.upper) ticks << base * part;
        return ticks;
    }
};

} // namespace

Plot::Plot(QWidget* parent) : QWidget(parent) {
    plot_ = new QCustomPlot(this);
    plot_->setAttribute(Qt::WA_OpaquePaintEvent, false);
    plot_->setAttribute(Qt::WA_NoMousePropagation, false); // the wish for a menu comes up to us
    plot_->setFocusPolicy(Qt::NoFocus);
    plot_->setMouseTracking(true);
    plot_->installEventFilter(this);
    plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot_->axisRect()->setRangeDrag(Qt::Horizontal);
    plot_->axisRect()->setRangeZoom(Qt::Horizontal);
    plot_->setNoAntialiasingOnDrag(true);
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ShortTicker));
    plot_->axisRect()->setupFullAxesBox(false);
    plot_->xAxis2->setVisible(false);
    plot_->yAxis2->setVisible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(focusRing, focusRing, focusRing, focusRing);
    layout->addWidget(plot_);
    setFocusPolicy(Qt::TabFocus); // a click drags the axis, and leaves the keys to the stage

    plot_->addLayer(QStringLiteral("pointer"));
    cursor_ = new QCPItemStraightLine(plot_);
    cursorWords_ = new QCPItemText(plot_);
    for (QCPAbstractItem* item :
         {static_cast<QCPAbstractItem*>(cursor_), static_cast<QCPAbstractItem*>(cursorWords_)}) {
        item->setLayer(QStringLiteral("pointer"));
        item->setVisible(false);
        item->setSelectable(false);
    }
    plot_->layer(QStringLiteral("pointer"))
        ->setMode(QCPLayer::lmBuffered); // moves without redrawing the curves

    timer_ = new QTimer(this);
    timer_->setSingleShot(true);
    timer_->setInterval(replotInterval);
    connect(timer_, &QTimer::timeout, this, &Plot::replotNow);
    connect(plot_, &QCustomPlot::mouseDoubleClick, this, [this] {
        zoomed_ = false;
        replotNow();
    });
    restyle();
    PlotMenu::addTo(*this);
}

int Plot::addSeries(const QString& name, Tone tone, Line line, const std::string& column) {
    QCPGraph* graph = plot_->addGraph();
    graph->setName(name);
    graph->setAdaptiveSampling(true);
    graph->setSelectable(QCP::stNone);
    if (line == Line::filled) graph->setLineStyle(QCPGraph::lsStepCenter);
    series_.push_back({graph, tone, line, column});
    restyle();
    return static_cast<int>(series_.size()) - 1;
}

void Plot::setPoints(int series, const std::vector<double>& x, const std::vector<double>& y) {
    series_[static_cast<std::size_t>(series)].graph->setData(toQt(x), toQt(y), true);
    scheduleReplot();
}

void Plot::addPoints(int series, const std::vector<double>& x, const std::vector<double>& y) {
    series_[static_cast<std::size_t>(series)].graph->addData(toQt(x), toQt(y), true);
    scheduleReplot();
}

int Plot::pointCount(int series) const {
    return series_[static_cast<std::size_t>(series)].graph->dataCount();
}

void Plot::setSeriesVisible(int series, bool visible) {
    series_[static_cast<std::size_t>(series)].graph->setVisible(visible);
    scheduleReplot();
}

void Plot::setMarks(const std::vector<double>& x, const QString& word) {
    for (auto* mark : marks_)
        plot_->removeItem(mark);
    for (auto* text : markWords_)
        plot_->removeItem(text);
    marks_.clear();
    markWords_.clear();
    for (const double at : x) {
        auto* mark = new QCPItemStraightLine(plot_);
        mark->point1->setCoords(at, 1);
        mark->point2->setCoords(at, 2);
        marks_.push_back(mark);
        auto* text = new QCPItemText(plot_);
        text->position->setTypeX(QCPItemPosition::ptPlotCoords);
        text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        text->position->setCoords(at, 0.02);
        text->setPositionAlignment(Qt::AlignHCenter | Qt::AlignTop);
        text->setText(word);
        markWords_.push_back(text);
    }
    restyle();
    scheduleReplot();
}

void Plot::setLogScale(bool log) {
    plot_->yAxis->setScaleType(log ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(log ? static_cast<QCPAxisTicker*>(new LossLogTicker)
                                                              : new QCPAxisTicker));
    if (!log) plot_->yAxis->ticker()->setTickCount(compact_ ? 3 : 5);
    scheduleReplot();
}

bool Plot::logScale() const {
    return plot_->yAxis->scaleType() == QCPAxis::stLogarithmic;
}

void Plot::setXName(const QString& name, const std::string& column) {
    xName_ = name;
    xColumn_ = column;
    plot_->xAxis->setLabel(name);
    scheduleReplot();
}

void Plot::setXIsTime(bool time) {
    if (time) {
        const QSharedPointer<QCPAxisTickerTime> ticker(new QCPAxisTickerTime);
        ticker->setTimeFormat(QStringLiteral("%h:%m:%s"));
        plot_->xAxis->setTicker(ticker);
    } else {
        plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new ShortTicker));
    }
    zoomed_ = false;
    scheduleReplot();
}

void Plot::setCompact(bool compact) {
    compact_ = compact;
    plot_->setInteractions(compact ? QCP::Interactions() : QCP::iRangeDrag | QCP::iRangeZoom);
    plot_->xAxis->ticker()->setTickCount(compact ? 4 : 6);
    plot_->yAxis->ticker()->setTickCount(compact ? 3 : 5);
    restyle();
}

void Plot::setXRange(double low, double high) {
    fixedRange_ = true;
    fixedLow_ = low;
    fixedHigh_ = high;
    scheduleReplot();
}

void Plot::setReadout(std::function<QString(double)> words) {
    words_ = std::move(words);
}

QString Plot::readout() const {
    return cursorWords_->visible() ? cursorWords_->text() : QString();
}

void Plot::scheduleReplot() {
    if (!timer_->isActive()) timer_->start();
}

void Plot::replotNow() {
    timer_->stop();
    fitAxes();
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void Plot::fitAxes() {
    if (!zoomed_) {
        double low = 0, high = 1;
        if (fixedRange_) {
            low = fixedLow_;
            high = fixedHigh_;
        } else {
            bool any = false;
            for (const Series& series : series_) {
                const auto points = series.graph->data();
                if (points->isEmpty()) continue;
                const double first = points->constBegin()->key, last = (points->constEnd() - 1)->key;
                low = any ? std::min(low, first) : first;
                high = any ? std::max(high, last) : last;
                any = true;
            }
            if (high - low < 1e-9) high = low + 1;
        }
        plot_->xAxis->setRange(low, high);
    }
    // Only what is in view decides, so that zooming in shows detail; a copy of one value a pixel is enough
    // for that.
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const QCPRange view = plot_->xAxis->range();
    for (const Series& series : series_) {
        if (!series.graph->visible()) continue;
        const auto points = series.graph->data();
        const auto begin = points->findBegin(view.lower, false), end = points->findEnd(view.upper, false);
        for (auto it = begin; it != end; ++it) {
            if (!std::isfinite(it->value) || (logScale() && it->value <= 0)) continue;
            low = std::min(low, it->value);
            high = std::max(high, it->value);
        }
    }
    if (!(low <= high)) {
        low = logScale() ? 0.01 : 0;
        high = 1;
    }
    if (logScale()) {
        const double room = std::max(std::pow(high / low, 0.06), 1.05);
        plot_->yAxis->setRange(low / room, high * room);
    } else {
        plot_->yAxis->setRange(std::min(0.0, low), high > 0 ? high * 1.06 : 1);
    }
}

QString Plot::description() const {
    return readout().isEmpty() ? plotDescription() : plotDescription() + QStringLiteral("; ") + readout();
}

QSize Plot::minimumSizeHint() const {
    return {theme::space(40), theme::space(22)};
}

void Plot::paintEvent(QPaintEvent*) {
    if (!hasFocus()) return;
    QPainter painter(this);
    painter.setPen(QPen(theme::colors().training, focusRing));
    painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
}

void Plot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

bool Plot::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::MouseMove:
        placeReadout(static_cast<QMouseEvent*>(event)->position());
        if (static_cast<QMouseEvent*>(event)->buttons() & Qt::LeftButton && !compact_) {
            zoomed_ = true;
            scheduleReplot();
        }
        break;
    case QEvent::Wheel:
        if (!compact_) {
            zoomed_ = true;
            scheduleReplot();
        }
        break;
    case QEvent::Leave:
        if (cursor_->visible()) {
            cursor_->setVisible(false);
            cursorWords_->setVisible(false);
            plot_->layer(QStringLiteral("pointer"))->replot();
        }
        break;
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void Plot::placeReadout(const QPointF& position) {
    const QRect area = plot_->axisRect()->rect();
    const double x = plot_->xAxis->pixelToCoord(position.x());
    const QString words = words_ && area.contains(position.toPoint()) ? words_(x) : QString();
    const bool show = !words.isEmpty();
    if (!show && !cursor_->visible()) return;
    cursor_->setVisible(show);
    cursorWords_->setVisible(show);
    if (show) {
        cursor_->point1->setCoords(x, 1);
        cursor_->point2->setCoords(x, 2);
        cursorWords_->setText(words);
        const bool left = position.x() > area.center().x();
        cursorWords_->position->setTypeX(QCPItemPosition::ptPlotCoords);
        cursorWords_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        cursorWords_->position->setCoords(plot_->xAxis->pixelToCoord(position.x() + (left ? -8 : 8)), 0.03);
        cursorWords_->setPositionAlignment((left ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    }
    plot_->layer(QStringLiteral("pointer"))->replot();
}

void Plot::restyle() {
    const theme::Colors& c = theme::colors();
    plot_->setBackground(QBrush(c.card));
    QFont small = theme::numberFont();
    small.setPixelSize(static_cast<int>(std::lround(11 * theme::scale())));
    QFont label = theme::captionFont();
    label.setPixelSize(small.pixelSize());
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setBasePen(Qt::NoPen);
        axis->setTickPen(Qt::NoPen);
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelFont(small);
        axis->setTickLabelColor(c.faint);
        axis->setLabelFont(label);
        axis->setLabelColor(c.faint);
        axis->setTickLabelPadding(theme::space(1));
        axis->setLabelPadding(theme::space(1) / 2);
        axis->setPadding(0);
        axis->grid()->setZeroLinePen(Qt::NoPen);
        axis->grid()->setPen(QPen(c.grid, 1));
    }
    plot_->xAxis->grid()->setPen(Qt::NoPen);
    plot_->xAxis->setBasePen(QPen(c.line, 1));
    plot_->axisRect()->setMinimumMargins(
        QMargins(theme::space(2), theme::space(2), theme::space(3), theme::space(1)));
    for (const Series& series : series_) {
        QColor color = toneColor(series.tone);
        QPen pen(color, (series.line == Line::thick ? 2.2 : 1.0) * theme::scale());
        pen.setJoinStyle(Qt::RoundJoin);
        pen.setCapStyle(Qt::RoundCap);
        if (series.line == Line::thin) {
            // Mixed with the ground rather than transparent: a transparent line is an outline in a PDF, ten
            // times as large.
            pen.setColor(mixed(c.card, color, theme::isDark() ? 0.50F : 0.28F));
        }
        if (series.line == Line::filled) {
            pen.setWidthF(1.6 * theme::scale());
            color.setAlphaF(0.22F);
            series.graph->setBrush(color);
        }
        series.graph->setPen(pen);
        series.graph->setAntialiased(series.line != Line::thin);
    }
    const bool legend = !compact_ && series_.size() > 1;
    plot_->legend->setVisible(legend);
    if (legend) {
        plot_->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignRight | Qt::AlignTop);
        plot_->legend->setBrush(Qt::NoBrush);
        plot_->legend->setBorderPen(Qt::NoPen);
        plot_->legend->setFont(label);
        plot_->legend->setTextColor(c.muted);
        plot_->legend->setFillOrder(QCPLegend::foColumnsFirst);
        plot_->legend->setIconSize(theme::space(5), theme::space(2));
        plot_->legend->setIconTextPadding(theme::space(3));
    }
    for (QCPItemStraightLine* mark : marks_) {
        mark->setPen(QPen(c.danger, theme::scale(), Qt::DashLine));
        mark->setSelectable(false);
    }
    for (QCPItemText* text : markWords_) {
        text->setFont(label);
        text->setColor(c.danger);
        text->setBrush(c.card);
        text->setSelectable(false);
    }
    cursor_->setPen(QPen(c.muted, 1, Qt::DotLine));
    cursorWords_->setFont(small);
    cursorWords_->setColor(c.text);
    cursorWords_->setBrush(c.field);
    cursorWords_->setPen(QPen(c.line));
    cursorWords_->setPadding(QMargins(theme::space(2), theme::space(1), theme::space(2), theme::space(1)));
    cursorWords_->setTextAlignment(Qt::AlignLeft);
    scheduleReplot();
}

} // namespace ddpm::ui
