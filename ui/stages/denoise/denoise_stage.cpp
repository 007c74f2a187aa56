#include "stages/denoise/denoise_stage.h"

#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/phase_stepper.h"
#include "stages/denoise/point_tools.h"
#include "stages/denoise/sampling_form.h"
#include "stages/denoise/sampling_history.h"
#include "stages/denoise/state_card.h"
#include "stages/denoise/tools/tool.h"
#include "stages/denoise/try_form.h"
#include "theme/theme.h"
#include "views/empty_state.h"
#include "views/filmstrip.h"
#include "views/picture_image.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr int trainStage = 1; // the window's order: Noise, Train, Denoise

} // namespace

DenoiseStage::DenoiseStage(EngineBridge& bridge, QWidget* parent)
    : Stage(parent), bridge_(bridge), phases_(new PhaseStepper(playhead_, this)),
      pages_(new QStackedWidget(this)),
      empty_(new EmptyState(
          QStringLiteral("denoise"), tr("No model yet"),
          tr("This stage turns noise into pictures, step by step, with a trained model. Train one here in a "
             "few minutes, or open a run or a diffusers folder from the menu at the top."),
          pages_)),
      content_(new QWidget(pages_)), panes_(new ChainPanes(content_)),
      pointTools_(new PointTools(bridge, panes_, content_)), card_(new StateCard(panes_, content_)),
      solo_(new QPushButton(tr("One chain, large"), content_)), filmstrip_(new Filmstrip(content_)),
      inspector_(new QScrollArea(this)), form_(new SamplingForm), undo_(new QUndoStack(this)),
      history_(keepHistory(form_, undo_)), bar_(new TransportBar(this)) {
    setAccessibleName(tr("Denoise"));
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(pages_);
    pages_->addWidget(empty_);
    pages_->addWidget(content_);
    QPushButton* train = empty_->addButton(tr("Go to Train"), true);
    train->setObjectName(QStringLiteral("goToTrain"));
    connect(train, &QPushButton::clicked, this, [this] { Q_EMIT stageRequested(trainStage); });

    using namespace math;
    stripCaption_ = new PaneCaption(index(var(QStringLiteral("x")), var(QStringLiteral("t"))), QString(),
                                    Tone::text, content_);
    solo_->setProperty("role", "toggle");
    solo_->setCheckable(true);
    solo_->setToolTip(tr("Show the selected chain alone; a double click on a picture does the same"));
    auto* strip = new QHBoxLayout;
    strip->addWidget(stripCaption_, 1);
    strip->addWidget(solo_);
    auto* column = new QVBoxLayout(content_);
    column->addWidget(panes_, 1000); // all it can use, before the card grows
    column->addWidget(pointTools_);
    column->addWidget(card_, 1);
    column->addLayout(strip);
    column->addWidget(filmstrip_);
    filmstrip_->setTone(Tone::reverse);
    filmstrip_->setSource([this](int position, QSize size) { return thumbnail(position, size); },
                          [this](int position) { return thumbnailLabel(position); });

    inspector_->setWidget(form_);
    inspector_->setWidgetResizable(true);
    inspector_->setFrameShape(QFrame::NoFrame);
    inspector_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    inspector_->setFocusPolicy(Qt::NoFocus); // what is in it has the focus, and scrolls with it

    bar_->setEnds(tr("noise"), Tone::forward, tr("image"), Tone::reverse);
    bar_->setSpeeds({QStringLiteral("¼×"), QStringLiteral("½×"), QStringLiteral("1×"), QStringLiteral("2×"),
                     QStringLiteral("4×"), QStringLiteral("8×"), QStringLiteral("16×")},
                    {0.25, 0.5, 1, 2, 4, 8, 16}, 2);
    bar_->speedBox()->setToolTip(tr("1×: the whole chain in ten seconds"));
    bar_->setLooping(false);

    connect(&playhead_, &Playhead::moved, this, &DenoiseStage::showState);
    connect(&playhead_, &Playhead::stateChanged, this, &DenoiseStage::showTransport);
    connect(bar_, &TransportBar::playRequested, this, [this] {
        playhead_.setDirection(false);
        if (!playhead_.playing()) playPause();
    });
    connect(bar_, &TransportBar::playBackwardsRequested, this, &DenoiseStage::playBackwards);
    connect(bar_, &TransportBar::pauseRequested, this, &DenoiseStage::playPause);
    connect(bar_, &TransportBar::backRequested, this, &DenoiseStage::stepBack);
    connect(bar_, &TransportBar::forwardRequested, this, &DenoiseStage::stepForward);
    connect(bar_, &TransportBar::startRequested, this, &DenoiseStage::goToStart);
    connect(bar_, &TransportBar::endRequested, this, &DenoiseStage::goToEnd);
    connect(bar_, &TransportBar::speedChanged, &playhead_, &Playhead::setSpeed);
    connect(bar_, &TransportBar::loopingChanged, &playhead_, &Playhead::setLooping);
    const auto scrub = [this](int position) {
        playhead_.pause();
        playhead_.setPosition(position);
    };
    connect(bar_, &TransportBar::positionRequested, this, scrub);
    connect(filmstrip_, &Filmstrip::positionRequested, this, scrub);
    connect(panes_, &ChainPanes::chainSelected, this, [this] {
        filmstrip_->invalidate();
        showState();
    });
    connect(pointTools_, &PointTools::largeChanged, this, [this](bool large) {
        card_->setVisible(!large);
        fitContent();
    });
    connect(panes_, &ChainPanes::soloToggled, solo_, &QPushButton::toggle);
    connect(solo_, &QPushButton::toggled, this, [this](bool on) {
        panes_->setSolo(on);
        showState();
    });
    connect(form_, &SamplingForm::sampleRequested, this, &DenoiseStage::sample);
    connect(form_, &SamplingForm::pauseRequested, this, [this] { bridge_.submit(PauseChain{}); });
    connect(form_, &SamplingForm::resumeRequested, this, [this] {
        playhead_.follow();
        bridge_.submit(ResumeChain{});
    });
    connect(form_, &SamplingForm::stopRequested, this, [this] { bridge_.submit(StopChain{}); });
    connect(&bridge_, &EngineBridge::modelChanged, this, &DenoiseStage::takeModel);
    connect(&bridge_, &EngineBridge::chainChanged, this, &DenoiseStage::takeChain);
    connect(&bridge_, &EngineBridge::chainGrew, this, &DenoiseStage::takeGrowth);

    buildLook();
    buildExports();
    buildTools();
    restyle();
    takeModel(bridge_.model());
    takeChain(bridge_.chain());
}

