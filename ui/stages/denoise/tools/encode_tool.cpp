#include "stages/denoise/tools/encode_tool.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/encode_curve.h"
#include "stages/denoise/tools/encode_results.h"
#include "stages/denoise/tools/poke_edit.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/difference.h"
#include "views/inspector_form.h"
#include "views/picture_grid.h"

#include <QAction>
#include <QComboBox>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace ddpm::ui {
namespace {

constexpr int settle = 250; // ms without a change before the results are drawn anew

math::Expr symbol(const math::Expr& letter, const math::Expr& lower) {
    return math::index(letter, lower);
}

} // namespace

EncodeTool::EncodeTool(EngineBridge& bridge, QWidget* parent)
    : Tool(bridge, tr("Noise a picture and denoise it"), parent), message_(new Note({}, this)),
      open_(new QPushButton(tr("Open…"), this)), paste_(new QPushButton(tr("Paste"), this)),
      random_(new QPushButton(tr("Another"), this)),
      originalCaption_(
          new PaneCaption(symbol(math::var(QStringLiteral("x")), math::upright(QStringLiteral("0"))),
                          tr("the picture"), Tone::text, this)),
      noisedCaption_(new PaneCaption(symbol(math::var(QStringLiteral("x")), math::var(QStringLiteral("t"))),
                                     {}, Tone::forward, this)),
      resultsCaption_(new PaneCaption(
          symbol(math::hat(math::var(QStringLiteral("x"))), math::upright(QStringLiteral("0"))), {},
          Tone::reverse, this)),
      original_(new PictureGrid(this)), noised_(new PictureGrid(this)),
      depth_(new QSlider(Qt::Horizontal, this)), depthBox_(new QSpinBox(this)), count_(new QSpinBox(this)),
      class_(new QComboBox(this)), seed_(new QSpinBox(this)), newNoise_(new QToolButton(this)),
      results_(new EncodeResults(this)), curve_(new EncodeCurve(this)) {
    build();
    connectAll();
    connectEngine();
    restyle();
}

void EncodeTool::connectAll() {
    debounce_.setSingleShot(true);
    debounce_.setInterval(settle);
    connect(&debounce_, &QTimer::timeout, this, &EncodeTool::start);
    connect(depth_, &QSlider::valueChanged, depthBox_, &QSpinBox::setValue);
    connect(depthBox_, &QSpinBox::valueChanged, depth_, &QSlider::setValue);
    connect(depth_, &QSlider::valueChanged, this, &EncodeTool::changed);
    connect(count_, &QSpinBox::valueChanged, this, &EncodeTool::changed);
    connect(seed_, &QSpinBox::valueChanged, this, &EncodeTool::changed);
    connect(class_, &QComboBox::currentIndexChanged, this, [this] {
        forgetDepths(); // told something else, the net brings back something else
        changed();
    });
    connect(newNoise_, &QToolButton::clicked, this,
            [this] { seed_->setValue(static_cast<int>(QRandomGenerator::global()->bounded(1'000'000))); });
    connect(open_, &QPushButton::clicked, this, &EncodeTool::chooseFile);
    connect(paste_, &QPushButton::clicked, this, &EncodeTool::pasteFromClipboard);
    connect(random_, &QPushButton::clicked, this, &EncodeTool::randomPicture);
    connect(curve_, &EncodeCurve::depthRequested, depth_, &QSlider::setValue);
    auto* paste = new QAction(tr("Paste"), this);
    paste->setShortcut(QKeySequence::Paste);
    paste->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(paste, &QAction::triggered, this, &EncodeTool::pasteFromClipboard);
    addAction(paste);
}

void EncodeTool::connectEngine() {
    connect(&branches(), &BranchSet::changed, this, &EncodeTool::takeGrowth);
    connect(&branches(), &BranchSet::ended, this, [this](quint64 branch) {
        if (branch == branch_ && !branches().refused(branch)) remember();
    });
    connect(&branches(), &BranchSet::failed, this, [this](quint64 branch, const QString& why) {
        if (branch == branch_) say(why, true);
    });
    connect(&bridge(), &EngineBridge::failed, this, [this](const Failed& failure) {
        if (fit_ == 0 || failure.id != fit_) return;
        fit_ = 0;
        say(QString::fromStdString(failure.error.line()), true);
    });
    connect(&bridge(), &EngineBridge::pictureFitted, this, &EncodeTool::takePicture);
}

