#include "views/described.h"

#include <QAccessibleWidget>
#include <QWidget>

namespace ddpm::ui {
namespace {

class AccessibleCanvas final : public QAccessibleWidget {
public:
    explicit AccessibleCanvas(QWidget* widget) : QAccessibleWidget(widget, QAccessible::Graphic) {}

    QString text(QAccessible::Text kind) const override {
        if (kind == QAccessible::Description && widget()->accessibleDescription().isEmpty())
            if (const auto* canvas = dynamic_cast<const Described*>(widget())) return canvas->description();
        return QAccessibleWidget::text(kind);
    }
    // What it is made of is its own business.
    int childCount() const override { return 0; }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
};

QAccessibleInterface* makeAccessible(const QString&, QObject* object) {
    auto* widget = qobject_cast<QWidget*>(object);
    return widget && dynamic_cast<Described*>(widget) ? new AccessibleCanvas(widget) : nullptr;
}

} // namespace

Described::Described() {
    [[maybe_unused]] static const bool once = [] {
        QAccessible::installFactory(makeAccessible);
        return true;
    }();
}

} // namespace ddpm::ui
