// Training on a GPU: a recorded step is Algorithm 1, what it saves is good on every device, and it stops
// before a NaN though the host does not wait for it.
#include "support/algorithm_1.h"
#include "support/gpu.h"
#include "support/handed_out.h"
#include "support/small_run.h"
#include "training/seeds.h"
#include "training/trainer.h"

#include <cmath>

using namespace ddpm;
using namespace ddpm::training;
using ddpm::test::gpu;
using ddpm::test::open_bundled;
using ddpm::test::relative_error;
using ddpm::test::small_run;

class GpuTrainingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void replayed_steps_are_algorithm_1_data();
    void replayed_steps_are_algorithm_1();
    void learns_as_on_the_cpu_data();
    void learns_as_on_the_cpu();
    void a_checkpoint_goes_to_the_cpu_and_back();
    void not_a_number_stops_before_the_update();
    void a_set_that_is_read_on_the_way_trains_the_same();
    void objectives_can_be_recorded_data();
    void objectives_can_be_recorded();
};

namespace {

std::vector<MetricPoint> run(Trainer& trainer, int steps) {
    std::vector<MetricPoint> all;
    for (int i = 0; i < steps; ++i) {
        trainer.step();
        if (!trainer.metrics_full() && i + 1 < steps) continue;
        const auto points = trainer.drain_metrics();
        all.insert(all.end(), points.begin(), points.end());
    }
    return all;
}

torch::Tensor weights_of(Trainer& trainer) {
    return trainer.net().parameters().portable(trainer.net().parameters().flat());
}

} // namespace

void GpuTrainingTest::initTestCase() {
    if (!test::has_gpu()) QSKIP("there is no GPU");
    compat::use_own_stream(gpu);
}

void GpuTrainingTest::replayed_steps_are_algorithm_1_data() {
    QTest::addColumn<bool>("points");
    QTest::addColumn<int>("precision");
    QTest::addRow("pictures, fp32") << false << static_cast<int>(Precision::fp32);
    QTest::addRow("pictures, bf16") << false << static_cast<int>(Precision::bf16);
    QTest::addRow("points") << true << static_cast<int>(Precision::fp32);
}

/// The same steps queued one operation after the other, with the same draws.
void GpuTrainingTest::replayed_steps_are_algorithm_1() {
    QFETCH(bool, points);
    QFETCH(int, precision);
    RunSettings settings = points ? preset_settings(Preset::points, DataKind::two_moons) : small_run(8);
    settings.diffusion.prediction = Prediction::epsilon;
    settings.model.unet.dropout = 0.1;
    settings.training.precision = static_cast<Precision>(precision);
    const torch::ScalarType compute = network::compute_type(settings.training.precision);
    const data::Dataset dataset = open_bundled(settings.data.kind);
    Trainer trainer(settings, dataset, gpu);

    test::Algorithm1 by_hand(settings, dataset, gpu);
    for (int step = 0; step < 12; ++step) {
        by_hand.step();
        trainer.step();
        const MetricPoint point = trainer.drain_metrics().at(0);
        const double expected = by_hand.loss.item<double>();
        QVERIFY2(std::abs(point.loss / expected - 1) < (compute == torch::kFloat32 ? 1e-4 : 1e-2),
                 qPrintable(QString("step %1: %2 and %3").arg(step).arg(point.loss).arg(expected)));
        QVERIFY(std::abs(point.gradient_norm / by_hand.norm.item<double>() - 1) <
                (compute == torch::kFloat32 ? 1e-3 : 5e-2));
    }
    network::Parameters& parameters = by_hand.net().parameters();
    QVERIFY(relative_error(weights_of(trainer), parameters.portable(parameters.flat())) <
            (compute == torch::kFloat32 ? 1e-3 : 2e-2));
}

void GpuTrainingTest::learns_as_on_the_cpu_data() {
    QTest::addColumn<int>("precision");
    QTest::addRow("fp32") << static_cast<int>(Precision::fp32);
    QTest::addRow("bf16") << static_cast<int>(Precision::bf16);
}

