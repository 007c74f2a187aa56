// The bound term by term: eq. 12's weight, the decoder as an integral, the learned variances.
#include "diffusion/bound.h"

#include <QtTest>

#include <cmath>
#include <numbers>

using namespace ddpm;
using namespace ddpm::diffusion;

class BoundTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void decoder_is_the_integral_over_a_bin_data();
    void decoder_is_the_integral_over_a_bin();
    void decoder_gives_all_bins_one_in_total();
    void kl_is_the_integral();
    void prior_is_its_closed_form();
    void every_prediction_has_the_same_bound();
    void learned_variance_at_its_ends_is_the_fixed_one();
    void the_best_net_reaches_the_entropy();
};

namespace {

constexpr auto f64 = torch::kFloat64;

ScheduleSettings linear50() {
    ScheduleSettings settings;
    settings.timesteps = 50;
    settings.beta_start = 0.002;
    settings.beta_end = 0.4;
    return settings;
}

double normal(double x, double mean, double sigma) {
    return std::exp(-(x - mean) * (x - mean) / (2 * sigma * sigma)) /
           (sigma * std::sqrt(2 * std::numbers::pi));
}

/// Simpson's rule.
template <class Function>
double integral(Function f, double from, double to, int pieces = 20'000) {
    const double h = (to - from) / pieces;
    double sum = f(from) + f(to);
    for (int i = 1; i < pieces; ++i)
        sum += f(from + i * h) * (i % 2 ? 4 : 2);
    return sum * h / 3;
}

/// Pixel values of pictures, as the data sets make them.
torch::Tensor pixels(std::vector<std::int64_t> shape) {
    return torch::randint(256, shape, f64) / 127.5 - 1;
}

/// Of uniform bytes, with log SNR from 16 to −8 in equal steps.
double bound_of_best_net(int steps) {
    ScheduleSettings settings;
    settings.kind = BetaSchedule::list;
    settings.timesteps = steps;
    double before = 1;
    for (int i = 0; i < steps; ++i) {
        const double alpha_bar = 1 / (1 + std::exp(24.0 * i / (steps - 1) - 16));
        settings.betas.push_back(1 - alpha_bar / before);
        before = alpha_bar;
    }
    const Schedule schedule = make_schedule(settings);
    const Tables tables = make_tables(schedule, torch::kCPU, f64);
    torch::manual_seed(5);
    const std::int64_t n = 2000;
    const torch::Tensor x0 = pixels({1, n});
    const torch::Tensor grid = (torch::arange(256, f64) / 127.5 - 1).view({1, 256});
    DiffusionSettings diffusion;
    diffusion.prediction = Prediction::x0;
    double total = prior_bits(schedule, x0).item<double>();
    for (int index = 0; index < steps; ++index) {
        const torch::Tensor t = torch::full({1}, index, torch::kLong), epsilon = torch::randn_like(x0);
        const torch::Tensor x_t = q_sample(tables.q, x0, t, epsilon);
        const double a = schedule.alpha_bar(index);
        const torch::Tensor odds =
            torch::softmax(-(x_t.view({n, 1}) - std::sqrt(a) * grid).square() / (2 * (1 - a)), 1);
        const torch::Tensor best = (odds * grid).sum(1).view({1, n});
        total += bound_bits(tables, diffusion, Variance::fixed_small, false, x0, x_t, t, best).item<double>();
    }
    return total;
}

} // namespace

void BoundTest::decoder_is_the_integral_over_a_bin_data() {
    QTest::addColumn<int>("byte");
    QTest::addColumn<double>("offset"); // of the mean, in sigmas
    QTest::addColumn<double>("sigma");
    for (const int byte : {0, 1, 100, 254, 255})
        for (const double offset : {-1.5, 0.0, 0.7})
            for (const double sigma : {0.004, 0.03, 0.5})
                QTest::addRow("%d, %g, %g", byte, offset, sigma) << byte << offset << sigma;
}

void BoundTest::decoder_is_the_integral_over_a_bin() {
    QFETCH(int, byte);
    QFETCH(double, offset);
    QFETCH(double, sigma);
    const double x = byte / 127.5 - 1, mean = x + offset * sigma;
    const double from = byte == 0 ? mean - 12 * sigma : x - 1.0 / 255;
    const double to = byte == 255 ? mean + 12 * sigma : x + 1.0 / 255;
    const double mass = integral([&](double at) { return normal(at, mean, sigma); }, from, to);
    const double ours = decoder_log_likelihood(torch::tensor({x}, f64), torch::tensor({mean}, f64),
                                               torch::tensor({std::log(sigma)}, f64))
                            .exp()
                            .item<double>();
    // The approximate distribution function is off by up to 3e-4 at either end of a bin; its slope by 0.5 %.
    QVERIFY2(std::abs(ours - mass) < std::min(6e-4, 0.01 * mass),
             qPrintable(QString("%1 %2").arg(ours).arg(mass)));
}

void BoundTest::decoder_gives_all_bins_one_in_total() {
    const torch::Tensor x = torch::arange(256, f64) / 127.5 - 1;
    for (const double mean : {-1.2, -0.99, 0.1, 1.0})
        for (const double sigma : {0.01, 0.2}) {
            const torch::Tensor mass = decoder_log_likelihood(x, torch::full({256}, mean, f64),
                                                              torch::full({256}, std::log(sigma), f64))
                                           .exp();
            QVERIFY(std::abs(mass.sum().item<double>() - 1) < 1e-9);
        }
}

