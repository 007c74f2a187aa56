// diffusers folders: the peer's own files, every trap of the keys, and what must be refused.
#include "failing_files.h"
#include "files.h"
#include "formats/diffusers_folder.h"

#include <QtTest>
#include <nlohmann/json.hpp>

using namespace ddpm;
using namespace ddpm::formats;
using nlohmann::json;

namespace {

const std::filesystem::path pipelines = std::filesystem::path(DDPM_TEST_DATA) / "golden/pipelines";
constexpr const char* weights_file = "unet/diffusion_pytorch_model.safetensors";

json json_in(const std::filesystem::path& file) {
    return json::parse(read_bytes(file));
}

/// A small folder that reads well, to be spoiled.
void write_small(const std::filesystem::path& folder) {
    write_bytes(
        folder / "model_index.json",
        R"({"_class_name":"DDPMPipeline","scheduler":["diffusers","DDPMScheduler"],"unet":["diffusers","UNet2DModel"]})");
    write_bytes(
        folder / "unet/config.json",
        R"({"_class_name":"UNet2DModel","sample_size":16,"in_channels":1,"out_channels":1,"block_out_channels":[32,64],)"
        R"("down_block_types":["DownBlock2D","AttnDownBlock2D"],"up_block_types":["AttnUpBlock2D","UpBlock2D"]})");
    write_bytes(folder / "scheduler/scheduler_config.json", R"({"_class_name":"DDPMScheduler"})");
    (void)write_safetensors(folder / weights_file, {{"conv_in.weight", torch::ones({2})}}, {{"format", "pt"}})
        .ok();
}

void set_key(const std::filesystem::path& file, const std::string& key, const json& value) {
    json object = json_in(file);
    object[key] = value;
    write_bytes(file, object.dump());
}

std::string error_of(const std::filesystem::path& folder) {
    const auto model = read_diffusers(folder);
    return model ? std::string() : model.error().line();
}

} // namespace

class DiffusersFolderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void reads_the_peers_ddpm();
    void reads_the_peers_other_branch();
    void old_attention_names_are_renamed();
    void absent_keys_have_the_peers_defaults();
    void null_and_absent_heads_differ();
    void components_may_lie_in_the_root();
    void schedulers_are_understood();
    void keys_that_cannot_be_honoured_are_named_data();
    void keys_that_cannot_be_honoured_are_named();
    void what_runs_code_is_refused();
    void shards_are_joined();
    void shards_stay_in_their_folder();
    void damage_is_an_error();
    void nan_is_a_notice();
    void what_is_written_means_the_same();
    void existing_folders_stay_untouched();
    void a_write_that_fails_anywhere_leaves_nothing();
};

