// Convolutions for a matrix unit, with plain loops in its place (or with the unit itself where there is one:
// it is compared with the loops), against the library's in float64 on the same bfloat16 numbers.
#include "network/kernels/attention.h"
#include "network/kernels/channels_last.h"
#include "network/kernels/convolution_ways.h"
#include "network/kernels/halves.h"
#include "network/kernels/mlp.h"
#include "network/kernels/tiles.h"
#include "support/claimed_unit.h"
#include "support/convolution_shape.h"
#include "support/norm_cases.h"
#include "support/perceptron_case.h"
#include "support/uneven_threads.h"
#include "support/values_and_gradients.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace ddpm::network::kernels;
using ddpm::test::ConvolutionShape;
using ddpm::test::error_of;
using ddpm::test::in_float64;
using ddpm::test::PerceptronCase;
using ddpm::test::PerceptronShape;
using ddpm::test::pictures;
using ddpm::test::Tensors;
using ddpm::test::value_and_gradients;

namespace {

struct Case {
    torch::Tensor x, weight, bias, beside, grad_y; ///< x, beside and grad_y: bfloat16, channels-last
};

torch::Tensor in_bf16(const torch::Tensor& x) {
    return x.to(torch::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
}

Case make_case(const ConvolutionShape& of) {
    torch::manual_seed(11);
    // Weights are rounded by the kernel, too.
    const torch::Tensor weight =
        (torch::randn({of.out, of.in, 3, 3}) / std::sqrt(9.0 * static_cast<double>(of.in)))
            .to(torch::kBFloat16);
    const torch::Tensor like_y = torch::randn({of.n, of.out, of.height, of.width});
    return {in_bf16(pictures({of.n, of.in, of.height, of.width})), weight.to(torch::kFloat32),
            torch::randn({of.out}), of.beside ? in_bf16(pictures(like_y.sizes().vec())) : torch::Tensor(),
            in_bf16(like_y)};
}

torch::Tensor convolved(const Case& of) {
    const torch::Tensor y = empty_pictures(of.x, of.weight.size(0), of.x.size(2), of.x.size(3));
    convolve_by_tiles(of.x, of.weight, false, of.bias.data_ptr<float>(), of.beside, y);
    return y;
}

} // namespace

class TilesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void convolutions_match_float64_data();
    void convolutions_match_float64();
    void not_a_number_stays_near();
    void threads_do_not_change_a_value();
    void only_what_fits_is_taken();
    void the_perceptron_in_halves_data();
    void the_perceptron_in_halves();
    void a_fit_in_halves_data() { the_perceptron_in_halves_data(); }
    void a_fit_in_halves();
    void workers_may_change_before_the_way_back();
    void attention_in_halves_data();
    void attention_in_halves();
    void attention_survives_large_scores();
};

void TilesTest::initTestCase() {
    if (!qEnvironmentVariableIsSet("DDPM_TILES")) qputenv("DDPM_TILES", "plain");
    ddpm::test::take_uneven_threads();
    qInfo("kernels: %s for convolutions, %s for points", tiles() ? tiles()->name : "none",
          halves() ? halves()->name : "none");
    QVERIFY(ddpm::test::has_what_it_claims());
}

void TilesTest::convolutions_match_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addRow("rows of two tiles") << ConvolutionShape{2, 32, 32, 32, 32, false};
    QTest::addRow("rows of one tile, beside") << ConvolutionShape{2, 64, 96, 16, 16, true};
    QTest::addRow("a few rows at a time") << ConvolutionShape{1, 256, 32, 32, 32, false};
    QTest::addRow("an odd tile") << ConvolutionShape{1, 32, 32, 3, 16, true};
    QTest::addRow("rows of three tiles") << ConvolutionShape{1, 32, 64, 5, 48, false};
    QTest::addRow("tiles of two rows") << ConvolutionShape{5, 64, 32, 8, 8, false};
    QTest::addRow("tiles across rows") << ConvolutionShape{2, 32, 32, 12, 12, true};
    QTest::addRow("two pictures at once") << ConvolutionShape{5, 32, 64, 4, 4, true};
    QTest::addRow("many small pictures") << ConvolutionShape{40, 64, 64, 4, 4, false};
    QTest::addRow("sums over several pictures") << ConvolutionShape{11, 32, 64, 16, 16, false};
    QTest::addRow("pictures in groups") << ConvolutionShape{9, 128, 32, 8, 8, true};
    QTest::addRow("odd rows below one another") << ConvolutionShape{1, 512, 32, 15, 32, false};
    QTest::addRow("a picture of two columns") << ConvolutionShape{3, 32, 32, 8, 2, false};
    QTest::addRow("channels shared by threads") << ConvolutionShape{3, 32, 256, 4, 8, false};
}

