// The kernels for a GPU against the library's operations in float64 on the CPU, values and gradients.
#include "network/kernels/fused.h"
#include "network/kernels/on_device.h"
#include "network/net.h"
#include "support/gpu.h"
#include "support/norm_cases.h"
#include "support/small_run.h"
#include "training/adam.h"

#include <cmath>
#include <limits>

using namespace ddpm;
using namespace ddpm::network::kernels;
using ddpm::test::gpu;
using ddpm::test::pictures;
using ddpm::test::relative_difference;
using ddpm::test::relative_error;

class GpuKernelsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void group_norm_matches_float64_data();
    void group_norm_matches_float64();
    void far_from_zero_nothing_cancels();
    void not_a_number_comes_through();
    void copies_match_the_library_data();
    void copies_match_the_library();
    void the_sum_with_a_bias_matches();
    void the_input_beside_has_its_gradient();
    void column_sums_match_data();
    void column_sums_match();
    void adam_is_the_cpu_s();
    void adam_leaves_all_where_not_alive();
    void the_net_is_the_cpu_s_data();
    void the_net_is_the_cpu_s();
};

namespace {

/// Value and gradients of function(inputs…) on a device and in a type; pictures ([N, C, H, W]) take the type.
template <typename Function>
std::vector<torch::Tensor> evaluate(const std::vector<torch::Tensor>& inputs, const torch::Tensor& grad,
                                    torch::Device device, torch::ScalarType type, bool all_in_type,
                                    const Function& function) {
    std::vector<torch::Tensor> own;
    for (const torch::Tensor& input : inputs)
        own.push_back(input.detach()
                          .to(device, input.dim() == 4 || all_in_type ? type : torch::kFloat32)
                          .clone()
                          .set_requires_grad(true));
    const torch::Tensor y = function(own);
    y.backward(grad.to(device, type));
    std::vector<torch::Tensor> results = {y.detach()};
    for (const torch::Tensor& input : own)
        results.push_back(input.grad());
    return results;
}

void compare(const std::vector<torch::Tensor>& ours, const std::vector<torch::Tensor>& exact, double bound) {
    QCOMPARE(ours.size(), exact.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
        QVERIFY2(relative_difference(ours[i], exact[i], 1) < bound,
                 qPrintable(QString("output %1: %2").arg(i).arg(relative_difference(ours[i], exact[i], 1))));
}

} // namespace

void GpuKernelsTest::initTestCase() {
    if (!test::has_gpu()) QSKIP("there is no GPU");
}

void GpuKernelsTest::group_norm_matches_float64_data() {
    test::add_norm_cases();
    QTest::addRow("a wide group") << 2 << 512 << 2 << 6 << true << true << 0.1;
    QTest::addRow("the paper's first level") << 40 << 128 << 32 << 32 << true << true << 0.1;
    QTest::addRow("beside a skip") << 20 << 384 << 32 << 32 << false << true << 0.0;
    QTest::addRow("the paper's second level") << 64 << 256 << 32 << 16 << true << true << 0.1;
    QTest::addRow("the paper's last level") << 128 << 512 << 32 << 4 << true << true << 0.1;
}

void GpuKernelsTest::group_norm_matches_float64() {
    QFETCH(int, n);
    QFETCH(int, channels);
    QFETCH(int, groups);
    QFETCH(int, size);
    QFETCH(bool, shift);
    QFETCH(bool, silu);
    QFETCH(double, dropout);
    torch::manual_seed(1);
    const torch::Tensor grad = pictures({n, channels, size, size});
    std::vector<torch::Tensor> inputs = {pictures({n, channels, size, size}, 0.5),
                                         torch::randn({channels}) + 1, torch::randn({channels})};
    if (shift) inputs.push_back(torch::randn({n, channels}));
    const auto norm = [&](auto function) {
        return [&, function](const std::vector<torch::Tensor>& own) {
            const Finish finish{silu, {dropout, torch::tensor(0x123456789abcdefL).to(own[0].device())}};
            return function(own[0], shift ? own[3] : torch::Tensor(), own[1], own[2], groups, 1e-6, finish);
        };
    };
    const auto exact = evaluate(inputs, grad, torch::kCPU, torch::kFloat64, true, norm(composed_group_norm));
    compare(evaluate(inputs, grad, gpu, torch::kFloat32, false, norm(group_norm)), exact, 2e-5);
    // Rounded inputs on both sides, so that only the kernel's own rounding is left.
    inputs[0] = inputs[0].to(torch::kBFloat16).to(torch::kFloat32);
    const torch::Tensor rounded = grad.to(torch::kBFloat16).to(torch::kFloat32);
    compare(evaluate(inputs, rounded, gpu, torch::kBFloat16, false, norm(group_norm)),
            evaluate(inputs, rounded, torch::kCPU, torch::kFloat64, true, norm(composed_group_norm)), 6e-3);
}

void GpuKernelsTest::far_from_zero_nothing_cancels() {
    torch::manual_seed(3);
    const torch::Tensor x = pictures({2, 32, 16, 16}, 3000), one = torch::ones({32}),
                        zero = torch::zeros({32});
    const torch::Tensor exact = composed_group_norm(x.to(torch::kFloat64), {}, one.to(torch::kFloat64),
                                                    zero.to(torch::kFloat64), 8, 1e-6, {});
    const torch::Tensor ours = group_norm(x.to(gpu), {}, one.to(gpu), zero.to(gpu), 8, 1e-6, {});
    QVERIFY(relative_difference(ours, exact) < 1e-3); // x itself has 11 bits left
}

void GpuKernelsTest::not_a_number_comes_through() {
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        torch::Tensor x = pictures({2, 16, 4, 4});
        x[1][3][2][2] = std::numeric_limits<float>::quiet_NaN();
        const torch::Tensor y = group_norm(x.to(gpu, type), {}, torch::ones({16}).to(gpu),
                                           torch::zeros({16}).to(gpu), 4, 1e-6, {true, {}});
        QVERIFY(torch::isnan(y[1]).any().item<bool>());
        QVERIFY(!torch::isnan(y[0]).any().item<bool>());
    }
}

