// The menu, and what its entries do.
#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/train/train_stage.h"
#include "window/main_window.h"
#include "window/toast.h"
#include "window/top_bar.h"

#include <QActionGroup>
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QScreen>
#include <QUndoGroup>

namespace ddpm::ui {

void MainWindow::buildMenu() {
    menu_ = new QMenu(this);
    const auto add = [this](const QString& text, const QString& iconName, const QKeySequence& keys,
                            auto slot) {
        QAction* action = menu_->addAction(text);
        if (!iconName.isEmpty()) action->setIcon(theme::icon(iconName));
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WindowShortcut);
        connect(action, &QAction::triggered, this, slot);
        addAction(action); // the keys work while the menu is closed
        return action;
    };
    add(tr("New run"), QStringLiteral("plus"), QKeySequence::New, &MainWindow::newRun);
    add(tr("Open run or model…"), QStringLiteral("open"), QKeySequence::Open, &MainWindow::openDialog);
    recent_ = menu_->addMenu(theme::icon(QStringLiteral("clock")), tr("Recent"));
    connect(recent_, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    if (!options_.modelsFolder.empty())
        fillBundled(*menu_->addMenu(theme::icon(QStringLiteral("denoise")), tr("Models that come with it")));
    menu_->addSeparator();
    saveDiffusers_ = add(tr("Save model as diffusers folder…"), QStringLiteral("save"), {},
                         &MainWindow::saveDiffusersDialog);
    saveDiffusers_->setObjectName(QStringLiteral("saveDiffusers"));
    exportAction_ =
        add(tr("Export…"), QStringLiteral("export"), QKeySequence(tr("Ctrl+E")), &MainWindow::exportStage);
    exportAction_->setObjectName(QStringLiteral("exportAction"));
    menu_->addSeparator();
    QAction* undo = undo_->createUndoAction(this, tr("Undo"));
    QAction* redo = undo_->createRedoAction(this, tr("Redo"));
    undo->setObjectName(QStringLiteral("undo"));
    redo->setObjectName(QStringLiteral("redo"));
    undo->setIcon(theme::icon(QStringLiteral("undo")));
    redo->setIcon(theme::icon(QStringLiteral("redo")));
    undo->setShortcut(QKeySequence(tr("Ctrl+Z")));
    redo->setShortcuts({QKeySequence(tr("Ctrl+Shift+Z")), QKeySequence(tr("Ctrl+Y"))});
    for (QAction* action : {undo, redo}) {
        menu_->addAction(action);
        addAction(action);
    }
    menu_->addSeparator();

    QMenu* themes = menu_->addMenu(theme::icon(QStringLiteral("moon")), tr("Theme"));
    auto* themeGroup = new QActionGroup(this);
    const std::pair<theme::Mode, QString> modes[] = {{theme::Mode::dark, tr("Dark")},
                                                     {theme::Mode::light, tr("Light")},
                                                     {theme::Mode::system, tr("As the system")}};
    for (const auto& [mode, name] : modes) {
        QAction* action = themes->addAction(name);
        action->setCheckable(true);
        action->setChecked(mode == state_.mode);
        action->setActionGroup(themeGroup);
        connect(action, &QAction::triggered, this, [this, chosen = mode] { setTheme(chosen, state_.scale); });
    }
    QMenu* scales = menu_->addMenu(theme::icon(QStringLiteral("search")), tr("Size of text"));
    auto* scaleGroup = new QActionGroup(this);
    for (const int percent : {100, 125, 150, 175, 200}) {
        QAction* action = scales->addAction(tr("%1 %").arg(percent));
        action->setObjectName(QStringLiteral("scale-%1").arg(percent));
        connect(scales, &QMenu::aboutToShow, action, [this, action, percent] {
            const bool fits = sizeFits(percent / 100.0, screen()->availableSize());
            action->setEnabled(fits || action->isChecked());
            action->setText(fits ? tr("%1 %").arg(percent) : tr("%1 %: needs a larger screen").arg(percent));
        });
        action->setCheckable(true);
        action->setChecked(percent == qRound(state_.scale * 100));
        action->setActionGroup(scaleGroup);
        connect(action, &QAction::triggered, this,
                [this, percent] { setTheme(state_.mode, percent / 100.0); });
    }
    add(tr("Full screen"), QStringLiteral("single"), QKeySequence(Qt::Key_F11),
        &MainWindow::toggleFullScreen);
    menu_->addSeparator();
    add(tr("About DDPM Lab"), QStringLiteral("info"), {}, &MainWindow::about);
    add(tr("Quit"), {}, QKeySequence::Quit, [this] { close(); });
    bar_->setMenu(menu_);

    const int stageKeys[] = {Qt::Key_1, Qt::Key_2, Qt::Key_3};
    for (int i = 0; i < 3; ++i) {
        auto* action = new QAction(this);
        action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(stageKeys[i])));
        connect(action, &QAction::triggered, this, [this, i] { goToStage(i); });
        addAction(action);
    }
}

bool MainWindow::sizeFits(double scale, QSize screen) {
    return leastSize(scale).boundedTo(screen) == leastSize(scale);
}

QSize MainWindow::leastSize(double scale) {
    // Small text has room to spare in what any screen holds; large text needs what it needs.
    constexpr QSize usual{1024, 640}, stages{800, 480};
    return usual.expandedTo(stages * scale);
}

