// The frame: the bar's buttons in every state, keys and typing, errors, what is remembered, and the way out.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/train/train_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "views/plot.h"
#include "views/plot_menu.h"
#include "window/main_window.h"

#include <QAction>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

struct Scene {
    QTemporaryDir folder;
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    std::unique_ptr<MainWindow> window;
    explicit Scene(int closeBound = 5000) {
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = stateFile();
        options.closeBound = closeBound;
        window = std::make_unique<MainWindow>(bridge, options);
        window->resize(1280, 800);
        window->show();
        if (!QTest::qWaitForWindowActive(window.get())) qFatal("the window did not become active");
        QCoreApplication::processEvents();
        engine.forget_commands();
    }
    QString stateFile() const { return folder.filePath(QStringLiteral("window.ini")); }
    template <typename T>
    T* find(const char* name) const {
        T* found = window->findChild<T*>(QLatin1String(name));
        if (!found) qFatal("there is no %s", name);
        return found;
    }
    void openRun(TrainingState state, std::int64_t step = 100) {
        engine.emit({test::run_opened(step), TrainingStateChanged{state, step, 5000}});
        QTRY_VERIFY(bridge.run() && bridge.training().state == state);
    }
    void setState(TrainingState state) {
        engine.emit(Event{TrainingStateChanged{state, 100, 5000}});
        QTRY_COMPARE(bridge.training().state, state);
    }
};

} // namespace

Q_DECLARE_METATYPE(ddpm::TrainingState)

class WindowTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }
    void buttonsFollowTheState_data();
    void buttonsFollowTheState();
    void buttonsSubmit();
    void whatWasAskedIsSeenAtOnce();
    void failedCanBeTriedAgain();
    void stagesByRailAndKeys();
    void transportOnlyWhereThereIsOne();
    void spaceInAFieldStaysThere();
    void spaceOnTheStagePausesAndResumes();
    void whoStartedARunCanPauseIt_data();
    void whoStartedARunCanPauseIt();
    void readOutsFollow();
    void errorsAreABannerThatCloses();
    void aPlotThatIsNotSavedIsABanner();
    void aFolderIsOpenedByWhatItHolds();
    void openingAsksBeforeItEndsATraining();
    void modelsThatComeWithItAreInTheMenu();
    void whereAStoppedRunIsIsSaid();
    void theSummaryIsOfTheStageOnScreen();
    void pointsAreCountedAsPoints();
    void sizesOfTextThatNoScreenHoldsAreNotOffered();
    void rememberedBetweenStarts();
    void memoryForChainsComesBack();
    void corruptStateFallsBack();
    void closingWithoutARunAsksNothing();
    void closingWhileTrainingAsks();
    void closingIsBounded();
    void unsavedStepsAreAskedAbout();
};

void WindowTest::buttonsFollowTheState_data() {
    QTest::addColumn<TrainingState>("state");
    QTest::addColumn<QString>("primary");
    QTest::addRow("paused") << TrainingState::paused << "Resume";
    QTest::addRow("running") << TrainingState::running << "Training";
    QTest::addRow("finished") << TrainingState::finished << "Extend";
    QTest::addRow("failed") << TrainingState::failed << "Try again";
}

void WindowTest::buttonsFollowTheState() {
    QFETCH(TrainingState, state);
    QFETCH(QString, primary);
    Scene scene;
    QCOMPARE(scene.find<QPushButton>("train")->text(), QStringLiteral("Train"));
    QVERIFY(!scene.find<QToolButton>("pause")->isEnabled());
    scene.openRun(state);
    QCOMPARE(scene.find<QPushButton>("train")->text(), primary);
    QCOMPARE(scene.find<QPushButton>("train")->isEnabled(), state != TrainingState::running);
    QCOMPARE(scene.find<QToolButton>("pause")->isEnabled(), can_pause(state));
    QCOMPARE(scene.find<QToolButton>("step")->isEnabled(), can_step(state));
    QCOMPARE(scene.find<QToolButton>("stop")->isEnabled(), can_stop(state));
    scene.engine.emit({RunClosed{}, TrainingStateChanged{}});
    QTRY_COMPARE(scene.find<QPushButton>("train")->text(), QStringLiteral("Train"));
    QVERIFY(scene.find<QPushButton>("train")->isEnabled());
}

