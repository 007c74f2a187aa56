// The kernels that multiply matrices (convolutions of 3×3 by Winograd's algorithm, attention, linear layers)
// against the library's operations in float64, values and gradients. It runs once for each instruction set
// (CMakeLists.txt).
#include "network/kernels/attention.h"
#include "network/kernels/convolution.h"
#include "network/kernels/linear.h"
#include "network/kernels/loops.h"
#include "network/kernels/mlp.h"
#include "support/convolution_shape.h"
#include "support/norm_cases.h"
#include "support/perceptron_case.h"
#include "support/uneven_threads.h"
#include "support/values_and_gradients.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <vector>

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

#define VERIFY_SAME(ours, exact, bound)                                                                      \
    do {                                                                                                     \
        const Tensors a = ours, b = exact;                                                                   \
        QCOMPARE(a.size(), b.size());                                                                        \
        for (std::size_t i = 0; i < a.size(); ++i) {                                                         \
            QCOMPARE(a[i].sizes().vec(), b[i].sizes().vec());                                                \
            QVERIFY2(error_of(a[i], b[i]) < (bound),                                                         \
                     qPrintable(QString("%1 of %2: %3").arg(i).arg(a.size()).arg(error_of(a[i], b[i]))));    \
        }                                                                                                    \
    } while (false)

Tensors convolution_inputs(const ConvolutionShape& of) {
    torch::manual_seed(3);
    Tensors inputs = {pictures({of.n, of.in, of.height, of.width}),
                      torch::randn({of.out, of.in, 3, 3}) / std::sqrt(9.0 * static_cast<double>(of.in)),
                      torch::randn({of.out})};
    if (of.beside) inputs.push_back(pictures({of.n, of.out, of.height, of.width}));
    return inputs;
}

torch::Tensor our_convolution(const Tensors& x) {
    return convolve_3x3(x[0].contiguous(at::MemoryFormat::ChannelsLast), x[1], x[2],
                        x.size() > 3 ? x[3] : torch::Tensor());
}

torch::Tensor their_convolution(const Tensors& x) {
    const torch::Tensor y = torch::conv2d(x[0], x[1], x[2], 1, 1);
    return x.size() > 3 ? y + x[3] : y;
}

} // namespace

class ProductsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { ddpm::test::take_uneven_threads(); }
    void convolutions_match_float64_data();
    void convolutions_match_float64();
    void convolutions_stay_nearly_as_exact_as_the_librarys();
    void bfloat16_is_the_rounded_convolution();
    void attention_matches_float64_data();
    void attention_matches_float64();
    void attention_survives_large_scores();
    void linear_layers_match_float64_data();
    void linear_layers_match_float64();
    void the_perceptron_matches_float64_data();
    void the_perceptron_matches_float64();
    void a_fit_matches_float64_data() { the_perceptron_matches_float64_data(); }
    void a_fit_matches_float64();
    void not_a_number_comes_through();
    void threads_do_not_change_a_value();
};

void ProductsTest::convolutions_match_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addRow("whole tiles") << ConvolutionShape{3, 32, 32, 8, 8, false};
    QTest::addRow("whole tiles, beside") << ConvolutionShape{3, 32, 64, 8, 8, true};
    QTest::addRow("cut tiles") << ConvolutionShape{5, 16, 48, 7, 14, true};
    QTest::addRow("one pixel") << ConvolutionShape{2, 16, 16, 1, 1, false};
    QTest::addRow("smaller than a tile") << ConvolutionShape{20, 24, 40, 3, 2, false};
    QTest::addRow("no whole vector") << ConvolutionShape{4, 3, 5, 9, 10, true};
    QTest::addRow("a vector and a bit") << ConvolutionShape{2, 18, 35, 12, 5, false};
    QTest::addRow("many blocks") << ConvolutionShape{30, 20, 16, 16, 16, true};
    QTest::addRow("channels in parts") << ConvolutionShape{2, 144, 130, 4, 4, false};
}

void ProductsTest::convolutions_match_float64() {
    QFETCH(ConvolutionShape, shape);
    const Tensors inputs = convolution_inputs(shape);
    VERIFY_SAME(value_and_gradients(our_convolution, inputs, torch::kFloat32),
                value_and_gradients(their_convolution, inputs, torch::kFloat64), 3e-5);
}