DenoiseStage::~DenoiseStage() = default;

QWidget* DenoiseStage::inspector() {
    return inspector_;
}

QWidget* DenoiseStage::transport() {
    return bar_;
}

// What the engine says
// -----------------------------------------------------------------------------------------------

void DenoiseStage::takeModel(const ModelChanged& model) {
    {
        const FormHistory::Quiet quiet(*history_);
        form_->setModel(model);
    }
    const bool anything = model.available || record_;
    form_->tryForm()->setModel(model);
    if (!tool_) pages_->setCurrentWidget(anything ? content_ : empty_);
    if (!record_ && model.available) {
        const UnetSettings& net = model.settings.model.unet;
        const bool points = model.settings.model.kind == NetKind::point_mlp;
        panes_->showNothing(tr("Press Sample"), form_->settings().count,
                            points ? QSize() : QSize(net.sample_size, net.sample_size));
    }
    showTransport();
    const bool another = model.available && !model.live && model.folder != opened_;
    if (another) {
        sampledOnce_ = false; // what is on screen is of another model
        opened_ = model.folder;
    }
    sampleOnce();
}

void DenoiseStage::takeChain(const ChainChanged& chain) {
    phase_ = chain.phase;
    form_->setPhase(chain.phase);
    if (chain.record != record_) {
        closeTool(); // what it explored is gone
        record_ = chain.record;
        sampledOnce_ = sampledOnce_ || record_;
        openRecord();
    }
    if (record_) {
        takeGrowth(record_->size());
    }
    showTransport();
}

