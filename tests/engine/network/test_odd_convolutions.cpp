// Convolutions of stride 2, of 1×1, to a few channels and from a few, against the library's in float64 on the
// same numbers: in float32, and in bfloat16 with plain loops in place of a matrix unit or with what
// DDPM_TILES asks for.
#include "network/kernels/halves.h"
#include "network/kernels/halving_convolution.h"
#include "network/kernels/loops.h"
#include "network/kernels/narrow_convolution.h"
#include "network/kernels/pointwise.h"
#include "support/claimed_unit.h"
#include "support/convolution_shape.h"
#include "support/norm_cases.h"
#include "support/uneven_threads.h"
#include "support/values_and_gradients.h"

#include <QtTest>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

using namespace ddpm::network::kernels;
using ddpm::test::ConvolutionShape;
using ddpm::test::error_of;
using ddpm::test::pictures;
using ddpm::test::Tensors;

namespace {

using Convolution = std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& weight,
                                                const torch::Tensor& bias)>;

/// x of a type, weight and bias in float32; the weights need no rounding.
Tensors inputs_of(const ConvolutionShape& of, torch::ScalarType type) {
    torch::manual_seed(12);
    const torch::Tensor weight =
        torch::randn({of.out, of.in, 3, 3}) / std::sqrt(9.0 * static_cast<double>(of.in));
    return {pictures({of.n, of.in, of.height, of.width}).to(type).contiguous(at::MemoryFormat::ChannelsLast),
            weight.to(torch::kBFloat16).to(torch::kFloat32), torch::randn({of.out})};
}

/// The value, and the gradients of all inputs for a gradient that bfloat16 can hold.
Tensors results_of(const Convolution& convolution, Tensors inputs) {
    for (torch::Tensor& input : inputs)
        input = input.detach().clone().set_requires_grad(true);
    const torch::Tensor y = convolution(inputs[0], inputs[1], inputs[2]);
    torch::manual_seed(13);
    const torch::Tensor grad_y = torch::randn(y.sizes()).to(torch::kBFloat16).to(y.scalar_type());
    Tensors results = {y.detach()};
    for (const torch::Tensor& gradient : torch::autograd::grad({y}, inputs, {grad_y}))
        results.push_back(gradient);
    return results;
}

void compare(const Tensors& inputs, const Convolution& ours, const Convolution& exact) {
    const Tensors a = results_of(ours, inputs), b = results_of(exact, ddpm::test::in_float64(inputs));
    // What is bfloat16 is rounded to eight bits, and the largest of so many values is some four standard
    // deviations; sums in float32 are good to a few parts in 100,000.
    constexpr double rounded = 0.02, summed = 3e-5;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double error = error_of(a[i], b[i]);
        const double most = a[i].scalar_type() == torch::kBFloat16 ? rounded : summed;
        QCOMPARE(a[i].sizes(), b[i].sizes());
        QVERIFY2(error < most, qPrintable(QString("%1: %2").arg(i).arg(error)));
    }
}

constexpr std::array types = {torch::kFloat32, torch::kBFloat16};

/// Those that this processor multiplies.
std::vector<torch::ScalarType> types_here() {
    if (!halves()) return {torch::kFloat32};
    return {types.begin(), types.end()};
}

torch::Tensor library_3x3(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
    return torch::conv2d(x, weight, bias, 1, 1);
}

Convolution halving(std::int64_t padding) {
    return [padding](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
        return halving_convolution(x, weight, bias, padding);
    };
}

} // namespace

class OddConvolutionsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void halving_matches_float64_data();
    void halving_matches_float64();
    void pointwise_matches_float64_data();
    void pointwise_matches_float64();
    void narrow_matches_float64_data();
    void narrow_matches_float64();
    void widening_matches_float64_data();
    void widening_matches_float64();
    void not_a_number_stays_near();
    void threads_do_not_change_a_value();
    void only_what_fits_is_taken();
};

void OddConvolutionsTest::initTestCase() {
    if (!qEnvironmentVariableIsSet("DDPM_TILES")) qputenv("DDPM_TILES", "plain");
    ddpm::test::take_uneven_threads();
    qInfo("kernels: %s, in bfloat16 %s", loops().name, halves() ? halves()->name : "none");
    QVERIFY(ddpm::test::has_what_it_claims());
}

