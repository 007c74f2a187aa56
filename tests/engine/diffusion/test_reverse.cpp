// Reverse steps and the timesteps they visit; the chains of a whole net are checked in network/test_chains.
#include "diffusion/posterior.h"
#include "diffusion/reverse.h"
#include "diffusion/timesteps.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::diffusion;

class ReverseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void full_ancestral_step_is_algorithm_2();
    void ancestral_mean_is_the_posterior_mean();
    void sigmas_are_the_papers();
    void exact_noise_leads_back_to_the_picture();
    void samples_a_gaussian_exactly();
    void timesteps_descend_and_stay_in_range();
};

void ReverseTest::full_ancestral_step_is_algorithm_2() {
    // x_{t−1} = (x_t − beta_t / sqrt(1 − alpha_bar_t) epsilon) / sqrt(alpha_t) + sigma_t z, unclipped.
    const Schedule schedule = make_schedule({});
    torch::manual_seed(1);
    const torch::Tensor x = torch::randn({2, 8}, torch::kFloat64),
                        epsilon = torch::randn({2, 8}, torch::kFloat64);
    const torch::Tensor z = torch::randn({2, 8}, torch::kFloat64);
    SamplingSettings settings;
    for (const int index : {999, 500, 10, 1}) {
        const auto i = static_cast<std::size_t>(index);
        const double beta = schedule.betas[i];
        const Beliefs beliefs = interpret(schedule, Prediction::epsilon, x, epsilon, index, false);
        const torch::Tensor ours = reverse_step(schedule, settings, x, beliefs, index, index - 1, z);
        const torch::Tensor theirs =
            (x - beta / std::sqrt(1 - schedule.alphas_cumprod[i]) * epsilon) / std::sqrt(1 - beta) +
            std::sqrt(beta) * z;
        QVERIFY((ours - theirs).abs().max().item<double>() < 1e-9);
    }
}

void ReverseTest::ancestral_mean_is_the_posterior_mean() {
    const Schedule schedule = make_schedule({});
    torch::manual_seed(2);
    const torch::Tensor x = torch::randn({16}, torch::kFloat64),
                        epsilon = torch::randn({16}, torch::kFloat64);
    const Beliefs beliefs = interpret(schedule, Prediction::epsilon, x, epsilon, 300, true);
    QVERIFY(beliefs.x0_hat.abs().max().item<double>() <= 1);
    const torch::Tensor step =
        reverse_step(schedule, {}, x, beliefs, 300, 299, torch::zeros({16}, torch::kFloat64));
    QVERIFY((step - posterior_mean(schedule, beliefs.x0_hat, x, 300)).abs().max().item<double>() < 1e-12);
}

void ReverseTest::sigmas_are_the_papers() {
    const Schedule schedule = make_schedule({});
    SamplingSettings settings;
    QVERIFY(std::abs(step_sigma(schedule, settings, 500, 499) - std::sqrt(schedule.betas[500])) < 1e-12);
    settings.variance = Variance::fixed_small;
    QVERIFY(std::abs(step_sigma(schedule, settings, 500, 499) - std::sqrt(schedule.posterior_variance[500])) <
            1e-12);
    QCOMPARE(step_sigma(schedule, settings, 0, -1), 0.0);
    settings.sampler = Sampler::ddim;
    QCOMPARE(step_sigma(schedule, settings, 500, 499), 0.0);
    settings.eta = 1;
    QVERIFY(std::abs(step_sigma(schedule, settings, 500, 499) - std::sqrt(schedule.posterior_variance[500])) <
            1e-12);
}

void ReverseTest::exact_noise_leads_back_to_the_picture() {
    // With the true epsilon DDIM walks the straight line back to x_0, in any number of steps.
    const Schedule schedule = make_schedule({});
    torch::manual_seed(5);
    const torch::Tensor x0 = torch::rand({32}, torch::kFloat64) * 2 - 1,
                        epsilon = torch::randn({32}, torch::kFloat64);
    SamplingSettings settings;
    settings.sampler = Sampler::ddim;
    for (const int steps : {1000, 50, 7}) {
        const std::vector<int> visited = sampling_timesteps(1000, steps, Spacing::leading);
        const double start = schedule.alpha_bar(visited.front());
        torch::Tensor x = std::sqrt(start) * x0 + std::sqrt(1 - start) * epsilon;
        for (const int index : visited) {
            const Beliefs beliefs = interpret(schedule, Prediction::epsilon, x, epsilon, index, true);
            x = reverse_step(schedule, settings, x, beliefs, index, previous_timestep(index, 1000, steps),
                             {});
        }
        QVERIFY((x - x0).abs().max().item<double>() < 1e-9);
    }
}

void ReverseTest::samples_a_gaussian_exactly() {
    // Data N(m, s²): the best epsilon is known in closed form, so Algorithm 2 must return that Gaussian.
    const Schedule schedule = make_schedule({});
    const double m = 0.3, s = 0.5;
    torch::Generator generator = at::detail::createCPUGenerator(9);
    const std::int64_t n = 20'000;
    SamplingSettings settings;
    settings.variance = Variance::fixed_small;
    torch::Tensor x = torch::randn({n}, generator, torch::kFloat64);
    for (int index = 999; index >= 0; --index) {
        const double a = schedule.alpha_bar(index);
        const torch::Tensor epsilon = std::sqrt(1 - a) * (x - std::sqrt(a) * m) / (a * s * s + 1 - a);
        const Beliefs beliefs = interpret(schedule, Prediction::epsilon, x, epsilon, index, false);
        x = reverse_step(schedule, settings, x, beliefs, index, index - 1,
                         torch::randn({n}, generator, torch::kFloat64));
    }
    QVERIFY(std::abs(x.mean().item<double>() - m) < 5 * s / std::sqrt(static_cast<double>(n)));
    QVERIFY(std::abs(x.std().item<double>() - s) < 0.02);
}

void ReverseTest::timesteps_descend_and_stay_in_range() {
    for (const Spacing spacing : {Spacing::leading, Spacing::linspace, Spacing::trailing})
        for (const int timesteps : {2, 50, 1000})
            for (int steps = 1; steps <= timesteps; steps += steps < 20 ? 1 : 97) {
                const std::vector<int> visited = sampling_timesteps(timesteps, steps, spacing);
                QCOMPARE(static_cast<int>(visited.size()), steps);
                QVERIFY(visited.front() < timesteps);
                QVERIFY(visited.back() >= 0);
                for (std::size_t i = 1; i < visited.size(); ++i)
                    QVERIFY(visited[i] < visited[i - 1]);
            }
    QCOMPARE(sampling_timesteps(1000, 1000, Spacing::leading).front(), 999);
    QCOMPARE(sampling_timesteps(1000, 1000, Spacing::trailing).back(), 0);
}

QTEST_GUILESS_MAIN(ReverseTest)
#include "test_reverse.moc"
