#include "stages/denoise/tools/fork_tool.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/part_choice.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ddpm::ui {
namespace {

constexpr int usualFutures = 8, mostFutures = 64;
constexpr double cloudRange = 3.0; // as the panes of the stage show x_t

math::Expr xT() {
    return math::index(math::var(QStringLiteral("x")), math::var(QStringLiteral("t")));
}

} // namespace

SamplingSettings forkSettings(SamplingSettings settings) {
    if (settings.sampler == Sampler::ancestral || (settings.sampler == Sampler::ddim && settings.eta > 0))
        return settings;
    // DPM-Solver++ with N steps visits the first N of N + 1 points.
    if (settings.sampler == Sampler::dpmpp_2m) ++settings.steps;
    settings.sampler = Sampler::ddim;
    settings.eta = 1;
    return settings;
}

double spreadOf(const ChainState& state, ChainPart part) {
    const int count = state.shape.count;
    if (count < 2 || !state.has(part)) return 0;
    // Mean over pairs of (a − b)² is twice the unbiased variance.
    const std::size_t values = state.shape.item_values();
    std::vector<std::vector<float>> items;
    for (int i = 0; i < count; ++i)
        items.push_back(state.item(part, i));
    double sum = 0;
    for (std::size_t v = 0; v < values; ++v) {
        double mean = 0, squares = 0;
        for (const auto& item : items)
            mean += static_cast<double>(item[v]);
        mean /= count;
        for (const auto& item : items)
            squares += (static_cast<double>(item[v]) - mean) * (static_cast<double>(item[v]) - mean);
        sum += 2 * squares / (count - 1);
    }
    return std::sqrt(sum / static_cast<double>(values));
}

ForkTool::ForkTool(EngineBridge& bridge, QWidget* parent)
    : Tool(bridge, tr("Fork"), parent), shared_(new PictureGrid(this)),
      sharedCloud_(new PointCloudView(this)),
      sharedCaption_(new PaneCaption(xT(), tr("what they share"), Tone::forward, this)),
      grid_(new PictureGrid(this)), cloud_(new PointCloudView(this)),
      gridCaption_(new PaneCaption(math::upright(tr("Futures")), {}, Tone::reverse, this)),
      part_(new PartChoice(this)), futures_(new QSpinBox(this)),
      again_(new QPushButton(tr("Fork again from this one"), this)), earlier_(new QPushButton(this)),
      tree_(new ForkTree(this)), curves_(new CurveView(this)), note_(new QLabel(this)) {
    build();
    connect(&branches(), &BranchSet::changed, this, &ForkTool::takeGrowth);
    connect(part_, &PartChoice::changed, this, &ForkTool::showFork);
    connect(again_, &QPushButton::clicked, this, &ForkTool::forkAgain);
    connect(earlier_, &QPushButton::clicked, this, [this] {
        ChainPlace earlier = place_;
        earlier.position = place_.halfway();
        open(earlier);
    });
    connect(grid_, &PictureGrid::pictureSelected, this, [this](int item) { select(selected_, item); });
    connect(grid_, &PictureGrid::pictureActivated, this, &ForkTool::forkAgain);
    connect(cloud_, &PointCloudView::pointSelected, this, [this](int item) { select(selected_, item); });
    connect(tree_, &ForkTree::futureSelected, this, &ForkTool::select);
    connect(tree_, &ForkTree::futureActivated, this, &ForkTool::forkAgain);
    connect(tree_, &ForkTree::removeRequested, this, &ForkTool::removeFork);
    connect(curves_, &CurveView::positionRequested, this, &Tool::positionWanted);
}

