#include "window/main_window.h"

#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_stage.h"
#include "stages/train/train_stage.h"
#include "window/banner.h"
#include "window/drop_veil.h"
#include "window/stage_rail.h"
#include "window/toast.h"
#include "window/top_bar.h"

#include <QApplication>
#include <QDir>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScreen>
#include <QScrollArea>
#include <QStackedWidget>
#include <QUndoGroup>
#include <QVBoxLayout>

#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace {

QString nameOf(Activity activity) {
    switch (activity) {
    case Activity::training:
        return MainWindow::tr("Training");
    case Activity::sampling:
        return MainWindow::tr("Sampling");
    case Activity::data:
        return MainWindow::tr("Data");
    case Activity::model:
        return MainWindow::tr("Model");
    case Activity::exporting:
        return MainWindow::tr("Export");
    case Activity::engine:
        break;
    }
    return MainWindow::tr("Engine");
}

} // namespace

MainWindow::MainWindow(EngineBridge& bridge, WindowOptions options, QWidget* parent)
    : QMainWindow(parent), bridge_(bridge), options_(std::move(options)) {
    if (options_.stateFile.isEmpty()) options_.stateFile = defaultStateFile();
    state_ = readWindowState(options_.stateFile);
    theme::apply(state_.mode, state_.scale);
    setWindowTitle(tr("DDPM Lab"));
    buildFrame();
    buildMenu();
    connectEngine();
    connectBars();

    if (options_.runsFolder.empty() && !state_.runsFolder.isEmpty())
        options_.runsFolder = state_.runsFolder.toStdString();
    if (!options_.runsFolder.empty()) train_->setRunsFolder(options_.runsFolder);
    if (state_.chainMemory > 0) denoise_->setChainMemory(state_.chainMemory);
    if (const RunOpened* run = bridge_.run()) {
        savedStep_ = lastStep_ = run->step;
        lastRun_ = run->folder;
    }
    const QSize wanted(theme::space(320), theme::space(200)), room = screen()->availableSize();
    resize(sizeFits(theme::scale(), room) ? wanted.boundedTo(room) : wanted);
    if (!state_.geometry.isEmpty() && !restoreGeometry(state_.geometry)) state_.geometry.clear();
    qApp->installEventFilter(this);
    closeTimer_.setSingleShot(true);
    connect(&closeTimer_, &QTimer::timeout, this, [this] { finishClosing(false); });
    restyle();
    goToStage(state_.stage);
    refreshState();
}

MainWindow::~MainWindow() {
    // The stages go with the window's children; no signal of theirs must reach a half-gone window.
    qApp->removeEventFilter(this);
    for (Stage* each : std::as_const(stageList_))
        disconnect(each, nullptr, this, nullptr);
}

void MainWindow::buildFrame() {
    auto* central = new QWidget;
    auto* rows = new QVBoxLayout(central);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    bar_ = new TopBar;
    banner_ = new Banner;
    rail_ = new StageRail;
    stages_ = new QStackedWidget;
    inspectors_ = new QStackedWidget;
    inspectors_->setObjectName(QStringLiteral("inspectors"));
    inspectors_->setAttribute(Qt::WA_StyledBackground);
    transports_ = new QStackedWidget;
    transports_->setObjectName(QStringLiteral("transports"));
    transports_->setAttribute(Qt::WA_StyledBackground);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(rail_);
    middle->addWidget(stages_, 1);
    middle->addWidget(inspectors_);
    rows->addWidget(bar_);
    rows->addWidget(banner_);
    rows->addLayout(middle, 1);
    rows->addWidget(transports_);
    setCentralWidget(central);
    veil_ = new DropVeil(central);
    setAcceptDrops(true);
    toast_ = new Toast(stages_);
    undo_ = new QUndoGroup(this);

    noise_ = new NoiseStage(bridge_, nullptr);
    addStage(noise_, tr("Noise"), QStringLiteral("noise"), tr("Ctrl+1"));
    train_ = new TrainStage(bridge_, nullptr);
    addStage(train_, tr("Train"), QStringLiteral("train"), tr("Ctrl+2"));
    denoise_ = new DenoiseStage(bridge_, nullptr);
    addStage(denoise_, tr("Denoise"), QStringLiteral("denoise"), tr("Ctrl+3"));
}