void WindowTest::buttonsSubmit() {
    Scene scene;
    QTest::mouseClick(scene.find<QPushButton>("train"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<StartTraining>(), 1);
    scene.openRun(TrainingState::running);
    QTest::mouseClick(scene.find<QToolButton>("pause"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<PauseTraining>(), 1);
    scene.setState(TrainingState::paused);
    QTest::mouseClick(scene.find<QToolButton>("step"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<StepTraining>(), 1);
    QTest::mouseClick(scene.find<QPushButton>("train"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<ResumeTraining>(), 1);
    scene.setState(TrainingState::finished);
    scene.find<QSpinBox>("extension")->setValue(700);
    QTest::mouseClick(scene.find<QPushButton>("train"), Qt::LeftButton);
    QCOMPARE(scene.engine.last<ExtendTraining>()->steps, 700);
    QCOMPARE(scene.engine.count<ResumeTraining>(), 2);
    QTest::mouseClick(scene.find<QToolButton>("stop"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<StopTraining>(), 1);
}

void WindowTest::whatWasAskedIsSeenAtOnce() {
    Scene scene;
    scene.openRun(TrainingState::running);
    auto* train = scene.find<QPushButton>("train");
    auto* pause = scene.find<QToolButton>("pause");
    QTest::mouseClick(pause, Qt::LeftButton);
    QCOMPARE(train->text(), QStringLiteral("Pausing…"));
    QVERIFY(!pause->isEnabled());
    scene.setState(TrainingState::paused);
    QCOMPARE(train->text(), QStringLiteral("Resume"));
    scene.setState(TrainingState::running);
    QTest::keyClick(scene.window->windowHandle(), Qt::Key_2, Qt::ControlModifier);
    QTest::keyClick(scene.window->windowHandle(), Qt::Key_Space); // by whatever way
    QCOMPARE(train->text(), QStringLiteral("Pausing…"));
    scene.engine.emit(Event{Failed{Activity::training, {"the disk is full", "/runs/a", "free some space"}}});
    QTRY_COMPARE(train->text(), QStringLiteral("Training"));
    QVERIFY(pause->isEnabled());
    QTest::mouseClick(scene.find<QToolButton>("stop"), Qt::LeftButton);
    QCOMPARE(train->text(), QStringLiteral("Saving…"));
}

void WindowTest::failedCanBeTriedAgain() {
    Scene scene;
    scene.openRun(TrainingState::failed);
    QTest::mouseClick(scene.find<QPushButton>("train"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<ResumeTraining>(), 1);
}

void WindowTest::stagesByRailAndKeys() {
    Scene scene;
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::denoiseStage));
    QTest::keyClick(scene.window.get(), Qt::Key_1, Qt::ControlModifier);
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::noiseStage));
    QTest::keyClick(scene.window.get(), Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::denoiseStage));
    const auto rail =
        scene.window->findChild<QWidget*>(QStringLiteral("stageRail"))->findChildren<QToolButton*>();
    QCOMPARE(rail.size(), 3);
    QTest::mouseClick(rail[1], Qt::LeftButton);
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::trainStage));
    QVERIFY(rail[1]->isChecked() && !rail[0]->isChecked());
}

void WindowTest::transportOnlyWhereThereIsOne() {
    Scene scene;
    scene.window->goToStage(MainWindow::trainStage);
    auto* transports = scene.find<QWidget>("transports");
    QVERIFY(!transports->isVisible());
    scene.window->goToStage(MainWindow::denoiseStage);
    QVERIFY(transports->isVisible());
    const int height = transports->height();
    scene.window->goToStage(MainWindow::noiseStage);
    QCOMPARE(transports->isVisible(), true);
    QCOMPARE(transports->height(), height);
}

void WindowTest::spaceInAFieldStaysThere() {
    Scene scene;
    scene.openRun(TrainingState::running);
    auto* rate = scene.find<QLineEdit>("rate");
    rate->setFocus();
    rate->setText(QStringLiteral("12"));
    QTest::keyClick(rate, Qt::Key_Space);
    QTest::keyClick(rate, Qt::Key_Home);
    QCOMPARE(rate->text(), QStringLiteral("12 "));
    QCOMPARE(rate->cursorPosition(), 0);
    auto* steps = scene.find<QSpinBox>("steps");
    steps->setFocus();
    const int before = steps->value();
    QTest::keyClick(steps, Qt::Key_PageUp);
    QVERIFY(steps->value() > before);
    QCOMPARE(scene.engine.count<PauseTraining>(), 0);
}

