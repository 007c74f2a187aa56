// Algorithm 1 as a whole: it learns, it stops before a NaN, it resumes bit for bit.
#include "data/dataset.h"
#include "training/trainer.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::training;

class TrainerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void one_batch_overfits();
    void real_digits_lower_the_loss();
    void resumes_bit_for_bit_data();
    void resumes_bit_for_bit();
    void not_a_number_stops_before_the_update();
    void clips_the_gradient();
    void data_that_do_not_fit_are_named();
    void spectrum_averages_the_right_bins();
};

namespace {

data::Dataset open(DataKind kind) {
    DataSettings settings;
    settings.kind = kind;
    auto dataset = data::open_dataset(settings, DDPM_RESOURCES);
    if (!dataset) qFatal("%s", dataset.error().line().c_str());
    return std::move(dataset).value();
}

/// A net small enough for a test; every part of the real one is in it.
RunSettings small_run(int batch) {
    RunSettings settings = preset_settings(Preset::tiny, DataKind::mnist);
    settings.model.unet.block_out_channels = {8, 16};
    settings.model.unet.down_attention = {false, true};
    settings.model.unet.up_attention = {true, false};
    settings.model.unet.norm_num_groups = 4;
    settings.training.batch_size = batch;
    settings.training.warmup_steps = 10;
    settings.training.learning_rate = 2e-3;
    return settings;
}

double mean_loss(const std::vector<MetricPoint>& points, std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i)
        sum += points[i].loss;
    return sum / static_cast<double>(last - first);
}

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

} // namespace

void TrainerTest::one_batch_overfits() {
    // Two points far apart: a net that learns must know which noise was added wherever some signal is left.
    data::Dataset dataset;
    dataset.name = "two points";
    dataset.items = torch::tensor({{-0.8F, 0.5F}, {0.9F, -0.3F}}).repeat({64, 1});
    RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
    settings.training.batch_size = 128;
    Trainer trainer(settings, dataset, torch::kCPU);
    const auto points = run(trainer, 800);
    QCOMPARE(points.size(), std::size_t{800});
    const double before = mean_loss(points, 0, 5), after = mean_loss(points, 700, 800);
    QVERIFY2(after < 0.35 * before, qPrintable(QString("%1 -> %2").arg(before).arg(after)));
}

void TrainerTest::real_digits_lower_the_loss() {
    const data::Dataset digits = open(DataKind::mnist);
    Trainer trainer(small_run(16), digits, torch::kCPU);
    const auto points = run(trainer, 120);
    const double before = mean_loss(points, 0, 5), after = mean_loss(points, 100, 120);
    QVERIFY2(after < 0.5 * before, qPrintable(QString("%1 -> %2").arg(before).arg(after)));
    for (std::size_t i = 0; i < points.size(); ++i)
        QCOMPARE(points[i].step, static_cast<std::int64_t>(i + 1));
    QCOMPARE(points[0].learning_rate, 2e-4); // a tenth of the way through the warm-up
    QCOMPARE(points[50].learning_rate, 2e-3);
    const auto example = trainer.example();
    QVERIFY(example.has_value());
    QVERIFY(example->t_index >= 0 && example->t_index < 1000);
    QCOMPARE(example->x0.sizes(), example->epsilon_hat.sizes());
}

void TrainerTest::resumes_bit_for_bit_data() {
    QTest::addColumn<bool>("points");
    QTest::addColumn<double>("dropout");
    QTest::addRow("pictures") << false << 0.0;
    QTest::addRow("pictures with dropout") << false << 0.2;
    QTest::addRow("points") << true << 0.0;
}

