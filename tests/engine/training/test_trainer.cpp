// Algorithm 1 as a whole: it learns, it stops before a NaN, it resumes bit for bit.
#include "network/kernels/mlp.h"
#include "support/algorithm_1.h"
#include "support/handed_out.h"
#include "support/small_run.h"
#include "training/seeds.h"
#include "training/trainer.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using ddpm::test::handed_out;
using ddpm::test::HandedOut;
using ddpm::test::open_bundled;
using ddpm::test::small_run;
using namespace ddpm::training;

class TrainerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void one_batch_overfits();
    void real_digits_lower_the_loss();
    void the_default_is_algorithm_1_data();
    void the_default_is_algorithm_1();
    void learns_variances_data();
    void learns_variances();
    void labels_must_fit_the_net();
    void resumes_bit_for_bit_data();
    void resumes_bit_for_bit();
    void not_a_number_stops_before_the_update();
    void clips_the_gradient();
    void data_that_do_not_fit_are_named();
    void a_set_that_is_read_on_the_way_trains_the_same();
    void a_set_that_vanishes_stops_the_step();
    void spectrum_averages_the_right_bins();
    void bfloat16_learns_as_well_data();
    void bfloat16_learns_as_well();
};

namespace {

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
    settings.diffusion.prediction = Prediction::epsilon;
    settings.training.batch_size = 128;
    Trainer trainer(settings, dataset, torch::kCPU);
    const auto points = run(trainer, 800);
    QCOMPARE(points.size(), std::size_t{800});
    const double before = mean_loss(points, 0, 5), after = mean_loss(points, 700, 800);
    QVERIFY2(after < 0.35 * before, qPrintable(QString("%1 -> %2").arg(before).arg(after)));
}