void WindowTest::spaceOnTheStagePausesAndResumes() {
    Scene scene;
    scene.window->goToStage(MainWindow::trainStage);
    scene.openRun(TrainingState::running);
    auto* rate = scene.find<QLineEdit>("rate");
    rate->setFocus();
    QTest::keyClick(rate, Qt::Key_Escape); // back to the stage
    QVERIFY(!rate->hasFocus());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    QCOMPARE(scene.engine.count<PauseTraining>(), 1);
    // A click on the bar does not take Space away from the stage.
    scene.setState(TrainingState::paused);
    QTest::mouseClick(scene.find<QToolButton>("step"), Qt::LeftButton);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    QCOMPARE(scene.engine.count<ResumeTraining>(), 1);
    QCOMPARE(scene.engine.count<StepTraining>(), 1);
}

void WindowTest::whoStartedARunCanPauseIt_data() {
    QTest::addColumn<QString>("button");
    QTest::addRow("inspector") << "start";
    QTest::addRow("invitation") << "startHere";
}

void WindowTest::whoStartedARunCanPauseIt() {
    QFETCH(QString, button);
    Scene scene;
    scene.window->goToStage(MainWindow::trainStage);
    auto* start = scene.find<QPushButton>(button.toLatin1().constData());
    start->setFocus();
    QTest::keyClick(start, Qt::Key_Space);
    QCOMPARE(scene.engine.count<StartTraining>(), 1);
    scene.openRun(TrainingState::running, 0);
    scene.engine.emit(Event{Metrics{test::metric_points(1, 4), false}});
    QTRY_VERIFY(scene.find<QLabel>("stepValue")->text().contains(QLatin1Char('4')));
    QVERIFY(!start->isVisible());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    QCOMPARE(scene.engine.count<PauseTraining>(), 1);
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::trainStage));
}

void WindowTest::readOutsFollow() {
    Scene scene;
    scene.openRun(TrainingState::running, 0);
    scene.engine.emit(Event{Metrics{test::metric_points(1, 1234), true}});
    QTRY_VERIFY(scene.find<QLabel>("stepValue")->text().contains(QStringLiteral("1,234")));
    QVERIFY(scene.find<QLabel>("summary")->toolTip().contains(
        QStringLiteral("MNIST digits · Tiny U-Net 331k · cosine v")));
}

void WindowTest::errorsAreABannerThatCloses() {
    Scene scene;
    auto* title = scene.find<QLabel>("bannerTitle");
    QVERIFY(!title->isVisible());
    scene.engine.emit(
        Event{Failed{Activity::exporting, {"the disk is full", "/a/b.png", "free some space"}}});
    QTRY_VERIFY(title->isVisible());
    QVERIFY(title->text().contains(QStringLiteral("the disk is full")));
    QCOMPARE(scene.find<QLabel>("bannerRemedy")->text(), QStringLiteral("Free some space"));
    QVERIFY(scene.find<QPushButton>("train")->isEnabled()); // nothing is blocked
    QTest::mouseClick(scene.find<QToolButton>("bannerClose"), Qt::LeftButton);
    QVERIFY(!title->isVisible());
    scene.engine.emit(Event{Notice{"the newest checkpoint was damaged"}});
    QTRY_VERIFY(scene.find<QLabel>("toast")->isVisible());
    QVERIFY(!title->isVisible());
}

void WindowTest::aPlotThatIsNotSavedIsABanner() {
    Scene scene;
    scene.engine.emit(Event{Metrics{test::metric_points(1, 100), true}});
    auto* plot = scene.find<Plot>("lossPlot");
    QTRY_VERIFY(plot->hasNumbers());
    plot->findChild<PlotMenu*>()->saveTo(scene.folder.filePath(QStringLiteral("no/such/loss.svg")));
    QVERIFY(scene.find<QLabel>("bannerTitle")->isVisible());
    QVERIFY(scene.find<QLabel>("bannerTitle")->text().contains(QStringLiteral("The plot was not saved")));
    QCOMPARE(scene.find<QLabel>("bannerRemedy")->text(),
             QStringLiteral("Make it first, or choose another place"));
    const QString file = scene.folder.filePath(QStringLiteral("loss.svg"));
    plot->findChild<PlotMenu*>()->saveTo(file);
    QVERIFY(QFile::exists(file));
    QCOMPARE(scene.find<QLabel>("toast")->text(), QStringLiteral("Saved ") + file);
}

