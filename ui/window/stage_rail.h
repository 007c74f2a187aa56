// The stages at the left, one button each.
#pragma once

#include <QList>
#include <QWidget>

class QToolButton;
class QVBoxLayout;

namespace ddpm::ui {

class StageRail : public QWidget {
    Q_OBJECT
public:
    explicit StageRail(QWidget* parent = nullptr);
    void addStage(const QString& name, const QString& iconName, const QString& shortcut);
    void setCurrent(int index); ///< does not emit
    QToolButton* button(int index) const { return buttons_[index]; }

Q_SIGNALS:
    void stageRequested(int index);

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();
    QVBoxLayout* layout_;
    QList<QToolButton*> buttons_;
    QStringList iconNames_;
};

} // namespace ddpm::ui
