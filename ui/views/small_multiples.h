// Rows of pictures over the same positions: one thing done in a few ways, to be compared column by column.
#pragma once

#include "views/tone.h"

#include <QCache>
#include <QImage>
#include <QWidget>

#include <functional>
#include <vector>

namespace ddpm::ui {

class SmallMultiples : public QWidget {
    Q_OBJECT
public:
    struct Row {
        QString name;
        QString note;           ///< small, below the name
        Tone tone = Tone::text; ///< of the line in front of the name, as in a plot beside
        bool dashed = false;
    };
    /// The picture of a row at a position (about `size` device pixels), and the figure below it.
    using PictureSource = std::function<QImage(int row, int position, QSize size)>;
    using FigureSource = std::function<QString(int row, int position)>;

    explicit SmallMultiples(QWidget* parent = nullptr);

    void setRows(std::vector<Row> rows); ///< the first is pointed out
    void setSource(PictureSource pictures, FigureSource figures);
    void setRange(int first, int last);
    void setPosition(int position);                               ///< does not emit
    void setName(const QString& position, const QString& figure); ///< "t", "ᾱ": at the head of the rows
    void setSmoothPictures(bool smooth); ///< points: the image has the device's own pixels; default: sharp
    void invalidate();                   ///< the sources give other things now

    int rows() const { return static_cast<int>(rows_.size()); }
    const Row& row(int index) const { return rows_[static_cast<std::size_t>(index)]; }
    std::vector<int> positions() const;        ///< of the columns, left to right; one of them the current one
    int columnAt(int position) const;          ///< −1: none
    QRect cellRect(int row, int column) const; ///< of the picture
    int labelWidth() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void positionRequested(int position);
    void laidOut(); ///< the cells have moved

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int headHeight() const;
    bool tight() const;       // no room for figures below the pictures: the current one's goes below the name
    int figureHeight() const; // below each picture; 0: none
    int textWidth() const;    // of what is written over and under a picture
    int rowHeight() const;
    int cellSize() const;
    int columnCount() const;
    void drawLabel(QPainter& painter, int row) const;
    void drawCell(QPainter& painter, int row, int column, int position);
    int columnUnder(QPoint point) const; // −1: none
    void request(int position);
    void describe();

    std::vector<Row> rows_;
    PictureSource pictures_;
    FigureSource figures_;
    QString positionName_, figureName_;
    QCache<qint64, QImage> cache_;
    int first_ = 0, last_ = 1, position_ = 0;
    bool smooth_ = false;
};

} // namespace ddpm::ui