void GpuTrainingTest::learns_as_on_the_cpu() {
    QFETCH(int, precision);
    const data::Dataset dataset = open_bundled(DataKind::mnist);
    RunSettings settings = small_run(32);
    settings.training.precision = Precision::fp32;
    Trainer here(settings, dataset, torch::kCPU);
    settings.training.precision = static_cast<Precision>(precision);
    Trainer there(settings, dataset, gpu);
    constexpr int steps = 150;
    const auto expected = run(here, steps), points = run(there, steps);
    QCOMPARE(points.size(), std::size_t{steps});
    double ours = 0, theirs = 0;
    for (std::size_t i = steps - 60; i < steps; ++i) {
        ours += points[i].loss / 60;
        theirs += expected[i].loss / 60;
    }
    QVERIFY2(std::abs(ours / theirs - 1) < 0.1, qPrintable(QString("%1 and %2").arg(ours).arg(theirs)));
    QVERIFY(ours < 0.5 * points[0].loss);
    const auto spectrum = there.spectrum();
    QVERIFY(std::all_of(spectrum.begin(), spectrum.end(), [](double mean) { return mean > 0 && mean < 2; }));
}

void GpuTrainingTest::a_checkpoint_goes_to_the_cpu_and_back() {
    const data::Dataset dataset = open_bundled(DataKind::mnist);
    RunSettings settings = small_run(8);
    settings.training.precision = Precision::bf16;
    Trainer first(settings, dataset, gpu), here(settings, dataset, torch::kCPU),
        again(settings, dataset, gpu);
    run(first, 8);
    const formats::Checkpoint saved = first.checkpoint();
    QVERIFY(here.restore(saved, "test").ok());
    const formats::Checkpoint passed = here.checkpoint();
    QVERIFY(again.restore(passed, "test").ok());
    const formats::Checkpoint back = again.checkpoint();
    QCOMPARE(back.tensors.size(), saved.tensors.size());
    for (std::size_t i = 0; i < saved.tensors.size(); ++i) {
        QCOMPARE(back.tensors[i].first, saved.tensors[i].first);
        QVERIFY(torch::equal(passed.tensors[i].second, saved.tensors[i].second));
        QVERIFY(torch::equal(back.tensors[i].second, saved.tensors[i].second));
        QVERIFY(saved.tensors[i].second.is_contiguous());
    }
    // What comes next is the same step on each: the moments belong to the right weights.
    const auto straight = run(first, 5), resumed = run(again, 5), moved = run(here, 5);
    for (std::size_t i = 0; i < 5; ++i)
        QVERIFY(std::abs(resumed[i].loss / straight[i].loss - 1) < 1e-2);
    QVERIFY(relative_error(weights_of(again), weights_of(first)) < 1e-2);
    QCOMPARE(moved.back().step, std::int64_t{13});
}

void GpuTrainingTest::not_a_number_stops_before_the_update() {
    for (const int before_it : {2, 10}) { // queued, and recorded
        Trainer trainer(small_run(8), open_bundled(DataKind::mnist), gpu);
        run(trainer, before_it);
        const torch::Tensor ema = trainer.ema_net().parameters().flat().clone();
        const torch::Tensor before = trainer.net().parameters().flat().clone();
        {
            const torch::NoGradGuard no_grad;
            trainer.net().parameters().flat()[0].fill_(std::nan(""));
        }
        const auto points = run(trainer, 4); // queued before anybody has looked
        QVERIFY(trainer.failed());
        QCOMPARE(points.size(), std::size_t{1});
        QVERIFY(std::isnan(points[0].loss));
        QCOMPARE(trainer.steps_done(), std::int64_t{before_it});
        QVERIFY(torch::equal(ema, trainer.ema_net().parameters().flat()));
        const auto rest = [](const torch::Tensor& flat) { return flat.narrow(0, 1, flat.numel() - 1); };
        QVERIFY(torch::equal(rest(before), rest(trainer.net().parameters().flat())));
        {
            const torch::NoGradGuard no_grad;
            trainer.net().parameters().flat().copy_(before);
        }
        trainer.clear_failure();
        const auto after = run(trainer, 3);
        QVERIFY(!trainer.failed());
        QCOMPARE(after.size(), std::size_t{3});
        const auto spectrum = trainer.spectrum();
        QVERIFY(std::any_of(spectrum.begin(), spectrum.end(), [](double mean) { return mean > 0; }));
    }
}

