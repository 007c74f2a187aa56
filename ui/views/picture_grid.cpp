#include "views/picture_grid.h"

#include <QEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ddpm::ui {
namespace {

/// Where each of `size` target pixels takes its value: from one source pixel, or from two neighbours by area.
/// Pixels stay sharp and all of one size at any magnification; at whole ones this is nearest neighbour.
struct Taps {
    std::vector<int> first, second;
    std::vector<int> share; // of the first, in 1/256
};

Taps tapsFor(int source, int size) {
    Taps taps;
    const double scale = static_cast<double>(size) / source;
    for (int i = 0; i < size; ++i) {
        const double from = i / scale, to = (i + 1) / scale;
        const int a = std::min(static_cast<int>(from + 1e-9), source - 1);
        const int b = std::min(a + 1, source - 1);
        const double share = std::clamp((a + 1 - from) / (to - from), 0.0, 1.0);
        taps.first.push_back(a);
        taps.second.push_back(b);
        taps.share.push_back(static_cast<int>(std::lround(share * 256)));
    }
    return taps;
}

QRgb mix(QRgb a, QRgb b, int share) {
    const auto channel = [share](int x, int y) { return (x * share + y * (256 - share) + 128) >> 8; };
    return qRgb(channel(qRed(a), qRed(b)), channel(qGreen(a), qGreen(b)), channel(qBlue(a), qBlue(b)));
}

/// `source` (32 bits a pixel) magnified into `target` at `at`.
void magnify(const QImage& source, const QRect& part, QImage& target, QPoint at, const Taps& x,
             const Taps& y) {
    const int width = static_cast<int>(x.first.size()), height = static_cast<int>(y.first.size());
    for (int row = 0; row < height; ++row) {
        const auto r = static_cast<std::size_t>(row);
        const auto* upper =
            reinterpret_cast<const QRgb*>(source.constScanLine(part.top() + y.first[r])) + part.left();
        const auto* lower =
            reinterpret_cast<const QRgb*>(source.constScanLine(part.top() + y.second[r])) + part.left();
        auto* line = reinterpret_cast<QRgb*>(target.scanLine(at.y() + row)) + at.x();
        for (int column = 0; column < width; ++column) {
            const auto c = static_cast<std::size_t>(column);
            const int a = x.first[c], b = x.second[c], share = x.share[c];
            const QRgb above = share == 256 ? upper[a] : mix(upper[a], upper[b], share);
            if (y.share[r] == 256) {
                line[column] = above;
                continue;
            }
            const QRgb below = share == 256 ? lower[a] : mix(lower[a], lower[b], share);
            line[column] = mix(above, below, y.share[r]);
        }
    }
}

} // namespace

PictureGrid::PictureGrid(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Pictures"));
}

void PictureGrid::setPictures(const PictureStack& pictures) {
    if (pictures.empty()) {
        clear();
        return;
    }
    const bool moved = count_ != pictures.count || picture_ != QSize(pictures.width, pictures.height);
    count_ = pictures.count;
    picture_ = {pictures.width, pictures.height};
    const QSize size(pictures.width, pictures.height * pictures.count);
    if (atlas_.size() != size) atlas_ = QImage(size, QImage::Format_RGB32);
    const std::uint8_t* byte = pictures.bytes.data();
    for (int y = 0; y < size.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(atlas_.scanLine(y));
        for (int x = 0; x < size.width(); ++x) {
            line[x] =
                pictures.channels == 1 ? qRgb(byte[0], byte[0], byte[0]) : qRgb(byte[0], byte[1], byte[2]);
            byte += pictures.channels;
        }
    }
    magnified_ = {};
    if (moved) updateGeometry();
    update();
}

void PictureGrid::clear() {
    count_ = 0;
    atlas_ = magnified_ = {};
    update();
}

void PictureGrid::setColumns(int columns) {
    columns_ = std::max(0, columns);
    update();
}

int PictureGrid::columns() const {
    return count_ == 0 ? 0 : layoutFor(count_, picture_).columns;
}

void PictureGrid::setSelectable(bool selectable) {
    selectable_ = selectable;
    setFocusPolicy(selectable ? Qt::StrongFocus : Qt::NoFocus);
}

void PictureGrid::setSelected(int index) {
    if (selected_ == index) return;
    selected_ = index;
    update();
}

