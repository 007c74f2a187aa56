// Whole reverse chains against diffusers' DDPMScheduler and DDIMScheduler, state by state.
#include "diffusion/reverse.h"
#include "diffusion/timesteps.h"
#include "formats/diffusers_folder.h"
#include "network/net.h"
#include "support/golden.h"

#include <nlohmann/json.hpp>

#include <fstream>

using namespace ddpm;

class ChainsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_diffusers_data();
    void matches_diffusers();
};

void ChainsTest::matches_diffusers_data() {
    QTest::addColumn<QString>("entry");
    std::ifstream file(test::golden_path("chains.json"));
    for (const auto& entry : nlohmann::json::parse(file)) {
        if (entry["config"]["prediction_type"] == "sample") continue; // the net here predicts epsilon or v
        QTest::addRow("%s", entry["key"].get<std::string>().c_str()) << QString::fromStdString(entry.dump());
    }
}

void ChainsTest::matches_diffusers() {
    QFETCH(QString, entry);
    const auto golden = test::read_golden("chains.safetensors");
    const auto chain = nlohmann::json::parse(entry.toStdString());
    const auto& config = chain["config"];
    const std::string key = chain["key"];

    ScheduleSettings schedule_settings;
    if (config["beta_schedule"] == "squaredcos_cap_v2") schedule_settings.kind = BetaSchedule::cosine;
    const diffusion::Schedule schedule = diffusion::make_schedule(schedule_settings);
    const Prediction prediction =
        config["prediction_type"] == "v_prediction" ? Prediction::v : Prediction::epsilon;
    SamplingSettings sampling;
    sampling.steps = chain["steps"];
    sampling.spacing = from_name<Spacing>(config["timestep_spacing"].get<std::string>()).value();
    sampling.clip = config["clip_sample"];
    if (chain["scheduler"] == "DDIMScheduler") {
        sampling.sampler = Sampler::ddim;
        sampling.eta = chain["eta"];
    } else {
        sampling.variance =
            config["variance_type"] == "fixed_large" ? Variance::fixed_large : Variance::fixed_small;
    }

    auto model = formats::read_diffusers(test::golden_path("pipelines/ddpm"));
    QVERIFY(model.ok());
    ModelSettings model_settings;
    model_settings.unet = model->unet;
    const auto net = network::make_net(model_settings, torch::kCPU, 0);
    QVERIFY(net->parameters().load(model->weights, "golden").ok());

    const torch::Tensor z = test::golden_tensor(golden, "z");
    const torch::Tensor states = test::golden_tensor(golden, key + ".x"),
                        beliefs_x0 = test::golden_tensor(golden, key + ".x0");
    const torch::Tensor expected_t = test::golden_tensor(golden, key + ".timesteps");
    const std::vector<int> visited = diffusion::sampling_timesteps(1000, sampling.steps, sampling.spacing);
    const torch::NoGradGuard no_grad;
    torch::Tensor x = test::golden_tensor(golden, "x_T");
    double scale = 0;
    for (std::size_t i = 0; i < visited.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        QCOMPARE(static_cast<std::int64_t>(visited[i]), expected_t[row].item<std::int64_t>());
        const torch::Tensor output = net->forward(x, torch::full({2}, visited[i], torch::kLong), {});
        const auto beliefs = diffusion::interpret(schedule, prediction, x, output, visited[i], sampling.clip);
        x = diffusion::reverse_step(schedule, sampling, x, beliefs, visited[i],
                                    diffusion::previous_timestep(visited[i], 1000, sampling.steps), z[row]);
        scale = std::max(
            {scale, states[row].abs().max().item<double>(), beliefs_x0[row].abs().max().item<double>()});
        QVERIFY(test::max_abs_difference(x, states[row]) < 1e-3 * scale);
        QVERIFY(test::max_abs_difference(beliefs.x0_hat, beliefs_x0[row]) < 1e-3 * scale);
    }
}

QTEST_GUILESS_MAIN(ChainsTest)
#include "test_chains.moc"
