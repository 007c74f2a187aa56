#include "views/wrapping_row.h"

#include "theme/theme.h"

#include <QEvent>

#include <algorithm>

namespace ddpm::ui {
namespace {

int gapBetween() {
    return theme::space(3);
}

int gapBelow() {
    return theme::space(1);
}

} // namespace

WrappingRow::WrappingRow(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void WrappingRow::add(QWidget* group, bool stretches) {
    group->setParent(this);
    groups_.push_back({group, stretches});
    updateGeometry();
}

std::vector<std::vector<WrappingRow::Group>> WrappingRow::broken(int width) const {
    std::vector<std::vector<Group>> rows;
    int taken = 0;
    for (const Group& group : groups_) {
        if (group.widget->isHidden()) continue;
        const int wide = group.widget->sizeHint().width();
        if (rows.empty() || taken + gapBetween() + wide > width) {
            rows.emplace_back();
            taken = wide;
        } else {
            taken += gapBetween() + wide;
        }
        rows.back().push_back(group);
    }
    return rows;
}

int WrappingRow::rows() const {
    return static_cast<int>(broken(width()).size());
}

int WrappingRow::heightForWidth(int width) const {
    int height = 0;
    for (const auto& row : broken(width)) {
        int high = 0;
        for (const Group& group : row)
            high = std::max(high, group.widget->sizeHint().height());
        height += high + (height > 0 ? gapBelow() : 0);
    }
    return height;
}

QSize WrappingRow::sizeHint() const {
    int width = -gapBetween();
    for (const Group& group : groups_)
        if (!group.widget->isHidden()) width += gapBetween() + group.widget->sizeHint().width();
    width = std::max(0, width);
    return {width, heightForWidth(width)};
}

QSize WrappingRow::minimumSizeHint() const {
    int widest = 0, high = 0;
    for (const Group& group : groups_) {
        if (group.widget->isHidden()) continue;
        widest = std::max(widest, group.widget->minimumSizeHint().width());
        high = std::max(high, group.widget->sizeHint().height());
    }
    return {widest, high};
}

void WrappingRow::arrange() {
    int y = 0;
    for (const auto& row : broken(width())) {
        int taken = gapBetween() * (static_cast<int>(row.size()) - 1), high = 0;
        long stretching = 0;
        for (const Group& group : row) {
            taken += group.widget->sizeHint().width();
            high = std::max(high, group.widget->sizeHint().height());
            stretching += group.stretches;
        }
        const int rest = stretching > 0 ? std::max(0, width() - taken) / static_cast<int>(stretching) : 0;
        int x = 0;
        for (const Group& group : row) {
            const int wide =
                std::min(group.widget->sizeHint().width() + (group.stretches ? rest : 0), width());
            const QRect place(x, y, wide, high);
            group.widget->setGeometry(layoutDirection() == Qt::RightToLeft
                                          ? QRect(width() - place.right() - 1, y, wide, high)
                                          : place);
            x += wide + gapBetween();
        }
        y += high + gapBelow();
    }
}

bool WrappingRow::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest) { // a child is shown, hidden or of another size
        updateGeometry();
        arrange();
    }
    return QWidget::event(event);
}

void WrappingRow::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace ddpm::ui
