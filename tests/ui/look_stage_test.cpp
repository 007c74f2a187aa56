// Looking closely on the Denoise stage: pixels over t, how values are spread, and steps phase by phase.
#include "bridge/engine_bridge.h"
#include "stages/denoise/algorithm_card.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/phase_stepper.h"
#include "stages/denoise/pixel_page.h"
#include "stages/denoise/state_card.h"
#include "stages/denoise/values_page.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/filmstrip.h"
#include "views/histogram_view.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"
#include "views/transport_bar.h"
#include "window/main_window.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTemporaryDir>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int steps = 50, T = 1000, chains = 4, side = 28;

struct Bench {
    explicit Bench(bool points = false) : stage(bridge) {
        stage.resize(960, 680);
        stage.show();
        stage.transport()->resize(960, 56);
        stage.transport()->move(0, 700);
        stage.transport()->show();
        stage.inspector()->move(2000, 0); // the window would take it
        tell(TrainingStateChanged{TrainingState::running, 2000, 5000});
        tell(test::model_changed(2000, points ? DataKind::two_moons : DataKind::mnist, T));
    }

    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    std::shared_ptr<ChainRecord> start(int recorded = -1, ChainPhase phase = ChainPhase::finished,
                                       bool points = false) {
        auto record = test::chain_record(chains, steps, T, points, recorded);
        tell(ChainChanged{phase, record});
        return record;
    }
    /// A chain whose states differ by sampler, clipping or stride only in what the record says.
    std::shared_ptr<ChainRecord> startWith(SamplingSettings settings, int stride = 1) {
        const auto like = test::chain_record(chains, steps, T);
        settings.count = chains;
        settings.steps = steps;
        auto record =
            std::make_shared<ChainRecord>(2, settings, like->schedule(), steps / stride + 1, stride);
        for (int i = 0; i <= steps; i += stride)
            record->append(like->state(i));
        record->finish();
        tell(ChainChanged{ChainPhase::finished, record});
        return record;
    }
    void go(int position) { Q_EMIT stage.bar()->positionRequested(position); }
    void byPhase() { stage.bar()->stepBox()->setCurrentIndex(1); }
    PictureGrid* grid(int pane) const { return stage.panes()->grid(pane); }
    QPoint pixel(PixelPlace place) const { return grid(0)->pixelRect(place).center().toPoint(); }
    QString readout() const { return stage.bar()->findChild<QLabel*>(QStringLiteral("readout"))->text(); }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    DenoiseStage stage;
};

std::size_t offset(int chain, int row, int column) {
    return static_cast<std::size_t>((chain * side + row) * side + column);
}

double number(QString text) {
    return text.replace(QChar(0x2212), QLatin1Char('-')).toDouble();
}

} // namespace

class LookStageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void thePapersNumberIsItsOwnSamplers() {
        Bench bench;
        const auto titles = [&] {
            QStringList words;
            for (const QToolButton* tab : bench.stage.findChildren<QToolButton*>())
                if (tab->property("role") == QStringLiteral("tab")) words << tab->text();
            return words;
        };
        SamplingSettings settings;
        settings.sampler = Sampler::ddim;
        bench.startWith(settings);
        QCOMPARE(titles().first(), QStringLiteral("Algorithm"));
        settings.sampler = Sampler::ancestral;
        bench.startWith(settings);
        QCOMPARE(titles().first(), QStringLiteral("Algorithm 2"));
    }

    void aPixelIsRingedAndReadOutInEveryPane() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        const QString words = bench.stage.panes()->caption(0)->words();
        QTest::mouseMove(bench.grid(0), bench.pixel({2, 9, 14}));
        const auto state = record->state(30);
        for (int pane = 0; pane < 3; ++pane) {
            QCOMPARE(bench.grid(pane)->pointed(), std::optional(PixelPlace{2, 9, 14}));
            const double value = number(bench.stage.panes()->caption(pane)->words());
            const auto part = static_cast<ChainPart>(pane);
            QVERIFY(std::abs(value - static_cast<double>(state->value(part, offset(2, 9, 14)))) < 6e-5);
        }
        QTest::mouseMove(bench.grid(0), {bench.grid(0)->width() / 2, bench.grid(0)->height() - 1});
        QVERIFY(!bench.grid(1)->pointed());
        QCOMPARE(bench.stage.panes()->caption(0)->words(), words);
    }

    void aClickPinsAndThePageFollowsItOverT() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        bench.click(bench.stage.card()->tab(StateCard::pixelPage));
        PixelPage* page = bench.stage.card()->pixel();
        QVERIFY(page->isVisible() && page->title().isEmpty()); // it says how to choose one
        int column = 0;                                        // of a pixel that begins far out
        while (record->state(0)->x[offset(3, 13, column)] < 1.2F)
            QVERIFY(++column < side);
        QTest::mouseClick(bench.grid(1), Qt::LeftButton, {}, bench.pixel({3, 13, column}));
        QCOMPARE(bench.stage.panes()->selected(), 3);
        QVERIFY(page->title().contains(QStringLiteral("Chain 4 of 4")));
        QVERIFY(page->title().contains(QStringLiteral("row 14, column %1").arg(column + 1)));
        for (int pane = 0; pane < 3; ++pane) {
            QCOMPARE(bench.grid(pane)->pinned(), std::optional(PixelPlace{3, 13, column}));
            const auto part = static_cast<ChainPart>(pane);
            QVERIFY(std::abs(number(page->value(pane, 0)) - static_cast<double>(record->state(30)->value(
                                                                part, offset(3, 13, column)))) < 6e-5);
            const std::vector<double>& curve =
                page->curves()->curves()[static_cast<std::size_t>(pane)].values;
            QCOMPARE(static_cast<int>(curve.size()), pane == 2 ? steps : steps + 1); // no ε at t = 0
            for (int i = 0; i < static_cast<int>(curve.size()); ++i)
                QCOMPARE(curve[static_cast<std::size_t>(i)],
                         static_cast<double>(record->state(i)->value(part, offset(3, 13, column))));
        }
        // Values outside [-1, 1] are shown as they are.
        QVERIFY(page->curves()->curves()[0].values[0] > 1.2);
        QCOMPARE(page->curves()->cursorPosition(), 30);
        // Taken away, they stand beside their t.
        const std::vector<NumberColumn> numbers = page->curves()->numbers();
        QCOMPARE(numbers.size(), 4U);
        QCOMPARE(numbers[0].name, std::string("t"));
        QCOMPARE(numbers[1].name, std::string("x_t"));
        QVERIFY(numbers[0].values[30] == 400.0 &&
                numbers[2].values[30] == page->curves()->curves()[1].values[30]);
        QVERIFY(page->curves()->plotDescription().contains(QStringLiteral("1000 to 0")));
        bench.stage.stepForward();
        QCOMPARE(page->curves()->cursorPosition(), 31);

        // A click on the curve goes there.
        CurveView* curves = page->curves();
        QTest::mouseClick(curves, Qt::LeftButton, {},
                          {static_cast<int>(curves->xOf(12)), curves->height() / 2});
        QCOMPARE(bench.stage.stateIndex(), 12);
    }

    void thePinFollowsTheSelectedChain() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        bench.click(bench.stage.card()->tab(StateCard::pixelPage));
        PixelPage* page = bench.stage.card()->pixel();
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({0, 13, 12}));
        QTest::keyClick(bench.grid(0), Qt::Key_Right);
        QCOMPARE(bench.grid(2)->pinned(), std::optional(PixelPlace{1, 13, 12}));
        QVERIFY(std::abs(number(page->value(0, 0)) -
                         static_cast<double>(record->state(30)->x[offset(1, 13, 12)])) < 6e-5);
        // The same pixel of another chain is another pixel: it stays pinned, there.
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({3, 13, 12}));
        QVERIFY(bench.stage.panes()->pinned());
        QCOMPARE(bench.stage.panes()->selected(), 3);
        // Once more on the very same lets go of it.
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({3, 13, 12}));
        QVERIFY(!bench.stage.panes()->pinned());
        QTest::keyClick(bench.grid(0), Qt::Key_Up, Qt::ShiftModifier);
        QTest::keyClick(bench.grid(0), Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(bench.stage.panes()->pinned());
        QVERIFY(page->unpinButton()->isVisible());
        bench.click(page->unpinButton());
        QVERIFY(!bench.stage.panes()->pinned() && !page->unpinButton()->isVisible());
    }

    void curvesGrowWithTheChain() {
        Bench bench;
        auto record = bench.start(20, ChainPhase::running);
        bench.click(bench.stage.card()->tab(StateCard::pixelPage));
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({1, 5, 5}));
        const auto drawn = [&] { return bench.stage.card()->pixel()->curves()->curves()[0].values.size(); };
        QCOMPARE(drawn(), 20U);
        bench.go(3); // looking back; the chain goes on
        for (int i = 0; i < 5; ++i)
            record->append(test::chain_state(*record, record->size(), chains));
        QTRY_COMPARE(drawn(), 25U);
        QCOMPARE(bench.stage.stateIndex(), 3);
    }

    void particlesHaveTwoCoordinates() {
        Bench bench(true);
        const auto record = bench.start(-1, ChainPhase::finished, true);
        bench.go(30);
        PixelPage* page = bench.stage.card()->pixel();
        bench.click(bench.stage.card()->tab(StateCard::pixelPage));
        QVERIFY(bench.stage.card()->tab(StateCard::pixelPage)->text() == QStringLiteral("Particle"));
        PointCloudView* belief = bench.stage.panes()->cloud(1);
        QTest::mouseClick(
            belief, Qt::LeftButton, {},
            belief
                ->toWidget({static_cast<double>(record->state(30)->value(ChainPart::x0_hat, 14)),
                            static_cast<double>(record->state(30)->value(ChainPart::x0_hat, 15))})
                .toPoint());
        const int particle = bench.stage.panes()->selected();
        QVERIFY(particle > 0);
        for (int pane = 0; pane < 3; ++pane)
            QCOMPARE(bench.stage.panes()->cloud(pane)->selected(), particle);
        const auto k = static_cast<std::size_t>(particle) * 2;
        QVERIFY(std::abs(number(page->value(0, 0)) - static_cast<double>(record->state(30)->x[k])) < 6e-5);
        QVERIFY(std::abs(number(page->value(0, 1)) - static_cast<double>(record->state(30)->x[k + 1])) <
                6e-5);
        QVERIFY(page->channelBox()->isVisible());
        page->channelBox()->setCurrentIndex(1);
        QCOMPARE(page->curves()->curves()[0].values[30], static_cast<double>(record->state(30)->x[k + 1]));
        QVERIFY(bench.stage.panes()->cloud(0)->accessibleDescription().contains(
            QStringLiteral("particle %1 of 600").arg(particle + 1)));
    }

    void valuesAreThoseOfTheChainOrOfAll() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        bench.click(bench.stage.card()->tab(StateCard::valuesPage));
        ValuesPage* page = bench.stage.card()->values();
        const auto mean = [&](int first, int count) {
            double sum = 0;
            for (std::size_t i = offset(first, 0, 0); i < offset(first + count, 0, 0); ++i)
                sum += static_cast<double>(record->state(30)->x[i]);
            return sum / (count * side * side);
        };
        QTest::keyClick(bench.grid(0), Qt::Key_Right);
        QVERIFY(std::abs(page->histogram()->mean(0) - mean(1, 1)) < 1e-6);
        bench.click(page->allButton());
        QVERIFY(std::abs(page->histogram()->mean(0) - mean(0, chains)) < 1e-6);
        QVERIFY(std::abs(mean(1, 1) - mean(0, chains)) > 1e-3);
        // The cursor is at T − t, as the timeline runs; a click goes to the nearest state there is.
        QCOMPARE(page->snr()->cursorPosition(), T - record->state(30)->t);
        QTest::mouseClick(page->snr(), Qt::LeftButton, {},
                          {static_cast<int>(page->snr()->xOf(T - 207)), page->snr()->height() / 2});
        QCOMPARE(record->state(bench.stage.stateIndex())->t, 200);
        QCOMPARE(page->snr()->cursorPosition(), T - 200);
        bench.click(bench.stage.card()->tab(StateCard::algorithmPage));
        QVERIFY(!page->isVisible() && !page->allButton()->isVisible());
    }

    void whatIsChosenIsSaidToThoseWhoDoNotSeeIt() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        QTest::keyClick(bench.grid(1), Qt::Key_Right);
        for (int pane = 0; pane < 3; ++pane) {
            QCOMPARE(bench.grid(pane)->selected(), 1);
            QCOMPARE(bench.grid(pane)->accessibleDescription(),
                     QStringLiteral("chain 2 of 4, t = %1").arg(record->state(30)->t));
        }
        QTest::mouseMove(bench.grid(0), bench.pixel({2, 9, 14}));
        QVERIFY(
            bench.grid(2)->accessibleDescription().contains(QStringLiteral("row 10, column 15 of chain 3")));
    }

    void oneChainLargeCanBeLeftForItsNeighbour() {
        Bench bench;
        const auto record = bench.start();
        bench.go(40);
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({2, 9, 14}));
        QTest::mouseDClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({2, 9, 14}));
        QCOMPARE(bench.grid(0)->count(), 1);
        QCOMPARE(bench.grid(0)->pinned(), std::optional(PixelPlace{0, 9, 14}));
        const QImage third = bench.grid(0)->grab().toImage();
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({0, 3, 3})); // still chain 3
        QCOMPARE(bench.stage.panes()->selected(), 2);
        QTest::keyClick(bench.grid(0), Qt::Key_Right);
        QCOMPARE(bench.stage.panes()->selected(), 3);
        QVERIFY(bench.grid(0)->grab().toImage() != third);
        QTest::keyClick(bench.grid(0), Qt::Key_Right); // it is the last one
        QCOMPARE(bench.stage.panes()->selected(), 3);
        QTest::keyClick(bench.grid(0), Qt::Key_Return);
        QCOMPARE(bench.grid(0)->count(), chains);
    }

    void zoomIsSharedAndEscapeUndoesOneThingAtATime() {
        Bench bench;
        bench.start();
        bench.go(30);
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({2, 9, 14}));
        const QPointF at = bench.pixel({2, 9, 14});
        QWheelEvent wheel(at, bench.grid(0)->mapToGlobal(at), {}, {0, 720}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(bench.grid(0), &wheel);
        QVERIFY(bench.stage.panes()->zoom()->factor() > 3);
        QCOMPARE(bench.grid(2)->pixelRect({2, 9, 14}).size(), bench.grid(0)->pixelRect({2, 9, 14}).size());
        bench.go(31); // stays while scrubbing
        QVERIFY(bench.stage.panes()->zoom()->active());
        QVERIFY(bench.stage.escape());
        QVERIFY(!bench.stage.panes()->zoom()->active() && bench.stage.panes()->pinned());
        QVERIFY(bench.stage.escape());
        QVERIFY(!bench.stage.panes()->pinned());
        QVERIFY(!bench.stage.escape()); // the window may have it
    }

    void theKeysReachTheGridInTheWindow() {
        const QTemporaryDir folder;
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        MainWindow window(bridge, options);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.goToStage(MainWindow::denoiseStage);
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, T)});
        engine.emit(Event{ChainChanged{ChainPhase::finished, test::chain_record(chains, steps, T)}});
        QCoreApplication::processEvents();
        auto* stage = window.findChild<DenoiseStage*>();
        PictureGrid* grid = stage->panes()->grid(0);
        grid->setFocus();
        QTest::keyClick(grid, Qt::Key_Plus);
        QVERIFY(stage->panes()->zoom()->active());
        QTest::keyClick(grid, Qt::Key_Right);
        QCOMPARE(stage->panes()->selected(), 1);
        QTest::keyClick(grid, Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(grid, Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(stage->panes()->pinned());
        // A presenter's clicker goes phase by phase, whatever has the focus.
        stage->bar()->stepBox()->setCurrentIndex(1);
        stage->goToStart();
        QTest::keyClick(grid, Qt::Key_PageDown);
        QTest::keyClick(grid, Qt::Key_PageDown);
        QVERIFY(stage->panes()->shown().phase == StepPhase::x0_hat);
        QTest::keyClick(grid, Qt::Key_PageUp);
        QVERIFY(stage->panes()->shown().phase == StepPhase::epsilon);
        QTest::keyClick(grid, Qt::Key_Escape);
        QVERIFY(!stage->panes()->zoom()->active() && grid->hasFocus());
        QTest::keyClick(grid, Qt::Key_Escape);
        QVERIFY(!stage->panes()->pinned());
        QTest::keyClick(grid, Qt::Key_Escape);
        QVERIFY(stage->hasFocus());
        QTest::keyClick(stage, Qt::Key_Right);
        QVERIFY(stage->panes()->shown().phase == StepPhase::x0_hat);
    }

    // Phases
    // ---------------------------------------------------------------------------------------------------

    void aStepIsTakenApart() {
        Bench bench;
        const auto record = bench.start();
        bench.go(30);
        bench.byPhase();
        const QString t = QStringLiteral("t = 400");
        QCOMPARE(bench.readout(), t);
        const auto lit = [&] { return bench.stage.algorithm()->litLine(); };
        const auto picture = [&](int pane) { return bench.grid(pane)->grab().toImage(); };
        const QImage x = picture(0);

        bench.stage.stepForward();
        QCOMPARE(bench.readout(), t + QStringLiteral(" · ε"));
        QCOMPARE(lit(), 3);
        QCOMPARE(bench.grid(1)->count(), 0); // the net's belief is not known yet
        QCOMPARE(bench.grid(2)->count(), chains);
        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.readout(), t + QStringLiteral(" · x̂₀"));
        QCOMPARE(lit(), 4);
        QVERIFY(bench.stage.algorithm()->sourceText().contains(QStringLiteral("±1")));
        QCOMPARE(bench.grid(1)->count(), chains);
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), t + QStringLiteral(" · μ"));
        const StepNumbers n = stepNumbers(*record, 30);
        const double mu =
            n.predictedShare * static_cast<double>(record->state(30)->value(ChainPart::x0_hat, 400)) +
            n.presentShare * static_cast<double>(record->state(30)->x[400]);
        QVERIFY(std::abs(static_cast<double>(bench.stage.panes()->shown().layers[0].value(400)) - mu) < 1e-6);
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 400 → 380"));
        const QImage next = picture(0);
        QVERIFY(next != x);
        QCOMPARE(bench.stage.stateIndex(), 30); // the step is not left yet
        bench.stage.stepForward();
        QCOMPARE(bench.stage.stateIndex(), 31);
        QCOMPARE(bench.readout(), QStringLiteral("t = 380 · ε"));
        QCOMPARE(picture(0), next); // what the step made is what the next one begins with

        // And back.
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.stage.stateIndex(), 30);
        QCOMPARE(bench.readout(), QStringLiteral("t = 400 → 380"));
        for (const char* readout : {"t = 400 · μ", "t = 400 · x̂₀", "t = 400 · ε", "t = 420 → 400"}) {
            bench.stage.stepBack();
            QCOMPARE(bench.readout(), QString::fromUtf8(readout));
        }
        // Scrubbing shows whole states, also where a phase was shown before.
        bench.go(10);
        QCOMPARE(bench.readout(), QStringLiteral("t = 800"));
        bench.go(29);
        QCOMPARE(bench.readout(), QStringLiteral("t = 420"));
        bench.stage.stepForward();
        bench.stage.bar()->stepBox()->setCurrentIndex(0);
        QCOMPARE(bench.readout(), QStringLiteral("t = 420"));
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 400"));
    }

    void theEndsOfAChainHavePhasesToo() {
        Bench bench;
        bench.start();
        bench.byPhase();
        bench.stage.goToStart();
        QCOMPARE(bench.stage.algorithm()->litLine(), 1);
        QVERIFY(bench.stage.bar()->backButton()->isEnabled() == false);
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 1000 · ε"));
        QVERIFY(bench.stage.bar()->backButton()->isEnabled());
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.readout(), QStringLiteral("t = 1000"));
        bench.go(steps - 1);
        for (int i = 0; i < 4; ++i)
            bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 20 → 0"));
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 0"));
        QVERIFY(!bench.stage.bar()->forwardButton()->isEnabled());
        bench.stage.stepForward();
        QCOMPARE(bench.stage.stateIndex(), steps);
        bench.stage.stepBack();
        QCOMPARE(bench.readout(), QStringLiteral("t = 20 → 0"));
    }

    void aPhaseThatNeedsTheNextStateAsksForItAndWaits() {
        Bench bench;
        auto record = bench.start(10, ChainPhase::paused);
        bench.byPhase();
        QTRY_COMPARE(bench.stage.stateIndex(), 9);
        for (int i = 0; i < 3; ++i)
            bench.stage.stepForward();
        QCOMPARE(bench.engine.count<StepChain>(), 0);
        QVERIFY(bench.stage.bar()->forwardButton()->isEnabled());
        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.engine.count<StepChain>(), 1);
        QCOMPARE(bench.readout(), QStringLiteral("t = 820 → 800"));
        QCOMPARE(bench.grid(0)->count(), 0); // not made yet, and said so
        record->append(test::chain_state(*record, 10, chains));
        QTRY_COMPARE(bench.grid(0)->count(), chains);
        QCOMPARE(bench.stage.stateIndex(), 9);
        QVERIFY(bench.stage.panes()->shown().layers[0].value(7) == record->state(10)->x[7]);
        bench.stage.stepForward();
        QCOMPARE(bench.readout(), QStringLiteral("t = 800 · ε"));
    }

    void aStepTakenApartStaysOnScreenWhileTheChainGoesOn() {
        Bench bench;
        auto record = bench.start(10, ChainPhase::running);
        bench.byPhase();
        QTRY_COMPARE(bench.stage.stateIndex(), 9);
        bench.stage.stepForward();
        record->append(test::chain_state(*record, 10, chains));
        QTRY_COMPARE(bench.stage.bar()->timeline()->available(), 10);
        QCOMPARE(bench.readout(), QStringLiteral("t = 820 · ε"));
    }

    void solversHaveNoMeanAndNothingIsAddedWithoutSigma() {
        Bench bench;
        SamplingSettings settings;
        settings.sampler = Sampler::dpmpp_2m;
        bench.startWith(settings);
        bench.byPhase();
        bench.go(20);
        QStringList seen;
        for (int i = 0; i < 4; ++i) {
            bench.stage.stepForward();
            seen << bench.readout();
        }
        QCOMPARE(seen, (QStringList{"t = 600 · ε", "t = 600 · x̂₀", "t = 600 → 580", "t = 580 · ε"}));
        bench.stage.stepBack();
        QVERIFY(bench.stage.algorithm()->sourceText().contains(QStringLiteral("The solver's step")));
        QVERIFY(bench.stage.algorithm()->sourceText().contains(QStringLiteral("DPM-Solver++")));
    }

    void aThinnedChainSaysWhyItCannotBeTakenApart() {
        Bench bench;
        bench.byPhase();
        bench.startWith({}, 2);
        QComboBox* box = bench.stage.bar()->stepBox();
        QVERIFY(!box->isEnabled());
        QVERIFY(box->toolTip().contains(QStringLiteral("one state in 2"), Qt::CaseInsensitive));
        bench.go(5);
        bench.stage.stepForward(); // whole steps
        QCOMPARE(bench.stage.stateIndex(), 6);
        bench.start();
        QVERIFY(box->isEnabled());
        QVERIFY(!box->toolTip().contains(QStringLiteral("one state in 2"), Qt::CaseInsensitive));
    }

    void thePhasesResultIsReadOutForThePinnedPixel() {
        Bench bench;
        bench.start();
        bench.go(30);
        bench.click(bench.stage.card()->tab(StateCard::pixelPage));
        PixelPage* page = bench.stage.card()->pixel();
        QTest::mouseClick(bench.grid(0), Qt::LeftButton, {}, bench.pixel({1, 14, 14}));
        bench.byPhase();
        bench.stage.stepForward();
        QVERIFY(page->value(3, 0).isEmpty());
        QVERIFY(page->value(1, 0) == QStringLiteral("–")); // as in its pane: not known yet
        bench.stage.stepForward();
        bench.stage.stepForward();
        const float mean = bench.stage.panes()->shown().layers[0].value(offset(1, 14, 14));
        QVERIFY(std::abs(number(page->value(3, 0)) - static_cast<double>(mean)) < 6e-5);
        bench.stage.stepForward();
        QVERIFY(page->value(3, 0) != QStringLiteral("–"));
        QVERIFY(number(page->value(3, 0)) != static_cast<double>(mean));
    }
};

QTEST_MAIN(LookStageTest)
#include "look_stage_test.moc"