void OddConvolutionsTest::halving_matches_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addColumn<int>("padding");
    QTest::addRow("the preset's") << ConvolutionShape{3, 32, 32, 32, 32} << 0;
    QTest::addRow("padded on all sides") << ConvolutionShape{3, 32, 64, 16, 16} << 1;
    QTest::addRow("to odd sizes") << ConvolutionShape{5, 64, 32, 14, 14} << 0;
    QTest::addRow("of odd sizes") << ConvolutionShape{2, 32, 32, 7, 5} << 0;
    QTest::addRow("of odd sizes, padded on all sides") << ConvolutionShape{3, 32, 32, 7, 9} << 1;
    QTest::addRow("one point") << ConvolutionShape{1, 32, 32, 2, 2} << 0;
    QTest::addRow("a few points at a time") << ConvolutionShape{2, 256, 128, 16, 16} << 0;
    QTest::addRow("a long row") << ConvolutionShape{1, 96, 32, 2, 150} << 1;
}

void OddConvolutionsTest::halving_matches_float64() {
    QFETCH(ConvolutionShape, shape);
    QFETCH(int, padding);
    for (const torch::ScalarType type : types_here()) {
        const Tensors inputs = inputs_of(shape, type);
        QVERIFY(has_halving_convolution(inputs[0], shape.out));
        compare(inputs, halving(padding),
                [&](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
                    const torch::Tensor all = padding == 0 ? torch::constant_pad_nd(x, {0, 1, 0, 1}) : x;
                    return torch::conv2d(all, weight, bias, 2, padding);
                });
    }
}

void OddConvolutionsTest::pointwise_matches_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addRow("the preset's") << ConvolutionShape{4, 96, 32, 32, 32};
    QTest::addRow("odd rows") << ConvolutionShape{5, 32, 64, 7, 7};
    QTest::addRow("a block of rows") << ConvolutionShape{1, 64, 32, 4, 8};
    QTest::addRow("a few rows at a time") << ConvolutionShape{2, 512, 32, 8, 16};
}

void OddConvolutionsTest::pointwise_matches_float64() {
    QFETCH(ConvolutionShape, shape);
    if (!halves()) QSKIP("this processor does not multiply bfloat16");
    const Tensors inputs = inputs_of(shape, torch::kBFloat16);
    const auto rows_of = [](const torch::Tensor& x) { return x.permute({0, 2, 3, 1}); };
    const auto matrix_of = [](const torch::Tensor& weight) {
        return weight.slice(2, 1, 2).slice(3, 1, 2).flatten(1);
    };
    QVERIFY(has_pointwise(rows_of(inputs[0]), shape.out));
    compare(
        inputs,
        [&](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
            return pointwise(rows_of(x), matrix_of(weight), bias);
        },
        [&](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
            return torch::linear(rows_of(x), matrix_of(weight), bias);
        });
}

void OddConvolutionsTest::narrow_matches_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addRow("grey") << ConvolutionShape{3, 32, 1, 32, 32};
    QTest::addRow("colour") << ConvolutionShape{2, 128, 3, 32, 32};
    QTest::addRow("with variances") << ConvolutionShape{5, 64, 2, 28, 28};
    QTest::addRow("a block of pixels") << ConvolutionShape{2, 32, 3, 4, 8};
    QTest::addRow("an odd picture") << ConvolutionShape{7, 32, 1, 7, 5};
    QTest::addRow("a narrow picture") << ConvolutionShape{2, 32, 1, 40, 1};
    QTest::addRow("one row") << ConvolutionShape{2, 32, 2, 1, 50};
    QTest::addRow("some rows at a time") << ConvolutionShape{1, 256, 3, 40, 96};
}

void OddConvolutionsTest::narrow_matches_float64() {
    QFETCH(ConvolutionShape, shape);
    for (const torch::ScalarType type : types_here()) {
        const Tensors inputs = inputs_of(shape, type);
        QVERIFY(has_narrow_convolution(inputs[0], shape.out));
        compare(inputs, narrow_convolution, library_3x3);
    }
}

void OddConvolutionsTest::widening_matches_float64_data() {
    QTest::addColumn<ConvolutionShape>("shape");
    QTest::addRow("grey") << ConvolutionShape{3, 1, 32, 32, 32};
    QTest::addRow("colour") << ConvolutionShape{2, 3, 128, 32, 32};
    QTest::addRow("a block of pixels") << ConvolutionShape{2, 2, 32, 4, 8};
    QTest::addRow("an odd picture") << ConvolutionShape{7, 1, 64, 7, 5};
    QTest::addRow("some rows at a time") << ConvolutionShape{1, 3, 256, 40, 96};
}

