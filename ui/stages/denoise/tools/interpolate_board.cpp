#include "stages/denoise/tools/interpolate_board.h"

#include "theme/theme.h"

#include <QApplication>
#include <QEvent>
#include <QFontMetrics>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double columnSnap = 0.08; // of the way to the next column: still this one
constexpr double rowSnap = 0.25;    // of the way to the next row; a hand that drags along a row is not steady
constexpr double fineLambda = 0.01;
constexpr int fineDepths = 100; // Shift and an arrow: a hundredth of the largest depth

/// Pixels stay sharp and all of one size: whole ones first, then the rest by area.
QImage magnified(const QImage& picture, int side) {
    const int larger = std::max(picture.width(), picture.height());
    if (larger == 0) return {};
    const int whole = (side + larger - 1) / larger;
    const QSize target = picture.size().scaled(side, side, Qt::KeepAspectRatio);
    return picture.scaled(picture.size() * whole)
        .scaled(target, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

QString lambdaText(double lambda) {
    if (lambda == 0 || lambda == 1) return QString::number(lambda, 'f', 0);
    return QString::number(lambda, 'f', 2);
}

} // namespace

InterpolateBoard::InterpolateBoard(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Mixtures by λ and depth"));
    setToolTip(tr("Drag between the cells. Arrows move by cells, with Shift in small steps"));
}

void InterpolateBoard::setAxes(std::vector<double> lambdas, std::vector<int> depths) {
    lambdas_ = std::move(lambdas);
    depths_ = std::move(depths);
    cells_.assign(lambdas_.size() * depths_.size(), {});
    rowWords_.assign(depths_.size(), {});
    setMarker(lambda_, t_);
    update();
}

void InterpolateBoard::setCell(int row, int column, const QImage& picture, Look look) {
    Cell& into = cells_[static_cast<std::size_t>(row * columns() + column)];
    into.picture = picture;
    into.drawn = {};
    into.look = look;
    update(cellRect(row, column).adjusted(-4, -4, 4, 4));
}

void InterpolateBoard::clearRow(int row, const QString& words) {
    for (int i = 0; i < columns(); ++i)
        cells_[static_cast<std::size_t>(row * columns() + i)] = {};
    rowWords_[static_cast<std::size_t>(row)] = words;
    update();
}

const InterpolateBoard::Cell* InterpolateBoard::cell(int row, int column) const {
    if (row < 0 || row >= rows() || column < 0 || column >= columns()) return nullptr;
    return &cells_[static_cast<std::size_t>(row * columns() + column)];
}

InterpolateBoard::Look InterpolateBoard::look(int row, int column) const {
    const Cell* found = cell(row, column);
    return found ? found->look : Look::waiting;
}

// Where things are
// -------------------------------------------------------------------------------------------------

InterpolateBoard::Layout InterpolateBoard::layoutNow() const {
    const QFontMetrics metrics(theme::captionFont());
    int widest = 0;
    for (const int t : depths_)
        widest = std::max(widest, metrics.horizontalAdvance(tr("t = %1").arg(t)));
    Layout l;
    l.gap = std::max(2, theme::space(1) / 2);
    const int left = widest + theme::space(2), top = metrics.height() + theme::space(1);
    const int roomX = width() - left - l.gap, roomY = height() - top - l.gap;
    l.cell = std::max(8, std::min(roomX / std::max(1, columns()), roomY / std::max(1, rows())) - l.gap);
    l.left = left + std::max(0, (roomX - columns() * (l.cell + l.gap)) / 2);
    l.top = top;
    return l;
}

QRect InterpolateBoard::cellRect(int row, int column) const {
    const Layout l = layoutNow();
    const int pitch = l.cell + l.gap;
    return {l.left + column * pitch, l.top + row * pitch, l.cell, l.cell};
}

double InterpolateBoard::columnOf(double lambda) const {
    const auto above = std::lower_bound(lambdas_.begin(), lambdas_.end(), lambda);
    if (above == lambdas_.begin()) return 0;
    if (above == lambdas_.end()) return columns() - 1;
    const auto below = above - 1;
    return static_cast<double>(below - lambdas_.begin()) + (lambda - *below) / (*above - *below);
}

double InterpolateBoard::rowOf(int t) const {
    for (int i = 0; i + 1 < rows(); ++i) {
        const int a = depths_[static_cast<std::size_t>(i)], b = depths_[static_cast<std::size_t>(i) + 1];
        if (t == a) return i;
        if (t > std::min(a, b) && t < std::max(a, b))
            return i + rowSnap + (1 - 2 * rowSnap) * static_cast<double>(t - a) / (b - a);
    }
    return std::max(0, rows() - 1);
}

QPointF InterpolateBoard::pointOf(double lambda, int t) const {
    const QRectF first = cellRect(0, 0);
    const double pitch = layoutNow().cell + layoutNow().gap;
    return first.center() + QPointF(columnOf(lambda) * pitch, rowOf(t) * pitch);
}

double InterpolateBoard::lambdaAt(double x) const {
    const Layout l = layoutNow();
    const double at = std::clamp((x - l.left - l.cell / 2.0) / (l.cell + l.gap), 0.0, columns() - 1.0);
    const double nearest = std::round(at);
    if (std::abs(at - nearest) <= columnSnap) return lambdas_[static_cast<std::size_t>(nearest)];
    const auto below = static_cast<std::size_t>(at);
    const double lambda =
        lambdas_[below] + (at - static_cast<double>(below)) * (lambdas_[below + 1] - lambdas_[below]);
    return std::round(lambda / fineLambda) * fineLambda;
}

int InterpolateBoard::depthAt(double y) const {
    if (depths_.empty()) return 0;
    const Layout l = layoutNow();
    const double at = std::clamp((y - l.top - l.cell / 2.0) / (l.cell + l.gap), 0.0, rows() - 1.0);
    const auto row = static_cast<std::size_t>(std::min(static_cast<int>(at), std::max(0, rows() - 2)));
    if (row + 1 >= depths_.size()) return depths_[row];
    const double part = std::clamp((at - static_cast<double>(row) - rowSnap) / (1 - 2 * rowSnap), 0.0, 1.0);
    return static_cast<int>(std::lround(depths_[row] + part * (depths_[row + 1] - depths_[row])));
}

// The marker
// -------------------------------------------------------------------------------------------------------

void InterpolateBoard::setMarker(double lambda, int t) {
    lambda_ = std::clamp(lambda, 0.0, 1.0);
    if (!depths_.empty()) {
        const auto [low, high] = std::minmax_element(depths_.begin(), depths_.end());
        t_ = std::clamp(t, *low, *high);
    }
    update();
}

int InterpolateBoard::nearestColumn() const {
    return static_cast<int>(std::lround(columnOf(lambda_)));
}

int InterpolateBoard::nearestRow() const {
    return static_cast<int>(std::lround(rowOf(t_)));
}

bool InterpolateBoard::onCell() const {
    if (depths_.empty()) return false;
    return lambda_ == lambdas_[static_cast<std::size_t>(nearestColumn())] &&
           t_ == depths_[static_cast<std::size_t>(nearestRow())];
}

void InterpolateBoard::move(double lambda, int t) {
    if (lambda == lambda_ && t == t_) return;
    setMarker(lambda, t);
    Q_EMIT markerMoved(lambda_, t_);
}

void InterpolateBoard::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || depths_.empty()) {
        QWidget::mousePressEvent(event);
        return;
    }
    // A click means a cell; only what is dragged comes to lie between some.
    pressed_ = event->position();
    dragging_ = false;
    const Layout l = layoutNow();
    const auto nearest = [&](double at, int from, int count) {
        return static_cast<std::size_t>(
            std::clamp(static_cast<int>(std::floor((at - from) / (l.cell + l.gap))), 0, count - 1));
    };
    move(lambdas_[nearest(pressed_.x(), l.left, columns())], depths_[nearest(pressed_.y(), l.top, rows())]);
}

