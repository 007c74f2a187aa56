// x_t, x̂_0 and ε_θ of one state side by side, as grids of pictures or as clouds of points; what is chosen,
// pointed at or looked at closely in one is so in all.
#pragma once

#include "stages/denoise/shown_state.h"
#include "views/card.h"
#include "views/picture_grid.h"

#include <QWidget>

#include <array>
#include <optional>

class QStackedLayout;

namespace ddpm::ui {

class PointCloudView;

class ChainPanes : public QWidget {
    Q_OBJECT
public:
    explicit ChainPanes(QWidget* parent = nullptr);

    /// The state `index` of the record; paths of points need the states before it too.
    void showState(const ChainRecord& record, int index, StepPhase phase = StepPhase::whole);
    void showNothing(const QString& words, int chains, QSize picture);
    const ShownState& shown() const { return shown_; }

    void setSelected(int chain); ///< in all three; does not emit
    int selected() const { return selected_; }
    void setSolo(bool solo); ///< one large picture instead of the grid
    bool solo() const { return solo_; }

    /// The pixel that is looked at: the pinned one, in the selected chain, or else the one pointed at.
    /// `picture` is the chain.
    std::optional<PixelPlace> pixel() const;
    bool pinned() const { return pinned_.has_value(); }
    void unpin();
    GridZoom* zoom() { return &zoom_; }
    /// Undoes the closest thing Esc can mean here: the zoom, then the pin. False: there was neither.
    bool escape();

    /// x_t and x̂_0 alone, larger; ε_θ is hidden.
    void setTwo(bool two);
    int heightFor(int width) const; ///< at which the panes are square

    PictureGrid* grid(int pane) const { return panes_[static_cast<std::size_t>(pane)].grid; }
    PointCloudView* cloud(int pane) const { return panes_[static_cast<std::size_t>(pane)].cloud; }
    PaneCaption* caption(int pane) const { return panes_[static_cast<std::size_t>(pane)].caption; }

Q_SIGNALS:
    void chainSelected(int chain);
    void soloToggled();  ///< a double click asks for it
    void pixelChanged(); ///< pixel() or pinned() is another

private:
    struct Pane {
        QWidget* whole = nullptr; ///< of all below
        PaneCaption* caption = nullptr;
        QStackedLayout* stack = nullptr;
        PictureGrid* grid = nullptr;
        PointCloudView* cloud = nullptr;
    };
    void buildPane(int i);
    void choose(int chain);
    void point(PixelPlace place);
    void pin(PixelPlace place);
    void showPixel();
    void showWords();
    void showPaths(const ChainRecord& record, int index);
    int chainOf(int picture) const { return solo_ ? selected_ : picture; }
    std::size_t offset(PixelPlace place, int channel) const; // place.picture is the chain
    int count() const { return shown_.state ? shown_.state->shape.count : 0; }

    GridZoom zoom_;
    std::array<Pane, 3> panes_;
    int selected_ = 0;
    bool solo_ = false, two_ = false;
    ShownState shown_;
    std::optional<PixelPlace> pointed_; // picture: the chain
    std::optional<PixelPlace> pinned_;  // picture: whatever chain is selected
};

} // namespace ddpm::ui