void MainWindow::addStage(Stage* stage, const QString& name, const QString& iconName,
                          const QString& shortcut) {
    stageList_ << stage;
    stage->setAcceptDrops(false);          // the window looks into what is dropped before the stage gets it
    stage->setFocusPolicy(Qt::ClickFocus); // a click on bare ground gives the keys back to the stage
    stages_->addWidget(stage);
    if (stage->undoStack()) undo_->addStack(stage->undoStack());
    rail_->addStage(name, iconName, shortcut);
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(stage->inspector());
    scroll->viewport()->setAutoFillBackground(false);
    stage->inspector()->setAutoFillBackground(false);
    inspectors_->addWidget(scroll);
    transports_->addWidget(stage->transport() ? stage->transport() : new QWidget);
    connect(stage, &Stage::exportAvailabilityChanged, this, &MainWindow::refreshExport);
    connect(stage, &Stage::statusMessage, toast_, &Toast::say);
    connect(stage, &Stage::problemArose, banner_, &Banner::setError);
    connect(stage, &Stage::stageRequested, this, &MainWindow::goToStage);
}

void MainWindow::connectEngine() {
    // The engine obeys after the step it is at, which may be a second; that it was asked is seen at once.
    connect(&bridge_, &EngineBridge::submitted, this, [this](const Command& command) {
        if (std::holds_alternative<PauseTraining>(command)) bar_->setWaiting(tr("Pausing…"));
        if (std::holds_alternative<StopTraining>(command)) bar_->setWaiting(tr("Saving…"));
    });
    connect(&bridge_, &EngineBridge::trainingStateChanged, this, &MainWindow::refreshState);
    connect(&bridge_, &EngineBridge::runOpened, this, [this](const RunOpened& run) {
        savedStep_ = lastStep_ = run.step;
        lastRun_ = run.folder;
        addRecent(state_, words::path(run.folder));
        refreshState();
    });
    connect(&bridge_, &EngineBridge::trainingStateChanged, this,
            [this](const TrainingStateChanged& training) {
                if (training.state != TrainingState::none) lastStep_ = training.step;
            });
    connect(&bridge_, &EngineBridge::runClosed, this, [this] {
        refreshState();
        // Where it could not be saved, the banner says so.
        if (!shuttingDown_ && !lastRun_.empty() && savedStep_ >= lastStep_)
            toast_->say(tr("Saved at step %1 in %2. The menu's Recent opens it again.")
                            .arg(words::count(lastStep_), words::path(lastRun_)));
    });
    connect(&bridge_, &EngineBridge::engineReady, this, &MainWindow::refreshSummary);
    connect(&bridge_, &EngineBridge::modelChanged, this, [this](const ModelChanged& model) {
        if (model.available && !model.live && !model.folder.empty())
            addRecent(state_, words::path(model.folder));
        refreshSummary();
    });
    connect(&bridge_, &EngineBridge::metricsArrived, this, [this] {
        if (!bridge_.run()) return;
        bar_->setStep(bridge_.training().step);
        bar_->setLoss(train_->smoothedLoss());
    });
    connect(&bridge_, &EngineBridge::throughputChanged, this, [this](const Throughput& throughput) {
        if (!bridge_.run() || bridge_.training().state != TrainingState::running) return;
        bar_->setSpeed(throughput.images_per_second, bridge_.run()->settings.data.is_points());
    });
    connect(&bridge_, &EngineBridge::checkpointSaved, this,
            [this](const CheckpointSaved& saved) { savedStep_ = saved.step; });
    connect(&bridge_, &EngineBridge::exportFinished, this,
            [this](const ExportFinished& done) { toast_->say(tr("Saved %1").arg(words::path(done.file))); });
    connect(&bridge_, &EngineBridge::pictureSettings, this, &MainWindow::takePictureSettings);
    connect(&bridge_, &EngineBridge::noticed, this,
            [this](const Notice& notice) { toast_->say(QString::fromStdString(notice.text)); });
    connect(&bridge_, &EngineBridge::failed, this, [this](const Failed& failure) {
        banner_->setError(nameOf(failure.activity), failure.error);
        if (failure.activity == Activity::training) refreshState(); // nothing is waited for
    });
    connect(&bridge_, &EngineBridge::stopped, this, [this] {
        engineStopped_ = true;
        if (shuttingDown_) finishClosing(true);
    });
}