void GpuKernelsTest::copies_match_the_library_data() {
    QTest::addColumn<int>("a");
    QTest::addColumn<int>("b");
    QTest::addRow("whole vectors") << 64 << 32;
    QTest::addRow("parts of vectors") << 6 << 10;
    QTest::addRow("odd") << 3 << 5;
}

void GpuKernelsTest::copies_match_the_library() {
    QFETCH(int, a);
    QFETCH(int, b);
    torch::manual_seed(4);
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        const std::vector<torch::Tensor> inputs = {pictures({3, a, 5, 6}), pictures({3, b, 5, 6})};
        const torch::Tensor grad = pictures({3, a + b, 5, 6}), wide = pictures({3, a, 10, 12});
        const auto ours = evaluate(inputs, grad, gpu, type, true,
                                   [](const auto& own) { return concat_channels(own[0], own[1]); });
        const auto theirs = evaluate(inputs, grad, torch::kCPU, type, true, [](const auto& own) {
            return torch::cat({own[0], own[1]}, 1);
        });
        for (std::size_t i = 0; i < ours.size(); ++i)
            QVERIFY(torch::equal(ours[i].to(torch::kCPU), theirs[i]));
        compare(evaluate({inputs[0]}, wide, gpu, type, true,
                         [](const auto& own) { return upsample_twice(own[0]); }),
                evaluate({inputs[0]}, wide, torch::kCPU, torch::kFloat64, true,
                         [](const auto& own) {
                             return torch::upsample_nearest2d(own[0], {10, 12});
                         }),
                type == torch::kFloat32 ? 1e-6 : 1e-2);
    }
}

void GpuKernelsTest::the_sum_with_a_bias_matches() {
    torch::manual_seed(5);
    for (const int channels : {64, 12, 7}) {
        const std::vector<torch::Tensor> inputs = {pictures({6, channels, 9, 8}),
                                                   pictures({6, channels, 9, 8}), torch::randn({channels})};
        const torch::Tensor grad = pictures({6, channels, 9, 8});
        const auto sum = [](const std::vector<torch::Tensor>& own) {
            return add_biased(own[0], own[1], own[2]);
        };
        const auto exact = evaluate(inputs, grad, torch::kCPU, torch::kFloat64, true, sum);
        compare(evaluate(inputs, grad, gpu, torch::kFloat32, false, sum), exact, 1e-5);
        compare(evaluate(inputs, grad, gpu, torch::kBFloat16, false, sum), exact, 2e-2);
    }
}

