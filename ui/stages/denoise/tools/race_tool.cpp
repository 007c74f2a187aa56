#include "stages/denoise/tools/race_tool.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/part_choice.h"
#include "stages/denoise/tools/race_lane.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/inspector_form.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr int usualPictures = 4, mostPictures = 16, usualPoints = 500, mostPoints = 5000;

/// Whether the chain was made by a model like this one, so that the race can be run on the chain's.
bool fits(const ChainRecord& record, const ModelChanged& model) {
    const auto state = record.state(0);
    if (!state || record.schedule().timesteps() != model.schedule.timesteps()) return false;
    if (model.settings.model.kind == NetKind::point_mlp) return state->shape.is_points();
    const UnetSettings& net = model.settings.model.unet;
    return state->shape.height == net.sample_size && state->shape.channels == net.in_channels;
}

} // namespace

RaceTool::RaceTool(EngineBridge& bridge, QWidget* parent)
    : Tool(bridge, tr("Race"), parent), start_(new QPushButton(this)), count_(new QSpinBox(this)),
      seed_(new QSpinBox(this)), randomSeed_(new QToolButton(this)), part_(new PartChoice(this)),
      add_(new QPushButton(tr("Add lane"), this)), scroll_(new QScrollArea(this)),
      content_(new QWidget(scroll_)), lanesScroll_(new QScrollArea(content_)), row_(nullptr),
      card_(new Card({}, {}, content_)), reference_(new QComboBox(card_)), curves_(new CurveView(card_)) {
    setCaption(tr("The same noise, different samplers: what each makes of it in as many net evaluations"));
    build();
    measuring_.setSingleShot(true);
    connect(&measuring_, &QTimer::timeout, this, &RaceTool::measure);
    connect(start_, &QPushButton::clicked, this, &RaceTool::start);
    connect(add_, &QPushButton::clicked, this, [this] {
        SamplingSettings choice = lanes_.back().view->choice(raceSettings());
        choice.steps = std::max(1, choice.steps / 2); // what one wants to know next: are half as many enough?
        addLane(choice);
        lanes_.back().view->samplerBox()->setFocus();
    });
    connect(randomSeed_, &QToolButton::clicked, this,
            [this] { seed_->setValue(static_cast<int>(QRandomGenerator::global()->bounded(1'000'000))); });
    for (QSpinBox* box : {count_, seed_})
        connect(box, &QSpinBox::valueChanged, this, [this] {
            showStart();
            showPosition(position());
        });
    connect(part_, &PartChoice::changed, this, [this] { showPosition(position()); });
    connect(reference_, &QComboBox::currentIndexChanged, this, &RaceTool::refresh);
    connect(curves_, &CurveView::positionRequested, this,
            [this](int position) { Q_EMIT positionWanted(std::min(position, std::max(0, available()))); });
    connect(&branches(), &BranchSet::changed, this, &RaceTool::refresh);
    connect(&branches(), &BranchSet::failed, this, [this](quint64 branch, const QString& why) {
        for (Lane& lane : lanes_)
            if (lane.branch == branch) lane.refusal = why;
        showPosition(position());
    });
    restyleRace();
}

