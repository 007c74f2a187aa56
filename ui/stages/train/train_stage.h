// Algorithm 1, live: loss, where it comes from, what the net sees, what it can draw; and the settings of a
// run as a draft.
#pragma once

#include "ddpm/event.h"
#include "stages/stage.h"
#include "stages/train/run_draft.h"

#include <filesystem>

class QHBoxLayout;
class QVBoxLayout;

namespace ddpm::ui {

class ChangesBar;
class FormHistory;
class LossCard;
class NetCard;
class RunInfo;
class SamplesCard;
class SettingsForm;
class SpectrumCard;

class TrainStage : public Stage {
    Q_OBJECT
public:
    explicit TrainStage(EngineBridge& bridge, QWidget* parent = nullptr);

    QWidget* inspector() override { return inspector_; }
    QWidget* transport() override { return nullptr; }
    void playPause() override; ///< pauses or resumes; never starts a run by accident
    void stepBack() override;  ///< back in the samples seen so far
    void stepForward() override;
    void goToStart() override;
    void goToEnd() override;
    bool canExport() const override;
    void exportDialog() override; ///< the grid of the samples
    QList<QAction*> exportActions() override;

    /// Changes of the draft. Emptied when a run is opened: the draft starts from that run then.
    QUndoStack* undoStack() override { return undo_; }

    void setRunsFolder(const std::filesystem::path& folder);
    const std::filesystem::path& runsFolder() const { return runsFolder_; }
    const RunSettings& draft() const { return draft_.settings(); }
    double smoothedLoss() const;

    /// Points of one's own as the draft's data, with the preset that fits them.
    void chooseDrawing(const DataSettings& drawing);
    bool canStart() const; ///< no run is open and nothing is wrong with the settings
    void startRun();
    void extendRun(); ///< by the number in the inspector, and goes on

Q_SIGNALS:
    void startabilityChanged();
    void draftChanged();
    void openRequested();
    void runsFolderChosen(const QString& folder);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildStage();
    void buildInspector();
    void connectEngine();
    void onRunOpened();
    void onTrainingState(const TrainingStateChanged& event);
    void onFrame();
    void updateDraft();
    void applyDraft();
    void startAnew();
    void chooseRunsFolder();
    void exportLoss();
    QString suggestedFile(const QString& ending) const;
    void restyle();
    void arrange();

    EngineBridge& bridge_;
    RunDraft draft_;
    std::filesystem::path runsFolder_;
    QString runName_; // of the run on screen, which may be closed
    LossCard* loss_;
    SpectrumCard* spectrum_;
    NetCard* net_;
    SamplesCard* samples_;
    QWidget* inspector_;
    RunInfo* info_;
    SettingsForm* form_;
    QUndoStack* undo_;
    FormHistory* history_; // of the draft, on that stack
    ChangesBar* changes_;
    QHBoxLayout* columns_;
    QVBoxLayout* left_;
    QVBoxLayout* right_;
    bool saveAsked_ = false;
    std::uint64_t dataAsked_ = 0; // id of the question for the run's points
    QAction* exportGrid_;
    QAction* exportLoss_;
};

/// A folder in `parent` that does not exist yet: "2026-03-14-mnist-tiny", then "…-2", "…-3".
std::filesystem::path freshRunFolder(const std::filesystem::path& parent, const RunSettings& settings);

} // namespace ddpm::ui
