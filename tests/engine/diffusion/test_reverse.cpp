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
    void every_prediction_says_the_same_data();
    void every_prediction_says_the_same();
    void clips_and_thresholds();
    void learned_variances_are_what_the_net_says();
    void timesteps_descend_and_stay_in_range();
    void timesteps_of_dpmpp_are_diffusers();
};

namespace {
SamplingSettings unclipped() {
    SamplingSettings settings;
    settings.clip = false;
    return settings;
}
} // namespace

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
        const Beliefs beliefs = interpret(schedule, {}, unclipped(), x, epsilon, index, index - 1);
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
    const torch::Tensor x = torch::randn({2, 8}, torch::kFloat64),
                        epsilon = torch::randn({2, 8}, torch::kFloat64);
    const Beliefs beliefs = interpret(schedule, {}, {}, x, epsilon, 300, 299);
    QVERIFY(beliefs.x0_hat.abs().max().item<double>() <= 1);
    const torch::Tensor step = reverse_step(schedule, {}, x, beliefs, 300, 299, torch::zeros_like(x));
    QVERIFY((step - posterior_mean(schedule, beliefs.x0_hat, x, 300)).abs().max().item<double>() < 1e-12);
}

void ReverseTest::sigmas_are_the_papers() {
    const Schedule schedule = make_schedule({});
    SamplingSettings settings;
    QVERIFY(std::abs(step_sigma(schedule, settings, {}, 500, 499) - std::sqrt(schedule.betas[500])) < 1e-12);
    settings.variance = Variance::fixed_small;
    QVERIFY(std::abs(step_sigma(schedule, settings, {}, 500, 499) -
                     std::sqrt(schedule.posterior_variance[500])) < 1e-12);
    QCOMPARE(step_sigma(schedule, settings, {}, 0, -1), 0.0);
    settings.sampler = Sampler::ddim;
    QCOMPARE(step_sigma(schedule, settings, {}, 500, 499), 0.0);
    settings.eta = 1;
    QVERIFY(std::abs(step_sigma(schedule, settings, {}, 500, 499) -
                     std::sqrt(schedule.posterior_variance[500])) < 1e-12);
}

