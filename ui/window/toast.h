// A short line over the stage that goes away by itself.
#pragma once

#include <QLabel>
#include <QTimer>

namespace ddpm::ui {

class Toast : public QLabel {
    Q_OBJECT
public:
    explicit Toast(QWidget* parent);
    void say(const QString& text);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    void restyle();
    QTimer timer_;
};

} // namespace ddpm::ui
