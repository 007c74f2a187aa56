// Philox against the known answers of its authors; keyed noise as properties; pictures as bytes; the forward
// record.
#include "compat/torch_compat.h"
#include "diffusion/schedule.h"
#include "runtime/forward.h"
#include "runtime/keyed_noise.h"
#include "runtime/pictures.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::runtime;

class NoiseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void philox_known_answers();
    void a_chain_is_the_same_alone_or_in_a_grid();
    void noise_is_standard_normal();
    void values_become_bytes();
    void forward_record_follows_q();
};

void NoiseTest::philox_known_answers() {
    // kat_vectors of Random123, philox4x32 with 10 rounds.
    using Words = std::array<std::uint32_t, 4>;
    QVERIFY((philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    const std::uint32_t f = 0xffffffff;
    QVERIFY((philox({f, f, f, f}, {f, f}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    QVERIFY((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
             Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

void NoiseTest::a_chain_is_the_same_alone_or_in_a_grid() {
    const torch::Tensor grid = keyed_noise(42, 0, 64, 500, {1, 7, 5});
    const torch::Tensor alone = keyed_noise(42, 37, 1, 500, {1, 7, 5});
    QVERIFY(torch::equal(grid[37], alone[0]));
    QVERIFY(!torch::equal(grid[37], grid[36]));
    QVERIFY(!torch::equal(keyed_noise(42, 37, 1, 499, {1, 7, 5}), alone));
    QVERIFY(!torch::equal(keyed_noise(43, 37, 1, 500, {1, 7, 5}), alone));
}

void NoiseTest::noise_is_standard_normal() {
    const torch::Tensor z = keyed_noise(1, 0, 100, 3, {10'000}).to(torch::kFloat64).flatten();
    const double n = static_cast<double>(z.numel());
    QVERIFY(std::abs(z.mean().item<double>()) < 5 / std::sqrt(n));
    QVERIFY(std::abs(z.square().mean().item<double>() - 1) < 5 * std::sqrt(2 / n));
    QVERIFY(std::abs(z.pow(4).mean().item<double>() - 3) < 5 * std::sqrt(96 / n));
    // Kolmogorov–Smirnov against the normal distribution, critical value at 0.001.
    const torch::Tensor sorted = std::get<0>(z.sort());
    const torch::Tensor cdf = 0.5 * (1 + torch::erf(sorted / std::sqrt(2.0)));
    const torch::Tensor empirical = torch::arange(1, z.numel() + 1, torch::kFloat64) / n;
    QVERIFY((cdf - empirical).abs().max().item<double>() < 1.95 / std::sqrt(n));
    QVERIFY(torch::isfinite(z).all().item<bool>());
}

void NoiseTest::values_become_bytes() {
    const torch::Tensor x = torch::tensor({-1.0F, 1.0F, 0.0F, -7.0F, 7.0F, std::nanf("")}).view({1, 1, 2, 3});
    const PictureStack stack = to_drawable(x).pictures;
    QCOMPARE(stack.count, 1);
    QCOMPARE(stack.height, 2);
    QCOMPARE(stack.width, 3);
    const std::vector<std::uint8_t> expected = {0, 255, 128, 0, 255, 128};
    QVERIFY(stack.bytes == expected);
    QCOMPARE(int(to_drawable(torch::full({1, 1, 1, 1}, 1.5), 3).pictures.bytes[0]), 191);
    // Channels are interleaved.
    const torch::Tensor colour = torch::tensor({255, 0, 7}, torch::kUInt8).view({1, 3, 1, 1});
    QVERIFY((to_pictures(colour).bytes == std::vector<std::uint8_t>{255, 0, 7}));
    QCOMPARE(to_drawable(torch::tensor({{0.5F, -2.0F}})).points.xy.at(1), -2.0F);
}

void NoiseTest::forward_record_follows_q() {
    data::Dataset dataset;
    dataset.name = "test";
    torch::manual_seed(0);
    dataset.items = torch::randint(256, {3, 1, 16, 16}).to(torch::kUInt8);
    dataset.labels = torch::tensor({4, 5, 6}, torch::kLong);
    RunForward request;
    request.index = 1;
    request.schedule.timesteps = 100;
    request.schedule.beta_start = 1e-3;
    request.schedule.beta_end = 0.2;
    const auto record = run_forward(request, dataset);
    QVERIFY(record.ok());
    const ForwardRecord& r = **record;
    QCOMPARE(r.label, 5);
    QCOMPARE(r.values, std::size_t{256});
    QCOMPARE(r.jump.size(), std::size_t{101 * 256});
    const torch::Tensor x0 = dataset.items[1].flatten().to(torch::kFloat64) / 127.5 - 1;
    const auto at = [&](const float* data) {
        return torch::tensor(std::vector<double>(data, data + 256), torch::kFloat64);
    };
    QVERIFY((at(r.jump_at(0)) - x0).abs().max().item<double>() < 1e-6);
    QVERIFY((at(r.steps_at(0)) - x0).abs().max().item<double>() < 1e-6);
    // One epsilon for all t: what is left after taking the signal away is the same noise, scaled.
    const auto epsilon = [&](int t) {
        const double a = r.schedule.alpha_bar_at(t);
        return (at(r.jump_at(t)) - std::sqrt(a) * x0) / std::sqrt(1 - a);
    };
    QVERIFY((epsilon(1) - epsilon(100)).abs().max().item<double>() < 1e-3);
    // Step by step the increments are fresh normals of variance beta_t.
    double sum = 0;
    for (int t = 1; t <= 100; ++t) {
        const double beta = r.schedule.beta[static_cast<std::size_t>(t - 1)];
        const torch::Tensor z =
            (at(r.steps_at(t)) - std::sqrt(1 - beta) * at(r.steps_at(t - 1))) / std::sqrt(beta);
        sum += z.square().sum().item<double>();
    }
    const double n = 100 * 256;
    QVERIFY(std::abs(sum / n - 1) < 5 * std::sqrt(2 / n));

    request.index = 3;
    QVERIFY(!run_forward(request, dataset).ok());
}

QTEST_GUILESS_MAIN(NoiseTest)
#include "test_noise.moc"
