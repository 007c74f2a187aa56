// diffusers folders, reading: the peer's own files, every trap of the keys, and what must be refused.
#include "diffusers_files.h"

#include <QtTest>

using namespace ddpm;
using namespace ddpm::formats;
using nlohmann::json;

class DiffusersFolderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void reads_the_peers_ddpm();
    void reads_the_peers_other_branch();
    void old_attention_names_are_renamed();
    void absent_keys_have_the_peers_defaults();
    void null_and_absent_heads_differ();
    void components_may_lie_in_the_root();
    void keys_that_cannot_be_honoured_are_named_data();
    void keys_that_cannot_be_honoured_are_named();
    void what_runs_code_is_refused();
    void shards_are_joined();
    void shards_stay_in_their_folder();
    void damage_is_an_error();
    void nan_is_a_notice();
    void other_precisions_become_float32();
};

void DiffusersFolderTest::reads_the_peers_ddpm() {
    QVERIFY(is_diffusers_folder(pipelines / "ddpm"));
    const auto model = read_diffusers(pipelines / "ddpm");
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    UnetSettings expected; // what differs from ours
    expected.sample_size = 16;
    expected.in_channels = expected.out_channels = 3;
    expected.block_out_channels = {16, 32, 32};
    expected.layers_per_block = 2;
    expected.norm_num_groups = 8;
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
    UnetSettings expected;
    expected.sample_size = 28;
    expected.block_out_channels = {16, 32, 32};
    expected.attention_head_dim = 8;
    expected.norm_num_groups = 8;
    expected.norm_eps = 1e-5;
    expected.downsample_padding = 1;
    expected.flip_sin_to_cos = true;
    expected.freq_shift = 0;
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
    UnetSettings expected;
    expected.sample_size = 64;
    expected.in_channels = expected.out_channels = 3;
    expected.block_out_channels = {224, 448, 672, 896};
    expected.down_attention = {false, true, true, true};
    expected.up_attention = {true, true, true, false};
    expected.layers_per_block = 2;
    expected.attention_head_dim = 8;
    expected.norm_num_groups = 32;
    expected.norm_eps = 1e-5;
    expected.downsample_padding = 1;
    expected.flip_sin_to_cos = true;
    expected.freq_shift = 0;
    expected.num_class_embeds = 0;
    QVERIFY(model->unet == expected);
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
    row(unet, "num_class_embeds", "0");
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
    row(unet, "out_channels", "2"); // a learned variance that the scheduler does not know of
    const char* const scheduler = "scheduler/scheduler_config.json";
    row(scheduler, "_class_name", "\"PNDMScheduler\"");
    row(scheduler, "variance_type", "\"fixed_small_log\"");
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

void DiffusersFolderTest::other_precisions_become_float32() {
    const Folder folder;
    write_small(folder.path());
    const torch::Tensor exact = torch::tensor({1.5F, -0.25F}),
                        third = torch::tensor({1.0 / 3.0}, torch::kFloat64);
    QVERIFY(write_safetensors(folder / weights_file,
                              {{"half", exact.to(torch::kFloat16)},
                               {"brain", exact.to(torch::kBFloat16)},
                               {"double", third},
                               {"single", exact},
                               {"count", torch::tensor({7}, torch::kInt64)}},
                              {})
                .ok());
    const auto model = read_diffusers(folder.path());
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    const std::map<std::string, torch::Tensor> found(model->weights.begin(), model->weights.end());
    for (const char* name : {"half", "brain", "single"})
        QVERIFY2(found.at(name).scalar_type() == torch::kFloat32 && torch::equal(found.at(name), exact),
                 name);
    QVERIFY(torch::equal(found.at("double"), third.to(torch::kFloat32)));
    QVERIFY(found.at("count").scalar_type() == torch::kInt64);
    QCOMPARE(model->notices.size(), std::size_t{3});
    for (const char* dtype : {"1 of 5 weights are stored as F16", "BF16", "F64; they were rounded"})
        QVERIFY2(std::any_of(model->notices.begin(), model->notices.end(),
                             [&](const auto& notice) { return contains(notice, dtype); }),
                 dtype);
}

QTEST_GUILESS_MAIN(DiffusersFolderTest)
#include "test_diffusers_folder.moc"
