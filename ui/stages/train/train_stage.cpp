#include "stages/train/train_stage.h"

#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/train/changes_bar.h"
#include "stages/train/loss_card.h"
#include "stages/train/net_card.h"
#include "stages/train/run_history.h"
#include "stages/train/run_info.h"
#include "stages/train/samples_card.h"
#include "stages/train/settings_form.h"
#include "stages/train/spectrum_card.h"
#include "theme/theme.h"
#include "views/plot.h"

#include <QDate>
#include <QDesktopServices>
#include <QDir>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QUndoStack>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace ddpm::ui {

std::filesystem::path freshRunFolder(const std::filesystem::path& parent, const RunSettings& settings) {
    const std::string base = QDate::currentDate().toString(Qt::ISODate).toStdString() + "-" +
                             std::string(name_of(settings.data.kind)) + "-" +
                             std::string(name_of(settings.preset));
    std::error_code ignored;
    std::filesystem::path folder = parent / base;
    for (int n = 2; std::filesystem::exists(folder, ignored); ++n)
        folder = parent / (base + "-" + std::to_string(n));
    return folder;
}

TrainStage::TrainStage(EngineBridge& bridge, QWidget* parent) : Stage(parent), bridge_(bridge) {
    setObjectName(QStringLiteral("trainStage"));
    setAccessibleName(tr("Train"));
    runsFolder_ = QDir::home().filePath(QStringLiteral("DDPM Lab/runs")).toStdString();
    exportGrid_ = new QAction(tr("Samples as a picture…"), this);
    exportLoss_ = new QAction(tr("Training log as CSV…"), this);
    exportLoss_->setToolTip(tr("Loss, gradient norm, learning rate and time of every step"));
    exportGrid_->setObjectName(QStringLiteral("exportSamples"));
    exportLoss_->setObjectName(QStringLiteral("exportLoss"));
    connect(exportGrid_, &QAction::triggered, this, &TrainStage::exportDialog);
    connect(exportLoss_, &QAction::triggered, this, &TrainStage::exportLoss);
    buildStage();
    buildInspector();
    connectEngine();
    setRunsFolder(runsFolder_);

    if (bridge_.run()) onRunOpened();
    loss_->add(bridge_.metrics());
    onTrainingState(bridge_.training());
    onFrame();
    updateDraft();
    restyle();
}

void TrainStage::buildStage() {
    loss_ = new LossCard;
    spectrum_ = new SpectrumCard;
    net_ = new NetCard;
    samples_ = new SamplesCard;
    left_ = new QVBoxLayout;
    left_->addWidget(loss_, 3);
    left_->addWidget(spectrum_, 2);
    right_ = new QVBoxLayout;
    right_->addWidget(samples_);
    right_->addWidget(net_, 1);
    columns_ = new QHBoxLayout(this);
    columns_->addLayout(left_, 1);
    columns_->addLayout(right_);
    loss_->plot()->setSuggestedFile([this] { return suggestedFile(QStringLiteral("-loss")); });
    spectrum_->plot()->setSuggestedFile([this] { return suggestedFile(QStringLiteral("-loss-by-t")); });
    connect(samples_, &SamplesCard::availabilityChanged, this, &TrainStage::exportAvailabilityChanged);
    connect(loss_, &LossCard::startRequested, this, &TrainStage::startRun);
    connect(loss_, &LossCard::openRequested, this, &TrainStage::openRequested);
}