void DenoiseStage::openRecord() {
    openLook();
    // The engine speaks of a model before it speaks of its chain: this one made the record.
    pointTools_->openChain(record_, bridge_.model().settings.data);
    if (!record_) {
        takeModel(bridge_.model());
        Q_EMIT exportAvailabilityChanged();
        return;
    }
    pages_->setCurrentWidget(content_);
    const int last = std::max(1, record_->planned()) - 1;
    playhead_.setRange(0, last);
    bar_->setRange(0, last);
    filmstrip_->setRange(0, last);
    filmstrip_->invalidate();
    form_->setRecordNote(record_->stride() > 1 ? tr("One state in %n is kept, to stay within memory.",
                                                    nullptr, record_->stride())
                                               : QString());
    if (panes_->selected() >= record_->settings().count) panes_->setSelected(0);
    playhead_.follow();
    showState();
    Q_EMIT exportAvailabilityChanged();
}

void DenoiseStage::takeGrowth(int states) {
    if (!record_) return;
    showMemory();
    form_->tryForm()->setState(states > 0);
    if (tool_) { // the transport is the exploration's
        filmstrip_->setAvailable(states - 1);
        return;
    }
    const int newest = std::max(0, states - 1);
    const bool first = states > 0 && bar_->timeline()->available() == 0;
    bar_->setAvailable(newest);
    filmstrip_->setAvailable(states - 1);
    playhead_.setAvailable(newest, growing());
    card_->grow();
    if (phases_->phase() == StepPhase::landed) showState(); // it may have waited for this state
    if (first) { // the first state has the position that was there before it: nothing moved
        showState();
        Q_EMIT exportAvailabilityChanged();
    }
    showTransport();
}

bool DenoiseStage::growing() const {
    if (tool_) return tool_->growing();
    return record_ && phase_ == ChainPhase::running;
}

void DenoiseStage::sampleOnce() {
    // The first thing to be seen with an opened model or run is what it can do. A model that is in training,
    // or has not begun to, is asked when the user asks.
    const ModelChanged& model = bridge_.model();
    const bool young = model.live && (model.step == 0 || bridge_.training().state == TrainingState::running);
    if (sampledOnce_ || !isVisible() || !model.available || young) return;
    sampledOnce_ = true;
    if (!model.live && !restored_) {
        const FormHistory::Quiet quiet(*history_);
        form_->chooseQuickLook();
    }
    sample();
}

void DenoiseStage::sample() {
    if (!form_->sampleButton()->isEnabled()) return;
    sampledOnce_ = true;
    bridge_.submit(StartChain{form_->settings(), false});
}

bool DenoiseStage::takePicture(const QString& file) {
    return tool_ && tool_->openPicture(file);
}

QString DenoiseStage::restoreSettings(const SamplingSettings& settings) {
    closeTool();
    restored_ = true;
    history_->change(tr("Restore settings"), [&] { form_->setSettings(settings); });
    return form_->settings() == settings
               ? form_->summary()
               : tr("%1 (not all of its settings can be set here)").arg(form_->summary());
}

// What is on screen
// --------------------------------------------------------------------------------------------------

void DenoiseStage::showState() {
    if (tool_) return showTool();
    const int position = playhead_.position();
    bar_->setPosition(position);
    filmstrip_->setPosition(position);
    showTransport();
    const auto state = record_ ? record_->state(position) : nullptr;
    if (!state) {
        bar_->setReadout(tr("t = %1").arg(QStringLiteral("–")));
        form_->showNumbers(std::nullopt);
        card_->showNothing();
        return;
    }
    showLook(position);
    pointTools_->showState(position);
    filmstrip_->setSmoothPictures(state->shape.is_points());
    bar_->setReadout(readout(*state));
    const int chain = panes_->selected() + 1;
    stripCaption_->setWords(
        !record_->state(0)->shape.is_points()
            ? tr("Chain %1 of %2, from noise to picture").arg(chain).arg(record_->settings().count)
            : tr("All particles, from noise to data; particle %1 is ringed").arg(chain));
    solo_->setVisible(!state->shape.is_points());
    form_->showNumbers(state->t > 0 ? std::optional(stepNumbers(*record_, position)) : std::nullopt);
}

