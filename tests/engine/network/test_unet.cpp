// The U-Net against diffusers' own output, loss and gradients; parameter counts; EMA and flat buffers.
#include "diffusion/forward.h"
#include "formats/diffusers_folder.h"
#include "network/ema.h"
#include "network/kernels/adam.h"
#include "network/net.h"
#include "support/golden.h"

using namespace ddpm;
using namespace ddpm::network;

class UnetTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_diffusers_data();
    void matches_diffusers();
    void has_the_papers_size();
    void small_has_about_a_million();
    void starts_by_predicting_zero();
    void same_seed_same_weights();
    void refuses_weights_that_do_not_fit();
    void dropout_is_a_function_of_the_generator();
    void ema_follows_its_definition();
    void gradients_land_in_the_flat_buffer();
    void bfloat16_says_nearly_the_same();
    void converted_weights_follow_the_weights();
};

namespace {
std::unique_ptr<Net> load(const std::string& pipeline) {
    auto model = formats::read_diffusers(test::golden_path("pipelines/" + pipeline));
    if (!model) qFatal("%s", model.error().line().c_str());
    ModelSettings settings;
    settings.unet = model->unet;
    auto net = make_net(settings, torch::kCPU, 0);
    const Status loaded = net->parameters().load(model->weights, pipeline);
    if (!loaded) qFatal("%s", loaded.error().line().c_str());
    return net;
}
} // namespace

void UnetTest::matches_diffusers_data() {
    QTest::addColumn<QString>("pipeline");
    QTest::addColumn<QString>("key");
    QTest::addRow("ddpm") << "ddpm"
                          << "ddpm";
    QTest::addRow("old attention names") << "ddpm-legacy"
                                         << "ddpm";
    QTest::addRow("heads") << "heads"
                           << "heads";
}

void UnetTest::matches_diffusers() {
    QFETCH(QString, pipeline);
    QFETCH(QString, key);
    const std::string k = key.toStdString() + ".";
    const auto golden = test::read_golden("unet.safetensors");
    const auto get = [&](const char* name) { return test::golden_tensor(golden, k + name); };
    const auto net = load(pipeline.toStdString());

    const torch::Tensor eps = net->forward(get("x"), get("t"), {});
    QVERIFY(test::max_abs_difference(eps.detach(), get("eps")) < 1e-4);

    const diffusion::SignalNoise tables =
        diffusion::signal_and_noise(diffusion::make_schedule({}), torch::kCPU);
    const torch::Tensor x_t = diffusion::q_sample(tables, get("x0"), get("t"), get("noise"));
    QVERIFY(test::max_abs_difference(x_t, get("xt")) < 1e-5);
    const torch::Tensor loss = (net->forward(x_t, get("t"), {}) - get("noise")).square().mean();
    QVERIFY(std::abs(loss.item<double>() / get("loss").item<double>() - 1) < 1e-4);
    loss.backward();
    const double norm = net->parameters().flat_gradient().norm().item<double>();
    QVERIFY(std::abs(norm / get("grad_norm_total").item<double>() - 1) < 1e-3);
    const torch::Tensor expected = get("grad.conv_in.weight");
    QCOMPARE(net->parameters().names().front(), std::string("conv_in.weight"));
    QVERIFY(test::max_abs_difference(net->parameters().tensors().front().grad(), expected) <
            1e-3 * expected.abs().max().item<double>());
}

void UnetTest::has_the_papers_size() {
    ModelSettings settings = preset_settings(Preset::paper, DataKind::mnist).model;
    settings.unet.in_channels = settings.unet.out_channels = 3;
    QCOMPARE(make_net(settings, torch::kCPU, 0)->parameters().count(), std::int64_t{35'746'307});
}

void UnetTest::small_has_about_a_million() {
    const auto net = make_net(preset_settings(Preset::small, DataKind::mnist).model, torch::kCPU, 0);
    QVERIFY(net->parameters().count() > 1'000'000);
    QVERIFY(net->parameters().count() < 1'200'000);
}

void UnetTest::starts_by_predicting_zero() {
    // The output layer starts at zero (App. B's code).
    const auto net = make_net(preset_settings(Preset::tiny, DataKind::mnist).model, torch::kCPU, 1);
    const torch::Tensor out =
        net->forward(torch::randn({2, 1, 28, 28}), torch::tensor({0, 999}, torch::kLong), {});
    QCOMPARE(out.abs().max().item<double>(), 0.0);
}

void UnetTest::same_seed_same_weights() {
    const ModelSettings settings = preset_settings(Preset::tiny, DataKind::mnist).model;
    const auto a = make_net(settings, torch::kCPU, 5), b = make_net(settings, torch::kCPU, 5);
    const auto c = make_net(settings, torch::kCPU, 6);
    QVERIFY(torch::equal(a->parameters().flat(), b->parameters().flat()));
    QVERIFY(!torch::equal(a->parameters().flat(), c->parameters().flat()));
}

void UnetTest::refuses_weights_that_do_not_fit() {
    auto model = formats::read_diffusers(test::golden_path("pipelines/ddpm"));
    QVERIFY(model.ok());
    ModelSettings settings;
    settings.unet = model->unet;
    const auto net = make_net(settings, torch::kCPU, 0);
    const torch::Tensor before = net->parameters().flat().clone();
    auto weights = model->weights;
    weights[3].second = torch::zeros({7});
    const std::string changed = weights[3].first, removed = weights.back().first;
    weights.back().first = "stranger.weight";
    const Status status = net->parameters().load(weights, "here");
    QVERIFY(!status.ok());
    for (const std::string& key : {changed, removed, std::string("stranger.weight")})
        QVERIFY2(status.error().what.find(key) != std::string::npos, key.c_str());
    QVERIFY(torch::equal(before, net->parameters().flat()));
}

