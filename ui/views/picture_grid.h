// A grid of small pictures, drawn with sharp pixels; one of them can be selected.
#pragma once

#include "ddpm/picture.h"
#include "views/tone.h"

#include <QImage>
#include <QWidget>

namespace ddpm::ui {

class PictureGrid : public QWidget {
    Q_OBJECT
public:
    explicit PictureGrid(QWidget* parent = nullptr);

    void setPictures(const PictureStack& pictures);
    void clear();
    int count() const { return count_; }

    void setColumns(int columns); ///< 0 (default): as many as make the pictures largest
    int columns() const;          ///< in use now; 0 without pictures

    void setSelectable(bool selectable); ///< click and arrow keys; off by default
    void setSelected(int index); ///< −1: none; does not emit. Kept even if there are fewer pictures now
    int selected() const { return selected_; }
    void setTone(Tone tone);                     ///< of the ring around the selected picture
    void setHoverText(const QStringList& texts); ///< one tool tip a picture; empty: none
    void setEmptyText(const QString& text);      ///< said in the middle while there is nothing to show
    /// Keep room for this many pictures of this size while there are none, so that the pane does not jump.
    void setPlaceholder(int count, QSize picture = QSize(28, 28));
    void setAlignment(Qt::Alignment alignment);

    QRect pictureRect(int index) const;   ///< in widget coordinates; empty if there is no such picture
    int pictureAt(QPoint position) const; ///< −1: none
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void pictureSelected(int index);  ///< the user chose it
    void pictureActivated(int index); ///< double click or Enter

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Layout {
        int columns = 0, rows = 0;
        int cellWidth = 0, cellHeight = 0; // device-independent pixels
        int gap = 0, margin = 0;
        QPoint origin;
        QRect frame;
    };
    Layout layoutFor(int count, QSize picture) const;
    void drawPictures(QPainter& painter, const Layout& l);
    void select(int index);

    QImage atlas_;     // the pictures below one another, pixel for pixel
    QImage magnified_; // the same in the size in which they are drawn; of another size or null: to be made
    int count_ = 0;
    QSize picture_{28, 28};
    int placeholderCount_ = 0;
    QSize placeholderPicture_{28, 28};
    int columns_ = 0;
    bool selectable_ = false, tabbed_ = false;
    int selected_ = -1;
    Tone tone_ = Tone::text;
    Qt::Alignment alignment_ = Qt::AlignCenter;
    QStringList hoverTexts_;
    QString emptyText_;
};

} // namespace ddpm::ui