QLabel* EncodeTool::messageLabel() const {
    return message_;
}

void EncodeTool::say(const QString& words, bool problem) {
    message_->setText(words);
    message_->setWarning(problem);
    message_->setVisible(!words.isEmpty());
}

// What is drawn
// ---------------------------------------------------------------------------------------------------------

void EncodeTool::open(const ChainPlace& place) {
    const auto drawn = [](const ModelChanged& model) {
        return std::tuple(model.available, model.name, model.folder, model.step);
    };
    const bool otherModel = drawn(place.model) != drawn(place_.model);
    const bool otherForm = !(place.form == place_.form);
    const ItemShape before = shape();
    place_ = place;
    source_->setEnabled(canDraw());
    controls_->setEnabled(canDraw());
    if (!canDraw()) {
        say(place.model.available ? tr("Only a model of pictures can do this.")
                                  : tr("There is no model yet: train or open one."));
        return;
    }
    if (!otherModel && !otherForm && !x0_.empty()) return;
    say({});
    if (otherModel) takeModel();
    forgetDepths();
    if (otherModel && (x0_.empty() || before != shape()))
        randomPicture();
    else
        changed();
}

void EncodeTool::takeModel() {
    const int T = std::max(1, place_.model.schedule.timesteps());
    const auto state = place_.state();
    const bool first = x0_.empty();
    {
        const QSignalBlocker quietSlider(depth_), quietBox(depthBox_), quietSeed(seed_);
        depth_->setRange(1, T);
        depth_->setPageStep(std::max(1, T / 20));
        depthBox_->setRange(1, T);
        if (first) {
            depth_->setValue(state && state->t > 0 ? state->t : (T + 1) / 2);
            seed_->setValue(static_cast<int>(place_.form.seed));
        }
        depthBox_->setValue(depth_->value());
    }
    showClasses(std::max(0, place_.model.settings.model.unet.num_class_embeds - 1)); // the last: "no class"
    const ItemShape one = shape();
    if (x0_.size() != one.values()) x0_.clear();
    curve_->setTimesteps(T);
    for (PictureGrid* grid : {original_, noised_}) {
        grid->setPlaceholder(1, {one.width, one.height});
        if (x0_.empty()) grid->clear();
    }
    branches().clear();
    branch_ = 0;
    results_->clear();
    results_->setCount(count_->value(), {one.width, one.height});
    showDepth();
}

void EncodeTool::forgetDepths() {
    depths_.clear();
    counts_ = false;
    curve_->setDepths(depths_);
}

void EncodeTool::changed() {
    results_->setCount(count_->value(), {});
    if (!x0_.empty()) {
        branches().stop(branch_); // what it would still draw is of no use
        debounce_.start();
    }
    showDepth();
    showResults();
}

SamplingSettings EncodeTool::settings() const {
    SamplingSettings settings = place_.form;
    settings.count = count_->value();
    settings.seed = static_cast<std::uint64_t>(seed_->value());
    settings.label = noClass;
    if (class_->count() == 0) return settings;
    const int label = class_->currentData().toInt();
    if (label == noClass) {
        settings.guidance = 0; // of "no class" and nothing else
    } else {
        settings.label = label;
        if (settings.guidance == 0) settings.guidance = 1; // else the class would not be heard
    }
    return settings;
}

void EncodeTool::start() {
    debounce_.stop();
    if (x0_.empty()) return;
    if (branch_) branches().drop(branch_);
    say({});
    StartBranch command;
    command.settings = settings();
    command.from = FromPicture{depth_->value(), x0_};
    command.of_chain = false; // of the model that the picture was fitted to
    counts_ = true;
    branch_ = branches().start(std::move(command));
    showResults();
    Q_EMIT progressed();
    Q_EMIT followWanted();
}

void EncodeTool::takeGrowth() {
    showDepth();
    showResults();
}

