#include "stages/noise/noise_stage.h"

#include "bridge/engine_bridge.h"
#include "stages/noise/distance_gauge.h"
#include "stages/noise/forward_view.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_history.h"
#include "stages/noise/notation.h"
#include "stages/noise/posterior_view.h"
#include "stages/noise/schedule_view.h"
#include "theme/theme.h"
#include "views/elided_label.h"
#include "views/picture_source.h"
#include "views/plot_menu.h"
#include "views/segmented_choice.h"
#include "views/transport_bar.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int thumbnailsShown = 24;

/// q(x_{t−1} | x_t, x_0)
math::Expr posteriorName() {
    using namespace math;
    return row({var(QStringLiteral("q")), upright(QStringLiteral("(")), notation::xBefore(),
                upright(QStringLiteral(" | ")), notation::xT(), upright(QStringLiteral(", ")), notation::x(0),
                upright(QStringLiteral(")"))});
}

/// … = N(x_{t−1}; μ̃_t(x_t, x_0), β̃_t I)
math::Expr posteriorEquation() {
    using namespace math;
    const Expr comma = upright(QStringLiteral(", ")), open = upright(QStringLiteral("(")),
               close = upright(QStringLiteral(")"));
    return row({posteriorName(), notation::equals(), var(QStringLiteral("N")), open, notation::xBefore(),
                upright(QStringLiteral("; ")), notation::muTilde(notation::t()), open, notation::xT(), comma,
                notation::x(0), close, comma, notation::betaTilde(notation::t()),
                upright(QStringLiteral(" I")), close});
}

} // namespace

NoiseStage::NoiseStage(EngineBridge& bridge, QWidget* parent)
    : Stage(parent), bridge_(bridge),
      choice_(new SegmentedChoice(tr("View"), {tr("Forward"), tr("Posterior"), tr("Schedules")}, this)),
      gauge_(new DistanceGauge(this)), heads_(new QStackedWidget(this)), pages_(new QStackedWidget(this)),
      forward_(new ForwardView(this)), posterior_(new PosteriorView(this)),
      schedules_(new ScheduleView(this)), inspector_(new QScrollArea(this)), form_(new NoiseForm),
      undo_(new QUndoStack(this)), history_(keepHistory(form_, undo_)), bar_(new TransportBar(this)) {
    setAccessibleName(tr("Noise"));
    build();
    connectAll();
    forward_->showNothing(tr("Opening the data…"));
    posterior_->showNothing(tr("Opening the data…"));
    bar_->setControlsEnabled(false);
    fitContent();
}

NoiseStage::~NoiseStage() = default;

void NoiseStage::build() {
    choice_->setHint(0, tr("Eqs. 2 and 4: from picture to noise"));
    choice_->setHint(1, tr("Eqs. 6 and 7: one step back while x₀ is known"));
    choice_->setHint(2, tr("The same noise under other schedules"));
    auto* equation = new EquationView(this);
    equation->setEquation(posteriorEquation(),
                          tr("Eq. 6: q of x t minus 1, given x t and x 0, is normal with mean mu tilde and "
                             "variance beta tilde"),
                          1.25);
    equation->setShortForm(posteriorName());
    equation->setToolTip(tr("Eq. 6"));
    auto* same = new ElidedLabel(tr("The same x₀ and the same ε, eq. 4; only the schedule differs"), this);
    same->setProperty("role", "muted");
    for (QWidget* head :
         {static_cast<QWidget*>(gauge_), static_cast<QWidget*>(equation), static_cast<QWidget*>(same)})
        heads_->addWidget(head);
    for (QWidget* page : {static_cast<QWidget*>(forward_), static_cast<QWidget*>(posterior_),
                          static_cast<QWidget*>(schedules_)})
        pages_->addWidget(page);
    auto* top = new QGridLayout;
    top->addWidget(choice_, 0, 0, Qt::AlignLeft | Qt::AlignVCenter);
    top->addWidget(heads_, 0, 1);
    top->setColumnStretch(1, 1);
    heads_->setMinimumWidth(1); // the choice keeps its words
    auto* column = new QVBoxLayout(this);
    column->addLayout(top);
    column->addWidget(pages_, 1);

    inspector_->setWidget(form_);
    inspector_->setAccessibleName(tr("Settings of the Noise stage"));
    inspector_->setWidgetResizable(true);
    inspector_->setFrameShape(QFrame::NoFrame);
    inspector_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    inspector_->setFocusPolicy(Qt::NoFocus); // what is in it has the focus, and scrolls with it
    bar_->setEnds(tr("image"), Tone::reverse, tr("noise"), Tone::forward);
    bar_->setReadout(tr("t = %1").arg(0));
    bar_->setSpeeds({QStringLiteral("¼×"), QStringLiteral("½×"), QStringLiteral("1×"), QStringLiteral("2×"),
                     QStringLiteral("4×"), QStringLiteral("8×"), QStringLiteral("16×")},
                    {0.25, 0.5, 1, 2, 4, 8, 16}, 2);
    bar_->speedBox()->setToolTip(tr("1×: from picture to noise in ten seconds"));
    bar_->setPhaseChoiceVisible(true);
}

