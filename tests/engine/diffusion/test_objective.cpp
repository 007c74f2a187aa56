// What training lowers, against eq. 12, against each other, and down the gradient.
#include "diffusion/bound.h"
#include "diffusion/objective.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::diffusion;

class ObjectiveTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void the_gradient_leads_down_data();
    void the_gradient_leads_down();
    void the_bound_is_eq_12_data();
    void the_bound_is_eq_12();
    void the_bound_is_estimated_without_bias();
    void the_hybrid_leaves_the_mean_to_l_simple();
    void min_snr_weighs_every_prediction_alike();
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

/// One example at every t.
struct Batch {
    Schedule schedule = make_schedule(linear50());
    Tables tables = make_tables(schedule, torch::kCPU, f64);
    torch::Tensor t = torch::arange(50);
    torch::Tensor x0, epsilon, x_t;
    Batch() {
        torch::manual_seed(12);
        x0 = torch::randint(256, {50, 2, 4, 4}, f64) / 127.5 - 1;
        epsilon = torch::randn_like(x0);
        x_t = q_sample(tables.q, x0, t, epsilon);
    }
    Losses losses(const DiffusionSettings& diffusion, const TrainingSettings& settings,
                  const torch::Tensor& output) const {
        return ddpm::diffusion::losses(tables, diffusion, settings, x0, x_t, t, epsilon, output);
    }
    torch::Tensor perfect(Prediction prediction) const {
        return target(prediction, factors_at(tables, t, x_t), x0, x_t, epsilon);
    }
};

} // namespace

void ObjectiveTest::the_gradient_leads_down_data() {
    QTest::addColumn<int>("objective");
    QTest::addColumn<int>("prediction");
    QTest::addColumn<int>("learned");
    QTest::addColumn<double>("gamma");
    for (const Objective objective : all_values<Objective>())
        for (const Prediction prediction : all_values<Prediction>())
            for (const LearnedVariance learned : all_values<LearnedVariance>())
                for (const double gamma : {0.0, 5.0}) {
                    if (objective == Objective::hybrid && learned == LearnedVariance::none) continue;
                    if (objective == Objective::bound && gamma > 0) continue;
                    QTest::addRow("%s, %s, %s, %g", name_of(objective).data(), name_of(prediction).data(),
                                  name_of(learned).data(), gamma)
                        << static_cast<int>(objective) << static_cast<int>(prediction)
                        << static_cast<int>(learned) << gamma;
                }
}

void ObjectiveTest::the_gradient_leads_down() {
    QFETCH(int, objective);
    QFETCH(int, prediction);
    QFETCH(int, learned);
    QFETCH(double, gamma);
    const Batch batch;
    DiffusionSettings diffusion;
    diffusion.prediction = static_cast<Prediction>(prediction);
    diffusion.learned_variance = static_cast<LearnedVariance>(learned);
    TrainingSettings settings;
    settings.objective = static_cast<Objective>(objective);
    settings.min_snr_gamma = gamma;
    settings.hybrid_weight = 0.3;
    torch::Tensor output = batch.perfect(diffusion.prediction) + 0.01 * torch::randn_like(batch.x0);
    if (diffusion.learned_variance == LearnedVariance::diagonal)
        output = torch::cat(
            {output, batch.tables.log_beta.view({50, 1, 1, 1}) + 0.3 * torch::randn_like(output)}, 1);
    if (diffusion.learned_variance == LearnedVariance::range)
        output = torch::cat({output, 0.3 * torch::randn_like(output)}, 1);
    output.set_requires_grad(true);
    const torch::Tensor before = batch.losses(diffusion, settings, output).minimised;
    QCOMPARE(before.sizes(), c10::IntArrayRef({50}));
    const torch::Tensor gradient = torch::autograd::grad({before.sum()}, {output})[0];
    // Down each example's own gradient by little: the loss falls by what the gradient promises.
    const torch::NoGradGuard no_grad;
    torch::Tensor way = gradient;
    if (settings.objective == Objective::hybrid) {
        // Its value follows the mean in the bound too, its gradient does not: look at the variance alone.
        way = gradient.clone();
        way.narrow(1, 0, 2).zero_();
    }
    const torch::Tensor length2 = way.square().flatten(1).sum(1);
    QVERIFY(length2.min().item<double>() > 0);
    const torch::Tensor rate = 1e-5 / length2.sqrt();
    const torch::Tensor after =
        batch.losses(diffusion, settings, output - rate.view({50, 1, 1, 1}) * way).minimised;
    const torch::Tensor promised = rate * length2;
    // Where a learned range is narrow the promise is small: allow for the last digits of the loss itself.
    QVERIFY(((before - after - promised).abs() < 0.02 * promised + 1e-12 * (1 + before.abs()))
                .all()
                .item<bool>());
    QVERIFY((after.sum() < before.sum()).item<bool>());
}

void ObjectiveTest::the_bound_is_eq_12_data() {
    QTest::addColumn<int>("variance");
    QTest::addRow("beta-tilde") << static_cast<int>(Variance::fixed_small);
    QTest::addRow("beta") << static_cast<int>(Variance::fixed_large);
}