/// What is done with the input beside the norm has its gradient, too; alone as well.
void GpuKernelsTest::the_input_beside_has_its_gradient() {
    torch::manual_seed(8);
    for (const bool norm_too : {true, false}) {
        const std::vector<torch::Tensor> inputs = {pictures({6, 64, 8, 8}), torch::randn({64}) + 1,
                                                   torch::randn({64})};
        const torch::Tensor grad = pictures({6, 64, 8, 8});
        const auto run = [&](const std::vector<torch::Tensor>& own) {
            const auto [y, same] = group_norm_beside(own[0], {}, own[1], own[2], 8, 1e-6, {true, {}});
            return norm_too ? y + 3 * same : 3 * same + 0 * own[1].sum() + 0 * own[2].sum();
        };
        const auto exact = evaluate(inputs, grad, torch::kCPU, torch::kFloat64, true, run);
        compare(evaluate(inputs, grad, gpu, torch::kFloat32, false, run), exact, 2e-5);
        compare(evaluate(inputs, grad, torch::kCPU, torch::kFloat32, false, run), exact, 2e-5);
    }
}

void GpuKernelsTest::column_sums_match_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("channels");
    QTest::addRow("few rows") << 100 << 256;
    QTest::addRow("many rows") << 70'001 << 128;
    QTest::addRow("more columns than threads") << 3000 << 4096;
    QTest::addRow("odd") << 5003 << 37;
    QTest::addRow("one") << 1 << 3;
}

void GpuKernelsTest::column_sums_match() {
    QFETCH(int, rows);
    QFETCH(int, channels);
    torch::manual_seed(9);
    const torch::Tensor x = torch::randn({rows, channels}) + 1;
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        const torch::Tensor own = x.to(type);
        const torch::Tensor sums = device::column_sums(own.to(gpu), channels);
        QVERIFY(relative_difference(sums, own.to(torch::kFloat64).sum(0), 1) < 1e-5);
        QVERIFY(torch::equal(sums, device::column_sums(own.to(gpu), channels))); // always in the same order
    }
}

void GpuKernelsTest::adam_is_the_cpu_s() {
    torch::manual_seed(6);
    const torch::Tensor weights = torch::randn({1000 * 4}), average = torch::randn({1000 * 4});
    const torch::Tensor here = weights.clone(), here_average = average.clone(),
                        here_gradient = torch::zeros_like(here);
    const torch::Tensor there = weights.to(gpu), there_average = average.to(gpu),
                        there_gradient = torch::zeros_like(there);
    training::Adam cpu(here, here_gradient), device(there, there_gradient);
    for (int step = 0; step < 5; ++step) {
        const torch::Tensor gradient = torch::randn_like(weights) * std::pow(10.0, step - 3);
        here_gradient.copy_(gradient);
        there_gradient.copy_(gradient);
        const double rate = 1e-3 * (step + 1), decay = 0.9 + 0.01 * step;
        cpu.step(rate, 0.5, {here_average, decay});
        const training::Adam::Numbers numbers = device.next(rate);
        const torch::Tensor on_device =
            torch::tensor({static_cast<float>(numbers.step_size),
                           static_cast<float>(numbers.root_correction2), static_cast<float>(decay)})
                .to(gpu);
        device.step_on_device(on_device, torch::tensor(0.5F).to(gpu), there_average,
                              torch::tensor(true).to(gpu));
    }
    QVERIFY(relative_difference(there, here) < 1e-6);
    QVERIFY(relative_difference(there_average, here_average) < 1e-6);
    QVERIFY(relative_difference(device.exp_avg(), cpu.exp_avg()) < 1e-6);
    QVERIFY(relative_difference(device.exp_avg_sq(), cpu.exp_avg_sq()) < 1e-6);
    QVERIFY(relative_difference(there, weights) > 1e-4);
}

void GpuKernelsTest::adam_leaves_all_where_not_alive() {
    const torch::Tensor weights = torch::randn({64}).to(gpu), before = weights.clone();
    training::Adam adam(weights, torch::ones_like(weights));
    adam.step_on_device(torch::tensor({1.0F, 1.0F, 0.5F}).to(gpu), torch::tensor(1.0F).to(gpu),
                        weights.clone(), torch::tensor(false).to(gpu));
    QVERIFY(torch::equal(weights, before));
    QVERIFY(adam.exp_avg().abs().max().item<float>() == 0);
}

