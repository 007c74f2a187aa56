// Schedule tables against improved-diffusion (float64) and diffusers (float32).
#include "diffusion/schedule.h"
#include "support/golden.h"

#include <cmath>

using namespace ddpm;
using namespace ddpm::diffusion;

Q_DECLARE_METATYPE(ddpm::BetaSchedule)

class ScheduleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_improved_diffusion_data();
    void matches_improved_diffusion();
    void matches_diffusers_betas_data();
    void matches_diffusers_betas();
    void the_papers_other_schedules_are_those_of_its_code();
    void zero_terminal_snr_leaves_no_signal();
    void closed_forms_hold();
};

namespace {
ScheduleSettings linear(int timesteps) {
    ScheduleSettings settings;
    settings.timesteps = timesteps;
    settings.beta_start *= 1000.0 / timesteps;
    settings.beta_end *= 1000.0 / timesteps;
    return settings;
}
ScheduleSettings settings_named(const QString& name) {
    if (name == "linear1000") return linear(1000);
    if (name == "linear50") return linear(50);
    ScheduleSettings cosine;
    cosine.kind = BetaSchedule::cosine;
    return cosine;
}
} // namespace

void ScheduleTest::matches_improved_diffusion_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"linear1000", "linear50", "cosine1000"})
        QTest::addRow("%s", name) << QString(name);
}

void ScheduleTest::matches_improved_diffusion() {
    QFETCH(QString, name);
    const Schedule schedule = make_schedule(settings_named(name));
    const auto golden = test::read_golden("schedules.safetensors");
    const auto difference = [&](const char* key, const std::vector<double>& ours) {
        return test::max_abs_difference(test::golden_tensor(golden, name.toStdString() + "." + key),
                                        torch::tensor(ours, torch::kFloat64));
    };
    QVERIFY(difference("betas", schedule.betas) < 1e-12);
    QVERIFY(difference("alphas_cumprod", schedule.alphas_cumprod) < 1e-12);
    QVERIFY(difference("posterior_variance", schedule.posterior_variance) < 1e-12);
    QVERIFY(difference("posterior_log_variance_clipped", schedule.posterior_log_variance_clipped) < 1e-10);
    QVERIFY(difference("posterior_mean_coef_x0", schedule.posterior_mean_coef_x0) < 1e-12);
    QVERIFY(difference("posterior_mean_coef_xt", schedule.posterior_mean_coef_xt) < 1e-12);
}

void ScheduleTest::matches_diffusers_betas_data() {
    QTest::addColumn<BetaSchedule>("kind");
    QTest::addColumn<QString>("theirs");
    QTest::addRow("linear") << BetaSchedule::linear << "linear";
    QTest::addRow("scaled_linear") << BetaSchedule::quadratic << "scaled_linear";
    QTest::addRow("sigmoid") << BetaSchedule::sigmoid << "sigmoid";
    QTest::addRow("squaredcos_cap_v2") << BetaSchedule::cosine << "squaredcos_cap_v2";
}

void ScheduleTest::matches_diffusers_betas() {
    QFETCH(BetaSchedule, kind);
    QFETCH(QString, theirs);
    const auto golden = test::read_golden("schedules_diffusers.safetensors");
    ScheduleSettings settings;
    settings.kind = kind;
    const torch::Tensor expected = test::golden_tensor(golden, theirs.toStdString() + ".betas");
    const torch::Tensor ours = torch::tensor(make_schedule(settings).betas, torch::kFloat64);
    // Theirs are float32: half a unit in the last place of the largest, and what their own arithmetic lost.
    QVERIFY(test::max_abs_difference(expected, ours) <
            1.2e-7 * std::max(0.05, expected.max().item<double>()));
}

