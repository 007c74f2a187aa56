// A race: samplers side by side from the same x_T, held against one another by net evaluations.
#pragma once

#include "stages/denoise/tools/race_measure.h"
#include "stages/denoise/tools/tool.h"

#include <QTimer>

#include <optional>
#include <vector>

class QComboBox;
class QBoxLayout;
class QHBoxLayout;
class QScrollArea;
class QSpinBox;
class QToolButton;

namespace ddpm::ui {

class Card;
class CurveView;
class PartChoice;
class RaceLane;

class RaceTool : public Tool {
    Q_OBJECT
public:
    static constexpr int fewestLanes = 2, mostLanes = 6;

    RaceTool(EngineBridge& bridge, QWidget* parent = nullptr);

    // The axis is net evaluations: position e shows what each lane has after e of them.
    int last() const override;
    int available() const override;
    void showPosition(int position) override;
    QString readout(int position) const override;
    QString widestReadout() const override;
    void open(const ChainPlace& place) override;
    std::uint64_t exportBranch() const override;
    int exportState() const override;

    void start(); ///< as its button does

    int lanes() const { return static_cast<int>(lanes_.size()); }
    RaceLane* lane(int index) const { return lanes_[static_cast<std::size_t>(index)].view; }
    /// Between the ends of this lane and of the reference; nothing before both are there.
    std::optional<double> distance(int index) const;
    QPushButton* startButton() const { return start_; }
    QPushButton* addButton() const { return add_; }
    QSpinBox* countBox() const { return count_; }
    QSpinBox* seedBox() const { return seed_; }
    PartChoice* partChoice() const { return part_; }
    QComboBox* referenceBox() const { return reference_; }
    CurveView* curves() const { return curves_; }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Lane {
        RaceLane* view = nullptr;
        std::uint64_t branch = 0; ///< 0: not started
        SamplingSettings asked;
        QString refusal;     ///< why it could not be started
        DistanceCurve curve; ///< to the reference's end
        std::optional<double> distance;
    };

    void build();
    void addLane(const SamplingSettings& choice);
    void removeLane(RaceLane* view);
    void renumber();
    void selectLane(RaceLane* view);
    void setUp(); ///< for another model: the usual lanes
    void forgetResults();
    SamplingSettings raceSettings() const;
    SamplingSettings wanted(const Lane& lane) const;
    bool stale(const Lane& lane) const; ///< was never run as it is set now
    void showStart();

    void refresh(); ///< what came from the engine since
    void measure();
    void showCurves();
    void showLane(Lane& lane, int position);
    int evaluationsOf(const Lane& lane) const; ///< so far; −1: no state yet
    int plannedOf(const Lane& lane) const;
    bool plannedAtMost(const Lane& lane) const;
    std::shared_ptr<const ChainState> end(const Lane& lane) const;
    const Lane* referenceLane() const;
    void fit();
    void fitLanes();
    void restyleRace();

    ChainPlace place_;
    const ChainRecord* openedFor_ = nullptr; ///< only compared; place_ keeps it
    bool ofChain_ = false, points_ = false;
    std::vector<Lane> lanes_;
    std::size_t selected_ = 0;
    std::shared_ptr<const ChainState> referenceEnd_; ///< that the curves are about
    QTimer measuring_;

    QBoxLayout* bars_ = nullptr;
    QPushButton* start_;
    QSpinBox* count_;
    QSpinBox* seed_;
    QToolButton* randomSeed_;
    PartChoice* part_;
    QPushButton* add_;
    QScrollArea* scroll_;
    QWidget* content_;
    QScrollArea* lanesScroll_;
    QHBoxLayout* row_;
    Card* card_;
    QComboBox* reference_;
    CurveView* curves_;
};

} // namespace ddpm::ui
