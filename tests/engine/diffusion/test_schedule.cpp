// Schedule tables against improved-diffusion (float64) and diffusers (float32).
#include "diffusion/schedule.h"
#include "support/golden.h"

using namespace ddpm;
using namespace ddpm::diffusion;

class ScheduleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_improved_diffusion_data();
    void matches_improved_diffusion();
    void matches_diffusers_betas_data();
    void matches_diffusers_betas();
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
    QTest::addColumn<QString>("ours");
    QTest::addColumn<QString>("theirs");
    QTest::addRow("linear") << "linear1000"
                            << "linear.betas";
    QTest::addRow("cosine") << "cosine1000"
                            << "squaredcos_cap_v2.betas";
}

void ScheduleTest::matches_diffusers_betas() {
    QFETCH(QString, ours);
    QFETCH(QString, theirs);
    const auto golden = test::read_golden("schedules_diffusers.safetensors");
    const Schedule schedule = make_schedule(settings_named(ours));
    QVERIFY(test::max_abs_difference(test::golden_tensor(golden, theirs.toStdString()),
                                     torch::tensor(schedule.betas, torch::kFloat64)) < 1e-7);
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