void ScheduleTest::the_papers_other_schedules_are_those_of_its_code() {
    ScheduleSettings settings;
    settings.timesteps = 200;
    settings.kind = BetaSchedule::constant;
    for (const double beta : make_schedule(settings).betas)
        QCOMPARE(beta, settings.beta_end);
    // 1/T, 1/(T − 1), …, 1 makes alpha_bar fall on a straight line to 0.
    settings.kind = BetaSchedule::jsd;
    const Schedule jsd = make_schedule(settings);
    for (int i = 0; i < 200; ++i)
        QVERIFY(std::abs(jsd.alpha_bar(i) - (199.0 - i) / 200) < 1e-12);
    for (const auto& [kind, rising] :
         {std::pair{BetaSchedule::warmup10, 20}, {BetaSchedule::warmup50, 100}}) {
        settings.kind = kind;
        const std::vector<double> betas = make_schedule(settings).betas;
        QCOMPARE(betas.size(), std::size_t{200});
        QCOMPARE(betas[0], settings.beta_start);
        const double middle = (settings.beta_start + settings.beta_end) / 2;
        const auto half = static_cast<std::size_t>(rising / 2);
        QVERIFY(std::abs((betas[half - 1] + betas[half]) / 2 - middle) < 1e-12);
        QVERIFY(betas[static_cast<std::size_t>(rising) - 2] < settings.beta_end);
        for (std::size_t i = static_cast<std::size_t>(rising) - 1; i < 200; ++i)
            QCOMPARE(betas[i], settings.beta_end);
    }
    settings.kind = BetaSchedule::list;
    settings.timesteps = 3;
    settings.betas = {0.1, 0.5, 0.25};
    QVERIFY(std::abs(make_schedule(settings).alphas_cumprod[2] - 0.9 * 0.5 * 0.75) < 1e-15);
}

void ScheduleTest::zero_terminal_snr_leaves_no_signal() {
    for (const BetaSchedule kind : {BetaSchedule::linear, BetaSchedule::quadratic, BetaSchedule::cosine}) {
        ScheduleSettings settings;
        settings.kind = kind;
        const Schedule before = make_schedule(settings);
        settings.zero_terminal_snr = true;
        const Schedule after = make_schedule(settings);
        QCOMPARE(after.alphas_cumprod.back(), 0.0);
        QVERIFY(std::abs(after.alphas_cumprod.front() - before.alphas_cumprod.front()) < 1e-12);
        // sqrt(alpha_bar) is the old one shifted and scaled: all ratios of differences stay.
        const auto share = [](const Schedule& s, std::size_t i) {
            const double first = std::sqrt(s.alphas_cumprod.front()),
                         last = std::sqrt(s.alphas_cumprod.back());
            return (std::sqrt(s.alphas_cumprod[i]) - last) / (first - last);
        };
        for (const std::size_t i : {std::size_t{1}, std::size_t{500}, std::size_t{998}})
            QVERIFY(std::abs(share(before, i) - share(after, i)) < 1e-9);
        for (const double value : after.posterior_mean_coef_x0)
            QVERIFY(std::isfinite(value));
    }
}

void ScheduleTest::closed_forms_hold() {
    const Schedule schedule = make_schedule({});
    QCOMPARE(schedule.timesteps(), 1000);
    QCOMPARE(schedule.betas.front(), 1e-4);
    QCOMPARE(schedule.betas.back(), 0.02);
    // alpha_bar_T of the paper's schedule is about 4e-5: x_T keeps 0.6 % of the picture (§4).
    QVERIFY(std::abs(schedule.alphas_cumprod.back() - 4.036e-5) < 1e-7);
    QCOMPARE(schedule.posterior_variance.front(), 0.0);
    QCOMPARE(schedule.alpha_bar(-1), 1.0);
    for (std::size_t i = 1; i < schedule.betas.size(); ++i) {
        QVERIFY(schedule.alphas_cumprod[i] < schedule.alphas_cumprod[i - 1]);
        QVERIFY(schedule.posterior_variance[i] < schedule.betas[i]); // beta-tilde is the lower bound, §3.2
    }
}

QTEST_GUILESS_MAIN(ScheduleTest)
#include "test_schedule.moc"
