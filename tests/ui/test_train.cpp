// The Train stage: its model classes against closed forms, its controls against the commands they submit.
#include "bridge/engine_bridge.h"
#include "stages/train/frame_history.h"
#include "stages/train/loss_card.h"
#include "stages/train/loss_history.h"
#include "stages/train/run_draft.h"
#include "stages/train/samples_card.h"
#include "stages/train/train_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/export_grid_dialog.h"
#include "views/plot.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cmath>
#include <limits>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

template <typename T>
T* find(QWidget& in, const char* name) {
    T* found = in.findChild<T*>(QLatin1String(name));
    if (!found) qFatal("there is no %s", name);
    return found;
}

void type(QLineEdit* edit, const QString& text) {
    edit->setFocus();
    QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(edit, text);
}

/// The stage with its inspector in a window, as the main window shows them.
struct Scene {
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    QWidget window;
    TrainStage* stage = new TrainStage(bridge, &window);
    Scene() {
        stage->resize(900, 720);
        stage->inspector()->setParent(&window);
        stage->inspector()->setGeometry(900, 0, 300, 720);
        window.resize(1200, 720);
        window.show();
        QCoreApplication::processEvents();
    }
    void openRun(TrainingState state, std::int64_t step = 100) {
        engine.emit({test::run_opened(step), TrainingStateChanged{state, step, 5000}});
        QTRY_VERIFY(bridge.run() && bridge.training().state == state);
    }
};

} // namespace

class TrainTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }
    void smoothingIsTheUnbiasedRunningMean();
    void smoothingPassesOverNaN();
    void lossAgainstEpochsAndTime();
    void nearestPointByBisection();
    void framesAreThinnedEvenlyAndTheNewestStays();
    void draftSortsWhatIsLive();
    void thePlotKeepsEveryPoint();
    void aMillionPointsAreDrawn();
    void startSubmitsTheDraftInAFreshFolder();
    void theFieldsReachTheCommand();
    void asInThePaperFillsTheFields();
    void pointsChangeTheNet();
    void problemsDisableStart();
    void unreadableNumbersDisableStart();
    void applySubmitsWhatIsLive();
    void otherChangesNeedANewRun();
    void revertTakesThemBack();
    void aNetForAGpuSaysSo();
    void theLossCardsControlsAreNeverCut();
    void extendOnlyWhereItCan();
    void spaceNeverStartsARun();
    void lookingBackInTheSamples();
    void thePlotsAreInTheExportMenu();
    void theAxisNamesTheColumn();
    void exportDialogBuildsTheCommand();
};

void TrainTest::smoothingIsTheUnbiasedRunningMean() {
    LossHistory history;
    history.setSmoothing(0.5);
    std::vector<MetricPoint> points(3);
    points[0].loss = 4;
    points[1].loss = 2;
    points[2].loss = 8;
    history.add(points);
    QCOMPARE(history.smoothedAt(0), 4.0);
    QCOMPARE(history.smoothedAt(1), (0.25 * 4 + 0.5 * 2) / 0.75);
    QCOMPARE(history.smoothedAt(2), (0.125 * 4 + 0.25 * 2 + 0.5 * 8) / 0.875);
    history.setSmoothing(0);
    QCOMPARE(history.smoothedAt(1), 2.0);
}

void TrainTest::smoothingPassesOverNaN() {
    LossHistory history;
    std::vector<MetricPoint> points = test::metric_points(1, 10);
    points[4].loss = std::numeric_limits<double>::quiet_NaN();
    history.add(points);
    QVERIFY(std::isfinite(history.smoothedAt(5)));
    QCOMPARE(history.smoothedAt(4), history.smoothedAt(3));
    QCOMPARE(history.notFinite(), std::vector<double>{5});
}

