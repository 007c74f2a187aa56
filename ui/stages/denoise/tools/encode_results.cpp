#include "stages/denoise/tools/encode_results.h"

#include "theme/theme.h"
#include "views/picture_grid.h"

#include <QEvent>
#include <QFontMetrics>
#include <QLabel>

#include <algorithm>

namespace ddpm::ui {

EncodeResults::EncodeResults(QWidget* parent) : QWidget(parent) {
    for (int i = 0; i < most; ++i) {
        Cell cell{new PictureGrid(this), new QLabel(this)};
        cell.picture->setAccessibleName(tr("Result %1").arg(i + 1));
        cell.number->setProperty("role", "number");
        cell.number->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        cell.number->setToolTip(tr("Root mean square distance to x₀, a value"));
        cells_.push_back(cell);
    }
    arrange();
}

void EncodeResults::setCount(int count, QSize picture) {
    count_ = std::clamp(count, 1, most);
    if (!picture.isEmpty()) picture_ = picture;
    for (const Cell& cell : cells_)
        cell.picture->setPlaceholder(1, picture_);
    arrange();
}

void EncodeResults::setEmptyText(const QString& text) {
    emptyText_ = text;
    cells_.front().picture->setEmptyText(text);
}

void EncodeResults::setPictures(const PictureStack& pictures, const std::vector<double>& distances) {
    for (int i = 0; i < count_; ++i) {
        const Cell& cell = cells_[static_cast<std::size_t>(i)];
        if (i >= pictures.count) {
            cell.picture->clear();
            cell.number->clear();
            continue;
        }
        cell.picture->setPictures(picture_of(pictures, i));
        const QString text = static_cast<std::size_t>(i) < distances.size()
                                 ? QString::number(distances[static_cast<std::size_t>(i)], 'f', 3)
                                 : QString();
        cell.number->setText(text);
        cell.picture->setAccessibleDescription(tr("Root mean square distance to the original: %1").arg(text));
    }
}

void EncodeResults::clear() {
    for (const Cell& cell : cells_) {
        cell.picture->clear();
        cell.number->clear();
        cell.picture->setAccessibleDescription({});
    }
}

QSize EncodeResults::minimumSizeHint() const {
    return {theme::space(40), theme::space(20)};
}

void EncodeResults::arrange() {
    const int gap = theme::space(2), below = QFontMetrics(theme::numberFont()).height() + theme::space(1);
    const auto sideFor = [&](int columns) {
        const int rows = (count_ + columns - 1) / columns;
        const double wide = static_cast<double>(width() - gap * (columns - 1)) / columns / picture_.width();
        const double high =
            static_cast<double>(height() - gap * (rows - 1) - below * rows) / rows / picture_.height();
        return std::min(wide, high);
    };
    int columns = 1;
    for (int each = 2; each <= count_; ++each)
        if (sideFor(each) > sideFor(columns) + 1e-9) columns = each;
    const double scale = std::max(0.1, sideFor(columns));
    const QSize cell(static_cast<int>(picture_.width() * scale), static_cast<int>(picture_.height() * scale));
    const int left = (width() - columns * cell.width() - (columns - 1) * gap) / 2;
    for (int i = 0; i < most; ++i) {
        const Cell& each = cells_[static_cast<std::size_t>(i)];
        each.picture->setVisible(i < count_);
        each.number->setVisible(i < count_);
        const QPoint at(left + (i % columns) * (cell.width() + gap),
                        (i / columns) * (cell.height() + below + gap));
        each.picture->setGeometry(QRect(at, cell));
        each.number->setGeometry(at.x(), at.y() + cell.height(), cell.width(), below);
    }
}

void EncodeResults::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

void EncodeResults::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && !cells_.empty()) arrange();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
