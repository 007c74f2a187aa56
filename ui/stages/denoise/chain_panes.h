// x_t, x̂_0 and ε_θ of one state side by side, as grids of pictures or as clouds of points.
#pragma once

#include "ddpm/chain_record.h"
#include "views/card.h"

#include <QWidget>

#include <array>

class QStackedLayout;

namespace ddpm::ui {

class PictureGrid;
class PointCloudView;

class ChainPanes : public QWidget {
    Q_OBJECT
public:
    explicit ChainPanes(QWidget* parent = nullptr);

    /// The state `index` of the record; paths of points need the states before it too.
    void showState(const ChainRecord& record, int index);
    void showNothing(const QString& words, int chains, QSize picture);

    void setSelected(int chain); ///< in all three; does not emit
    int selected() const { return selected_; }
    void setSolo(bool solo); ///< one large picture instead of the grid
    bool solo() const { return solo_; }

    static int heightFor(int width); ///< at which the panes are square

    PictureGrid* grid(int pane) const { return panes_[static_cast<std::size_t>(pane)].grid; }
    PointCloudView* cloud(int pane) const { return panes_[static_cast<std::size_t>(pane)].cloud; }

Q_SIGNALS:
    void chainSelected(int chain);
    void soloToggled(); ///< a double click asks for it

private:
    struct Pane {
        PaneCaption* caption = nullptr;
        QStackedLayout* stack = nullptr;
        PictureGrid* grid = nullptr;
        PointCloudView* cloud = nullptr;
    };
    void showPaths(const ChainRecord& record, int index);

    std::array<Pane, 3> panes_;
    int selected_ = 0;
    bool solo_ = false;
    std::shared_ptr<const ChainState> state_;
};

} // namespace ddpm::ui