void ForkTool::build() {
    futures_->setRange(2, mostFutures);
    futures_->setValue(usualFutures);
    futures_->setToolTip(tr("How many futures the next fork has"));
    earlier_->setObjectName(QStringLiteral("forkEarlier"));
    earlier_->setProperty("role", "primary");
    earlier_->hide();
    note_->setProperty("role", "hint");
    note_->setWordWrap(true);
    grid_->setSelectable(true);
    grid_->setTone(Tone::reverse);
    grid_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    grid_->setAccessibleName(tr("Futures"));
    grid_->setEmptyText(tr("The futures are being drawn"));
    shared_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    shared_->setAccessibleName(tr("The state that the futures share"));
    for (PointCloudView* cloud : {sharedCloud_, cloud_})
        cloud->setRange(cloudRange);
    sharedCloud_->setAccessibleName(shared_->accessibleName());
    sharedCloud_->setTone(Tone::forward);
    cloud_->setAccessibleName(grid_->accessibleName());
    cloud_->setSelectable(true);
    curves_->setXName(QStringLiteral("t"));
    curves_->setTickWords([this](int position) {
        const auto grown = record();
        const auto state = grown ? grown->state(position) : nullptr;
        return state ? QString::number(state->t) : QString();
    });
    curves_->setAccessibleName(tr("How far the futures part"));

    const auto stacked = [this](PictureGrid* grid, PointCloudView* cloud) {
        auto* area = new QWidget(this);
        auto* stack = new QStackedLayout(area);
        stack->addWidget(grid);
        stack->addWidget(cloud);
        return stack;
    };
    sharedStack_ = stacked(shared_, sharedCloud_);
    stack_ = stacked(grid_, cloud_);
    auto* side = new QVBoxLayout;
    side->addWidget(sharedCaption_);
    side->addWidget(sharedStack_->parentWidget(), 1);
    auto* form = new QFormLayout;
    form->addRow(tr("Futures"), futures_);
    side->addLayout(form);
    side->addWidget(again_);
    side->addWidget(earlier_);
    side->addWidget(note_);
    auto* futures = new QVBoxLayout;
    auto* futuresHead = new QHBoxLayout;
    futuresHead->addWidget(gridCaption_, 1);
    futuresHead->addWidget(part_);
    futures->addLayout(futuresHead);
    futures->addWidget(stack_->parentWidget(), 1);
    auto* upper = new QHBoxLayout;
    upper->setSpacing(theme::space(4));
    upper->addLayout(side, 2);
    upper->addLayout(futures, 5);
    auto* treeCard = new Card(tr("Tree"), tr("noise at the left, picture at the right"), this);
    treeCard->body()->addWidget(tree_, 1);
    auto* curveCard =
        new Card(tr("How far they part"), tr("root mean square of two futures' difference"), this);
    curveCard->body()->addWidget(curves_, 1);
    auto* lower = new QHBoxLayout;
    lower->setSpacing(theme::space(4));
    lower->addWidget(treeCard, 1);
    lower->addWidget(curveCard, 1);
    body()->addLayout(upper, 5);
    body()->addLayout(lower, 3);
}

const ForkTool::Node* ForkTool::node() const {
    return selected_ < 0 ? nullptr : &nodes_[static_cast<std::size_t>(selected_)];
}

std::shared_ptr<const ChainRecord> ForkTool::record() const {
    const Node* chosen = node();
    return chosen ? branches().record(chosen->branch) : nullptr;
}

int ForkTool::last() const {
    const auto chosen = record();
    return chosen ? chosen->planned() - 1 : 0;
}

int ForkTool::available() const {
    const auto chosen = record();
    return chosen ? chosen->size() - 1 : -1;
}

bool ForkTool::growing() const {
    return node() && branches().running(node()->branch);
}

std::uint64_t ForkTool::exportBranch() const {
    return record() ? node()->branch : 0;
}

QString ForkTool::readout(int position) const {
    const auto state = record() ? record()->state(position) : nullptr;
    return tr("t = %1").arg(state ? QString::number(state->t) : QStringLiteral("–"));
}

void ForkTool::open(const ChainPlace& place) {
    if (place.record != place_.record) {
        branches().clear();
        nodes_.clear();
        selected_ = -1;
        freshNoise_ = place.record ? place.record->settings().count : 0;
    }
    place_ = place;
    const auto state = place.state();
    if (!state) return;
    if (state->t > 0) return fork(-1, 0, *state, place.chain, place.chain);
    if (node()) return showFork(); // those that there are
    showTree();
    showEnd(*state);
}