void TrainerTest::real_digits_lower_the_loss() {
    const data::Dataset digits = open_bundled(DataKind::mnist);
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

void TrainerTest::the_default_is_algorithm_1_data() {
    QTest::addColumn<bool>("points");
    QTest::addColumn<int>("prediction");
    QTest::addColumn<double>("min_snr_gamma");
    const auto epsilon = static_cast<int>(Prediction::epsilon), v = static_cast<int>(Prediction::v);
    QTest::addRow("points, epsilon") << true << epsilon << 0.0;
    QTest::addRow("points, v") << true << v << 0.0;
    QTest::addRow("points, min-SNR") << true << epsilon << 5.0;
    QTest::addRow("pictures, epsilon") << false << epsilon << 0.0;
    QTest::addRow("pictures, v") << false << v << 0.0;
    QTest::addRow("pictures, min-SNR") << false << epsilon << 5.0;
}

void TrainerTest::the_default_is_algorithm_1() {
    // Algorithm 1 written out, draw by draw: whatever else the trainer can do must leave this untouched to
    // the bit.
    QFETCH(bool, points);
    QFETCH(int, prediction);
    QFETCH(double, min_snr_gamma);
    RunSettings settings = points ? preset_settings(Preset::points, DataKind::two_moons) : small_run(8);
    settings.diffusion.prediction = static_cast<Prediction>(prediction);
    settings.training.min_snr_gamma = min_snr_gamma;
    settings.model.unet.dropout = 0.1;
    const data::Dataset dataset = open_bundled(settings.data.kind);
    Trainer trainer(settings, dataset, torch::kCPU);

    test::Algorithm1 by_hand(settings, dataset, torch::kCPU);
    for (int step = 0; step < 6; ++step) {
        by_hand.step();
        trainer.step();
        QVERIFY(torch::equal(by_hand.net().parameters().flat(), trainer.net().parameters().flat()));
        QCOMPARE(trainer.drain_metrics().at(0).loss, static_cast<double>(by_hand.loss.item<float>()));
    }
    for (const auto& [name, tensor] : trainer.checkpoint().tensors)
        QVERIFY(name.rfind("timesteps.", 0) != 0);
}

void TrainerTest::learns_variances_data() {
    QTest::addColumn<int>("objective");
    QTest::addColumn<int>("learned");
    for (const Objective objective : {Objective::bound, Objective::hybrid})
        for (const LearnedVariance learned : {LearnedVariance::diagonal, LearnedVariance::range})
            QTest::addRow("%s, %s", name_of(objective).data(), name_of(learned).data())
                << static_cast<int>(objective) << static_cast<int>(learned);
}

void TrainerTest::learns_variances() {
    QFETCH(int, objective);
    QFETCH(int, learned);
    RunSettings settings = small_run(16);
    settings.diffusion.prediction = Prediction::epsilon;
    settings.diffusion.learned_variance = static_cast<LearnedVariance>(learned);
    settings.model.unet.out_channels = 2;
    settings.training.objective = static_cast<Objective>(objective);
    settings.training.hybrid_weight = 0.1;
    QVERIFY(settings.check().empty());
    Trainer trainer(settings, open_bundled(DataKind::mnist), torch::kCPU);
    const auto points = run(trainer, 100);
    const double before = mean_loss(points, 0, 10), after = mean_loss(points, 80, 100);
    QVERIFY2(after < 0.8 * before, qPrintable(QString("%1 -> %2").arg(before).arg(after)));
    const auto example = trainer.example();
    QVERIFY(example.has_value());
    QCOMPARE(example->epsilon_hat.sizes(), example->epsilon.sizes());
}

void TrainerTest::labels_must_fit_the_net() {
    data::Dataset dataset;
    dataset.items = torch::zeros({20, 1, 28, 28}, torch::kUInt8);
    RunSettings settings = small_run(8);
    QCOMPARE(Trainer::check_data(settings, dataset).size(), std::size_t{0});
    settings.model.unet.num_class_embeds = 11;
    QCOMPARE(Trainer::check_data(settings, dataset).at(0).field, std::string("model.num_class_embeds"));
    dataset.labels = torch::zeros({20}, torch::kInt64);
    dataset.classes = 11;
    QCOMPARE(Trainer::check_data(settings, dataset).at(0).field, std::string("model.num_class_embeds"));
    dataset.classes = 10;
    QCOMPARE(Trainer::check_data(settings, dataset).size(), std::size_t{0});
}

void TrainerTest::resumes_bit_for_bit_data() {
    QTest::addColumn<bool>("points");
    QTest::addColumn<double>("dropout");
    QTest::addColumn<bool>("importance");
    QTest::addColumn<bool>("labels");
    QTest::addRow("pictures") << false << 0.0 << false << false;
    QTest::addRow("pictures with dropout") << false << 0.2 << false << false;
    QTest::addRow("points") << true << 0.0 << false << false;
    QTest::addRow("points by importance") << true << 0.0 << true << false;
    QTest::addRow("pictures with labels") << false << 0.2 << false << true;
}

void TrainerTest::resumes_bit_for_bit() {
    QFETCH(bool, points);
    QFETCH(double, dropout);
    QFETCH(bool, importance);
    QFETCH(bool, labels);
    RunSettings settings = points ? preset_settings(Preset::points, DataKind::two_moons) : small_run(8);
    settings.model.unet.dropout = dropout;
    settings.training.flips = !points;
    settings.model.unet.num_class_embeds = labels ? 11 : 0;
    settings.training.label_dropout = 0.3;
    if (importance) {
        settings.training.timestep_sampling = TimestepSampling::importance;
        settings.diffusion.schedule.timesteps = 8; // few enough for all to be known at the checkpoint
    }
    const data::Dataset dataset = open_bundled(settings.data.kind);

    Trainer straight(settings, dataset, torch::kCPU);
    run(straight, 12);

    Trainer first(settings, dataset, torch::kCPU);
    run(first, 5);
    const formats::Checkpoint checkpoint = first.checkpoint();
    for (const auto& [name, tensor] : checkpoint.tensors)
        if (name == "timesteps.seen") QVERIFY(tensor.min().item<std::int64_t>() >= TimestepSampler::history);
    run(first, 2); // the checkpoint is a copy: going on must not change it
    Trainer second(settings, dataset, torch::kCPU);
    QVERIFY(second.restore(checkpoint, "test").ok());
    QCOMPARE(second.steps_done(), std::int64_t{5});
    run(second, 7);

    QVERIFY(torch::equal(straight.net().parameters().flat(), second.net().parameters().flat()));
    QVERIFY(torch::equal(straight.ema_net().parameters().flat(), second.ema_net().parameters().flat()));
    QVERIFY(!torch::equal(straight.net().parameters().flat(), straight.ema_net().parameters().flat()));

    if (!importance) return;
    // Without the losses the way would be another: they are part of the checkpoint, and missed.
    formats::Checkpoint without = checkpoint;
    std::erase_if(without.tensors, [](const auto& named) { return named.first.rfind("timesteps.", 0) == 0; });
    QCOMPARE(without.tensors.size() + 2, checkpoint.tensors.size());
    QVERIFY(!second.restore(without, "test").ok());
}

void TrainerTest::not_a_number_stops_before_the_update() {
    RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
    Trainer trainer(settings, open_bundled(DataKind::two_moons), torch::kCPU);
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
    Trainer trainer(settings, open_bundled(DataKind::two_moons), torch::kCPU);
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

void TrainerTest::a_set_that_is_read_on_the_way_trains_the_same() {
    data::Dataset whole = open_bundled(DataKind::mnist);
    whole.items = whole.items.narrow(0, 0, 40).contiguous(); // 5 batches: the epoch ends on the way
    whole.labels = whole.labels.narrow(0, 0, 40).contiguous();
    const auto source = std::make_shared<HandedOut>(whole.items);
    const RunSettings settings = small_run(8);
    Trainer from_memory(settings, whole, torch::kCPU),
        from_source(settings, handed_out(source, whole), torch::kCPU);
    const auto expected = run(from_memory, 7), points = run(from_source, 7);
    for (std::size_t i = 0; i < 7; ++i)
        QCOMPARE(points[i].loss, expected[i].loss);
    QVERIFY(torch::equal(from_source.net().parameters().flat(), from_memory.net().parameters().flat()));
    QCOMPARE(source->foreseen, 6); // all but the first
}

void TrainerTest::a_set_that_vanishes_stops_the_step() {
    const data::Dataset whole = open_bundled(DataKind::mnist);
    const auto source = std::make_shared<HandedOut>(whole.items.narrow(0, 0, 64).contiguous());
    Trainer trainer(small_run(8), handed_out(source, whole), torch::kCPU);
    run(trainer, 2);
    const torch::Tensor before = trainer.net().parameters().flat().clone();
    source->gone = true;
    QVERIFY_EXCEPTION_THROWN(trainer.step(), std::runtime_error);
    QCOMPARE(trainer.steps_done(), std::int64_t{2});
    QVERIFY(torch::equal(trainer.net().parameters().flat(), before));
    source->gone = false;
    run(trainer, 1);
    QCOMPARE(trainer.steps_done(), std::int64_t{3});
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

void TrainerTest::bfloat16_learns_as_well_data() {
    QTest::addColumn<bool>("points");
    QTest::addRow("pictures") << false;
    QTest::addRow("points") << true;
}

void TrainerTest::bfloat16_learns_as_well() {
    QFETCH(bool, points);
    const data::Dataset dataset = open_bundled(points ? DataKind::two_moons : DataKind::mnist);
    if (points && !network::kernels::has_half_mlp(128)) QSKIP("this processor does not multiply bfloat16");
    constexpr int steps = 120;
    double loss[2] = {};
    torch::Tensor weights[2];
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
        RunSettings settings = points ? preset_settings(Preset::points, DataKind::two_moons) : small_run(32);
        settings.training.precision = precision;
        Trainer trainer(settings, dataset, torch::kCPU);
        const auto which = static_cast<std::size_t>(precision == Precision::bf16);
        loss[which] = mean_loss(run(trainer, steps), steps - 40, steps);
        weights[which] = trainer.net().parameters().flat().clone();
        QCOMPARE(weights[which].scalar_type(), torch::kFloat32);
    }
    // The same data, t and noise in every step, so the two differ by rounding alone.
    QVERIFY2(std::abs(loss[1] - loss[0]) < 0.02 * loss[0],
             qPrintable(QString("%1 against %2").arg(loss[1]).arg(loss[0])));
    QVERIFY(!torch::equal(weights[0], weights[1]));
}

QTEST_GUILESS_MAIN(TrainerTest)
#include "test_trainer.moc"
