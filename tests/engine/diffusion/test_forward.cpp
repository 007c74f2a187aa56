// q as properties: one jump has the distribution of many steps, the posterior is Bayes' rule.
#include "diffusion/forward.h"
#include "diffusion/objective.h"
#include "diffusion/posterior.h"

#include <QtTest>

using namespace ddpm;
using namespace ddpm::diffusion;

class ForwardTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void one_jump_equals_step_by_step_in_distribution();
    void posterior_agrees_with_brute_force_data();
    void posterior_agrees_with_brute_force();
    void targets_invert();
    void loss_is_the_mean_of_squares();
};

namespace {
Schedule linear50() {
    ScheduleSettings settings;
    settings.timesteps = 50;
    settings.beta_start = 0.002;
    settings.beta_end = 0.4;
    return make_schedule(settings);
}
} // namespace

void ForwardTest::one_jump_equals_step_by_step_in_distribution() {
    const Schedule schedule = linear50();
    const SignalNoise tables = signal_and_noise(schedule, torch::kCPU);
    torch::Generator generator = at::detail::createCPUGenerator(11);
    const std::int64_t n = 200'000;
    const double x0_value = 0.7;
    torch::Tensor stepped = torch::full({n, 1}, x0_value);
    for (int index = 0; index < schedule.timesteps(); ++index) {
        stepped = q_step(schedule, stepped, index, torch::randn({n, 1}, generator));
        if (index != 0 && index != 9 && index != 24 && index != 49) continue;
        const torch::Tensor jumped =
            q_sample(tables, torch::full({n, 1}, x0_value), torch::full({n}, index, torch::kLong),
                     torch::randn({n, 1}, generator));
        // Moments of both against the closed form, within five standard errors.
        const double mean = std::sqrt(schedule.alpha_bar(index)) * x0_value;
        const double variance = 1 - schedule.alpha_bar(index);
        for (const torch::Tensor& sample : {stepped, jumped}) {
            QVERIFY(std::abs(sample.mean().item<double>() - mean) <
                    5 * std::sqrt(variance / static_cast<double>(n)));
            QVERIFY(std::abs(sample.var().item<double>() - variance) <
                    5 * variance * std::sqrt(2.0 / static_cast<double>(n)));
        }
        // Two-sample Kolmogorov–Smirnov distance, critical value at 0.001.
        const torch::Tensor a = std::get<0>(stepped.flatten().sort()),
                            b = std::get<0>(jumped.flatten().sort());
        const torch::Tensor at_a = torch::searchsorted(b, a).to(torch::kFloat64) / static_cast<double>(n);
        const torch::Tensor own = torch::arange(1, n + 1, torch::kFloat64) / static_cast<double>(n);
        QVERIFY((at_a - own).abs().max().item<double>() < 1.95 * std::sqrt(2.0 / static_cast<double>(n)));
    }
}

void ForwardTest::posterior_agrees_with_brute_force_data() {
    QTest::addColumn<int>("index");
    for (const int index : {1, 5, 20, 49})
        QTest::addRow("t = %d", index + 1) << index;
}

void ForwardTest::posterior_agrees_with_brute_force() {
    // q(x_{t−1} | x_t, x_0) ∝ q(x_t | x_{t−1}) q(x_{t−1} | x_0), integrated on a grid.
    QFETCH(int, index);
    const Schedule schedule = linear50();
    const double x0 = -0.4, x_t = 0.9;
    const double beta = schedule.betas[static_cast<std::size_t>(index)];
    const double before = schedule.alpha_bar(index - 1);
    double mass = 0, first = 0, second = 0;
    for (int i = -400'000; i <= 400'000; ++i) {
        const double x = i * 2e-5;
        const double likelihood =
            -(x_t - std::sqrt(1 - beta) * x) * (x_t - std::sqrt(1 - beta) * x) / (2 * beta);
        const double prior =
            -(x - std::sqrt(before) * x0) * (x - std::sqrt(before) * x0) / (2 * (1 - before));
        const double weight = std::exp(likelihood + prior);
        mass += weight;
        first += weight * x;
        second += weight * x * x;
    }
    const double mean = first / mass, variance = second / mass - mean * mean;
    const torch::Tensor ours = posterior_mean(schedule, torch::tensor({x0}, torch::kFloat64),
                                              torch::tensor({x_t}, torch::kFloat64), index);
    QVERIFY(std::abs(ours.item<double>() - mean) < 1e-6);
    QVERIFY(std::abs(schedule.posterior_variance[static_cast<std::size_t>(index)] - variance) < 1e-6);
}

void ForwardTest::targets_invert() {
    const Tables tables = make_tables(linear50(), torch::kCPU, torch::kFloat64);
    torch::manual_seed(3);
    const torch::Tensor x0 = torch::rand({4, 1, 8, 8}, torch::kFloat64) * 2 - 1,
                        epsilon = torch::randn_like(x0);
    const torch::Tensor t = torch::tensor({0, 10, 30, 49}, torch::kLong);
    const torch::Tensor x_t = q_sample(tables.q, x0, t, epsilon);
    const Factors<torch::Tensor> at = factors_at(tables, t, x_t);
    for (const Prediction prediction : all_values<Prediction>()) {
        const torch::Tensor perfect = target(prediction, at, x0, x_t, epsilon);
        QVERIFY((epsilon_from(prediction, at, x_t, perfect) - epsilon).abs().max().item<double>() < 1e-9);
        QVERIFY((x0_from(prediction, at, x_t, perfect) - x0).abs().max().item<double>() < 1e-9);
    }
}

void ForwardTest::loss_is_the_mean_of_squares() {
    const torch::Tensor a = torch::tensor({{1.0F, 2.0F}, {0.0F, 0.0F}}),
                        b = torch::tensor({{0.0F, 0.0F}, {3.0F, 4.0F}});
    const torch::Tensor loss = simple_loss(a, b);
    QCOMPARE(loss[0].item<float>(), 2.5F);
    QCOMPARE(loss[1].item<float>(), 12.5F);
}

QTEST_GUILESS_MAIN(ForwardTest)
#include "test_forward.moc"
