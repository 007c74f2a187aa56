// settings.json: every field there and back, and a name for everything that is wrong.
#include "formats/settings_json.h"

#include <QtTest>
#include <nlohmann/json.hpp>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

/// No field has its default, so that one that is forgotten shows.
RunSettings unusual_run() {
    RunSettings run;
    run.name = "이름 \"x\"\n";
    run.preset = Preset::paper;
    run.as_in_paper = true;
    run.data.kind = DataKind::drawing;
    run.data.test_split = true;
    run.data.path = "/데이터/cifar";
    run.data.size = 48;
    run.data.colour = false;
    run.data.points = 123;
    run.data.text = "text";
    run.data.picture = "/a path/ü.png";
    run.data.sketch = {0.1F, -1.0F, 1.0F / 3.0F, 1.0F};
    run.data.seed = 18'446'744'073'709'551'615ULL;
    run.model.kind = NetKind::point_mlp;
    UnetSettings& unet = run.model.unet;
    unet.sample_size = 64;
    unet.in_channels = 3;
    unet.out_channels = 6;
    unet.block_out_channels = {8, 16};
    unet.down_attention = {true, false};
    unet.up_attention = {false, true};
    unet.layers_per_block = 4;
    unet.attention_head_dim = 8;
    unet.add_attention = false;
    unet.norm_num_groups = 4;
    unet.norm_eps = 1.1e-7;
    unet.downsample_padding = 1;
    unet.flip_sin_to_cos = true;
    unet.freq_shift = 0.25;
    unet.mid_block_scale_factor = 1.4142135623730951;
    unet.dropout = 0.3;
    unet.num_class_embeds = 11;
    run.model.point_mlp = {77, 5, 22};
    ScheduleSettings& schedule = run.diffusion.schedule;
    schedule.kind = BetaSchedule::list;
    schedule.timesteps = 3;
    schedule.beta_start = 1.0 / 3.0;
    schedule.beta_end = 0.123456789012345678;
    schedule.betas = {0.1, 1.0 / 7.0, 1.0};
    schedule.zero_terminal_snr = true;
    run.diffusion.prediction = Prediction::mu;
    run.diffusion.learned_variance = LearnedVariance::range;
    TrainingSettings& training = run.training;
    training.steps = 5'000'000'000;
    training.batch_size = 7;
    training.learning_rate = 1e-5;
    training.warmup_steps = 3;
    training.gradient_clip = 0.5;
    training.ema_decay = 0.9;
    training.ema_warmup = false;
    training.flips = true;
    training.objective = Objective::hybrid;
    training.hybrid_weight = 0.1 + 0.2;
    training.timestep_sampling = TimestepSampling::importance;
    training.min_snr_gamma = 5.1;
    training.label_dropout = 0.15;
    training.tensorboard = true;
    training.precision = Precision::bf16;
    training.seed = 9'007'199'254'740'993ULL;
    training.checkpoint_every = 17;
    training.keep_checkpoints = 9;
    run.preview = {false, 3.5, 4, 6, 99};
    run.device = DeviceChoice::cuda;
    return run;
}

std::string error_of(const std::string& text) {
    const auto result = run_settings_from_json(text, "settings.json");
    return result ? std::string() : result.error().line();
}

} // namespace

class SettingsJsonTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void every_field_comes_back();
    void every_field_is_in_the_file();
    void a_drawing_comes_back_to_the_bit();
    void absent_keys_keep_their_defaults();
    void what_is_wrong_is_named_data();
    void what_is_wrong_is_named();
};

void SettingsJsonTest::every_field_comes_back() {
    const RunSettings run = unusual_run();
    const auto read = run_settings_from_json(to_json(run), "here");
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY(*read == run);
    for (const Preset preset : all_values<Preset>())
        for (const DataKind kind : all_values<DataKind>()) {
            const RunSettings settings = preset_settings(preset, kind);
            QVERIFY(*run_settings_from_json(to_json(settings), "here") == settings);
        }
    for (const BetaSchedule kind : all_values<BetaSchedule>()) {
        RunSettings settings = run;
        settings.diffusion.schedule.kind = kind;
        QVERIFY(*run_settings_from_json(to_json(settings), "here") == settings);
    }
    SamplingSettings sampling;
    sampling.sampler = Sampler::heun;
    sampling.steps = 33;
    sampling.spacing = Spacing::trailing;
    sampling.variance = Variance::learned;
    sampling.eta = 0.7;
    sampling.precision = Precision::bf16;
    sampling.steps_offset = 1;
    sampling.set_alpha_to_one = false;
    sampling.clip = false;
    sampling.clip_range = 2.5;
    sampling.thresholding = true;
    sampling.threshold_ratio = 0.9;
    sampling.threshold_max = 1.5;
    sampling.label = 7;
    sampling.guidance = 3.25;
    sampling.count = 5;
    sampling.seed = ~0ULL;
    const auto usual = nlohmann::json::parse(to_json(SamplingSettings{}));
    const auto unusual = nlohmann::json::parse(to_json(sampling));
    for (const auto& [key, value] : unusual.items())
        QVERIFY2(key == "version" || usual[key] != value, key.c_str());
    QCOMPARE(usual.size(), std::size_t{1 + 17});
    const auto sampling_read = sampling_settings_from_json(to_json(sampling), "here");
    QVERIFY2(sampling_read.ok(), sampling_read ? "" : sampling_read.error().line().c_str());
    QVERIFY(*sampling_read == sampling);
}