void EncodeTool::remember() {
    const auto record = branches().record(branch_);
    const auto end = record ? record->state(record->size() - 1) : nullptr;
    if (!counts_ || !end || end->t != 0) return; // stopped on the way
    double sum = 0;
    for (int k = 0; k < end->shape.count; ++k)
        sum += rootMeanSquare(end->item(ChainPart::x, k), x0_);
    depths_[record->state(0)->t] = sum / end->shape.count;
    curve_->setDepths(depths_);
    showDepth();
}

std::shared_ptr<const ChainRecord> EncodeTool::record() const {
    const auto record = branches().record(branch_);
    return record && record->size() > 0 ? record : nullptr;
}

// What is shown
// ---------------------------------------------------------------------------------------------------------

void EncodeTool::showDepth() {
    const int t = depth_->value();
    const ScheduleTable& schedule = place_.model.schedule;
    const double level = t <= schedule.timesteps() ? schedule.alpha_bar_at(t) : 0;
    curve_->setCurrent(t);
    const auto begun = debounce_.isActive() ? nullptr : record();
    if (begun) {
        const auto state = begun->state(0);
        noised_->setPictures(state->drawable(ChainPart::x, 0).pictures);
        // Where the plan of fewer than T steps does not visit t: the step it goes on from.
        noisedCaption_->setWords(
            tr("t = %1, ᾱ = %2").arg(state->t).arg(readOut(begun->schedule().alpha_bar_at(state->t))));
        curve_->setCurrent(state->t);
        return;
    }
    noisedCaption_->setWords(tr("t = %1, ᾱ = %2").arg(t).arg(readOut(level)));
    if (x0_.empty()) return;
    // What q (eq. 4) makes of it with one noise for all t, so that it melts as the slider moves.
    std::vector<float> x(x0_.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(std::sqrt(level) * static_cast<double>(x0_[i]) +
                                  std::sqrt(1 - level) *
                                      keyedNormal(static_cast<std::uint64_t>(seed_->value()), 0, i));
    noised_->setPictures(to_drawable(shape(), x.data()).pictures);
}

void EncodeTool::showResults() {
    const auto begun = record();
    if (!begun || begun->state(0)->shape.item_values() != x0_.size()) {
        if (branches().refused(branch_)) results_->clear();
        const bool waits = debounce_.isActive() || (branch_ && !branches().refused(branch_));
        results_->setEmptyText(waits ? tr("being drawn") : QString());
        resultsCaption_->setWords(waits ? tr("what comes back: being drawn") : tr("what comes back"));
        return;
    }
    const auto state = begun->state(std::clamp(position(), 0, begun->size() - 1));
    std::vector<double> distances;
    double sum = 0;
    for (int k = 0; k < state->shape.count; ++k) {
        distances.push_back(rootMeanSquare(state->item(ChainPart::x0_hat, k), x0_));
        sum += distances.back();
    }
    results_->setPictures(state->drawable(ChainPart::x0_hat).pictures, distances);
    const double mean = sum / std::max(1, state->shape.count);
    resultsCaption_->setWords(tr("at t = %1, %2 from x₀ on average").arg(state->t).arg(mean, 0, 'f', 3));
    const int from = begun->state(0)->t;
    setCaption(from == depth_->value() || debounce_.isActive()
                   ? tr("back from t = %1 with the inspector's sampler").arg(from)
                   : tr("back from t = %1, the step of the inspector's sampler that is nearest").arg(from));
}

int EncodeTool::last() const {
    const auto record = branches().record(branch_);
    return record ? record->planned() - 1 : 0;
}

int EncodeTool::available() const {
    const auto record = branches().record(branch_);
    return record ? record->size() - 1 : -1;
}

void EncodeTool::showPosition(int) {
    showResults();
}

QString EncodeTool::readout(int position) const {
    const auto begun = record();
    const auto state = begun ? begun->state(position) : nullptr;
    return tr("t = %1").arg(state ? QString::number(state->t) : QStringLiteral("–"));
}

std::uint64_t EncodeTool::exportBranch() const {
    return record() ? branch_ : 0;
}

} // namespace ddpm::ui