void NoiseStage::connectAll() {
    connect(choice_, &SegmentedChoice::chosen, this, &NoiseStage::showView);
    connect(&playhead_, &Playhead::moved, this, [this] {
        if (playhead_.playing()) phase_ = 0; // it plays whole steps
        showState();
    });
    connect(&playhead_, &Playhead::stateChanged, this, [this] {
        bar_->setPlaying(playhead_.playing() && !playhead_.backwards());
        bar_->setPlayingBackwards(playhead_.playing() && playhead_.backwards());
    });
    connect(bar_, &TransportBar::phaseSteppingChanged, this, &NoiseStage::leavePhases);
    connect(bar_, &TransportBar::playRequested, this, [this] {
        playhead_.setDirection(false);
        if (!playhead_.playing()) playPause();
    });
    connect(bar_, &TransportBar::playBackwardsRequested, this, &NoiseStage::playBackwards);
    connect(bar_, &TransportBar::pauseRequested, this, &NoiseStage::playPause);
    connect(bar_, &TransportBar::backRequested, this, &NoiseStage::stepBack);
    connect(bar_, &TransportBar::forwardRequested, this, &NoiseStage::stepForward);
    connect(bar_, &TransportBar::startRequested, this, &NoiseStage::goToStart);
    connect(bar_, &TransportBar::endRequested, this, &NoiseStage::goToEnd);
    connect(bar_, &TransportBar::speedChanged, &playhead_, &Playhead::setSpeed);
    connect(bar_, &TransportBar::loopingChanged, &playhead_, &Playhead::setLooping);
    connect(bar_, &TransportBar::positionRequested, this, &NoiseStage::scrub);
    connect(forward_, &ForwardView::positionRequested, this, &NoiseStage::scrub);
    connect(posterior_, &PosteriorView::positionRequested, this, &NoiseStage::scrub);
    connect(schedules_, &ScheduleView::positionRequested, this, &NoiseStage::scrub);

    connect(form_, &NoiseForm::dataRequested, this, [this] { openData(false); });
    connect(form_, &NoiseForm::randomRequested, this, [this] { openData(true); });
    connect(form_, &NoiseForm::pictureRequested, this, [this](qint64 index) {
        index_ = index;
        file_.clear();
        runForward();
    });
    connect(form_, &NoiseForm::openPictureRequested, this, &NoiseStage::choosePicture);
    connect(form_, &NoiseForm::scheduleApplied, this, &NoiseStage::runForward);
    connect(form_, &NoiseForm::overlaysChanged, this, &NoiseStage::showState);
    connect(form_, &NoiseForm::trainingRequested, this, &Stage::trainingRequested);
    connect(form_, &NoiseForm::seedChanged, this, &NoiseStage::runForward);
    connect(&bridge_, &EngineBridge::dataOpened, this, &NoiseStage::takeData);
    connect(&bridge_, &EngineBridge::forwardReady, this, &NoiseStage::takeForward);
    connect(&bridge_, &EngineBridge::failed, this, [this](const Failed& failed) {
        if (failed.id == 0 || (failed.id != dataAsked_ && failed.id != lastId_)) return;
        form_->showProblem(QString::fromStdString(failed.error.line()));
        if (record_) return;
        forward_->showNothing(tr("The data could not be opened"));
        posterior_->showNothing(tr("The data could not be opened"));
    });
}

QWidget* NoiseStage::inspector() {
    return inspector_;
}

QWidget* NoiseStage::transport() {
    return bar_;
}

ForwardPanes* NoiseStage::panes() const {
    return forward_->panes();
}
Filmstrip* NoiseStage::filmstrip() const {
    return forward_->filmstrip();
}
CurveView* NoiseStage::levels() const {
    return forward_->levels();
}
CurveView* NoiseStage::snr() const {
    return forward_->snr();
}
HistogramView* NoiseStage::histogram() const {
    return forward_->histogram();
}

bool NoiseStage::canExport() const {
    return record_ != nullptr;
}

QList<QAction*> NoiseStage::exportActions() {
    return savePlotActions(*this);
}

// What is asked of the engine
// ----------------------------------------------------------------------------------------

void NoiseStage::openData(bool shuffle) {
    file_.clear();
    if (shuffle) shuffle_ = QRandomGenerator::global()->generate64();
    OpenData command;
    command.id = dataAsked_ = bridge_.newId();
    command.settings = form_->data();
    command.settings.seed = shuffle_; // other points of the same set
    command.thumbnails = thumbnailsShown;
    command.shuffle = shuffle_;
    command.only_label = form_->onlyLabel();
    bridge_.submit(command);
}