/// The points of interpolation are chosen for it: with the usual ones it is several times worse.
void ProductsTest::convolutions_stay_nearly_as_exact_as_the_librarys() {
    const Tensors inputs = convolution_inputs({2, 128, 128, 16, 16, false});
    const auto exact = value_and_gradients(their_convolution, inputs, torch::kFloat64);
    const auto library = value_and_gradients(their_convolution, inputs, torch::kFloat32),
               ours = value_and_gradients(our_convolution, inputs, torch::kFloat32);
    const auto root_mean_square = [](const torch::Tensor& a, const torch::Tensor& b) {
        return (a.to(torch::kFloat64) - b).square().mean().sqrt().item<double>();
    };
    for (std::size_t i = 0; i < 3; ++i) {
        const double ratio = root_mean_square(ours[i], exact[i]) / root_mean_square(library[i], exact[i]);
        qInfo("%s: %.1f times the library's error",
              i == 0   ? "value"
              : i == 1 ? "gradient of x"
                       : "gradient of the weights",
              ratio);
        QVERIFY(ratio < (i == 2 ? 8 : 3));
    }
}

void ProductsTest::bfloat16_is_the_rounded_convolution() {
    Tensors inputs = convolution_inputs({2, 32, 48, 8, 8, true});
    inputs[0] = inputs[0].to(torch::kBFloat16);
    inputs[3] = inputs[3].to(torch::kBFloat16);
    const torch::Tensor ours = our_convolution(inputs);
    QCOMPARE(ours.scalar_type(), torch::kBFloat16);
    inputs[0] = inputs[0].to(torch::kFloat32);
    inputs[3] = inputs[3].to(torch::kFloat32);
    QVERIFY(torch::equal(ours, our_convolution(inputs).to(torch::kBFloat16)));
}

void ProductsTest::attention_matches_float64_data() {
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("pixels");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("heads");
    QTest::addRow("one head") << 3 << 64 << 64 << 1;
    QTest::addRow("heads") << 2 << 49 << 64 << 4;
    QTest::addRow("one picture, shared by threads") << 1 << 196 << 48 << 1;
    QTest::addRow("no whole vectors") << 2 << 9 << 15 << 3;
    QTest::addRow("one pixel") << 2 << 1 << 32 << 2;
    QTest::addRow("wide") << 1 << 30 << 256 << 1;
}

void ProductsTest::attention_matches_float64() {
    QFETCH(int, n);
    QFETCH(int, pixels);
    QFETCH(int, channels);
    QFETCH(int, heads);
    torch::manual_seed(5);
    const auto theirs = [&](const Tensors& x) {
        const auto part = [&](std::int64_t which) {
            return x[0].narrow(2, which * channels, channels).view({n, pixels, heads, -1}).transpose(1, 2);
        };
        const torch::Tensor scores = torch::matmul(part(0), part(1).transpose(2, 3)) /
                                     std::sqrt(static_cast<double>(channels) / heads);
        return torch::matmul(torch::softmax(scores, -1), part(2))
            .transpose(1, 2)
            .reshape({n, pixels, channels});
    };
    const Tensors inputs = {torch::randn({n, pixels, 3 * channels}) * 2};
    VERIFY_SAME(
        value_and_gradients([&](const Tensors& x) { return attend(x[0], heads); }, inputs, torch::kFloat32),
        value_and_gradients(theirs, inputs, torch::kFloat64), 3e-5);
}

/// Scores of some thousands: the greatest of each row decides alone.
void ProductsTest::attention_survives_large_scores() {
    torch::manual_seed(6);
    torch::Tensor qkv = torch::randn({1, 40, 96}) * 100;
    qkv.narrow(2, 0, 32) -= 300; // all scores of some rows are far below 0
    const torch::Tensor out = attend(qkv, 1);
    const torch::Tensor exact = qkv.to(torch::kFloat64);
    const torch::Tensor scores =
        torch::matmul(exact.narrow(2, 0, 32), exact.narrow(2, 32, 32).transpose(1, 2)) / std::sqrt(32.0);
    QVERIFY(error_of(out, torch::matmul(torch::softmax(scores, -1), exact.narrow(2, 64, 32))) < 1e-2);
}