/// Where a chain has just ended: nothing can part any more, so half-way back is offered.
void ForkTool::showEnd(const ChainState& state) {
    const int earlier = place_.halfway();
    setCaption(tr("At t = 0 the picture is finished: it has no futures any more"));
    grid_->clear();
    cloud_->clear();
    grid_->setEmptyText(tr("Futures begin at an earlier state"));
    gridCaption_->setWords({});
    sharedCaption_->setWords(tr("finished, t = 0"));
    const bool points = state.shape.is_points();
    sharedStack_->setCurrentIndex(points ? 1 : 0);
    stack_->setCurrentIndex(points ? 1 : 0);
    const Drawable picture = state.drawable(ChainPart::x, place_.chain);
    if (points)
        sharedCloud_->setPoints(picture.points);
    else
        shared_->setPictures(picture.pictures);
    note_->hide();
    again_->hide();
    earlier_->setVisible(earlier >= 0);
    if (earlier >= 0) earlier_->setText(tr("Fork at t = %1 instead").arg(place_.record->state(earlier)->t));
}

void ForkTool::fork(int parent, int parentItem, const ChainState& state, int item, std::int64_t noise) {
    const std::size_t count = static_cast<std::size_t>(futures_->value());
    Node made;
    made.shape = {parent, parentItem, state.t, futures_->value(), state.t};
    made.settings = forkSettings(parent < 0 ? place_.record->settings()
                                            : nodes_[static_cast<std::size_t>(parent)].settings);
    made.settings.count = futures_->value();
    // The first future has the noise that its past would have gone on with: it is the chain itself.
    made.noise.resize(count);
    std::iota(made.noise.begin(), made.noise.end(), freshNoise_ - 1);
    made.noise[0] = noise;
    freshNoise_ += static_cast<std::int64_t>(count) - 1;
    made.x = state.item(ChainPart::x, item);
    made.item = state.shape;
    made.item.count = 1;

    StartBranch command;
    command.settings = made.settings;
    FromState from;
    from.t = state.t;
    for (std::size_t i = 0; i < count; ++i)
        from.x.insert(from.x.end(), made.x.begin(), made.x.end());
    command.from = std::move(from);
    command.noise_chains = made.noise;
    if (place_.label() >= 0) command.labels.assign(count, place_.label());
    made.branch = branches().start(std::move(command));
    nodes_.push_back(std::move(made));
    select(forks() - 1, 0);
    Q_EMIT followWanted();
}

void ForkTool::forkAgain() {
    const auto state = record() ? record()->state(position()) : nullptr;
    if (!state || state->t == 0 || item_ >= state->shape.count) {
        Q_EMIT statusMessage(tr("Choose a future, and a state before t = 0"));
        return;
    }
    fork(selected_, item_, *state, item_, node()->noise[static_cast<std::size_t>(item_)]);
}

void ForkTool::removeFork(int fork) {
    std::vector<int> moved(nodes_.size(), -1); // where each goes; −1: it is removed
    std::vector<Node> kept;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        Node& each = nodes_[i];
        const int parent = each.shape.parent;
        const bool gone =
            static_cast<int>(i) == fork || (parent >= 0 && moved[static_cast<std::size_t>(parent)] < 0);
        if (gone) {
            branches().drop(each.branch);
            continue;
        }
        if (parent >= 0) each.shape.parent = moved[static_cast<std::size_t>(parent)];
        moved[i] = static_cast<int>(kept.size());
        kept.push_back(std::move(each));
    }
    nodes_ = std::move(kept);
    select(std::min(fork, forks() - 1), 0);
    if (nodes_.empty()) Q_EMIT closeRequested();
}

void ForkTool::select(int fork, int item) {
    const bool other = fork != selected_;
    selected_ = fork;
    item_ = item;
    showTree();
    tree_->setSelected(fork, item);
    grid_->setSelected(item);
    cloud_->setSelected(item);
    if (other) Q_EMIT progressed();
    takeGrowth();
    showFork();
}

