// The benchmark measures what it says, and what our kernels and bf16 gain, side by side. No figure is a
// criterion.
#include "network/kernels/fused.h"
#include "network/kernels/mlp.h"
#include "runtime/benchmark.h"
#include "runtime/precision.h"

#include <QtTest>

#include <chrono>
#include <thread>

using namespace ddpm;
using namespace ddpm::runtime;

namespace {

BenchmarkSettings quick(Preset preset, Precision precision) {
    BenchmarkSettings settings;
    settings.preset = preset;
    settings.precision = precision;
    settings.batch = 16;
    settings.window_seconds = 0.2;
    settings.windows = 3;
    return settings;
}

double sum_of(const std::vector<TimeShare>& shares) {
    double sum = 0;
    for (const TimeShare& share : shares)
        sum += share.share;
    return sum;
}

double share_of(const std::vector<TimeShare>& shares, const std::string& kind) {
    for (const TimeShare& share : shares)
        if (share.kind == kind) return share.share;
    return 0;
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

class BenchmarkTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void trains_and_samples_data();
    void trains_and_samples();
    void stops_when_asked();
    void impossible_settings_are_named();
    void time_goes_to_the_innermost_operation();
    void automatic_is_decided();
    void fused_beside_composed();
};

void BenchmarkTest::trains_and_samples_data() {
    QTest::addColumn<int>("preset");
    QTest::addColumn<int>("precision");
    QTest::addRow("tiny fp32") << int(Preset::tiny) << int(Precision::fp32);
    QTest::addRow("tiny bf16") << int(Preset::tiny) << int(Precision::bf16);
    QTest::addRow("points") << int(Preset::points) << int(Precision::automatic);
}

void BenchmarkTest::trains_and_samples() {
    QFETCH(int, preset);
    QFETCH(int, precision);
    Benchmark benchmark(quick(static_cast<Preset>(preset), static_cast<Precision>(precision)),
                        choose_device(DeviceChoice::cpu), [] { return false; });
    const Rate training = benchmark.training(), sampling = benchmark.sampling(5);
    for (const Rate& rate : {training, sampling}) {
        QVERIFY(rate.lowest > 0);
        QVERIFY(rate.lowest <= rate.median && rate.median <= rate.highest);
    }
    // Whole steps only, and no window far longer than asked: the rate is that of a clock beside it.
    const double seconds = seconds_of([&] { benchmark.training(); });
    QVERIFY(seconds >= 4 * 0.2);
    const auto shares = benchmark.training_by_kind();
    QVERIFY(std::abs(sum_of(shares) - 1) < 1e-9);
    const bool points = static_cast<Preset>(preset) == Preset::points;
    QVERIFY(share_of(shares, points ? "matrix products" : "convolutions") > 0.05);
    QCOMPARE(share_of(shares, "convolutions") > 0, !points);
    QVERIFY(share_of(shares, "optimiser") > 0);
    QVERIFY(share_of(benchmark.sampling_by_kind(5), "optimiser") == 0);
    qInfo("training %.0f, sampling five at once %.0f a second", training.median, sampling.median);
}

void BenchmarkTest::stops_when_asked() {
    int asked = 0;
    Benchmark benchmark(quick(Preset::points, Precision::fp32), choose_device(DeviceChoice::cpu),
                        [&] { return ++asked > 3; });
    QCOMPARE(benchmark.training().median, 0.0);
    QVERIFY(asked < 10);
}

void BenchmarkTest::impossible_settings_are_named() {
    BenchmarkSettings settings;
    QVERIFY(settings.check().empty());
    settings.batch = -1;
    settings.window_seconds = 0;
    settings.windows = 0;
    QCOMPARE(settings.check().size(), std::size_t{3});
}

void BenchmarkTest::time_goes_to_the_innermost_operation() {
    const torch::Tensor a = torch::rand({64, 64});
    const auto shares = time_by_kind([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        torch::linear(a, a); // calls a matrix product itself
    });
    QVERIFY(std::abs(sum_of(shares) - 1) < 1e-9);
    QCOMPARE(shares.front().kind, std::string("between operations"));
    QVERIFY(share_of(shares, "matrix products") > 0);
    QVERIFY(time_by_kind([] {}).size() <= 1);
    QVERIFY_EXCEPTION_THROWN(time_by_kind([] { throw std::runtime_error("x"); }), std::runtime_error);
    torch::mm(a, a); // nobody listens any more
}

void BenchmarkTest::automatic_is_decided() {
    const ModelSettings picture_net = preset_settings(Preset::small, DataKind::mnist).model;
    const Precision first = resolve(Precision::automatic, picture_net, torch::kCPU);
    QVERIFY(first != Precision::automatic);
    QCOMPARE(resolve(Precision::automatic, picture_net, torch::kCPU), first);
    QCOMPARE(resolve(Precision::fp32, picture_net, torch::kCPU), Precision::fp32);
    QCOMPARE(resolve(Precision::bf16, picture_net, torch::kCPU), Precision::bf16);
    QCOMPARE(resolve(Precision::tf32, picture_net, torch::kCPU), Precision::fp32); // a GPU's
    const ModelSettings point_net = preset_settings(Preset::points, DataKind::two_moons).model;
    const Precision for_points = resolve(Precision::automatic, point_net, torch::kCPU);
    const bool halves = network::kernels::has_half_mlp(point_net.point_mlp.hidden);
    QVERIFY(for_points == Precision::fp32 || (for_points == Precision::bf16 && halves));
    QCOMPARE(resolve(Precision::automatic, point_net, torch::kCPU), for_points);
    QCOMPARE(resolve(Precision::fp32, point_net, torch::kCPU), Precision::fp32);
    QCOMPARE(resolve(Precision::bf16, point_net, torch::kCPU), halves ? Precision::bf16 : Precision::fp32);
    QCOMPARE(resolve(Precision::tf32, point_net, torch::kCPU), Precision::fp32);
    qInfo("automatic is %s here, for points %s", std::string(name_of(first)).c_str(),
          std::string(name_of(for_points)).c_str());
}

void BenchmarkTest::fused_beside_composed() {
    using namespace network::kernels;
    const auto make = [](torch::ScalarType type) {
        return torch::randn({32, 64, 32, 32}).to(type).contiguous(at::MemoryFormat::ChannelsLast);
    };
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        const torch::Tensor x = make(type).set_requires_grad(true), gradient = make(type);
        const torch::Tensor shift = torch::randn({32, 64}), weight = torch::rand({64}),
                            bias = torch::rand({64});
        torch::Tensor outputs[2];
        double seconds[2] = {1e9, 1e9};
        for (int round = 0; round < 6; ++round)
            for (const int fused : {0, 1}) {
                const double took = seconds_of([&] {
                    outputs[fused] = (fused ? group_norm : composed_group_norm)(x, shift, weight, bias, 32,
                                                                                1e-6, {.silu = true});
                    torch::autograd::grad({outputs[fused]}, {x}, {gradient});
                });
                seconds[fused] = std::min(seconds[fused], took);
            }
        const auto exact = [](const torch::Tensor& tensor) { return tensor.detach().to(torch::kFloat64); };
        const torch::Tensor truth =
            composed_group_norm(exact(x), exact(shift), exact(weight), exact(bias), 32, 1e-6, {.silu = true});
        const auto error = [&](int which) {
            return ((exact(outputs[which]) - truth).norm() / truth.norm()).item<double>();
        };
        QVERIFY2(error(1) < (type == torch::kFloat32 ? 1e-6 : 0.004), qPrintable(QString::number(error(1))));
        qInfo("norm, shift and SiLU with their gradient, %s: fused %.2f times as fast as composed",
              type == torch::kFloat32 ? "fp32" : "bf16", seconds[0] / seconds[1]);
    }
}

QTEST_GUILESS_MAIN(BenchmarkTest)
#include "test_benchmark.moc"
