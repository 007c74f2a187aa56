#include "stages/denoise/tools/fork_tree.h"

#include "theme/theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace {

int tallestRow() {
    return theme::space(4);
}

} // namespace

ForkTree::ForkTree(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Tree of futures"));
    setToolTip(tr("Each line is a future, from noise at the left to the picture at the right. Click one to "
                  "follow it; double click or Enter forks again from it; Delete removes its fork."));
    layOut();
}

void ForkTree::setForks(int timesteps, std::vector<ForkBranch> forks) {
    timesteps_ = std::max(1, timesteps);
    forks_ = std::move(forks);
    if (fork_ >= static_cast<int>(forks_.size())) fork_ = -1; // it was removed
    layOut();
    update();
}

void ForkTree::setSelected(int fork, int item) {
    fork_ = fork;
    item_ = item;
    setAccessibleDescription(fork < 0 ? tr("nothing is selected")
                                      : tr("fork %1 at t = %2, future %3")
                                            .arg(fork + 1)
                                            .arg(forks_[static_cast<std::size_t>(fork)].t)
                                            .arg(item + 1));
    update();
}

void ForkTree::setCursor(int t) {
    if (cursor_ == t) return;
    cursor_ = t;
    update();
}

void ForkTree::layOut() {
    leaves_.clear();
    leaves_.push_back({}); // the chain itself
    layOutFutures(-1, 0);
}

void ForkTree::layOutFutures(int parent, int item) {
    for (int i = 0; i < static_cast<int>(forks_.size()); ++i) {
        const ForkBranch& fork = forks_[static_cast<std::size_t>(i)];
        if (fork.parent != parent || (parent >= 0 && fork.parentItem != item)) continue;
        for (int k = 0; k < fork.count; ++k) {
            leaves_.push_back({i, k});
            layOutFutures(i, k); // what parted from this future lies right below it
        }
    }
}

int ForkTree::rowOf(int fork, int item) const {
    for (std::size_t row = 0; row < leaves_.size(); ++row)
        if (leaves_[row].fork == fork && (fork < 0 || leaves_[row].item == item))
            return static_cast<int>(row);
    return 0;
}

QRectF ForkTree::plot() const {
    const double edge = theme::space(3);
    return QRectF(rect()).adjusted(edge, theme::space(2), -edge, -theme::space(5));
}

double ForkTree::xOf(int t) const {
    const QRectF area = plot();
    return area.right() - area.width() * t / timesteps_;
}

double ForkTree::yOf(int row) const {
    const QRectF area = plot();
    const double step = std::min<double>(tallestRow(), area.height() / static_cast<double>(leaves_.size()));
    return area.top() + step * (row + 0.5);
}

QPointF ForkTree::leafEnd(int fork, int item) const {
    const int reached = fork < 0 ? 0 : forks_[static_cast<std::size_t>(fork)].reached;
    return {xOf(reached), yOf(rowOf(fork, item))};
}

QSize ForkTree::sizeHint() const {
    return {theme::space(80), theme::space(36)};
}

QSize ForkTree::minimumSizeHint() const {
    return {theme::space(40), theme::space(20)};
}