void DiffusersFolderTest::reads_the_peers_ddpm() {
    QVERIFY(is_diffusers_folder(pipelines / "ddpm"));
    const auto model = read_diffusers(pipelines / "ddpm");
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    UnetSettings expected{
        16, 3, 3, {16, 32, 32}, {false, true, false}, {false, true, false}, 2, 0, true, 8, 1e-6, 0, false,
        1,  1, 0};
    QVERIFY(model->unet == expected);
    QVERIFY(model->diffusion == DiffusionSettings{}); // the paper's
    QVERIFY(model->sampling.sampler == Sampler::ancestral &&
            model->sampling.variance == Variance::fixed_large);
    QVERIFY(model->sampling.clip && model->sampling.steps == 1000 &&
            model->sampling.spacing == Spacing::leading);
    QVERIFY(model->notices.empty());
    std::int64_t parameters = 0;
    for (const auto& [name, tensor] : model->weights)
        parameters += tensor.numel();
    QCOMPARE(parameters, std::int64_t{409'219});
}

void DiffusersFolderTest::reads_the_peers_other_branch() {
    const auto model = read_diffusers(pipelines / "heads");
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    UnetSettings expected{
        28, 1, 1, {16, 32, 32}, {false, true, false}, {false, true, false}, 1, 8, true, 8, 1e-5, 1, true,
        0,  1, 0};
    QVERIFY(model->unet == expected);
    std::int64_t parameters = 0;
    for (const auto& [name, tensor] : model->weights)
        parameters += tensor.numel();
    QCOMPARE(parameters, std::int64_t{280'177});
}

void DiffusersFolderTest::old_attention_names_are_renamed() {
    QVERIFY(contains(read_bytes(pipelines / "ddpm-legacy" / weights_file), "proj_attn"));
    const auto old = read_diffusers(pipelines / "ddpm-legacy"), now = read_diffusers(pipelines / "ddpm");
    QVERIFY(old.ok() && now.ok());
    std::map<std::string, torch::Tensor> renamed(old->weights.begin(), old->weights.end());
    QCOMPARE(renamed.size(), now->weights.size());
    for (const auto& [name, tensor] : now->weights)
        QVERIFY2(renamed.count(name) == 1 && torch::equal(renamed[name], tensor), name.c_str());
    // Both names of one tensor: which one counts cannot be known.
    const Folder folder;
    write_small(folder.path());
    QVERIFY(write_safetensors(folder / weights_file,
                              {{"mid_block.attentions.0.query.bias", torch::ones({1})},
                               {"mid_block.attentions.0.to_q.bias", torch::ones({1})}},
                              {})
                .ok());
    QVERIFY(contains(error_of(folder.path()), "mid_block.attentions.0.to_q.bias"));
}

void DiffusersFolderTest::absent_keys_have_the_peers_defaults() {
    const Folder folder;
    write_small(folder.path());
    write_bytes(folder / "unet/config.json", R"({"sample_size":64})");
    const auto model = read_diffusers(folder.path());
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    UnetSettings expected{64,
                          3,
                          3,
                          {224, 448, 672, 896},
                          {false, true, true, true},
                          {true, true, true, false},
                          2,
                          8,
                          true,
                          32,
                          1e-5,
                          1,
                          true,
                          0,
                          1,
                          0};
    QVERIFY(model->unet == expected);
    QVERIFY(model->sampling.variance == Variance::fixed_small); // theirs; ours is fixed_large
    write_bytes(folder / "unet/config.json", "{}");
    QVERIFY(contains(error_of(folder.path()), "sample_size is null"));
}

void DiffusersFolderTest::null_and_absent_heads_differ() {
    const Folder folder;
    write_small(folder.path());
    QCOMPARE(read_diffusers(folder.path())->unet.attention_head_dim, 8);
    set_key(folder / "unet/config.json", "attention_head_dim", nullptr);
    QCOMPARE(read_diffusers(folder.path())->unet.attention_head_dim, 0);
    set_key(folder / "unet/config.json", "attention_head_dim", 16);
    QCOMPARE(read_diffusers(folder.path())->unet.attention_head_dim, 16);
    set_key(folder / "unet/config.json", "attention_head_dim", 0);
    QVERIFY(contains(error_of(folder.path()), "attention_head_dim is 0"));
}

void DiffusersFolderTest::components_may_lie_in_the_root() {
    const Folder folder;
    write_small(folder / "nested");
    for (const char* name : {"config.json", "diffusion_pytorch_model.safetensors"})
        write_bytes(folder / (std::string("flat/") + name),
                    read_bytes(folder / (std::string("nested/unet/") + name)));
    write_bytes(folder / "flat/scheduler_config.json",
                read_bytes(folder / "nested/scheduler/scheduler_config.json"));
    QVERIFY(is_diffusers_folder(folder / "flat"));
    const auto flat = read_diffusers(folder / "flat");
    QVERIFY2(flat.ok(), flat ? "" : flat.error().line().c_str());
    QVERIFY(flat->unet == read_diffusers(folder / "nested")->unet);
    write_bytes(folder / "other/config.json", R"({"_class_name":"AutoencoderKL"})");
    QVERIFY(!is_diffusers_folder(folder / "other"));
    QVERIFY(!is_diffusers_folder(folder / "absent"));
}

void DiffusersFolderTest::schedulers_are_understood() {
    const Folder folder;
    write_small(folder.path());
    const auto file = folder / "scheduler/scheduler_config.json";
    write_bytes(
        file,
        R"({"_class_name":"DDIMScheduler","beta_schedule":"squaredcos_cap_v2","prediction_type":"v_prediction",)"
        R"("clip_sample":false,"timestep_spacing":"trailing","num_train_timesteps":400,"set_alpha_to_one":true})");
    auto model = read_diffusers(folder.path());
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    QVERIFY(model->diffusion.schedule.kind == BetaSchedule::cosine &&
            model->diffusion.prediction == Prediction::v);
    QVERIFY(model->sampling.sampler == Sampler::ddim && !model->sampling.clip &&
            model->sampling.spacing == Spacing::trailing);
    QCOMPARE(model->diffusion.schedule.timesteps, 400);
    QCOMPARE(model->sampling.steps, 50);
    write_bytes(
        file,
        R"({"_class_name":"DDPMScheduler","predict_epsilon":true,"beta_start":0.001,"beta_end":0.3,"num_train_timesteps":20})");
    model = read_diffusers(folder.path());
    QVERIFY(model.ok());
    QVERIFY((model->diffusion.schedule == ScheduleSettings{BetaSchedule::linear, 20, 0.001, 0.3}));
    QCOMPARE(model->sampling.steps, 20);
}

void DiffusersFolderTest::keys_that_cannot_be_honoured_are_named_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* file, const char* key, const char* value) {
        QTest::addRow("%s %s", key, value) << QString(file) << QString(key) << QString(value);
    };
    const char* const unet = "unet/config.json";
    row(unet, "_class_name", "\"UNet2DConditionModel\"");
    row(unet, "act_fn", "\"mish\"");
    row(unet, "attn_norm_num_groups", "8");
    row(unet, "center_input_sample", "true");
    row(unet, "class_embed_type", "\"timestep\"");
    row(unet, "num_class_embeds", "10");
    row(unet, "downsample_type", "\"resnet\"");
    row(unet, "upsample_type", "\"resnet\"");
    row(unet, "mid_block_type", "null");
    row(unet, "resnet_time_scale_shift", "\"scale_shift\"");
    row(unet, "time_embedding_dim", "64");
    row(unet, "time_embedding_type", "\"fourier\"");
    row(unet, "down_block_types", R"(["DownBlock2D","SkipDownBlock2D"])");
    row(unet, "up_block_types", R"(["AttnUpBlock2D",5])");
    row(unet, "block_out_channels", R"(["32"])");
    row(unet, "sample_size", "[16,32]");
    row(unet, "layers_per_block", "2.5");
    row(unet, "add_attention", "null");
    row(unet, "dropout", "\"0\"");
    row(unet, "a_new_switch", "true");
    const char* const scheduler = "scheduler/scheduler_config.json";
    row(scheduler, "_class_name", "\"PNDMScheduler\"");
    row(scheduler, "beta_schedule", "\"scaled_linear\"");
    row(scheduler, "beta_schedule", "\"sigmoid\"");
    row(scheduler, "prediction_type", "\"sample\"");
    row(scheduler, "predict_epsilon", "false");
    row(scheduler, "variance_type", "\"learned_range\"");
    row(scheduler, "variance_type", "\"fixed_small_log\"");
    row(scheduler, "trained_betas", "[0.1,0.2]");
    row(scheduler, "thresholding", "true");
    row(scheduler, "rescale_betas_zero_snr", "true");
    row(scheduler, "steps_offset", "1");
    row(scheduler, "clip_sample_range", "2.0");
    row(scheduler, "timestep_spacing", "\"karras\"");
    row(scheduler, "another_switch", "1");
    row("model_index.json", "_class_name", "\"StableDiffusionPipeline\"");
    row("model_index.json", "unet", R"(["diffusers","UNet1DModel"])");
    row("model_index.json", "vqvae", R"(["diffusers","VQModel"])");
}

void DiffusersFolderTest::keys_that_cannot_be_honoured_are_named() {
    QFETCH(QString, file);
    QFETCH(QString, key);
    QFETCH(QString, value);
    const Folder folder;
    write_small(folder.path());
    QVERIFY2(error_of(folder.path()).empty(), error_of(folder.path()).c_str());
    set_key(folder / file.toStdString(), key.toStdString(), json::parse(value.toStdString()));
    const std::string line = error_of(folder.path());
    QVERIFY2(contains(line, key.toStdString()) && contains(line, file.toStdString()) &&
                 contains(line, "Remedy"),
             line.c_str());
    // Keys of diffusers' own bookkeeping never matter.
    write_small(folder.path());
    set_key(folder / file.toStdString(), "_use_default_values", json::array({"x"}));
    QVERIFY2(error_of(folder.path()).empty(), error_of(folder.path()).c_str());
}

void DiffusersFolderTest::what_runs_code_is_refused() {
    for (const char* name : {"diffusion_pytorch_model.bin", "model.pt", "model.pkl", "model.ckpt"}) {
        const Folder folder;
        write_small(folder.path());
        std::filesystem::remove(folder / weights_file);
        QVERIFY(contains(error_of(folder.path()), "no weights"));
        write_bytes(folder / (std::string("unet/") + name), "\x80\x02");
        const std::string line = error_of(folder.path());
        QVERIFY2(contains(line, "run code") && contains(line, name), line.c_str());
        const std::string offered = error_of(folder / (std::string("unet/") + name));
        QVERIFY2(contains(offered, "refused"), offered.c_str());
    }
}

void DiffusersFolderTest::shards_are_joined() {
    const Folder folder;
    write_small(folder.path());
    std::filesystem::remove(folder / weights_file);
    const auto whole = read_diffusers(pipelines / "heads");
    TensorList first(whole->weights.begin(), whole->weights.begin() + 20),
        second(whole->weights.begin() + 20, whole->weights.end());
    const std::string one = "diffusion_pytorch_model-00001-of-00002.safetensors",
                      two = "diffusion_pytorch_model-00002-of-00002.safetensors";
    QVERIFY(write_safetensors(folder / ("unet/" + one), first, {}).ok() &&
            write_safetensors(folder / ("unet/" + two), second, {}).ok());
    json index{{"metadata", {{"total_size", 1}}}};
    for (const auto& [name, tensor] : first)
        index["weight_map"][name] = one;
    for (const auto& [name, tensor] : second)
        index["weight_map"][name] = two;
    const auto index_file = folder / (std::string(weights_file) + ".index.json");
    write_bytes(index_file, index.dump());
    const auto joined = read_diffusers(folder.path());
    QVERIFY2(joined.ok(), joined ? "" : joined.error().line().c_str());
    std::map<std::string, torch::Tensor> found(joined->weights.begin(), joined->weights.end());
    QCOMPARE(found.size(), whole->weights.size());
    for (const auto& [name, tensor] : whole->weights)
        QVERIFY2(torch::equal(found.at(name), tensor), name.c_str());

    index["weight_map"]["not.there"] = two;
    write_bytes(index_file, index.dump());
    QVERIFY(contains(error_of(folder.path()), "not.there"));
    index["weight_map"].erase("not.there");
    index["weight_map"].erase(first[0].first);
    write_bytes(index_file, index.dump());
    QVERIFY(contains(error_of(folder.path()), first[0].first));
    std::filesystem::remove(folder / ("unet/" + two));
    QVERIFY(!error_of(folder.path()).empty());
}

void DiffusersFolderTest::shards_stay_in_their_folder() {
    const Folder folder;
    write_small(folder.path());
    write_bytes(folder / "secret.safetensors", read_bytes(folder / weights_file));
    std::filesystem::remove(folder / weights_file);
    for (const std::string shard : {"../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors",
                                    "weights.bin", "weights.pt", "..", ""}) {
        const json index{{"weight_map", {{"conv_in.weight", shard}}}};
        write_bytes(folder / (std::string(weights_file) + ".index.json"), index.dump());
        const std::string line = error_of(folder.path());
        QVERIFY2(contains(line, "it names") && contains(line, "index.json"), line.c_str());
    }
}

void DiffusersFolderTest::damage_is_an_error() {
    const Folder folder;
    const auto spoiled = [&](const char* file, const char* bytes, const char* said) {
        write_small(folder.path());
        write_bytes(folder / file, bytes);
        const std::string line = error_of(folder.path());
        QVERIFY2(contains(line, said) && contains(line, file), line.c_str());
    };
    spoiled("unet/config.json", "{", "not JSON");
    spoiled("unet/config.json", R"({"in_channels":1,"in_channels":3})", "twice");
    spoiled("scheduler/scheduler_config.json", "[]", "no JSON object");
    spoiled("model_index.json", "", "not JSON");
    spoiled(weights_file, "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "Git-LFS");
    write_small(folder.path());
    std::filesystem::remove_all(folder / "scheduler");
    QVERIFY(contains(error_of(folder.path()), "scheduler_config.json"));
    write_small(folder.path());
    set_key(folder / "unet/config.json", "in_channels", 2);
    QVERIFY(contains(error_of(folder.path()), "in_channels"));
    QVERIFY(contains(error_of(folder / "absent"), "no such folder"));
    QVERIFY(contains(error_of(folder / "unet/config.json"), "not a folder"));
    QVERIFY(contains(error_of(folder / "scheduler"), "not a diffusers folder"));
}

void DiffusersFolderTest::nan_is_a_notice() {
    const Folder folder;
    write_small(folder.path());
    QVERIFY(write_safetensors(folder / weights_file,
                              {{"good", torch::ones({2})},
                               {"bad", torch::tensor({1.0F, NAN})},
                               {"whole", torch::ones({2}, torch::kInt64)}},
                              {})
                .ok());
    const auto model = read_diffusers(folder.path());
    QVERIFY(model.ok());
    QCOMPARE(model->notices.size(), std::size_t{1});
    QVERIFY2(contains(model->notices[0], "1 of 3") && contains(model->notices[0], "\"bad\""),
             model->notices[0].c_str());
    QVERIFY(!write_diffusers(folder / "copy", *model).ok());
    QVERIFY(!std::filesystem::exists(folder / "copy"));
}

void DiffusersFolderTest::what_is_written_means_the_same() {
    const Folder folder;
    for (const char* name : {"ddpm", "heads"}) {
        const auto model = read_diffusers(pipelines / name);
        const auto target = folder / name;
        const Status written = write_diffusers(target, *model);
        QVERIFY2(written.ok(), written ? "" : written.error().line().c_str());
        // The peer's file holds one dtype ordered by name, so ours must be the same byte for byte, but for
        // the padding.
        const auto data_of = [](const std::string& bytes) {
            std::uint64_t header = 0;
            std::memcpy(&header, bytes.data(), 8);
            return std::pair{bytes.substr(8, header), bytes.substr(8 + header)};
        };
        const auto [ours_header, ours] = data_of(read_bytes(target / weights_file));
        const auto [theirs_header, theirs] = data_of(read_bytes(pipelines / name / weights_file));
        QCOMPARE(json::parse(ours_header), json::parse(theirs_header));
        QVERIFY(ours == theirs);
        QCOMPARE(ours_header.size() % 8, std::size_t{0});
        // Every key of theirs is in ours with the same value; what is more, is explicit.
        for (const char* file : {"model_index.json", "unet/config.json", "scheduler/scheduler_config.json"}) {
            const json theirs_json = json_in(pipelines / name / file), ours_json = json_in(target / file);
            for (const auto& [key, value] : theirs_json.items())
                QVERIFY2(ours_json.contains(key) && ours_json[key] == value,
                         (std::string(file) + " " + key).c_str());
            const std::string text = read_bytes(target / file);
            QVERIFY2(text.starts_with("{\n  \"_class_name\": ") && text.ends_with("\n}\n"),
                     text.c_str()); // sorted, indented
        }
        const json unet = json_in(target / "unet/config.json");
        QVERIFY(unet.contains("attention_head_dim") && unet.contains("norm_eps") &&
                unet.contains("time_embedding_type"));
        const auto again = read_diffusers(target);
        QVERIFY2(again.ok(), again ? "" : again.error().line().c_str());
        QVERIFY(again->unet == model->unet && again->diffusion == model->diffusion &&
                again->sampling == model->sampling);
    }
    auto model = read_diffusers(pipelines / "heads");
    model->diffusion.schedule.kind = BetaSchedule::cosine;
    model->diffusion.prediction = Prediction::v;
    model->sampling.sampler = Sampler::ddim;
    model->sampling.steps = 50;
    QVERIFY(write_diffusers(folder / "ddim", *model).ok());
    QCOMPARE(json_in(folder / "ddim/model_index.json")["scheduler"], (json{"diffusers", "DDIMScheduler"}));
    QCOMPARE(json_in(folder / "ddim/scheduler/scheduler_config.json")["beta_schedule"],
             json("squaredcos_cap_v2"));
    QVERIFY(!json_in(folder / "ddim/scheduler/scheduler_config.json").contains("variance_type"));
    const auto again = read_diffusers(folder / "ddim");
    QVERIFY(again.ok() && again->diffusion == model->diffusion && again->sampling.sampler == Sampler::ddim);
}

void DiffusersFolderTest::existing_folders_stay_untouched() {
    const Folder folder;
    write_small(folder / "small");
    const auto model = read_diffusers(folder / "small");
    write_bytes(folder / "mine/notes.txt", "keep");
    QVERIFY(contains(write_diffusers(folder / "mine", *model).error().line(), "not empty"));
    QCOMPARE(names_in(folder / "mine"), std::set<std::string>{"notes.txt"});
    QVERIFY(contains(write_diffusers(folder / "mine/notes.txt", *model).error().line(), "file of this name"));
    std::filesystem::create_directory(folder / "empty");
    QVERIFY(write_diffusers(folder / "empty/", *model).ok()); // also with a slash behind it
    QVERIFY(is_diffusers_folder(folder / "empty"));
    QVERIFY(write_diffusers(folder / "new/below", *model).ok());
    // What a killed export left is removed by the next one; a process of that number cannot be alive.
    write_bytes(folder / ".again.ddpm-tmp-2000000000/unet/config.json", "half");
    QVERIFY(write_diffusers(folder / "again", *model).ok());
    QVERIFY(!std::filesystem::exists(folder / ".again.ddpm-tmp-2000000000"));
}

void DiffusersFolderTest::a_write_that_fails_anywhere_leaves_nothing() {
    const Folder folder;
    write_small(folder / "small");
    const auto model = read_diffusers(folder / "small");
    int failures = 0;
    for (int n = 1;; ++n) {
        bool ok = false, reached = false;
        {
            const CountedFiles files(n, ENOSPC, [] { return true; });
            ok = write_diffusers(folder / "copy", *model).ok();
            reached = files.reached();
        }
        QVERIFY(ok != reached);
        if (ok) break;
        ++failures;
        // All of it (only the last fsync can fail after the rename) or nothing.
        if (std::filesystem::exists(folder / "copy")) {
            QVERIFY(read_diffusers(folder / "copy").ok());
            std::filesystem::remove_all(folder / "copy");
        }
        QCOMPARE(names_in(folder.path()), std::set<std::string>{"small"});
    }
    QVERIFY(failures > 20);
    QVERIFY(read_diffusers(folder / "copy").ok());
}

QTEST_GUILESS_MAIN(DiffusersFolderTest)
#include "test_diffusers_folder.moc"