void ReverseTest::exact_noise_leads_back_to_the_picture() {
    // With the true epsilon DDIM walks the straight line back to x_0, in any number of steps.
    const Schedule schedule = make_schedule({});
    torch::manual_seed(5);
    const torch::Tensor x0 = torch::rand({2, 16}, torch::kFloat64) * 2 - 1,
                        epsilon = torch::randn({2, 16}, torch::kFloat64);
    SamplingSettings settings;
    settings.sampler = Sampler::ddim;
    for (const int steps : {1000, 50, 7}) {
        const std::vector<int> visited = sampling_timesteps(1000, steps, Spacing::leading);
        const double start = schedule.alpha_bar(visited.front());
        torch::Tensor x = std::sqrt(start) * x0 + std::sqrt(1 - start) * epsilon;
        for (const int index : visited) {
            const int previous = previous_timestep(index, 1000, steps);
            const Beliefs beliefs = interpret(schedule, {}, settings, x, epsilon, index, previous);
            x = reverse_step(schedule, settings, x, beliefs, index, previous, {});
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
    torch::Tensor x = torch::randn({n, 1}, generator, torch::kFloat64);
    for (int index = 999; index >= 0; --index) {
        const double a = schedule.alpha_bar(index);
        const torch::Tensor epsilon = std::sqrt(1 - a) * (x - std::sqrt(a) * m) / (a * s * s + 1 - a);
        const Beliefs beliefs = interpret(schedule, {}, unclipped(), x, epsilon, index, index - 1);
        x = reverse_step(schedule, settings, x, beliefs, index, index - 1,
                         torch::randn({n, 1}, generator, torch::kFloat64));
    }
    QVERIFY(std::abs(x.mean().item<double>() - m) < 5 * s / std::sqrt(static_cast<double>(n)));
    QVERIFY(std::abs(x.std().item<double>() - s) < 0.02);
}

void ReverseTest::every_prediction_says_the_same_data() {
    QTest::addColumn<int>("index");
    for (const int index : {0, 1, 400, 999})
        QTest::addRow("t = %d", index + 1) << index;
}

void ReverseTest::every_prediction_says_the_same() {
    QFETCH(int, index);
    const Schedule schedule = make_schedule({});
    const auto i = static_cast<std::size_t>(index);
    const double a = schedule.alphas_cumprod[i];
    torch::manual_seed(8);
    const torch::Tensor x0 = torch::rand({2, 3}, torch::kFloat64) * 2 - 1,
                        epsilon = torch::randn({2, 3}, torch::kFloat64);
    const torch::Tensor x = std::sqrt(a) * x0 + std::sqrt(1 - a) * epsilon;
    const std::pair<Prediction, torch::Tensor> answers[] = {
        {Prediction::epsilon, epsilon},
        {Prediction::v, std::sqrt(a) * epsilon - std::sqrt(1 - a) * x0},
        {Prediction::x0, x0},
        {Prediction::mu, posterior_mean(schedule, x0, x, index)}};
    for (const auto& [prediction, answer] : answers) {
        DiffusionSettings diffusion;
        diffusion.prediction = prediction;
        const Beliefs beliefs = interpret(schedule, diffusion, unclipped(), x, answer, index, index - 1);
        QVERIFY((beliefs.x0_hat - x0).abs().max().item<double>() < 1e-9);
        QVERIFY((beliefs.epsilon - epsilon).abs().max().item<double>() < 1e-9);
        QVERIFY(!beliefs.log_variance.defined());
    }
}

void ReverseTest::clips_and_thresholds() {
    const Schedule schedule = make_schedule({});
    DiffusionSettings diffusion;
    diffusion.prediction = Prediction::x0;
    const auto x0_hat = [&](const SamplingSettings& settings, const torch::Tensor& answer) {
        return interpret(schedule, diffusion, settings, torch::zeros_like(answer), answer, 500, 499).x0_hat;
    };
    SamplingSettings settings;
    settings.clip_range = 1.5;
    const torch::Tensor few = torch::tensor({{-3.0, 0.5, 1.2, 2.0, 0.0}, {0.5, 0.25, -0.5, 0.0, 0.1}});
    QVERIFY(torch::allclose(x0_hat(settings, few),
                            torch::tensor({{-1.5, 0.5, 1.2, 1.5, 0.0}, {0.5, 0.25, -0.5, 0.0, 0.1}})));
    // Half way between the 3rd and the 4th of 0, 0.5, 1.2, 2, 3 lies 1.6; the quiet second row stays as it
    // is.
    settings.thresholding = true;
    settings.threshold_ratio = 0.625;
    settings.threshold_max = 10;
    QVERIFY(torch::allclose(x0_hat(settings, few),
                            torch::tensor({{-1.0, 0.3125, 0.75, 1.0, 0.0}, {0.5, 0.25, -0.5, 0.0, 0.1}})));
    settings.threshold_max = 1;
    QVERIFY(torch::allclose(x0_hat(settings, few), few.clamp(-1, 1)));
    // Against LibTorch's own quantile.
    settings.threshold_max = 4;
    settings.threshold_ratio = 0.995;
    torch::manual_seed(4);
    const torch::Tensor many = 2 * torch::randn({3, 3, 16, 16}, torch::kFloat64);
    const torch::Tensor s = torch::quantile(many.abs().flatten(1), 0.995, 1).clamp(1, 4).view({3, 1, 1, 1});
    QVERIFY(s.min().item<double>() > 1 && s.max().item<double>() > 2);
    QVERIFY(torch::allclose(x0_hat(settings, many), torch::min(torch::max(many, -s), s) / s));
}

void ReverseTest::learned_variances_are_what_the_net_says() {
    const Schedule schedule = make_schedule({});
    DiffusionSettings diffusion;
    diffusion.learned_variance = LearnedVariance::range;
    SamplingSettings settings = unclipped();
    settings.variance = Variance::learned;
    torch::manual_seed(6);
    const torch::Tensor x = torch::randn({2, 3, 4, 4}, torch::kFloat64), z = torch::randn_like(x);
    const torch::Tensor epsilon = torch::randn_like(x);
    // A step of one and a step of many; the last one, whose beta-tilde is 0.
    for (const auto& [index, previous] : {std::pair{700, 699}, std::pair{700, 650}, std::pair{30, -20}}) {
        const double a = schedule.alpha_bar(index), b = schedule.alpha_bar(previous);
        const double beta = 1 - a / b, beta_tilde = std::max((1 - b) / (1 - a) * beta, 1e-20);
        for (const double v : {-1.0, 0.0, 0.4, 1.0}) {
            const torch::Tensor output = torch::cat({epsilon, torch::full_like(x, v)}, 1);
            const Beliefs beliefs = interpret(schedule, diffusion, settings, x, output, index, previous);
            const double variance = std::pow(beta, (1 + v) / 2) * std::pow(beta_tilde, (1 - v) / 2);
            QVERIFY(std::abs(step_sigma(schedule, settings, beliefs, index, previous) / std::sqrt(variance) -
                             1) < 1e-9);
            const torch::Tensor step =
                reverse_step(schedule, settings, x, beliefs, index, previous, z) -
                reverse_step(schedule, settings, x, beliefs, index, previous, torch::zeros_like(z));
            QVERIFY((step - std::sqrt(variance) * z).abs().max().item<double>() < 1e-9);
            QVERIFY(torch::equal(beliefs.epsilon, epsilon));
        }
    }
    diffusion.learned_variance = LearnedVariance::diagonal;
    const torch::Tensor log_variance = torch::randn_like(x) - 4;
    const Beliefs beliefs =
        interpret(schedule, diffusion, settings, x, torch::cat({epsilon, log_variance}, 1), 700, 650);
    QVERIFY(torch::equal(beliefs.log_variance, log_variance));
    const torch::Tensor step = reverse_step(schedule, settings, x, beliefs, 700, 650, z) -
                               reverse_step(schedule, settings, x, beliefs, 700, 650, torch::zeros_like(z));
    QVERIFY((step.square() - log_variance.exp() * z.square()).abs().max().item<double>() < 1e-9);
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

void ReverseTest::timesteps_of_dpmpp_are_diffusers() {
    // DPMSolverMultistepScheduler.set_timesteps: linspace(0, T − 1, N + 1) and arange(N + 1) · (T // (N +
    // 1)), without their smallest.
    SamplingSettings settings;
    settings.sampler = Sampler::dpmpp_2m;
    settings.steps = 4;
    settings.spacing = Spacing::linspace;
    QCOMPARE(sampling_timesteps(1000, settings), (std::vector<int>{999, 749, 500, 250}));
    settings.spacing = Spacing::leading;
    settings.steps_offset = 1;
    QCOMPARE(sampling_timesteps(1000, settings), (std::vector<int>{801, 601, 401, 201}));
    settings.spacing = Spacing::trailing;
    QCOMPARE(sampling_timesteps(1000, settings), (std::vector<int>{999, 749, 499, 249}));
    for (const Spacing spacing : {Spacing::leading, Spacing::linspace})
        for (int steps = 1; steps <= 50; ++steps) {
            settings.spacing = spacing;
            settings.steps = steps;
            settings.steps_offset = 0;
            const std::vector<int> visited = sampling_timesteps(50, settings);
            QCOMPARE(static_cast<int>(visited.size()), steps);
            QVERIFY(visited.front() < 50 && visited.back() >= 0);
            for (std::size_t i = 1; i < visited.size(); ++i)
                QVERIFY(visited[i] < visited[i - 1]);
        }
    settings.sampler = Sampler::ancestral;
    settings.spacing = Spacing::leading;
    settings.steps = 50;
    settings.steps_offset = 1;
    QVERIFY(!fits(50, settings));
    QVERIFY_EXCEPTION_THROWN(sampling_timesteps(50, settings), std::logic_error);
    settings.steps = 20; // 19 · 2 + 1
    QVERIFY(fits(50, settings));
    QCOMPARE(sampling_timesteps(50, settings).front(), 39);
}

QTEST_GUILESS_MAIN(ReverseTest)
#include "test_reverse.moc"
