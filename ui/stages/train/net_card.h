// One example of the running batch: the picture, the noised picture the net gets, the noise in it and the
// net's guess.
#pragma once

#include "ddpm/event.h"
#include "views/card.h"

#include <array>

class QGridLayout;
class QStackedWidget;

namespace ddpm::ui {

class DrawableView;

class NetCard : public Card {
    Q_OBJECT
public:
    explicit NetCard(QWidget* parent = nullptr);
    void setFrame(const TrainingFrame& frame);
    void clear();
    QSize minimumSizeHint() const override;
    /// The wrapped words of the empty card must not claim room that the other cards need.
    bool hasHeightForWidth() const override { return false; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();

    QStackedWidget* pages_;
    QLabel* t_;
    QWidget* panes_;
    QGridLayout* grid_;
    std::array<QWidget*, 4> cells_{};
    std::array<DrawableView*, 4> views_{};
    int columns_ = 0;
};

} // namespace ddpm::ui
