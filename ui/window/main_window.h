// The window's frame: top bar, stage rail, the stage, its inspector and transport, the menu, the keys, and
// the way out.
#pragma once

#include "ddpm/event.h"
#include "window/window_state.h"

#include <QElapsedTimer>
#include <QList>
#include <QMainWindow>
#include <QTimer>

#include <filesystem>
#include <functional>

class QLabel;
class QMenu;
class QMessageBox;
class QStackedWidget;
class QUndoGroup;

namespace ddpm::ui {

class Banner;
class DenoiseStage;
class DropVeil;
class EngineBridge;
class NoiseStage;
class Stage;
class StageRail;
class Toast;
class TopBar;
class TrainStage;

struct WindowOptions {
    std::filesystem::path runsFolder; ///< where new runs go; empty: as remembered, or ~/DDPM Lab/runs
    QString stateFile;                ///< what the window remembers; empty: the user's configuration folder
    std::filesystem::path
        modelsFolder;        ///< of the models that come with the program, a folder each; may be empty
    int closeBound = 10'000; ///< ms to wait for the engine on closing
};

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    enum StageIndex { noiseStage, trainStage, denoiseStage };

    explicit MainWindow(EngineBridge& bridge, WindowOptions options = {}, QWidget* parent = nullptr);
    ~MainWindow() override;

    void goToStage(int index);
    int currentStage() const;
    /// A run goes on being trained, a diffusers folder can be sampled; what it is shows in the folder.
    /// `quiet`: without notices about how a model is stored.
    void openFolder(const QString& folder, bool quiet = false);
    /// Whether the stages can be used at that size of text on a screen of so many pixels.
    static bool sizeFits(double scale, QSize screen);
    static QSize leastSize(double scale); ///< of the window, at that size of text
    bool isShuttingDown() const { return shuttingDown_; }

protected:
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    // main_window.cpp
    void buildFrame();
    void addStage(Stage* stage, const QString& name, const QString& iconName, const QString& shortcut);
    void connectEngine();
    void connectBars();
    void refreshState();
    void refreshSummary();
    void refreshExport();
    void train();
    void restyle();
    Stage* stage() const;

    // main_window_menu.cpp
    void buildMenu();
    void fillRecent();
    void fillBundled(QMenu& menu);
    void newRun();
    /// Does it at once, but asks first where it would end a training that is running.
    void closeRunThen(const QString& title, const QString& text, std::function<void()> then);
    void openDialog();
    void saveDiffusersDialog();
    void exportStage();
    void setTheme(theme::Mode mode, double scale);
    void about();

    // main_window_keys.cpp
    bool handleKey(int key);
    bool handleUndoKey(QEvent* event);
    void escape();
    void toggleFullScreen();

    // main_window_drop.cpp
    static bool holdsFile(const QDropEvent* event);
    void takePictureSettings(const PictureSettings& picture);

    // main_window_closing.cpp
    bool losesWork() const;
    void askToQuit();
    void shutDown();
    void finishClosing(bool inTime);
    void saveState();

    EngineBridge& bridge_;
    WindowOptions options_;
    WindowState state_;
    TopBar* bar_ = nullptr;
    StageRail* rail_ = nullptr;
    Banner* banner_ = nullptr;
    Toast* toast_ = nullptr;
    QStackedWidget* stages_ = nullptr;
    QStackedWidget* inspectors_ = nullptr;
    QStackedWidget* transports_ = nullptr;
    NoiseStage* noise_ = nullptr;
    TrainStage* train_ = nullptr;
    DenoiseStage* denoise_ = nullptr;
    DropVeil* veil_ = nullptr;
    std::filesystem::path dropped_; ///< the picture whose settings were asked for
    QList<Stage*> stageList_;
    QUndoGroup* undo_ = nullptr; ///< the stages' stacks; the one of the stage on screen is active
    QMenu* menu_ = nullptr;
    QMenu* recent_ = nullptr;
    QAction* saveDiffusers_ = nullptr;
    QAction* exportAction_ = nullptr;

    QMessageBox* question_ = nullptr;
    QLabel* saving_ = nullptr; ///< covers the window while the engine saves
    QTimer closeTimer_;
    std::int64_t savedStep_ = 0, lastStep_ = 0; ///< of the open run, or of the one that was open
    std::filesystem::path lastRun_;
    bool shuttingDown_ = false, mayClose_ = false, engineStopped_ = false, wasMaximized_ = false;
};

} // namespace ddpm::ui
