// A slider from noise to image (or back): the recorded part is coloured, the rest is still to come.
#pragma once

#include "views/tone.h"

#include <QWidget>

namespace ddpm::ui {

class Timeline : public QWidget {
    Q_OBJECT
public:
    explicit Timeline(QWidget* parent = nullptr);

    void setRange(int first, int last);
    void setAvailable(int last);    ///< positions after it are not recorded yet: drawn dim, not reachable
    void setPosition(int position); ///< does not emit: the owner moved it
    void setTones(Tone left, Tone right);
    void setValueText(const QString& text) { valueText_ = text; } ///< the position in words: "t = 420"
    const QString& valueText() const { return valueText_; }
    void moveTo(int position); ///< as the user does: clamped to what is available, and emits
    int first() const { return first_; }
    int last() const { return last_; }
    int available() const { return available_; }
    int position() const { return position_; }

    int xOf(int position) const; ///< widget coordinates
    int positionAt(int x) const; ///< clamped to what is available
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void positionRequested(int position); ///< the user moved it: press, drag, wheel, keys
    void dragStarted();
    void dragFinished();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int first_ = 0, last_ = 0, available_ = 0, position_ = 0;
    int wheelRest_ = 0; // eighths of a degree not yet turned into a step
    bool dragging_ = false;
    QString valueText_;
    Tone left_ = Tone::forward, right_ = Tone::reverse;
};

} // namespace ddpm::ui
