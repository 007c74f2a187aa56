// Thumbnails along a range of positions; as many as fit the width. The one nearest the current position shows
// it exactly.
#pragma once

#include "views/described.h"
#include "views/tone.h"

#include <QCache>
#include <QImage>
#include <QWidget>

#include <functional>
#include <vector>

namespace ddpm::ui {

class Filmstrip : public QWidget, public Described {
    Q_OBJECT
public:
    /// The thumbnail at a position (about `size` device pixels), or a null image where there is none yet.
    using PictureSource = std::function<QImage(int position, QSize size)>;
    using LabelSource = std::function<QString(int position)>;

    explicit Filmstrip(QWidget* parent = nullptr);

    void setSource(PictureSource pictures, LabelSource labels);
    void setRange(int first, int last);
    void setAvailable(int last);    ///< thumbnails after it are drawn as empty frames and cannot be clicked
    void setPosition(int position); ///< does not emit
    int position() const { return position_; }
    void setTone(Tone tone);
    void setSmoothPictures(
        bool smooth);  ///< points: the image has the device's own pixels; pictures: sharp (default)
    void invalidate(); ///< the source gives other pictures now

    std::vector<int> positions() const; ///< of the thumbnails shown, left to right
    QRect thumbnailRect(int slot) const;
    static int heightFor(int width); ///< at which eleven thumbnails fill the width
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    QString description() const override;

Q_SIGNALS:
    void positionRequested(int position);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int slotCount() const;
    int slotSize() const;
    QRect slotRect(int slot) const; // its thumbnail and label
    const QImage* picture(int position, QSize size);
    void request(QPoint point);

    PictureSource pictures_;
    LabelSource labels_;
    int first_ = 0, last_ = 0, available_ = 0, position_ = 0;
    Tone tone_ = Tone::text;
    bool smooth_ = false;
    QCache<int, QImage> cache_;
};

} // namespace ddpm::ui
