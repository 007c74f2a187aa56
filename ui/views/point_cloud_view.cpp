#include "views/point_cloud_view.h"

#include "views/picture_image.h"
#include "views/point_density.h"

#include <QEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ddpm::ui {
namespace {

/// Fewer points are drawn larger and more opaque, so that 200 and 20,000 both fill the square.
double dotRadius(int count) {
    return std::clamp(3.0 - 0.45 * std::log10(std::max(1, count)), 1.0, 3.0) * theme::scale();
}

double dotAlpha(int count) {
    return std::clamp(1.15 - 0.17 * std::log10(std::max(1, count)), 0.4, 0.9);
}

constexpr int densityCells = 128, outlineCells = 160;
constexpr double densityWidth = 0.06, outlineWidth = 0.045; // of the blur, data units
constexpr double longestArrow = 0.86;                       // of the way to the next lattice point

} // namespace

PointCloudView::PointCloudView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Points"));
}

void PointCloudView::setPoints(const PointCloud& points) {
    points_ = points;
    pointsImage_ = densityImage_ = {};
    update();
}

void PointCloudView::setBackground(const PointCloud& points) {
    background_ = points;
    backgroundImage_ = {};
    update();
}

void PointCloudView::setPaths(std::vector<QPolygonF> paths) {
    paths_ = std::move(paths);
    update();
}

void PointCloudView::setPathsVisible(bool visible) {
    if (pathsVisible_ == visible) return;
    pathsVisible_ = visible;
    update();
}

void PointCloudView::setDensity(const QString& name, Tone tone) {
    if (densityName_ == name && densityTone_ == tone) return;
    densityName_ = name;
    densityTone_ = tone;
    densityImage_ = {};
    update();
}

void PointCloudView::setOutline(const PointCloud& points, const QString& name) {
    if (outlineName_ == name && outlined_.xy == points.xy) return;
    outlined_ = points;
    outlineName_ = name;
    findOutline();
    update();
}

void PointCloudView::findOutline() {
    for (std::vector<QLineF>& lines : outline_)
        lines.clear();
    if (outlined_.empty()) return;
    const DensityMap map = densityOf(outlined_, range_, outlineCells, outlineWidth);
    outline_[0] = contour(map, levelHolding(map, 0.9));
    outline_[1] = contour(map, levelHolding(map, 0.5));
}

void PointCloudView::setField(const ScoreField& field, const QString& name, Tone tone) {
    if (field.empty() && field_.empty()) return;
    field_ = field;
    fieldName_ = name;
    fieldTone_ = tone;
    usualLongest_ = field_.usualLongest();
    fieldImage_ = {};
    update();
}

void PointCloudView::setRange(double range) {
    if (range_ == range) return;
    range_ = range;
    findOutline();
    forgetImages();
    update();
}

void PointCloudView::setTone(Tone tone) {
    tone_ = tone;
    pointsImage_ = densityImage_ = {};
    update();
}

void PointCloudView::forgetImages() {
    pointsImage_ = backgroundImage_ = densityImage_ = fieldImage_ = {};
}

QString PointCloudView::description() const {
    double sum[2] = {0, 0}, squares[2] = {0, 0};
    int n = 0;
    for (int i = 0; i < points_.count(); ++i) {
        const auto k = static_cast<std::size_t>(i) * 2;
        const double at[2] = {static_cast<double>(points_.xy[k]), static_cast<double>(points_.xy[k + 1])};
        if (!std::isfinite(at[0] + at[1])) continue;
        ++n;
        for (int axis = 0; axis < 2; ++axis) {
            sum[axis] += at[axis];
            squares[axis] += at[axis] * at[axis];
        }
    }
    const auto said = [](double value) { return QLocale().toString(value, 'f', 2); };
    const auto spread = [&](int axis) {
        return said(std::sqrt(std::max(0.0, squares[axis] / n - sum[axis] / n * (sum[axis] / n))));
    };
    if (n == 0) return emptyText_.isEmpty() ? tr("No points yet") : emptyText_;
    QString words =
        n == 1 ? tr("1 point at x %1, y %2").arg(said(sum[0]), said(sum[1]))
               : tr("%1 points around x %2, y %3, spread %4 and %5")
                     .arg(QLocale().toString(n), said(sum[0] / n), said(sum[1] / n), spread(0), spread(1));
    if (selected_ >= 0 && selected_ < points_.count()) {
        const auto k = static_cast<std::size_t>(selected_) * 2;
        words += tr(", number %1 is selected, at x %2, y %3")
                     .arg(QLocale().toString(selected_ + 1), said(static_cast<double>(points_.xy[k])),
                          said(static_cast<double>(points_.xy[k + 1])));
    }
    return words;
}

