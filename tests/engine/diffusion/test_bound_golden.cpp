// The bound of a real net against improved-diffusion's calc_bpd_loop, every t of both fixed variances.
#include "diffusion/bound.h"
#include "formats/diffusers_folder.h"
#include "network/net.h"
#include "support/golden.h"

using namespace ddpm;

class BoundGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_improved_diffusion_data();
    void matches_improved_diffusion();
};

void BoundGoldenTest::matches_improved_diffusion_data() {
    QTest::addColumn<int>("variance");
    QTest::addRow("fixed_small") << static_cast<int>(Variance::fixed_small);
    QTest::addRow("fixed_large") << static_cast<int>(Variance::fixed_large);
}

void BoundGoldenTest::matches_improved_diffusion() {
    QFETCH(int, variance);
    const std::string key = QTest::currentDataTag();
    const auto golden = test::read_golden("vlb.safetensors");
    const auto get = [&](const char* name) { return test::golden_tensor(golden, key + "." + name); };
    auto model = formats::read_diffusers(test::golden_path("pipelines/ddpm"));
    QVERIFY(model.ok());
    ModelSettings model_settings;
    model_settings.unet = model->unet;
    const auto net = network::make_net(model_settings, torch::kCPU, 0);
    QVERIFY(net->parameters().load(model->weights, "golden").ok());

    ScheduleSettings settings;
    settings.timesteps = 50;
    settings.beta_start = 0.002;
    settings.beta_end = 0.4;
    const diffusion::Schedule schedule = diffusion::make_schedule(settings);
    const diffusion::Tables tables = diffusion::make_tables(schedule, torch::kCPU);
    const torch::Tensor x0 = get("x0"), noise = get("noise");
    const torch::NoGradGuard no_grad;
    torch::Tensor total = diffusion::prior_bits(schedule, x0);
    QVERIFY(test::max_abs_difference(total, get("prior_bpd")) < 1e-4);
    const torch::Tensor vb = get("vb"), mse = get("mse"), x0_mse = get("xstart_mse");
    for (int index = 0; index < 50; ++index) {
        const torch::Tensor t = torch::full({2}, index, torch::kLong);
        const torch::Tensor x_t = diffusion::q_sample(tables.q, x0, t, noise[index]);
        const diffusion::BoundTerms terms =
            diffusion::bound_terms(tables, {}, static_cast<Variance>(variance), true, x0, x_t, t,
                                   noise[index], net->forward(x_t, t, {}));
        const auto column = [&](const torch::Tensor& all) { return all.select(1, index); };
        QVERIFY2(test::max_abs_difference(terms.vb, column(vb)) < 1e-4,
                 qPrintable(QString("vb at %1").arg(index)));
        // The squared errors grow to hundreds where the noise is small: to four digits.
        QVERIFY(test::max_abs_difference(terms.mse, column(mse)) <
                1e-4 * std::max(1.0, column(mse).max().item<double>()));
        QVERIFY(test::max_abs_difference(terms.x0_mse, column(x0_mse)) < 1e-4);
        total += terms.vb;
    }
    QVERIFY(test::max_abs_difference(total, get("total_bpd")) < 1e-4);
}

QTEST_GUILESS_MAIN(BoundGoldenTest)
#include "test_bound_golden.moc"