void GpuKernelsTest::the_net_is_the_cpu_s_data() {
    QTest::addColumn<bool>("paper");
    QTest::addRow("tiny") << false;
    QTest::addRow("paper") << true;
}

void GpuKernelsTest::the_net_is_the_cpu_s() {
    QFETCH(bool, paper);
    torch::manual_seed(7);
    RunSettings settings = paper ? preset_settings(Preset::paper, DataKind::cifar10) : test::small_run(8);
    settings.model.unet.dropout = 0;
    const auto here = network::make_net(settings.model, torch::kCPU, 1),
               there = network::make_net(settings.model, gpu, 1),
               bf16 = network::make_net(settings.model, gpu, 1);
    for (std::size_t i = 0; i < here->parameters().tensors().size(); ++i) {
        // The last layers start at zero: move everything, or nothing would be seen of them.
        const torch::NoGradGuard no_grad;
        const torch::Tensor& tensor = here->parameters().tensors()[i];
        tensor.add_(torch::randn_like(tensor) * 0.02);
        there->parameters().tensors()[i].copy_(tensor);
        bf16->parameters().tensors()[i].copy_(tensor);
    }
    bf16->parameters().make_working_copies(torch::kBFloat16);
    bf16->parameters().hand_over_gradients();
    const int side = settings.model.unet.sample_size, n = 4;
    const torch::Tensor x = torch::randn({n, settings.model.unet.in_channels, side, side}),
                        t = torch::tensor({0, 10, 500, 999}, torch::kInt64), grad = torch::randn_like(x);
    const auto run = [&](network::Net& net, torch::Device device, torch::ScalarType type) {
        network::Mode mode;
        mode.training = true;
        mode.compute = type;
        net.parameters().refresh_working_copies();
        net.parameters().flat_gradient().zero_();
        const torch::Tensor y = net.forward(x.to(device), t.to(device), mode);
        y.backward(grad.to(device));
        net.parameters().collect_gradients();
        return y;
    };
    const torch::Tensor exact = run(*here, torch::kCPU, torch::kFloat32);
    const torch::Tensor fp32 = run(*there, gpu, torch::kFloat32), rounded = run(*bf16, gpu, torch::kBFloat16);
    QVERIFY(exact.abs().max().item<double>() > 1e-2);
    network::Mode tf32;
    tf32.tf32 = true;
    const torch::Tensor coarse = there->forward(x.to(gpu), t.to(gpu), tf32);
    QVERIFY(relative_error(coarse, exact) < 1e-2 &&
            relative_error(coarse, exact) > relative_error(fp32, exact));
    QVERIFY2(relative_error(fp32, exact) < 1e-4, qPrintable(QString::number(relative_error(fp32, exact))));
    QVERIFY2(relative_error(rounded, exact) < 3e-2,
             qPrintable(QString::number(relative_error(rounded, exact))));
    const auto portable = [](const network::Net& net) {
        return net.parameters().portable(net.parameters().flat_gradient());
    };
    QVERIFY2(relative_error(portable(*there), portable(*here)) < 1e-3,
             qPrintable(QString::number(relative_error(portable(*there), portable(*here)))));
    QVERIFY2(relative_error(portable(*bf16), portable(*here)) < 6e-2,
             qPrintable(QString::number(relative_error(portable(*bf16), portable(*here)))));
    // Every parameter has got its own: a forgotten one would hide in the whole.
    for (std::size_t i = 0; i < here->parameters().tensors().size(); ++i) {
        const torch::Tensor ours = bf16->parameters().gradient(i), theirs = here->parameters().gradient(i);
        const double scale = theirs.norm().item<double>();
        QVERIFY2(scale == 0 || relative_error(ours, theirs) < 0.25 || scale < 1e-3,
                 qPrintable(QString("%1: %2 of %3")
                                .arg(QString::fromStdString(here->parameters().names()[i]))
                                .arg(relative_error(ours, theirs))
                                .arg(scale)));
    }
}

QTEST_GUILESS_MAIN(GpuKernelsTest)
#include "test_gpu_kernels.moc"