void TrainTest::lossAgainstEpochsAndTime() {
    LossHistory history;
    history.setEpoch(64, 640); // ten steps an epoch
    history.add(test::metric_points(1, 20));
    history.setAxis(LossAxis::epoch);
    QCOMPARE(history.x(19), 2.0);
    history.setAxis(LossAxis::time);
    QCOMPARE(history.x(9), history.at(9).seconds);
}

void TrainTest::nearestPointByBisection() {
    LossHistory history;
    QCOMPARE(history.nearest(3), -1);
    history.add(test::metric_points(1, 100));
    QCOMPARE(history.nearest(-5), 0);
    QCOMPARE(history.nearest(41.4), 40);
    QCOMPARE(history.nearest(41.6), 41);
    QCOMPARE(history.nearest(1e9), 99);
}

void TrainTest::framesAreThinnedEvenlyAndTheNewestStays() {
    FrameHistory history(10);
    for (int i = 0; i < 1000; ++i) {
        auto frame = std::make_shared<TrainingFrame>();
        frame->step = i;
        history.add(frame);
        QCOMPARE(history.at(history.size() - 1)->step, i);
        QVERIFY(history.size() <= 11);
        QCOMPARE(history.at(0)->step, 0);
    }
    for (int i = 1; i + 1 < history.size(); ++i) // all but the newest lie evenly
        QCOMPARE(history.at(i)->step - history.at(i - 1)->step, history.stride());
}

void TrainTest::draftSortsWhatIsLive() {
    RunDraft draft;
    QVERIFY(draft.changes().empty());
    draft.openRun(preset_settings(Preset::tiny, DataKind::mnist), 5000);
    RunSettings edited = draft.settings();
    edited.training.learning_rate = 1e-3;
    edited.training.steps = 4000;
    edited.preview.every_seconds = 5;
    draft.set(edited);
    QVERIFY(draft.hasLiveChanges());
    QVERIFY(draft.needsNewRun()); // a run cannot be made shorter
    edited.training.steps = 6000;
    draft.set(edited);
    QVERIFY(!draft.needsNewRun());
    const auto commands = draft.applyLive();
    QCOMPARE(commands.size(), 3U);
    QCOMPARE(std::get<ExtendTraining>(commands[0]).steps, 1000);
    QVERIFY(draft.changes().empty());
    draft.setPlannedSteps(7000); // extended elsewhere: an untouched field follows
    QCOMPARE(draft.settings().training.steps, 7000);
}