void PictureGrid::setTone(Tone tone) {
    tone_ = tone;
    update();
}

void PictureGrid::setHoverText(const QStringList& texts) {
    hoverTexts_ = texts;
}

void PictureGrid::setEmptyText(const QString& text) {
    emptyText_ = text;
    update();
}

void PictureGrid::setPlaceholder(int count, QSize picture) {
    placeholderCount_ = count;
    placeholderPicture_ = picture;
    update();
}

void PictureGrid::setAlignment(Qt::Alignment alignment) {
    alignment_ = alignment;
    update();
}

PictureGrid::Layout PictureGrid::layoutFor(int count, QSize picture) const {
    Layout best;
    if (count <= 0 || picture.isEmpty()) return best;
    const int margin = count > 1 ? theme::space(1) : 0;
    const int gap = count > 1 ? std::max(2, theme::space(1) / 2) : 0;
    const int roomWidth = width() - 2 * margin, roomHeight = height() - 2 * margin;
    const auto scaleOf = [&](int columns) {
        const int rows = (count + columns - 1) / columns;
        const double x = (roomWidth - gap * (columns - 1)) / static_cast<double>(columns);
        const double y = (roomHeight - gap * (rows - 1)) / static_cast<double>(rows);
        return std::min(x / picture.width(), y / picture.height());
    };
    int columns = columns_;
    if (columns == 0) {
        // The largest pictures; among equals the arrangement that is closest to a square.
        double scale = -1;
        int lack = 0;
        for (int candidate = 1; candidate <= count; ++candidate) {
            const double s = scaleOf(candidate);
            const int rows = (count + candidate - 1) / candidate;
            const int off = std::abs(candidate - rows);
            if (s > scale + 1e-9 || (s > scale - 1e-9 && off < lack)) {
                scale = s;
                lack = off;
                columns = candidate;
            }
        }
    }
    const double scale = std::max(scaleOf(columns), 0.1);
    best.columns = columns;
    best.rows = (count + columns - 1) / columns;
    best.cellWidth = std::max(1, static_cast<int>(picture.width() * scale));
    best.cellHeight = std::max(1, static_cast<int>(picture.height() * scale));
    best.gap = gap;
    best.margin = margin;
    const QSize inner(best.columns * best.cellWidth + (best.columns - 1) * gap,
                      best.rows * best.cellHeight + (best.rows - 1) * gap);
    const QSize outer = inner + QSize(2 * margin, 2 * margin);
    QRect frame(QPoint(0, 0), outer);
    frame.moveLeft(alignment_ & Qt::AlignLeft ? 0 : (width() - outer.width()) / 2);
    frame.moveTop(alignment_ & Qt::AlignTop ? 0 : (height() - outer.height()) / 2);
    best.frame = frame;
    best.origin = frame.topLeft() + QPoint(margin, margin);
    return best;
}

QRect PictureGrid::pictureRect(int index) const {
    if (index < 0 || index >= count_) return {};
    const Layout l = layoutFor(count_, picture_);
    const int column = index % l.columns, row = index / l.columns;
    return {l.origin.x() + column * (l.cellWidth + l.gap), l.origin.y() + row * (l.cellHeight + l.gap),
            l.cellWidth, l.cellHeight};
}

int PictureGrid::pictureAt(QPoint position) const {
    for (int i = 0; i < count_; ++i)
        if (pictureRect(i).contains(position)) return i;
    return -1;
}

QSize PictureGrid::sizeHint() const {
    return {theme::space(70), theme::space(70)};
}

QSize PictureGrid::minimumSizeHint() const {
    return {theme::space(20), theme::space(20)};
}

