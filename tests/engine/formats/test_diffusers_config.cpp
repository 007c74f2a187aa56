// The configuration files of a diffusers folder: every key read and written, and a name for what is refused.
#include "files.h"
#include "formats/diffusers_config.h"

#include <QtTest>
#include <nlohmann/json.hpp>

#include <cmath>
#include <functional>

using namespace ddpm;
using namespace ddpm::formats;
using nlohmann::json;

namespace {

SchedulerConfig read(const json& config) {
    const auto result = scheduler_from_config(config, "scheduler_config.json");
    if (!result) qWarning("%s", result.error().line().c_str());
    return result ? *result : SchedulerConfig{};
}

std::string scheduler_error(const json& config) {
    const auto result = scheduler_from_config(config, "scheduler_config.json");
    return result ? std::string() : result.error().line();
}

std::string unet_error(const json& config) {
    const auto result = unet_from_config(config, "config.json");
    return result ? std::string() : result.error().line();
}

std::set<std::string> keys_of(const json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items())
        keys.insert(key);
    return keys;
}

bool same_sampling(SamplingSettings a, const SamplingSettings& b) {
    a.steps = b.steps; // the file does not say how many
    return a == b;
}

/// A net that reads well, to be spoiled.
json small_unet() {
    return {{"sample_size", 16},
            {"in_channels", 1},
            {"out_channels", 1},
            {"block_out_channels", {32, 64}},
            {"down_block_types", {"DownBlock2D", "AttnDownBlock2D"}},
            {"up_block_types", {"AttnUpBlock2D", "UpBlock2D"}}};
}

// The arguments of the constructors in diffusers 0.27, besides what every file holds.
const std::set<std::string> ddpm_keys{"_class_name",
                                      "_diffusers_version",
                                      "num_train_timesteps",
                                      "beta_start",
                                      "beta_end",
                                      "beta_schedule",
                                      "trained_betas",
                                      "variance_type",
                                      "clip_sample",
                                      "prediction_type",
                                      "thresholding",
                                      "dynamic_thresholding_ratio",
                                      "clip_sample_range",
                                      "sample_max_value",
                                      "timestep_spacing",
                                      "steps_offset",
                                      "rescale_betas_zero_snr"};

} // namespace

class DiffusersConfigTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void absent_keys_have_the_peers_defaults();
    void every_scheduler_key_counts();
    void a_list_of_betas_outweighs_the_name();
    void early_files_say_what_is_predicted_otherwise();
    void a_scheduler_made_from_the_other_keeps_its_keys();
    void written_keys_are_the_constructors();
    void everything_that_can_be_written_comes_back();
    void schedules_without_a_name_become_betas();
    void what_diffusers_lacks_is_an_error();
    void values_out_of_range_are_named_data();
    void values_out_of_range_are_named();
    void all_problems_are_told_together();
    void unet_classes_and_learned_variance();
};

void DiffusersConfigTest::absent_keys_have_the_peers_defaults() {
    const SchedulerConfig ddpm = read({{"_class_name", "DDPMScheduler"}});
    QVERIFY(ddpm.diffusion == DiffusionSettings{});
    SamplingSettings expected;
    expected.variance = Variance::fixed_small; // theirs; ours is fixed_large
    QVERIFY(ddpm.sampling == expected);
    const SchedulerConfig ddim = read({{"_class_name", "DDIMScheduler"}});
    expected.sampler = Sampler::ddim;
    expected.steps = 50;
    QVERIFY(ddim.diffusion == DiffusionSettings{} && ddim.sampling == expected);
    QVERIFY(read(json::object()).sampling.sampler == Sampler::ancestral);
}

