// Algorithm 2, live: every state of every chain is kept, and can be played, stepped and scrubbed while more
// are made.
#pragma once

#include "ddpm/event.h"
#include "stages/denoise/tools/make_tool.h"
#include "stages/stage.h"
#include "views/playhead.h"

#include <QHash>

#include <filesystem>
#include <utility>

class QAction;
class QProgressDialog;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace ddpm::ui {

class AlgorithmCard;
class ChainPanes;
class EmptyState;
class Filmstrip;
class FormHistory;
class PaneCaption;
class PhaseStepper;
class PointTools;
class SamplingForm;
class StateCard;
class TransportBar;

class DenoiseStage : public Stage {
    Q_OBJECT
public:
    explicit DenoiseStage(EngineBridge& bridge, QWidget* parent = nullptr);
    ~DenoiseStage() override;

    QWidget* inspector() override;
    QWidget* transport() override;
    void playPause() override;
    void playBackwards() override;
    void stepBack() override;
    void stepForward() override;
    void goToStart() override;
    void goToEnd() override;
    bool canExport() const override;
    void exportDialog() override; ///< the grid of the state on screen
    QList<QAction*> exportActions() override;
    void exportChainDialog();
    void copyPicture();
    bool escape() override;
    void openPicture(const QString& file) override; ///< to be noised and denoised back

    /// An exploration takes the chain's place until it is closed; it begins from the state on screen.
    void openTool(ToolKind kind);
    void closeTool();
    Tool* tool() const { return tool_; }            ///< nullptr: the chain is on screen
    bool takePicture(const QString& file) override; ///< for the exploration that is open
    QUndoStack* undoStack() override { return undo_; }

    /// Starts a chain with the present settings, as the Sample button does.
    void sample();
    /// Those of a picture: into the form, as one change. Says what they are, for a message.
    QString restoreSettings(const SamplingSettings& settings);
    /// What recorded chains may take, MB, as the inspector has it; another one goes to the engine.
    int chainMemory() const;
    void setChainMemory(int megabytes);
    int stateIndex() const { return playhead_.position(); } ///< of the state on screen

    ChainPanes* panes() const { return panes_; }
    PointTools* pointTools() const { return pointTools_; }
    Filmstrip* filmstrip() const { return filmstrip_; }
    SamplingForm* form() const { return form_; }
    StateCard* card() const { return card_; }
    AlgorithmCard* algorithm() const;
    PhaseStepper* phases() const { return phases_; }
    TransportBar* bar() const { return bar_; }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void takeModel(const ModelChanged& model);
    void takeChain(const ChainChanged& chain);
    void takeGrowth(int states);
    void openRecord();
    void showState();
    void showTransport();
    void sampleOnce();
    bool growing() const;
    bool playingForTheEye() const; ///< something moves, by replay or because the newest is followed
    QImage thumbnail(int position, QSize size) const;
    QString thumbnailLabel(int position) const;
    // denoise_tools.cpp
    void buildTools();
    Tool* toolOf(ToolKind kind);
    void takeTool();
    void showTool();
    void showMemory();
    // denoise_export.cpp
    void buildLook();
    void openLook(); ///< another record
    void showLook(int position);
    QString readout(const ChainState& state) const;
    void buildExports();
    std::uint64_t shownBranch() const; ///< of the exploration on screen; 0: the chain itself
    std::pair<std::shared_ptr<const ChainRecord>, int> shown() const; ///< what export takes, and its state
    void showExport(const ExportProgress& progress);
    QString suggestedFile(const QString& ending) const;
    void restyle();
    void fitContent();

    EngineBridge& bridge_;
    std::shared_ptr<const ChainRecord> record_;
    ChainPhase phase_ = ChainPhase::none;
    bool sampledOnce_ = false;
    std::filesystem::path opened_; // the folder of the newest model that was opened, not trained
    bool restored_ = false; // the settings are a picture's: no quick look instead of them
    Playhead playhead_;
    PhaseStepper* phases_;
    QStackedWidget* pages_;
    EmptyState* empty_;
    QWidget* content_;
    ChainPanes* panes_;
    PointTools* pointTools_;
    StateCard* card_;
    PaneCaption* stripCaption_;
    QPushButton* solo_;
    Filmstrip* filmstrip_;
    QScrollArea* inspector_;
    SamplingForm* form_;
    QUndoStack* undo_;
    FormHistory* history_; // of the form, on that stack
    TransportBar* bar_ = nullptr;
    QStackedWidget* toolPage_ = nullptr;
    QHash<ToolKind, Tool*> tools_; // those that were opened
    Tool* tool_ = nullptr;         // the one on screen
    ToolKind toolKind_ = ToolKind::fork;
    int chainPosition_ = 0; // where the chain was when it gave way
    QAction* exportGrid_ = nullptr;
    QAction* exportChain_ = nullptr;
    QAction* copy_ = nullptr;
    QProgressDialog* progress_ = nullptr;
};

} // namespace ddpm::ui