void RaceTool::build() {
    start_->setProperty("role", "primary");
    start_->setObjectName(QStringLiteral("startRace"));
    start_->setAccessibleName(tr("Start the race"));
    auto* bar = new QHBoxLayout;
    auto* rest = new QHBoxLayout;
    const auto labelled = [&](const QString& words, QWidget* field, const QString& hint) {
        auto* label = new QLabel(words, this);
        label->setBuddy(field);
        field->setAccessibleName(words);
        field->setToolTip(hint);
        bar->addWidget(label);
        bar->addWidget(field);
    };
    bar->addWidget(start_);
    labelled(tr("Chains"), count_,
             tr("Chains in each lane; chain k begins with the same noise in all lanes"));
    labelled(tr("Seed"), seed_, tr("Of x<sub>T</sub> and of the noise that is added on the way"));
    seed_->setRange(0, 2'147'483'647);
    randomSeed_->setAccessibleName(tr("Another seed"));
    randomSeed_->setToolTip(tr("Another seed"));
    bar->addWidget(randomSeed_);
    bar->addStretch(1);
    rest->addWidget(part_);
    add_->setToolTip(tr("Another sampler beside these, at most %1").arg(mostLanes));
    rest->addStretch(1);
    rest->addWidget(add_);
    bars_ = new QBoxLayout(QBoxLayout::LeftToRight);
    bars_->addLayout(bar, 1);
    bars_->addLayout(rest);
    body()->addLayout(bars_);

    auto* lanes = new QWidget(lanesScroll_);
    row_ = new QHBoxLayout(lanes);
    row_->setContentsMargins(0, 0, 0, 0);
    lanesScroll_->setWidget(lanes);
    lanesScroll_->setWidgetResizable(true);
    lanesScroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    lanesScroll_->setAccessibleName(tr("Lanes"));
    scroll_->setAccessibleName(tr("Race"));
    lanes->installEventFilter(this);

    reference_->setToolTip(tr("The lane whose end the others are held against"));
    reference_->setAccessibleName(tr("Reference lane"));
    auto* label = new QLabel(tr("Reference"), card_);
    label->setProperty("role", "muted");
    label->setBuddy(reference_);
    card_->addToHeader(label);
    card_->addToHeader(reference_);
    card_->setTitle(tr("Who gets there first"));
    card_->setCaption(tr("distance of x̂₀ to the reference's end, by net evaluations"));
    curves_->setXName(tr("evaluations"));
    curves_->setAccessibleName(tr("Distance of x̂₀ to the reference's end, by net evaluations"));
    card_->body()->addWidget(curves_, 1);
    card_->body()->addWidget(new Note(
        tr("Distance is the root mean square difference per value of chains that began in the same "
           "x<sub>T</sub>. It says which samplers follow the same path, not whose pictures are better: one "
           "that adds noise on the way ends elsewhere, as well as any."),
        card_));
    auto* column = new QVBoxLayout(content_);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(lanesScroll_, 3);
    column->addWidget(card_, 1);
    scroll_->setWidget(content_);
    scroll_->setWidgetResizable(true);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    body()->addWidget(scroll_, 1);
}

// Lanes
// ------------------------------------------------------------------------------------------------------------

void RaceTool::open(const ChainPlace& place) {
    const ModelChanged before = std::exchange(place_, place).model;
    const bool sameModel = !lanes_.empty() && before.folder == place.model.folder &&
                           before.settings.model == place.model.settings.model &&
                           before.settings.diffusion == place.model.settings.diffusion;
    const bool wasOfChain = std::exchange(ofChain_, place.record && fits(*place.record, place.model));
    const ChainRecord* madeFor = std::exchange(openedFor_, place.record.get());
    // Whoever comes back finds all as it was; with a model that has learned since, the lanes but not their
    // ends.
    if (sameModel && wasOfChain == ofChain_ &&
        (ofChain_ ? madeFor == openedFor_ : before.step == place.model.step)) {
        refresh();
        return;
    }
    forgetResults();
    if (!sameModel) setUp();
    showStart();
    refresh();
    Q_EMIT progressed();
}

void RaceTool::setUp() {
    points_ = place_.model.settings.model.kind == NetKind::point_mlp;
    for (Lane& lane : lanes_)
        delete lane.view;
    lanes_.clear();
    selected_ = 0;
    {
        const QSignalBlocker quietCount(count_), quietSeed(seed_);
        count_->setRange(1, points_ ? mostPoints : mostPictures);
        count_->setValue(points_ ? usualPoints : usualPictures);
        const SamplingSettings& made = place_.record ? place_.record->settings() : place_.form;
        seed_->setValue(static_cast<int>(made.seed & 0x7fffffffu));
    }
    SamplingSettings choice = place_.form;
    const int T = std::max(1, place_.model.schedule.timesteps());
    for (const auto& [sampler, steps] : {std::pair{Sampler::ancestral, 250}, std::pair{Sampler::ddim, 50},
                                         std::pair{Sampler::dpmpp_2m, 20}, std::pair{Sampler::heun, 10}}) {
        choice.sampler = sampler;
        choice.steps = std::min(steps, T);
        addLane(choice);
    }
    reference_->setCurrentIndex(0);
}

void RaceTool::forgetResults() {
    branches().clear();
    referenceEnd_.reset();
    for (Lane& lane : lanes_) {
        lane.branch = 0;
        lane.refusal.clear();
        lane.curve.clear();
        lane.distance.reset();
    }
}

void RaceTool::addLane(const SamplingSettings& choice) {
    if (lanes() >= mostLanes) return;
    auto* view = new RaceLane(place_.model, row_->parentWidget());
    view->setChoice(choice);
    view->setSelectedChain(place_.chain < count_->value() ? place_.chain : 0);
    row_->addWidget(view, 1);
    lanes_.push_back({view, 0, {}, {}, {}, {}});
    connect(view, &RaceLane::edited, this, [this] {
        renumber();
        showPosition(position());
        Q_EMIT progressed(); // how long the axis is, before anything ran
    });
    connect(view, &RaceLane::removeRequested, this, [this, view] { removeLane(view); });
    connect(view, &RaceLane::chosen, this, [this, view] { selectLane(view); });
    connect(view, &RaceLane::chainSelected, this, [this](int chain) {
        place_.chain = chain;
        for (Lane& lane : lanes_)
            lane.view->setSelectedChain(chain);
    });
    const auto fields = view->findChildren<QWidget*>();
    for (QWidget* field : fields)
        field->installEventFilter(this);
    renumber();
    showPosition(position());
}

void RaceTool::removeLane(RaceLane* view) {
    if (lanes() <= fewestLanes) return;
    const auto found =
        std::find_if(lanes_.begin(), lanes_.end(), [view](const Lane& l) { return l.view == view; });
    if (found == lanes_.end()) return;
    const auto index = static_cast<int>(found - lanes_.begin());
    const bool focus = view->isAncestorOf(focusWidget());
    if (found->branch != 0) branches().drop(found->branch);
    lanes_.erase(found);
    row_->removeWidget(view);
    view->hide();
    view->deleteLater(); // the click that asked for it is still under way
    const int reference = reference_->currentIndex();
    selected_ = std::min(selected_, lanes_.size() - 1);
    renumber();
    if (reference == index)
        reference_->setCurrentIndex(0);
    else if (reference > index)
        reference_->setCurrentIndex(reference - 1);
    if (focus)
        lanes_[static_cast<std::size_t>(std::min(index, lanes() - 1))].view->removeButton()->setFocus();
    refresh();
    Q_EMIT progressed();
}

/// Numbers, names and colours, which follow the order.
void RaceTool::renumber() {
    const QSignalBlocker quiet(reference_);
    const int reference = reference_->currentIndex();
    reference_->clear();
    for (int i = 0; i < lanes(); ++i) {
        RaceLane* view = lane(i);
        view->setNumber(i + 1);
        view->setRemovable(lanes() > fewestLanes);
        view->setSelected(static_cast<std::size_t>(i) == selected_);
        //: a lane in a list: "2 · DDIM, 50 steps"
        reference_->addItem(tr("%1 · %2").arg(i + 1).arg(view->words()));
    }
    reference_->setCurrentIndex(std::clamp(reference, 0, lanes() - 1));
    add_->setEnabled(lanes() < mostLanes);
    showStart();
}

void RaceTool::selectLane(RaceLane* view) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (lanes_[i].view == view) selected_ = i;
        lanes_[i].view->setSelected(lanes_[i].view == view);
    }
}

