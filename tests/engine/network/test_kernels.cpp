// The fused kernels against the library's operations in float64, values and gradients; every instruction set
// against the plain one.
#include "network/kernels/fused.h"
#include "network/kernels/loops.h"
#include "support/norm_cases.h"
#include "support/uneven_threads.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace ddpm::network::kernels;
using ddpm::test::pictures;

class KernelsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { ddpm::test::take_uneven_threads(); }
    void group_norm_matches_float64_data();
    void group_norm_matches_float64();
    void bfloat16_is_the_rounded_value();
    void the_input_beside_has_its_gradient();
    void far_from_zero_nothing_cancels();
    void dropout_keeps_its_share();
    void not_a_number_comes_through();
    void copies_match_the_library();
    void instruction_sets_agree();
};

namespace {

double difference(const torch::Tensor& a, const torch::Tensor& b) {
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

} // namespace

void KernelsTest::group_norm_matches_float64_data() {
    ddpm::test::add_norm_cases();
}

void KernelsTest::group_norm_matches_float64() {
    QFETCH(int, n);
    QFETCH(int, channels);
    QFETCH(int, groups);
    QFETCH(int, size);
    QFETCH(bool, shift);
    QFETCH(bool, silu);
    QFETCH(double, dropout);
    torch::manual_seed(1);
    const Finish finish{silu, {dropout, torch::tensor(0x123456789abcdefL)}};
    const torch::Tensor grad = pictures({n, channels, size, size});
    std::vector<torch::Tensor> inputs = {pictures({n, channels, size, size}, 0.5),
                                         torch::randn({channels}) + 1, torch::randn({channels})};
    if (shift) inputs.push_back(torch::randn({n, channels}));
    const auto run = [&](torch::ScalarType type, auto function) {
        std::vector<torch::Tensor> own;
        for (const torch::Tensor& input : inputs)
            own.push_back(input.detach().to(type).clone().set_requires_grad(true));
        torch::Tensor y =
            function(own[0], shift ? own[3] : torch::Tensor(), own[1], own[2], groups, 1e-6, finish);
        y.backward(grad.to(type));
        std::vector<torch::Tensor> results = {y.detach()};
        for (const torch::Tensor& input : own)
            results.push_back(input.grad());
        return results;
    };
    const auto ours = run(torch::kFloat32, group_norm);
    const auto theirs = run(torch::kFloat64, composed_group_norm);
    QCOMPARE(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const double scale = std::max(1.0, theirs[i].abs().max().item<double>());
        QVERIFY2(difference(ours[i], theirs[i]) < 2e-5 * scale,
                 qPrintable(QString("output %1: %2").arg(i).arg(difference(ours[i], theirs[i]))));
    }
}

void KernelsTest::bfloat16_is_the_rounded_value() {
    torch::manual_seed(2);
    const torch::Tensor x = pictures({3, 40, 6, 6}).to(torch::kBFloat16), shift = torch::randn({3, 40}),
                        weight = torch::randn({40}), bias = torch::randn({40});
    const auto both = [&](bool silu) {
        const Finish finish{silu, {}};
        const torch::Tensor ours = group_norm(x, shift, weight, bias, 8, 1e-6, finish);
        return std::pair(ours, group_norm(x.to(torch::kFloat32), shift, weight, bias, 8, 1e-6, finish));
    };
    const auto [plain, exact] = both(false);
    QCOMPARE(plain.scalar_type(), torch::kBFloat16);
    QVERIFY(torch::equal(plain, exact.to(torch::kBFloat16))); // to the nearest, ties to even, as the library
    // SiLU is within 1e-4, so that where a value lies between two of them the other one may be taken.
    const auto [ours, with_silu] = both(true);
    const torch::Tensor error = (ours.to(torch::kFloat32) - with_silu).abs(), size = with_silu.abs();
    QVERIFY((error <= size * (1.0 / 256 + 1e-4)).all().item<bool>());
    QVERIFY(torch::eq(ours, with_silu.to(torch::kBFloat16)).to(torch::kFloat32).mean().item<double>() > 0.97);
}

/// What is done with the input beside the norm has its gradient, too; alone as well.
void KernelsTest::the_input_beside_has_its_gradient() {
    torch::manual_seed(8);
    const torch::Tensor x = pictures({3, 40, 6, 6}), weight = torch::randn({40}) + 1,
                        bias = torch::randn({40}), grad = pictures({3, 40, 6, 6});
    const auto gradient = [&](torch::ScalarType type, bool norm_too) {
        const torch::Tensor own = x.to(type).clone().set_requires_grad(true);
        const auto narrow = type == torch::kBFloat16 ? torch::kFloat32 : type;
        const auto [y, same] =
            group_norm_beside(own, {}, weight.to(narrow), bias.to(narrow), 8, 1e-6, {true, {}});
        (norm_too ? y + 3 * same : 3 * same).backward(grad.to(type));
        return own.grad();
    };
    for (const bool norm_too : {true, false}) {
        const torch::Tensor exact = gradient(torch::kFloat64, norm_too);
        QVERIFY(difference(gradient(torch::kFloat32, norm_too), exact) <
                2e-5 * exact.abs().max().item<double>());
        QVERIFY(difference(gradient(torch::kBFloat16, norm_too), exact) <
                3e-2 * exact.abs().max().item<double>());
    }
}

void KernelsTest::far_from_zero_nothing_cancels() {
    torch::manual_seed(3);
    const torch::Tensor x = pictures({2, 32, 16, 16}, 3000);
    const torch::Tensor one = torch::ones({32}), zero = torch::zeros({32});
    const torch::Tensor exact = composed_group_norm(x.to(torch::kFloat64), {}, one.to(torch::kFloat64),
                                                    zero.to(torch::kFloat64), 8, 1e-6, {});
    QVERIFY(difference(group_norm(x, {}, one, zero, 8, 1e-6, {}), exact) < 2e-3); // x itself has 11 bits left
}

void KernelsTest::dropout_keeps_its_share() {
    const torch::Tensor x = torch::zeros({16, 32, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor one = torch::ones({32});
    const auto run = [&](std::int64_t seed) { // 1 everywhere, then dropout
        return group_norm(x, {}, one, one, 8, 1e-6, {false, {0.1, torch::tensor(seed)}});
    };
    const torch::Tensor a = run(1), b = run(2);
    QVERIFY(torch::equal(a, run(1)));
    const auto count = static_cast<double>(a.numel());
    const double dropped_a = (a == 0).sum().item<double>() / count,
                 dropped_b = (b == 0).sum().item<double>() / count;
    const double both = ((a == 0) & (b == 0)).sum().item<double>() / count;
    const double five_sigma = 5 * std::sqrt(0.09 / count);
    QVERIFY(std::abs(dropped_a - 0.1) < five_sigma && std::abs(dropped_b - 0.1) < five_sigma);
    QVERIFY(std::abs(both - 0.01) < five_sigma); // seeds are independent
    QVERIFY(std::abs(a.max().item<double>() - 1 / 0.9) < 1e-6);
    // Neighbours are independent too, along channels and along pixels.
    for (const int dim : {1, 3}) {
        const torch::Tensor z = (a == 0).to(torch::kFloat64) - dropped_a;
        const double covariance = (z * z.roll(1, dim)).mean().item<double>();
        QVERIFY(std::abs(covariance) < 5 * 0.09 / std::sqrt(count));
    }
}

void KernelsTest::not_a_number_comes_through() {
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        torch::Tensor x = pictures({2, 16, 4, 4});
        x[1][3][2][2] = std::numeric_limits<float>::quiet_NaN();
        const torch::Tensor y =
            group_norm(x.to(type), {}, torch::ones({16}), torch::zeros({16}), 4, 1e-6, {true, {}});
        QVERIFY(torch::isnan(y[1]).any().item<bool>());
        QVERIFY(!torch::isnan(y[0]).any().item<bool>());
    }
}

void KernelsTest::copies_match_the_library() {
    torch::manual_seed(4);
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        const auto leaf = [&](std::vector<std::int64_t> shape) {
            return pictures(std::move(shape)).to(type).set_requires_grad(true);
        };
        const torch::Tensor a = leaf({3, 20, 5, 4}), b = leaf({3, 7, 5, 4});
        const torch::Tensor ours = concat_channels(a, b), theirs = torch::cat({a, b}, 1);
        QVERIFY(torch::equal(ours, theirs));
        const torch::Tensor g = pictures({3, 27, 5, 4}).to(type);
        const auto mine = torch::autograd::grad({ours}, {a, b}, {g}),
                   library = torch::autograd::grad({theirs}, {a, b}, {g});
        QVERIFY(torch::equal(mine[0], library[0]) && torch::equal(mine[1], library[1]));

        const torch::Tensor big = upsample_twice(a);
        QVERIFY(torch::equal(big, torch::upsample_nearest2d(a, {10, 8})));
        const torch::Tensor grad = pictures({3, 20, 10, 8}).to(type);
        const torch::Tensor back = torch::autograd::grad({big}, {a}, {grad})[0];
        const torch::Tensor expected = grad.to(torch::kFloat64).reshape({3, 20, 5, 2, 4, 2}).sum({3, 5});
        QVERIFY(difference(back, expected) < (type == torch::kFloat32 ? 1e-5 : 0.04));
    }
}

void KernelsTest::instruction_sets_agree() {
    std::vector<const Loops*> tables = {&loops()};
#ifdef DDPM_X86_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(&avx2_loops);
#endif
    torch::manual_seed(6);
    constexpr std::int64_t C = 44, P = 30, G = 11;
    const torch::Tensor x = torch::randn({P, C}), g = torch::randn({P, C}), shift = torch::randn({C}),
                        weight = torch::randn({C}), bias = torch::randn({C});
    const auto run = [&](const Loops& table) {
        const torch::Tensor y = torch::zeros({P, C}), grad_x = torch::zeros({P, C}), mean = torch::zeros({G}),
                            rstd = torch::zeros({G}), sums = torch::zeros({3, C}),
                            factor = torch::zeros({4, C});
        NormTask task;
        task.x = x.data_ptr();
        task.y = y.data_ptr();
        task.grad_y = g.data_ptr();
        task.grad_x = grad_x.data_ptr();
        task.shift = shift.data_ptr<float>();
        task.weight = weight.data_ptr<float>();
        task.bias = bias.data_ptr<float>();
        task.mean = mean.data_ptr<float>();
        task.rstd = rstd.data_ptr<float>();
        task.factor = factor.data_ptr<float>();
        task.grad_shift = sums[0].data_ptr<float>();
        task.grad_weight = sums[1].data_ptr<float>();
        task.grad_bias = sums[2].data_ptr<float>();
        task.pixels = P;
        task.channels = C;
        task.groups = task.last_group = G;
        task.eps = 1e-6F;
        task.silu = true;
        task.mask = {1U << 29, 8.0F / 7, 5, 6};
        table.norm_forward_f32(task);
        table.norm_backward_f32(task);
        return torch::cat({y.flatten(), grad_x.flatten(), sums.flatten()});
    };
    const torch::Tensor plain = run(baseline_loops);
    QVERIFY(plain.abs().max().item<double>() > 1);
    for (const Loops* table : tables)
        QVERIFY2(difference(run(*table), plain) < 1e-4, table->name);
}

QTEST_GUILESS_MAIN(KernelsTest)
#include "test_kernels.moc"
