// Files and folders dropped on the window, as the window system drops them: on whatever lies under the
// pointer.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/sampling_form.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "window/main_window.h"

#include <QAction>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QUndoStack>
#include <QtTest>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

/// What an engine finds in grid.png; any other file has no settings.
PictureSettings madeHere(const std::filesystem::path& file) {
    PictureSettings picture;
    picture.file = file;
    const std::string name = file.filename().string();
    if (name == "damaged.png") picture.problem = "it was written by a newer DDPM Lab";
    if (name != "grid.png" && name != "training.png") return picture;
    const ModelChanged model = test::model_changed(2000, DataKind::mnist, 1000);
    picture.found = true;
    picture.sampled = name == "grid.png";
    picture.model = model.settings;
    picture.model.name = model.name;
    picture.step = 2000;
    picture.sampling.sampler = Sampler::ddim;
    picture.sampling.steps = 25;
    picture.sampling.spacing = Spacing::trailing;
    picture.sampling.eta = 0.5;
    picture.sampling.count = 9;
    picture.sampling.seed = 1234;
    return picture;
}

struct Scene {
    explicit Scene(bool withModel = true) {
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        engine.on_submit([this](const Command& command) {
            if (const auto* data = std::get_if<OpenData>(&command)) {
                auto opened = test::data_opened(data->settings.kind, data->thumbnails);
                opened.settings = data->settings;
                opened.id = data->id;
                engine.emit(Event{opened});
            } else if (const auto* run = std::get_if<RunForward>(&command)) {
                engine.emit(Event{ForwardReady{test::forward_record(50, run->data.is_points(), run->id)}});
            } else if (const auto* read = std::get_if<ReadPictureSettings>(&command)) {
                if (answering) engine.emit(Event{madeHere(read->file)});
            }
        });
        window = std::make_unique<MainWindow>(bridge, options);
        window->resize(1280, 800);
        window->show();
        if (!QTest::qWaitForWindowActive(window.get())) qFatal("the window did not become active");
        engine.emit(Event{TrainingStateChanged{TrainingState::running, 2000, 5000}});
        if (withModel) engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        settle();
        engine.forget_commands();
    }
    static void settle() {
        for (int i = 0; i < 6; ++i)
            QCoreApplication::processEvents();
    }
    /// Enters over that widget; what takes it is what is dropped on.
    void drag(QWidget* over, const QString& path) {
        mime = std::make_unique<QMimeData>();
        mime->setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(over->rect().center(), Qt::CopyAction, mime.get(), Qt::LeftButton,
                              Qt::NoModifier);
        QCoreApplication::sendEvent(over, &enter);
        entered = enter.isAccepted();
    }
    void drop(QWidget* over, const QString& path) {
        drag(over, path);
        QVERIFY(entered);
        QDropEvent event(over->rect().center(), Qt::CopyAction, mime.get(), Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(over, &event);
        settle();
    }
    void leave(QWidget* over) {
        QDragLeaveEvent event;
        QCoreApplication::sendEvent(over, &event);
    }
    QString path(const char* name) const { return folder.filePath(QLatin1String(name)); }
    QString toast() const {
        auto* label = window->findChild<QLabel*>(QStringLiteral("toast"));
        return label->isVisible() ? label->text() : QString();
    }
    QWidget* veil() const { return window->findChild<QWidget*>(QStringLiteral("dropVeil")); }
    DenoiseStage* denoise() const { return window->findChild<DenoiseStage*>(); }

    QTemporaryDir folder;
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    std::unique_ptr<MainWindow> window;
    std::unique_ptr<QMimeData> mime;
    bool entered = false, answering = true;
};

} // namespace

class DropTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void aPictureBringsItsSettingsBack() {
        Scene scene;
        scene.window->goToStage(MainWindow::trainStage);
        SamplingForm* form = scene.denoise()->form();
        const SamplingSettings before = form->settings();
        scene.drop(scene.window->centralWidget(), scene.path("grid.png"));
        QCOMPARE(scene.engine.last<ReadPictureSettings>()->file.string(),
                 scene.path("grid.png").toStdString());
        QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::denoiseStage));
        QCOMPARE(form->settings(), madeHere("grid.png").sampling);
        QCOMPARE(scene.toast(),
                 QStringLiteral("Restored from grid.png: DDIM, 25 steps, 9 chains, seed 1234."));
        // One change, that can be taken back.
        QCOMPARE(scene.denoise()->undoStack()->count(), 1);
        QCOMPARE(scene.window->findChild<QAction*>(QStringLiteral("undo"))->text(),
                 QStringLiteral("Undo Restore settings"));
        scene.denoise()->undoStack()->undo();
        QCOMPARE(form->settings(), before);
        QCOMPARE(scene.engine.count<StartChain>(), 0); // it is the user who samples
    }

    void anotherModelIsSaid() {
        Scene scene;
        auto later = test::model_changed(3456, DataKind::mnist, 1000);
        scene.engine.emit(Event{later});
        Scene::settle();
        scene.drop(scene.denoise(), scene.path("grid.png"));
        QVERIFY2(
            scene.toast().contains(QStringLiteral("at step 2,000 of the training; the open model is at")),
            qPrintable(scene.toast()));
        QVERIFY(scene.toast().contains(QStringLiteral("3,456")));
        auto other = test::model_changed(2000, DataKind::two_moons, 1000);
        scene.engine.emit(Event{other});
        Scene::settle();
        scene.drop(scene.denoise(), scene.path("grid.png"));
        QVERIFY(scene.toast().contains(QStringLiteral("another")));
    }

    void whatCannotBeSetIsSaid() {
        Scene scene;
        scene.answering = false;
        scene.drop(scene.denoise(), scene.path("grid.png"));
        PictureSettings picture = madeHere(scene.path("grid.png").toStdString());
        picture.sampling.thresholding = true; // there is no such field
        scene.engine.emit(Event{picture});
        Scene::settle();
        QVERIFY2(scene.toast().contains(QStringLiteral("not all")), qPrintable(scene.toast()));
        QCOMPARE(scene.denoise()->form()->settings().steps, 25);
    }

    void withoutAModelTheSettingsWaitForIt() {
        Scene scene(false);
        scene.drop(scene.denoise(), scene.path("grid.png"));
        QVERIFY2(scene.toast().contains(QStringLiteral("open its model")), qPrintable(scene.toast()));
        auto model = test::model_changed(2000, DataKind::mnist, 1000);
        model.live = false;
        scene.engine.emit(Event{TrainingStateChanged{}});
        scene.engine.emit(Event{model});
        Scene::settle();
        // An opened model is sampled at once: as the picture was, not by a quick look.
        QTRY_COMPARE(scene.engine.count<StartChain>(), 1);
        QCOMPARE(scene.engine.last<StartChain>()->settings, madeHere("grid.png").sampling);
    }

    void otherPicturesGoToTheStage() {
        Scene scene;
        scene.window->goToStage(MainWindow::noiseStage);
        Scene::settle();
        auto* noise = scene.window->findChild<NoiseStage*>();
        scene.drop(noise, scene.path("photo.jpg"));
        QCOMPARE(scene.engine.last<RunForward>()->file.string(), scene.path("photo.jpg").toStdString());
        QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::noiseStage));
        scene.window->goToStage(MainWindow::trainStage);
        scene.drop(scene.window->centralWidget(), scene.path("photo.jpg"));
        QCOMPARE(scene.toast(), QStringLiteral("This picture has no settings of DDPM Lab inside"));
        QCOMPARE(scene.window->currentStage(), static_cast<int>(MainWindow::trainStage));
        scene.window->goToStage(MainWindow::denoiseStage);
        QVERIFY(!scene.denoise()->tool());
        scene.drop(scene.window->centralWidget(), scene.path("photo.jpg"));
        QVERIFY(scene.denoise()->tool()); // noised, and denoised back
        QCOMPARE(scene.denoise()->undoStack()->count(), 0);
    }

    void damagedAndTrainingPicturesAreSaid() {
        Scene scene;
        const SamplingSettings before = scene.denoise()->form()->settings();
        scene.drop(scene.denoise(), scene.path("damaged.png"));
        QVERIFY2(scene.toast().contains(QStringLiteral("newer DDPM Lab")), qPrintable(scene.toast()));
        scene.drop(scene.denoise(), scene.path("training.png"));
        QVERIFY2(scene.toast().contains(QStringLiteral("trained")), qPrintable(scene.toast()));
        QCOMPARE(scene.denoise()->form()->settings(), before);
    }

    void theNewestDropCounts() {
        Scene scene;
        scene.answering = false;
        scene.drop(scene.denoise(), scene.path("grid.png"));
        scene.drop(scene.denoise(), scene.path("photo.jpg"));
        const SamplingSettings before = scene.denoise()->form()->settings();
        scene.engine.emit(Event{madeHere(scene.path("grid.png").toStdString())}); // overtaken
        Scene::settle();
        QCOMPARE(scene.denoise()->form()->settings(), before);
        scene.engine.emit(Event{madeHere(scene.path("photo.jpg").toStdString())});
        Scene::settle();
        // A picture without settings is one to be noised and denoised back.
        QVERIFY(scene.denoise()->tool());
        QCOMPARE(scene.engine.last<FitPicture>()->file.string(), scene.path("photo.jpg").toStdString());
    }

    void anOpenExplorationTakesThePicture() {
        Scene scene;
        scene.engine.emit(Event{ChainChanged{ChainPhase::finished, test::chain_record(4, 20, 1000)}});
        Scene::settle();
        scene.denoise()->openTool(ToolKind::interpolate);
        Scene::settle();
        scene.engine.forget_commands();
        scene.drop(scene.denoise(), scene.path("grid.png"));
        QCOMPARE(scene.engine.count<ReadPictureSettings>(), 0);
        QCOMPARE(scene.engine.last<FitPicture>()->file.string(), scene.path("grid.png").toStdString());
        scene.denoise()->closeTool();
        scene.drop(scene.denoise(), scene.path("grid.png"));
        QCOMPARE(scene.engine.count<ReadPictureSettings>(), 1);
    }

    void aFolderIsOpened() {
        Scene scene;
        QVERIFY(QDir(scene.folder.path()).mkdir(QStringLiteral("model")));
        scene.window->goToStage(MainWindow::trainStage);
        scene.drop(scene.window->centralWidget(), scene.path("model"));
        QCOMPARE(scene.engine.last<OpenModel>()->folder.string(), scene.path("model").toStdString());
        QCOMPARE(scene.engine.count<ReadPictureSettings>(), 0);
    }

    void overALineOfTextItIsTheWindowsToo() {
        Scene scene;
        scene.window->goToStage(MainWindow::trainStage);
        auto* rate = scene.window->findChild<QLineEdit*>(QStringLiteral("rate"));
        const QString before = rate->text();
        scene.drop(rate, scene.path("photo.jpg"));
        QCOMPARE(scene.engine.count<ReadPictureSettings>(), 1);
        QCOMPARE(rate->text(), before);
        // Words still go into a line.
        QMimeData words;
        words.setText(QStringLiteral("0.1"));
        QDragEnterEvent enter({5, 5}, Qt::CopyAction, &words, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(rate, &enter);
        QVERIFY(enter.isAccepted());
        QVERIFY(!scene.veil()->isVisible());
    }

    void theVeilSaysWhatWillHappen() {
        Scene scene;
        QVERIFY(!scene.veil()->isVisible());
        scene.drag(scene.denoise(), scene.path("photo.jpg"));
        QVERIFY(scene.entered && scene.veil()->isVisible());
        QCOMPARE(scene.veil()->size(), scene.window->centralWidget()->size());
        QVERIFY(scene.veil()->accessibleName().contains(QStringLiteral("settings")));
        scene.leave(scene.denoise());
        QVERIFY(!scene.veil()->isVisible());
        scene.drag(scene.denoise(), scene.folder.path());
        QVERIFY(scene.veil()->accessibleName().contains(QStringLiteral("run or model")));
        scene.leave(scene.denoise());
        // Words, and addresses of other machines, are not for the window.
        QMimeData mime;
        mime.setUrls({QUrl(QStringLiteral("https://example.org/a.png"))});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(scene.denoise(), &enter);
        QVERIFY(!enter.isAccepted() && !scene.veil()->isVisible());
    }
};

QTEST_MAIN(DropTest)
#include "drop_test.moc"
