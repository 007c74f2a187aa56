#include "views/point_cloud_view.h"

#include "views/picture_image.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
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

} // namespace

PointCloudView::PointCloudView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Points"));
}

void PointCloudView::setPoints(const PointCloud& points) {
    points_ = points;
    pointsImage_ = {};
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

void PointCloudView::setRange(double range) {
    if (range_ == range) return;
    range_ = range;
    pointsImage_ = backgroundImage_ = {};
    update();
}

void PointCloudView::setTone(Tone tone) {
    tone_ = tone;
    pointsImage_ = {};
    update();
}

void PointCloudView::setSelected(int index) {
    if (selected_ == index) return;
    selected_ = index;
    update();
}

void PointCloudView::setSelectable(bool selectable) {
    selectable_ = selectable;
}

void PointCloudView::setEmptyText(const QString& text) {
    emptyText_ = text;
    update();
}

void PointCloudView::clear() {
    points_ = {};
    background_ = {};
    paths_.clear();
    pointsImage_ = backgroundImage_ = {};
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
    painter.drawLine(toWidget({-range_, 0}), toWidget({range_, 0}));
    painter.drawLine(toWidget({0, -range_}), toWidget({0, range_}));
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
    draw(background_, backgroundImage_, c.muted, 0.45);
    if (!paths_.empty()) drawPaths(painter);
    draw(points_, pointsImage_, toneColor(tone_), 1);
    if (selected_ >= 0 && selected_ < points_.count()) {
        const auto i = static_cast<std::size_t>(selected_) * 2;
        painter.setPen(QPen(c.text, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(
            toWidget({static_cast<double>(points_.xy[i]), static_cast<double>(points_.xy[i + 1])}),
            theme::space(1) * 1.25, theme::space(1) * 1.25);
    }
    painter.restore();
    painter.setPen(QPen(c.line, 1));
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

void PointCloudView::resizeEvent(QResizeEvent*) {
    pointsImage_ = backgroundImage_ = {};
}

void PointCloudView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        pointsImage_ = backgroundImage_ = {};
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