void ForkTool::takeGrowth() {
    for (Node& each : nodes_) {
        const auto grown = branches().record(each.branch);
        for (int i = static_cast<int>(each.x_t.size()); grown && i < grown->size(); ++i) {
            const auto state = grown->state(i);
            each.x_t.push_back(spreadOf(*state, ChainPart::x));
            each.x0_hat.push_back(spreadOf(*state, ChainPart::x0_hat));
            each.shape.reached = state->t;
        }
    }
    showTree();
    if (const Node* chosen = node()) {
        showDistance();
        curves_->setXRange(0, std::max(1, last()));
        curves_->setCurves(
            {{QStringLiteral("xₜ"), Tone::text, chosen->x_t, 0, false, false, "x_t"},
             {QStringLiteral("x̂₀"), Tone::reverse, chosen->x0_hat, 0, false, false, "x0_hat"}});
    }
}

void ForkTool::showTree() {
    std::vector<ForkBranch> shapes;
    for (const Node& each : nodes_)
        shapes.push_back(each.shape);
    tree_->setForks(place_.record ? place_.record->schedule().timesteps() : 1, std::move(shapes));
}

double ForkTool::distance(int position) const {
    const Node* chosen = node();
    if (!chosen || position < 0 || position >= static_cast<int>(chosen->x_t.size())) return 0;
    const auto at = static_cast<std::size_t>(position);
    return part_->part() == ChainPart::x ? chosen->x_t[at] : chosen->x0_hat[at];
}

/// Of the selected fork's record: another one's may have been longer.
int ForkTool::shownPosition() const {
    const auto grown = record();
    return std::min(position(), grown ? grown->size() - 1 : 0);
}

/// Measured when a state has come, which may be after it was shown.
void ForkTool::showDistance() {
    const Node* chosen = node();
    const int at = shownPosition();
    const auto grown = record();
    const auto state = grown ? grown->state(at) : nullptr;
    if (!state || at >= static_cast<int>(chosen->x_t.size()))
        setCaption({});
    else
        setCaption(tr("t = %1: two futures differ by %2 a value").arg(state->t).arg(distance(at), 0, 'f', 3));
}

void ForkTool::showPosition(int) {
    showFork();
}

void ForkTool::showFork() {
    const Node* chosen = node();
    if (!chosen) return;
    again_->show();
    earlier_->hide();
    const bool points = chosen->item.is_points();
    const Drawable shared = to_drawable(chosen->item, chosen->x.data());
    sharedStack_->setCurrentIndex(points ? 1 : 0);
    stack_->setCurrentIndex(points ? 1 : 0);
    if (points)
        sharedCloud_->setPoints(shared.points);
    else
        shared_->setPictures(shared.pictures);
    sharedCaption_->setWords(tr("shared at t = %1").arg(chosen->shape.t));
    const bool other = place_.record && forkSettings(place_.record->settings()) != place_.record->settings();
    note_->setText(other ? tr("Drawn by DDIM with η = 1") : QString());
    note_->setToolTip(tr("This chain's sampler adds no noise, so that all its futures would be one: they are "
                         "drawn by DDIM with η = 1."));
    note_->setVisible(other);
    const auto grown = record();
    const auto state = grown ? grown->state(shownPosition()) : nullptr;
    again_->setEnabled(state && state->t > 0);
    curves_->setCursorPosition(position());
    tree_->setCursor(state ? state->t : -1);
    if (!state) {
        const bool refused = branches().refused(chosen->branch);
        grid_->clear();
        grid_->setPlaceholder(chosen->shape.count, {chosen->item.width, chosen->item.height});
        grid_->setEmptyText(refused ? tr("This fork was refused: the message above says why")
                                    : tr("The futures are being drawn"));
        cloud_->clear();
        setCaption({});
        return;
    }
    const Drawable futures = state->drawable(part_->part());
    if (points)
        cloud_->setPoints(futures.points);
    else
        grid_->setPictures(futures.pictures);
    grid_->setSelected(item_);
    gridCaption_->setWords(tr("%1 at t = %2").arg(chosen->shape.count).arg(state->t));
    showDistance();
    grid_->setAccessibleDescription(
        tr("future %1 of %2 at t = %3").arg(item_ + 1).arg(chosen->shape.count).arg(state->t));
}

} // namespace ddpm::ui
