// q(x_{t−1} | x_t, x_0) in the Noise stage against Bayes' rule done by numerical integration, and by phase.
#include "noise_bench.h"
#include "stages/noise/forward_panes.h"
#include "stages/noise/posterior_view.h"
#include "theme/theme.h"
#include "views/histogram_view.h"
#include "views/point_cloud_view.h"
#include "views/segmented_choice.h"
#include "window/main_window.h"

#include <QPushButton>
#include <QStandardPaths>
#include <QToolButton>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

using Bench = test::NoiseBench;
constexpr int T = 100;

struct Moments {
    double mean, variance;
};

/// Of the density q(x_t | x) q(x | x_0) over x, on a fine lattice.
Moments integrate(const ScheduleTable& schedule, int t, double x0, double xt) {
    double before = 1; // ᾱ_{t−1}, as a product
    for (int i = 0; i < t - 1; ++i)
        before *= 1 - schedule.beta[static_cast<std::size_t>(i)];
    const double beta = schedule.beta[static_cast<std::size_t>(t - 1)];
    const auto logarithm = [&](double x) {
        const double step = xt - std::sqrt(1 - beta) * x, jump = x - std::sqrt(before) * x0;
        return -step * step / (2 * beta) - jump * jump / (2 * (1 - before));
    };
    double top = -1e300, mass = 0, first = 0, second = 0;
    for (double x = -6; x <= 6; x += 1e-4)
        top = std::max(top, logarithm(x));
    for (double x = -6; x <= 6; x += 1e-4) {
        const double density = std::exp(logarithm(x) - top);
        mass += density;
        first += density * x;
        second += density * x * x;
    }
    return {first / mass, second / mass - first * first / (mass * mass)};
}

struct Place {
    int x, y;
};
constexpr Place places[] = {{3, 3}, {14, 9}, {16, 16}, {24, 20}};

std::size_t at(Place place) {
    return static_cast<std::size_t>(place.y * 28 + place.x);
}

void choosePosterior(Bench& bench) {
    bench.click(bench.stage.viewChoice()->button(1));
}

void stepByPhase(Bench& bench) {
    bench.stage.bar()->stepBox()->setFocus();
    QTest::keyClick(bench.stage.bar()->stepBox(), Qt::Key_Down);
    bench.settle();
}

int litTerm(const Bench& bench) {
    for (int i = 0; i < posteriorPhases; ++i)
        if (bench.stage.posterior()->card()->term(i)->lit()) return i + 1;
    return 0;
}

} // namespace

class NoisePosteriorTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        theme::apply(theme::Mode::dark, 1.0);
    }

    void theNumbersAreBayesRule() {
        for (const ScheduleTable& schedule : {test::cosine_schedule(T), test::linear_schedule(T)})
            for (const int t : {2, 17, 60, 99}) {
                const PosteriorNumbers numbers = posteriorAt(schedule, t);
                for (const auto& [x0, xt] : {std::pair{0.7, -0.4}, {-1.0, 1.2}, {0.0, 0.9}}) {
                    const Moments expected = integrate(schedule, t, x0, xt);
                    QVERIFY2(std::abs(numbers.ofX0 * x0 + numbers.ofXt * xt - expected.mean) < 1e-6,
                             qPrintable(QString::number(t)));
                    QVERIFY(std::abs(numbers.variance / expected.variance - 1) < 1e-5);
                }
            }
    }

    void atTheFirstStepNothingIsLeftToChance() {
        const PosteriorNumbers numbers = posteriorAt(test::linear_schedule(T), 1);
        QCOMPARE(numbers.ofX0, 1.0);
        QCOMPARE(numbers.ofXt, 0.0);
        QCOMPARE(numbers.variance, 0.0);
        Bench bench;
        choosePosterior(bench);
        bench.goTo(1);
        PosteriorView* view = bench.stage.posterior();
        QVERIFY(view->card()->note().contains(QStringLiteral("nothing is left to chance")));
        for (const Place place : places) {
            const int expected = test::greyOf(static_cast<double>(bench.record->jump_at(0)[at(place)]));
            for (const int pane : {1, 3})
                QCOMPARE(test::greyOnScreen(view->pane(pane)->picture(), 0, place.x, place.y), expected);
            for (int i = 0; i < 4; ++i) // all draws are x_0
                QVERIFY(std::abs(test::greyOnScreen(view->pane(2)->picture(), i, place.x, place.y) -
                                 expected) <= 1);
        }
    }

    void beforeTheFirstStepThereIsNone() {
        Bench bench;
        choosePosterior(bench);
        bench.stage.goToStart();
        for (const int pane : {1, 2, 3})
            QCOMPARE(bench.stage.posterior()->pane(pane)->picture()->count(), 0);
        QVERIFY(bench.stage.posterior()->card()->note().contains(QStringLiteral("no step")));
        QVERIFY(!bench.stage.posterior()->grab().isNull());
    }

    void thePicturesAreMeanDrawsAndTheChainsOwn() {
        Bench bench;
        choosePosterior(bench);
        bench.goTo(60);
        PosteriorView* view = bench.stage.posterior();
        const ForwardRecord& record = *bench.record;
        double variance = 0;
        for (const Place place : places) {
            const double x0 = static_cast<double>(record.jump_at(0)[at(place)]),
                         xt = static_cast<double>(record.steps_at(60)[at(place)]);
            const Moments expected = integrate(record.schedule, 60, x0, xt);
            variance = expected.variance;
            const auto near = [](int seen, double value) {
                return std::abs(seen - test::greyOf(value)) <= 1;
            };
            QVERIFY(near(test::greyOnScreen(view->pane(0)->picture(), 0, place.x, place.y), xt));
            QVERIFY(near(test::greyOnScreen(view->pane(1)->picture(), 0, place.x, place.y), expected.mean));
            QVERIFY(near(qGray(view->card()->term(2)->picture().pixel(place.x, place.y)), expected.mean));
            for (int i = 0; i < 4; ++i) {
                const double z = static_cast<double>(view->noise(i)[at(place)]);
                QVERIFY(near(test::greyOnScreen(view->pane(2)->picture(), i, place.x, place.y),
                             expected.mean + std::sqrt(expected.variance) * z));
            }
            QVERIFY(near(test::greyOnScreen(view->pane(3)->picture(), 0, place.x, place.y),
                         static_cast<double>(record.steps_at(59)[at(place)])));
        }
        // The spread as a grey of its own: black at 0, white at the largest of the schedule.
        double largest = 0;
        for (int t = 2; t <= T; ++t)
            largest = std::max(largest, integrate(record.schedule, t, 0.2, 0.1).variance);
        const QImage grey = view->card()->term(3)->picture();
        QVERIFY(std::abs(qGray(grey.pixel(0, 0)) - 255 * std::sqrt(variance / largest)) <= 1);
        QCOMPARE(grey.pixel(0, 0), grey.pixel(27, 27));
        QVERIFY(view->card()->term(3)->accessibleDescription().contains(
            QString::number(std::sqrt(variance), 'g', 4)));
    }

    void theDrawsAreStandardNormalAndStayWhileDragging() {
        Bench bench;
        choosePosterior(bench);
        bench.goTo(60);
        const std::vector<float> z = bench.stage.posterior()->noise(0);
        double sum = 0, squares = 0;
        for (const float value : z)
            sum += static_cast<double>(value), squares += static_cast<double>(value * value);
        const auto n = static_cast<double>(z.size());
        QVERIFY(std::abs(sum / n) < 4 / std::sqrt(n));
        QVERIFY(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
        QVERIFY(bench.stage.posterior()->noise(1) != z);
        bench.goTo(61);
        QVERIFY(bench.stage.posterior()->noise(0) == z);
        bench.click(bench.stage.form()->newNoiseButton());
        QVERIFY(bench.stage.posterior()->noise(0) != z);
    }

    void theChainIsADrawOfIt() {
        Bench bench;
        const ForwardRecord& record = *bench.record;
        for (const int t : {10, 50, 90}) {
            const PosteriorNumbers numbers = posteriorAt(record.schedule, t);
            const std::span<const float> x0(record.jump_at(0), record.values),
                xt(record.steps_at(t), record.values), before(record.steps_at(t - 1), record.values);
            const Standing z =
                standing(before, weighted(numbers.ofX0, x0, numbers.ofXt, xt), numbers.spread());
            QVERIFY2(std::abs(z.mean) < 4 / std::sqrt(784.0), qPrintable(QString::number(z.mean)));
            QVERIFY2(std::abs(z.deviation - 1) < 4 / std::sqrt(2 * 784.0),
                     qPrintable(QString::number(z.deviation)));
        }
    }

    void forwardByPhase() {
        Bench bench;
        bench.goTo(60);
        stepByPhase(bench);
        QVERIFY(bench.stage.bar()->phaseStepping());
        const double before = bench.stage.histogram()->deviation(1);
        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.stage.t(), 61);
        QCOMPARE(bench.stage.phase(), 1);
        QCOMPARE(bench.readout(), QStringLiteral("t = 60→61"));
        const double kept = std::sqrt(1 - bench.record->schedule.beta[60]);
        StatePane* pane = bench.stage.panes()->pane(2);
        for (const Place place : places)
            QVERIFY(std::abs(test::greyOnScreen(pane->picture(), 0, place.x, place.y) -
                             test::greyOf(kept *
                                          static_cast<double>(bench.record->steps_at(60)[at(place)]))) <= 1);
        QVERIFY(std::abs(bench.stage.histogram()->deviation(1) - kept * before) < 1e-6);
        QVERIFY(pane->caption()->words().contains(QStringLiteral("shrunk")));
        QVERIFY(pane->equation()->accessibleName().contains(QStringLiteral("first term")));
        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.readout(), QStringLiteral("t = 61"));
        QVERIFY(pane->equation()->accessibleName().contains(QStringLiteral("second term")));
        for (const Place place : places)
            QCOMPARE(test::greyOnScreen(pane->picture(), 0, place.x, place.y),
                     test::greyOf(static_cast<double>(bench.record->steps_at(61)[at(place)])));
        bench.click(bench.stage.bar()->backButton());
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.readout(), QStringLiteral("t = 60"));
    }

    void atTheEndsPhasesStop() {
        Bench bench;
        stepByPhase(bench);
        bench.stage.goToEnd();
        QVERIFY(!bench.stage.bar()->forwardButton()->isEnabled());
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.stage.phase(), 1);
        QVERIFY(bench.stage.bar()->forwardButton()->isEnabled());
        bench.click(bench.stage.bar()->forwardButton());
        QCOMPARE(bench.stage.t(), T);
        QCOMPARE(bench.stage.phase(), 0);
        bench.stage.stepForward();
        QCOMPARE(bench.stage.t(), T);
        bench.stage.goToStart();
        bench.stage.stepBack();
        QCOMPARE(bench.stage.t(), 0);
        QCOMPARE(bench.stage.phase(), 0);
        bench.stage.stepForward(); // the first step shrinks x_0
        QCOMPARE(bench.readout(), QStringLiteral("t = 0→1"));
    }

    void playingTakesWholeSteps() {
        Bench bench;
        stepByPhase(bench);
        bench.stage.stepForward();
        QCOMPARE(bench.stage.phase(), 1);
        bench.click(bench.stage.bar()->playButton());
        QCOMPARE(bench.stage.phase(), 0);
        QTRY_VERIFY(bench.stage.t() > 30);
        QCOMPARE(bench.stage.phase(), 0);
        bench.stage.playPause();
    }

    void thePosteriorByPhaseLightsTermAfterTerm() {
        Bench bench;
        stepByPhase(bench);
        choosePosterior(bench);
        bench.goTo(60);
        PosteriorView* view = bench.stage.posterior();
        const ForwardRecord& record = *bench.record;
        QCOMPARE(litTerm(bench), 0);
        const PosteriorNumbers numbers = posteriorAt(record.schedule, 60);
        for (int phase = 1; phase <= posteriorPhases; ++phase) {
            bench.click(bench.stage.bar()->backButton());
            QCOMPARE(bench.stage.t(), 60);
            QCOMPARE(litTerm(bench), phase);
            QCOMPARE(bench.readout(), QStringLiteral("t = 60 %1/4").arg(phase));
            QVERIFY(view->card()->note().contains(QStringLiteral("Phase %1 of 4").arg(phase)));
            QCOMPARE(view->pane(2)->picture()->count(), phase == 4 ? 4 : 0);
            for (const Place place : places) {
                const double x0 = static_cast<double>(record.jump_at(0)[at(place)]),
                             xt = static_cast<double>(record.steps_at(60)[at(place)]);
                const double expected = phase == 1   ? numbers.ofX0 * x0
                                        : phase == 2 ? numbers.ofXt * xt
                                                     : numbers.ofX0 * x0 + numbers.ofXt * xt;
                QVERIFY(std::abs(test::greyOnScreen(view->pane(1)->picture(), 0, place.x, place.y) -
                                 test::greyOf(expected)) <= 1);
            }
        }
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(bench.stage.t(), 59);
        QCOMPARE(litTerm(bench), 0);
        bench.click(bench.stage.bar()->forwardButton()); // and the same way back
        QCOMPARE(bench.stage.t(), 60);
        QCOMPARE(litTerm(bench), 4);
    }

    void theWindowsKeysGoByPhase() {
        test::FakeEngine engine;
        test::answer_like_an_engine(engine);
        EngineBridge bridge(engine);
        MainWindow window(bridge);
        window.resize(1280, 800);
        window.show();
        window.goToStage(MainWindow::noiseStage);
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        auto* stage = window.findChild<NoiseStage*>();
        QTRY_COMPARE(stage->t(), T / 4);
        QTest::keyClick(&window, Qt::Key_Right);
        QCOMPARE(stage->t(), 26);
        QCOMPARE(stage->phase(), 0);
        stage->bar()->stepBox()->setCurrentIndex(1);
        QTest::keyClick(&window, Qt::Key_Right);
        QCOMPARE(stage->t(), 27);
        QCOMPARE(stage->phase(), 1);
        QTest::keyClick(&window, Qt::Key_2, Qt::AltModifier);
        QTRY_VERIFY(stage->view() == NoiseStage::View::posterior); // a button goes down for a moment first
        QCOMPARE(stage->phase(), 0);
        for (int i = 0; i < 5; ++i)
            QTest::keyClick(&window, Qt::Key_Left);
        QCOMPARE(stage->t(), 26);
        QTest::keyClick(&window, Qt::Key_3, Qt::AltModifier);
        QTRY_VERIFY(stage->view() == NoiseStage::View::schedules);
        QVERIFY(!stage->bar()->stepBox()->isVisible());
        QTest::keyClick(&window, Qt::Key_Left); // nothing has phases there
        QCOMPARE(stage->t(), 25);
        QTest::keyClick(&window, Qt::Key_1, Qt::AltModifier);
        QTRY_VERIFY(stage->view() == NoiseStage::View::forward);
        QVERIFY(stage->bar()->stepBox()->isVisible());
    }

    void pointsHaveAPosteriorToo() {
        Bench bench;
        bench.choose(bench.stage.form()->dataBox(), 2);
        choosePosterior(bench);
        bench.goTo(60);
        PosteriorView* view = bench.stage.posterior();
        for (int pane = 0; pane < 4; ++pane) {
            QVERIFY(view->pane(pane)->cloud()->isVisible());
            QCOMPARE(view->pane(pane)->cloud()->count(), 2000);
        }
        stepByPhase(bench);
        bench.click(bench.stage.bar()->backButton());
        QCOMPARE(view->pane(2)->cloud()->count(), 0);
        // The share of x_0 is x_0 drawn together.
        const PosteriorNumbers numbers = posteriorAt(bench.record->schedule, 60);
        double squares = 0;
        for (std::size_t i = 0; i < bench.record->values; ++i)
            squares += std::pow(numbers.ofX0 * static_cast<double>(bench.record->jump_at(0)[i]), 2);
        const QString words = view->pane(1)->cloud()->accessibleDescription();
        const double mean = std::abs(words.section(QStringLiteral("mean "), 1).section(',', 0, 0).toDouble());
        const double deviation = words.section(QStringLiteral("deviation "), 1).toDouble();
        QVERIFY2(std::abs(std::hypot(mean, deviation) -
                          std::sqrt(squares / static_cast<double>(bench.record->values))) < 2e-3,
                 qPrintable(words));
    }
};

QTEST_MAIN(NoisePosteriorTest)
#include "noise_posterior_test.moc"
