// x_0, x_t in one jump and x_t step by step, side by side, each with its equation in numbers.
#pragma once

#include "stages/noise/state_pane.h"
#include "views/grid_zoom.h"

#include <array>

namespace ddpm::ui {

/// What of the step from t − 1 to t has been done, where one is taken phase by phase.
enum class ForwardPhase {
    whole,  ///< all of it; nothing is pointed out
    shrunk, ///< √(1 − β_t) x_{t−1}: the noise is still to come
    noised, ///< √β_t ε has just been added
};

class ForwardPanes : public QWidget {
    Q_OBJECT
public:
    explicit ForwardPanes(QWidget* parent = nullptr);

    /// t = 0…T; at 0 no step has been taken, so no phase of one either.
    void showState(const ForwardRecord& record, int t, ForwardPhase phase = ForwardPhase::whole);
    void showNothing(const QString& words);
    /// What is drawn under clouds of points: their density, the score of q(x_t) as arrows.
    void setOverlays(bool density, bool arrows);
    static int heightFor(int width); ///< at which the panes are square

    /// 0: x_0, 1: in one jump, 2: step by step.
    StatePane* pane(int which) const { return panes_[static_cast<std::size_t>(which)]; }
    PictureGrid* picture(int which) const { return pane(which)->picture(); }
    PointCloudView* cloud(int which) const { return pane(which)->cloud(); }
    QString title() const;
    GridZoom* zoom() { return &zoom_; } ///< of all three

private:
    void showEquations(const ForwardRecord& record, int t, ForwardPhase phase);

    void showOverlays(const ForwardRecord& record, int t);

    GridZoom zoom_;
    std::array<StatePane*, 3> panes_{};
    bool density_ = false, arrows_ = false;
};

/// The state halfway into step t = 1…T of the step-by-step chain: √(1 − β_t) x_{t−1}.
std::vector<float> shrunkState(const ForwardRecord& record, int t);
/// x_t = √(1 − β_t) x_{t−1} + √β_t ε, eq. 2 in numbers, with the term of the phase lit.
math::Expr stepEquation(const ScheduleTable& schedule, int t, ForwardPhase phase);

} // namespace ddpm::ui