void OddConvolutionsTest::widening_matches_float64() {
    QFETCH(ConvolutionShape, shape);
    for (const torch::ScalarType type : types_here()) {
        const Tensors inputs = inputs_of(shape, type);
        QVERIFY(has_widening_convolution(inputs[0], shape.out));
        compare(inputs, widening_convolution, library_3x3);
    }
}

void OddConvolutionsTest::not_a_number_stays_near() {
    for (const torch::ScalarType type : types_here()) {
        const auto bad_of = [&](const ConvolutionShape& shape, const Convolution& convolution) {
            Tensors inputs = inputs_of(shape, type);
            inputs[0][1][5][7][7] = std::numeric_limits<float>::quiet_NaN();
            return torch::isnan(convolution(inputs[0], inputs[1], inputs[2]));
        };
        // One of the 4×4 points sees the last pixel but for what is padded; its neighbours and itself are
        // four pixels.
        const torch::Tensor halved = bad_of({3, 32, 32, 8, 8}, halving(0)),
                            narrow = bad_of({3, 32, 1, 8, 8}, narrow_convolution);
        QVERIFY(halved[1].slice(1, 3).slice(2, 3).all().item<bool>());
        QCOMPARE(halved.sum().item<std::int64_t>(), std::int64_t{32});
        QVERIFY(narrow[1].slice(1, 6).slice(2, 6).all().item<bool>());
        QCOMPARE(narrow.sum().item<std::int64_t>(), std::int64_t{4});
    }
}

void OddConvolutionsTest::threads_do_not_change_a_value() {
    const torch::NoGradGuard no_grad;
    for (const torch::ScalarType type : types_here()) {
        const Tensors large = inputs_of({3, 64, 64, 14, 14}, type),
                      narrow = inputs_of({3, 64, 3, 14, 14}, type);
        const auto both = [&] {
            return Tensors{halving_convolution(large[0], large[1], large[2], 0),
                           narrow_convolution(narrow[0], narrow[1], narrow[2])};
        };
        const int threads = at::get_num_threads();
        const Tensors some = both();
        at::set_num_threads(1);
        const Tensors others = both();
        at::set_num_threads(threads);
        for (std::size_t i = 0; i < some.size(); ++i)
            QVERIFY(torch::equal(some[i], others[i]));
    }
}

void OddConvolutionsTest::only_what_fits_is_taken() {
    const auto of = [](torch::ScalarType type, std::int64_t in, std::int64_t height, std::int64_t width) {
        return torch::zeros({1, in, height, width}, type);
    };
    constexpr auto fp32 = torch::kFloat32, bf16 = torch::kBFloat16;
    for (const torch::ScalarType type : types_here()) {
        const torch::Tensor fits = of(type, 32, 8, 8);
        QVERIFY(has_halving_convolution(fits, 64) && has_narrow_convolution(fits, 3));
        QVERIFY(has_widening_convolution(of(type, 3, 8, 8), 32));
        QVERIFY(!has_halving_convolution(fits, 42) && !has_narrow_convolution(fits, 4));
        QVERIFY(!has_widening_convolution(of(type, 3, 8, 8), 42) && !has_widening_convolution(fits, 32));
        QVERIFY(!has_halving_convolution(of(type, 42, 8, 8), 32) &&
                !has_narrow_convolution(of(type, 42, 8, 8), 1));
        QVERIFY(!has_halving_convolution(of(type, 32, 1, 8), 32));
    }
    QVERIFY(has_halving_convolution(of(fp32, 16, 8, 8), 16) && has_narrow_convolution(of(fp32, 16, 5, 6), 1));
    QVERIFY(!has_halving_convolution(of(bf16, 16, 8, 8), 16) &&
            !has_narrow_convolution(of(bf16, 32, 5, 6), 1));
    const auto rows = [](torch::ScalarType type, std::int64_t count, std::int64_t in) {
        return torch::zeros({count, in}, type);
    };
    QCOMPARE(has_pointwise(rows(bf16, 32, 64), 96), halves() != nullptr);
    QVERIFY(!has_pointwise(rows(bf16, 31, 64), 96) && !has_pointwise(rows(fp32, 32, 64), 96));
    QVERIFY(!has_pointwise(rows(bf16, 32, 256), 128));
    QVERIFY(!has_pointwise(rows(bf16, 32, 48), 32) && !has_pointwise(rows(bf16, 32, 32), 48));
}

QTEST_GUILESS_MAIN(OddConvolutionsTest)
#include "test_odd_convolutions.moc"