void UnetTest::dropout_is_a_function_of_the_generator() {
    ModelSettings settings = preset_settings(Preset::tiny, DataKind::mnist).model;
    settings.unet.dropout = 0.5;
    const auto net = make_net(settings, torch::kCPU, 1);
    {
        // The last layers start at zero: give them weight, or dropout could not be seen.
        const torch::NoGradGuard no_grad;
        torch::manual_seed(0);
        net->parameters().flat().normal_(0, 0.1);
    }
    const torch::Tensor x = torch::randn({2, 1, 28, 28}), t = torch::tensor({3, 500}, torch::kLong);
    const auto run = [&](std::uint64_t seed) {
        return net->forward(x, t, {true, at::detail::createCPUGenerator(seed)}).detach();
    };
    QVERIFY(torch::equal(run(1), run(1)));
    QVERIFY(!torch::equal(run(1), run(2)));
    QVERIFY(torch::equal(net->forward(x, t, {}).detach(), net->forward(x, t, {}).detach()));
}

void UnetTest::ema_follows_its_definition() {
    QCOMPARE(ema_decay_at(0.9999, false, 3), 0.9999);
    QCOMPARE(ema_decay_at(0.9999, true, 0), 0.1);
    QCOMPARE(ema_decay_at(0.9999, true, 90), 91.0 / 100.0);
    QCOMPARE(ema_decay_at(0.99, true, 1'000'000), 0.99);
    const torch::Tensor average = torch::tensor({1.0F, 2.0F}), weights = torch::tensor({3.0F, -2.0F});
    ema_update(average, weights, 0.75);
    QVERIFY(torch::allclose(average, torch::tensor({1.5F, 1.0F})));
}

void UnetTest::gradients_land_in_the_flat_buffer() {
    const auto net = load("ddpm");
    const torch::Tensor out =
        net->forward(torch::randn({1, 3, 16, 16}), torch::tensor({10}, torch::kLong), {});
    out.sum().backward();
    double sum = 0;
    for (const torch::Tensor& tensor : net->parameters().tensors())
        sum += tensor.grad().square().sum().item<double>();
    const double flat = net->parameters().flat_gradient().square().sum().item<double>();
    QVERIFY(sum > 0);
    QVERIFY(std::abs(flat / sum - 1) < 1e-6);
}

void UnetTest::bfloat16_says_nearly_the_same() {
    const auto golden = test::read_golden("unet.safetensors");
    const torch::Tensor x = test::golden_tensor(golden, "ddpm.x"), t = test::golden_tensor(golden, "ddpm.t"),
                        eps = test::golden_tensor(golden, "ddpm.eps");
    const auto net = load("ddpm");
    Mode mode;
    mode.compute = torch::kBFloat16;
    const torch::Tensor said = net->forward(x, t, mode);
    QCOMPARE(said.scalar_type(), torch::kFloat32);
    // 8 bits of mantissa in each of some twenty layers.
    QVERIFY((said.detach() - eps).norm().item<double>() < 0.03 * eps.norm().item<double>());
    QVERIFY(!torch::equal(said.detach(), net->forward(x, t, {}).detach()));
    said.square().mean().backward();
    const torch::Tensor low = net->parameters().flat_gradient().clone();
    net->parameters().flat_gradient().zero_();
    net->forward(x, t, {}).square().mean().backward();
    const torch::Tensor high = net->parameters().flat_gradient();
    QVERIFY((low - high).norm().item<double>() < 0.05 * high.norm().item<double>());
}

void UnetTest::converted_weights_follow_the_weights() {
    const auto golden = test::read_golden("unet.safetensors");
    const torch::Tensor x = test::golden_tensor(golden, "ddpm.x"), t = test::golden_tensor(golden, "ddpm.t");
    const auto net = load("ddpm");
    for (const torch::Tensor& tensor : net->parameters().tensors())
        tensor.set_requires_grad(false); // as in every model that is sampled
    Mode mode;
    mode.compute = torch::kBFloat16;
    const torch::Tensor before = net->forward(x, t, mode);
    QVERIFY(torch::equal(before, net->forward(x, t, mode)));
    const torch::NoGradGuard no_grad;
    const formats::TensorList old = net->parameters().snapshot();
    const torch::Tensor flat = net->parameters().flat();
    flat.mul_(1.5);
    QVERIFY((net->forward(x, t, mode) - before).abs().max().item<double>() > 0.01);
    QVERIFY(net->parameters().load(old, "").ok());
    QVERIFY(torch::equal(net->forward(x, t, mode), before));
    // Adam's own loop writes past the library.
    const torch::Tensor zeros = torch::zeros_like(flat);
    kernels::adam(flat, torch::ones_like(flat), zeros.clone(), zeros.clone(), {},
                  {0.1, 0.9, 0.999, 1e-8, 0.1, 0.001, 1, 1});
    QVERIFY((net->forward(x, t, mode) - before).abs().max().item<double>() > 0.01);
}

QTEST_GUILESS_MAIN(UnetTest)
#include "test_unet.moc"