void DiffusersConfigTest::every_scheduler_key_counts() {
    struct Row {
        const char* key;
        json value;
        std::function<void(SchedulerConfig&)> change;
    };
    const std::vector<Row> rows{
        {"num_train_timesteps", 400,
         [](auto& c) {
             c.diffusion.schedule.timesteps = 400;
             c.sampling.steps = c.sampling.sampler == Sampler::ddim ? 50 : 400;
         }},
        {"num_train_timesteps", 20,
         [](auto& c) {
             c.diffusion.schedule.timesteps = 20;
             c.sampling.steps = 20;
         }},
        {"beta_start", 0.001, [](auto& c) { c.diffusion.schedule.beta_start = 0.001; }},
        {"beta_end", 0.3, [](auto& c) { c.diffusion.schedule.beta_end = 0.3; }},
        {"beta_schedule", "scaled_linear",
         [](auto& c) { c.diffusion.schedule.kind = BetaSchedule::quadratic; }},
        {"beta_schedule", "squaredcos_cap_v2",
         [](auto& c) { c.diffusion.schedule.kind = BetaSchedule::cosine; }},
        {"beta_schedule", "sigmoid", [](auto& c) { c.diffusion.schedule.kind = BetaSchedule::sigmoid; }},
        {"prediction_type", "sample", [](auto& c) { c.diffusion.prediction = Prediction::x0; }},
        {"prediction_type", "v_prediction", [](auto& c) { c.diffusion.prediction = Prediction::v; }},
        {"variance_type", "fixed_large", [](auto& c) { c.sampling.variance = Variance::fixed_large; }},
        {"variance_type", "learned",
         [](auto& c) {
             c.sampling.variance = Variance::learned;
             c.diffusion.learned_variance = LearnedVariance::diagonal;
         }},
        {"variance_type", "learned_range",
         [](auto& c) {
             c.sampling.variance = Variance::learned;
             c.diffusion.learned_variance = LearnedVariance::range;
         }},
        {"clip_sample", false, [](auto& c) { c.sampling.clip = false; }},
        {"clip_sample_range", 2, [](auto& c) { c.sampling.clip_range = 2; }},
        {"thresholding", true, [](auto& c) { c.sampling.thresholding = true; }},
        {"dynamic_thresholding_ratio", 0.9, [](auto& c) { c.sampling.threshold_ratio = 0.9; }},
        {"sample_max_value", 1.5, [](auto& c) { c.sampling.threshold_max = 1.5; }},
        {"timestep_spacing", "linspace", [](auto& c) { c.sampling.spacing = Spacing::linspace; }},
        {"timestep_spacing", "trailing", [](auto& c) { c.sampling.spacing = Spacing::trailing; }},
        {"steps_offset", 1, [](auto& c) { c.sampling.steps_offset = 1; }},
        {"rescale_betas_zero_snr", true, [](auto& c) { c.diffusion.schedule.zero_terminal_snr = true; }},
        {"set_alpha_to_one", false, [](auto& c) { c.sampling.set_alpha_to_one = false; }},
        {"trained_betas", nullptr, [](auto&) {}},
    };
    for (const char* kind : {"DDPMScheduler", "DDIMScheduler"})
        for (const Row& row : rows) {
            json config{{"_class_name", kind}};
            SchedulerConfig expected = read(config);
            row.change(expected);
            config[row.key] = row.value;
            const SchedulerConfig found = read(config);
            QVERIFY2(found.diffusion == expected.diffusion && found.sampling == expected.sampling,
                     (std::string(kind) + " " + row.key + " " + row.value.dump()).c_str());
        }
}