void WindowTest::aFolderIsOpenedByWhatItHolds() {
    Scene scene;
    QTemporaryDir run;
    QFile settings(run.filePath(QStringLiteral("settings.json")));
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.close();
    scene.window->openFolder(run.path());
    QCOMPARE(scene.engine.last<OpenRun>()->folder.string(), run.path().toStdString());
    QCOMPARE(scene.engine.count<StopTraining>(), 0);
    QTemporaryDir model;
    scene.window->openFolder(model.path());
    QCOMPARE(scene.engine.last<OpenModel>()->folder.string(), model.path().toStdString());
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::denoiseStage));
}

void WindowTest::openingAsksBeforeItEndsATraining() {
    Scene scene;
    QTemporaryDir run, model;
    QFile settings(run.filePath(QStringLiteral("settings.json")));
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.close();
    const auto answer = [&](const char* button) {
        auto* question = scene.find<QMessageBox>("closeRunQuestion");
        question->findChild<QPushButton*>(QLatin1String(button))->click();
        QTRY_VERIFY(!scene.window->findChild<QMessageBox*>(QStringLiteral("closeRunQuestion")));
    };
    scene.openRun(TrainingState::running);
    scene.window->openFolder(model.path());
    QCOMPARE(scene.engine.count<OpenModel>(), 0);
    answer("keepTraining");
    QCOMPARE(scene.engine.count<OpenModel>(), 0);
    scene.window->openFolder(model.path());
    answer("saveAndClose");
    QCOMPARE(scene.engine.count<OpenModel>(), 1);
    QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::denoiseStage));

    scene.window->openFolder(run.path());
    QCOMPARE(scene.engine.count<StopTraining>() + scene.engine.count<OpenRun>(), 0);
    answer("saveAndClose");
    QCOMPARE(scene.engine.count<StopTraining>(), 1);
    QCOMPARE(scene.engine.count<OpenRun>(), 1);
    // One that waits is saved already: nothing is asked.
    scene.setState(TrainingState::paused);
    scene.window->openFolder(model.path());
    QCOMPARE(scene.engine.count<OpenModel>(), 2);
    // The run that is open is not closed to be opened.
    scene.window->openFolder(QString::fromStdString(scene.bridge.run()->folder.string()));
    QCOMPARE(scene.engine.count<OpenRun>(), 1);
}

void WindowTest::modelsThatComeWithItAreInTheMenu() {
    QTemporaryDir models;
    for (const char* name : {"digits", "stars"})
        QVERIFY(QDir(models.path()).mkdir(QLatin1String(name)));
    QFile about(models.filePath(QStringLiteral("digits/README.md")));
    QVERIFY(about.open(QIODevice::WriteOnly));
    about.write("# Hand-written digits\n\nA net.\n");
    about.close();
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    WindowOptions options;
    options.runsFolder = models.path().toStdString();
    options.stateFile = models.filePath(QStringLiteral("window.ini"));
    options.modelsFolder = models.path().toStdString();
    MainWindow window(bridge, options);
    auto* digits = window.findChild<QAction*>(QStringLiteral("bundled-digits"));
    auto* stars = window.findChild<QAction*>(QStringLiteral("bundled-stars"));
    QVERIFY(digits && stars);
    QCOMPARE(digits->text(), QStringLiteral("Hand-written digits"));
    QCOMPARE(stars->text(), QStringLiteral("stars")); // nothing was written about it
    digits->trigger();
    QVERIFY(engine.last<OpenModel>());
    QCOMPARE(engine.last<OpenModel>()->folder.string(),
             models.filePath(QStringLiteral("digits")).toStdString());
    QVERIFY(engine.last<OpenModel>()->quiet); // nobody asked how the program stores its own
    QCOMPARE(window.currentStage(), static_cast<int>(MainWindow::denoiseStage));
}

