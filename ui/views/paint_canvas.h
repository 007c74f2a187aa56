// A picture in hard pixels that can be painted on, with the mouse or with a cursor moved by the arrow keys.
// It says where; what paint does is its owner's business, who hands back the picture as it has become.
#pragma once

#include "ddpm/picture.h"
#include "views/tone.h"

#include <QImage>
#include <QWidget>

#include <functional>
#include <optional>
#include <vector>

namespace ddpm::ui {

/// The pixels that a round brush of that many pixels across covers, relative to the one it is held at.
std::vector<QPoint> brushDisc(int diameter);

/// A frame of `natural`'s proportions whose corner (0 top left, then clockwise) was dragged to `to` (whole
/// pixels); the opposite one stays. At least one pixel wide and high.
QRect scaledByCorner(const QRect& frame, int corner, QPoint to, QSize natural);

class PaintCanvas : public QWidget {
    Q_OBJECT
public:
    explicit PaintCanvas(QWidget* parent = nullptr);

    void setPicture(const PictureStack& picture); ///< one picture; empty: nothing to paint on
    void setEmptyText(const QString& text);
    void setPaintable(bool paintable); ///< false: it is only looked at
    void setBrushSize(int diameter);   ///< of the outline, pixels
    void setTone(Tone tone);           ///< of the outline
    void setCursorPixel(QPoint pixel); ///< where the keys are; does not emit
    QPoint cursorPixel() const { return cursor_; }
    /// What a screen reader is told of a pixel: "x_t 0.31".
    void setPixelWords(std::function<QString(QPoint)> words);

    /// A frame over the picture that can be moved and scaled: something about to be placed. Pixels of the
    /// picture; may reach over its edges. The owner shows what it would become as the picture.
    void setFrame(const std::optional<QRect>& frame, QSize natural = {}); ///< does not emit
    std::optional<QRect> frame() const { return frame_; }

    QSize pictureSize() const { return image_.size(); }
    QRectF pictureRect() const;             ///< in widget coordinates
    QRectF pixelRect(QPoint pixel) const;   ///< in widget coordinates
    QPoint pixelAt(QPointF position) const; ///< may lie outside the picture
    bool painting() const { return painting_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void strokeBegan();
    void strokeAt(QPoint pixel); ///< every pixel that the brush was held at, in order
    void strokeEnded();
    void strokeCancelled();
    void picked(QPoint pixel);      ///< right button, or I: the owner may take up what is there
    void cursorMoved(QPoint pixel); ///< by keys or mouse
    void hovered(QPoint pixel, bool inside);
    void brushSizeStepped(int by);  ///< the keys [ and ]
    void frameChanged(QRect frame); ///< moved or scaled
    void frameAccepted();           ///< Enter
    void frameCancelled();          ///< Esc

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    bool usesKey(const QKeyEvent& key) const;
    bool moveByKey(const QKeyEvent& key);
    void begin(QPoint at);
    void paintTo(QPoint pixel);
    void finish(bool cancelled);
    void moveCursor(QPoint pixel);
    void putFrame(const QRect& frame);
    void scaleFrame(int by);
    int cornerAt(QPointF position) const; ///< −1: none
    void pointOutFrame(QPointF position);
    void drawFrame(QPainter& painter) const;
    void describe();

    QImage image_;
    QString emptyText_;
    bool paintable_ = true, painting_ = false, byKeys_ = false, hover_ = false;
    int brush_ = 1;
    Tone tone_ = Tone::training;
    QPoint cursor_, last_, hoverPixel_;
    std::function<QString(QPoint)> words_;
    std::optional<QRect> frame_;
    QSize natural_;
    int corner_ = -1;     // being dragged
    bool moving_ = false; // the frame
    QPoint grabbed_;      // pixel of the frame that the mouse holds
};

} // namespace ddpm::ui
