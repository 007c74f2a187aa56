// A line of words that change with every frame: its room grows where it must and never shrinks, so that
// nothing around it is laid out again. (A plain label asks for that with every new text, and all labels of a
// column then measure themselves anew.)
#pragma once

#include <QLabel>

namespace ddpm::ui {

class SteadyLabel : public QLabel {
    Q_OBJECT
public:
    explicit SteadyLabel(QWidget* parent = nullptr) : QLabel(parent) {}
    void setText(const QString& text);
    void setRoomFor(const QString& widest); ///< from the beginning

protected:
    void changeEvent(QEvent* event) override;

private:
    void grow();

    QSize room_; // empty: to be measured
    QString widest_;
};

} // namespace ddpm::ui