void TrainerTest::resumes_bit_for_bit() {
    QFETCH(bool, points);
    QFETCH(double, dropout);
    RunSettings settings = points ? preset_settings(Preset::points, DataKind::two_moons) : small_run(8);
    settings.model.unet.dropout = dropout;
    settings.training.flips = !points;
    const data::Dataset dataset = open(settings.data.kind);

    Trainer straight(settings, dataset, torch::kCPU);
    run(straight, 12);

    Trainer first(settings, dataset, torch::kCPU);
    run(first, 5);
    const formats::Checkpoint checkpoint = first.checkpoint();
    run(first, 2); // the checkpoint is a copy: going on must not change it
    Trainer second(settings, dataset, torch::kCPU);
    QVERIFY(second.restore(checkpoint, "test").ok());
    QCOMPARE(second.steps_done(), std::int64_t{5});
    run(second, 7);

    QVERIFY(torch::equal(straight.net().parameters().flat(), second.net().parameters().flat()));
    QVERIFY(torch::equal(straight.ema_net().parameters().flat(), second.ema_net().parameters().flat()));
    QVERIFY(!torch::equal(straight.net().parameters().flat(), straight.ema_net().parameters().flat()));
}

void TrainerTest::not_a_number_stops_before_the_update() {
    RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
    Trainer trainer(settings, open(DataKind::two_moons), torch::kCPU);
    run(trainer, 3);
    // One weight becomes NaN, as a broken gradient would leave it; the other state must stay what it was.
    const torch::Tensor ema = trainer.ema_net().parameters().flat().clone();
    const torch::Tensor before = trainer.net().parameters().flat().clone();
    {
        const torch::NoGradGuard no_grad;
        trainer.net().parameters().flat()[0] = std::nan("");
    }
    trainer.step();
    QVERIFY(trainer.failed());
    const auto points = trainer.drain_metrics();
    QCOMPARE(points.size(), std::size_t{1});
    QVERIFY(std::isnan(points[0].loss));
    QCOMPARE(trainer.steps_done(), std::int64_t{3});
    QVERIFY(torch::equal(ema, trainer.ema_net().parameters().flat()));
    const auto rest = [](const torch::Tensor& flat) { return flat.narrow(0, 1, flat.numel() - 1); };
    QVERIFY(torch::equal(rest(before), rest(trainer.net().parameters().flat())));
}

void TrainerTest::clips_the_gradient() {
    // With Adam a scale of the gradient cancels, so look at the first moment: (1 − beta1) · clipped gradient.
    RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
    settings.training.gradient_clip = 1e-3;
    Trainer trainer(settings, open(DataKind::two_moons), torch::kCPU);
    trainer.step();
    const auto points = trainer.drain_metrics();
    QVERIFY(points[0].gradient_norm > 1e-3);
    const auto checkpoint = trainer.checkpoint();
    for (const auto& [name, tensor] : checkpoint.tensors)
        if (name == "adam.exp_avg") {
            const double norm = tensor.norm().item<double>() / (1 - Adam::beta1);
            QVERIFY(std::abs(norm / 1e-3 - 1) < 0.01);
            return;
        }
    QFAIL("no first moment in the checkpoint");
}

void TrainerTest::data_that_do_not_fit_are_named() {
    data::Dataset dataset;
    dataset.items = torch::zeros({3, 1, 64, 64}, torch::kUInt8);
    const auto problems = Trainer::check_data(small_run(8), dataset);
    QCOMPARE(problems.size(), std::size_t{2});
    QCOMPARE(problems[0].field, std::string("training.batch_size"));
    QCOMPARE(problems[1].field, std::string("model.sample_size"));
}

void TrainerTest::spectrum_averages_the_right_bins() {
    LossSpectrum spectrum(100, 10, torch::kCPU);
    spectrum.add(torch::tensor({0, 5, 99}, torch::kLong), torch::tensor({1.0F, 3.0F, 7.0F}));
    const auto means = spectrum.means();
    QCOMPARE(means.size(), std::size_t{10});
    QVERIFY(std::abs(means[0] - 2) < 1e-6);
    QVERIFY(std::abs(means[9] - 7) < 1e-6);
    QVERIFY(std::isnan(means[4]));
}

QTEST_GUILESS_MAIN(TrainerTest)
#include "test_trainer.moc"
