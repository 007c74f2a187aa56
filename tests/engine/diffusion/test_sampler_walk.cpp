// The samplers as wholes, on data for which the best prediction and the exact flow are known in closed form.
#include "diffusion/encoding.h"
#include "diffusion/prediction.h"
#include "diffusion/sampler_walk.h"
#include "diffusion/timesteps.h"

#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace ddpm;
using namespace ddpm::diffusion;

class SamplerWalkTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void counts_what_it_asks_data();
    void counts_what_it_asks();
    void solvers_have_their_order_data();
    void solvers_have_their_order();
    void solvers_beat_ddim();
    void one_step_of_a_solver_is_ddim();
    void ddim_keeps_the_first_alpha_if_told();
    void starts_without_any_signal_data();
    void starts_without_any_signal();
    void starts_with_next_to_no_signal_data();
    void starts_with_next_to_no_signal();
    void clipping_reaches_every_sampler();
    void learned_variance_needs_a_net_that_has_it();
    void a_walk_may_begin_on_the_way();
    void encoding_follows_the_flow_data();
    void encoding_follows_the_flow();
    void what_is_encoded_comes_back();
};

namespace {

constexpr double mean = 0.3, spread = 0.5; ///< the data: N(mean, spread²) in every value

/// A perfect net for that data.
torch::Tensor perfect(const Schedule& schedule, Prediction prediction, const torch::Tensor& x, int index) {
    const double a = schedule.alpha_bar(index);
    const torch::Tensor epsilon =
        std::sqrt(1 - a) * (x - std::sqrt(a) * mean) / (a * spread * spread + 1 - a);
    const torch::Tensor x0 =
        mean + std::sqrt(a) * spread * spread * (x - std::sqrt(a) * mean) / (a * spread * spread + 1 - a);
    return target(prediction, factors_at(schedule, index), x0, x, epsilon);
}

/// Where the probability flow takes x from one alpha_bar to another: the same quantile of the marginal.
torch::Tensor flow(const torch::Tensor& x, double from, double to) {
    const auto width = [](double a) { return std::sqrt(a * spread * spread + 1 - a); };
    return std::sqrt(to) * mean + width(to) / width(from) * (x - std::sqrt(from) * mean);
}

torch::Tensor x_T() {
    torch::Generator generator = at::detail::createCPUGenerator(21);
    return torch::randn({4, 3}, generator, torch::kFloat64);
}

SamplingSettings settings_for(Sampler sampler, int steps, Spacing spacing = Spacing::linspace) {
    SamplingSettings settings;
    settings.sampler = sampler;
    settings.steps = steps;
    settings.spacing = spacing;
    settings.clip = false;
    return settings;
}

torch::Tensor no_noise() {
    qFatal("a deterministic sampler asked for noise");
    return {};
}

struct Way {
    torch::Tensor end;
    torch::Tensor last_x; ///< at the smallest t that was visited
    int last_index = 0;
    int evaluations = 0;
};
Way walk_all(const Schedule& schedule, const SamplingSettings& settings, Prediction prediction,
             const torch::Tensor& start) {
    DiffusionSettings diffusion;
    diffusion.prediction = prediction;
    SamplerWalk walk(schedule, diffusion, settings, start);
    Way way;
    while (!walk.done()) {
        const auto taken =
            walk.answer(perfect(schedule, prediction, walk.query(), walk.query_index()), no_noise);
        if (!taken) continue;
        way.last_x = taken->x_t;
        way.last_index = taken->index;
    }
    way.end = walk.x();
    way.evaluations = walk.evaluations();
    return way;
}

double error(const torch::Tensor& a, const torch::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

} // namespace

void SamplerWalkTest::counts_what_it_asks_data() {
    QTest::addColumn<int>("sampler");
    QTest::addColumn<double>("eta");
    QTest::addColumn<int>("evaluations");
    QTest::addColumn<int>("noises");
    const auto row = [](const char* name, Sampler sampler, double eta, int evaluations, int noises) {
        QTest::addRow("%s", name) << static_cast<int>(sampler) << eta << evaluations << noises;
    };
    row("ancestral", Sampler::ancestral, 0, 10, 9);
    row("ddim", Sampler::ddim, 0, 10, 0);
    row("ddim, eta", Sampler::ddim, 0.7, 10, 9); // the last step's beta-tilde is 0
    row("dpmpp_2m", Sampler::dpmpp_2m, 0, 10, 0);
    row("heun", Sampler::heun, 0, 19, 0);
}

void SamplerWalkTest::counts_what_it_asks() {
    QFETCH(int, sampler);
    QFETCH(double, eta);
    QFETCH(int, evaluations);
    QFETCH(int, noises);
    const Schedule schedule = make_schedule({});
    SamplingSettings settings = settings_for(static_cast<Sampler>(sampler), 10, Spacing::leading);
    settings.eta = eta;
    SamplerWalk walk(schedule, {}, settings, x_T());
    QCOMPARE(walk.planned(), 10);
    int asked = 0, taken = 0, before = 1000;
    while (!walk.done()) {
        const torch::Tensor at = walk.x().clone();
        QCOMPARE(walk.query().sizes(), walk.x().sizes());
        bool called = false;
        const auto step =
            walk.answer(perfect(schedule, Prediction::epsilon, walk.query(), walk.query_index()), [&] {
                called = true;
                ++asked;
                return torch::zeros_like(at);
            });
        if (!step) {
            QVERIFY(torch::equal(walk.x(), at)); // half a step moves nothing
            continue;
        }
        QCOMPARE(step->step, taken++);
        QCOMPARE(walk.step(), taken);
        QVERIFY(step->index < before);
        before = step->index;
        QVERIFY(torch::equal(step->x_t, at));
        QCOMPARE(step->sigma > 0, called);
    }
    QCOMPARE(taken, 10);
    QCOMPARE(walk.evaluations(), evaluations);
    QCOMPARE(asked, noises);
    QVERIFY_EXCEPTION_THROWN(walk.answer(walk.x(), no_noise), std::logic_error);
}

void SamplerWalkTest::solvers_have_their_order_data() {
    QTest::addColumn<int>("sampler");
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("least");
    QTest::addColumn<double>("most");
    QTest::addRow("ddim") << static_cast<int>(Sampler::ddim) << 80 << 0.9 << 1.1;
    QTest::addRow("heun") << static_cast<int>(Sampler::heun) << 80 << 1.9 << 2.1;
    QTest::addRow("dpmpp_2m") << static_cast<int>(Sampler::dpmpp_2m) << 320 << 1.8 << 2.2;
}

void SamplerWalkTest::solvers_have_their_order() {
    // Up to the smallest t that was visited: the last step, to alpha_bar = 1, is of first order by design.
    QFETCH(int, sampler);
    QFETCH(int, steps);
    QFETCH(double, least);
    QFETCH(double, most);
    const Schedule schedule = make_schedule({});
    const torch::Tensor start = x_T();
    const auto off = [&](int n) {
        // DDIM steps by T//N: only where N divides T does it land where it asks next.
        const Spacing spacing =
            static_cast<Sampler>(sampler) == Sampler::ddim ? Spacing::trailing : Spacing::linspace;
        const Way way = walk_all(schedule, settings_for(static_cast<Sampler>(sampler), n, spacing),
                                 Prediction::epsilon, start);
        return error(way.last_x, flow(start, schedule.alpha_bar(999), schedule.alpha_bar(way.last_index)));
    };
    const bool ddim = static_cast<Sampler>(sampler) == Sampler::ddim;
    const double order = std::log2(off(ddim ? 100 : steps) / off(ddim ? 200 : 2 * steps));
    QVERIFY2(order > least && order < most, qPrintable(QString::number(order)));
}

void SamplerWalkTest::solvers_beat_ddim() {
    const Schedule schedule = make_schedule({});
    const torch::Tensor start = x_T();
    const torch::Tensor exact = flow(start, schedule.alpha_bar(999), 1);
    const auto off = [&](Sampler sampler, int steps, int evaluations) {
        const Way way =
            walk_all(schedule, settings_for(sampler, steps, Spacing::trailing), Prediction::epsilon, start);
        if (way.evaluations != evaluations) qFatal("%d evaluations", way.evaluations);
        return error(way.end, exact);
    };
    const double ddim = off(Sampler::ddim, 40, 40);
    const double heun = off(Sampler::heun, 20, 39);
    const double dpmpp = off(Sampler::dpmpp_2m, 40, 40);
    QVERIFY2(heun < 0.7 * ddim && dpmpp < 0.2 * ddim,
             qPrintable(QString("%1 %2 %3").arg(ddim).arg(heun).arg(dpmpp)));
}

void SamplerWalkTest::one_step_of_a_solver_is_ddim() {
    const Schedule schedule = make_schedule({});
    torch::manual_seed(2);
    const torch::Tensor start = x_T(), answer = torch::randn({4, 3}, torch::kFloat64);
    const auto first = [&](Sampler sampler) {
        SamplerWalk walk(schedule, {}, settings_for(sampler, 20, Spacing::trailing), start);
        walk.answer(answer, no_noise);
        return sampler == Sampler::heun ? walk.query() : walk.x();
    };
    const torch::Tensor ddim = first(Sampler::ddim);
    QVERIFY(error(first(Sampler::dpmpp_2m), ddim) < 1e-9);
    QVERIFY(error(first(Sampler::heun), ddim) < 1e-9);
}

void SamplerWalkTest::ddim_keeps_the_first_alpha_if_told() {
    const Schedule schedule = make_schedule({});
    torch::manual_seed(2);
    const torch::Tensor start = x_T(), epsilon = torch::randn({4, 3}, torch::kFloat64);
    SamplingSettings settings = settings_for(Sampler::ddim, 1, Spacing::trailing);
    settings.set_alpha_to_one = false;
    SamplerWalk walk(schedule, {}, settings, start);
    const auto taken = walk.answer(epsilon, no_noise);
    const double a = schedule.alpha_bar(0);
    QVERIFY(error(walk.x(), std::sqrt(a) * taken->beliefs.x0_hat + std::sqrt(1 - a) * epsilon) < 1e-9);
}

void SamplerWalkTest::starts_without_any_signal_data() {
    QTest::addColumn<int>("sampler");
    QTest::addColumn<int>("prediction");
    for (const Sampler sampler : {Sampler::ddim, Sampler::dpmpp_2m, Sampler::heun})
        for (const Prediction prediction : {Prediction::v, Prediction::x0})
            QTest::addRow("%s, %s", name_of(sampler).data(), name_of(prediction).data())
                << static_cast<int>(sampler) << static_cast<int>(prediction);
}

void SamplerWalkTest::starts_without_any_signal() {
    // At alpha_bar_T = 0 the noise level of the flow is infinite; every sampler must get past it.
    QFETCH(int, sampler);
    QFETCH(int, prediction);
    ScheduleSettings schedule_settings;
    schedule_settings.zero_terminal_snr = true;
    const Schedule schedule = make_schedule(schedule_settings);
    const torch::Tensor start = x_T();
    const Way way = walk_all(schedule, settings_for(static_cast<Sampler>(sampler), 100, Spacing::trailing),
                             static_cast<Prediction>(prediction), start);
    const double off = error(way.end, flow(start, 0, 1));
    QVERIFY2(off < 0.05, qPrintable(QString::number(off)));
}

void SamplerWalkTest::starts_with_next_to_no_signal_data() {
    QTest::addColumn<int>("sampler");
    QTest::addColumn<int>("steps");
    for (const Sampler sampler : {Sampler::ddim, Sampler::dpmpp_2m, Sampler::heun})
        for (const int steps : {10, 25, 50})
            QTest::addRow("%s, %d", name_of(sampler).data(), steps) << static_cast<int>(sampler) << steps;
}

void SamplerWalkTest::starts_with_next_to_no_signal() {
    // The cosine schedule's noise level at T is 20,000 and that of the next step some ten.
    QFETCH(int, sampler);
    QFETCH(int, steps);
    ScheduleSettings schedule_settings;
    schedule_settings.kind = BetaSchedule::cosine;
    const Schedule schedule = make_schedule(schedule_settings);
    const torch::Tensor start = x_T();
    const Way way = walk_all(schedule, settings_for(static_cast<Sampler>(sampler), steps, Spacing::trailing),
                             Prediction::v, start);
    const double off = error(way.end, flow(start, schedule.alpha_bar(999), 1));
    QVERIFY2(off < 2.5 / steps, qPrintable(QString::number(off)));
    if (static_cast<Sampler>(sampler) == Sampler::heun) QCOMPARE(way.evaluations, 2 * steps - 2);
}

void SamplerWalkTest::clipping_reaches_every_sampler() {
    // A net that wants to go far outside: with clipping all samplers end inside, without it outside.
    const Schedule schedule = make_schedule({});
    DiffusionSettings diffusion;
    diffusion.prediction = Prediction::x0;
    for (const Sampler sampler : {Sampler::ancestral, Sampler::ddim, Sampler::dpmpp_2m, Sampler::heun})
        for (const bool clip : {true, false}) {
            SamplingSettings settings = settings_for(sampler, 20, Spacing::trailing);
            settings.clip = clip;
            settings.variance = Variance::fixed_small;
            SamplerWalk walk(schedule, diffusion, settings, x_T());
            while (!walk.done())
                walk.answer(torch::full_like(walk.x(), 5), [&] { return torch::zeros_like(walk.x()); });
            const double end = walk.x().mean().item<double>();
            QVERIFY2(std::abs(end - (clip ? 1 : 5)) < 1e-6, qPrintable(QString::number(end)));
        }
}

void SamplerWalkTest::learned_variance_needs_a_net_that_has_it() {
    SamplingSettings settings = settings_for(Sampler::ancestral, 10);
    settings.variance = Variance::learned;
    QVERIFY_EXCEPTION_THROWN(SamplerWalk(make_schedule({}), {}, settings, x_T()), std::logic_error);
}

/// The second half of a walk, begun at the state in its middle, ends where the whole walk does.
void SamplerWalkTest::a_walk_may_begin_on_the_way() {
    const Schedule schedule = make_schedule({});
    const DiffusionSettings diffusion;
    const SamplingSettings settings = settings_for(Sampler::ddim, 20, Spacing::leading);
    const auto ask = [&](SamplerWalk& walk) {
        walk.answer(perfect(schedule, diffusion.prediction, walk.query(), walk.query_index()), {});
    };
    SamplerWalk whole(schedule, diffusion, settings, x_T());
    while (whole.step() < 10)
        ask(whole);
    const int middle = whole.query_index();
    SamplerWalk half(schedule, diffusion, settings, whole.x().clone(),
                     middle + 3); // the plan has none above it
    QCOMPARE(half.query_index(), middle);
    QCOMPARE(half.planned(), 10);
    while (!whole.done()) {
        ask(whole);
        ask(half);
    }
    QVERIFY(half.done());
    QVERIFY(torch::equal(half.x(), whole.x()));
    QVERIFY_EXCEPTION_THROWN(
        SamplerWalk(schedule, diffusion, settings_for(Sampler::ddim, 10, Spacing::trailing), x_T(), 50),
        std::logic_error);
}

namespace {

/// x at the plan's last timestep, with a perfect net.
torch::Tensor encoded(const Schedule& schedule, const DiffusionSettings& diffusion, torch::Tensor x,
                      const std::vector<int>& ascending) {
    for (std::size_t i = 0; i + 1 < ascending.size(); ++i)
        x = encode_step(schedule, diffusion, x, perfect(schedule, diffusion.prediction, x, ascending[i]),
                        ascending[i], ascending[i + 1]);
    return x;
}

std::vector<int> ascending_plan(int steps) {
    std::vector<int> plan = sampling_timesteps(1000, steps, Spacing::leading);
    std::reverse(plan.begin(), plan.end());
    return plan;
}

} // namespace

void SamplerWalkTest::encoding_follows_the_flow_data() {
    QTest::addColumn<int>("prediction");
    QTest::addRow("epsilon") << int(Prediction::epsilon);
    QTest::addRow("v") << int(Prediction::v);
    QTest::addRow("x0") << int(Prediction::x0);
}

/// The probability flow is known for this data; a first-order method comes twice as near with twice the
/// steps.
void SamplerWalkTest::encoding_follows_the_flow() {
    QFETCH(int, prediction);
    const Schedule schedule = make_schedule({});
    DiffusionSettings diffusion;
    diffusion.prediction = static_cast<Prediction>(prediction);
    const torch::Tensor x0 = mean + spread * x_T();
    const auto error = [&](int steps) {
        const auto plan = ascending_plan(steps);
        const torch::Tensor exact =
            flow(x0, schedule.alpha_bar(plan.front()), schedule.alpha_bar(plan.back()));
        return (encoded(schedule, diffusion, x0, plan) - exact).abs().max().item<double>();
    };
    QVERIFY2(error(500) < 0.03, qPrintable(QString::number(error(500))));
    QVERIFY(error(250) < 0.7 * error(125));
    QVERIFY(error(500) < 0.7 * error(250));
}

void SamplerWalkTest::what_is_encoded_comes_back() {
    const Schedule schedule = make_schedule({});
    const DiffusionSettings diffusion;
    const torch::Tensor x0 = mean + spread * x_T();
    const auto there_and_back = [&](int steps) {
        SamplerWalk walk(schedule, diffusion, settings_for(Sampler::ddim, steps, Spacing::leading),
                         encoded(schedule, diffusion, x0, ascending_plan(steps)));
        while (!walk.done())
            walk.answer(perfect(schedule, diffusion.prediction, walk.query(), walk.query_index()), {});
        return (walk.x() - x0).abs().max().item<double>();
    };
    QVERIFY(there_and_back(500) < 0.02);
    QVERIFY(there_and_back(500) < 0.7 * there_and_back(125));
}

QTEST_GUILESS_MAIN(SamplerWalkTest)
#include "test_sampler_walk.moc"