void TrainTest::thePlotKeepsEveryPoint() {
    LossCard card;
    for (int i = 0; i < 20; ++i)
        card.add(test::metric_points(1 + i * 5000, 5000));
    QCOMPARE(card.history().size(), 100'000);
    QCOMPARE(card.plot()->pointCount(0), 100'000);
    QCOMPARE(card.plot()->pointCount(1), 100'000);
    auto bad = test::metric_points(100'001, 1);
    bad[0].loss = std::numeric_limits<double>::quiet_NaN();
    card.add(bad);
    QCOMPARE(card.plot()->pointCount(0), 100'001);
    QCOMPARE(card.plot()->markCount(), 1);
}

void TrainTest::aMillionPointsAreDrawn() {
    Plot plot;
    const int series = plot.addSeries(QStringLiteral("raw"), Tone::training, Plot::Line::thin, "loss");
    plot.resize(900, 400);
    plot.show();
    std::vector<double> x(1'000'000), y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<double>(i);
        y[i] = 0.1 + 0.05 * std::sin(x[i] * 1.7);
    }
    plot.setPoints(series, x, y);
    plot.replotNow();
    QCoreApplication::processEvents();
    QPixmap drawn;
    QBENCHMARK_ONCE {
        plot.replotNow();
        drawn = plot.grab();
    }
    QVERIFY(!drawn.isNull());
    QCOMPARE(plot.pointCount(series), 1'000'000);
}

void TrainTest::startSubmitsTheDraftInAFreshFolder() {
    QTemporaryDir folder;
    Scene scene;
    scene.stage->setRunsFolder(folder.path().toStdString());
    QTest::mouseClick(find<QPushButton>(scene.window, "start"), Qt::LeftButton);
    const auto first = scene.engine.last<StartTraining>();
    QVERIFY(first);
    QVERIFY(first->settings.check().empty());
    QCOMPARE(first->folder.parent_path().string(), folder.path().toStdString());
    QVERIFY(!first->paused);
    std::filesystem::create_directories(first->folder);
    QTest::mouseClick(find<QPushButton>(scene.window, "start"), Qt::LeftButton);
    const auto second = scene.engine.last<StartTraining>();
    QCOMPARE(second->folder.string(), first->folder.string() + "-2");
    QCOMPARE(second->settings.name, second->folder.filename().string());
}

void TrainTest::theFieldsReachTheCommand() {
    Scene scene;
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("3e-4"));
    type(find<QLineEdit>(scene.window, "seed"), QStringLiteral("99"));
    QTest::mouseClick(find<QToolButton>(scene.window, "advanced"), Qt::LeftButton);
    find<QSpinBox>(scene.window, "batch")->setValue(48);
    find<QSpinBox>(scene.window, "warmup")->setValue(7);
    type(find<QLineEdit>(scene.window, "ema"), QStringLiteral("0.9"));
    type(find<QLineEdit>(scene.window, "clip"), QStringLiteral("2"));
    type(find<QLineEdit>(scene.window, "dropout"), QStringLiteral("0.1"));
    type(find<QLineEdit>(scene.window, "every"), QStringLiteral("9"));
    find<QSpinBox>(scene.window, "timesteps")->setValue(500);
    QTest::mouseClick(find<QCheckBox>(scene.window, "flips"), Qt::LeftButton, {}, QPoint(8, 12));
    find<QComboBox>(scene.window, "schedule")->setCurrentIndex(0);
    find<QComboBox>(scene.window, "prediction")->setCurrentIndex(0);
    find<QComboBox>(scene.window, "device")->setCurrentIndex(1);
    find<QComboBox>(scene.window, "precision")->setCurrentIndex(2);
    QTest::mouseClick(find<QPushButton>(scene.window, "start"), Qt::LeftButton);
    const auto start = scene.engine.last<StartTraining>();
    QVERIFY(start);
    const RunSettings& s = start->settings;
    QCOMPARE(s.training.learning_rate, 3e-4);
    QCOMPARE(s.training.seed, 99U);
    QCOMPARE(s.training.batch_size, 48);
    QCOMPARE(s.training.warmup_steps, 7);
    QCOMPARE(s.training.ema_decay, 0.9);
    QCOMPARE(s.training.gradient_clip, 2.0);
    QCOMPARE(s.model.unet.dropout, 0.1);
    QCOMPARE(s.preview.every_seconds, 9.0);
    QCOMPARE(s.diffusion.schedule.timesteps, 500);
    QCOMPARE(s.diffusion.schedule.kind, BetaSchedule::linear);
    QCOMPARE(s.diffusion.prediction, Prediction::epsilon);
    QCOMPARE(s.device, DeviceChoice::cpu);
    QCOMPARE(s.training.precision, Precision::bf16);
    QVERIFY(s.training.flips);
}

void TrainTest::asInThePaperFillsTheFields() {
    Scene scene;
    auto* paper = find<QCheckBox>(scene.window, "paper");
    QTest::mouseClick(paper, Qt::LeftButton, {}, QPoint(8, paper->height() / 2));
    QCOMPARE(scene.stage->draft(), preset_settings(Preset::tiny, DataKind::mnist, true));
    QCOMPARE(find<QLineEdit>(scene.window, "rate")->text(), QStringLiteral("0.0002"));
    auto* net = find<QComboBox>(scene.window, "net");
    net->setCurrentIndex(net->findData(static_cast<int>(Preset::paper)));
    QCOMPARE(scene.stage->draft(), preset_settings(Preset::paper, DataKind::mnist, true));
    QVERIFY(paper->isChecked() && !paper->isEnabled());
}

void TrainTest::pointsChangeTheNet() {
    Scene scene;
    auto* data = find<QComboBox>(scene.window, "data");
    data->setCurrentIndex(data->findData(static_cast<int>(DataKind::swiss_roll)));
    QCOMPARE(scene.stage->draft(), preset_settings(Preset::points, DataKind::swiss_roll));
    QVERIFY(scene.stage->canStart());
    data->setCurrentIndex(data->findData(static_cast<int>(DataKind::drawing)));
    QVERIFY(find<QLineEdit>(scene.window, "text")->isVisible());
    data->setCurrentIndex(data->findData(static_cast<int>(DataKind::mnist)));
    QCOMPARE(scene.stage->draft().preset, Preset::tiny);
    QVERIFY(!find<QLineEdit>(scene.window, "text")->isVisible());
}

void TrainTest::problemsDisableStart() {
    Scene scene;
    QSignalSpy startability(scene.stage, &TrainStage::startabilityChanged);
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("7"));
    QVERIFY(!find<QPushButton>(scene.window, "start")->isEnabled());
    QVERIFY(!scene.stage->canStart());
    QVERIFY(startability.size() > 0);
    QVERIFY(find<QLabel>(scene.window, "problem:training.learning_rate")->isVisible());
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("0.01"));
    QVERIFY(find<QPushButton>(scene.window, "start")->isEnabled());
    QVERIFY(!find<QLabel>(scene.window, "problem:training.learning_rate")->isVisible());
}

void TrainTest::unreadableNumbersDisableStart() {
    Scene scene;
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("fast"));
    QVERIFY(!find<QPushButton>(scene.window, "start")->isEnabled());
    QVERIFY(find<QLabel>(scene.window, "problem:training.learning_rate")->isVisible());
    scene.stage->startRun();
    QCOMPARE(scene.engine.count<StartTraining>(), 0);
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("1e-3"));
    QVERIFY(find<QPushButton>(scene.window, "start")->isEnabled());
}

