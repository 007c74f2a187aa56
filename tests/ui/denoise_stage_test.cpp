// The Denoise stage against an engine that says what the test wants: playing, stepping and scrubbing while a
// chain grows.
#include "bridge/engine_bridge.h"
#include "stages/denoise/algorithm_card.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/sampling_form.h"
#include "stages/denoise/step_numbers.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/export_grid_dialog.h"
#include "views/filmstrip.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QLineEdit>
#include <QProgressDialog>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int steps = 50, T = 1000, chains = 4;

/// Engine, bridge and stage, and the bar in a window of its own, as in the program.
struct Bench {
    explicit Bench(bool withModel = true) : stage(bridge) {
        stage.resize(960, 680);
        stage.show();
        stage.inspector()->resize(280, 680);
        stage.inspector()->show();
        stage.transport()->resize(960, 56);
        stage.transport()->show();
        if (!withModel) return;
        tell(TrainingStateChanged{TrainingState::running, 2000, 5000});
        tell(test::model_changed(2000, DataKind::mnist, T));
    }

    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    /// A chain of `recorded` states, in that phase.
    std::shared_ptr<ChainRecord> start(int recorded, ChainPhase phase, bool points = false) {
        auto record = test::chain_record(chains, steps, T, points, recorded);
        tell(ChainChanged{phase, record});
        return record;
    }
    void grow(ChainRecord& record, int count) {
        for (int i = 0; i < count; ++i)
            record.append(test::chain_state(record, record.size(), chains));
    }
    QString readout() const { return stage.bar()->findChild<QLabel*>(QStringLiteral("readout"))->text(); }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    DenoiseStage stage;
};

} // namespace

class DenoiseStageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void withoutAModelItSaysWhatToDo() {
        Bench bench(false);
        auto* train = bench.stage.findChild<QPushButton*>(QStringLiteral("goToTrain"));
        QVERIFY(train && train->isVisible());
        QVERIFY(!bench.stage.panes()->isVisible());
        QVERIFY(!bench.stage.form()->sampleButton()->isEnabled());
        QVERIFY(!bench.stage.bar()->playButton()->isEnabled());
        QVERIFY(!bench.stage.canExport());
        QSignalSpy wanted(&bench.stage, &Stage::stageRequested);
        bench.click(train);
        QCOMPARE(wanted.takeFirst().at(0).toInt(), 1);
        bench.tell(test::model_changed());
        QTRY_VERIFY(bench.stage.panes()->isVisible());
        QVERIFY(!train->isVisible());
    }

    void anOpenedModelIsSampledOnceOnItsOwn() {
        Bench bench(false);
        auto model = test::model_changed();
        model.live = false;
        bench.tell(model);
        QTRY_COMPARE(bench.engine.count<StartChain>(), 1);
        bench.tell(model);
        QCOMPARE(bench.engine.count<StartChain>(), 1);
        // Another one takes its place, although there is a chain on screen.
        bench.tell(ChainChanged{ChainPhase::finished, test::chain_record(chains, steps, T)});
        model.folder = "/models/another";
        bench.tell(model);
        QTRY_COMPARE(bench.engine.count<StartChain>(), 2);
        bench.tell(model);
        QCOMPARE(bench.engine.count<StartChain>(), 2);
    }

    void anOpenedRunIsSampledOnceOnItsOwn() {
        Bench bench(false);
        bench.tell(TrainingStateChanged{TrainingState::paused, 2000, 5000});
        bench.tell(test::model_changed());
        QTRY_COMPARE(bench.engine.count<StartChain>(), 1);
    }

    void anUntrainedRunIsNot() {
        Bench bench(false);
        bench.tell(TrainingStateChanged{TrainingState::paused, 0, 5000});
        bench.tell(test::model_changed(0, DataKind::mnist, T));
        QTest::qWait(30);
        QCOMPARE(bench.engine.count<StartChain>(), 0);
    }

    void aModelInTrainingWaitsForTheUser() {
        Bench bench;
        QTest::qWait(30);
        QCOMPARE(bench.engine.count<StartChain>(), 0);
        // No step: it is heard of with every checkpoint only, and the run goes on.
        QVERIFY(bench.stage.form()->modelLabel()->text().contains(QStringLiteral("EMA")));
        QVERIFY(!bench.stage.form()->modelLabel()->text().contains(QStringLiteral("000")));
    }

    void classesAreAskedForWhereTheModelHasThem() {
        Bench bench;
        QVERIFY(!bench.stage.form()->classBox()->isVisible());
        QVERIFY(!bench.stage.form()->guidanceBox()->isVisible());
        auto model = test::model_changed(2000, DataKind::mnist, T);
        model.settings.model.unet.num_class_embeds = 11;
        bench.tell(model);
        QVERIFY(bench.stage.form()->classBox()->isVisible());
        QCOMPARE(bench.stage.form()->classBox()->count(), 11); // each in turn, and ten digits
        QCOMPARE(bench.stage.form()->settings().label, -1);
        bench.stage.form()->classBox()->setCurrentIndex(8);
        bench.stage.form()->guidanceBox()->setValue(3.5);
        bench.click(bench.stage.form()->sampleButton());
        const auto command = bench.engine.last<StartChain>();
        QVERIFY(command && command->settings.label == 7 && command->settings.guidance == 3.5);
        bench.tell(test::model_changed(2000, DataKind::mnist, T)); // one without classes again
        QVERIFY(!bench.stage.form()->classBox()->isVisible());
        QCOMPARE(bench.stage.form()->settings().label, -1);
        QCOMPARE(bench.stage.form()->settings().guidance, 1.0);
    }

    void everySamplerHasItsUsualNumberOfSteps() {
        Bench bench;
        auto* form = bench.stage.form();
        const auto choose = [&](Sampler sampler) {
            form->samplerBox()->setCurrentIndex(form->samplerBox()->findData(static_cast<int>(sampler)));
            Q_EMIT form->samplerBox()->activated(form->samplerBox()->currentIndex());
        };
        QCOMPARE(form->settings().steps, T);
        choose(Sampler::dpmpp_2m);
        QCOMPARE(form->settings().steps, 20);
        QVERIFY(form->settings().sampler == Sampler::dpmpp_2m);
        QVERIFY(!form->etaBox()->isVisible() && !form->varianceBox()->isVisible());
        choose(Sampler::ddim);
        QCOMPARE(form->settings().steps, 50);
        form->stepsBox()->setValue(77); // what the user chose stays
        choose(Sampler::heun);
        QCOMPARE(form->settings().steps, 77);
    }

    void theFirstLookIsQuick() {
        Bench bench(false);
        auto model = test::model_changed(2000, DataKind::mnist, T);
        model.live = false;
        bench.tell(model);
        QTRY_COMPARE(bench.engine.count<StartChain>(), 1);
        const auto command = bench.engine.last<StartChain>();
        QVERIFY(command->settings.sampler == Sampler::ddim && command->settings.steps == 50);
    }

    void aChainIsTakenAwayAsAFilm() {
        Bench bench;
        QTemporaryDir folder;
        bench.start(steps + 1, ChainPhase::finished);
        const QList<QAction*> actions = bench.stage.exportActions();
        QCOMPARE(actions.size(), 3);
        actions[1]->trigger();
        auto* dialog = bench.stage.findChild<QDialog*>(QStringLiteral("exportChainDialog"));
        QVERIFY(dialog);
        const auto box = [&](const char* name) { return dialog->findChild<QComboBox*>(QLatin1String(name)); };
        auto* file = dialog->findChild<QLineEdit*>(QStringLiteral("file"));
        auto* accept = dialog->findChild<QPushButton*>(QStringLiteral("accept"));
        QVERIFY(file->text().endsWith(QStringLiteral(".mp4")));
        file->setText(folder.filePath(QStringLiteral("chain.mp4")));
        QVERIFY(accept->isEnabled());
        box("format")->setCurrentIndex(1);
        QCOMPARE(file->text(), folder.filePath(QStringLiteral("chain.gif"))); // the name follows the format
        box("format")->setCurrentIndex(3);
        QCOMPARE(file->text(), folder.filePath(QStringLiteral("chain")));
        QVERIFY(!dialog->findChild<QDoubleSpinBox*>(QStringLiteral("seconds"))->isVisible());
        box("format")->setCurrentIndex(1);
        box("part")->setCurrentIndex(1);
        box("which")->setCurrentIndex(1);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("seconds"))->setValue(3);
        dialog->findChild<QSpinBox*>(QStringLiteral("scale"))->setValue(32);
        QVERIFY(accept->isEnabled());
        file->setText(folder.filePath(QStringLiteral("none/chain.gif")));
        QVERIFY(!accept->isEnabled());
        file->setText(folder.filePath(QStringLiteral("chain.gif")));
        bench.click(accept);
        const auto command = bench.engine.last<ExportChain>();
        QVERIFY(command && command->shape == ExportChain::Shape::film);
        QVERIFY(command->part == ExportChain::Part::x0_hat && command->chain == 0 && command->seconds == 3);
        QCOMPARE(QString::fromStdString(command->file.string()),
                 folder.filePath(QStringLiteral("chain.gif")));
        // It can be followed and cancelled.
        bench.tell(ExportProgress{command->file, 0.1});
        auto* progress = bench.stage.findChild<QProgressDialog*>(QStringLiteral("exportProgress"));
        QVERIFY(progress);
        QTest::qWait(350);
        bench.tell(ExportProgress{command->file, 0.2});
        QTRY_VERIFY(progress->isVisible());
        QCOMPARE(progress->value(), 20);
        bench.click(progress->findChild<QPushButton*>());
        QCOMPARE(bench.engine.count<CancelExport>(), 1);
        bench.tell(ExportProgress{.file = command->file, .cancelled = true});
        QTRY_VERIFY(!bench.stage.findChild<QProgressDialog*>(QStringLiteral("exportProgress")));
    }

    void thePictureCanBeCopied() {
        Bench bench;
        bench.start(steps + 1, ChainPhase::finished);
        QGuiApplication::clipboard()->clear();
        bench.stage.exportActions()[2]->trigger();
        const QImage copied = QGuiApplication::clipboard()->image();
        QVERIFY(!copied.isNull());
        QCOMPARE(copied.size(), bench.stage.panes()->grid(0)->size() * copied.devicePixelRatio());
    }

    void theFormBecomesTheCommand() {
        Bench bench;
        SamplingForm* form = bench.stage.form();
        QCOMPARE(form->stepsBox()->value(), T);
        QVERIFY(form->varianceBox()->isVisible() && !form->etaBox()->isVisible());
        QVERIFY(!form->spacingBox()->isEnabled()); // all steps: nothing to spread
        form->samplerBox()->setFocus();
        QTest::keyClick(form->samplerBox(), Qt::Key_Down);
        QVERIFY(!form->varianceBox()->isVisible() && form->etaBox()->isVisible());
        QCOMPARE(form->stepsBox()->value(), 50); // what is usual for it
        QTest::keyClick(form->samplerBox(), Qt::Key_Up);
        QCOMPARE(form->stepsBox()->value(), T);
        form->stepsBox()->setValue(25);
        QTest::keyClick(form->samplerBox(), Qt::Key_Down);
        QCOMPARE(form->stepsBox()->value(), 25); // what the user chose stays
        QVERIFY(form->spacingBox()->isEnabled());
        form->spacingBox()->setCurrentIndex(2);
        form->etaBox()->setValue(0.5);
        bench.click(form->clipBox());
        form->countBox()->setValue(9);
        const int before = form->seedBox()->value();
        bench.click(form->randomSeedButton());
        QVERIFY(form->seedBox()->value() != before);
        form->seedBox()->setValue(7);
        bench.click(form->sampleButton());
        const auto command = bench.engine.last<StartChain>();
        QVERIFY(command && !command->paused);
        SamplingSettings wanted;
        wanted.sampler = Sampler::ddim;
        wanted.steps = 25;
        wanted.spacing = Spacing::trailing;
        wanted.eta = 0.5;
        wanted.clip = !wanted.clip;
        wanted.count = 9;
        wanted.seed = 7;
        QVERIFY(command->settings == wanted);
    }

    void impossibleSettingsAreSaid() {
        Bench bench;
        SamplingForm* form = bench.stage.form();
        QVERIFY(!form->problemLabel()->isVisible());
        form->stepsBox()->setValue(T + 1);
        QVERIFY(form->problemLabel()->isVisible() && !form->problemLabel()->text().isEmpty());
        QVERIFY(!form->sampleButton()->isEnabled());
        bench.stage.sample();
        QCOMPARE(bench.engine.count<StartChain>(), 0);
        form->stepsBox()->setValue(T);
        QVERIFY(!form->problemLabel()->isVisible() && form->sampleButton()->isEnabled());
    }

    void aLiveModelDoesNotUndoWhatTheUserChose() {
        Bench bench;
        bench.stage.form()->countBox()->setValue(25);
        bench.stage.form()->stepsBox()->setValue(100);
        bench.tell(test::model_changed(3000, DataKind::mnist, T));
        QCOMPARE(bench.stage.form()->countBox()->value(), 25);
        QCOMPARE(bench.stage.form()->stepsBox()->value(), 100);
        bench.tell(test::model_changed(10, DataKind::two_moons, 200));
        QCOMPARE(bench.stage.form()->countBox()->value(), 2000);
    }

    void chainButtonsFollowThePhase() {
        Bench bench;
        SamplingForm* form = bench.stage.form();
        QVERIFY(!form->pauseButton()->isEnabled() && !form->stopButton()->isEnabled());
        auto record = bench.start(5, ChainPhase::running);
        bench.click(form->pauseButton());
        QCOMPARE(bench.engine.count<PauseChain>(), 1);
        bench.tell(ChainChanged{ChainPhase::paused, record});
        bench.click(form->pauseButton());
        QCOMPARE(bench.engine.count<ResumeChain>(), 1);
        bench.click(form->stopButton());
        QCOMPARE(bench.engine.count<StopChain>(), 1);
        bench.tell(ChainChanged{ChainPhase::finished, record});
        QVERIFY(!form->pauseButton()->isEnabled() && !form->stopButton()->isEnabled());
    }

    void theNewestIsFollowedUntilTheUserLooksBack() {
        Bench bench;
        auto record = bench.start(5, ChainPhase::running);
        QTRY_COMPARE(bench.stage.stateIndex(), 4);
        bench.grow(*record, 10);
        QTRY_COMPARE(bench.stage.stateIndex(), 14);
        QVERIFY(bench.stage.bar()->playing());

        Timeline* line = bench.stage.bar()->timeline();
        QTest::mousePress(line, Qt::LeftButton, {}, {line->xOf(6), line->height() / 2});
        QCOMPARE(bench.stage.stateIndex(), 6);
        bench.grow(*record, 10); // while the mouse is down
        QTRY_COMPARE(line->available(), 24);
        QCOMPARE(bench.stage.stateIndex(), 6);
        QTest::mouseMove(line, {line->xOf(20), line->height() / 2}); // forwards, into what has just come
        QCOMPARE(bench.stage.stateIndex(), 20);
        QTest::mouseMove(line, {line->xOf(3), line->height() / 2}); // and back
        QTest::mouseRelease(line, Qt::LeftButton, {}, {line->xOf(3), line->height() / 2});
        QCOMPARE(bench.stage.stateIndex(), 3);
        QVERIFY(!bench.stage.bar()->playing());
        QCOMPARE(bench.readout(), QStringLiteral("t = %1").arg(record->state(3)->t));

        bench.click(bench.stage.bar()->endButton());
        QCOMPARE(bench.stage.stateIndex(), 24);
        bench.grow(*record, 5);
        QTRY_COMPARE(bench.stage.stateIndex(), 29);
        QCOMPARE(bench.engine.count<PauseChain>(), 0);
    }

    void aNewChainIsFollowedFromItsFirstState() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        bench.stage.goToStart();
        auto record = bench.start(0, ChainPhase::running);
        QCOMPARE(bench.stage.stateIndex(), 0);
        QVERIFY(!bench.stage.canExport());
        bench.grow(*record, 1);
        QTRY_COMPARE(bench.readout(), QStringLiteral("t = 1000"));
        QCOMPARE(bench.stage.panes()->grid(0)->count(), chains);
        QVERIFY(bench.stage.canExport());
        bench.grow(*record, 3);
        QTRY_COMPARE(bench.stage.stateIndex(), 3);
    }

    void pauseAndStepDriveTheEngineAtTheNewestState() {
        Bench bench;
        auto record = bench.start(8, ChainPhase::running);
        QTRY_COMPARE(bench.stage.stateIndex(), 7);
        bench.click(bench.stage.bar()->playButton()); // it shows pause: what is followed pauses
        QCOMPARE(bench.engine.count<PauseChain>(), 1);
        bench.tell(ChainChanged{ChainPhase::paused, record});
        QVERIFY(!bench.stage.bar()->playing());

        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.engine.count<StepChain>(), 1);
        bench.grow(*record, 1);
        QTRY_COMPARE(bench.stage.stateIndex(), 8);

        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.stage.stateIndex(), 7);
        bench.click(bench.stage.bar()->forwardButton()); // recorded already: the engine is not asked
        QCOMPARE(bench.stage.stateIndex(), 8);
        QCOMPARE(bench.engine.count<StepChain>(), 1);

        bench.click(bench.stage.bar()->playButton());
        QCOMPARE(bench.engine.count<ResumeChain>(), 1);
    }

    void steppingPastTheNewestOfARunningChainWaits() {
        Bench bench;
        bench.start(8, ChainPhase::running);
        QTRY_COMPARE(bench.stage.stateIndex(), 7);
        bench.stage.stepForward();
        QCOMPARE(bench.engine.count<StepChain>(), 0);
        QVERIFY(!bench.stage.bar()->forwardButton()->isEnabled());
    }

    void playingReplaysWhatIsRecorded() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        QCOMPARE(bench.stage.stateIndex(), steps);
        bench.stage.bar()->speedBox()->setCurrentIndex(3); // 2×: far from the end when it is held
        bench.stage.playPause();                           // from the end: from the start again
        QVERIFY(bench.stage.stateIndex() < steps);
        QVERIFY(bench.stage.bar()->playing());
        QTRY_VERIFY(bench.stage.stateIndex() > 10);
        bench.stage.playPause();
        const int held = bench.stage.stateIndex();
        QTest::qWait(120);
        QCOMPARE(bench.stage.stateIndex(), held);
        bench.stage.bar()->speedBox()->setCurrentIndex(6); // 16×
        bench.stage.playPause();
        QTRY_COMPARE(bench.stage.stateIndex(), steps);
        QTRY_VERIFY(!bench.stage.bar()->playing());
        QCOMPARE(bench.engine.count<StartChain>() + bench.engine.count<ResumeChain>(), 0);
    }

    void replayOfAGrowingChainCatchesUpAndFollows() {
        Bench bench;
        auto record = bench.start(20, ChainPhase::running);
        bench.stage.bar()->speedBox()->setCurrentIndex(5);
        bench.stage.goToStart();
        QCOMPARE(bench.stage.stateIndex(), 0);
        bench.stage.playPause();
        QTRY_COMPARE(bench.stage.stateIndex(), 19);
        bench.grow(*record, 4);
        QTRY_COMPARE(bench.stage.stateIndex(), 23);
    }

    void filmstripJumps() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        Filmstrip* strip = bench.stage.filmstrip();
        const auto at = strip->positions();
        QVERIFY(at.size() >= 4);
        QTest::mouseClick(strip, Qt::LeftButton, {}, strip->thumbnailRect(1).center());
        QCOMPARE(bench.stage.stateIndex(), at[1]);
    }

    void selectionIsSharedByThePanes() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        bench.stage.goToStart();
        PictureGrid* middle = bench.stage.panes()->grid(1);
        QTest::mouseClick(middle, Qt::LeftButton, {}, middle->pictureRect(2).center());
        for (int pane = 0; pane < 3; ++pane)
            QCOMPARE(bench.stage.panes()->grid(pane)->selected(), 2);
        QTest::mouseDClick(middle, Qt::LeftButton, {}, middle->pictureRect(2).center());
        QCOMPARE(bench.stage.panes()->grid(0)->count(), 1); // one chain, large
        QTest::mouseDClick(middle, Qt::LeftButton, {}, middle->pictureRect(0).center());
        QCOMPARE(bench.stage.panes()->grid(0)->count(), chains);
        QCOMPARE(bench.stage.panes()->selected(), 2);
    }

    void theLineOfTheAlgorithmIsLit() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        bench.stage.goToStart();
        QCOMPARE(bench.stage.algorithm()->litLine(), 1);
        bench.stage.stepForward();
        QCOMPARE(bench.stage.algorithm()->litLine(), 3);
        bench.stage.goToEnd();
        QCOMPARE(bench.readout(), QStringLiteral("t = 0"));
        QCOMPARE(bench.stage.algorithm()->litLine(), 4);
        QCOMPARE(bench.stage.panes()->grid(2)->count(), 0); // no noise is left
    }

    /// eq. 7, eq. 12 of Song et al., written out anew from the table.
    void stepNumbersAreThePapers_data() {
        QTest::addColumn<int>("steps");
        QTest::addColumn<int>("t");
        QTest::addColumn<int>("previous");
        QTest::addRow("every step") << 1000 << 420 << 419;
        QTest::addRow("last step") << 1000 << 1 << 0;
        QTest::addRow("fifty steps") << 50 << 421 << 401;
        QTest::addRow("last of fifty") << 50 << 1 << 0;
    }
    void stepNumbersAreThePapers() {
        QFETCH(int, steps);
        QFETCH(int, t);
        QFETCH(int, previous);
        const ScheduleTable table = test::cosine_schedule(1000);
        SamplingSettings settings;
        settings.steps = steps;
        ChainState state;
        state.t = t;
        state.sigma = 0.05;
        const StepNumbers n = stepNumbers(table, settings, state);
        QCOMPARE(n.previous, previous);
        double alpha = 1; // the product over what the step skips
        for (int s = previous + 1; s <= t; ++s)
            alpha *= 1 - table.beta[static_cast<std::size_t>(s - 1)];
        QVERIFY(std::abs(n.alpha - alpha) < 1e-12);
        // A noiseless x_t = sqrt(abar) x0 steps to sqrt(abar_prev) x0 when the guess is right.
        const double x0 = 0.7, x = std::sqrt(n.alphaBar) * x0;
        QVERIFY(std::abs(n.predictedShare * x0 + n.presentShare * x - std::sqrt(n.alphaBarPrevious) * x0) <
                1e-12);
        // DDIM keeps the variance: direction² + sigma² is what is missing to one.
        if (previous > 0)
            QVERIFY(std::abs(n.direction * n.direction + 0.0025 - (1 - n.alphaBarPrevious)) < 1e-12);
    }

    void pointsShowParticlesAndTheirPaths() {
        Bench bench(false);
        bench.tell(test::model_changed(100, DataKind::two_moons, T));
        bench.start(-1, ChainPhase::finished, true);
        bench.stage.goToStart();
        bench.stage.stepForward();
        PointCloudView* cloud = bench.stage.panes()->cloud(0);
        QTRY_VERIFY(cloud->isVisible());
        QVERIFY(!bench.stage.panes()->grid(0)->isVisible());
        QCOMPARE(cloud->count(), 600);
        QVERIFY(!cloud->grab().isNull());
        QVERIFY(bench.stage.canExport());
    }

    void athinnedRecordSaysSo() {
        Bench bench;
        SamplingSettings settings;
        settings.count = chains;
        settings.steps = steps;
        auto record = std::make_shared<ChainRecord>(3, settings, test::cosine_schedule(T), steps / 2 + 1, 2);
        bench.tell(ChainChanged{ChainPhase::running, record});
        bool said = false;
        for (const QLabel* label : bench.stage.form()->findChildren<QLabel*>())
            said = said || (label->isVisible() && label->text().contains(QStringLiteral("2")) &&
                            label->text().contains(QStringLiteral("memory")));
        QVERIFY(said);
    }

    void keysOfTheWindowReachTheStage() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        bench.stage.goToStart();
        bench.stage.stepForward();
        bench.stage.stepForward();
        bench.stage.stepBack();
        QCOMPARE(bench.stage.stateIndex(), 1);
        bench.stage.stepBack();
        bench.stage.stepBack(); // there is nothing before the noise
        QCOMPARE(bench.stage.stateIndex(), 0);
    }

    void exportIsOfTheStateOnScreen() {
        Bench bench;
        bench.start(-1, ChainPhase::finished);
        bench.stage.goToStart();
        bench.stage.stepForward();
        bench.stage.exportDialog();
        auto* dialog = bench.stage.findChild<ExportGridDialog*>();
        QVERIFY(dialog);
        dialog->accept();
        const auto command = bench.engine.last<ExportGrid>();
        QVERIFY(command);
        QCOMPARE(command->state, 1);
        QVERIFY(command->source == ExportGrid::Source::chain_x);
        QVERIFY(command->file.string().ends_with(".png"));
    }

    void spaceWithoutAChainSamples() {
        Bench bench;
        bench.stage.playPause();
        QCOMPARE(bench.engine.count<StartChain>(), 1);
    }
};

QTEST_MAIN(DenoiseStageTest)
#include "denoise_stage_test.moc"
