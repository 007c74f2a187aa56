// A reverse step taken apart, against chains that this test walks itself in double precision.
#include "stages/denoise/shown_state.h"
#include "stages/denoise/step_numbers.h"
#include "stages/denoise/step_phases.h"
#include "support/plausible.h"

#include <QtTest>

#include <cmath>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 100;
constexpr ItemShape shape{3, 4, 4, 1};

/// One chain of a made-up net, walked by the sampler's own equations.
struct Walk {
    SamplingSettings settings;
    ScheduleTable table = test::cosine_schedule(T);
    std::vector<std::vector<double>> mean; // of the step that leaves state i
    std::shared_ptr<ChainRecord> record;

    explicit Walk(const SamplingSettings& sampling, bool thinned = false) : settings(sampling) {
        settings.count = shape.count;
        record = std::make_shared<ChainRecord>(1, settings, table, settings.steps + 1, thinned ? 2 : 1);
        std::mt19937_64 generator(7);
        std::normal_distribution<double> gauss;
        std::vector<double> x(shape.values());
        for (double& value : x)
            value = gauss(generator);
        const int stride = T / settings.steps;
        for (int t = (settings.steps - 1) * stride + 1; t >= 1; t -= stride) {
            const int s = std::max(0, t - stride);
            const double at = table.alpha_bar_at(t);
            const bool first = s == 0 && settings.sampler == Sampler::ddim && !settings.set_alpha_to_one;
            const double after = table.alpha_bar_at(first ? 1 : s);
            const double beta = 1 - at / after, tilde = (1 - after) / (1 - at) * beta;
            double sigma = 0;
            if (settings.sampler == Sampler::ddim) sigma = settings.eta * std::sqrt(tilde);
            if (settings.sampler == Sampler::ancestral && t > 1) sigma = std::sqrt(beta);
            std::vector<double> guess(x.size()), epsilon(x.size()), mu(x.size()), next(x.size());
            for (std::size_t i = 0; i < x.size(); ++i) {
                // The net believes in a number of its own, with guidance far beyond the range.
                const double belief =
                    (settings.guidance > 1 ? 3.0 : 0.9) * std::sin(0.7 * static_cast<double>(i) + 0.05 * t);
                epsilon[i] = (x[i] - std::sqrt(at) * belief) / std::sqrt(1 - at);
                guess[i] = settings.clip ? std::clamp(belief, -1.0, 1.0) : belief;
                if (settings.sampler == Sampler::ddim) {
                    const double used = settings.guidance > 1 && settings.clip
                                            ? (x[i] - std::sqrt(at) * guess[i]) / std::sqrt(1 - at)
                                            : epsilon[i];
                    mu[i] = std::sqrt(after) * guess[i] +
                            std::sqrt(std::max(0.0, 1 - after - sigma * sigma)) * used;
                } else {
                    mu[i] = std::sqrt(after) * beta / (1 - at) * guess[i] +
                            std::sqrt(at / after) * (1 - after) / (1 - at) * x[i];
                }
                next[i] = mu[i] + (sigma > 0 ? sigma * gauss(generator) : 0);
            }
            const auto floats = [](const std::vector<double>& values) {
                return std::vector<float>(values.begin(), values.end());
            };
            record->append(std::make_shared<ChainState>(
                make_chain_state(t, shape, floats(x), floats(guess), floats(epsilon), sigma)));
            mean.push_back(mu);
            x = next;
        }
        record->append(std::make_shared<ChainState>(
            make_chain_state(0, shape, std::vector<float>(x.begin(), x.end()), {}, {})));
        record->finish();
    }
};

double worst(const std::vector<float>& values, const std::vector<double>& wanted) {
    double most = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        most = std::max(most, std::abs(static_cast<double>(values[i]) - wanted[i]));
    return most;
}

SamplingSettings sampling(Sampler sampler, int steps, double eta = 0, bool clip = true, double guidance = 1) {
    SamplingSettings settings;
    settings.sampler = sampler;
    settings.steps = steps;
    settings.eta = eta;
    settings.clip = clip;
    settings.guidance = guidance;
    return settings;
}

} // namespace

class StepPhasesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPhaseFollowsFromTheRecord_data() {
        QTest::addColumn<int>("sampler");
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("eta");
        QTest::addColumn<bool>("clip");
        QTest::addColumn<double>("guidance");
        QTest::addColumn<bool>("toOne");
        const int ancestral = static_cast<int>(Sampler::ancestral), ddim = static_cast<int>(Sampler::ddim);
        QTest::addRow("Algorithm 2") << ancestral << T << 0.0 << true << 1.0 << true;
        QTest::addRow("Algorithm 2, not clipped") << ancestral << T << 0.0 << false << 1.0 << true;
        QTest::addRow("Algorithm 2 in 20 steps") << ancestral << 20 << 0.0 << true << 1.0 << true;
        QTest::addRow("DDIM") << ddim << 20 << 0.0 << true << 1.0 << true;
        QTest::addRow("DDIM, eta 1") << ddim << 20 << 1.0 << false << 1.0 << true;
        QTest::addRow("DDIM, half way, to the first alpha") << ddim << 25 << 0.5 << true << 1.0 << false;
        QTest::addRow("DDIM with guidance, clipped") << ddim << 20 << 0.3 << true << 5.0 << true;
        QTest::addRow("DDIM with guidance, not clipped") << ddim << 20 << 0.3 << false << 5.0 << true;
    }
    void everyPhaseFollowsFromTheRecord() {
        QFETCH(int, sampler);
        QFETCH(int, steps);
        QFETCH(double, eta);
        QFETCH(bool, clip);
        QFETCH(double, guidance);
        QFETCH(bool, toOne);
        SamplingSettings settings = sampling(static_cast<Sampler>(sampler), steps, eta, clip, guidance);
        settings.set_alpha_to_one = toOne;
        const Walk walk(settings);
        QCOMPARE(walk.record->size(), steps + 1);
        double mostNoise = 0;
        for (int i = 0; i < steps; ++i) {
            const auto state = walk.record->state(i), next = walk.record->state(i + 1);
            const auto mean = stepMean(walk.table, walk.settings, *state);
            const auto& wanted = walk.mean[static_cast<std::size_t>(i)];
            // Half precision keeps three digits of numbers up to 3 (x0_hat) or some ten (epsilon).
            const double off = worst(mean, wanted);
            QVERIFY2(off < 4e-3, qPrintable(QStringLiteral("t = %1: %2").arg(state->t).arg(off)));

            const ShownState landed = shownState(*walk.record, i, StepPhase::landed);
            const ShownState mu = shownState(*walk.record, i, StepPhase::mean);
            QVERIFY(mu.layers[0].kind == Layer::Kind::mean && mu.layers[0].present);
            for (std::size_t k = 0; k < shape.values(); ++k) {
                QVERIFY(landed.layers[0].value(k) == next->x[k]); // exactly what the next state is
                const float z = state->sigma > 0 ? landed.layers[2].value(k) : 0.F;
                QVERIFY(std::abs(mu.layers[0].value(k) + z - next->x[k]) <= 1e-6F);
                mostNoise =
                    std::max(mostNoise, static_cast<double>(std::abs(z)) / std::max(1e-9, state->sigma));
            }
            QCOMPARE(landed.layers[2].present, state->sigma > 0); // or it is said that nothing is added
            QVERIFY(state->sigma > 0 || landed.layers[2].emptyText.contains(QStringLiteral("σ = 0")));
            QCOMPARE(landed.layers[0].t, next->t);
        }
        // What is shown as z is a draw from N(0, I), and not what rounding left over.
        const bool noisy = settings.sampler == Sampler::ancestral || eta > 0;
        QVERIFY2(noisy ? mostNoise > 1.5 && mostNoise < 6 : mostNoise == 0,
                 qPrintable(QString::number(mostNoise)));
    }

    void whereNothingIsAddedTheNextStateIsTheMean() {
        const Walk walk(sampling(Sampler::ddim, 20));
        const auto state = walk.record->state(5), next = walk.record->state(6);
        QCOMPARE(stepMean(walk.table, walk.settings, *state, next.get()), next->x);
        QVERIFY(stepMean(walk.table, walk.settings, *state) != next->x); // computed: three digits
        const Walk noisy(sampling(Sampler::ancestral, T));
        QVERIFY(stepMean(noisy.table, noisy.settings, *noisy.record->state(5),
                         noisy.record->state(6).get()) != noisy.record->state(6)->x);
        // The last step of Algorithm 2.
        QCOMPARE(
            stepMean(noisy.table, noisy.settings, *noisy.record->state(T - 1), noisy.record->state(T).get()),
            noisy.record->state(T)->x);
    }

    void onlyWhatIsKnownInAPhaseIsShown() {
        const Walk walk(sampling(Sampler::ancestral, T));
        const auto at = [&](StepPhase phase) { return shownState(*walk.record, 10, phase); };
        QVERIFY(!at(StepPhase::epsilon).layers[1].present && at(StepPhase::epsilon).layers[2].present);
        QVERIFY(at(StepPhase::x0_hat).layers[1].present);
        QVERIFY(at(StepPhase::landed).layers[2].kind == Layer::Kind::added);
        // There is no step from the picture.
        QVERIFY(shownState(*walk.record, T, StepPhase::mean).phase == StepPhase::whole);
    }

    void whatIsNotRecordedYetIsSaid() {
        const Walk whole(sampling(Sampler::ancestral, T));
        ChainRecord record(2, whole.settings, whole.table, T + 1, 1);
        for (int i = 0; i < 11; ++i)
            record.append(whole.record->state(i));
        const ShownState mu = shownState(record, 10, StepPhase::mean);
        QVERIFY(mu.layers[0].present);
        ShownState landed = shownState(record, 10, StepPhase::landed);
        QVERIFY(!landed.layers[0].present && !landed.layers[0].emptyText.isEmpty());
        QVERIFY(!landed.layers[2].present);
        record.append(whole.record->state(11));
        landed = shownState(record, 10, StepPhase::landed);
        QVERIFY(landed.layers[0].present && landed.layers[2].present);
    }

    void clippedValuesAreCounted() {
        SamplingSettings settings = sampling(Sampler::ancestral, T);
        settings.clip_range = 0.7; // no number that half precision has
        const ItemShape four{1, 2, 2, 1};
        const ChainState state = make_chain_state(50, four, {0, 0, 0, 0}, {0.7F, -0.7F, 0.69F, 0.F}, {});
        QCOMPARE(clippedShare(settings, state), 0.5);
        settings.clip = false;
        QCOMPARE(clippedShare(settings, state), 0.0);
    }

    void pointsAreNeverClipped() {
        const SamplingSettings settings = sampling(Sampler::ancestral, T);
        QVERIFY(inEffect(settings, shape).clip);
        QVERIFY(!inEffect(settings, ItemShape{600, 0, 0, 0}).clip);
    }

    /// Where the net's belief does not change, the solvers' steps are exact: what stands on the line from x_0
    /// to ε at t stands on it at s.
    void solversNumbersAreTheirs_data() {
        QTest::addColumn<int>("t");
        QTest::addColumn<int>("s");
        QTest::addRow("in the middle") << 420 << 371;
        QTest::addRow("from noise") << 1000 << 850;
        QTest::addRow("small") << 12 << 3;
        QTest::addRow("the end") << 30 << 0;
    }
    void solversNumbersAreTheirs() {
        QFETCH(int, t);
        QFETCH(int, s);
        const ScheduleTable table = test::linear_schedule(1000);
        ChainState state, next;
        state.t = t;
        next.t = s;
        const double x0 = 0.7, epsilon = -1.3;
        const auto on = [&](int at) {
            return std::sqrt(table.alpha_bar_at(at)) * x0 + std::sqrt(1 - table.alpha_bar_at(at)) * epsilon;
        };
        const StepNumbers dpm = stepNumbers(table, sampling(Sampler::dpmpp_2m, 20), state, &next);
        QCOMPARE(dpm.previous, s); // where it landed, and not T / N before
        QVERIFY(std::abs(dpm.solverPresent * on(t) + dpm.solverTerm * x0 - on(s)) < 1e-12);
        const StepNumbers heun = stepNumbers(table, sampling(Sampler::heun, 20), state, &next);
        QVERIFY(std::abs(heun.solverPresent * on(t) + heun.solverTerm * epsilon - on(s)) < 1e-9);
        // The other samplers step by T / N even where rounding put the next t elsewhere.
        QCOMPARE(stepNumbers(table, sampling(Sampler::ddim, 20), state, &next).previous, std::max(0, t - 50));
    }

    void solversKeepTheirMeanToThemselves() {
        QCOMPARE(phasesOf(Sampler::ancestral).size(), 4U);
        QCOMPARE(phasesOf(Sampler::ddim).size(), 4U);
        QCOMPARE(phasesOf(Sampler::heun).size(), 3U);
        QVERIFY(phasesOf(Sampler::dpmpp_2m).back() == StepPhase::landed);
        Walk walk(sampling(Sampler::ddim, 20));
        SamplingSettings settings = walk.settings;
        settings.sampler = Sampler::heun;
        ChainRecord record(3, settings, walk.table, 21, 1);
        for (int i = 0; i < 21; ++i)
            record.append(walk.record->state(i));
        const ShownState landed = shownState(record, 4, StepPhase::landed);
        QVERIFY(landed.layers[0].value(3) == walk.record->state(5)->x[3]);
        QVERIFY(landed.layers[2].kind == Layer::Kind::epsilon && landed.layers[2].present);
    }
};

QTEST_APPLESS_MAIN(StepPhasesTest)
#include "step_phases_test.moc"
