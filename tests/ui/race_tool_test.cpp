// A race against an engine that says what the test wants: what is asked for, what the axis of evaluations
// shows, and what is measured.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/part_choice.h"
#include "stages/denoise/tools/race_lane.h"
#include "stages/denoise/tools/race_measure.h"
#include "stages/denoise/tools/race_tool.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>
#include <QtTest>

#include <cmath>
#include <map>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 1000;
constexpr ItemShape two{2, 2, 2, 1}; // two chains of 2×2 pixels

/// The answers to a race's questions, made by hand.
struct Bench {
    explicit Bench(DataKind data = DataKind::mnist, bool withChain = false) : tool(bridge) {
        place.model = test::model_changed(2000, data, T);
        place.form.spacing = Spacing::trailing;
        place.form.seed = 7;
        if (withChain) place.record = test::chain_record(4, 50, T, place.model.settings.data.is_points());
        QObject::connect(&tool, &Tool::positionWanted, &tool, [this](int p) { tool.moveTo(p); });
        tool.resize(868, 640);
        tool.show();
        tool.open(place);
        QCoreApplication::processEvents();
    }

    std::vector<StartBranch> asked() const {
        std::vector<StartBranch> found;
        for (const Command& command : engine.commands())
            if (const auto* branch = std::get_if<StartBranch>(&command)) found.push_back(*branch);
        return found;
    }
    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    std::shared_ptr<ChainRecord> answer(const StartBranch& branch) {
        auto record = std::make_shared<ChainRecord>(branch.id, branch.settings, test::cosine_schedule(T),
                                                    branch.settings.steps + 1, 1);
        records[branch.id] = record;
        tell(BranchChanged{branch.id, ChainPhase::running, record});
        return record;
    }
    /// A state whose x is `x` everywhere and whose x0_hat is `belief` everywhere.
    void add(ChainRecord& record, int t, int evaluations, float x, float belief) {
        auto state = std::make_shared<ChainState>();
        const std::vector<float> beliefs(t > 0 ? two.values() : 0, belief);
        *state = make_chain_state(t, two, std::vector<float>(two.values(), x), beliefs, beliefs);
        state->evaluations = evaluations;
        record.append(state);
    }
    void finish(ChainRecord& record) {
        record.finish();
        tell(BranchChanged{record.id(), ChainPhase::finished, records[record.id()]});
    }
    void settle() { QTest::qWait(20); } // the distances come a little at a time
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }
    QString words(int lane) const { return tool.lane(lane)->wordsLabel()->text(); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    ChainPlace place;
    RaceTool tool;
    std::map<std::uint64_t, std::shared_ptr<ChainRecord>> records;
};

/// The colour in the middle of the first picture as it is drawn.
int greyOf(const PictureGrid* grid) {
    const QImage image = const_cast<PictureGrid*>(grid)->grab().toImage();
    return qGray(image.pixel(grid->pictureRect(0).center() * image.devicePixelRatio()));
}

int greyFor(double value) {
    return static_cast<int>(std::lround((value + 1) / 2 * 255));
}

} // namespace

class RaceToolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void evaluationsArePlannedAsTheSamplersAsk() {
        RunSettings model = test::model_changed(1, DataKind::mnist, T).settings;
        SamplingSettings settings;
        settings.steps = 10;
        settings.spacing = Spacing::trailing;
        QCOMPARE(plannedEvaluations(settings, model), 10);
        settings.sampler = Sampler::heun; // 2 for each step, 1 for the last: Karras et al. 2022
        QCOMPARE(plannedEvaluations(settings, model), 19);
        model.diffusion.schedule.zero_terminal_snr = true; // and 1 for the first, where T has no signal
        QCOMPARE(plannedEvaluations(settings, model), 18);
        settings.spacing = Spacing::leading; // begins at t = 901
        QCOMPARE(plannedEvaluations(settings, model), 19);
        settings.steps = 1;
        QCOMPARE(plannedEvaluations(settings, model), 1);
        settings.steps = 10;
        settings.guidance = 2; // asks with and without the class, where there are classes
        QCOMPARE(plannedEvaluations(settings, model), 19);
        model.model.unet.num_class_embeds = 11;
        QCOMPARE(plannedEvaluations(settings, model), 38);
    }

    /// The cosine schedule leaves next to no signal at T, and Heun's first step is not corrected there.
    void whatTheFirstStepTookCorrectsThePlan() {
        const RunSettings model = test::model_changed(1, DataKind::mnist, T).settings;
        SamplingSettings settings;
        settings.steps = 10;
        settings.spacing = Spacing::trailing;
        settings.sampler = Sampler::heun;
        const auto planned = [&](int afterOneStep, int stride) {
            ChainRecord record(1, settings, test::cosine_schedule(T), 11, stride);
            const auto add = [&](int t, int evaluations) {
                auto state = std::make_shared<ChainState>();
                *state = make_chain_state(t, two, std::vector<float>(two.values()), {}, {});
                state->evaluations = evaluations;
                record.append(state);
            };
            add(T, 0);
            const int before = plannedEvaluations(settings, model, &record);
            add(T / 2, afterOneStep);
            return std::pair(before, plannedEvaluations(settings, model, &record));
        };
        QCOMPARE(planned(1, 1), std::pair(19, 18));
        QCOMPARE(planned(2, 1), std::pair(19, 19));
        QCOMPARE(planned(5, 3), std::pair(19, 18)); // every third state is kept
    }

    void allLanesBeginWithTheSameNoise() {
        Bench bench(DataKind::mnist, true);
        QCOMPARE(bench.tool.lanes(), 4);
        bench.tool.seedBox()->setValue(123);
        bench.tool.countBox()->setValue(3);
        QSignalSpy follow(&bench.tool, &Tool::followWanted);
        bench.click(bench.tool.startButton());
        QCOMPARE(follow.size(), 1);
        const auto asked = bench.asked();
        QCOMPARE(asked.size(), std::size_t{4});
        const std::pair<Sampler, int> expected[] = {
            {Sampler::ancestral, 250}, {Sampler::ddim, 50}, {Sampler::dpmpp_2m, 20}, {Sampler::heun, 10}};
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(std::holds_alternative<FromNoise>(asked[i].from));
            QVERIFY(asked[i].of_chain);
            QVERIFY(asked[i].noise_chains.empty() && asked[i].labels.empty());
            QCOMPARE(asked[i].settings.seed, std::uint64_t{123});
            QCOMPARE(asked[i].settings.count, 3);
            QVERIFY(asked[i].settings.sampler == expected[i].first);
            QCOMPARE(asked[i].settings.steps, expected[i].second);
            QVERIFY(asked[i].settings.spacing == Spacing::trailing);
        }
    }

    void ofTheChainsModelOnlyWhereItFits() {
        Bench without;
        without.click(without.tool.startButton());
        QVERIFY(!without.asked().front().of_chain);
        Bench other; // the chain on screen is of a model with another T
        other.place.record = test::chain_record(4, 50, 200);
        other.tool.open(other.place);
        other.click(other.tool.startButton());
        QVERIFY(!other.asked().front().of_chain);
    }

    void fewStepsWhereTIsSmall() {
        Bench bench;
        bench.place.model = test::model_changed(1, DataKind::mnist, 40);
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.lane(0)->stepsBox()->value(), 40);
        QCOMPARE(bench.tool.lane(1)->stepsBox()->value(), 40);
        QCOMPARE(bench.tool.lane(2)->stepsBox()->value(), 20);
        QCOMPARE(bench.tool.lane(0)->stepsBox()->maximum(), 40);
    }

    void lanesAreEditedByKeyboardAndMouse() {
        Bench bench;
        RaceLane* lane = bench.tool.lane(1);
        QVERIFY(lane->etaBox()->isVisible() && !lane->varianceBox()->isVisible());
        lane->etaBox()->setFocus();
        lane->etaBox()->selectAll();
        QTest::keyClicks(lane->etaBox(), QStringLiteral("0.5"));
        QTest::keyClick(lane->etaBox(), Qt::Key_Return);
        bench.tool.lane(0)->varianceBox()->setFocus();
        QTest::keyClick(bench.tool.lane(0)->varianceBox(), Qt::Key_Down);
        RaceLane* third = bench.tool.lane(2);
        QVERIFY(!third->etaBox()->isVisible() && !third->varianceBox()->isVisible());
        third->samplerBox()->setFocus();
        QTest::keyClick(third->samplerBox(), Qt::Key_Up); // DPM-Solver++ -> DDIM, with its usual steps
        QVERIFY(third->etaBox()->isVisible());
        QCOMPARE(third->stepsBox()->value(), 50);
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        QCOMPARE(asked[1].settings.eta, 0.5);
        QVERIFY(asked[0].settings.variance == Variance::fixed_small);
        QVERIFY(asked[2].settings.sampler == Sampler::ddim);
        QCOMPARE(asked[2].settings.eta, 0.0);
    }

    void lanesComeAndGo() {
        Bench bench;
        bench.click(bench.tool.addButton());
        bench.click(bench.tool.addButton());
        QCOMPARE(bench.tool.lanes(), 6);
        QVERIFY(!bench.tool.addButton()->isEnabled());
        QCOMPARE(bench.tool.referenceBox()->count(), 6);
        bench.tool.referenceBox()->setCurrentIndex(5);
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        bench.click(bench.tool.lane(0)->removeButton());
        QCOMPARE(bench.tool.lanes(), 5);
        QCOMPARE(bench.engine.last<DropBranch>()->id, asked[0].id); // what it computed is let go
        QCOMPARE(bench.tool.referenceBox()->currentIndex(), 4);     // the same lane as before
        QCOMPARE(bench.tool.lane(0)->accessibleName(), QStringLiteral("Lane 1"));
        for (int i = 0; i < 3; ++i)
            bench.click(bench.tool.lane(0)->removeButton());
        QCOMPARE(bench.tool.lanes(), 2);
        QVERIFY(!bench.tool.lane(0)->removeButton()->isEnabled());
        QCOMPARE(bench.tool.referenceBox()->currentIndex(), 1);
        bench.click(bench.tool.lane(1)->removeButton());
        QCOMPARE(bench.tool.lanes(), 2);
    }

    void theAxisIsNetEvaluations() {
        Bench bench;
        bench.click(bench.tool.lane(3)->removeButton());
        bench.click(bench.tool.lane(2)->removeButton()); // DDPM and DDIM are left
        bench.tool.lane(1)->samplerBox()->setCurrentIndex(3);
        bench.tool.lane(0)->stepsBox()->setValue(6);
        bench.tool.lane(1)->stepsBox()->setValue(2);
        QCOMPARE(bench.tool.last(), 6);
        QCOMPARE(bench.tool.available(), -1);
        QVERIFY(!bench.tool.growing());
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        const auto slow = bench.answer(asked[0]), heun = bench.answer(asked[1]);
        QVERIFY(bench.tool.growing() && bench.tool.stopButton()->isEnabled());
        QCOMPARE(bench.tool.available(), -1);
        for (int i = 0; i < 3; ++i) // t = 1000, 833, 667 after 1, 2, 3 evaluations
            bench.add(*slow, 1000 - 167 * i, i + 1, 0.1F * static_cast<float>(i), 0);
        QTRY_COMPARE(bench.tool.available(), 0); // the other lane has not been asked yet
        bench.add(*heun, 1000, 1, 0.5F, -0.5F);
        QTRY_COMPARE(bench.tool.available(), 1);
        QVERIFY(bench.tool.lane(1)->evaluationsLabel()->toolTip().contains(QStringLiteral("at most")));
        bench.add(*heun, 500, 3, 0.6F, -0.6F); // asked twice in its first step
        QTRY_COMPARE(bench.tool.available(), 3);
        bench.click(bench.tool.partChoice()->button(ChainPart::x));
        bench.tool.moveTo(2);
        QCOMPARE(bench.tool.readout(2), QStringLiteral("2 evaluations"));
        QCOMPARE(bench.tool.lane(0)->progressBar()->value(), 2);
        QCOMPARE(bench.tool.lane(0)->progressBar()->maximum(), 6);
        QCOMPARE(bench.tool.lane(0)->evaluationsLabel()->text(), QStringLiteral("2 of 6 evaluations"));
        QCOMPARE(bench.words(0), QStringLiteral("t = 833"));
        QCOMPARE(bench.tool.lane(1)->progressBar()->value(), 1); // its next state took 3
        QCOMPARE(bench.words(1), QStringLiteral("t = 1000"));
        QVERIFY(std::abs(greyOf(bench.tool.lane(0)->grid()) - greyFor(0.1)) <= 1);
        QVERIFY(std::abs(greyOf(bench.tool.lane(1)->grid()) - greyFor(0.5)) <= 1);
        bench.tool.moveTo(3);
        QVERIFY(std::abs(greyOf(bench.tool.lane(1)->grid()) - greyFor(0.6)) <= 1);
        bench.click(bench.tool.partChoice()->button(ChainPart::x0_hat));
        QVERIFY(std::abs(greyOf(bench.tool.lane(1)->grid()) - greyFor(-0.6)) <= 1);
        bench.add(*heun, 0, 3, 0.9F, 0);
        bench.finish(*heun);
        for (int i = 3; i < 6; ++i)
            bench.add(*slow, 1000 - 167 * i, i + 1, 0.1F * static_cast<float>(i), 0);
        bench.add(*slow, 0, 6, -0.9F, 0);
        bench.finish(*slow);
        QCOMPARE(bench.tool.available(), 6);
        QCOMPARE(bench.tool.last(), 6);
        QVERIFY(!bench.tool.growing());
        QVERIFY(!bench.tool.lane(1)->evaluationsLabel()->toolTip().contains(QStringLiteral("at most")));
        for (const Curve& curve : bench.tool.curves()->curves())
            QVERIFY(curve.holds); // who is there keeps its last value in the legend
        bench.tool.moveTo(4);     // one is still on its way, the other's final picture stays
        QCOMPARE(bench.words(0), QStringLiteral("t = 499"));
        QTRY_VERIFY(bench.words(1).startsWith(QStringLiteral("distance")));
        QVERIFY(std::abs(greyOf(bench.tool.lane(1)->grid()) - greyFor(0.9)) <= 1);
        bench.tool.moveTo(0); // nothing was asked: x_T is there, a belief is not
        QCOMPARE(bench.tool.lane(0)->grid()->count(), 0);
        bench.click(bench.tool.partChoice()->button(ChainPart::x));
        QCOMPARE(bench.tool.lane(0)->grid()->count(), 2);
        QCOMPARE(bench.tool.lane(0)->progressBar()->value(), 0);
        QCOMPARE(bench.words(0), QStringLiteral("t = 1000"));
    }

    void distancesAreRootMeanSquares() {
        Bench bench;
        bench.click(bench.tool.lane(3)->removeButton());
        for (int i = 0; i < 3; ++i)
            bench.tool.lane(i)->stepsBox()->setValue(2);
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        // Ends of unlike values, so that a mean of absolute values or a sum would show.
        const std::vector<std::vector<float>> ends{{1, 0, -1, 0.5F, 0.25F, 0, 0, -0.75F},
                                                   {0.5F, 0, -1, 0.5F, 0.25F, 1, 0, 0.25F},
                                                   {-1, -1, 1, 1, 0, 0, 0.5F, 0.5F}};
        const float beliefs[] = {0.25F, -0.5F, 0.75F}; // halves hold them exactly
        for (std::size_t i = 0; i < 3; ++i) {
            const auto record = bench.answer(asked[i]);
            bench.add(*record, 1000, 1, 0, beliefs[i]);
            bench.add(*record, 500, 2, 0, beliefs[i] / 2);
            auto end = std::make_shared<ChainState>(make_chain_state(0, two, ends[i], {}, {}));
            end->evaluations = 2;
            record->append(end);
            bench.finish(*record);
        }
        bench.settle();
        const auto brute = [](const std::vector<float>& a, const std::vector<float>& b) {
            long double sum = 0;
            for (std::size_t k = 0; k < a.size(); ++k)
                sum += (static_cast<long double>(a[k]) - b[k]) * (static_cast<long double>(a[k]) - b[k]);
            return static_cast<double>(std::sqrt(sum / static_cast<long double>(a.size())));
        };
        QCOMPARE(bench.tool.distance(0), std::optional<double>(0));
        QVERIFY(std::abs(*bench.tool.distance(1) - brute(ends[1], ends[0])) < 1e-12);
        QVERIFY(std::abs(*bench.tool.distance(2) - brute(ends[2], ends[0])) < 1e-12);
        QVERIFY(std::abs(*bench.tool.distance(1) - std::sqrt((0.25 + 1 + 1) / 8)) < 1e-12); // by hand
        bench.tool.moveTo(2);
        QCOMPARE(bench.words(0), QStringLiteral("the reference"));
        QVERIFY(bench.words(1).contains(readOut(*bench.tool.distance(1))));
        bench.tool.referenceBox()->setCurrentIndex(2);
        bench.settle();
        QVERIFY(std::abs(*bench.tool.distance(0) - brute(ends[0], ends[2])) < 1e-12);
        QCOMPARE(*bench.tool.distance(2), 0.0);

        DistanceCurve curve; // by evaluations: none before the first, then of the beliefs, then of the end
        const auto& record = *bench.records[asked[1].id];
        QVERIFY(curve.extend(record, ends[2], QDeadlineTimer(QDeadlineTimer::Forever)));
        const auto values = curve.byEvaluations();
        QCOMPARE(values.size(), std::size_t{3});
        QVERIFY(std::isnan(values[0]));
        QVERIFY(std::abs(values[1] - brute(std::vector<float>(8, beliefs[1]), ends[2])) < 1e-12);
        QVERIFY(std::abs(values[2] - brute(ends[1], ends[2])) < 1e-12);
        DistanceCurve slow; // with no time at all it still goes on, one state a call
        const QDeadlineTimer over(0);
        QVERIFY(!slow.extend(record, ends[2], over));
        QCOMPARE(slow.states(), 1);
        QVERIFY(!slow.extend(record, ends[2], over));
        QVERIFY(slow.extend(record, ends[2], over));
        QCOMPARE(slow.states(), 3);
    }

    void onlyWhatChangedIsRunAgain() {
        Bench bench(DataKind::mnist, true);
        bench.click(bench.tool.startButton());
        for (const StartBranch& asked : bench.asked()) {
            const auto record = bench.answer(asked);
            bench.add(*record, 1000, 1, 0, 0);
            bench.add(*record, 0, 1, 0, 0);
            bench.finish(*record);
        }
        const auto before = bench.asked();
        bench.engine.forget_commands();
        bench.tool.moveTo(1);
        bench.tool.lane(1)->stepsBox()->setValue(10);
        QVERIFY(bench.words(1).contains(QStringLiteral("changed")));
        QVERIFY(!bench.words(0).contains(QStringLiteral("changed")));
        bench.click(bench.tool.startButton());
        QCOMPARE(bench.asked().size(), std::size_t{1});
        QCOMPARE(bench.asked().front().settings.steps, 10);
        QCOMPARE(bench.engine.count<DropBranch>(), 0); // the old one was finished: nothing is left to end
        QVERIFY(!bench.tool.branches().record(before[1].id));
        bench.engine.forget_commands();
        bench.tool.seedBox()->setValue(99); // another x_T: all of them
        bench.click(bench.tool.startButton());
        QCOMPARE(bench.asked().size(), std::size_t{4});
    }

    void whoComesBackFindsAllAsItWas() {
        Bench bench(DataKind::mnist, true);
        bench.tool.lane(1)->stepsBox()->setValue(17);
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        for (const StartBranch& each : asked)
            bench.answer(each);
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.lane(1)->stepsBox()->value(), 17);
        QVERIFY(bench.tool.branches().record(asked[1].id));
        bench.place.record = test::chain_record(4, 50, T); // another chain: perhaps of other weights
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.lane(1)->stepsBox()->value(), 17);
        QVERIFY(!bench.tool.branches().record(asked[1].id));
        QCOMPARE(bench.tool.available(), -1);
        bench.place.model = test::model_changed(2000, DataKind::mnist, 30); // another model
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.lane(0)->stepsBox()->value(), 30);
    }

    void aRefusedLaneSaysWhyAndTheOthersRun() {
        Bench bench;
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        bench.tell(BranchChanged{asked[0].id, ChainPhase::none, nullptr});
        bench.tell(Failed{Activity::sampling,
                          Error{"the memory for chains is used up", "the branch", "take fewer chains"},
                          asked[0].id});
        QCOMPARE(bench.words(0), QStringLiteral("not started"));
        const auto record = bench.answer(asked[1]);
        bench.add(*record, 1000, 1, 0.5F, 0.5F);
        bench.answer(asked[2]);
        bench.answer(asked[3]);
        bench.tell(BranchChanged{asked[2].id, ChainPhase::finished, bench.records[asked[2].id]});
        bench.tool.moveTo(1);
        QCOMPARE(bench.tool.lane(1)->grid()->count(), 2);
        QCOMPARE(bench.tool.lane(0)->grid()->count(), 0);
        QVERIFY(bench.tool.last() >= 50);
        bench.click(bench.tool.startButton()); // once more: the refused one, too
        bool again = false;
        for (const StartBranch& each : bench.asked())
            again = again || (each.id > asked[3].id && each.settings.sampler == Sampler::ancestral);
        QVERIFY(again);
    }

    void stoppingKeepsWhatThereIs() {
        Bench bench;
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        for (const StartBranch& each : asked) {
            const auto record = bench.answer(each);
            bench.add(*record, 1000, 1, 0.5F, 0.5F);
            bench.add(*record, 900, 2, 0.5F, 0.5F);
        }
        QTRY_COMPARE(bench.tool.available(), 2);
        bench.click(bench.tool.stopButton());
        QCOMPARE(bench.engine.count<DropBranch>(), 4);
        for (const StartBranch& each : asked)
            bench.finish(*bench.records[each.id]);
        bench.tool.moveTo(2);
        QCOMPARE(bench.words(1), QStringLiteral("stopped at t = 900"));
        QCOMPARE(bench.tool.last(), 2); // there is no more to come
        bench.settle();
        QVERIFY(!bench.tool.distance(1)); // what did not arrive is not measured
    }

    void theSelectedLaneIsExported() {
        Bench bench;
        QCOMPARE(bench.tool.exportBranch(), std::uint64_t{0});
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        for (const StartBranch& each : asked) {
            const auto record = bench.answer(each);
            bench.add(*record, 1000, 2, 0.5F, 0.5F);
            bench.add(*record, 500, 4, 0.5F, 0.5F);
        }
        QCOMPARE(bench.tool.exportBranch(), asked[0].id);
        QTest::mouseClick(bench.tool.lane(2)->evaluationsLabel(), Qt::LeftButton);
        QVERIFY(bench.tool.lane(2)->selected() && !bench.tool.lane(0)->selected());
        QCOMPARE(bench.tool.exportBranch(), asked[2].id);
        bench.tool.moveTo(3);
        QCOMPARE(bench.tool.exportState(), 0);
        bench.tool.moveTo(4);
        QCOMPARE(bench.tool.exportState(), 1);
        bench.tool.activateWindow();
        bench.tool.lane(1)->stepsBox()->setFocus(Qt::TabFocusReason);
        QTRY_COMPARE(bench.tool.exportBranch(), asked[1].id); // by keyboard, too
        QTest::mouseClick(bench.tool.lane(1)->grid(), Qt::LeftButton, {},
                          bench.tool.lane(1)->grid()->pictureRect(1).center());
        for (int i = 0; i < 4; ++i)
            QCOMPARE(bench.tool.lane(i)->grid()->selected(), 1); // the same chain in all of them
    }

    void theCurvesMoveTheTransport() {
        Bench bench;
        bench.click(bench.tool.startButton());
        for (const StartBranch& each : bench.asked()) {
            const auto record = bench.answer(each);
            for (int e = 1; e <= 20; ++e)
                bench.add(*record, 1000 - e, e, 0, 0.5F);
            bench.add(*record, 0, 20, 0, 0);
            bench.finish(*record);
        }
        bench.settle();
        QSignalSpy wanted(&bench.tool, &Tool::positionWanted);
        CurveView* curves = bench.tool.curves();
        const QPointF at(curves->xOf(12), curves->plotRect().center().y());
        QTest::mouseClick(curves, Qt::LeftButton, {}, at.toPoint());
        QCOMPARE(wanted.takeFirst().at(0).toInt(), 12);
        QCOMPARE(bench.tool.position(), 12);
        QTest::keyClick(curves, Qt::Key_Right);
        QCOMPARE(bench.tool.position(), 13);
    }

    void pointsRaceAsWell() {
        Bench bench(DataKind::two_moons);
        QCOMPARE(bench.tool.countBox()->value(), 500);
        bench.click(bench.tool.startButton());
        const auto asked = bench.asked();
        QCOMPARE(asked[0].settings.count, 500);
        for (const StartBranch& each : asked) {
            const auto record = bench.answer(each);
            auto state = std::make_shared<ChainState>(*test::chain_state(*record, 0, 1, true));
            state->evaluations = 1;
            record->append(state);
        }
        bench.tool.moveTo(1);
        QVERIFY(bench.tool.lane(0)->cloud()->isVisible() && !bench.tool.lane(0)->grid()->isVisible());
        QCOMPARE(bench.tool.lane(0)->cloud()->count(), 600);
    }

    void nothingIsLeftAtWorkWhenItGoes() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        auto tool = std::make_unique<RaceTool>(bridge);
        ChainPlace place;
        place.model = test::model_changed(2000, DataKind::mnist, T);
        tool->open(place);
        tool->start();
        QCOMPARE(engine.count<StartBranch>(), 4);
        tool.reset();
        QCOMPARE(engine.count<DropBranch>(), 4);
    }
};

QTEST_MAIN(RaceToolTest)
#include "race_tool_test.moc"
