// Pictures drawn from the averaged weights, always from the same noise, for all of training: look back with
// the slider, and follow one of them through time in the strip below.
#pragma once

#include "stages/train/frame_history.h"
#include "views/card.h"

class QSlider;
class QStackedWidget;

namespace ddpm::ui {

class DrawableView;
class ElidedLabel;
class Filmstrip;
class Placeholder;

class SamplesCard : public Card {
    Q_OBJECT
public:
    explicit SamplesCard(QWidget* parent = nullptr);

    void add(std::shared_ptr<const TrainingFrame> frame);
    void clear();
    void setPoints(bool points);            ///< what is promised while there is nothing
    void setData(const PointCloud& points); ///< what the samples are to be like: their outline; empty: none
    const FrameHistory& history() const { return history_; }
    /// The frame on show; −1 while there is none.
    int position() const { return position_; }
    void goTo(int position);
    /// The pictures on show, or nullptr.
    const TrainingFrame* shown() const;
    /// The largest width up to `most` at which six pictures of a row have whole pixels.
    int widthWithin(int most) const;
    int heightFor(int width, bool strip) const;
    void setStripVisible(bool visible);
    QSize minimumSizeHint() const override;
    /// The wrapped words of the empty card must not claim room that the other cards need.
    bool hasHeightForWidth() const override { return false; }

Q_SIGNALS:
    void availabilityChanged();

private:
    void present();
    QImage stripPicture(int position, QSize size) const;

    FrameHistory history_;
    int position_ = -1;
    int followed_ = 0; ///< the picture of the grid that the strip shows
    bool points_ = false;
    QStackedWidget* pages_;
    Placeholder* placeholder_;
    QLabel* step_;
    DrawableView* view_;
    QSlider* slider_;
    QLabel* first_;
    ElidedLabel* hint_;
    QLabel* last_;
    Filmstrip* strip_;
};

} // namespace ddpm::ui
