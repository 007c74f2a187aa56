// Futures that share a state (Fig. 7), as a tree that can be walked and forked again, with the distance
// between them.
#pragma once

#include "stages/denoise/tools/fork_tree.h"
#include "stages/denoise/tools/tool.h"

#include <vector>

class QSpinBox;
class QStackedLayout;

namespace ddpm::ui {

class CurveView;
class PaneCaption;
class PartChoice;
class PictureGrid;
class PointCloudView;

class ForkTool : public Tool {
    Q_OBJECT
public:
    ForkTool(EngineBridge& bridge, QWidget* parent);

    int last() const override;
    int available() const override;
    bool growing() const override;
    void showPosition(int position) override;
    QString readout(int position) const override;
    /// Forks the state at that place; what was forked before stays as long as the chain is the same.
    void open(const ChainPlace& place) override;
    std::uint64_t exportBranch() const override;

    /// From the selected future's state on screen.
    void forkAgain();
    void removeFork(int fork); ///< and what was forked from it

    int forks() const { return static_cast<int>(nodes_.size()); }
    /// Root mean square difference of two futures a value, mean over all pairs, at that position.
    double distance(int position) const;

    ForkTree* tree() const { return tree_; }
    PictureGrid* grid() const { return grid_; }
    PictureGrid* sharedGrid() const { return shared_; }
    CurveView* curves() const { return curves_; }
    QSpinBox* futuresBox() const { return futures_; }
    QPushButton* againButton() const { return again_; }
    PartChoice* partChoice() const { return part_; }

private:
    struct Node {
        std::uint64_t branch = 0;
        ForkBranch shape;
        SamplingSettings settings;
        std::vector<std::int64_t> noise; // the chain of the seed whose noise each future has
        std::vector<float> x;            // the shared state, one item
        ItemShape item;                  // of it
        std::vector<double> x_t, x0_hat; // distances at each state seen so far
    };
    void fork(int parent, int parentItem, const ChainState& state, int item, std::int64_t noise);
    void build();
    void takeGrowth();
    void select(int fork, int item);
    void showFork();
    void showEnd(const ChainState& state);
    void showDistance();
    int shownPosition() const;
    void showTree();
    const Node* node() const;
    std::shared_ptr<const ChainRecord> record() const; // of the selected fork

    ChainPlace place_;
    std::vector<Node> nodes_;
    int selected_ = -1, item_ = 0;
    std::int64_t freshNoise_ = 0; // the first chain of the seed that nothing has drawn from
    PictureGrid* shared_;
    PointCloudView* sharedCloud_;
    PaneCaption* sharedCaption_;
    PictureGrid* grid_;
    PointCloudView* cloud_;
    QStackedLayout* sharedStack_;
    QStackedLayout* stack_;
    PaneCaption* gridCaption_;
    PartChoice* part_;
    QSpinBox* futures_;
    QPushButton* again_;
    QPushButton* earlier_; // at t = 0 only
    ForkTree* tree_;
    CurveView* curves_;
    QLabel* note_;
};

/// How futures of a chain are drawn so that they can differ: a sampler that adds no noise becomes DDIM with
/// eta = 1, over the same timesteps.
SamplingSettings forkSettings(SamplingSettings settings);

/// Root of the mean squared difference of two items a value, mean over all pairs; 0 for fewer than two.
double spreadOf(const ChainState& state, ChainPart part);

} // namespace ddpm::ui
