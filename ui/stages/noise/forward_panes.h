// x_0, x_t in one jump and x_t step by step, side by side, each with its equation in numbers.
#pragma once

#include "ddpm/chain_record.h"
#include "views/card.h"
#include "views/equation_view.h"

#include <QWidget>

#include <array>

class QLabel;
class QStackedLayout;

namespace ddpm::ui {

class PictureGrid;
class PointCloudView;

class ForwardPanes : public QWidget {
    Q_OBJECT
public:
    explicit ForwardPanes(QWidget* parent = nullptr);

    void showState(const ForwardRecord& record, int t);
    void showNothing(const QString& words);
    static int heightFor(int width); ///< at which the panes are square

    /// 0: x_0, 1: in one jump, 2: step by step.
    PictureGrid* picture(int pane) const { return panes_[static_cast<std::size_t>(pane)].picture; }
    PointCloudView* cloud(int pane) const { return panes_[static_cast<std::size_t>(pane)].cloud; }
    QString title() const;

private:
    struct Pane {
        PaneCaption* caption = nullptr;
        QStackedLayout* stack = nullptr;
        PictureGrid* picture = nullptr;
        PointCloudView* cloud = nullptr;
        EquationView* equation = nullptr;
    };
    void showEquations(const ForwardRecord& record, int t);

    std::array<Pane, 3> panes_;
};

/// State `values` of a record as something to draw.
PointCloud pointsOf(const ForwardRecord& record, const float* values);

} // namespace ddpm::ui