void BoundTest::kl_is_the_integral() {
    const double m = 0.3, s = 0.4, other_m = -0.2, other_s = 0.7;
    const double brute = integral(
        [&](double x) { return normal(x, m, s) * std::log(normal(x, m, s) / normal(x, other_m, other_s)); },
        m - 10 * s, m + 10 * s);
    const auto one = [](double value) { return torch::tensor({value}, f64); };
    const double ours =
        gaussian_kl(one(m), one(2 * std::log(s)), one(other_m), one(2 * std::log(other_s))).item<double>();
    QVERIFY(std::abs(ours - brute) < 1e-9);
}

void BoundTest::prior_is_its_closed_form() {
    const Schedule schedule = make_schedule(linear50());
    torch::manual_seed(1);
    const torch::Tensor x0 = pixels({3, 1, 8, 8});
    const double a = schedule.alphas_cumprod.back();
    const torch::Tensor expected =
        (a * x0.square() - a - std::log(1 - a)).flatten(1).mean(1) / 2 / std::log(2.0);
    QVERIFY((prior_bits(schedule, x0) - expected).abs().max().item<double>() < 1e-12);
}

void BoundTest::every_prediction_has_the_same_bound() {
    // The same wrong belief said in four ways.
    const Schedule schedule = make_schedule(linear50());
    const Tables tables = make_tables(schedule, torch::kCPU, f64);
    torch::manual_seed(3);
    const torch::Tensor x0 = pixels({50, 2, 4, 4}), epsilon = torch::randn_like(x0), t = torch::arange(50);
    const torch::Tensor x_t = q_sample(tables.q, x0, t, epsilon);
    const torch::Tensor wrong = epsilon + 0.1 * torch::randn_like(x0);
    const Factors<torch::Tensor> at = factors_at(tables, t, x_t);
    const torch::Tensor wrong_x0 = x0_from(Prediction::epsilon, at, x_t, wrong);
    for (const bool clip : {false, true}) {
        const BoundTerms expected =
            bound_terms(tables, {}, Variance::fixed_large, clip, x0, x_t, t, epsilon, wrong);
        QVERIFY(clip ||
                (expected.mse - (wrong - epsilon).square().flatten(1).mean(1)).abs().max().item<double>() <
                    1e-9);
        for (const Prediction prediction : {Prediction::v, Prediction::x0, Prediction::mu}) {
            DiffusionSettings diffusion;
            diffusion.prediction = prediction;
            const torch::Tensor answer = target(prediction, at, wrong_x0, x_t, wrong);
            const BoundTerms terms =
                bound_terms(tables, diffusion, Variance::fixed_large, clip, x0, x_t, t, epsilon, answer);
            QVERIFY((terms.vb - expected.vb).abs().max().item<double>() < 1e-7);
            QVERIFY((terms.mse - expected.mse).abs().max().item<double>() < 1e-7);
            QVERIFY((terms.x0_mse - expected.x0_mse).abs().max().item<double>() < 1e-7);
        }
    }
}

void BoundTest::learned_variance_at_its_ends_is_the_fixed_one() {
    const Schedule schedule = make_schedule(linear50());
    const Tables tables = make_tables(schedule, torch::kCPU, f64);
    torch::manual_seed(4);
    const torch::Tensor x0 = pixels({50, 2, 4, 4}), epsilon = torch::randn_like(x0), t = torch::arange(50);
    const torch::Tensor x_t = q_sample(tables.q, x0, t, epsilon), answer = torch::randn_like(x0);
    DiffusionSettings diffusion;
    const auto bits = [&](Variance variance, const torch::Tensor& output) {
        return bound_bits(tables, diffusion, variance, false, x0, x_t, t, output);
    };
    const torch::Tensor small = bits(Variance::fixed_small, answer),
                        large = bits(Variance::fixed_large, answer);
    diffusion.learned_variance = LearnedVariance::range;
    const auto said = [&](double v) { return torch::cat({answer, torch::full_like(answer, v)}, 1); };
    QVERIFY(torch::allclose(bits(Variance::learned, said(-1)), small));
    // At the first t beta itself is the upper end, the fixed one is clipped there.
    QVERIFY(torch::allclose(bits(Variance::learned, said(1)).narrow(0, 1, 49), large.narrow(0, 1, 49)));
    QVERIFY(torch::allclose(bits(Variance::fixed_small, said(1)), small));
    diffusion.learned_variance = LearnedVariance::diagonal;
    const torch::Tensor log_variance =
        torch::tensor(schedule.posterior_log_variance_clipped).view({50, 1, 1, 1}).expand_as(answer);
    QVERIFY(torch::allclose(bits(Variance::learned, torch::cat({answer, log_variance}, 1)), small));
    QVERIFY_EXCEPTION_THROWN(bits(Variance::learned, answer), std::logic_error);
}

void BoundTest::the_best_net_reaches_the_entropy() {
    // Uniform bytes have 8 bits each and no model can do better. The bound of a net that knows only that,
    // with steps that are small at every noise level, lies above by what each step's normal distribution
    // cannot express: half of it where the steps are half as large. So the terms, from L_T to L_0, must add
    // up to 8 in the limit.
    const double coarse = bound_of_best_net(150), fine = bound_of_best_net(300);
    QVERIFY2(fine > 8 && fine < 8.4 && coarse > fine, qPrintable(QString("%1 %2").arg(coarse).arg(fine)));
    QVERIFY2(std::abs(2 * fine - coarse - 8) < 0.1, qPrintable(QString("%1 %2").arg(coarse).arg(fine)));
}

QTEST_GUILESS_MAIN(BoundTest)
#include "test_bound.moc"
