// How a picture grid is drawn: what is in view, once, in device pixels; then values and rings over it.
#include "views/magnify.h"
#include "views/picture_grid.h"

#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double smallestLetters = 0.72; // of the number font; smaller is not legible

double cornerRadius() {
    return theme::space(1) * 1.5;
}

QString valueText(float value) {
    const double v = static_cast<double>(value);
    if (!std::isfinite(v)) return QStringLiteral("–");
    const double size = std::abs(v);
    const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    return QString::number(v, 'f', decimals).replace(QLatin1Char('-'), QChar(0x2212));
}

/// Of the theme's two inks the one that is further from the ground.
QColor inkOn(QRgb ground) {
    const theme::Colors& c = theme::colors();
    const auto distance = [ground](const QColor& ink) { return std::abs(qGray(ink.rgb()) - qGray(ground)); };
    return distance(c.text) > distance(c.card) ? c.text : c.card;
}

} // namespace

void PictureGrid::drawCanvas(const Layout& l) {
    const qreal ratio = devicePixelRatioF();
    const QSize size = (QSizeF(l.frame.size()) * ratio).toSize();
    if (canvas_.size() == size) return;
    canvas_ = QImage(size, QImage::Format_ARGB32_Premultiplied);
    canvas_.fill(theme::colors().pictureGap);
    const QSize cell = (QSizeF(l.cellWidth, l.cellHeight) * factor() * ratio).toSize();
    const bool smaller = cell.width() < picture_.width() || cell.height() < picture_.height();
    const Taps x = smaller ? Taps() : tapsFor(picture_.width(), cell.width());
    const Taps y = smaller ? Taps() : tapsFor(picture_.height(), cell.height());
    QPainter painter;
    if (smaller) {
        painter.begin(&canvas_);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
    }
    for (int i = 0; i < count_; ++i) {
        const QRect source(0, i * picture_.height(), picture_.width(), picture_.height());
        const QPointF corner = (pictureRect(l, i).topLeft() - QPointF(l.frame.topLeft())) * ratio;
        const QRect target(corner.toPoint(), cell);
        if (!target.intersects(canvas_.rect())) continue;
        if (smaller)
            painter.drawImage(target, atlas_, source);
        else
            magnify(atlas_, source, canvas_, target.topLeft(), x, y);
    }
    if (painter.isActive()) painter.end();
    roundCorners(canvas_, cornerRadius() * ratio); // once: a clip path costs more with every frame
}

std::optional<QFont> PictureGrid::valueFont(double block) const {
    QFont font = theme::numberFont();
    const int full = font.pixelSize();
    const double perLetter = QFontMetricsF(font).horizontalAdvance(QStringLiteral("−0.00")) / full;
    const double lines = channels_ * 1.25; // one below the other
    const double fits = std::min((block - theme::space(1)) / perLetter, (block - theme::space(1)) / lines);
    if (fits < full * smallestLetters) return std::nullopt;
    font.setPixelSize(std::min(full, static_cast<int>(fits)));
    return font;
}

bool PictureGrid::showsValues() const {
    if (!values_ || count_ == 0) return false;
    const QRectF block = pixelRect(PixelPlace{});
    return valueFont(std::min(block.width(), block.height())).has_value();
}

void PictureGrid::drawValues(QPainter& painter, const Layout& l) const {
    if (!showsValues()) return;
    const QRectF block = pixelRect(l, {});
    painter.setFont(*valueFont(std::min(block.width(), block.height())));
    const QRectF frame(l.frame);
    for (int i = 0; i < count_; ++i) {
        const QRectF all = pictureRect(l, i);
        const QRectF seen = all.intersected(frame);
        if (seen.isEmpty()) continue;
        const int firstRow = static_cast<int>((seen.top() - all.top()) / block.height());
        const int firstColumn = static_cast<int>((seen.left() - all.left()) / block.width());
        const int lastRow =
            std::min(picture_.height() - 1, static_cast<int>((seen.bottom() - all.top()) / block.height()));
        const int lastColumn =
            std::min(picture_.width() - 1, static_cast<int>((seen.right() - all.left()) / block.width()));
        for (int row = firstRow; row <= lastRow; ++row)
            for (int column = firstColumn; column <= lastColumn; ++column) {
                const PixelPlace place{i, row, column};
                QString text = valueText(values_(place, 0));
                for (int channel = 1; channel < channels_; ++channel)
                    text += QLatin1Char('\n') + valueText(values_(place, channel));
                painter.setPen(inkOn(atlas_.pixel(column, i * picture_.height() + row)));
                painter.drawText(pixelRect(l, place), Qt::AlignCenter, text);
            }
    }
}

void PictureGrid::drawRings(QPainter& painter, const Layout& l) const {
    const theme::Colors& c = theme::colors();
    const auto ring = [&](const QRectF& rect, const QColor& color, double pen) {
        const QRectF around = rect.adjusted(-pen / 2, -pen / 2, pen / 2, pen / 2);
        painter.setPen(QPen(c.pictureGap, pen + 2));
        painter.drawRoundedRect(around, 2, 2);
        painter.setPen(QPen(color, pen));
        painter.drawRoundedRect(around, 2, 2);
    };
    const double pen = std::max(2.0, theme::space(1) * 0.5);
    if (selected_ >= 0 && selected_ < count_ && count_ > 1)
        ring(pictureRect(l, selected_), toneColor(tone_), pen);
    // A pixel of a few device pixels is still to be found: the ring then stands around its surroundings.
    const auto pixel = [&](const PixelPlace& place, const QColor& color, double width) {
        if (place.picture < 0 || place.picture >= count_) return;
        QRectF rect = pixelRect(l, place);
        const double lack = theme::space(2) - std::min(rect.width(), rect.height());
        if (lack > 0) rect.adjust(-lack / 2, -lack / 2, lack / 2, lack / 2);
        ring(rect, color, width);
    };
    if (pinned_) pixel(*pinned_, c.forward, pen);
    if (pointed_ && pointed_ != pinned_) pixel(*pointed_, c.text, 1.5);
}

void PictureGrid::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool empty = count_ == 0;
    const Layout l = shownLayout();
    const qreal round = cornerRadius();
    QPainterPath frame;
    frame.addRoundedRect(QRectF(l.frame), round, round);
    if (empty) {
        painter.fillPath(frame, c.card);
        painter.setPen(QPen(c.line, 1, Qt::DashLine));
        painter.drawPath(frame);
        painter.setPen(c.faint);
        painter.setFont(theme::captionFont());
        painter.drawText(l.frame.adjusted(theme::space(3), 0, -theme::space(3), 0),
                         Qt::AlignCenter | Qt::TextWordWrap, emptyText_);
    } else {
        drawCanvas(l);
        painter.save();
        painter.setClipRect(l.frame);
        painter.drawImage(QRectF(l.frame), canvas_, QRectF(canvas_.rect()));
        drawValues(painter, l);
        if (factor() > 1) drawRings(painter, l); // what lies outside the view is not drawn over the edge
        painter.restore();
        painter.setPen(QPen(c.line, 1));
        painter.drawPath(frame);
        if (factor() == 1) drawRings(painter, l);
    }
    if (hasFocus() && tabbed_) {
        painter.setPen(QPen(c.training, 2));
        painter.drawRoundedRect(QRectF(l.frame).adjusted(1, 1, -1, -1), round, round);
    }
}

} // namespace ddpm::ui
