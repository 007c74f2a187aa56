// Which t is trained: uniform to the bit, by importance without bias; labels dropped as often as asked.
#include "training/label_dropout.h"
#include "training/timestep_sampler.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::training;

class TimestepSamplerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void uniform_is_randint();
    void uniform_until_every_t_is_known();
    void probabilities_go_by_the_newest_losses();
    void draws_as_often_as_it_says();
    void estimates_without_bias();
    void its_state_brings_it_back();
    void labels_drop_as_often_as_asked();
};

namespace {

torch::Generator seeded(std::uint64_t seed) {
    return at::detail::createCPUGenerator(seed);
}

/// Tells the sampler `times` times the loss of every t.
void tell(TimestepSampler& sampler, const torch::Tensor& loss, int times = TimestepSampler::history) {
    for (int i = 0; i < times; ++i)
        sampler.record(torch::arange(loss.size(0)), loss);
}

/// Losses as the bound has them: most of it at small t.
torch::Tensor steep_losses(int timesteps) {
    return 5 / (1 + torch::arange(timesteps, torch::kFloat64)).square() + 0.01;
}

} // namespace

void TimestepSamplerTest::uniform_is_randint() {
    const TimestepSampler sampler(TimestepSampling::uniform, 1000, torch::kCPU);
    torch::Generator a = seeded(4), b = seeded(4);
    const auto drawn = sampler.draw(64, a);
    QVERIFY(torch::equal(drawn.t, torch::randint(1000, {64}, b, torch::kInt64)));
    QVERIFY(!drawn.weight.defined());
    QVERIFY(torch::equal(torch::randn({3}, a), torch::randn({3}, b))); // and nothing more was drawn
    QVERIFY(sampler.state().empty());
}

void TimestepSamplerTest::uniform_until_every_t_is_known() {
    TimestepSampler sampler(TimestepSampling::importance, 20, torch::kCPU);
    tell(sampler, steep_losses(20), TimestepSampler::history - 1);
    sampler.record(torch::arange(19), steep_losses(20).narrow(0, 0, 19));
    sampler.record(torch::tensor({19}), torch::tensor({std::nan("")})); // says nothing about t = 20
    torch::Generator a = seeded(1), b = seeded(1);
    QVERIFY(torch::equal(sampler.draw(32, a).t, torch::randint(20, {32}, b, torch::kInt64)));
    sampler.record(torch::tensor({19}), torch::tensor({0.5}));
    QVERIFY(sampler.draw(32, a).weight.defined());
}

void TimestepSamplerTest::probabilities_go_by_the_newest_losses() {
    TimestepSampler sampler(TimestepSampling::importance, 3, torch::kCPU);
    tell(sampler, torch::tensor({100.0, 100.0, 100.0}), 7); // forgotten below
    for (int i = 1; i <= TimestepSampler::history; ++i)
        sampler.record(torch::tensor({0, 1, 2, 2}), torch::tensor({1.0, 1.0 * i, 9.0, 4.0}));
    // Root mean squares: 1; sqrt(1² + … + 10²) / sqrt(10) = sqrt(38.5); of t = 3 the last ten are five 9s and
    // five 4s.
    const double sizes[] = {1, std::sqrt(38.5), std::sqrt((81 + 16) / 2.0)};
    const double total = sizes[0] + sizes[1] + sizes[2];
    const torch::Tensor p = sampler.probabilities();
    for (int i = 0; i < 3; ++i)
        QVERIFY(std::abs(p[i].item<double>() - (0.999 * sizes[i] / total + 0.001 / 3)) < 1e-12);
}

void TimestepSamplerTest::draws_as_often_as_it_says() {
    TimestepSampler sampler(TimestepSampling::importance, 20, torch::kCPU);
    tell(sampler, steep_losses(20));
    torch::Generator generator = seeded(6);
    const std::int64_t n = 200'000;
    const auto drawn = sampler.draw(n, generator);
    const torch::Tensor p = sampler.probabilities();
    QVERIFY(p[0].item<double>() > 0.5);
    const torch::Tensor share = torch::bincount(drawn.t, {}, 20).to(torch::kFloat64) / static_cast<double>(n);
    QVERIFY(((share - p).abs() < 5 * (p * (1 - p) / static_cast<double>(n)).sqrt()).all().item<bool>());
    QVERIFY(torch::allclose(drawn.weight.to(torch::kFloat64), 1 / (20 * p.index_select(0, drawn.t)), 1e-6));
}

void TimestepSamplerTest::estimates_without_bias() {
    const int timesteps = 100;
    const torch::Tensor loss = steep_losses(timesteps);
    const double exact = loss.mean().item<double>();
    TimestepSampler uniform(TimestepSampling::uniform, timesteps, torch::kCPU);
    TimestepSampler importance(TimestepSampling::importance, timesteps, torch::kCPU);
    tell(importance, loss.sqrt()); // not quite the losses that count: the estimate must not mind
    torch::Generator generator = seeded(8);
    const std::int64_t n = 400'000;
    const auto drawn = importance.draw(n, generator);
    const torch::Tensor weighted = drawn.weight.to(torch::kFloat64) * loss.index_select(0, drawn.t);
    const torch::Tensor plain = loss.index_select(0, uniform.draw(n, generator).t);
    const double error = weighted.std().item<double>() / std::sqrt(static_cast<double>(n));
    QVERIFY(std::abs(weighted.mean().item<double>() - exact) < 5 * error);
    QVERIFY(error < 0.02 * exact);
    QVERIFY(weighted.var().item<double>() < 0.3 * plain.var().item<double>()); // what it is for
}

void TimestepSamplerTest::its_state_brings_it_back() {
    TimestepSampler a(TimestepSampling::importance, 20, torch::kCPU),
        b(TimestepSampling::importance, 20, torch::kCPU);
    tell(a, steep_losses(20), 13);
    const formats::TensorList state = a.state();
    a.record(torch::tensor({3}), torch::tensor({70.0})); // the state is a copy
    QVERIFY(b.fits(state));
    b.take(state);
    QVERIFY(!torch::equal(a.probabilities(), b.probabilities()));
    b.record(torch::tensor({3}), torch::tensor({70.0}));
    QVERIFY(torch::equal(a.probabilities(), b.probabilities()));
    QVERIFY(!TimestepSampler(TimestepSampling::importance, 21, torch::kCPU).fits(state));
    QVERIFY(!b.fits({}));
    QVERIFY(TimestepSampler(TimestepSampling::uniform, 20, torch::kCPU).fits({}));
}

void TimestepSamplerTest::labels_drop_as_often_as_asked() {
    const std::int64_t n = 100'000;
    const torch::Tensor labels = torch::arange(n) % 10;
    torch::Generator generator = seeded(2);
    const torch::Tensor some = drop_labels(labels, 10, 0.1, generator);
    const torch::Tensor dropped = some != labels;
    QVERIFY((some.masked_select(dropped) == 10).all().item<bool>());
    const double share = dropped.to(torch::kFloat64).mean().item<double>();
    QVERIFY(std::abs(share - 0.1) < 5 * std::sqrt(0.09 / static_cast<double>(n)));
    QVERIFY(torch::equal(drop_labels(labels, 10, 0, generator), labels));
    QVERIFY((drop_labels(labels, 10, 1, generator) == 10).all().item<bool>());
    torch::Generator a = seeded(3), b = seeded(3);
    QVERIFY(torch::equal(drop_labels(labels, 10, 0.5, a), drop_labels(labels, 10, 0.5, b)));
}

QTEST_GUILESS_MAIN(TimestepSamplerTest)
#include "test_timestep_sampler.moc"