void ObjectiveTest::the_bound_is_eq_12() {
    QFETCH(int, variance);
    const Batch batch;
    const auto chosen = static_cast<Variance>(variance);
    const torch::Tensor answer = batch.epsilon + 0.3 * torch::randn_like(batch.epsilon);
    const torch::Tensor bits =
        bound_bits(batch.tables, {}, chosen, false, batch.x0, batch.x_t, batch.t, answer);
    const torch::Tensor squared = simple_loss(answer, batch.epsilon);
    const std::vector<double> weight = bound_weight(batch.schedule, chosen);
    QCOMPARE(weight.size(), std::size_t{50});
    for (std::size_t i = 1; i < 50; ++i) {
        const double beta = batch.schedule.betas[i], beta_tilde = batch.schedule.posterior_variance[i];
        // What eq. 12 leaves out: the KL of two widths, 0 where they are the same.
        const double constant =
            chosen == Variance::fixed_small ? 0 : (std::log(beta / beta_tilde) - 1 + beta_tilde / beta) / 2;
        const auto row = static_cast<std::int64_t>(i);
        const double nats = bits[row].item<double>() * std::log(2.0);
        QVERIFY(std::abs(nats - constant - weight[i] * squared[row].item<double>()) <
                1e-9 * std::max(1.0, nats));
    }
}

void ObjectiveTest::the_bound_is_estimated_without_bias() {
    // t uniform over all of them, each once: the mean of T · bits is the sum of bits.
    const Batch batch;
    TrainingSettings settings;
    settings.objective = Objective::bound;
    const torch::Tensor answer = batch.epsilon + 0.1 * torch::randn_like(batch.epsilon);
    const torch::Tensor bits =
        bound_bits(batch.tables, {}, Variance::fixed_large, false, batch.x0, batch.x_t, batch.t, answer);
    const torch::Tensor loss = batch.losses({}, settings, answer).minimised.mean();
    QVERIFY(std::abs(loss.item<double>() / bits.sum().item<double>() - 1) < 1e-12);
}

void ObjectiveTest::the_hybrid_leaves_the_mean_to_l_simple() {
    const Batch batch;
    DiffusionSettings diffusion;
    diffusion.learned_variance = LearnedVariance::range;
    const torch::Tensor output = torch::cat({batch.epsilon + 0.1 * torch::randn_like(batch.epsilon),
                                             0.2 * torch::randn_like(batch.epsilon)},
                                            1)
                                     .set_requires_grad(true);
    const auto gradients = [&](Objective objective) {
        TrainingSettings settings;
        settings.objective = objective;
        settings.hybrid_weight = 0.25;
        const torch::Tensor all = torch::autograd::grad(
            {batch.losses(diffusion, settings, output).minimised.sum()}, {output}, {}, {}, false, true)[0];
        return std::pair{all.narrow(1, 0, 2), all.narrow(1, 2, 2)};
    };
    const auto simple = gradients(Objective::simple), bound = gradients(Objective::bound),
               hybrid = gradients(Objective::hybrid);
    QVERIFY(torch::allclose(hybrid.first, simple.first));
    QVERIFY(torch::allclose(hybrid.second, 0.25 * bound.second));
    QCOMPARE(simple.second.abs().max().item<double>(), 0.0);
    QVERIFY(bound.first.abs().max().item<double>() > 0);
}

void ObjectiveTest::min_snr_weighs_every_prediction_alike() {
    // The same belief said in four ways has the same weighted loss.
    const Batch batch;
    TrainingSettings settings;
    settings.min_snr_gamma = 5;
    const torch::Tensor wrong = batch.epsilon + 0.2 * torch::randn_like(batch.epsilon);
    const Factors<torch::Tensor> at = factors_at(batch.tables, batch.t, batch.x_t);
    const torch::Tensor wrong_x0 = x0_from(Prediction::epsilon, at, batch.x_t, wrong);
    const Losses expected = batch.losses({}, settings, wrong);
    for (int i = 0; i < 50; ++i) {
        const double a = batch.schedule.alpha_bar(i), snr = a / (1 - a);
        QVERIFY(std::abs((expected.minimised[i] / expected.squared[i]).item<double>() -
                         std::min(snr, 5.0) / snr) < 1e-9);
    }
    for (const Prediction prediction : {Prediction::v, Prediction::x0, Prediction::mu}) {
        DiffusionSettings diffusion;
        diffusion.prediction = prediction;
        const Losses said =
            batch.losses(diffusion, settings, target(prediction, at, wrong_x0, batch.x_t, wrong));
        QVERIFY(torch::allclose(said.minimised, expected.minimised, 1e-7));
        QVERIFY(!torch::allclose(said.squared, expected.squared, 1e-3));
    }
    // Nothing divides by the SNR where there is none.
    ScheduleSettings without;
    without.zero_terminal_snr = true;
    const Tables tables = make_tables(make_schedule(without), torch::kCPU, f64);
    for (const Prediction prediction : {Prediction::v, Prediction::x0})
        QVERIFY(torch::isfinite(min_snr_weight(tables, prediction, 5)).all().item<bool>());
}

QTEST_GUILESS_MAIN(ObjectiveTest)
#include "test_objective.moc"
