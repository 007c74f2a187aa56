#include "views/small_multiples.h"

#include "views/spread_positions.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int mostColumns = 11;
constexpr int keptPictures = 600;

QFont nameFont(bool first) {
    QFont font = theme::textFont();
    if (first) font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

SmallMultiples::SmallMultiples(QWidget* parent) : QWidget(parent), cache_(keptPictures) {
    // Reached with Tab; after a click the arrows go on meaning one step.
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
}

void SmallMultiples::setRows(std::vector<Row> rows) {
    rows_ = std::move(rows);
    invalidate();
    updateGeometry();
    Q_EMIT laidOut();
}

void SmallMultiples::setSource(PictureSource pictures, FigureSource figures) {
    pictures_ = std::move(pictures);
    figures_ = std::move(figures);
    invalidate();
}

void SmallMultiples::setRange(int first, int last) {
    first_ = first;
    last_ = std::max(first + 1, last);
    position_ = std::clamp(position_, first_, last_);
    invalidate();
    Q_EMIT laidOut();
}

void SmallMultiples::setPosition(int position) {
    position_ = std::clamp(position, first_, last_);
    describe();
    update();
}

void SmallMultiples::setName(const QString& position, const QString& figure) {
    positionName_ = position;
    figureName_ = figure;
    update();
}

void SmallMultiples::setSmoothPictures(bool smooth) {
    smooth_ = smooth;
    invalidate();
}

void SmallMultiples::invalidate() {
    cache_.clear();
    describe();
    update();
}

void SmallMultiples::describe() {
    if (!figures_ || rows_.empty()) return;
    QStringList parts;
    for (int i = 0; i < rows(); ++i)
        parts << tr("%1: %2").arg(row(i).name, figures_(i, position_));
    setAccessibleDescription(
        tr("%1 = %2. %3 of %4").arg(positionName_).arg(position_).arg(figureName_, parts.join(tr(", "))));
}

int SmallMultiples::headHeight() const {
    return QFontMetrics(theme::captionFont()).height() + theme::space(1);
}

bool SmallMultiples::tight() const {
    return rowHeight() < theme::space(14);
}

int SmallMultiples::figureHeight() const {
    return tight() ? 0 : QFontMetrics(theme::numberFont()).height();
}

int SmallMultiples::textWidth() const {
    const QFontMetrics figure(theme::numberFont()), head(theme::captionFont());
    return std::max(head.horizontalAdvance(QString::number(last_)),
                    tight() || !figures_ ? 0 : figure.horizontalAdvance(figures_(0, last_)));
}

int SmallMultiples::labelWidth() const {
    const QFontMetrics name(nameFont(true)), note(theme::captionFont());
    int width = theme::space(16);
    for (const Row& each : rows_)
        width = std::max({width, name.horizontalAdvance(each.name) + theme::space(5),
                          note.horizontalAdvance(each.note) + theme::space(5)});
    return width + theme::space(4);
}

int SmallMultiples::rowHeight() const {
    return (height() - headHeight()) / std::max(1, rows());
}

int SmallMultiples::columnCount() const {
    const int gap = theme::space(3), forHeight = rowHeight() - figureHeight() - theme::space(2);
    const int fit = (width() - labelWidth() + gap) / (std::max(forHeight, textWidth()) + gap);
    return spreadCount(first_, last_, std::clamp(fit, 2, mostColumns));
}

int SmallMultiples::cellSize() const {
    const int gap = theme::space(3), forHeight = rowHeight() - figureHeight() - theme::space(2);
    const int forWidth = (width() - labelWidth() + gap) / columnCount() - gap;
    return std::max(theme::space(4), std::min(forHeight, forWidth));
}

std::vector<int> SmallMultiples::positions() const {
    return spreadPositions(first_, last_, columnCount(), position_);
}

int SmallMultiples::columnAt(int position) const {
    const auto at = positions();
    const auto found = std::find(at.begin(), at.end(), position);
    return found == at.end() ? -1 : static_cast<int>(found - at.begin());
}

QRect SmallMultiples::cellRect(int row, int column) const {
    const int n = columnCount(), size = cellSize();
    if (row < 0 || row >= rows() || column < 0 || column >= n) return {};
    const int wide = std::max(size, textWidth());
    const double free = width() - labelWidth() - wide - 2.0;
    const int x = labelWidth() + (wide - size) / 2 +
                  (n == 1 ? 0 : static_cast<int>(std::lround(free * column / (n - 1))));
    const int y = headHeight() + row * rowHeight() + (rowHeight() - size - figureHeight()) / 2;
    return {x, y, size, size};
}

QSize SmallMultiples::sizeHint() const {
    return {theme::space(160), headHeight() + std::max(1, rows()) * theme::space(24)};
}

QSize SmallMultiples::minimumSizeHint() const {
    return {theme::space(90), headHeight() + std::max(1, rows()) * theme::space(10)};
}

void SmallMultiples::drawLabel(QPainter& painter, int index) const {
    const theme::Colors& c = theme::colors();
    const Row& each = row(index);
    const QRect cell = cellRect(index, 0);
    const bool figure = tight() && figures_;
    const QString below = figure ? figures_(index, position_) : each.note;
    const QFont belowFont = figure ? theme::numberFont() : theme::captionFont();
    const QFontMetrics name(nameFont(index == 0)), note(belowFont);
    const int left = theme::space(5), high = name.height() + (below.isEmpty() ? 0 : note.height());
    const int top = cell.center().y() - high / 2;
    painter.setPen(QPen(toneColor(each.tone), 2, each.dashed ? Qt::DotLine : Qt::SolidLine));
    const int middle = top + name.height() / 2 + 1;
    painter.drawLine(theme::space(1), middle, theme::space(4), middle);
    painter.setFont(nameFont(index == 0));
    painter.setPen(c.text);
    painter.drawText(left, top + name.ascent(), each.name);
    painter.setFont(belowFont);
    painter.setPen(c.muted);
    if (!below.isEmpty()) painter.drawText(left, top + name.height() + note.ascent(), below);
}

void SmallMultiples::drawCell(QPainter& painter, int index, int column, int position) {
    const theme::Colors& c = theme::colors();
    const QRect rect = cellRect(index, column);
    const bool current = position == position_;
    QPainterPath frame;
    frame.addRoundedRect(QRectF(rect), theme::space(1), theme::space(1));
    const qint64 key = static_cast<qint64>(position) * 64 + index;
    QImage* image = cache_.object(key);
    if (!image && pictures_) {
        auto* made = new QImage(pictures_(index, position, rect.size() * devicePixelRatioF()));
        if (cache_.insert(key, made)) image = made;
    }
    painter.fillPath(frame, theme::isDark() || !smooth_ ? c.pictureGap : c.card);
    if (image && !image->isNull()) {
        painter.save();
        painter.setClipPath(frame);
        painter.setRenderHint(QPainter::SmoothPixmapTransform, smooth_);
        painter.drawImage(rect, *image);
        painter.restore();
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(current ? QPen(c.forward, 2) : QPen(c.line, 1));
    painter.drawPath(frame);
    painter.setFont(theme::numberFont());
    painter.setPen(current ? c.text : c.faint);
    if (figures_ && !tight())
        painter.drawText(QRect(rect.left() - theme::space(3), rect.bottom() + 1,
                               rect.width() + theme::space(6), figureHeight()),
                         Qt::AlignHCenter | Qt::AlignTop, figures_(index, position));
}

void SmallMultiples::paintEvent(QPaintEvent*) {
    if (rows_.empty()) return;
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.selection);
    painter.drawRoundedRect(QRectF(0, headHeight(), labelWidth() - theme::space(2), rowHeight() - 2),
                            theme::space(1), theme::space(1));
    const auto at = positions();
    painter.setFont(theme::captionFont());
    painter.setPen(c.muted);
    painter.drawText(QRect(theme::space(1), 0, labelWidth() - theme::space(2), headHeight()),
                     Qt::AlignLeft | Qt::AlignVCenter, tr("%1, %2").arg(positionName_, figureName_));
    for (std::size_t column = 0; column < at.size(); ++column) {
        const QRect cell = cellRect(0, static_cast<int>(column));
        painter.setFont(theme::captionFont());
        painter.setPen(at[column] == position_ ? c.forward : c.faint);
        painter.drawText(
            QRect(cell.left() - theme::space(3), 0, cell.width() + theme::space(6), headHeight()),
            Qt::AlignCenter, QString::number(at[column]));
        for (int index = 0; index < rows(); ++index)
            drawCell(painter, index, static_cast<int>(column), at[column]);
    }
    for (int index = 0; index < rows(); ++index)
        drawLabel(painter, index);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.training, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), theme::space(1), theme::space(1));
    }
}

