// Whole reverse chains against diffusers' DDPMScheduler and DDIMScheduler, state by state.
#include "diffusion/sampler_walk.h"
#include "formats/diffusers_folder.h"
#include "network/net.h"
#include "support/golden.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

using namespace ddpm;

class ChainsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_diffusers_data();
    void matches_diffusers();
};

namespace {

ScheduleSettings schedule_of(const nlohmann::json& config) {
    static const std::map<std::string, BetaSchedule> names = {{"linear", BetaSchedule::linear},
                                                              {"squaredcos_cap_v2", BetaSchedule::cosine}};
    ScheduleSettings schedule;
    schedule.kind = names.at(config["beta_schedule"]);
    schedule.timesteps = config["num_train_timesteps"];
    schedule.beta_start = config["beta_start"];
    schedule.beta_end = config["beta_end"];
    schedule.zero_terminal_snr = config["rescale_betas_zero_snr"];
    return schedule;
}

DiffusionSettings diffusion_of(const nlohmann::json& config) {
    static const std::map<std::string, Prediction> names = {
        {"epsilon", Prediction::epsilon}, {"v_prediction", Prediction::v}, {"sample", Prediction::x0}};
    return {schedule_of(config), names.at(config["prediction_type"]), LearnedVariance::none};
}

SamplingSettings sampling_of(const nlohmann::json& chain) {
    const auto& config = chain["config"];
    SamplingSettings sampling;
    sampling.steps = chain["steps"];
    sampling.spacing = from_name<Spacing>(config["timestep_spacing"].get<std::string>()).value();
    sampling.steps_offset = config["steps_offset"];
    sampling.clip = config["clip_sample"];
    sampling.clip_range = config["clip_sample_range"];
    sampling.thresholding = config["thresholding"];
    sampling.threshold_ratio = config["dynamic_thresholding_ratio"];
    sampling.threshold_max = config["sample_max_value"];
    if (chain["scheduler"] == "DDIMScheduler") {
        sampling.sampler = Sampler::ddim;
        sampling.eta = chain["eta"];
        sampling.set_alpha_to_one = config["set_alpha_to_one"];
    } else {
        sampling.variance =
            config["variance_type"] == "fixed_large" ? Variance::fixed_large : Variance::fixed_small;
    }
    return sampling;
}

} // namespace

void ChainsTest::matches_diffusers_data() {
    QTest::addColumn<QString>("entry");
    std::ifstream file(test::golden_path("chains.json"));
    for (const auto& entry : nlohmann::json::parse(file))
        QTest::addRow("%s", entry["key"].get<std::string>().c_str()) << QString::fromStdString(entry.dump());
}

void ChainsTest::matches_diffusers() {
    QFETCH(QString, entry);
    const auto golden = test::read_golden("chains.safetensors");
    const auto chain = nlohmann::json::parse(entry.toStdString());
    const std::string key = chain["key"];

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
    const DiffusionSettings diffusion = diffusion_of(chain["config"]);
    diffusion::SamplerWalk walk(diffusion::make_schedule(diffusion.schedule), diffusion, sampling_of(chain),
                                test::golden_tensor(golden, "x_T"));
    QCOMPARE(static_cast<std::int64_t>(walk.planned()), expected_t.size(0));
    const torch::NoGradGuard no_grad;
    double scale = 0;
    while (!walk.done()) {
        const std::int64_t row = walk.step();
        QCOMPARE(static_cast<std::int64_t>(walk.query_index()), expected_t[row].item<std::int64_t>());
        const torch::Tensor output =
            net->forward(walk.query(), torch::full({2}, walk.query_index(), torch::kLong), {});
        const auto taken = walk.answer(output, [&] { return z[row]; });
        QVERIFY(taken.has_value());
        scale = std::max(
            {scale, states[row].abs().max().item<double>(), beliefs_x0[row].abs().max().item<double>()});
        QVERIFY(test::max_abs_difference(walk.x(), states[row]) < 1e-3 * scale);
        QVERIFY(test::max_abs_difference(taken->beliefs.x0_hat, beliefs_x0[row]) < 1e-3 * scale);
    }
    QCOMPARE(walk.evaluations(), walk.planned());
}

QTEST_GUILESS_MAIN(ChainsTest)
#include "test_chains.moc"
