// Density, distance and score of points against closed forms, and the switches of the Denoise stage that show
// them.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/point_tools.h"
#include "stages/denoise/state_card.h"
#include "stages/noise/forward_panes.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/filmstrip.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"
#include "views/point_density.h"
#include "views/point_distance.h"
#include "views/score_field.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QtTest>

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 1000, steps = 50;

PointCloud gaussian(int count, double sigma, unsigned seed, double dx = 0) {
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal(0, sigma);
    PointCloud cloud;
    for (int i = 0; i < count; ++i) {
        cloud.xy.push_back(static_cast<float>(dx + normal(generator)));
        cloud.xy.push_back(static_cast<float>(normal(generator)));
    }
    return cloud;
}

double sum(const DensityMap& map) {
    return std::accumulate(map.share.begin(), map.share.end(), 0.0);
}

/// What a perfect net says where the data are N(0, 1): then x_t is N(0, 1), too, and epsilon is
/// sqrt(1 − alpha_bar) x.
FieldReady perfectAnswer(const AskField& question, const ScheduleTable& schedule) {
    FieldReady answer{question.id, question.t, question.range, question.side, {}};
    const double noise = std::sqrt(1 - schedule.alpha_bar_at(question.t));
    for (int row = 0; row < question.side; ++row)
        for (int column = 0; column < question.side; ++column)
            for (const int index : {column, row})
                answer.epsilon.push_back(static_cast<float>(
                    noise * (-question.range + 2 * question.range * index / (question.side - 1))));
    return answer;
}

struct Bench {
    Bench() : stage(bridge) {
        stage.resize(1100, 760);
        stage.show();
        tell(TrainingStateChanged{TrainingState::running, 2000, 5000});
        tell(test::model_changed(2000, DataKind::two_moons, T));
        record = test::chain_record(1, steps, T, true);
        tell(ChainChanged{ChainPhase::finished, record});
        before = engine.count<AskField>();
        stage.goToStart();
        QCoreApplication::processEvents();
    }
    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    void answer(const AskField& question) { tell(perfectAnswer(question, record->schedule())); }
    void answerData() {
        DataOpened opened = test::data_opened(DataKind::two_moons);
        opened.id = engine.last<OpenData>()->id;
        tell(opened);
    }
    int asked() const { return engine.count<AskField>() - before; } ///< since the chain is on screen
    PointTools& tools() { return *stage.pointTools(); }
    PointCloudView& cloud(int pane = 0) { return *stage.panes()->cloud(pane); }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    DenoiseStage stage;
    std::shared_ptr<ChainRecord> record;
    int before = 0;
};

} // namespace

class PointsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    // Density
    // -----------------------------------------------------------------------------------------------------

    void densitySumsToOne() {
        for (const double sigma : {0.0, 0.03, 0.3, 2.0}) // the last is wider than the square
            QVERIFY(std::abs(sum(densityOf(test::moons(500, 3), 1.5, 64, sigma)) - 1) < 1e-4);
        PointCloud corner;
        corner.xy = {0.999F, 0.999F, -0.999F, 0.999F}; // what the blur would lose is mirrored
        QVERIFY(std::abs(sum(densityOf(corner, 1, 50, 0.2)) - 1) < 1e-4);
        PointCloud half;
        half.xy = {0, 0, 5, 5};
        QVERIFY(std::abs(sum(densityOf(half, 1, 50, 0.05)) - 0.5) < 1e-4);
        half.xy = {0, 0, std::nanf(""), 0};
        QVERIFY(std::abs(sum(densityOf(half, 1, 50, 0.05)) - 0.5) < 1e-4);
        QCOMPARE(sum(densityOf({}, 1, 50, 0.05)), 0.0);
    }

    void densityIsTheGaussiansConvolution() {
        // N(0, 0.4²) blurred by 0.3 is N(0, 0.5²).
        const DensityMap map = densityOf(gaussian(400'000, 0.4, 1), 2, 80, 0.3);
        const auto expected = [&](int column, int row) {
            const double x = -2 + (column + 0.5) * map.cell(), y = -2 + (row + 0.5) * map.cell();
            return map.cell() * map.cell() * std::exp(-(x * x + y * y) / 0.5) / (0.5 * std::numbers::pi);
        };
        for (int row = 10; row < 70; row += 7)
            for (int column = 10; column < 70; column += 7)
                QVERIFY(std::abs(static_cast<double>(map.at(column, row)) - expected(column, row)) <
                        0.02 * expected(40, 40));
    }

    void outlinesHoldWhatTheySay() {
        // Of N(0, s²) in the plane, a circle of radius s sqrt(−2 log(1 − p)) holds p.
        const DensityMap map = densityOf(gaussian(400'000, 0.4, 1), 2, 160, 0.03);
        const double s = std::hypot(0.4, 0.03);
        for (const double part : {0.5, 0.9}) {
            const double radius = s * std::sqrt(-2 * std::log(1 - part));
            const auto lines = contour(map, levelHolding(map, part));
            QVERIFY(lines.size() > 50);
            double mean = 0;
            for (const QLineF& line : lines) {
                mean += std::hypot(line.x1(), line.y1()) / static_cast<double>(lines.size());
                QVERIFY(std::abs(std::hypot(line.x1(), line.y1()) - radius) < 0.12);
            }
            QVERIFY(std::abs(mean - radius) < 0.02);
        }
    }

    void densityIsMeasured() {
        const PointCloud cloud = gaussian(2000, 0.5, 1);
        QImage image;
        QBENCHMARK {
            image = densityImage(densityOf(cloud, 3, 128, 0.06), Qt::white, 0.6);
        }
        QVERIFY(!image.isNull());
    }

    // Distance
    // -----------------------------------------------------------------------------------------------------

    void distanceOfAShift() {
        const PointCloud cloud = gaussian(1500, 0.5, 1);
        PointCloud shifted = cloud;
        for (std::size_t i = 0; i < shifted.xy.size(); i += 2)
            shifted.xy[i] += 0.7F;
        const CloudDistance distance(cloud);
        QCOMPARE(distance.to(cloud), 0.0);
        // The mean of |cos| is 2 / pi.
        QVERIFY(std::abs(distance.to(shifted) - 0.7 * 2 / std::numbers::pi) < 0.003);
        // Of N(0, a²) to N(0, b²): |a − b| sqrt(2 / pi) along every line.
        const double apart = CloudDistance(gaussian(2000, 0.5, 2)).to(gaussian(2000, 0.3, 3));
        QVERIFY(std::abs(apart - 0.2 * std::sqrt(2 / std::numbers::pi)) < 0.02);
        QVERIFY(distance.ownSpread() > 0.005 && distance.ownSpread() < 0.05);
    }

    void distanceOfUnequalCounts() {
        PointCloud two, three;
        two.xy = {0, 0, 1, 0};
        three.xy = {0, 0, 0, 0, 1, 0};
        // Along x the way is a sixth; along any line that times |cos|.
        const double sixth = 1.0 / 6 * 2 / std::numbers::pi;
        QVERIFY(std::abs(CloudDistance(two).to(three) - sixth) < 0.001);
        QVERIFY(std::abs(CloudDistance(three).to(two) - sixth) < 0.001);
        QVERIFY(std::isnan(CloudDistance(two).to({})) && std::isnan(CloudDistance().to(two)));
        two.xy.insert(two.xy.end(), {std::nanf(""), 0.0F});
        QVERIFY(std::isfinite(CloudDistance(three).to(two)));
    }

    void distanceThinsTheSameWayAlways() {
        const PointCloud many = gaussian(9000, 0.5, 1);
        QCOMPARE(CloudDistance(many).to(many), 0.0);
        const PointCloud others = gaussian(2000, 0.5, 2);
        QCOMPARE(CloudDistance(many).to(others), CloudDistance(many).to(others));
        const CloudDistance distance(many);
        double apart = 1;
        QBENCHMARK {
            apart = distance.to(others);
        }
        QVERIFY(apart < 0.05);
    }

    // Score
    // -----------------------------------------------------------------------------------------------------

    void scoreOfANormalPointsHome() {
        const ScheduleTable schedule = test::cosine_schedule(T);
        const AskField question{1, 700, 2, 9};
        const ScoreField field =
            scoreOfNoise(perfectAnswer(question, schedule).epsilon, 9, 2, schedule.alpha_bar_at(700));
        QCOMPARE(field.count(), 81);
        for (int i = 0; i < field.count(); ++i) { // s = −x
            const auto k = static_cast<std::size_t>(i) * 2;
            QVERIFY(std::abs(static_cast<double>(field.s[k]) + field.place(i % 9)) < 1e-5);
            QVERIFY(std::abs(static_cast<double>(field.s[k + 1]) + field.place(i / 9)) < 1e-5);
        }
    }

    void scoreOfDataIsTheGradientOfTheLogDensity() {
        const PointCloud data = test::moons(300, 3);
        for (const double level : {0.02, 0.5, 0.9}) {
            const int side = 7;
            const ScoreField field = scoreOfData(data, side, 1.5, level);
            const auto logDensity = [&](double x, double y) {
                double total = 0;
                for (int i = 0; i < data.count(); ++i) {
                    const auto k = static_cast<std::size_t>(i) * 2;
                    const double dx = x - std::sqrt(level) * static_cast<double>(data.xy[k]);
                    const double dy = y - std::sqrt(level) * static_cast<double>(data.xy[k + 1]);
                    total += std::exp(-(dx * dx + dy * dy) / (2 * (1 - level)));
                }
                return std::log(total);
            };
            for (int i = 0; i < field.count(); ++i) {
                const double x = field.place(i % side), y = field.place(i / side), h = 1e-4;
                const double sx = (logDensity(x + h, y) - logDensity(x - h, y)) / (2 * h);
                const double sy = (logDensity(x, y + h) - logDensity(x, y - h)) / (2 * h);
                const auto k = static_cast<std::size_t>(i) * 2;
                QVERIFY(std::abs(static_cast<double>(field.s[k]) - sx) < 1e-3 * (1 + std::abs(sx)));
                QVERIFY(std::abs(static_cast<double>(field.s[k + 1]) - sy) < 1e-3 * (1 + std::abs(sy)));
            }
        }
        QVERIFY(scoreOfData(data, 7, 1.5, 1).empty()); // the data themselves have no density
    }

    void scoreIsMeasured() {
        const PointCloud data = test::moons(1000, 3);
        ScoreField field;
        QBENCHMARK {
            field = scoreOfData(data, 21, 3, 0.1);
        }
        QVERIFY(!field.empty());
    }

    // The Denoise stage
    // -----------------------------------------------------------------------------------------------------

    void arrowsPointToTheOrigin() {
        Bench bench;
        QTRY_VERIFY(bench.tools().isVisible());
        QCOMPARE(bench.asked(), 1);
        const AskField question = *bench.engine.last<AskField>();
        QCOMPARE(question.t, T); // where the first state is
        QCOMPARE(question.range, bench.cloud().range());
        bench.answer(question);
        const ScoreField& field = bench.cloud().field();
        QCOMPARE(field.side, question.side);
        const QPointF origin = bench.cloud().toWidget({0, 0});
        const double apart = field.apart() / (2 * field.range) * bench.cloud().plotRect().width();
        double longest = 0;
        int seen = 0;
        for (int i = 0; i < field.count(); ++i) {
            const QLineF arrow = bench.cloud().arrow(i);
            longest = std::max(longest, arrow.length());
            if (arrow.length() < 1) continue;
            ++seen;
            const QLineF home(arrow.p1(), origin);
            QVERIFY(std::abs(std::remainder(arrow.angleTo(home), 360)) < 0.1);
        }
        QVERIFY(seen > field.count() * 9 / 10);
        QVERIFY(longest < apart && longest > 0.7 * apart); // none runs into the next
        // It is seen: some amber pixel between the frame and the cloud.
        const QImage picture = bench.cloud().grab().toImage();
        int amber = 0;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x) {
                const QColor c = picture.pixelColor(x, y);
                amber += c.red() > c.blue() + 60 && c.red() > 90;
            }
        QVERIFY2(amber > 500, qPrintable(QString::number(amber)));
    }

    void oneQuestionAtATimeAndTheNewestWins() {
        Bench bench;
        QCOMPARE(bench.asked(), 1);
        const AskField first = *bench.engine.last<AskField>();
        for (int i = 0; i < 5; ++i)
            bench.stage.stepForward();
        QCOMPARE(bench.asked(), 1); // the first is still under way
        bench.answer(first);
        QCOMPARE(bench.asked(), 2);
        const AskField second = *bench.engine.last<AskField>();
        QCOMPARE(second.t, bench.record->state(5)->t);
        QVERIFY(second.id != first.id);
        bench.answer(second);
        QCOMPARE(bench.asked(), 2); // what is on screen is known now
    }

    void staleAnswersAreIgnored() {
        Bench bench;
        const AskField question = *bench.engine.last<AskField>();
        FieldReady foreign = perfectAnswer(question, bench.record->schedule());
        foreign.id = question.id + 77;
        bench.tell(foreign);
        QVERIFY(bench.cloud().field().empty());
        // A new chain: the old one's answer says nothing about it.
        auto other = test::chain_record(1, steps, T, true, 1);
        bench.tell(ChainChanged{ChainPhase::running, other});
        const AskField newer = *bench.engine.last<AskField>();
        QVERIFY(newer.id != question.id);
        bench.answer(question);
        QVERIFY(bench.cloud().field().empty());
        bench.answer(newer);
        QVERIFY(!bench.cloud().field().empty());
    }

    void thereAreNoArrowsAtTheEnd() {
        Bench bench;
        bench.answer(*bench.engine.last<AskField>());
        QVERIFY(!bench.cloud().field().empty());
        bench.stage.stepForward();
        const AskField late = *bench.engine.last<AskField>();
        bench.stage.goToEnd();
        QCOMPARE(bench.tools().t(), 0);
        QVERIFY(bench.cloud().field().empty());
        bench.answer(late);
        QVERIFY(bench.cloud().field().empty());
        QCOMPARE(bench.engine.last<AskField>()->id, late.id);
    }

    void switchesDoWhatTheySay() {
        Bench bench;
        bench.answer(*bench.engine.last<AskField>());
        bench.click(bench.tools().arrowsButton());
        QVERIFY(bench.cloud().field().empty());
        const int asked = bench.asked();
        bench.stage.stepForward();
        QCOMPARE(bench.asked(), asked);
        bench.click(bench.tools().arrowsButton());
        QCOMPARE(bench.asked(), asked + 1);
        bench.answer(*bench.engine.last<AskField>());
        QVERIFY(!bench.cloud().field().empty());

        QVERIFY(bench.cloud().pathsVisible());
        bench.click(bench.tools().pathsButton());
        QVERIFY(!bench.cloud().pathsVisible());

        bench.click(bench.tools().zoomButton());
        QCOMPARE(bench.cloud().range(), 1.5);
        QCOMPARE(bench.engine.last<AskField>()->range, 1.5); // another lattice is wanted
        bench.click(bench.tools().zoomButton());
        QCOMPARE(bench.engine.last<AskField>()->range, 3.0);

        bench.answerData();
        QVERIFY(!bench.cloud().hasDensity() && !bench.cloud().hasOutline());
        bench.click(bench.tools().densityButton());
        QVERIFY(bench.cloud().hasDensity() && bench.cloud().hasOutline() && bench.cloud(1).hasOutline());
        // A new chain keeps what was switched, and does not ask for the same data again.
        bench.tell(ChainChanged{ChainPhase::finished, test::chain_record(1, steps, T, true)});
        QVERIFY(bench.cloud().hasDensity() && bench.cloud().hasOutline() && !bench.cloud().pathsVisible());
        QCOMPARE(bench.engine.count<OpenData>(), 1);
    }

    void theDistanceIsSaid() {
        Bench bench;
        QVERIFY(!bench.tools().distanceLabel()->isVisible()); // the data are not known yet
        const auto question = bench.engine.last<OpenData>();
        QVERIFY(question && question->id != 0 && question->settings.kind == DataKind::two_moons);
        DataOpened foreign = test::data_opened(DataKind::two_moons);
        foreign.id = question->id + 5;
        bench.tell(foreign);
        QVERIFY(!bench.tools().distanceLabel()->isVisible());
        bench.answerData();
        QVERIFY(bench.tools().distanceLabel()->isVisible());
        const auto value = [&] { return bench.tools().distanceLabel()->text().toDouble(); };
        const PointCloud data = test::data_opened(DataKind::two_moons).points;
        const double expected = CloudDistance(data).to(PointCloud{bench.record->state(0)->x});
        QVERIFY(std::abs(value() - expected) < 6e-4);
        bench.stage.goToEnd();
        QVERIFY(value() < expected / 4);
    }

    void largePanesTakeTheCardsRoom() {
        Bench bench;
        const double before = bench.cloud().plotRect().width();
        bench.click(bench.tools().largeButton());
        QTRY_VERIFY(bench.cloud().plotRect().width() > 1.3 * before);
        QVERIFY(bench.cloud(1).isVisible() && !bench.cloud(2).isVisible());
        QVERIFY(!bench.stage.card()->isVisible() && bench.stage.filmstrip()->isVisible());
        // Pictures have their own way to be large.
        bench.tell(test::model_changed(2000, DataKind::mnist, T));
        bench.tell(ChainChanged{ChainPhase::finished, test::chain_record(4, steps, T)});
        QTRY_VERIFY(bench.stage.card()->isVisible() && bench.stage.panes()->grid(2)->isVisible());
        bench.tell(ChainChanged{ChainPhase::finished, bench.record});
        QTRY_VERIFY(!bench.stage.card()->isVisible());
        bench.click(bench.tools().largeButton());
        QVERIFY(bench.stage.card()->isVisible());
        QTRY_COMPARE(bench.cloud().plotRect().width(), before);
    }

    void picturesHaveNoSuchRow() {
        Bench bench;
        QVERIFY(bench.tools().isVisible());
        bench.tell(test::model_changed(2000, DataKind::mnist, T));
        bench.tell(ChainChanged{ChainPhase::finished, test::chain_record(4, steps, T)});
        QTRY_VERIFY(!bench.tools().isVisible());
        const int asked = bench.asked();
        bench.stage.stepBack();
        QCOMPARE(bench.asked(), asked);
        QCOMPARE(bench.engine.count<OpenData>(), 1);
    }

    void twoThousandParticlesKeepUp() {
        Bench bench;
        bench.answerData();
        bench.click(bench.tools().densityButton());
        SamplingSettings settings;
        settings.count = 2000;
        settings.steps = steps;
        auto record = std::make_shared<ChainRecord>(9, settings, test::cosine_schedule(T), steps + 1, 1);
        const PointCloud noise = gaussian(2000, 1, 4);
        for (int i = 0; i <= steps; ++i) {
            const int t = T - i * T / steps;
            std::vector<float> x = noise.xy;
            for (float& value : x)
                value *= 0.3F + 0.7F * static_cast<float>(t) / T;
            const std::vector<float> other = t > 0 ? x : std::vector<float>();
            record->append(std::make_shared<ChainState>(
                make_chain_state(t, {2000, 0, 0, 0}, std::move(x), other, other)));
        }
        bench.record = record;
        bench.tell(ChainChanged{ChainPhase::finished, record});
        bench.stage.goToStart();
        bench.engine.on_submit([&](const Command& command) {
            if (const auto* question = std::get_if<AskField>(&command))
                bench.engine.emit(perfectAnswer(*question, record->schedule()));
        });
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < steps; ++i) {
            bench.stage.stepForward();
            bench.stage.panes()->grab(); // paints all there is
        }
        const double each = static_cast<double>(clock.elapsed()) / steps;
        qInfo("%.1f ms a state with paths, arrows and density", each);
        QVERIFY2(each < 60, qPrintable(QString::number(each)));
    }

    // The Noise stage
    // -----------------------------------------------------------------------------------------------------

    void theMeltingCloudHasDensityAndScore() {
        ForwardPanes panes;
        panes.resize(900, 340);
        panes.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panes));
        const auto record = test::forward_record(100, true);
        panes.showState(*record, 50);
        QVERIFY(!panes.cloud(1)->hasDensity() && panes.cloud(1)->field().empty());
        panes.setOverlays(true, true);
        panes.showState(*record, 50);
        QVERIFY(panes.cloud(0)->hasDensity() && panes.cloud(1)->hasDensity() && panes.cloud(2)->hasDensity());
        QVERIFY(!panes.cloud(1)->field().empty());
        // Far out all arrows lead inwards.
        const ScoreField& field = panes.cloud(1)->field();
        QVERIFY(field.s[0] > 0 && field.s[1] > 0); // lower left
        QVERIFY(field.s[field.s.size() - 2] < 0 && field.s.back() < 0);
        panes.showState(*record, 0);
        QVERIFY(panes.cloud(1)->field().empty());
        panes.setOverlays(false, false);
        panes.showState(*record, 50);
        QVERIFY(!panes.cloud(1)->hasDensity() && panes.cloud(1)->field().empty());
    }
};

QTEST_MAIN(PointsTest)
#include "points_test.moc"
