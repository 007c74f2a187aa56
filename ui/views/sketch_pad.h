// A square canvas over [-1, 1]² that is drawn on with a pen: mouse, tablet or keys.
#pragma once

#include "views/sketch_strokes.h"

#include <QImage>
#include <QWidget>

#include <cstddef>
#include <vector>

namespace ddpm::ui {

/// Press and drag draws; the right button, or the eraser, rubs out. Arrows move a pen (Shift: finely), Space
/// puts it down and lifts it, E changes between pen and eraser, Esc lifts the pen; Ctrl+Z and Ctrl+Y undo and
/// redo.
class SketchPad : public QWidget {
    Q_OBJECT
public:
    explicit SketchPad(QWidget* parent = nullptr);

    /// What is there already: x0, y0, x1, y1, … in [-1, 1]. Forgets undo; does not emit.
    void setSketch(const std::vector<float>& sketch, std::size_t most);
    /// Another drawing in its place; what was there comes back by undo.
    void goOnWith(const std::vector<float>& sketch);
    /// At most as many points as setSketch() said; what was given, exactly, as long as nothing was changed.
    const std::vector<float>& sketch() const { return sketch_; }
    const SketchStrokes& strokes() const { return strokes_; }
    bool isEmpty() const { return strokes_.empty(); }
    bool canUndo() const { return strokes_.canUndo(); }
    bool canRedo() const { return strokes_.canRedo(); }

    bool erasing() const { return erasing_; }
    double weight() const { return weight_; }
    void setWeight(double weight); ///< of the strokes to come, see SketchStroke
    void addShape(std::vector<SketchStroke> strokes);
    /// Spread of the data around the pen's path, data units: drawn, so that the sketch looks like its data.
    void setSpread(double sigma);

    QRectF canvas() const;
    QPointF toWidget(QPointF point) const; ///< from data units
    QPointF fromWidget(QPointF place) const;
    QPointF pen() const { return pen_; } ///< where the keys' pen is
    bool penDown() const { return penDown_; }
    static constexpr double eraserRadius = 0.08; ///< data units

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

public Q_SLOTS:
    void setErasing(bool on);
    void undo();
    void redo();
    void clear();

Q_SIGNALS:
    void changed(); ///< the drawing, or what can be undone
    void erasingChanged(bool on);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void press(QPointF at, bool erase);
    void move(QPointF to);
    void release();
    void movePen(QPointF by);
    void liftPen();
    void tell();
    void drawStrokes(QPainter& painter);
    void drawPen(QPainter& painter) const;

    SketchStrokes strokes_;
    std::vector<float> sketch_;
    std::size_t most_ = 4'000;
    double weight_ = 1, spread_ = 0.025;
    bool erasing_ = false;
    bool pressed_ = false, rubbing_ = false; // a gesture is under way; it rubs out
    bool keys_ = false, penDown_ = false;    // the keys' pen is shown; it is down
    bool hovered_ = false;
    QPointF last_, hover_, pen_; // data units
    QImage ink_;                 // of the revision below; null: to be rendered
    int inkRevision_ = -1;
};

} // namespace ddpm::ui