void SettingsJsonTest::every_field_is_in_the_file() {
    const auto unusual = nlohmann::json::parse(to_json(unusual_run())).flatten();
    const auto usual = nlohmann::json::parse(to_json(RunSettings{})).flatten();
    // The lists of the net, of the betas and of the sketch count by their elements.
    int fields = 0;
    for (const auto& [key, value] : unusual.items()) {
        if (key == "/version") continue;
        ++fields;
        if (key.find("attention/") == std::string::npos)
            QVERIFY2(!usual.contains(key) || usual[key] != value, key.c_str());
    }
    QCOMPARE(fields, (9 + 4) + (5 + 3) + 2 + (14 + 6) + 3 + 1 + 18 + 5 + 4);
    const std::string text = to_json(RunSettings{});
    QVERIFY(text.starts_with("{\n  \"version\": 1,\n  \"name\": \"\",\n") && text.ends_with("}\n"));
    QVERIFY(text.find("\"kind\": \"mnist\"") != std::string::npos);
}

void SettingsJsonTest::a_drawing_comes_back_to_the_bit() {
    RunSettings run = preset_settings(Preset::points, DataKind::drawing);
    for (std::size_t i = 0; i < 2 * DataSettings::most_sketch_points; ++i) // as long as it may be
        run.data.sketch.push_back(std::sin(static_cast<float>(i) * 12.9898F));
    QVERIFY(run.check().empty());
    const auto read = run_settings_from_json(to_json(run), "here");
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY(read->data.sketch == run.data.sketch);

    const auto wrong = [&](std::vector<float> sketch) {
        run.data.sketch = std::move(sketch);
        const auto problems = run.check();
        return problems.size() == 1 && problems[0].field == "data.sketch";
    };
    QVERIFY(wrong(std::vector<float>(2 * DataSettings::most_sketch_points + 2, 0.5F)));
    QVERIFY(wrong({0.1F, 0.2F, 0.3F}));
    QVERIFY(wrong({0.1F, 1.001F}));
    QVERIFY(wrong({0.1F, std::nanf("")}));
    run.data.sketch.clear();
    run.data.text.clear();
    QVERIFY(run.check().size() == 1 && run.check()[0].field == "data.text"); // nothing to draw
    run.data.sketch = {0, 0};
    QVERIFY(run.check().empty());
}

void SettingsJsonTest::absent_keys_keep_their_defaults() {
    QVERIFY(*run_settings_from_json("{}", "x") == RunSettings{});
    const auto some = run_settings_from_json(R"({"training": {"batch_size": 5}})", "x");
    RunSettings expected;
    expected.training.batch_size = 5;
    QVERIFY(*some == expected);
    QVERIFY(*sampling_settings_from_json("{\"version\":1}", "x") == SamplingSettings{});
}

void SettingsJsonTest::what_is_wrong_is_named_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, QString text, const char* said) {
        QTest::newRow(name) << text << QString(said);
    };
    row("unknown key", R"({"colour": 1})", "key colour is unknown");
    row("unknown inner key", R"({"training": {"batchsize": 1}})", "training.batchsize is unknown");
    row("text for a number", R"({"training": {"batch_size": "64"}})", R"(training.batch_size is "64")");
    row("fraction for a whole number", R"({"training": {"batch_size": 64.5}})",
        "training.batch_size is 64.5");
    row("too large for int", R"({"training": {"batch_size": 3000000000}})",
        "training.batch_size is 3000000000");
    row("negative seed", R"({"training": {"seed": -1}})", "training.seed is -1");
    row("number for a switch", R"({"training": {"flips": 1}})", "training.flips is 1");
    row("null", R"({"preview": {"every_seconds": null}})", "preview.every_seconds is null");
    row("unknown name", R"({"data": {"kind": "cifar"}})", "mnist, fashion-mnist, cifar10, emoji");
    row("number for a name", R"({"preset": 1})", "preset is 1");
    row("list for an object", R"({"model": []})", "model is []");
    row("number for a list", R"({"model": {"unet": {"block_out_channels": 32}}})",
        "model.unet.block_out_channels is 32");
    row("wrong element", R"({"model": {"unet": {"down_attention": [1]}}})", "model.unet.down_attention is 1");
    row("text for a beta", R"({"diffusion": {"schedule": {"betas": [0.1, "0.2"]}}})",
        R"(diffusion.schedule.betas is "0.2")");
    row("endless list",
        R"({"diffusion": {"schedule": {"betas": [0)" + QString(",0").repeated(10'000) + "]}}}",
        "a list that is not too long");
    row("text for a pen's place", R"({"data": {"sketch": [0.5, "x"]}})", R"(data.sketch is "x")");
    row("unknown objective", R"({"training": {"objective": "best"}})", "simple, bound, hybrid");
    row("number for a text", R"({"name": 5})", "name is 5");
    row("number for a path", R"({"data": {"picture": 5}})", "data.picture is 5");
    row("newer version", R"({"version": 2, "unheard_of": 1})", "newer DDPM Lab");
    row("version zero", R"({"version": 0})", "version is 0");
    row("version in words", R"({"version": "1"})", "version is");
    row("twice", R"({"data": {"points": 1, "points": 2}})", R"("points" appears twice)");
    row("infinite", R"({"training": {"learning_rate": 1e999}})", "settings.json");
    row("cut off", R"({"training": )", "not JSON");
    row("empty", "", "not JSON");
    row("list", "[]", "no JSON object");
    row("deep", QString(R"({"data": )") + QString(200'000, '[') + QString(200'000, ']') + "}", "deep");
}

void SettingsJsonTest::what_is_wrong_is_named() {
    QFETCH(QString, text);
    QFETCH(QString, said);
    const std::string line = error_of(text.toStdString());
    QVERIFY2(line.find(said.toStdString()) != std::string::npos, line.c_str());
    QVERIFY2(line.find("settings.json") != std::string::npos && line.find("Remedy") != std::string::npos,
             line.c_str());
}

QTEST_GUILESS_MAIN(SettingsJsonTest)
#include "test_settings_json.moc"