void InterpolateBoard::mouseMoveEvent(QMouseEvent* event) {
    if (!(event->buttons() & Qt::LeftButton) || depths_.empty()) return;
    const QPointF way = event->position() - pressed_;
    dragging_ = dragging_ || way.manhattanLength() >= QApplication::startDragDistance();
    if (dragging_) move(lambdaAt(event->position().x()), depthAt(event->position().y()));
}

void InterpolateBoard::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    dragging_ = false;
    Q_EMIT markerReleased();
}

void InterpolateBoard::keyPressEvent(QKeyEvent* event) {
    if (depths_.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const bool fine = event->modifiers() & Qt::ShiftModifier;
    const double column = columnOf(lambda_), row = rowOf(t_);
    // The next cell in that direction, also from between two.
    const auto next = [](double at, int sign) {
        return static_cast<int>(sign > 0 ? std::floor(at + 1e-9) + 1 : std::ceil(at - 1e-9) - 1);
    };
    const auto toColumn = [&](int index) {
        move(lambdas_[static_cast<std::size_t>(std::clamp(index, 0, columns() - 1))], t_);
    };
    const auto toRow = [&](int index) {
        move(lambda_, depths_[static_cast<std::size_t>(std::clamp(index, 0, rows() - 1))]);
    };
    const auto alongLambda = [&](int sign) {
        if (!fine) return toColumn(next(column, sign));
        move(std::clamp(std::round(lambda_ / fineLambda + sign) * fineLambda, 0.0, 1.0), t_);
    };
    const auto alongDepth = [&](int sign) { // down the rows
        if (!fine) return toRow(next(row, sign));
        const int first = depths_.front(), last = depths_.back();
        const int step = std::max(1, std::max(first, last) / fineDepths);
        move(lambda_, std::clamp(t_ + (last > first ? sign : -sign) * step, std::min(first, last),
                                 std::max(first, last)));
    };
    switch (event->key()) {
    case Qt::Key_Left:
        alongLambda(-1);
        break;
    case Qt::Key_Right:
        alongLambda(1);
        break;
    case Qt::Key_Up:
        alongDepth(-1);
        break;
    case Qt::Key_Down:
        alongDepth(1);
        break;
    case Qt::Key_Home:
        toColumn(0);
        break;
    case Qt::Key_End:
        toColumn(columns() - 1);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

// How it looks
// -----------------------------------------------------------------------------------------------------

QSize InterpolateBoard::sizeHint() const {
    return {theme::space(140), theme::space(100)};
}

QSize InterpolateBoard::minimumSizeHint() const {
    return {theme::space(60), theme::space(56)};
}

void InterpolateBoard::drawCell(QPainter& painter, const Cell& cell, const QRect& where) const {
    const theme::Colors& c = theme::colors();
    painter.fillRect(where, c.pictureGap);
    if (cell.look == Look::waiting) {
        painter.setPen(QPen(c.line, 1, Qt::DashLine));
        painter.drawRect(QRectF(where).adjusted(0.5, 0.5, -0.5, -0.5));
        return;
    }
    const qreal ratio = devicePixelRatioF();
    const int side = static_cast<int>(std::lround(where.width() * ratio));
    if (cell.drawn.isNull()) cell.drawn = magnified(cell.picture, side);
    QRectF into(QPointF(), QSizeF(cell.drawn.size()) / ratio);
    into.moveCenter(QRectF(where).center());
    // What is still being made is pale, with a corner that says so; it must not be taken for an end.
    const bool belief = cell.look == Look::belief;
    painter.setOpacity(belief ? 0.55 : 1);
    painter.drawImage(into, cell.drawn);
    painter.setOpacity(1);
    if (cell.look == Look::done) return;
    const QColor hue = belief ? c.reverse : c.forward;
    const qreal corner = std::min<qreal>(theme::space(2), where.width() / 4.0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(hue);
    const QPointF at = QRectF(where).topRight();
    painter.drawPolygon(QPolygonF{at, at + QPointF(0, corner), at - QPointF(corner, 0)});
}

void InterpolateBoard::drawAxes(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const QFontMetrics metrics(theme::captionFont());
    painter.setFont(theme::captionFont());
    const int chosenColumn = nearestColumn(), chosenRow = nearestRow();
    // The ends always have their λ, the others where they do not crowd one another.
    const int pitch = layoutNow().cell + layoutNow().gap;
    const int widest = metrics.horizontalAdvance(QStringLiteral("0.00")) + theme::space(1);
    const int every = std::max(1, (widest + pitch - 1) / pitch);
    for (int column = 0; column < columns(); ++column) {
        const bool last = column == columns() - 1;
        if (column % every != 0 && !last) continue;
        if (!last && columns() - 1 - column < every) continue;
        const double lambda = lambdas_[static_cast<std::size_t>(column)];
        QRect where = cellRect(0, column);
        QString text = tr("λ = %1").arg(lambdaText(lambda));
        if ((column > 0 && !last) || metrics.horizontalAdvance(text) > where.width())
            text = lambdaText(lambda);
        where = QRect(where.center().x() - widest, 0, 2 * widest, where.top() - theme::space(1));
        painter.setPen(column == chosenColumn ? c.text : c.muted);
        painter.drawText(where, Qt::AlignHCenter | Qt::AlignBottom, text);
    }
    for (int row = 0; row < rows(); ++row) {
        const QRect where = cellRect(row, 0);
        painter.setPen(row == chosenRow ? c.text : c.muted);
        painter.drawText(QRect(0, where.top(), where.left() - theme::space(2), where.height()),
                         Qt::AlignRight | Qt::AlignVCenter,
                         tr("t = %1").arg(depths_[static_cast<std::size_t>(row)]));
    }
}

void InterpolateBoard::drawMarker(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const qreal pen = std::max(2.0, theme::space(1) * 0.6);
    const QRectF ring =
        QRectF(cellRect(nearestRow(), nearestColumn())).adjusted(-pen / 2, -pen / 2, pen / 2, pen / 2);
    painter.setBrush(Qt::NoBrush);
    const bool exact = onCell();
    painter.setPen(QPen(c.pictureGap, pen + 2));
    painter.drawRoundedRect(ring, 2, 2);
    painter.setPen(QPen(c.reverse, pen, exact ? Qt::SolidLine : Qt::DotLine));
    painter.drawRoundedRect(ring, 2, 2);
    if (exact) return;
    const QPointF at = pointOf(lambda_, t_);
    const qreal radius = theme::space(2);
    painter.setPen(QPen(c.window, pen + 2));
    painter.drawEllipse(at, radius, radius);
    painter.setPen(QPen(c.reverse, pen));
    painter.drawEllipse(at, radius, radius);
}

void InterpolateBoard::paintEvent(QPaintEvent*) {
    if (depths_.empty()) return;
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (int row = 0; row < rows(); ++row) {
        for (int column = 0; column < columns(); ++column)
            drawCell(painter, *cell(row, column), cellRect(row, column));
        const QString& words = rowWords_[static_cast<std::size_t>(row)];
        if (words.isEmpty()) continue;
        painter.setFont(theme::captionFont());
        painter.setPen(c.warning);
        painter.drawText(cellRect(row, 0).united(cellRect(row, columns() - 1)).adjusted(4, 0, -4, 0),
                         Qt::AlignCenter | Qt::TextWordWrap, words);
    }
    drawAxes(painter);
    drawMarker(painter);
    if (!hasFocus()) return;
    painter.setPen(QPen(c.training, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(
        QRectF(cellRect(0, 0).united(cellRect(rows() - 1, columns() - 1))).adjusted(-4, -4, 4, 4), 3, 3);
}

void InterpolateBoard::resizeEvent(QResizeEvent*) {
    for (const Cell& each : cells_)
        each.drawn = {};
}

void InterpolateBoard::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        for (const Cell& each : cells_)
            each.drawn = {};
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