void DiffusersConfigTest::a_list_of_betas_outweighs_the_name() {
    const SchedulerConfig config = read(
        {{"trained_betas", {0.1, 0.25, 1.0}}, {"beta_schedule", "unheard_of"}, {"num_train_timesteps", 3}});
    QVERIFY(config.diffusion.schedule.kind == BetaSchedule::list);
    QVERIFY((config.diffusion.schedule.betas == std::vector<double>{0.1, 0.25, 1.0}));
    QVERIFY(contains(scheduler_error({{"trained_betas", {0.1, 0.2}}}), "2 betas for 1000 timesteps"));
    QVERIFY(contains(scheduler_error({{"trained_betas", {0.1, 0.0}}, {"num_train_timesteps", 2}}), "betas"));
    QVERIFY(contains(scheduler_error({{"trained_betas", {0.1, "0"}}}), "trained_betas is [0.1,\"0\"]"));
    QVERIFY(contains(scheduler_error({{"trained_betas", 0.1}}), "trained_betas is 0.1"));
    QVERIFY(
        contains(scheduler_error({{"trained_betas", std::vector<double>(10'001, 0.1)}}), "trained_betas"));
}

void DiffusersConfigTest::early_files_say_what_is_predicted_otherwise() {
    QVERIFY(read({{"predict_epsilon", true}}).diffusion.prediction == Prediction::epsilon);
    QVERIFY(read({{"predict_epsilon", false}}).diffusion.prediction == Prediction::x0);
}

void DiffusersConfigTest::a_scheduler_made_from_the_other_keeps_its_keys() {
    const SchedulerConfig ddim = read({{"_class_name", "DDIMScheduler"}, {"variance_type", "fixed_large"}});
    QVERIFY(ddim.sampling.sampler == Sampler::ddim && ddim.sampling.variance == Variance::fixed_large);
    const SchedulerConfig ddpm = read({{"_class_name", "DDPMScheduler"}, {"set_alpha_to_one", false}});
    QVERIFY(ddpm.sampling.sampler == Sampler::ancestral && !ddpm.sampling.set_alpha_to_one);
}

void DiffusersConfigTest::written_keys_are_the_constructors() {
    SamplingSettings sampling;
    QCOMPARE(keys_of(*scheduler_to_config({}, sampling, {})), ddpm_keys);
    sampling.sampler = Sampler::ddim;
    std::set<std::string> ddim_keys = ddpm_keys;
    ddim_keys.erase("variance_type");
    ddim_keys.insert("set_alpha_to_one");
    QCOMPARE(keys_of(*scheduler_to_config({}, sampling, {})), ddim_keys);
    const std::set<std::string> unet_keys{"_class_name",
                                          "_diffusers_version",
                                          "sample_size",
                                          "in_channels",
                                          "out_channels",
                                          "center_input_sample",
                                          "time_embedding_type",
                                          "freq_shift",
                                          "flip_sin_to_cos",
                                          "down_block_types",
                                          "up_block_types",
                                          "block_out_channels",
                                          "layers_per_block",
                                          "mid_block_scale_factor",
                                          "downsample_padding",
                                          "downsample_type",
                                          "upsample_type",
                                          "dropout",
                                          "act_fn",
                                          "attention_head_dim",
                                          "norm_num_groups",
                                          "attn_norm_num_groups",
                                          "norm_eps",
                                          "resnet_time_scale_shift",
                                          "add_attention",
                                          "class_embed_type",
                                          "num_class_embeds",
                                          "num_train_timesteps"};
    QCOMPARE(keys_of(unet_to_config({})), unet_keys);
    // The values of the constructor's defaults, as Python writes them.
    const json written = *scheduler_to_config({}, SamplingSettings{}, {});
    QCOMPARE(written["beta_start"].dump(), std::string("0.0001"));
    QCOMPARE(written["clip_sample_range"].dump(), std::string("1.0"));
    QCOMPARE(written["dynamic_thresholding_ratio"].dump(), std::string("0.995"));
    QCOMPARE(written["steps_offset"].dump(), std::string("0"));
    QVERIFY(written["trained_betas"].is_null());
}

void DiffusersConfigTest::everything_that_can_be_written_comes_back() {
    int written = 0;
    const std::vector<std::pair<LearnedVariance, Variance>> variances{
        {LearnedVariance::none, Variance::fixed_large},
        {LearnedVariance::none, Variance::fixed_small},
        {LearnedVariance::diagonal, Variance::learned},
        {LearnedVariance::range, Variance::learned}};
    for (const BetaSchedule kind : {BetaSchedule::linear, BetaSchedule::cosine, BetaSchedule::quadratic,
                                    BetaSchedule::sigmoid, BetaSchedule::list})
        for (const Prediction prediction : {Prediction::epsilon, Prediction::v, Prediction::x0})
            for (const auto& [learned, variance] : variances)
                for (const Spacing spacing : all_values<Spacing>())
                    for (const bool odd : {false, true}) {
                        DiffusionSettings diffusion;
                        diffusion.schedule.kind = kind;
                        if (odd) diffusion.schedule.beta_end = 0.1 + 0.2; // all digits
                        if (odd && prediction != Prediction::epsilon)
                            diffusion.schedule.zero_terminal_snr = true;
                        if (kind == BetaSchedule::list) {
                            diffusion.schedule.timesteps = 3;
                            diffusion.schedule.betas = {1e-5, 1.0 / 3.0, 0.999};
                        }
                        diffusion.prediction = prediction;
                        diffusion.learned_variance = learned;
                        SamplingSettings sampling;
                        sampling.variance = variance;
                        sampling.spacing = spacing;
                        if (odd) {
                            sampling.clip = false;
                            sampling.thresholding = true;
                            sampling.threshold_ratio = 0.97;
                            sampling.threshold_max = 2.5;
                            sampling.clip_range = 1.5;
                            sampling.steps_offset = 1;
                        }
                        const auto config = scheduler_to_config(diffusion, sampling, {});
                        QVERIFY2(config.ok(), config ? "" : config.error().line().c_str());
                        const SchedulerConfig again = read(*config);
                        QVERIFY2(again.diffusion == diffusion && same_sampling(again.sampling, sampling),
                                 config->dump().c_str());
                        // DDIM has no say on the variance, and cannot use a learned one.
                        sampling.sampler = Sampler::ddim;
                        sampling.set_alpha_to_one = !odd;
                        const auto ddim =
                            scheduler_to_config(diffusion, sampling, std::vector<double>(1000, 0.5));
                        QVERIFY(ddim.ok());
                        const SchedulerConfig ddim_again = read(*ddim);
                        const bool learns = learned != LearnedVariance::none;
                        QCOMPARE((*ddim)["_class_name"], json(learns ? "DDPMScheduler" : "DDIMScheduler"));
                        QVERIFY(ddim_again.sampling.sampler == (learns ? Sampler::ancestral : Sampler::ddim));
                        QVERIFY(ddim_again.sampling.set_alpha_to_one == (learns || !odd));
                        if (kind != BetaSchedule::sigmoid || learns)
                            QVERIFY(ddim_again.diffusion == diffusion);
                        ++written;
                    }
    QCOMPARE(written, 5 * 3 * 4 * 3 * 2);
}

void DiffusersConfigTest::schedules_without_a_name_become_betas() {
    const std::vector<double> betas{0.25, 1.0 / 3.0, 0.5, 1.0};
    for (const BetaSchedule kind :
         {BetaSchedule::jsd, BetaSchedule::constant, BetaSchedule::warmup10, BetaSchedule::warmup50}) {
        DiffusionSettings diffusion;
        diffusion.schedule.kind = kind;
        diffusion.schedule.timesteps = 4;
        diffusion.prediction = Prediction::x0;
        const auto config = scheduler_to_config(diffusion, {}, betas);
        QVERIFY2(config.ok(), config ? "" : config.error().line().c_str());
        QCOMPARE((*config)["trained_betas"], json(betas));
        QCOMPARE((*config)["num_train_timesteps"], json(4));
        QVERIFY(read(*config).diffusion.schedule.betas == betas);
        QVERIFY(!scheduler_to_config(diffusion, {}, {0.1}).ok()); // betas of another schedule
    }
    // DDPMScheduler knows a sigmoid schedule by name, DDIMScheduler does not.
    DiffusionSettings diffusion;
    diffusion.schedule.kind = BetaSchedule::sigmoid;
    diffusion.schedule.timesteps = 4;
    SamplingSettings sampling;
    QCOMPARE((*scheduler_to_config(diffusion, sampling, betas))["beta_schedule"], json("sigmoid"));
    sampling.sampler = Sampler::ddim;
    QCOMPARE((*scheduler_to_config(diffusion, sampling, betas))["trained_betas"], json(betas));
}

void DiffusersConfigTest::what_diffusers_lacks_is_an_error() {
    DiffusionSettings diffusion;
    diffusion.prediction = Prediction::mu;
    const auto config = scheduler_to_config(diffusion, {}, {});
    QVERIFY(!config.ok());
    QVERIFY2(contains(config.error().line(), "predicts mu"), config.error().line().c_str());
}

void DiffusersConfigTest::values_out_of_range_are_named_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* key, const char* value) {
        QTest::addRow("%s %s", key, value) << QString(key) << QString(value);
    };
    row("_class_name", "\"PNDMScheduler\"");
    row("num_train_timesteps", "1000.5");
    row("num_train_timesteps", "null");
    row("beta_start", "\"0.1\"");
    row("beta_end", "null");
    row("beta_schedule", "\"exp\"");
    row("beta_schedule", "1");
    row("prediction_type", "\"mu\"");
    row("predict_epsilon", "\"no\"");
    row("variance_type", "\"fixed_small_log\"");
    row("variance_type", "\"fixed_large_log\"");
    row("variance_type", "null");
    row("clip_sample", "1");
    row("clip_sample_range", "0");
    row("clip_sample_range", "null");
    row("thresholding", "\"yes\"");
    row("dynamic_thresholding_ratio", "1.01");
    row("dynamic_thresholding_ratio", "-0.5");
    row("sample_max_value", "0.5");
    row("timestep_spacing", "\"karras\"");
    row("steps_offset", "-1");
    row("steps_offset", "1000");
    row("steps_offset", "0.5");
    row("rescale_betas_zero_snr", "0");
    row("set_alpha_to_one", "null");
    row("another_switch", "1");
}

void DiffusersConfigTest::values_out_of_range_are_named() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    for (const char* kind : {"DDPMScheduler", "DDIMScheduler"}) {
        json config{{"_class_name", kind}};
        QVERIFY(scheduler_error(config).empty());
        config[key.toStdString()] = json::parse(value.toStdString());
        const std::string line = scheduler_error(config);
        QVERIFY2(contains(line, key.toStdString()) && contains(line, "scheduler_config.json") &&
                     contains(line, "Remedy"),
                 line.c_str());
    }
    QVERIFY(contains(scheduler_error({{"num_train_timesteps", 1}}), "timesteps"));
    QVERIFY(contains(scheduler_error({{"beta_end", 1e-5}}), "beta_end"));
}

void DiffusersConfigTest::all_problems_are_told_together() {
    const std::string line = scheduler_error(
        {{"variance_type", "fixed_small_log"}, {"beta_schedule", "exp"}, {"solver_order", 2}, {"eta", 0}});
    for (const char* key : {"variance_type", "beta_schedule", "solver_order", "eta"})
        QVERIFY2(contains(line, key), line.c_str());
    json unet = small_unet();
    unet["act_fn"] = "mish";
    unet["time_embedding_type"] = "fourier";
    const std::string unet_line = unet_error(unet);
    QVERIFY2(contains(unet_line, "act_fn") && contains(unet_line, "time_embedding_type"), unet_line.c_str());
}

void DiffusersConfigTest::unet_classes_and_learned_variance() {
    json config = small_unet();
    QCOMPARE(unet_from_config(config, "x")->num_class_embeds, 0);
    config["num_class_embeds"] = 11;
    config["out_channels"] = 2;
    const auto unet = unet_from_config(config, "x");
    QVERIFY2(unet.ok(), unet ? "" : unet.error().line().c_str());
    QCOMPARE(unet->num_class_embeds, 11);
    QCOMPARE(unet->out_channels, 2);
    const json written = unet_to_config(*unet);
    QCOMPARE(written["num_class_embeds"], json(11));
    QVERIFY(written["class_embed_type"].is_null());
    QVERIFY(*unet_from_config(written, "x") == *unet);
    for (const json& wrong : {json(0), json(-1), json(2.5), json("10"), json(1'000'000'000)}) {
        config["num_class_embeds"] = wrong;
        QVERIFY2(contains(unet_error(config), "num_class_embeds is " + wrong.dump()),
                 unet_error(config).c_str());
    }
    config = small_unet();
    config["out_channels"] = 3;
    QVERIFY(contains(unet_error(config), "out_channels"));
    for (const char* kind : {"timestep", "identity"}) {
        config = small_unet();
        config["class_embed_type"] = kind;
        QVERIFY(contains(unet_error(config), "class_embed_type"));
    }
}

QTEST_GUILESS_MAIN(DiffusersConfigTest)
#include "test_diffusers_config.moc"