void MainWindow::fillRecent() {
    recent_->clear();
    for (const QString& folder : std::as_const(state_.recent)) {
        if (!QFileInfo(folder).isDir()) continue; // moved or deleted since
        QAction* action = recent_->addAction(QDir(folder).dirName());
        action->setToolTip(folder);
        connect(action, &QAction::triggered, this, [this, folder] {
            openFolder(folder, QFileInfo(folder).dir() == QDir(words::path(options_.modelsFolder)));
        });
    }
    if (recent_->isEmpty()) recent_->addAction(tr("Nothing was opened yet"))->setEnabled(false);
}

void MainWindow::fillBundled(QMenu& menu) {
    const QDir all(words::path(options_.modelsFolder));
    for (const QFileInfo& folder : all.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        // Named as what was written about it is: "# Digits".
        QFile about(QDir(folder.filePath()).filePath(QStringLiteral("README.md")));
        QString name;
        if (about.open(QIODevice::ReadOnly))
            name = QString::fromUtf8(about.readLine(200)).section(QLatin1Char(' '), 1).trimmed();
        QAction* action = menu.addAction(name.isEmpty() ? folder.fileName() : name);
        action->setObjectName(QStringLiteral("bundled-") + folder.fileName());
        connect(action, &QAction::triggered, this,
                [this, path = folder.filePath()] { openFolder(path, true); });
    }
    menu.menuAction()->setVisible(!menu.isEmpty());
}

void MainWindow::closeRunThen(const QString& title, const QString& text, std::function<void()> then) {
    if (!bridge_.run() || !can_pause(bridge_.training().state)) return then();
    auto* question = new QMessageBox(QMessageBox::Question, title, text, QMessageBox::NoButton, this);
    question->setObjectName(QStringLiteral("closeRunQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton* save = question->addButton(tr("Save and close the run"), QMessageBox::AcceptRole);
    save->setObjectName(QStringLiteral("saveAndClose"));
    QPushButton* keep = question->addButton(tr("Keep training"), QMessageBox::RejectRole);
    keep->setObjectName(QStringLiteral("keepTraining"));
    question->setEscapeButton(keep);
    connect(question, &QMessageBox::buttonClicked, this,
            [save, then = std::move(then)](QAbstractButton* button) {
                if (button == save) then();
            });
    question->open();
}

void MainWindow::newRun() {
    goToStage(trainStage);
    if (!bridge_.run()) return;
    closeRunThen(tr("New run"), tr("Training is running. Save it and set up a new run?"),
                 [this] { bridge_.submit(StopTraining{}); });
}

void MainWindow::openDialog() {
    auto* dialog =
        new QFileDialog(this, tr("Open a run or a model folder"), words::path(train_->runsFolder()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) { openFolder(folder); });
    dialog->open();
}

void MainWindow::openFolder(const QString& folder, bool quiet) {
    const QDir dir(folder);
    const std::filesystem::path path = folder.toStdString();
    if (dir.exists(QStringLiteral("settings.json"))) {
        const bool isOpen = bridge_.run() && QDir(words::path(bridge_.run()->folder)) == dir;
        if (isOpen) return goToStage(trainStage);
        closeRunThen(tr("Open run"), tr("Training is running. Save it and open another run?"), [this, path] {
            if (bridge_.run()) bridge_.submit(StopTraining{}); // saves it; two runs cannot be open
            bridge_.submit(OpenRun{path, false});
            goToStage(trainStage);
        });
    } else {
        // Whatever else it is, the engine looks and says what is wrong with it; then a run stays open.
        closeRunThen(tr("Open model"), tr("Training is running. Save it and open a model?"),
                     [this, path, quiet] {
                         bridge_.submit(OpenModel{path, quiet});
                         goToStage(denoiseStage);
                     });
    }
}

void MainWindow::saveDiffusersDialog() {
    auto* dialog = new QFileDialog(this, tr("Save the model as a diffusers folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    //: the suggested name of a folder
    dialog->selectFile(tr("%1-diffusers").arg(QString::fromStdString(bridge_.model().name)));
    dialog->setLabelText(QFileDialog::FileName, tr("Folder:"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& folder) { bridge_.submit(SaveDiffusers{folder.toStdString()}); });
    dialog->open();
}

void MainWindow::exportStage() {
    if (!stageList_[currentStage()]->canExport()) return;
    const QList<QAction*> actions = stageList_[currentStage()]->exportActions();
    if (actions.isEmpty()) {
        stageList_[currentStage()]->exportDialog();
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("exportMenu"));
    menu->addActions(actions);
    QPushButton* button = bar_->exportButton();
    // Its right end below the button's: to the right of it the window ends.
    const int left = std::min(0, button->width() - menu->sizeHint().width());
    menu->popup(button->mapToGlobal(QPoint(left, button->height() + theme::space(1))));
}

void MainWindow::setTheme(theme::Mode mode, double scale) {
    state_.mode = mode;
    state_.scale = scale;
    theme::apply(mode, scale);
}

void MainWindow::about() {
    auto* box = new QMessageBox(
        QMessageBox::NoIcon, tr("About DDPM Lab"),
        tr("<h3>DDPM Lab %1</h3><p>Denoising diffusion probabilistic models, trained and watched live on "
           "this machine.</p>"
           "<p>After Ho, Jain and Abbeel, <i>Denoising Diffusion Probabilistic Models</i>, 2020.</p>"
           "<p>Computing on %2. Free software under the GNU GPL, version 3 or later; "
           "plots by QCustomPlot, windows by Qt, tensors by LibTorch.</p>")
            .arg(QApplication::applicationVersion(), words::device(bridge_.device()).toHtmlEscaped()),
        QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

} // namespace ddpm::ui
