// One jump against step by step: the distance against brute force, what chance makes of it against many
// draws, and what of it is on screen.
#include "noise_bench.h"
#include "stages/noise/distance_gauge.h"
#include "stages/noise/forward_panes.h"
#include "theme/theme.h"

#include <numeric>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

using Bench = test::NoiseBench;

/// The cheapest of all ways to carry the one set over to the other.
double cheapestMatching(const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<std::size_t> order(a.size());
    std::iota(order.begin(), order.end(), 0U);
    double best = 1e9;
    do {
        double cost = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            cost += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[order[i]]));
        best = std::min(best, cost / static_cast<double>(a.size()));
    } while (std::next_permutation(order.begin(), order.end()));
    return best;
}

/// The integral of |F − G| over the places where the two empirical distribution functions jump.
double areaBetween(std::vector<float> a, std::vector<float> b) {
    std::vector<float> places = a;
    places.insert(places.end(), b.begin(), b.end());
    std::sort(places.begin(), places.end());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    const auto below = [](const std::vector<float>& values, float x) {
        return static_cast<double>(std::upper_bound(values.begin(), values.end(), x) - values.begin()) /
               static_cast<double>(values.size());
    };
    double area = 0;
    for (std::size_t i = 0; i + 1 < places.size(); ++i)
        area += std::abs(below(a, places[i]) - below(b, places[i])) *
                (static_cast<double>(places[i + 1]) - static_cast<double>(places[i]));
    return area;
}

std::vector<float> draw(const std::vector<float>& x0, double level, std::mt19937_64& generator) {
    std::normal_distribution<double> gauss;
    std::vector<float> values;
    for (const float value : x0)
        values.push_back(static_cast<float>(std::sqrt(level) * static_cast<double>(value) +
                                            std::sqrt(1 - level) * gauss(generator)));
    return values;
}

std::vector<float> axisOf(const std::vector<float>& points, std::size_t axis) {
    std::vector<float> values;
    for (std::size_t i = axis; i < points.size(); i += 2)
        values.push_back(points[i]);
    return values;
}

std::vector<float> state(const float* values, std::size_t count) {
    return {values, values + count};
}

} // namespace

class NoiseDistanceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void itIsTheCheapestMatching() {
        std::mt19937_64 generator(3);
        std::normal_distribution<float> gauss;
        for (int trial = 0; trial < 20; ++trial) {
            std::vector<float> a(7), b(7);
            for (auto* set : {&a, &b})
                std::generate(set->begin(), set->end(), [&] { return gauss(generator); });
            QVERIFY(std::abs(wasserstein(a, b) - cheapestMatching(a, b)) < 1e-6);
        }
        const std::vector<float> a{1, 2, 3}, shifted{3.5F, 1.5F, 2.5F};
        QVERIFY(std::abs(wasserstein(a, shifted) - 0.5) < 1e-6);
        QCOMPARE(wasserstein(a, a), 0.0);
        QCOMPARE(wasserstein({}, {}), 0.0);
    }

    void chanceIsWhatManyDrawsShow_data() {
        QTest::addColumn<bool>("points");
        QTest::addColumn<double>("level");
        for (const double level : {0.9999, 0.95, 0.5, 0.001})
            for (const bool points : {false, true})
                QTest::addRow("%s at %g", points ? "points" : "digit", level) << points << level;
    }

    void chanceIsWhatManyDrawsShow() {
        QFETCH(bool, points);
        QFETCH(double, level);
        const std::vector<float> x0 = points ? axisOf(test::moons(1000, 3).xy, 0) : test::digit(7, 2);
        std::mt19937_64 generator(11);
        constexpr int draws = 400;
        const Chance expected = chanceDistance(x0, level);
        double sum = 0, squares = 0;
        int far = 0;
        for (int i = 0; i < draws; ++i) {
            const auto a = draw(x0, level, generator), b = draw(x0, level, generator);
            const double distance = wasserstein(a, b);
            far += shareAsFar({distance, expected}) < 0.05;
            sum += distance;
            squares += distance * distance;
        }
        const double mean = sum / draws, deviation = std::sqrt(squares / draws - mean * mean);
        const Chance chance = chanceDistance(x0, level);
        // Of 400 draws: the mean to 2 %, the deviation to 4 % (one standard error).
        QVERIFY2(std::abs(chance.mean / mean - 1) < 0.06,
                 qPrintable(QStringLiteral("%1 for %2").arg(chance.mean).arg(mean)));
        QVERIFY2(std::abs(chance.deviation / deviation - 1) < 0.2,
                 qPrintable(QStringLiteral("%1 for %2").arg(chance.deviation).arg(deviation)));
        // One in twenty is as far as one in twenty is said to be: 20 of 400, give or take.
        QVERIFY2(far >= 8 && far <= 36, qPrintable(QString::number(far)));
    }

    void withoutNoiseThereIsNoChance() {
        const Chance chance = chanceDistance(test::digit(7, 2), 1);
        QCOMPARE(chance.mean, 0.0);
        QCOMPARE(chance.deviation, 0.0);
    }

    void theGaugeMeasuresThePanes() {
        Bench bench;
        const std::size_t n = bench.record->values;
        for (const int t : {1, 30, 70, 100}) {
            bench.goTo(t);
            QCOMPARE(bench.stage.t(), t);
            const Distance& shown = bench.stage.distance()->distance();
            QVERIFY(std::abs(shown.measured - areaBetween(state(bench.record->jump_at(t), n),
                                                          state(bench.record->steps_at(t), n))) < 1e-5);
            QVERIFY2(bench.stage.distance()->withinChance(),
                     qPrintable(bench.stage.distance()->accessibleDescription()));
            QVERIFY(bench.stage.distance()->accessibleDescription().contains(
                QString::number(shown.measured, 'f', 4)));
        }
        bench.stage.goToStart();
        QCOMPARE(bench.stage.distance()->distance().measured, 0.0);
        QVERIFY(bench.stage.distance()->withinChance());
    }

    void ofPointsItIsTheMeanOverBothCoordinates() {
        Bench bench;
        bench.choose(bench.stage.form()->dataBox(), 2);
        QVERIFY(bench.record->is_points());
        bench.goTo(40);
        const auto jump = state(bench.record->jump_at(40), bench.record->values),
                   steps = state(bench.record->steps_at(40), bench.record->values);
        const double expected = (areaBetween(axisOf(jump, 0), axisOf(steps, 0)) +
                                 areaBetween(axisOf(jump, 1), axisOf(steps, 1))) /
                                2;
        QVERIFY(std::abs(bench.stage.distance()->distance().measured - expected) < 1e-5);
        QVERIFY(bench.stage.distance()->withinChance());
    }

    void whatIsAnotherDistributionIsSaidToBe() {
        Bench bench;
        auto wrong = std::make_shared<ForwardRecord>(*bench.record);
        for (std::size_t i = 0; i < wrong->steps.size(); ++i)
            wrong->steps[i] = wrong->jump[i] * 1.3F + 0.1F;
        bench.engine.emit(ForwardReady{wrong});
        bench.settle();
        bench.goTo(60);
        QVERIFY(!bench.stage.distance()->withinChance());
        QVERIFY(bench.stage.distance()->verdict().contains(QStringLiteral("1,000")));
    }

    void anUnluckyDrawIsNoAlarm() {
        DistanceGauge gauge;
        gauge.setDistance({0.05, {0.049, 0.016}});
        QCOMPARE(gauge.verdict(), QStringLiteral("the same, up to chance"));
        gauge.setDistance(
            {0.082, {0.049, 0.016}}); // two deviations above: it happens, and is said as what it is
        QVERIFY(gauge.withinChance());
        QVERIFY2(gauge.verdict().startsWith(QStringLiteral("1 in 2")), qPrintable(gauge.verdict()));
        QVERIFY(gauge.verdict(true).size() < gauge.verdict().size() &&
                gauge.verdict().startsWith(gauge.verdict(true)));
        gauge.setDistance({0.2, {0.049, 0.016}});
        QVERIFY(!gauge.withinChance());
    }

    void draggingIsMeasured() {
        // A picture file of 128 × 128 in colour is the largest that the engine gives.
        std::mt19937_64 generator(4);
        std::uniform_real_distribution<float> even(-1, 1);
        std::vector<float> x0(3 * 128 * 128);
        std::generate(x0.begin(), x0.end(), [&] { return even(generator); });
        const auto a = draw(x0, 0.9999, generator), b = draw(x0, 0.9999, generator);
        double apart = 0, chance = 0;
        QBENCHMARK_ONCE { // for each t while the timeline is dragged
            apart = wasserstein(a, b);
            chance = chanceDistance(x0, 0.9999).mean;
        }
        QVERIFY(apart < 4 * chance);
    }
};

QTEST_MAIN(NoiseDistanceTest)
#include "noise_distance_test.moc"