bool RaceTool::eventFilter(QObject* watched, QEvent* event) {
    // Whoever works in a lane means it; and the lanes are as high as their contents, so that they scroll
    // sideways only.
    if (event->type() == QEvent::FocusIn) {
        for (const Lane& lane : lanes_)
            if (lane.view->isAncestorOf(static_cast<QWidget*>(watched))) {
                selectLane(lane.view);
                break;
            }
    } else if (event->type() == QEvent::LayoutRequest && watched == row_->parentWidget()) {
        fitLanes();
    }
    return Tool::eventFilter(watched, event);
}

// Running
// ----------------------------------------------------------------------------------------------------------

SamplingSettings RaceTool::raceSettings() const {
    SamplingSettings settings = place_.form;
    settings.count = count_->value();
    settings.seed = static_cast<std::uint64_t>(seed_->value());
    return settings;
}

SamplingSettings RaceTool::wanted(const Lane& lane) const {
    return lane.view->choice(raceSettings());
}

bool RaceTool::stale(const Lane& lane) const {
    if (lane.branch == 0 || branches().refused(lane.branch) || !(lane.asked == wanted(lane))) return true;
    return !branches().running(lane.branch) && !end(lane); // was stopped on the way
}

void RaceTool::start() {
    if (!start_->isEnabled()) return;
    // What is there already need not be computed again: the race is about evaluations, not about time. A
    // model that is in training is another one by now, though.
    const bool moving = !ofChain_ && place_.model.live;
    const bool all =
        moving || std::none_of(lanes_.begin(), lanes_.end(), [this](const Lane& l) { return stale(l); });
    for (Lane& lane : lanes_) {
        if (!all && !stale(lane)) continue;
        if (lane.branch != 0) branches().drop(lane.branch);
        lane.asked = wanted(lane);
        lane.refusal.clear();
        lane.curve.clear();
        lane.distance.reset();
        StartBranch command;
        command.of_chain = ofChain_;
        command.settings = lane.asked;
        command.from = FromNoise{};
        lane.branch = branches().start(std::move(command));
    }
    refresh();
    Q_EMIT progressed();
    Q_EMIT followWanted();
}