void WindowTest::whereAStoppedRunIsIsSaid() {
    Scene scene;
    scene.window->goToStage(MainWindow::trainStage);
    scene.openRun(TrainingState::running, 0);
    scene.engine.emit({Metrics{test::metric_points(1, 1234), true},
                       TrainingStateChanged{TrainingState::running, 1234, 5000}});
    QTRY_VERIFY(scene.find<QPushButton>("export")->isEnabled());
    scene.engine.emit({CheckpointSaved{"/home/ada/DDPM Lab/runs/2026-03-14-mnist-tiny/1234", 1234},
                       TrainingStateChanged{}, RunClosed{}});
    auto* toast = scene.find<QLabel>("toast");
    QTRY_VERIFY(toast->isVisible());
    QVERIFY(toast->text().contains(QStringLiteral("1,234")));
    QVERIFY(toast->text().contains(QStringLiteral("2026-03-14-mnist-tiny")));
    // The curves are still there, and so is the way to take them away.
    QVERIFY(scene.find<QPushButton>("export")->isEnabled());
    scene.window->findChild<TrainStage*>()->exportActions();
    QVERIFY(!scene.find<QAction>("exportLoss")->isEnabled()); // that needs the run

    // What was not saved is not said to be.
    toast->hide();
    scene.openRun(TrainingState::running, 100);
    scene.engine.emit({TrainingStateChanged{TrainingState::running, 150, 5000},
                       Failed{Activity::training, {"the disk is full", "/runs/a", "free some space"}},
                       TrainingStateChanged{}, RunClosed{}});
    QTRY_VERIFY(!scene.bridge.run());
    QVERIFY(!toast->isVisible());
}

void WindowTest::theSummaryIsOfTheStageOnScreen() {
    Scene scene;
    auto* summary = scene.find<QLabel>("summary");
    scene.window->goToStage(MainWindow::trainStage);
    QVERIFY(summary->toolTip().contains(QStringLiteral("Tiny U-Net")));
    scene.window->goToStage(MainWindow::noiseStage);
    QVERIFY(summary->toolTip().contains(QStringLiteral("linear β · T = 1,000")));
    QVERIFY(!summary->toolTip().contains(QStringLiteral("U-Net")));
    scene.window->goToStage(MainWindow::denoiseStage);
    QVERIFY(summary->toolTip().contains(QStringLiteral("no model")));
}