void GpuTrainingTest::a_set_that_is_read_on_the_way_trains_the_same() {
    data::Dataset whole = open_bundled(DataKind::mnist);
    whole.items = whole.items.narrow(0, 0, 40).contiguous(); // 5 batches: the epoch ends on the way
    whole.labels = whole.labels.narrow(0, 0, 40).contiguous();
    const RunSettings settings = small_run(8);
    Trainer from_memory(settings, whole, gpu),
        from_source(settings, test::handed_out(std::make_shared<test::HandedOut>(whole.items), whole), gpu);
    const auto expected = run(from_memory, 9), points = run(from_source, 9);
    for (std::size_t i = 0; i < 9; ++i)
        QVERIFY(std::abs(points[i].loss / expected[i].loss - 1) < 1e-4);
}

void GpuTrainingTest::objectives_can_be_recorded_data() {
    QTest::addColumn<int>("objective");
    QTest::addColumn<int>("learned");
    QTest::addColumn<bool>("classes");
    QTest::addColumn<bool>("importance");
    QTest::addRow("bound") << static_cast<int>(Objective::bound) << static_cast<int>(LearnedVariance::none)
                           << false << false;
    QTest::addRow("hybrid, learned range")
        << static_cast<int>(Objective::hybrid) << static_cast<int>(LearnedVariance::range) << false << false;
    QTest::addRow("classes") << static_cast<int>(Objective::simple) << static_cast<int>(LearnedVariance::none)
                             << true << false;
    QTest::addRow("importance sampling is not recorded")
        << static_cast<int>(Objective::simple) << static_cast<int>(LearnedVariance::none) << false << true;
}

void GpuTrainingTest::objectives_can_be_recorded() {
    QFETCH(int, objective);
    QFETCH(int, learned);
    QFETCH(bool, classes);
    QFETCH(bool, importance);
    RunSettings settings = small_run(16);
    settings.training.objective = static_cast<Objective>(objective);
    settings.diffusion.learned_variance = static_cast<LearnedVariance>(learned);
    if (settings.diffusion.learned_variance != LearnedVariance::none)
        settings.model.unet.out_channels = 2 * settings.model.unet.in_channels;
    const data::Dataset dataset = open_bundled(DataKind::mnist);
    if (classes) settings.model.unet.num_class_embeds = dataset.classes + 1;
    if (importance) settings.training.timestep_sampling = TimestepSampling::importance;
    settings.training.flips = true;
    QVERIFY(settings.check().empty());
    settings.training.precision = Precision::fp32;
    Trainer trainer(settings, dataset, gpu);
    qputenv("DDPM_GRAPHS", "0");
    Trainer not_recorded(settings, dataset, gpu);
    qunsetenv("DDPM_GRAPHS");
    constexpr int steps = 12;
    const auto points = run(trainer, steps), expected = run(not_recorded, steps);
    QVERIFY(!trainer.failed());
    QCOMPARE(points.size(), std::size_t{steps});
    for (std::size_t i = 0; i < steps; ++i)
        QVERIFY2(std::abs(points[i].loss / expected[i].loss - 1) < 2e-3,
                 qPrintable(QString("step %1: %2 and %3").arg(i).arg(points[i].loss).arg(expected[i].loss)));
    QVERIFY(relative_error(weights_of(trainer), weights_of(not_recorded)) < 2e-3);
    const auto fresh =
        network::make_net(settings.model, gpu, derive_seed(settings.training.seed, Purpose::weights, 0));
    QVERIFY(relative_error(weights_of(trainer), fresh->parameters().portable(fresh->parameters().flat())) >
            1e-3);
}

QTEST_GUILESS_MAIN(GpuTrainingTest)
#include "test_gpu_training.moc"