void ForkTree::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = plot();
    painter.setFont(theme::captionFont());
    const QRectF axis(area.left(), area.bottom(), area.width(), theme::space(5));
    painter.setPen(cursor_ == timesteps_ ? c.text : c.faint);
    painter.drawText(axis, Qt::AlignLeft | Qt::AlignBottom, tr("t = %1").arg(timesteps_));
    painter.setPen(cursor_ == 0 ? c.text : c.faint);
    painter.drawText(axis, Qt::AlignRight | Qt::AlignBottom, tr("t = 0"));

    painter.setPen(QPen(c.muted, 2));
    painter.drawLine(QPointF(xOf(timesteps_), yOf(0)), QPointF(xOf(0), yOf(0)));
    for (int i = 0; i < static_cast<int>(forks_.size()); ++i) {
        const ForkBranch& fork = forks_[static_cast<std::size_t>(i)];
        const double x = xOf(fork.t), from = yOf(rowOf(fork.parent, fork.parentItem));
        const double bend = std::min<double>(theme::space(3), std::max(1.0, xOf(fork.reached) - x));
        for (int k = 0; k < fork.count; ++k) {
            const bool chosen = i == fork_ && k == item_;
            const double y = yOf(rowOf(i, k));
            QPainterPath line(QPointF(x, from));
            line.cubicTo({x + bend / 2, from}, {x, y}, {x + bend, y});
            line.lineTo(std::max(x + bend, xOf(fork.reached)), y);
            QColor color = c.reverse;
            if (!chosen) color.setAlphaF(i == fork_ ? 0.55F : 0.3F);
            painter.setPen(QPen(color, chosen ? 3 : 1.5));
            painter.drawPath(line);
            if (chosen) {
                painter.setBrush(color);
                painter.drawEllipse(QPointF(std::max(x + bend, xOf(fork.reached)), y), 3, 3);
                painter.setBrush(Qt::NoBrush);
            }
        }
        painter.setPen(QPen(c.window, 1.5));
        painter.setBrush(c.forward);
        painter.drawEllipse(QPointF(x, from), 4, 4);
        painter.setBrush(Qt::NoBrush);
    }
    if (cursor_ >= 0) {
        painter.setPen(QPen(c.text, 1, Qt::DashLine));
        painter.drawLine(QPointF(xOf(cursor_), area.top()), QPointF(xOf(cursor_), area.bottom()));
    }
    if (cursor_ > 0 && cursor_ < timesteps_) { // the ends have their own words
        const QString words = tr("t = %1").arg(cursor_);
        painter.setPen(c.text);
        const double width = QFontMetricsF(theme::captionFont()).horizontalAdvance(words) + 4;
        const double ends =
            QFontMetricsF(theme::captionFont()).horizontalAdvance(tr("t = %1").arg(timesteps_)) * 1.2;
        const double middle =
            std::clamp(xOf(cursor_), axis.left() + ends + width / 2, axis.right() - ends - width / 2);
        painter.drawText(QRectF(middle - width / 2, axis.top(), width, axis.height()),
                         Qt::AlignHCenter | Qt::AlignBottom, words);
    }
    if (hasFocus()) {
        painter.setPen(QPen(c.training, 1.5));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), theme::space(1), theme::space(1));
    }
}

int ForkTree::leafAt(QPointF point) const {
    int best = -1;
    double nearest = tallestRow();
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        const Leaf& leaf = leaves_[i];
        if (leaf.fork < 0) continue;
        if (point.x() < xOf(forks_[static_cast<std::size_t>(leaf.fork)].t) - theme::space(2)) continue;
        const double off = std::abs(point.y() - yOf(static_cast<int>(i)));
        if (off >= nearest) continue;
        nearest = off;
        best = static_cast<int>(i);
    }
    return best;
}

void ForkTree::choose(int leaf) {
    if (leaf < 0 || leaf >= static_cast<int>(leaves_.size()) ||
        leaves_[static_cast<std::size_t>(leaf)].fork < 0)
        return;
    const Leaf chosen = leaves_[static_cast<std::size_t>(leaf)];
    if (chosen.fork == fork_ && chosen.item == item_) return;
    setSelected(chosen.fork, chosen.item);
    Q_EMIT futureSelected(chosen.fork, chosen.item);
}

void ForkTree::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) choose(leafAt(event->position()));
}

void ForkTree::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && leafAt(event->position()) >= 0)
        Q_EMIT futureActivated(fork_, item_);
}

void ForkTree::keyPressEvent(QKeyEvent* event) {
    const int row = rowOf(fork_, item_);
    switch (event->key()) {
    case Qt::Key_Up:
        choose(row - 1);
        break;
    case Qt::Key_Down:
        choose(row + 1);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (fork_ >= 0) Q_EMIT futureActivated(fork_, item_);
        break;
    case Qt::Key_Delete:
        if (fork_ >= 0) Q_EMIT removeRequested(fork_);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void ForkTree::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