void NoiseStage::runForward() {
    RunForward command;
    command.id = lastId_ = bridge_.newId();
    command.schedule = form_->schedule();
    command.data = shownData_;
    command.index = index_;
    command.file = file_.toStdString();
    command.seed = form_->seed();
    command.compare = schedulesBeside(command.schedule);
    bridge_.submit(command);
}

void NoiseStage::openPicture(const QString& file) {
    if (form_->data().kind == DataKind::drawing) {
        form_->setDrawingPicture(file);
        return;
    }
    file_ = file;
    form_->setChosen(-1);
    runForward();
}

void NoiseStage::choosePicture() {
    choosePictureFile(this, tr("Open a picture"), [this](const QString& file) { openPicture(file); });
}

// What the engine says
// -----------------------------------------------------------------------------------------------

void NoiseStage::takeData(const DataOpened& opened) {
    if (opened.id != dataAsked_) return; // somebody else asked, or a newer question is under way
    shownData_ = opened.settings;
    {
        const FormHistory::Quiet quiet(*history_); // a class that the new data does not have is gone
        form_->showData(opened);
    }
    if (!opened.thumbnail_indices.empty()) index_ = opened.thumbnail_indices.front();
    file_.clear();
    form_->setChosen(opened.settings.is_points() ? -1 : index_);
    runForward();
}

void NoiseStage::takeForward(const ForwardReady& ready) {
    // An answer that a newer question has overtaken is not shown.
    if (!ready.record || ready.record->id != lastId_) return;
    form_->showProblem({});
    const int before = record_ ? record_->schedule.timesteps() : 0;
    record_ = ready.record;
    if (before == 0) Q_EMIT exportAvailabilityChanged();
    const int last = record_->schedule.timesteps();
    if (last != before) {
        // The same place on the way to noise; at first a quarter of it, where picture and noise are both to
        // be seen.
        const double part = before > 0 ? static_cast<double>(playhead_.position()) / before : 0.25;
        playhead_.setRange(0, last);
        playhead_.setAvailable(last, false);
        bar_->setRange(0, last);
        bar_->setAvailable(last);
        phase_ = 0;
        playhead_.setPosition(static_cast<int>(std::lround(part * last)));
    }
    forward_->setRecord(record_);
    posterior_->setRecord(record_, form_->seed());
    schedules_->setRecord(record_);
    showState();
}

// What is on screen
// ----------------------------------------------------------------------------------------------------

NoiseStage::View NoiseStage::view() const {
    return static_cast<View>(choice_->current());
}

void NoiseStage::setView(View view) {
    choice_->setCurrent(static_cast<int>(view));
    showView();
}

void NoiseStage::showView() {
    const int index = choice_->current();
    pages_->setCurrentIndex(index);
    heads_->setCurrentIndex(index);
    bar_->setPhaseChoiceVisible(view() != View::schedules); // nothing there is made in phases
    leavePhases();
}

void NoiseStage::showState() {
    showPosition();
    const int t = playhead_.position();
    if (!record_ || t > record_->schedule.timesteps()) return;
    const bool byPhase = bar_->phaseStepping() && t > 0;
    switch (view()) {
    case View::forward:
        panes()->setOverlays(form_->densityBox()->isChecked(), form_->arrowsBox()->isChecked());
        forward_->showState(t, phase_ == 1 ? ForwardPhase::shrunk
                               : byPhase   ? ForwardPhase::noised
                                           : ForwardPhase::whole);
        gauge_->setDistance(forward_->distance());
        break;
    case View::posterior:
        posterior_->card()->setSteppingByPhase(byPhase);
        posterior_->showState(t, static_cast<PosteriorPhase>(phase_));
        break;
    case View::schedules:
        schedules_->showState(t);
        break;
    }
    form_->showNumbers(record_->schedule, t);
}

// The widget
// ---------------------------------------------------------------------------------------------------------

void NoiseStage::fitContent() {
    const int edge = theme::space(4);
    layout()->setContentsMargins(edge, theme::space(3), edge, theme::space(3));
    layout()->setSpacing(theme::space(3));
    auto* top = static_cast<QGridLayout*>(layout()->itemAt(0)->layout());
    top->setSpacing(theme::space(4));
    // What is beside the choice begins where the second pane does.
    const int pane = (width() - 2 * edge - 2 * theme::space(4)) / 3;
    top->setColumnMinimumWidth(0, pane);
}

void NoiseStage::showEvent(QShowEvent* event) {
    Stage::showEvent(event);
    if (asked_) return;
    asked_ = true;
    openData(false);
}

void NoiseStage::resizeEvent(QResizeEvent* event) {
    Stage::resizeEvent(event);
    fitContent();
}

void NoiseStage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && bar_) fitContent();
    Stage::changeEvent(event);
}

} // namespace ddpm::ui