void TrainStage::buildInspector() {
    inspector_ = new QWidget(this);
    inspector_->setObjectName(QStringLiteral("trainInspector"));
    info_ = new RunInfo;
    info_->hide();
    form_ = new SettingsForm;
    changes_ = new ChangesBar;
    auto* content = new QWidget;
    auto* rows = new QVBoxLayout(content);
    rows->setContentsMargins(0, 0, 0, 0); // the forms have their own
    rows->setSpacing(0);
    rows->addWidget(info_);
    rows->addWidget(form_);
    rows->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    content->setAutoFillBackground(false);
    auto* line = new QFrame;
    line->setProperty("role", "line");
    line->setFixedHeight(1);
    auto* layout = new QVBoxLayout(inspector_);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(scroll, 1);
    layout->addWidget(line);
    layout->addWidget(changes_);

    const auto show = [this] {
        form_->setSettings(draft_.settings());
        updateDraft();
    };
    undo_ = new QUndoStack(this);
    history_ = keepHistory(
        form_, undo_, [this] { return draft_.settings(); },
        [this, show](const RunSettings& settings) {
            draft_.set(settings);
            show();
        });
    connect(form_, &SettingsForm::edited, this, [this](const RunSettings& settings) {
        draft_.set(settings);
        form_->setProblems(settings.check());
        updateDraft();
        history_->record();
    });
    connect(form_, &SettingsForm::presetChosen, this,
            [this, show](Preset preset, DataKind kind, bool asInPaper) {
                draft_.choose(preset, kind, asInPaper);
                show();
                history_->record();
            });
    connect(form_, &SettingsForm::sketchDrawn, this, [this](const std::vector<float>& sketch) {
        DataSettings drawing = draft_.settings().data;
        drawing.sketch = sketch;
        chooseDrawing(drawing);
    });
    connect(form_, &SettingsForm::readabilityChanged, this, &TrainStage::updateDraft);
    connect(form_, &SettingsForm::runsFolderRequested, this, &TrainStage::chooseRunsFolder);
    connect(changes_, &ChangesBar::startRequested, this, &TrainStage::startRun);
    connect(changes_, &ChangesBar::applyRequested, this, &TrainStage::applyDraft);
    connect(changes_, &ChangesBar::focusGivenUp, this, [this] { setFocus(); });
    connect(changes_, &ChangesBar::newRunRequested, this, &TrainStage::startAnew);
    connect(changes_, &ChangesBar::revertRequested, this, [this, show] {
        history_->change(tr("Revert"), [this, show] {
            draft_.revert();
            show();
        });
    });
    connect(info_, &RunInfo::extendRequested, this,
            [this](std::int64_t steps) { bridge_.submit(ExtendTraining{steps}); });
    connect(info_, &RunInfo::saveRequested, this, [this] {
        saveAsked_ = true;
        bridge_.submit(SaveCheckpoint{});
    });
    connect(info_, &RunInfo::folderRequested, this, [this] {
        if (bridge_.run()) QDesktopServices::openUrl(QUrl::fromLocalFile(words::path(bridge_.run()->folder)));
    });
}

void TrainStage::connectEngine() {
    connect(&bridge_, &EngineBridge::runOpened, this, &TrainStage::onRunOpened);
    connect(&bridge_, &EngineBridge::runClosed, this, [this] {
        draft_.closeRun();
        info_->hide();
        updateDraft();
        Q_EMIT exportAvailabilityChanged();
    });
    connect(&bridge_, &EngineBridge::trainingStateChanged, this, &TrainStage::onTrainingState);
    connect(&bridge_, &EngineBridge::metricsArrived, this, [this](const Metrics& metrics) {
        if (metrics.replace) loss_->clear();
        loss_->add(metrics.points);
        if (!metrics.points.empty()) info_->setStep(metrics.points.back().step);
        if (metrics.replace || loss_->history().size() == static_cast<int>(metrics.points.size()))
            Q_EMIT exportAvailabilityChanged();
    });
    connect(&bridge_, &EngineBridge::checkpointSaved, this, [this](const CheckpointSaved& saved) {
        if (std::exchange(saveAsked_, false))
            Q_EMIT statusMessage(tr("Saved at step %1.").arg(words::count(saved.step)));
    });
    connect(&bridge_, &EngineBridge::dataOpened, this, [this](const DataOpened& opened) {
        if (dataAsked_ != 0 && opened.id == dataAsked_) samples_->setData(opened.points);
    });
    connect(&bridge_, &EngineBridge::engineReady, this, &TrainStage::updateDraft);
    connect(&bridge_, &EngineBridge::throughputChanged, info_, &RunInfo::setThroughput);
    connect(&bridge_, &EngineBridge::trainingFrameChanged, this, &TrainStage::onFrame);
}

void TrainStage::onRunOpened() {
    const RunOpened& run = *bridge_.run();
    const FormHistory::Quiet quiet(*history_);
    undo_->clear();
    runName_ = words::path(run.folder.filename());
    draft_.openRun(run.settings, run.settings.training.steps);
    form_->setSettings(draft_.settings());
    info_->setRun(run);
    info_->show();
    loss_->clear();
    loss_->setEpoch(run.settings.training.batch_size, run.data_count);
    spectrum_->setTimesteps(run.settings.diffusion.schedule.timesteps);
    spectrum_->clear();
    net_->clear();
    samples_->clear();
    samples_->setData({});
    dataAsked_ = 0;
    if (run.settings.data.is_points()) {
        dataAsked_ = bridge_.newId();
        bridge_.submit(OpenData{.id = dataAsked_, .settings = run.settings.data, .thumbnails = 0});
    }
    updateDraft();
}

void TrainStage::onTrainingState(const TrainingStateChanged& event) {
    info_->setTraining(event);
    const FormHistory::Quiet quiet(*history_);
    const std::int64_t before = draft_.settings().training.steps;
    draft_.setPlannedSteps(event.planned_steps);
    if (draft_.settings().training.steps != before) form_->setSettings(draft_.settings());
    updateDraft();
}