void PointCloudView::setSelected(int index) {
    if (selected_ == index) return;
    selected_ = index;
    update();
}

void PointCloudView::setSelectable(bool selectable) {
    selectable_ = selectable;
    setFocusPolicy(selectable ? Qt::StrongFocus : Qt::NoFocus);
}

void PointCloudView::setEmptyText(const QString& text) {
    emptyText_ = text;
    update();
}

void PointCloudView::clear() {
    points_ = {};
    background_ = {};
    paths_.clear();
    field_ = {};
    forgetImages();
    update();
}

QRectF PointCloudView::plotRect() const {
    const int side = std::min(width(), height());
    return QRectF((width() - side) / 2, (height() - side) / 2, side, side);
}

QPointF PointCloudView::toWidget(QPointF point) const {
    const QRectF plot = plotRect();
    return {plot.left() + (point.x() / range_ + 1) / 2 * plot.width(),
            plot.top() + (1 - point.y() / range_) / 2 * plot.height()};
}

QSize PointCloudView::sizeHint() const {
    return {theme::space(70), theme::space(70)};
}

QSize PointCloudView::minimumSizeHint() const {
    return {theme::space(20), theme::space(20)};
}

void PointCloudView::drawPaths(QPainter& painter) const {
    // In three ages, so that a path fades without a pen for each of its segments. Polylines one by one: a
    // single path of ten thousand segments takes several times as long.
    QColor color = toneColor(Tone::reverse);
    constexpr int ages = 3;
    const float alphas[ages] = {0.22F, 0.45F, 0.8F};
    QPolygonF line;
    for (int age = 0; age < ages; ++age) {
        color.setAlphaF(alphas[age]);
        painter.setPen(QPen(color, 1));
        for (const QPolygonF& path : paths_) {
            const qsizetype n = path.size(), from = n * age / ages,
                            to = std::min(n - 1, n * (age + 1) / ages);
            line.clear();
            for (qsizetype i = from; i <= to; ++i) {
                const QPointF at = toWidget(path[i]);
                // Steps too small to see make no segments of their own.
                const bool visible = line.isEmpty() || i == to || (at - line.last()).manhattanLength() > 1.5;
                if (visible) line.append(at);
            }
            painter.drawPolyline(line);
        }
    }
}

void PointCloudView::drawDensity(QPainter& painter) {
    if (densityName_.isEmpty() || points_.empty()) return;
    if (densityImage_.isNull())
        densityImage_ = densityImage(densityOf(points_, range_, densityCells, densityWidth),
                                     toneColor(densityTone_), 0.62);
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(plotRect(), densityImage_);
    painter.restore();
}

void PointCloudView::drawOutline(QPainter& painter) const {
    QColor color = theme::colors().muted;
    for (int k = 0; k < 2; ++k) {
        color.setAlphaF(k == 0 ? 0.55F : 0.95F);
        painter.setPen(QPen(color, 1.2 * theme::scale()));
        for (const QLineF& line : outline_[k])
            painter.drawLine(toWidget(line.p1()), toWidget(line.p2()));
    }
}

QLineF PointCloudView::arrow(int index) const {
    const auto k = static_cast<std::size_t>(index) * 2;
    const QPointF foot(field_.place(index % field_.side), field_.place(index / field_.side));
    const double magnitude = field_.magnitude(index);
    if (!(magnitude > 0) || !std::isfinite(magnitude)) return {toWidget(foot), toWidget(foot)};
    const double length =
        longestArrow * field_.apart() * std::sqrt(std::min(1.0, magnitude / std::max(usualLongest_, 1e-12)));
    const QPointF way(static_cast<double>(field_.s[k]), static_cast<double>(field_.s[k + 1]));
    return {toWidget(foot), toWidget(foot + length / magnitude * way)};
}