void TilesTest::convolutions_match_float64() {
    if (!tiles()) QSKIP("this processor has no matrix unit");
    QFETCH(ConvolutionShape, shape);
    const Case of = make_case(shape);
    QVERIFY(has_tiles(of.x, shape.out));
    const torch::Tensor x = of.x.to(torch::kFloat64).set_requires_grad(true),
                        weight = of.weight.to(torch::kFloat64).set_requires_grad(true),
                        bias = of.bias.to(torch::kFloat64).set_requires_grad(true);
    torch::Tensor exact = torch::conv2d(x, weight, bias, 1, 1);
    if (shape.beside) exact = exact + of.beside.to(torch::kFloat64);
    const auto gradients = torch::autograd::grad({exact}, {x, weight, bias}, {of.grad_y.to(torch::kFloat64)});

    // The largest of so many values is some four standard deviations and rounded to eight bits.
    constexpr double rounded = 0.02, summed = 3e-5;
    QVERIFY(error_of(convolved(of), exact.detach()) < rounded);
    const torch::Tensor grad_x = torch::empty_like(of.x);
    convolve_by_tiles(of.grad_y, of.weight, true, nullptr, {}, grad_x);
    QVERIFY(error_of(grad_x, gradients[0]) < rounded);
    const WeightGradients ours = weight_gradients_by_tiles(of.x, of.grad_y);
    QVERIFY(error_of(ours.weight, gradients[1]) < summed);
    QVERIFY(error_of(ours.bias, gradients[2]) < summed);
    // Rounding apart, nothing is lost: the mean error is that of half a last place.
    QVERIFY((convolved(of).to(torch::kFloat64) - exact.detach()).abs().mean().item<double>() <
            exact.detach().abs().mean().item<double>() / 512);
}

void TilesTest::not_a_number_stays_near() {
    if (!tiles()) QSKIP("this processor has no matrix unit");
    Case of = make_case({3, 32, 32, 4, 4, false});
    of.x[1][5][0][0] = std::numeric_limits<float>::quiet_NaN();
    const torch::Tensor bad = torch::isnan(convolved(of));
    // Pixels next to it, of all channels; not the pictures before and after.
    QVERIFY(bad[1].slice(1, 0, 2).slice(2, 0, 2).all().item<bool>());
    QCOMPARE(bad.sum().item<std::int64_t>(), std::int64_t{4 * 32});
}

void TilesTest::threads_do_not_change_a_value() {
    if (!tiles()) QSKIP("this processor has no matrix unit");
    const Case of = make_case({3, 64, 64, 8, 8, true});
    const int threads = at::get_num_threads();
    const torch::Tensor y = convolved(of);
    at::set_num_threads(threads == 1 ? 2 : 1);
    const torch::Tensor again = convolved(of);
    at::set_num_threads(threads);
    QVERIFY(torch::equal(y, again));
}

void TilesTest::only_what_fits_is_taken() {
    if (!tiles()) QSKIP("this processor has no matrix unit");
    const auto of = [](std::int64_t in, std::int64_t height, std::int64_t width, torch::ScalarType type) {
        return torch::zeros({1, in, height, width}, type);
    };
    QVERIFY(has_tiles(of(32, 8, 8, torch::kBFloat16), 64));
    QVERIFY(!has_tiles(of(32, 8, 8, torch::kFloat32), 64));
    QVERIFY(!has_tiles(of(48, 8, 8, torch::kBFloat16), 64));
    QVERIFY(!has_tiles(of(32, 8, 8, torch::kBFloat16), 3));
    QVERIFY(!has_tiles(of(32, 7, 7, torch::kBFloat16), 32));
    QVERIFY(!has_tiles(of(32, 16, 1, torch::kBFloat16), 32));
}

void TilesTest::the_perceptron_in_halves_data() {
    QTest::addColumn<PerceptronShape>("shape");
    QTest::addRow("the preset's") << PerceptronShape{512, 128, 3, 64};
    QTest::addRow("timesteps in float32") << PerceptronShape{512, 128, 3, 40};
    QTest::addRow("few rows") << PerceptronShape{3, 32, 2, 32};
    QTest::addRow("odd rows") << PerceptronShape{101, 96, 4};
    QTest::addRow("one layer") << PerceptronShape{150, 64, 1};
}

/// What is rounded is h, weights, embeddings and the gradients of u: with weights that need no rounding, an
/// error like one in 2^9 is left.
void TilesTest::the_perceptron_in_halves() {
    QFETCH(PerceptronShape, shape);
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    PerceptronCase of(shape);
    for (torch::Tensor& input : of.inputs)
        input = input.to(torch::kBFloat16).to(torch::kFloat32);
    QVERIFY(has_half_mlp(shape.hidden));
    const auto ours = [&](const Tensors& all) {
        return mlp(of.x, of.embeddings, of.which, of.weights(all), true);
    };
    const auto theirs = [&](const Tensors& all) { return of.composed(all); };
    const Tensors a = value_and_gradients(ours, of.inputs, torch::kFloat32),
                  b = value_and_gradients(theirs, of.inputs, torch::kFloat64);
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double error =
            ((a[i].to(torch::kFloat64) - b[i]).square().mean() / b[i].square().mean()).sqrt().item<double>();
        QVERIFY2(error < 0.006, qPrintable(QString("%1 of %2: %3").arg(i).arg(a.size()).arg(error)));
    }
    const torch::NoGradGuard no_grad; // nothing is kept then
    QVERIFY(torch::equal(ours(of.inputs), a[0]));
}