void WindowTest::pointsAreCountedAsPoints() {
    Scene scene;
    scene.window->goToStage(MainWindow::trainStage);
    scene.engine.emit({test::run_opened(0, DataKind::two_moons, Preset::points),
                       TrainingStateChanged{TrainingState::running, 0, 5000}});
    QTRY_VERIFY(scene.bridge.run());
    scene.engine.emit(Event{Throughput{150'000, 10, 0, 0}});
    const auto said = [&](const QString& words) {
        for (const QLabel* label : scene.window->findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(words)) return true;
        return false;
    };
    QTRY_VERIFY(said(QStringLiteral("points/s")));
    QVERIFY(said(QStringLiteral("Points a second")) && !said(QStringLiteral("Pictures a second")));
    QVERIFY(!said(QStringLiteral("digits appear")) && said(QStringLiteral("points find their places")));
}

void WindowTest::sizesOfTextThatNoScreenHoldsAreNotOffered() {
    QVERIFY(MainWindow::sizeFits(1.5, {1280, 800}));
    QVERIFY(!MainWindow::sizeFits(2.0, {1280, 800}));
    QVERIFY(MainWindow::sizeFits(2.0, {1920, 1080}));
    Scene scene; // on a screen that is too small for any but the usual
    auto* large = scene.find<QAction>("scale-200");
    auto* menu = qobject_cast<QMenu*>(large->parent());
    QVERIFY(menu);
    Q_EMIT menu->aboutToShow();
    QVERIFY(!large->isEnabled() && large->text().contains(QStringLiteral("larger screen")));
    QVERIFY(scene.find<QAction>("scale-100")->isEnabled()); // the one in use
}

void WindowTest::rememberedBetweenStarts() {
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("deep/window.ini"));
    WindowState state;
    state.mode = theme::Mode::light;
    state.scale = 1.5;
    state.stage = 2;
    state.chainMemory = 128;
    for (int i = 0; i < 12; ++i)
        addRecent(state, QStringLiteral("/runs/%1").arg(i));
    addRecent(state, QStringLiteral("/runs/9"));
    QVERIFY(writeWindowState(file, state));
    const WindowState read = readWindowState(file);
    QCOMPARE(read.mode, theme::Mode::light);
    QCOMPARE(read.scale, 1.5);
    QCOMPARE(read.stage, 2);
    QCOMPARE(read.chainMemory, 128);
    QCOMPARE(read.recent.size(), mostRecent);
    QCOMPARE(read.recent.first(), QStringLiteral("/runs/9"));
    QCOMPARE(read.recent.count(QStringLiteral("/runs/9")), 1);
}

void WindowTest::memoryForChainsComesBack() {
    QTemporaryDir folder;
    WindowOptions options;
    options.runsFolder = folder.path().toStdString();
    options.stateFile = folder.filePath(QStringLiteral("window.ini"));
    for (const int megabytes : {768, 96}) { // the usual is not worth a word
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        MainWindow window(bridge, options);
        auto* stage = window.findChild<DenoiseStage*>();
        QCOMPARE(stage->chainMemory(), 768);
        QVERIFY(!engine.last<SetChainMemory>());
        stage->setChainMemory(megabytes);
        window.show();
        window.close();
    }
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    MainWindow window(bridge, options);
    QCOMPARE(window.findChild<DenoiseStage*>()->chainMemory(), 96);
    QVERIFY(engine.last<SetChainMemory>());
    QCOMPARE(engine.last<SetChainMemory>()->bytes, std::size_t{96} << 20);
}

void WindowTest::corruptStateFallsBack() {
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("window.ini"));
    QFile bad(file);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write(QByteArray("\x00\xff\x17 not a settings file", 24));
    bad.close();
    const WindowState read = readWindowState(file);
    QCOMPARE(read.scale, 1.0);
    QCOMPARE(read.stage, 2);
    QVERIFY(QFile::exists(file + QStringLiteral(".bad"))); // a copy is kept
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("[window]\nscale=900\nstage=77\ntheme=plaid\n");
    bad.close();
    const WindowState odd = readWindowState(file);
    QCOMPARE(odd.scale, 1.0);
    QCOMPARE(odd.stage, 2);
    QCOMPARE(odd.mode, theme::Mode::dark);
}

void WindowTest::closingWithoutARunAsksNothing() {
    Scene scene;
    scene.window->close();
    QCOMPARE(scene.engine.count<Shutdown>(), 1);
    QVERIFY(scene.window->isVisible()); // until the engine has stopped
    QVERIFY(scene.find<QLabel>("saving")->isVisible());
    scene.window->close();
    QCOMPARE(scene.engine.count<Shutdown>(), 1); // a second click changes nothing
    scene.engine.emit(Event{Stopped{}});
    QTRY_VERIFY(!scene.window->isVisible());
    QVERIFY(QFile::exists(scene.stateFile()));
}

void WindowTest::closingWhileTrainingAsks() {
    Scene scene;
    scene.openRun(TrainingState::running);
    scene.window->close();
    QTRY_VERIFY(scene.window->findChild<QPushButton*>(QStringLiteral("stay")));
    QTest::mouseClick(scene.find<QPushButton>("stay"), Qt::LeftButton);
    QTest::qWait(20);
    QVERIFY(scene.window->isVisible());
    QCOMPARE(scene.engine.count<Shutdown>(), 0);
    scene.window->close();
    QTRY_VERIFY(scene.window->findChild<QPushButton*>(QStringLiteral("saveAndQuit")));
    QTest::mouseClick(scene.find<QPushButton>("saveAndQuit"), Qt::LeftButton);
    QTRY_COMPARE(scene.engine.count<Shutdown>(), 1);
    QVERIFY(scene.window->isVisible());
    scene.engine.emit(Event{Stopped{}});
    QTRY_VERIFY(!scene.window->isVisible());
}

void WindowTest::closingIsBounded() {
    Scene scene(300);
    scene.window->close();
    QVERIFY(scene.window->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(!scene.window->isVisible(), 2000); // the engine never answers
}

void WindowTest::unsavedStepsAreAskedAbout() {
    Scene scene;
    scene.openRun(TrainingState::paused, 100);
    scene.engine.emit(Event{TrainingStateChanged{TrainingState::paused, 101, 5000}}); // one step by hand
    QTRY_COMPARE(scene.bridge.training().step, 101);
    scene.window->close();
    QTRY_VERIFY(scene.window->findChild<QMessageBox*>(QStringLiteral("quitQuestion")));
    QTest::mouseClick(scene.find<QPushButton>("stay"), Qt::LeftButton);
    QTRY_VERIFY(!scene.window->findChild<QMessageBox*>(QStringLiteral("quitQuestion")));
    scene.engine.emit(Event{CheckpointSaved{"/x", 101}});
    QTest::qWait(30);
    scene.window->close();
    QCOMPARE(scene.engine.count<Shutdown>(), 1);
}

QTEST_MAIN(WindowTest)
#include "test_window.moc"