void PointCloudView::drawField(QPainter& painter) {
    if (field_.empty()) return;
    const QRectF plot = plotRect();
    if (fieldImage_.isNull()) {
        const qreal ratio = devicePixelRatioF();
        fieldImage_ = QImage((plot.size() * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
        fieldImage_.fill(Qt::transparent);
        QPainter inner(&fieldImage_);
        inner.setRenderHint(QPainter::Antialiasing);
        inner.scale(ratio, ratio);
        inner.translate(-plot.topLeft());
        const qreal whole = longestArrow * field_.apart() / (2 * range_) * plot.width(); // of the longest
        // A few strengths, so that all arrows of one are drawn at once.
        constexpr int strengths = 4;
        std::array<QList<QLineF>, strengths> lines;
        for (int i = 0; i < field_.count(); ++i) {
            const QLineF line = arrow(i);
            if (line.length() < 1.5) continue;
            const QPointF along = (line.p2() - line.p1()) / line.length(), across(-along.y(), along.x());
            const qreal head = std::min(line.length() * 0.45, 4.0 * theme::scale());
            auto& some = lines[static_cast<std::size_t>(
                std::clamp(static_cast<int>(line.length() / whole * strengths), 0, strengths - 1))];
            some << line;
            for (const qreal side : {-0.55, 0.55})
                some << QLineF(line.p2(), line.p2() - head * along + side * head * across);
        }
        QColor color = toneColor(fieldTone_);
        for (int k = 0; k < strengths; ++k) {
            color.setAlphaF(0.45F + 0.15F * static_cast<float>(k));
            inner.setPen(QPen(color, 1.15 * theme::scale(), Qt::SolidLine, Qt::RoundCap));
            inner.drawLines(lines[static_cast<std::size_t>(k)]);
        }
    }
    painter.drawImage(plot, fieldImage_);
}

void PointCloudView::drawLegend(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    struct Entry {
        QString words;
        QColor color;
        int shape; // 0: a patch, 1: a line, 2: an arrow
    };
    std::vector<Entry> entries;
    if (!densityName_.isEmpty() && !points_.empty())
        entries.push_back({densityName_, toneColor(densityTone_), 0});
    if (hasOutline()) entries.push_back({outlineName_, c.muted, 1});
    if (!field_.empty() && usualLongest_ > 0)
        //: name of the arrows, and the magnitude of the longest
        entries.push_back({tr("%1, longest ≥ %2").arg(fieldName_, QLocale().toString(usualLongest_, 'g', 2)),
                           toneColor(fieldTone_), 2});
    if (entries.empty()) return;
    const QRectF plot = plotRect();
    painter.setFont(theme::captionFont());
    const QFontMetricsF metrics(painter.font());
    const qreal gap = theme::space(2), swatch = theme::space(4), height = metrics.height();
    const auto widthOf = [&](const Entry& entry) {
        return swatch + theme::space(1) + metrics.horizontalAdvance(entry.words);
    };
    qreal total = 0;
    for (const Entry& entry : entries)
        total += widthOf(entry) + gap * 2;
    total -= gap * 2;
    const bool stacked = total > plot.width() - 4 * gap; // one below the other where there is no room
    qreal wide = total;
    if (stacked) {
        wide = 0;
        for (const Entry& entry : entries)
            wide = std::max(wide, widthOf(entry));
    }
    const qreal high = height * (stacked ? static_cast<qreal>(entries.size()) : 1.0);
    QRectF box(plot.left() + gap, plot.bottom() - gap - high - gap, wide + 2 * gap, high + gap);
    QColor ground = theme::isDark() ? c.pictureGap : c.card;
    ground.setAlphaF(0.82F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(box, theme::space(1), theme::space(1));
    painter.setBrush(Qt::NoBrush);
    QPointF at = box.topLeft() + QPointF(gap, gap / 2);
    for (const Entry& entry : entries) {
        const QPointF middle = at + QPointF(0, height / 2);
        QColor color = entry.color;
        if (entry.shape == 0) {
            color.setAlphaF(0.62F);
            painter.fillRect(QRectF(at.x(), middle.y() - swatch / 4, swatch, swatch / 2), color);
        } else {
            painter.setPen(QPen(color, 1.4 * theme::scale(), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
            const QPointF tip = middle + QPointF(swatch, 0);
            painter.drawLine(middle, tip);
            if (entry.shape == 2)
                painter.drawPolyline(QPolygonF(
                    {tip + QPointF(-swatch / 4, -swatch / 6), tip, tip + QPointF(-swatch / 4, swatch / 6)}));
        }
        painter.setPen(c.muted);
        painter.drawText(QRectF(at.x() + swatch + theme::space(1), at.y(), plot.width(), height),
                         Qt::AlignLeft | Qt::AlignVCenter, entry.words);
        if (stacked)
            at.ry() += height;
        else
            at.rx() += widthOf(entry) + 2 * gap;
    }
}

void PointCloudView::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF plot = plotRect();
    const qreal round = theme::space(1) * 1.5;
    QPainterPath frame;
    frame.addRoundedRect(plot.adjusted(0.5, 0.5, -0.5, -0.5), round, round);
    painter.fillPath(frame, theme::isDark() ? c.pictureGap : c.card);
    painter.save();
    painter.setClipPath(frame);
    painter.setPen(QPen(c.grid, 1));
    if (!points_.empty() || emptyText_.isEmpty()) { // not through the words
        painter.drawLine(toWidget({-range_, 0}), toWidget({range_, 0}));
        painter.drawLine(toWidget({0, -range_}), toWidget({0, range_}));
    }
    painter.setPen(QPen(c.grid, 1, Qt::DashLine)); // the square in which the data lies
    painter.drawRect(QRectF(toWidget({-1, 1}), toWidget({1, -1})));

    const qreal ratio = devicePixelRatioF();
    const QSize pixels = (plot.size() * ratio).toSize();
    const auto draw = [&](const PointCloud& points, QImage& image, const QColor& color, double strength) {
        if (points.empty()) return;
        if (image.size() != pixels)
            image = cloudImage(points, pixels, range_, color, dotRadius(points.count()) * ratio,
                               dotAlpha(points.count()) * strength);
        painter.drawImage(plot, image);
    };
    drawDensity(painter);
    draw(background_, backgroundImage_, c.muted, 0.45);
    drawOutline(painter);
    drawField(painter);
    if (pathsVisible_ && !paths_.empty()) drawPaths(painter);
    // On a ground of its own density a cloud would hide what it shows.
    draw(points_, pointsImage_, toneColor(tone_), hasDensity() ? 0.7 : 1);
    drawLegend(painter);
    if (selected_ >= 0 && selected_ < points_.count()) {
        const auto i = static_cast<std::size_t>(selected_) * 2;
        painter.setPen(QPen(c.text, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(
            toWidget({static_cast<double>(points_.xy[i]), static_cast<double>(points_.xy[i + 1])}),
            theme::space(1) * 1.25, theme::space(1) * 1.25);
    }
    painter.restore();
    painter.setPen(QPen(hasFocus() ? c.training : c.line, 1));
    painter.drawPath(frame);
    if (points_.empty()) {
        painter.setPen(c.faint);
        painter.setFont(theme::captionFont());
        painter.drawText(plot.adjusted(theme::space(3), 0, -theme::space(3), 0),
                         Qt::AlignCenter | Qt::TextWordWrap, emptyText_);
    }
}

void PointCloudView::mousePressEvent(QMouseEvent* event) {
    if (!selectable_ || event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    int nearest = -1;
    double best = theme::space(4);
    for (int i = 0; i < points_.count(); ++i) {
        const auto k = static_cast<std::size_t>(i) * 2;
        const QPointF at =
            toWidget({static_cast<double>(points_.xy[k]), static_cast<double>(points_.xy[k + 1])});
        const double distance = std::hypot(at.x() - event->position().x(), at.y() - event->position().y());
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    if (nearest < 0 || nearest == selected_) return;
    setSelected(nearest);
    Q_EMIT pointSelected(nearest);
}

void PointCloudView::keyPressEvent(QKeyEvent* event) {
    QPointF towards;
    if (event->key() == Qt::Key_Left) towards = {-1, 0};
    if (event->key() == Qt::Key_Right) towards = {1, 0};
    if (event->key() == Qt::Key_Up) towards = {0, 1};
    if (event->key() == Qt::Key_Down) towards = {0, -1};
    if (!selectable_ || points_.empty() || towards.isNull()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto at = [this](int i) {
        const auto k = static_cast<std::size_t>(i) * 2;
        return QPointF(static_cast<double>(points_.xy[k]), static_cast<double>(points_.xy[k + 1]));
    };
    const QPointF from = at(std::clamp(selected_, 0, count() - 1));
    int nearest = -1;
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < count(); ++i) {
        const QPointF way = at(i) - from;
        const double along = QPointF::dotProduct(way, towards), length = std::hypot(way.x(), way.y());
        // Within 45 degrees of the arrow, so that every point can be reached.
        if (i == selected_ || !(along > 0) || along < length * std::sqrt(0.5) || length >= best) continue;
        best = length;
        nearest = i;
    }
    if (nearest < 0) return;
    setSelected(nearest);
    Q_EMIT pointSelected(nearest);
}

void PointCloudView::resizeEvent(QResizeEvent*) {
    forgetImages();
}

void PointCloudView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        forgetImages();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
