// Over the window while a file is held above it: says what dropping it will do.
#pragma once

#include <QWidget>

namespace ddpm::ui {

class DropVeil : public QWidget {
    Q_OBJECT
public:
    explicit DropVeil(QWidget* parent);
    void say(const QString& text); ///< and show it, over all of the parent
    const QString& text() const { return text_; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString text_;
};

} // namespace ddpm::ui