void DenoiseStage::showTransport() {
    const bool any = tool_ ? tool_->available() >= 0 : record_ && record_->size() > 0;
    const bool more = !tool_ && phase_ == ChainPhase::paused; // a step makes the next state
    bar_->setControlsEnabled(any);
    bar_->setPlaying(playingForTheEye() && !(playhead_.playing() && playhead_.backwards()));
    bar_->setPlayingBackwards(playhead_.playing() && playhead_.backwards());
    bar_->setStepForwardEnabled(any &&
                                (!playhead_.atNewest() || more || (!tool_ && phases_->canGoForward())));
    bar_->setStepBackEnabled(any && !tool_ && phases_->canGoBack());
    bar_->setPhaseChoiceVisible(!tool_);
}

bool DenoiseStage::playingForTheEye() const {
    return playhead_.playing() || (playhead_.following() && growing());
}

// What the user does
// -------------------------------------------------------------------------------------------------

void DenoiseStage::playPause() {
    if (!tool_ && (!record_ || record_->size() == 0)) {
        sample();
        return;
    }
    if (playhead_.playing()) {
        playhead_.pause();
        return;
    }
    if (tool_ && playingForTheEye()) {
        playhead_.setPosition(playhead_.position()); // lets go of the newest; computing goes on
        return;
    }
    playhead_.setDirection(false);
    if (playingForTheEye()) {
        bridge_.submit(PauseChain{}); // what is followed stops only if the chain does
    } else if (!tool_ && phase_ == ChainPhase::paused && playhead_.atNewest()) {
        playhead_.follow();
        bridge_.submit(ResumeChain{});
    } else {
        playhead_.play();
    }
    showTransport();
}

void DenoiseStage::playBackwards() {
    if (!record_ || record_->size() == 0) return;
    if (playhead_.playing() && playhead_.backwards()) {
        playhead_.pause();
        return;
    }
    playhead_.setDirection(true);
    if (!playhead_.playing()) playhead_.play();
}

void DenoiseStage::stepBack() {
    if (!tool_ && phases_->back()) return;
    playhead_.pause();
    playhead_.setPosition(playhead_.position() - 1);
}

void DenoiseStage::stepForward() {
    if (!tool_ && phases_->forward()) return;
    playhead_.pause();
    if (!playhead_.atNewest()) {
        playhead_.setPosition(playhead_.position() + 1);
    } else if (!tool_ && record_ && phase_ == ChainPhase::paused) {
        playhead_.follow();
        bridge_.submit(StepChain{});
    }
}

void DenoiseStage::goToStart() {
    playhead_.pause();
    playhead_.setPosition(0);
}

void DenoiseStage::goToEnd() {
    playhead_.follow();
    showTransport();
}

void DenoiseStage::restyle() {
    const int edge = theme::space(4);
    content_->layout()->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    content_->layout()->setSpacing(theme::space(3));
    toolPage_->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    fitContent();
}

void DenoiseStage::resizeEvent(QResizeEvent* event) {
    Stage::resizeEvent(event);
    fitContent();
}

void DenoiseStage::fitContent() {
    // Panes are square: what they cannot use goes to the filmstrip, and what that cannot use to the card.
    const QMargins margins = content_->layout()->contentsMargins();
    const int room = width() - margins.left() - margins.right();
    panes_->setMaximumHeight(std::max(theme::space(30), panes_->heightFor(room)));
    filmstrip_->setFixedHeight(
        std::min(Filmstrip::heightFor(room), std::max(theme::space(18), height() / 6)));
}

void DenoiseStage::showEvent(QShowEvent* event) {
    Stage::showEvent(event);
    sampleOnce();
}

void DenoiseStage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && bar_) restyle();
    Stage::changeEvent(event);
}

} // namespace ddpm::ui