void RaceTool::showStart() {
    const auto stales =
        std::count_if(lanes_.begin(), lanes_.end(), [this](const Lane& l) { return stale(l); });
    const bool any = stales < static_cast<std::ptrdiff_t>(lanes_.size());
    start_->setEnabled(place_.model.available || ofChain_);
    start_->setText(!any ? tr("Start") : stales > 0 ? tr("Start what changed") : tr("Start again"));
    start_->setToolTip(
        stales > 0 && any
            ? tr("Run the lanes that changed; what the others have made stays")
            : tr("All lanes together, from the same x<sub>T</sub>; the engine takes them in turns"));
}

// How it looks
// -----------------------------------------------------------------------------------------------------

void RaceTool::restyleRace() {
    row_->setSpacing(theme::space(1) + 2);
    content_->layout()->setSpacing(theme::space(3));
    bars_->setSpacing(theme::space(2));
    for (int i = 0; i < 2; ++i)
        bars_->itemAt(i)->layout()->setSpacing(theme::space(2));
    seed_->setFixedWidth(theme::space(28));
    fit();
    randomSeed_->setIcon(theme::icon(QStringLiteral("random")));
    add_->setIcon(theme::icon(QStringLiteral("plus")));
    curves_->setMinimumHeight(theme::space(26));
}

void RaceTool::fit() {
    // One row of controls, or two where the room is narrow.
    const int needed = bars_->itemAt(0)->minimumSize().width() + bars_->itemAt(1)->minimumSize().width();
    bars_->setDirection(needed + theme::space(4) > width() ? QBoxLayout::TopToBottom
                                                           : QBoxLayout::LeftToRight);
    fitLanes();
}

void RaceTool::fitLanes() {
    if (lanes_.empty()) return;
    // Pictures are as high as wide at most; what the lanes cannot use goes to the curves.
    const int least = row_->minimumSize().height(), room = lanesScroll_->width();
    const int bar =
        row_->minimumSize().width() > room ? lanesScroll_->horizontalScrollBar()->sizeHint().height() : 0;
    const int lane = std::max(lanes_.front().view->minimumWidth(), room / lanes());
    lanesScroll_->setMinimumHeight(least + bar);
    lanesScroll_->setMaximumHeight(least + bar - lanes_.front().view->leastPictureHeight() + lane);
}

void RaceTool::resizeEvent(QResizeEvent* event) {
    Tool::resizeEvent(event);
    fit();
}

void RaceTool::changeEvent(QEvent* event) {
    Tool::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && row_) restyleRace();
}

} // namespace ddpm::ui
