#include "views/accessible_timeline.h"

#include "views/timeline.h"

#include <QAccessibleWidget>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

class AccessibleTimeline final : public QAccessibleWidget, public QAccessibleValueInterface {
public:
    explicit AccessibleTimeline(Timeline* timeline) : QAccessibleWidget(timeline, QAccessible::Slider) {}

    void* interface_cast(QAccessible::InterfaceType type) override {
        if (type == QAccessible::ValueInterface) return static_cast<QAccessibleValueInterface*>(this);
        return QAccessibleWidget::interface_cast(type);
    }
    QString text(QAccessible::Text kind) const override {
        if (kind == QAccessible::Value)
            return timeline()->valueText().isEmpty() ? QString::number(timeline()->position())
                                                     : timeline()->valueText();
        return QAccessibleWidget::text(kind);
    }

    QVariant currentValue() const override { return timeline()->position(); }
    void setCurrentValue(const QVariant& value) override {
        bool number = false;
        const double wanted = value.toDouble(&number);
        if (!number || !std::isfinite(wanted) || !timeline()->isEnabled()) return;
        // What is not recorded yet cannot be gone to; the timeline stops before it.
        timeline()->moveTo(static_cast<int>(
            std::lround(std::clamp<double>(wanted, timeline()->first(), timeline()->last()))));
    }
    QVariant minimumValue() const override { return timeline()->first(); }
    QVariant maximumValue() const override { return timeline()->available(); }
    QVariant minimumStepSize() const override { return 1; }

private:
    Timeline* timeline() const { return static_cast<Timeline*>(widget()); }
};

QAccessibleInterface* makeAccessible(const QString&, QObject* object) {
    auto* timeline = qobject_cast<Timeline*>(object);
    return timeline ? new AccessibleTimeline(timeline) : nullptr;
}

} // namespace

void installAccessibleTimeline() {
    [[maybe_unused]] static const bool once = [] {
        QAccessible::installFactory(makeAccessible);
        return true;
    }();
}

void announcePosition(Timeline* timeline) {
    if (!QAccessible::isActive()) return; // nobody listens
    QAccessibleValueChangeEvent event(timeline, timeline->position());
    QAccessible::updateAccessibility(&event);
}

} // namespace ddpm::ui
