// Forking a chain on the Denoise stage, by mouse and keys.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/memory_form.h"
#include "stages/denoise/sampling_form.h"
#include "stages/denoise/tools/fork_tool.h"
#include "stages/denoise/tools/part_choice.h"
#include "stages/denoise/try_form.h"
#include "support/branches.h"
#include "support/fake_engine.h"
#include "views/curve_view.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QAction>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int steps = 50, T = 1000, chains = 4;

struct Bench {
    explicit Bench(bool points = false) : stage(bridge) {
        engine.on_submit([this, points](const Command& command) {
            if (const auto* start = std::get_if<StartBranch>(&command))
                engine.emit(test::answer(*start, T, points, recorded));
        });
        stage.resize(960, 680);
        stage.show();
        stage.inspector()->resize(300, 900);
        stage.inspector()->show();
        stage.transport()->resize(960, 56);
        stage.transport()->show();
        tell(test::model_changed(2000, points ? DataKind::two_moons : DataKind::mnist, T));
        record = test::chain_record(chains, steps, T, points);
        tell(ChainChanged{ChainPhase::finished, record});
    }
    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    void scrub(int position) {
        Timeline* line = stage.bar()->timeline();
        QTest::mouseClick(line, Qt::LeftButton, {}, {line->xOf(position), line->height() / 2});
    }
    ForkTool* fork() {
        QTest::mouseClick(stage.form()->tryForm()->button(ToolKind::fork), Qt::LeftButton);
        QCoreApplication::processEvents();
        return qobject_cast<ForkTool*>(stage.tool());
    }
    static QPoint leaf(const ForkTree* tree, int fork, int item) {
        return (tree->leafEnd(fork, item) - QPointF(4, 0)).toPoint();
    }

    int recorded = -1;
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    DenoiseStage stage;
    std::shared_ptr<ChainRecord> record;
};

} // namespace

class ForkToolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void theStateOnScreenIsForked() {
        Bench bench;
        bench.scrub(20);
        bench.stage.panes()->setSelected(2);
        ForkTool* tool = bench.fork();
        QVERIFY(tool && tool->isVisible() && !bench.stage.panes()->isVisible());
        const auto command = bench.engine.last<StartBranch>();
        QVERIFY(command && command->of_chain);
        const auto state = bench.record->state(20);
        const auto& from = std::get<FromState>(command->from);
        QCOMPARE(from.t, state->t);
        const auto item = state->item(ChainPart::x, 2);
        QCOMPARE(from.x.size(), 8 * item.size());
        for (std::size_t i = 0; i < from.x.size(); ++i)
            QCOMPARE(from.x[i], item[i % item.size()]);
        // The first goes on with the chain's own noise, the others with noise that nothing has used.
        const std::vector<std::int64_t> noise{2, 4, 5, 6, 7, 8, 9, 10};
        QVERIFY(command->noise_chains == noise);
        QCOMPARE(command->settings.count, 8);
        QCOMPARE(command->settings.seed, bench.record->settings().seed);
        QVERIFY(command->labels.empty());
        QVERIFY(tool->grid()->pictureRect(7).isValid());
        QCOMPARE(tool->sharedGrid()->pictureRect(0).isValid(), true);
    }

    void whereNoNoiseIsAddedItIsSaid() {
        SamplingSettings settings;
        settings.sampler = Sampler::ddim;
        settings.eta = 0;
        QCOMPARE(forkSettings(settings).eta, 1.0);
        settings.eta = 0.3;
        QVERIFY(forkSettings(settings) == settings);
        settings.sampler = Sampler::dpmpp_2m;
        settings.steps = 20;
        QVERIFY(forkSettings(settings).sampler == Sampler::ddim && forkSettings(settings).steps == 21);
        settings.sampler = Sampler::ancestral;
        QVERIFY(forkSettings(settings) == settings);
    }

    void theDistanceIsThatOfAllPairs() {
        Bench bench;
        bench.scrub(10);
        ForkTool* tool = bench.fork();
        const auto branch = tool->branches().record(tool->exportBranch());
        QVERIFY(branch && branch->finished());
        for (const ChainPart part : {ChainPart::x, ChainPart::x0_hat}) {
            QTest::mouseClick(tool->partChoice()->button(part), Qt::LeftButton);
            for (const int at : {0, 5, branch->size() - 1}) {
                double sum = 0;
                int pairs = 0;
                for (int a = 0; a < 8; ++a)
                    for (int b = a + 1; b < 8; ++b, ++pairs) {
                        const auto x = branch->state(at)->item(part, a), y = branch->state(at)->item(part, b);
                        for (std::size_t i = 0; i < x.size(); ++i)
                            sum += std::pow(double(x[i]) - double(y[i]), 2) / double(x.size());
                    }
                QVERIFY(std::abs(tool->distance(at) - std::sqrt(sum / pairs)) < 1e-5);
            }
        }
    }

    void theTransportMovesTheFutures() {
        Bench bench;
        bench.scrub(10);
        ForkTool* tool = bench.fork();
        const auto branch = tool->branches().record(tool->exportBranch());
        QCOMPARE(bench.stage.bar()->timeline()->last(), branch->planned() - 1);
        QCOMPARE(tool->position(), branch->size() - 1); // the newest is what one wants to see
        bench.scrub(7);
        QCOMPARE(tool->position(), 7);
        const auto* readout = bench.stage.bar()->findChild<QLabel*>(QStringLiteral("readout"));
        QCOMPARE(readout->text(), QStringLiteral("t = %1").arg(branch->state(7)->t));
        bench.stage.stepBack();
        QCOMPARE(tool->position(), 6);
        bench.stage.goToStart();
        QCOMPARE(tool->position(), 0);
        bench.stage.playPause();
        QTRY_VERIFY(tool->position() > 2);
        bench.stage.playPause();
        // Clicking the curve goes there, too.
        const QRectF plot = tool->curves()->plotRect();
        QTest::mouseClick(tool->curves(), Qt::LeftButton, {}, plot.center().toPoint());
        QCOMPARE(tool->position(), tool->curves()->positionAt(plot.center().x()));
    }

    void futuresAreForkedAgainAndRemoved() {
        Bench bench;
        bench.scrub(10);
        ForkTool* tool = bench.fork();
        tool->futuresBox()->setValue(3);
        bench.scrub(12);
        const QRect third = tool->grid()->pictureRect(3);
        QTest::mouseClick(tool->grid(), Qt::LeftButton, {}, third.center());
        QCOMPARE(tool->tree()->selectedItem(), 3);
        QTest::mouseClick(tool->againButton(), Qt::LeftButton);
        QCOMPARE(tool->forks(), 2);
        const auto command = bench.engine.last<StartBranch>();
        const std::vector<std::int64_t> noise{6, 11, 12}; // future 3's own, then fresh
        QVERIFY(command->noise_chains == noise);
        const auto first = test::answer(*bench.engine.last<StartBranch>(), T);
        QCOMPARE(std::get<FromState>(command->from).t, tool->branches().record(1)->state(12)->t);
        // Back to the first fork by a click in the tree.
        QTest::mouseClick(tool->tree(), Qt::LeftButton, {}, Bench::leaf(tool->tree(), 0, 6));
        QCOMPARE(tool->tree()->selectedFork(), 0);
        QCOMPARE(tool->tree()->selectedItem(), 6);
        QTest::keyClick(tool->tree(), Qt::Key_Down);
        QCOMPARE(tool->tree()->selectedItem(), 7);
        // What parted from a future goes with its fork.
        QTest::keyClick(tool->tree(), Qt::Key_Delete);
        QCOMPARE(tool->forks(), 0);
        QVERIFY(!bench.stage.tool());
        QVERIFY(bench.stage.panes()->isVisible());
    }

    void escapeGoesBackToWhereTheChainWas() {
        Bench bench;
        bench.scrub(17);
        const auto heading = [&]() -> const QLabel* {
            for (const QLabel* label : bench.stage.inspector()->findChildren<QLabel*>())
                if (label->text().startsWith(QStringLiteral("AT t"))) return label;
            return nullptr;
        };
        QVERIFY(heading() && heading()->isVisible());
        ForkTool* tool = bench.fork();
        QVERIFY(!heading()->isVisible()); // the chain's t is not what is on screen
        bench.scrub(3);
        QVERIFY(bench.stage.escape());
        QVERIFY(!bench.stage.tool() && !bench.stage.escape());
        QVERIFY(heading()->isVisible());
        QCOMPARE(bench.stage.stateIndex(), 17);
        QCOMPARE(bench.stage.bar()->timeline()->last(), steps);
        bench.scrub(30); // another fork of the same chain joins the tree
        bench.fork();
        QCOMPARE(tool->forks(), 2);
        QTest::mouseClick(tool->backButton(), Qt::LeftButton);
        QCOMPARE(bench.stage.stateIndex(), 30);
        // Another chain has no futures yet.
        bench.tell(ChainChanged{ChainPhase::finished, test::chain_record(chains, steps, T)});
        bench.scrub(5);
        bench.fork();
        QCOMPARE(tool->forks(), 1);
    }

    void theEndHasNoFuture() {
        Bench bench;
        bench.stage.goToEnd();
        ForkTool* tool = bench.fork();
        QVERIFY(tool);
        QCOMPARE(bench.engine.count<StartBranch>(), 0);
        QVERIFY(!bench.stage.canExport());
        // What is said is true, and there is a way on: half-way back.
        QVERIFY(!tool->grid()->emptyText().contains(QStringLiteral("being drawn")));
        QVERIFY(tool->caption().contains(QStringLiteral("t = 0")));
        auto* earlier = tool->findChild<QPushButton*>(QStringLiteral("forkEarlier"));
        QVERIFY(earlier->isVisible() && earlier->text().contains(QStringLiteral("500")));
        QTest::mouseClick(earlier, Qt::LeftButton);
        QCOMPARE(std::get<FromState>(bench.engine.last<StartBranch>()->from).t, 500);
        QVERIFY(!earlier->isVisible() && tool->againButton()->isVisible());
        QCOMPARE(tool->forks(), 1);
    }

    void whatGrowsCanBeStoppedAndARefusalIsShown() {
        Bench bench;
        bench.recorded = 3;
        bench.scrub(10);
        ForkTool* tool = bench.fork();
        QVERIFY(tool->growing() && tool->stopButton()->isEnabled());
        QTest::mouseClick(tool->stopButton(), Qt::LeftButton);
        QCOMPARE(bench.engine.last<DropBranch>()->id, tool->exportBranch());
        bench.tell(BranchChanged{bench.engine.last<StartBranch>()->id, ChainPhase::none, nullptr});
        QVERIFY(!tool->growing() && !tool->stopButton()->isEnabled());
    }

    void exportTakesTheFutures() {
        Bench bench;
        bench.scrub(10);
        ForkTool* tool = bench.fork();
        QVERIFY(bench.stage.canExport());
        bench.scrub(4);
        bench.stage.exportDialog();
        auto* dialog = bench.stage.findChild<QDialog*>();
        QVERIFY(dialog);
        dialog->accept();
        const auto command = bench.engine.last<ExportGrid>();
        QVERIFY(command);
        QCOMPARE(command->branch, tool->exportBranch());
        QCOMPARE(command->state, 4);
    }

    void particlesForkToo() {
        Bench bench(true);
        bench.scrub(20);
        ForkTool* tool = bench.fork();
        QVERIFY(tool);
        const auto command = bench.engine.last<StartBranch>();
        QCOMPARE(std::get<FromState>(command->from).x.size(), std::size_t{16});
        QVERIFY(tool->findChild<PointCloudView*>()->isVisible());
    }

    void memoryIsSetAndShown() {
        Bench bench;
        MemoryForm* form = bench.stage.form()->memoryForm();
        const QString before = form->note();
        bench.scrub(10);
        bench.fork();
        QVERIFY(form->note() != before);
        form->box()->setFocus();
        QTest::keyClick(form->box(), Qt::Key_Up);
        const auto command = bench.engine.last<SetChainMemory>();
        QVERIFY(command);
        QCOMPARE(command->bytes, std::size_t{832} << 20);
    }
};

QTEST_MAIN(ForkToolTest)
#include "fork_tool_test.moc"