void TrainStage::onFrame() {
    const auto frame = bridge_.frame();
    if (!frame) return;
    net_->setFrame(*frame);
    spectrum_->setSpectrum(frame->spectrum);
    samples_->add(frame);
}

void TrainStage::updateDraft() {
    const bool valid = draft_.settings().check().empty() && !form_->hasUnreadableField();
    changes_->setDraft(draft_, valid);
    const auto changed = static_cast<int>(draft_.changes().size());
    form_->setNote(changed > 0 ? ChangesBar::title(changed) : QString(), true);
    loss_->setStartEnabled(canStart());
    const bool points = draft_.settings().data.is_points();
    loss_->setPoints(points);
    samples_->setPoints(points);
    form_->setGpu(bridge_.device().cuda);
    Q_EMIT draftChanged();
    Q_EMIT startabilityChanged();
}

void TrainStage::applyDraft() {
    if (!draft_.settings().check().empty() || form_->hasUnreadableField()) return;
    for (Command& command : draft_.applyLive())
        bridge_.submit(std::move(command));
    updateDraft();
    Q_EMIT statusMessage(tr("Applied from the next step on."));
}

void TrainStage::chooseDrawing(const DataSettings& drawing) {
    draft_.chooseDrawing(drawing);
    form_->setSettings(draft_.settings());
    updateDraft();
    history_->record();
}

bool TrainStage::canStart() const {
    return can_start(bridge_.training().state) && !bridge_.run() && draft_.settings().check().empty() &&
           !form_->hasUnreadableField();
}

void TrainStage::startRun() {
    if (!canStart()) return;
    const auto folder = freshRunFolder(runsFolder_, draft_.settings());
    RunSettings settings = draft_.settings();
    settings.name = folder.filename().string();
    bridge_.submit(StartTraining{std::move(settings), folder, false});
}

void TrainStage::startAnew() {
    if (!draft_.settings().check().empty() || form_->hasUnreadableField()) return;
    const auto folder = freshRunFolder(runsFolder_, draft_.settings());
    RunSettings settings = draft_.settings();
    settings.name = folder.filename().string();
    bridge_.submit(StopTraining{}); // saves first; commands take effect in order
    bridge_.submit(StartTraining{std::move(settings), folder, false});
}

void TrainStage::extendRun() {
    bridge_.submit(ExtendTraining{info_->extension()});
    bridge_.submit(ResumeTraining{});
}

void TrainStage::playPause() {
    const TrainingState state = bridge_.training().state;
    if (can_pause(state))
        bridge_.submit(PauseTraining{});
    else if (can_resume(state))
        bridge_.submit(ResumeTraining{});
}

void TrainStage::stepBack() {
    samples_->goTo(samples_->position() - 1);
}
void TrainStage::stepForward() {
    samples_->goTo(samples_->position() + 1);
}
void TrainStage::goToStart() {
    samples_->goTo(0);
}
void TrainStage::goToEnd() {
    samples_->goTo(samples_->history().size() - 1);
}

double TrainStage::smoothedLoss() const {
    return loss_->history().smoothedNow();
}

void TrainStage::setRunsFolder(const std::filesystem::path& folder) {
    runsFolder_ = folder;
    form_->setRunsFolder(words::path(folder));
}

void TrainStage::chooseRunsFolder() {
    auto* dialog = new QFileDialog(this, tr("Where to keep new runs"), words::path(runsFolder_));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        setRunsFolder(folder.toStdString());
        Q_EMIT runsFolderChosen(folder);
    });
    dialog->open();
}

void TrainStage::changeEvent(QEvent* event) {
    Stage::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void TrainStage::restyle() {
    const int gap = theme::space(3);
    columns_->setContentsMargins(theme::space(4), theme::space(4), theme::space(4), theme::space(4));
    columns_->setSpacing(gap);
    left_->setSpacing(gap);
    right_->setSpacing(gap);
    arrange();
}

void TrainStage::resizeEvent(QResizeEvent* event) {
    Stage::resizeEvent(event);
    arrange();
}

void TrainStage::arrange() {
    // The samples get a width at which their pixels are whole, and just the height they need; the net takes
    // the rest.
    const QMargins margins = columns_->contentsMargins();
    const int across = width() - margins.left() - margins.right() - columns_->spacing();
    const int down = height() - margins.top() - margins.bottom() - right_->spacing();
    const int column = samples_->widthWithin(across * 46 / 100);
    samples_->setFixedWidth(column);
    net_->setFixedWidth(column);
    const int least = net_->minimumSizeHint().height();
    const int withStrip = samples_->heightFor(column, true), without = samples_->heightFor(column, false);
    const bool strip = withStrip <= down - least;
    samples_->setStripVisible(strip);
    samples_->setFixedHeight(std::max(theme::space(50), std::min(strip ? withStrip : without, down - least)));
}

} // namespace ddpm::ui