void TilesTest::a_fit_in_halves() {
    QFETCH(PerceptronShape, shape);
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    PerceptronCase of(shape);
    for (torch::Tensor& input : of.inputs)
        input = input.to(torch::kBFloat16).to(torch::kFloat32);
    for (const auto& [ours, exact] : of.fit(true)) {
        const double error = ((ours - exact).square().mean() / exact.square().mean()).sqrt().item<double>();
        QVERIFY2(error < 0.01, qPrintable(QString::number(error)));
    }
}

void TilesTest::workers_may_change_before_the_way_back() {
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    const PerceptronCase of({512, 64, 2});
    const int threads = at::get_num_threads();
    torch::Tensor gradients[2];
    for (const int back : {2, 1}) {
        at::set_num_threads(2);
        const torch::Tensor weight = of.inputs[6].clone().set_requires_grad(true); // hidden's weight
        Tensors all = of.inputs;
        all[6] = weight;
        const torch::Tensor y = mlp(of.x, of.embeddings, of.which, of.weights(all), true);
        at::set_num_threads(back);
        gradients[back - 1] = torch::autograd::grad({y.sum()}, {weight})[0];
    }
    at::set_num_threads(threads);
    QVERIFY(torch::allclose(gradients[0], gradients[1], 1e-4, 1e-4));
}

void TilesTest::attention_in_halves_data() {
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("pixels");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("heads");
    QTest::addRow("the preset's") << 2 << 256 << 64 << 1;
    QTest::addRow("heads, an odd number of blocks") << 3 << 96 << 192 << 2;
    QTest::addRow("one picture, shared by threads") << 1 << 64 << 32 << 1;
    QTest::addRow("more queries than at a time") << 1 << 576 << 64 << 2;
}

/// What is rounded are results, weights and their gradients, to one in 2^9 each.
void TilesTest::attention_in_halves() {
    QFETCH(int, n);
    QFETCH(int, pixels);
    QFETCH(int, channels);
    QFETCH(int, heads);
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    torch::manual_seed(5);
    const torch::Tensor given = torch::randn({n, pixels, 3 * channels}).to(torch::kBFloat16);
    QVERIFY(has_attention(given.narrow(2, 0, channels), heads));
    const torch::Tensor exact_input = given.to(torch::kFloat64).set_requires_grad(true);
    const auto part = [&](std::int64_t which) {
        return exact_input.narrow(2, which * channels, channels).view({n, pixels, heads, -1}).transpose(1, 2);
    };
    const torch::Tensor scores =
        torch::matmul(part(0), part(1).transpose(2, 3)) / std::sqrt(static_cast<double>(channels) / heads);
    const torch::Tensor exact =
        torch::matmul(torch::softmax(scores, -1), part(2)).transpose(1, 2).reshape({n, pixels, channels});
    const torch::Tensor grad = torch::randn(exact.sizes()).to(torch::kBFloat16);
    const torch::Tensor exact_grad =
        torch::autograd::grad({exact}, {exact_input}, {grad.to(torch::kFloat64)})[0];

    const torch::Tensor input = given.clone().set_requires_grad(true), out = attend(input, heads);
    QCOMPARE(out.scalar_type(), torch::kBFloat16);
    const torch::Tensor gradient = torch::autograd::grad({out}, {input}, {grad})[0];
    const auto error = [](const torch::Tensor& a, const torch::Tensor& b) {
        return ((a.to(torch::kFloat64) - b).square().mean() / b.square().mean()).sqrt().item<double>();
    };
    QVERIFY2(error(out, exact.detach()) < 0.004, qPrintable(QString::number(error(out, exact.detach()))));
    for (std::int64_t which = 0; which < 3; ++which) {
        const double of_part = error(gradient.narrow(2, which * channels, channels),
                                     exact_grad.narrow(2, which * channels, channels));
        QVERIFY2(of_part < 0.006, qPrintable(QString("%1: %2").arg(which).arg(of_part)));
    }
}

/// Scores of some thousands, and one that is not a number: the greatest of each row decides alone, and only
/// its own picture is lost.
void TilesTest::attention_survives_large_scores() {
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    torch::manual_seed(6);
    torch::Tensor qkv = (torch::randn({2, 64, 96}) * 100).to(torch::kBFloat16);
    qkv.narrow(2, 0, 32) -= 300;                             // all scores of some rows are far below 0
    qkv[1][4][40] = std::numeric_limits<float>::quiet_NaN(); // a key: every row sees it
    const torch::Tensor out = attend(qkv, 1), exact = qkv[0].to(torch::kFloat64);
    const torch::Tensor scores =
        torch::matmul(exact.narrow(1, 0, 32), exact.narrow(1, 32, 32).transpose(0, 1)) / std::sqrt(32.0);
    const torch::Tensor expected = torch::matmul(torch::softmax(scores, -1), exact.narrow(1, 64, 32));
    QVERIFY(error_of(out[0], expected) < 0.02);
    QVERIFY(torch::isnan(out[1]).all().item<bool>());
}

QTEST_GUILESS_MAIN(TilesTest)
#include "test_tiles.moc"