void TrainTest::applySubmitsWhatIsLive() {
    Scene scene;
    scene.openRun(TrainingState::running);
    QVERIFY(!find<QPushButton>(scene.window, "apply")->isVisible());
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("5e-4"));
    find<QSpinBox>(scene.window, "steps")->setValue(8000);
    auto* apply = find<QPushButton>(scene.window, "apply");
    QVERIFY(apply->isVisible() && apply->isEnabled());
    QCOMPARE(find<QLabel>(scene.window, "changesTitle")->text(), QStringLiteral("2 changes not applied"));
    QCOMPARE(scene.engine.count<SetLearningRate>(), 0); // a draft until applied
    QTest::mouseClick(apply, Qt::LeftButton);
    QCOMPARE(scene.engine.last<SetLearningRate>()->value, 5e-4);
    QCOMPARE(scene.engine.last<ExtendTraining>()->steps, 3000);
    QVERIFY(!apply->isVisible());
    QCOMPARE(scene.engine.count<StartTraining>(), 0);
}

void TrainTest::otherChangesNeedANewRun() {
    Scene scene;
    scene.openRun(TrainingState::running);
    find<QSpinBox>(scene.window, "batch")->setValue(16);
    QVERIFY(!find<QPushButton>(scene.window, "apply")->isVisible());
    auto* anew = find<QPushButton>(scene.window, "startAnew");
    QVERIFY(anew->isVisible());
    scene.engine.forget_commands();
    QTest::mouseClick(anew, Qt::LeftButton);
    const auto commands = scene.engine.commands();
    QCOMPARE(commands.size(), 2U);
    QVERIFY(std::holds_alternative<StopTraining>(commands[0])); // saved before the new one begins
    QCOMPARE(std::get<StartTraining>(commands[1]).settings.training.batch_size, 16);
}

