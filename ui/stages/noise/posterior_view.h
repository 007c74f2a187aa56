// q(x_{t−1} | x_t, x_0) of the step-by-step chain, eqs. 6 and 7: x_t, the mean, draws, and the x_{t−1} that
// the chain had.
#pragma once

#include "stages/noise/posterior_card.h"
#include "stages/noise/state_pane.h"
#include "views/grid_zoom.h"

#include <array>
#include <memory>

namespace ddpm::ui {

class CurveView;

class PosteriorView : public QWidget {
    Q_OBJECT
public:
    explicit PosteriorView(QWidget* parent = nullptr);

    /// `seed` of the noise of the draws; the same z at every t, so that dragging t is continuous.
    void setRecord(std::shared_ptr<const ForwardRecord> record, std::uint64_t seed);
    void showState(int t, PosteriorPhase phase); ///< t = 0…T; at 0 there is nothing before
    void showNothing(const QString& words);

    /// 0: x_t, 1: the mean (or its part, by phase), 2: draws, 3: x_{t−1} of the chain.
    GridZoom* zoom() { return &zoom_; } ///< of all but the draws, which are several
    StatePane* pane(int which) const { return panes_[static_cast<std::size_t>(which)]; }
    PosteriorCard* card() const { return card_; }
    CurveView* shares() const { return shares_; }
    const std::vector<float>& noise(int draw) const { return noise_[static_cast<std::size_t>(draw)]; }

Q_SIGNALS:
    void positionRequested(int t);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void showMean(int t, PosteriorPhase phase, const std::vector<float>& mean);
    void showDraws(int t, PosteriorPhase phase, const std::vector<float>& mean);
    void showChain(int t, const std::vector<float>& mean);
    void showCurves();
    void showStart();
    void fit();

    GridZoom zoom_;
    std::shared_ptr<const ForwardRecord> record_;
    std::vector<std::vector<float>> noise_; // z of each draw
    std::uint64_t seed_ = 0;
    QWidget* row_;
    std::array<StatePane*, 4> panes_{};
    PosteriorCard* card_;
    CurveView* shares_;
};

} // namespace ddpm::ui