void PictureGrid::drawPictures(QPainter& painter, const Layout& l) {
    const qreal ratio = devicePixelRatioF();
    const QSize cell = (QSizeF(l.cellWidth, l.cellHeight) * ratio).toSize();
    if (cell.width() < picture_.width() || cell.height() < picture_.height()) { // smaller than they are
        painter.setRenderHint(QPainter::SmoothPixmapTransform, true);
        for (int i = 0; i < count_; ++i)
            painter.drawImage(pictureRect(i), atlas_,
                              QRect(0, i * picture_.height(), picture_.width(), picture_.height()));
        return;
    }
    const QSize all(cell.width(), cell.height() * count_);
    if (magnified_.size() != all) {
        magnified_ = QImage(all, QImage::Format_RGB32);
        const Taps x = tapsFor(picture_.width(), cell.width()), y = tapsFor(picture_.height(), cell.height());
        for (int i = 0; i < count_; ++i)
            magnify(atlas_, QRect(0, i * picture_.height(), picture_.width(), picture_.height()), magnified_,
                    {0, i * cell.height()}, x, y);
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    for (int i = 0; i < count_; ++i)
        painter.drawImage(pictureRect(i), magnified_,
                          QRect(0, i * cell.height(), cell.width(), cell.height()));
}

void PictureGrid::focusInEvent(QFocusEvent* event) {
    // A ring around the whole grid helps whoever came by keyboard; after a click it would only be in the way.
    tabbed_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
    update();
}

void PictureGrid::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool empty = count_ == 0;
    const int shown = empty ? std::max(1, placeholderCount_) : count_;
    const Layout l = layoutFor(shown, empty ? placeholderPicture_ : picture_);
    const qreal round = theme::space(1) * 1.5;
    QPainterPath frame;
    frame.addRoundedRect(QRectF(l.frame), round, round);
    painter.fillPath(frame, empty ? c.card : c.pictureGap);
    if (empty) {
        painter.setPen(QPen(c.line, 1, Qt::DashLine));
        painter.drawPath(frame);
        painter.setPen(c.faint);
        painter.setFont(theme::captionFont());
        painter.drawText(l.frame.adjusted(theme::space(3), 0, -theme::space(3), 0),
                         Qt::AlignCenter | Qt::TextWordWrap, emptyText_);
        return;
    }
    painter.save();
    painter.setClipPath(frame);
    drawPictures(painter, l);
    painter.restore();
    painter.setPen(QPen(c.line, 1));
    painter.drawPath(frame);
    if (selected_ >= 0 && selected_ < count_ && count_ > 1) {
        const qreal pen = std::max(2.0, theme::space(1) * 0.5);
        const QRectF ring = QRectF(pictureRect(selected_)).adjusted(-pen / 2, -pen / 2, pen / 2, pen / 2);
        painter.setPen(QPen(c.pictureGap, pen + 2));
        painter.drawRoundedRect(ring, 2, 2);
        painter.setPen(QPen(toneColor(tone_), pen));
        painter.drawRoundedRect(ring, 2, 2);
    }
    if (hasFocus() && tabbed_) {
        painter.setPen(QPen(c.training, 2));
        painter.drawRoundedRect(QRectF(l.frame).adjusted(1, 1, -1, -1), round, round);
    }
}

void PictureGrid::select(int index) {
    if (index < 0 || index >= count_ || index == selected_) return;
    selected_ = index;
    update();
    Q_EMIT pictureSelected(index);
}

void PictureGrid::mousePressEvent(QMouseEvent* event) {
    if (!selectable_ || event->button() != Qt::LeftButton) {
        QWidget::mousePressEvent(event);
        return;
    }
    select(pictureAt(event->position().toPoint()));
}

void PictureGrid::mouseDoubleClickEvent(QMouseEvent* event) {
    const int index = pictureAt(event->position().toPoint());
    if (selectable_ && event->button() == Qt::LeftButton && index >= 0) Q_EMIT pictureActivated(index);
}

void PictureGrid::keyPressEvent(QKeyEvent* event) {
    if (!selectable_ || count_ == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const int columns = layoutFor(count_, picture_).columns;
    const int from = std::max(0, selected_);
    switch (event->key()) {
    case Qt::Key_Left:
        select(from - 1);
        break;
    case Qt::Key_Right:
        select(from + 1);
        break;
    case Qt::Key_Up:
        select(from - columns);
        break;
    case Qt::Key_Down:
        select(from + columns);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (selected_ >= 0 && selected_ < count_) Q_EMIT pictureActivated(selected_);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

bool PictureGrid::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !hoverTexts_.isEmpty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = pictureAt(help->pos());
        if (index >= 0 && index < hoverTexts_.size())
            QToolTip::showText(help->globalPos(), hoverTexts_.at(index), this, pictureRect(index));
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void PictureGrid::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