void TrainTest::aNetForAGpuSaysSo() {
    Scene scene;
    auto* note = find<QLabel>(scene.window, "deviceNote");
    QVERIFY(!note->isVisible());
    auto* net = find<QComboBox>(scene.window, "net");
    net->setCurrentIndex(net->findData(static_cast<int>(Preset::paper)));
    QTRY_VERIFY(note->isVisible());
    QVERIFY2(note->text().contains(QStringLiteral("GPU")) && note->text().contains(QStringLiteral("days")),
             qPrintable(note->text()));
    scene.engine.emit(Event{EngineReady{{"NVIDIA", "bf16", true}}});
    QTRY_VERIFY(!note->isVisible());
}

void TrainTest::theLossCardsControlsAreNeverCut() {
    for (const double scale : {1.0, 1.5}) {
        theme::apply(theme::Mode::dark, scale);
        LossCard card;
        for (const int width : {58, 70, 84, 90, 110}) { // in units of spacing
            card.resize(theme::space(width), theme::space(60));
            card.show();
            QCoreApplication::processEvents();
            for (const char* name : {"lossAxis", "lossLog", "lossSmoothing"}) {
                auto* control = find<QWidget>(card, name);
                const QRect at(control->mapTo(&card, QPoint()), control->size());
                QVERIFY2(card.rect().contains(at), name);
                QVERIFY2(control->width() >= control->minimumSizeHint().width(), name);
            }
        }
    }
    theme::apply(theme::Mode::dark, 1.0);
}

void TrainTest::revertTakesThemBack() {
    Scene scene;
    scene.openRun(TrainingState::paused);
    const QString before = find<QLineEdit>(scene.window, "rate")->text();
    type(find<QLineEdit>(scene.window, "rate"), QStringLiteral("0.5"));
    QTest::mouseClick(find<QPushButton>(scene.window, "revert"), Qt::LeftButton);
    QCOMPARE(find<QLineEdit>(scene.window, "rate")->text(), before);
    QVERIFY(!find<QPushButton>(scene.window, "revert")->isVisible());
    QCOMPARE(scene.engine.count<SetLearningRate>(), 0);
}

void TrainTest::extendOnlyWhereItCan() {
    Scene scene;
    scene.openRun(TrainingState::running);
    auto* extend = find<QPushButton>(scene.window, "extend");
    QVERIFY(!extend->isEnabled());
    scene.engine.emit(Event{TrainingStateChanged{TrainingState::finished, 5000, 5000}});
    QTRY_VERIFY(extend->isEnabled());
    find<QSpinBox>(scene.window, "extension")->setValue(1234);
    QTest::mouseClick(extend, Qt::LeftButton);
    QCOMPARE(scene.engine.last<ExtendTraining>()->steps, 1234);
    QTest::mouseClick(find<QPushButton>(scene.window, "saveNow"), Qt::LeftButton);
    QCOMPARE(scene.engine.count<SaveCheckpoint>(), 1);
}

void TrainTest::spaceNeverStartsARun() {
    Scene scene;
    scene.stage->playPause();
    QCOMPARE(scene.engine.commands().size(), 0U);
    scene.openRun(TrainingState::running);
    scene.stage->playPause();
    QCOMPARE(scene.engine.count<PauseTraining>(), 1);
    scene.engine.emit(Event{TrainingStateChanged{TrainingState::paused, 100, 5000}});
    QTRY_COMPARE(scene.bridge.training().state, TrainingState::paused);
    scene.stage->playPause();
    QCOMPARE(scene.engine.count<ResumeTraining>(), 1);
}

