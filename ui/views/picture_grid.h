// A grid of small pictures, drawn with sharp pixels; one of them can be selected. Where it is given a zoom it
// can be looked at closely, and single pixels can be pointed at.
#pragma once

#include "ddpm/picture.h"
#include "views/described.h"
#include "views/grid_zoom.h"
#include "views/tone.h"

#include <QImage>
#include <QPointer>
#include <QWidget>

#include <functional>
#include <optional>

class QGestureEvent;
class QToolButton;

namespace ddpm::ui {

/// 0-based.
struct PixelPlace {
    int picture = 0, row = 0, column = 0;
    bool operator==(const PixelPlace&) const = default;
};

class PictureGrid : public QWidget, public Described {
    Q_OBJECT
public:
    /// What stands in a pixel that is drawn large enough; `channel` is below the pictures' channels.
    using ValueSource = std::function<float(PixelPlace place, int channel)>;

    explicit PictureGrid(QWidget* parent = nullptr);

    void setPictures(const PictureStack& pictures);
    void clear();
    int count() const { return count_; }
    QSize pictureSize() const { return picture_; }
    int channels() const { return channels_; }

    void setColumns(int columns); ///< 0 (default): as many as make the pictures largest
    int columns() const;          ///< in use now; 0 without pictures

    void setSelectable(bool selectable); ///< click and arrow keys; off by default
    void setSelected(int index); ///< −1: none; does not emit. Kept even if there are fewer pictures now
    int selected() const { return selected_; }
    void setTone(Tone tone);                     ///< of the ring around the selected picture
    void setHoverText(const QStringList& texts); ///< one tool tip a picture; empty: none
    void setEmptyText(const QString& text);      ///< said in the middle while there is nothing to show
    QString emptyText() const { return emptyText_; }
    /// Keep room for this many pictures of this size while there are none, so that the pane does not jump.
    void setPlaceholder(int count, QSize picture = QSize(28, 28));
    void setAlignment(Qt::Alignment alignment);

    /// Wheel, pinch, + and − come closer, 0 and Esc go back, dragging moves; together with all that share the
    /// zoom. nullptr (default): none of it. The zoom must outlive its use here, or be destroyed first.
    void setZoom(GridZoom* zoom);
    void setValues(ValueSource values); ///< written into pixels that have room for it

    /// Hovering points at a pixel, a click pins it, and so do Shift with the arrows and Shift+Enter; the
    /// owner says with setPointed and setPinned what is ringed.
    void setPixelsSelectable(bool selectable);
    void setPointed(std::optional<PixelPlace> place);
    void setPinned(std::optional<PixelPlace> place);
    std::optional<PixelPlace> pointed() const { return pointed_; }
    std::optional<PixelPlace> pinned() const { return pinned_; }

    QRect pictureRect(int index) const;       ///< in widget coordinates; empty if there is no such picture
    int pictureAt(QPoint position) const;     ///< −1: none
    QRectF pixelRect(PixelPlace place) const; ///< in widget coordinates; empty if there is no such pixel
    std::optional<PixelPlace> pixelAt(QPointF position) const;
    bool showsValues() const; ///< pixels are large enough for their values now
    QToolButton* zoomBadge() const { return badge_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override;

Q_SIGNALS:
    void pictureSelected(int index);       ///< the user chose it
    void pictureActivated(int index);      ///< double click or Enter
    void neighbourRequested(int distance); ///< an arrow key led past the pictures that are shown
    void pixelPointed(int picture, int row, int column); ///< −1, −1, −1: at none any more
    void pixelPinned(int picture, int row, int column);  ///< the same again: the user wants it no more

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Layout {
        int columns = 0, rows = 0;
        int cellWidth = 0, cellHeight = 0; // device-independent pixels at factor 1
        int gap = 0, margin = 0;
        QPoint origin;
        QRect frame;
    };
    // The picture's geometry
    Layout layoutFor(int count, QSize picture) const;
    Layout shownLayout() const;
    double factor() const { return zoom_ ? zoom_->factor() : 1; }
    QRectF pictureRect(const Layout& l, int index) const;
    QRectF pixelRect(const Layout& l, PixelPlace place) const;
    QPointF inView(QPointF position) const; // parts of the frame

    // Drawing
    void drawCanvas(const Layout& l);
    void drawValues(QPainter& painter, const Layout& l) const;
    void drawRings(QPainter& painter, const Layout& l) const;
    std::optional<QFont> valueFont(double block) const; // none where no value fits

    // What the user does
    void select(int index);
    void zoomBy(double by, QPointF position);
    void bringIntoView(const QRectF& rect);
    bool pinch(QGestureEvent* event);
    bool zoomKey(int key);
    bool pixelKey(int key);
    bool pictureKey(int key);
    void placeBadge();

    QImage atlas_;  // the pictures below one another, pixel for pixel
    QImage canvas_; // what is in view, in device pixels; null: to be drawn
    int count_ = 0, channels_ = 1;
    QSize picture_{28, 28};
    int placeholderCount_ = 0;
    QSize placeholderPicture_{28, 28};
    int columns_ = 0;
    bool selectable_ = false, tabbed_ = false, pixelsSelectable_ = false;
    bool pressed_ = false, dragging_ = false;
    QPointF pressedAt_, draggedTo_;
    int selected_ = -1;
    Tone tone_ = Tone::text;
    Qt::Alignment alignment_ = Qt::AlignCenter;
    QStringList hoverTexts_;
    QString emptyText_;
    QPointer<GridZoom> zoom_;
    QToolButton* badge_ = nullptr;
    ValueSource values_;
    std::optional<PixelPlace> pointed_, pinned_;
};

} // namespace ddpm::ui