void SmallMultiples::request(int position) {
    if (position != position_) Q_EMIT positionRequested(position);
}

int SmallMultiples::columnUnder(QPoint point) const {
    // The whole column: its head, its pictures and their figures.
    for (int column = 0; column < columnCount(); ++column) {
        const QRect cell = cellRect(0, column);
        if (point.x() >= cell.left() - 2 && point.x() <= cell.right() + 2) return column;
    }
    return -1;
}

void SmallMultiples::mousePressEvent(QMouseEvent* event) {
    const int column = columnUnder(event->position().toPoint());
    if (event->button() == Qt::LeftButton && column >= 0)
        request(positions()[static_cast<std::size_t>(column)]);
}

bool SmallMultiples::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int column = columnUnder(help->pos());
    for (int index = 0; index < rows(); ++index) {
        if (!cellRect(index, column).contains(help->pos()) || !figures_) continue;
        const int position = positions()[static_cast<std::size_t>(column)];
        QToolTip::showText(help->globalPos(),
                           tr("%1, %2 = %3: %4 = %5")
                               .arg(row(index).name, positionName_)
                               .arg(position)
                               .arg(figureName_, figures_(index, position)),
                           this, cellRect(index, column));
        return true;
    }
    QToolTip::hideText();
    return true;
}

void SmallMultiples::keyPressEvent(QKeyEvent* event) {
    const auto at = positions();
    const auto here = static_cast<std::size_t>(std::max(0, columnAt(position_)));
    if (event->key() == Qt::Key_Left && here > 0)
        request(at[here - 1]);
    else if (event->key() == Qt::Key_Right && here + 1 < at.size())
        request(at[here + 1]);
    else if (event->key() == Qt::Key_Home)
        request(first_);
    else if (event->key() == Qt::Key_End)
        request(last_);
    else
        QWidget::keyPressEvent(event);
}

void SmallMultiples::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    cache_.clear();
    Q_EMIT laidOut();
}

void SmallMultiples::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        invalidate();
        Q_EMIT laidOut();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