void TrainTest::lookingBackInTheSamples() {
    Scene scene;
    QVERIFY(!scene.stage->canExport());
    scene.openRun(TrainingState::running);
    auto* samples = scene.stage->findChild<SamplesCard*>();
    for (int i = 1; i <= 5; ++i) {
        scene.engine.set_frame(test::training_frame(static_cast<std::uint64_t>(i), i * 100));
        QTRY_COMPARE(samples->history().size(), i);
    }
    QCOMPARE(samples->shown()->step, 500);
    scene.stage->stepBack();
    QCOMPARE(samples->shown()->step, 400);
    scene.engine.set_frame(test::training_frame(6, 600));
    QTRY_COMPARE(samples->history().size(), 6);
    QCOMPARE(samples->shown()->step, 400); // one who looks back is not torn away
    find<QSlider>(scene.window, "samplesSlider")->setValue(0);
    QCOMPARE(find<QLabel>(scene.window, "samplesStep")->text(), QStringLiteral("step 100"));
    scene.stage->goToEnd();
    QCOMPARE(samples->shown()->step, 600);
    QVERIFY(scene.stage->canExport());
    scene.engine.set_frame(test::training_frame(7, 600)); // only x_t moved: no new samples
    QTest::qWait(80);
    QCOMPARE(samples->history().size(), 6);
}

void TrainTest::thePlotsAreInTheExportMenu() {
    Scene scene;
    scene.openRun(TrainingState::running);
    const auto titles = [&] {
        QStringList texts;
        for (const QAction* action : scene.stage->exportActions())
            if (action->isEnabled()) texts << action->text();
        return texts;
    };
    QVERIFY(titles().isEmpty());
    scene.engine.emit(Metrics{test::metric_points(1, 100), false});
    QTRY_COMPARE(titles(), QStringList({"Training log as CSV…", "Plot: Loss…"}));
    scene.engine.set_frame(test::training_frame(1, 100));
    QTRY_COMPARE(titles(), QStringList({"Samples as a picture…", "Training log as CSV…", "Plot: Loss…",
                                        "Plot: Loss by t…"}));
}

void TrainTest::theAxisNamesTheColumn() {
    LossCard card;
    card.setEpoch(100, 6000);
    card.add(test::metric_points(1, 120));
    QCOMPARE(card.plot()->numbers().front().name, std::string("step"));
    find<QComboBox>(card, "lossAxis")->setCurrentIndex(1);
    QCOMPARE(card.plot()->numbers().front().name, std::string("epoch"));
    QCOMPARE(card.plot()->numbers().front().values.back(), std::optional(2.0));
    find<QComboBox>(card, "lossAxis")->setCurrentIndex(2);
    QCOMPARE(card.plot()->numbers().front().name, std::string("seconds"));
}

void TrainTest::exportDialogBuildsTheCommand() {
    QTemporaryDir folder;
    ExportGridDialog dialog(36, QSize(28, 28));
    dialog.addSource(ExportGrid::Source::training_samples, QStringLiteral("samples"));
    dialog.suggestFile(folder.filePath(QStringLiteral("grid")));
    dialog.show();
    find<QSpinBox>(dialog, "columns")->setValue(9);
    find<QSpinBox>(dialog, "scale")->setValue(3);
    find<QSpinBox>(dialog, "padding")->setValue(1);
    QVERIFY(find<QPushButton>(dialog, "accept")->isEnabled());
    const ExportGrid command = dialog.command();
    QCOMPARE(command.source, ExportGrid::Source::training_samples);
    QCOMPARE(command.layout.columns, 9);
    QCOMPARE(command.layout.scale, 3);
    QCOMPARE(command.layout.padding, 1);
    QCOMPARE(command.file.string(), folder.filePath(QStringLiteral("grid.png")).toStdString());
    type(find<QLineEdit>(dialog, "file"), folder.filePath(QStringLiteral("none/grid.png")));
    QVERIFY(!find<QPushButton>(dialog, "accept")->isEnabled());
}

QTEST_MAIN(TrainTest)
#include "test_train.moc"
