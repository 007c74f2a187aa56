// A few buttons of which one is down: which of several views is on screen. Each can be reached with Tab and
// by Alt and its number.
#pragma once

#include <QStringList>
#include <QWidget>

#include <vector>

class QPushButton;

namespace ddpm::ui {

class SegmentedChoice : public QWidget {
    Q_OBJECT
public:
    SegmentedChoice(const QString& name, const QStringList& choices, QWidget* parent = nullptr);

    void setCurrent(int index); ///< does not emit
    int current() const { return current_; }
    void setHint(int index, const QString& hint); ///< its tool tip; the keys are added
    QPushButton* button(int index) const { return buttons_[static_cast<std::size_t>(index)]; }

Q_SIGNALS:
    void chosen(int index); ///< by the user, another one than before

protected:
    void changeEvent(QEvent* event) override;

private:
    void choose(int index);
    void restyle();

    std::vector<QPushButton*> buttons_;
    int current_ = 0;
};

} // namespace ddpm::ui
