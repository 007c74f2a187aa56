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
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    QTimer timer_;
};

} // namespace ddpm::ui