void ProductsTest::linear_layers_match_float64_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("in");
    QTest::addColumn<int>("out");
    QTest::addRow("narrow") << 128 << 16 << 16;
    QTest::addRow("odd rows") << 1037 << 64 << 192;
    QTest::addRow("half a panel") << 200 << 48 << 80;
}

void ProductsTest::linear_layers_match_float64() {
    QFETCH(int, rows);
    QFETCH(int, in);
    QFETCH(int, out);
    torch::manual_seed(7);
    const Tensors inputs = {torch::randn({2, rows, in}), torch::randn({out, in}) / std::sqrt(in),
                            torch::randn({out})};
    QVERIFY(has_linear(inputs[0], inputs[1]));
    VERIFY_SAME(value_and_gradients([](const Tensors& x) { return linear(x[0], x[1], x[2]); }, inputs,
                                    torch::kFloat32),
                value_and_gradients([](const Tensors& x) { return torch::linear(x[0], x[1], x[2]); }, inputs,
                                    torch::kFloat64),
                3e-5);
}

void ProductsTest::the_perceptron_matches_float64_data() {
    QTest::addColumn<PerceptronShape>("shape");
    QTest::addRow("the preset's") << PerceptronShape{512, 128, 3};
    QTest::addRow("few rows") << PerceptronShape{3, 16, 2};
    QTest::addRow("half a panel") << PerceptronShape{101, 48, 4};
    QTest::addRow("one layer") << PerceptronShape{150, 64, 1};
}

void ProductsTest::the_perceptron_matches_float64() {
    QFETCH(PerceptronShape, shape);
    const PerceptronCase of(shape);
    QVERIFY(has_mlp(of.x, of.weights(of.inputs)));
    const auto ours = [&](const Tensors& all) { return mlp(of.x, of.embeddings, of.which, of.weights(all)); };
    const auto theirs = [&](const Tensors& all) { return of.composed(all); };
    VERIFY_SAME(value_and_gradients(ours, of.inputs, torch::kFloat32),
                value_and_gradients(theirs, of.inputs, torch::kFloat64), 3e-5);
    const torch::NoGradGuard no_grad; // nothing is kept then
    QVERIFY(error_of(ours(of.inputs), theirs(in_float64(of.inputs))) < 3e-5);
}

void ProductsTest::a_fit_matches_float64() {
    QFETCH(PerceptronShape, shape);
    const PerceptronCase of(shape);
    for (const auto& [ours, exact] : of.fit(false)) {
        const double error = ((ours - exact).abs().max() / exact.abs().max()).item<double>();
        QVERIFY2(error < 1e-4, qPrintable(QString::number(error)));
    }
}

void ProductsTest::not_a_number_comes_through() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Tensors inputs = convolution_inputs({2, 16, 16, 8, 8, false});
    inputs[0][1][3][2][2] = nan;
    const torch::Tensor y = our_convolution(inputs);
    QVERIFY(torch::isnan(y[1]).any().item<bool>() && !torch::isnan(y[0]).any().item<bool>());
    torch::Tensor qkv = torch::randn({2, 9, 48});
    qkv[1][4][20] = nan; // a key: every row sees it
    const torch::Tensor out = attend(qkv, 1);
    QVERIFY(torch::isnan(out[1]).all().item<bool>() && !torch::isnan(out[0]).any().item<bool>());
}

void ProductsTest::threads_do_not_change_a_value() {
    const Tensors inputs = convolution_inputs({3, 64, 96, 16, 16, true});
    const torch::Tensor qkv = torch::randn({1, 100, 96});
    const int threads = at::get_num_threads();
    const torch::Tensor y = our_convolution(inputs), out = attend(qkv, 2);
    at::set_num_threads(threads == 1 ? 2 : 1);
    const torch::Tensor y_again = our_convolution(inputs), out_again = attend(qkv, 2);
    at::set_num_threads(threads);
    QVERIFY(torch::equal(y, y_again) && torch::equal(out, out_again));
}

QTEST_GUILESS_MAIN(ProductsTest)
#include "test_products.moc"
