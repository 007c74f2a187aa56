// Sampling on a GPU: the same chains as on the CPU, asked directly or replayed.
#include "runtime/device.h"
#include "runtime/keyed_noise.h"
#include "runtime/reverse_walk.h"
#include "support/gpu.h"
#include "support/preview_cases.h"
#include "support/small_run.h"

using namespace ddpm;
using namespace ddpm::runtime;
using ddpm::test::gpu;
using ddpm::test::relative_difference;

class GpuSamplingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void noise_is_the_cpu_s();
    void chains_are_the_cpu_s_data();
    void chains_are_the_cpu_s();
    void previews_follow_the_weights_data();
    void previews_follow_the_weights();
    void the_device_has_a_name();
};

namespace {

Model model_on(torch::Device device, const RunSettings& settings) {
    Model model;
    model.settings = settings;
    model.schedule = diffusion::make_schedule(settings.diffusion.schedule);
    model.device = device;
    std::shared_ptr<network::Net> net = network::make_net(settings.model, device, 3);
    torch::manual_seed(8);
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& tensor : net->parameters().tensors()) {
        tensor.add_(torch::randn(tensor.sizes()).mul(0.02).to(device));
        tensor.set_requires_grad(false);
    }
    model.net = net;
    return model;
}

torch::Tensor walked(torch::Device device, const RunSettings& settings, const SamplingSettings& sampling) {
    ReverseWalk walk(model_on(device, settings), sampling);
    while (!walk.advance([](int, int, const torch::Tensor&, const diffusion::Beliefs&, double) {})) {
    }
    return walk.x().to(torch::kCPU);
}

} // namespace

void GpuSamplingTest::initTestCase() {
    if (!test::has_gpu()) QSKIP("there is no GPU");
    QVERIFY(choose_device(DeviceChoice::cuda).torch.is_cuda());
}

void GpuSamplingTest::noise_is_the_cpu_s() {
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{3, 32, 32}, {2}, {1, 7, 5}}) {
        const torch::Tensor here = keyed_noise(42, 5, 300, 17, shape),
                            there = keyed_noise(42, 5, 300, 17, shape, gpu);
        QVERIFY(there.is_cuda());
        QVERIFY(relative_difference(there, here) < 1e-6);
        QVERIFY((there.to(torch::kCPU) == here).to(torch::kFloat64).mean().item<double>() > 0.99);
    }
    const std::int64_t far = (std::int64_t{1} << 33) + 3;
    QVERIFY(relative_difference(keyed_noise(~0ULL, far, 2, 1000, {6}, gpu),
                                keyed_noise(~0ULL, far, 2, 1000, {6})) < 1e-6);
}

void GpuSamplingTest::chains_are_the_cpu_s_data() {
    QTest::addColumn<int>("sampler");
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("guidance");
    QTest::addRow("ancestral, replayed") << static_cast<int>(Sampler::ancestral) << 60 << 1.0;
    QTest::addRow("DDIM, asked directly") << static_cast<int>(Sampler::ddim) << 10 << 1.0;
    QTest::addRow("DPM-Solver++, guided") << static_cast<int>(Sampler::dpmpp_2m) << 50 << 2.0;
    QTest::addRow("Heun") << static_cast<int>(Sampler::heun) << 40 << 1.0;
}

void GpuSamplingTest::chains_are_the_cpu_s() {
    QFETCH(int, sampler);
    QFETCH(int, steps);
    QFETCH(double, guidance);
    RunSettings settings = test::small_run(8);
    settings.model.unet.num_class_embeds = 11;
    SamplingSettings sampling;
    sampling.sampler = static_cast<Sampler>(sampler);
    sampling.steps = steps;
    sampling.spacing = Spacing::trailing;
    sampling.count = 5;
    sampling.guidance = guidance;
    sampling.precision = Precision::fp32;
    const torch::Tensor here = walked(torch::kCPU, settings, sampling),
                        there = walked(gpu, settings, sampling);
    QVERIFY(here.std().item<double>() > 0.05);
    QVERIFY2(relative_difference(there, here) < 5e-3,
             qPrintable(QString::number(relative_difference(there, here))));
}

void GpuSamplingTest::previews_follow_the_weights_data() {
    QTest::addColumn<int>("precision");
    QTest::addRow("fp32") << static_cast<int>(Precision::fp32);
    QTest::addRow("bf16") << static_cast<int>(Precision::bf16);
}

/// Of the third set of weights all answers are replayed, of the second most.
void GpuSamplingTest::previews_follow_the_weights() {
    QFETCH(int, precision);
    const auto pairs = test::drawn_in_turn(static_cast<Precision>(precision), gpu);
    for (const auto& [stays, anew] : pairs)
        QVERIFY(relative_difference(stays, anew) < 1e-5);
    QVERIFY(relative_difference(pairs[0].first, pairs[1].first) > 0.01);
}

void GpuSamplingTest::the_device_has_a_name() {
    const Device device = choose_device(DeviceChoice::automatic);
    QVERIFY(device.info.cuda);
    QVERIFY(!device.info.detail.empty());
    QVERIFY(device.notice.empty());
}

QTEST_GUILESS_MAIN(GpuSamplingTest)
#include "test_gpu_sampling.moc"