void MainWindow::connectBars() {
    connect(rail_, &StageRail::stageRequested, this, &MainWindow::goToStage);
    for (Stage* each : std::as_const(stageList_))
        connect(each, &Stage::trainingRequested, this, [this](const DataSettings& drawing) {
            train_->chooseDrawing(drawing);
            goToStage(trainStage);
        });
    connect(bar_, &TopBar::trainRequested, this, &MainWindow::train);
    connect(bar_, &TopBar::pauseRequested, this, [this] { bridge_.submit(PauseTraining{}); });
    connect(bar_, &TopBar::stepRequested, this, [this] { bridge_.submit(StepTraining{}); });
    connect(bar_, &TopBar::stopRequested, this, [this] { bridge_.submit(StopTraining{}); });
    connect(bar_, &TopBar::exportRequested, this, &MainWindow::exportStage);
    connect(train_, &TrainStage::startabilityChanged, this,
            [this] { bar_->setState(bridge_.training().state, train_->canStart()); });
    connect(train_, &TrainStage::draftChanged, this, &MainWindow::refreshSummary);
    connect(noise_->form(), &NoiseForm::scheduleApplied, this, &MainWindow::refreshSummary);
    connect(train_, &TrainStage::openRequested, this, &MainWindow::openDialog);
    connect(train_, &TrainStage::runsFolderChosen, this,
            [this](const QString& folder) { state_.runsFolder = folder; });
}

void MainWindow::train() {
    switch (bridge_.training().state) {
    case TrainingState::none:
        train_->startRun();
        goToStage(trainStage); // what was started is what one wants to see
        break;
    case TrainingState::paused:
    case TrainingState::failed:
        bridge_.submit(ResumeTraining{});
        break;
    case TrainingState::finished:
        train_->extendRun();
        break;
    case TrainingState::running:
        break;
    }
}

void MainWindow::refreshState() {
    const TrainingStateChanged& training = bridge_.training();
    bar_->setState(training.state, train_->canStart());
    const bool open = bridge_.run() != nullptr;
    bar_->setStep(open ? training.step : -1);
    bar_->setLoss(open ? train_->smoothedLoss() : std::nan(""));
    if (training.state != TrainingState::running) bar_->setSpeed(-1);
    refreshSummary();
    refreshExport();
}

void MainWindow::refreshSummary() {
    saveDiffusers_->setEnabled(bridge_.model().available);
    if (const RunOpened* run = bridge_.run()) {
        bar_->setSummary(words::summary(run->settings, run->parameters, run->device));
        return;
    }
    if (stage() == noise_) {
        const ScheduleSettings& schedule = noise_->form()->schedule();
        //: the Noise stage: schedule · its steps · device
        bar_->setSummary(tr("%1 · T = %2 · %3")
                             .arg(words::schedule(schedule.kind), words::count(schedule.timesteps),
                                  words::device(bridge_.device())));
        return;
    }
    const ModelChanged& model = bridge_.model();
    if (!model.available && stage() == denoise_) {
        //: the Denoise stage without a model: device
        bar_->setSummary(tr("no model yet · %1").arg(words::device(bridge_.device())));
        return;
    }
    if (stage() == denoise_) {
        //: a model that was opened: its name · schedule and prediction · device
        bar_->setSummary(tr("%1 · %2 %3 · %4")
                             .arg(QString::fromStdString(model.name),
                                  words::schedule(model.settings.diffusion.schedule.kind),
                                  words::prediction(model.settings.diffusion.prediction),
                                  words::device(bridge_.device())));
        return;
    }
    const RunSettings& draft = train_->draft();
    //: before the first run: data set · net · schedule and prediction · device
    bar_->setSummary(tr("%1 · %2 · %3 %4 · %5")
                         .arg(words::dataSet(draft.data), words::preset(draft.preset),
                              words::schedule(draft.diffusion.schedule.kind),
                              words::prediction(draft.diffusion.prediction),
                              words::device(bridge_.device())));
}

void MainWindow::refreshExport() {
    const bool can = stage()->canExport();
    bar_->setExportEnabled(can);
    exportAction_->setEnabled(can);
}

Stage* MainWindow::stage() const {
    return stageList_[stages_->currentIndex()];
}

int MainWindow::currentStage() const {
    return stages_->currentIndex();
}

void MainWindow::goToStage(int index) {
    if (index < 0 || index >= stageList_.size()) return;
    rail_->setCurrent(index);
    stages_->setCurrentIndex(index);
    inspectors_->setCurrentIndex(index);
    transports_->setCurrentIndex(index);
    transports_->setVisible(stageList_[index]->transport() != nullptr);
    state_.stage = index;
    undo_->setActiveStack(stageList_[index]->undoStack());
    stageList_[index]->setFocus();
    toast_->raise();
    refreshSummary();
    refreshExport();
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && bar_) restyle();
}

void MainWindow::restyle() {
    setMinimumSize(leastSize(theme::scale()).boundedTo(screen()->availableSize()).expandedTo({1024, 640}));
    inspectors_->setFixedWidth(theme::space(75));
    int height = 0;
    for (Stage* each : std::as_const(stageList_))
        if (each->transport()) height = std::max(height, each->transport()->sizeHint().height());
    transports_->setFixedHeight(std::max(height, theme::space(14)));
}

} // namespace ddpm::ui
