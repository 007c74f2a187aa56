// diffusers folders, writing: what was read comes back, what was trained here loads there, nothing half done
// stays.
#include "diffusers_files.h"
#include "failing_files.h"

#include <QtTest>

using namespace ddpm;
using namespace ddpm::formats;
using nlohmann::json;

class DiffusersExportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void peers_files_come_back_bit_for_bit();
    void what_is_written_means_the_same();
    void what_was_changed_is_written_anew();
    void what_diffusers_lacks_is_not_written();
    void classes_and_learned_variance_come_back();
    void existing_folders_stay_untouched();
    void a_write_that_fails_anywhere_leaves_nothing();
};

void DiffusersExportTest::peers_files_come_back_bit_for_bit() {
    const Folder folder;
    for (const char* name : {"ddpm", "heads", "ddpm-legacy"}) {
        const auto model = read_diffusers(pipelines / name);
        const auto target = folder / name;
        const Status written = write_diffusers(target, *model);
        QVERIFY2(written.ok(), written ? "" : written.error().line().c_str());
        for (const char* file : {"model_index.json", "unet/config.json", "scheduler/scheduler_config.json"})
            QVERIFY2(read_bytes(target / file) == read_bytes(pipelines / name / file), file);
        // The peer's file holds one dtype ordered by name, so ours must be the same byte for byte, but for
        // the padding. The old names are written as the new ones.
        const char* current = std::string(name) == "ddpm-legacy" ? "ddpm" : name;
        const auto data_of = [](const std::string& bytes) {
            std::uint64_t header = 0;
            std::memcpy(&header, bytes.data(), 8);
            return std::pair{bytes.substr(8, header), bytes.substr(8 + header)};
        };
        const auto [ours_header, ours] = data_of(read_bytes(target / weights_file));
        const auto [theirs_header, theirs] = data_of(read_bytes(pipelines / current / weights_file));
        QCOMPARE(json::parse(ours_header), json::parse(theirs_header));
        QVERIFY(ours == theirs);
        QCOMPARE(ours_header.size() % 8, std::size_t{0});
        const auto again = read_diffusers(target);
        QVERIFY2(again.ok(), again ? "" : again.error().line().c_str());
        QVERIFY(again->unet == model->unet && again->diffusion == model->diffusion &&
                again->sampling == model->sampling);
    }
}

void DiffusersExportTest::what_is_written_means_the_same() {
    const Folder folder;
    for (const char* name : {"ddpm", "heads"}) {
        auto model = read_diffusers(pipelines / name);
        model->source = {}; // as if it had been trained here
        const auto target = folder / name;
        QVERIFY(write_diffusers(target, *model).ok());
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
        const auto again = read_diffusers(target);
        QVERIFY2(again.ok(), again ? "" : again.error().line().c_str());
        QVERIFY(again->unet == model->unet && again->diffusion == model->diffusion &&
                again->sampling == model->sampling);
    }
}

void DiffusersExportTest::what_was_changed_is_written_anew() {
    const Folder folder;
    const auto read = read_diffusers(pipelines / "heads");
    const auto scheduler_of = [&](const DiffusersModel& model) {
        const auto target = folder / "changed";
        std::filesystem::remove_all(target);
        const Status written = write_diffusers(target, model);
        if (!written) qWarning("%s", written.error().line().c_str());
        return json_in(target / "scheduler/scheduler_config.json");
    };
    DiffusersModel model = *read;
    model.sampling.steps = 50; // not in the file, so that it stays as it was
    model.sampling.seed = 9;
    (void)scheduler_of(model);
    QCOMPARE(read_bytes(folder / "changed/scheduler/scheduler_config.json"),
             read_bytes(pipelines / "heads/scheduler/scheduler_config.json"));
    model.sampling.variance = Variance::fixed_small;
    QCOMPARE(scheduler_of(model)["variance_type"], json("fixed_small"));
    model.diffusion.schedule.kind = BetaSchedule::cosine;
    model.diffusion.prediction = Prediction::v;
    model.sampling.sampler = Sampler::ddim;
    const json ddim = scheduler_of(model);
    QCOMPARE(ddim["beta_schedule"], json("squaredcos_cap_v2"));
    QCOMPARE(json_in(folder / "changed/model_index.json")["scheduler"], (json{"diffusers", "DDIMScheduler"}));
    const auto again = read_diffusers(folder / "changed");
    QVERIFY(again.ok() && again->diffusion == model.diffusion && again->sampling.sampler == Sampler::ddim);
    QCOMPARE(read_bytes(folder / "changed/unet/config.json"),
             read_bytes(pipelines / "heads/unet/config.json"));
    // Keys of other releases are not passed on.
    write_small(folder / "early");
    set_key(folder / "early/scheduler/scheduler_config.json", "predict_epsilon", false);
    const json early = scheduler_of(*read_diffusers(folder / "early"));
    QVERIFY(!early.contains("predict_epsilon") && early["prediction_type"] == "sample");
}

void DiffusersExportTest::what_diffusers_lacks_is_not_written() {
    const Folder folder;
    auto model = read_diffusers(pipelines / "heads");
    model->diffusion.prediction = Prediction::mu;
    const Status written = write_diffusers(folder / "mu", *model);
    QVERIFY(!written.ok());
    QVERIFY2(contains(written.error().line(), "mu") && contains(written.error().line(), "Remedy"),
             written.error().line().c_str());
    QVERIFY(names_in(folder.path()).empty());
}

void DiffusersExportTest::classes_and_learned_variance_come_back() {
    const Folder folder;
    write_small(folder / "small");
    const auto unet_file = folder / "small/unet/config.json";
    set_key(unet_file, "num_class_embeds", 11);
    set_key(unet_file, "out_channels", 2);
    set_key(folder / "small/scheduler/scheduler_config.json", "variance_type", "learned_range");
    const TensorList weights{{"class_embedding.weight", torch::randn({11, 128})},
                             {"conv_in.weight", torch::randn({2})}};
    QVERIFY(write_safetensors(folder / "small" / weights_file, weights, {{"format", "pt"}}).ok());
    const auto model = read_diffusers(folder / "small");
    QVERIFY2(model.ok(), model ? "" : model.error().line().c_str());
    QVERIFY(model->unet.num_class_embeds == 11 && model->unet.out_channels == 2);
    QVERIFY(model->diffusion.learned_variance == LearnedVariance::range);
    QVERIFY(write_diffusers(folder / "copy", *model).ok());
    for (const char* file : {weights_file, "unet/config.json", "scheduler/scheduler_config.json"})
        QVERIFY2(read_bytes(folder / "copy" / file) == read_bytes(folder / "small" / file), file);
    // A net that says its variance, and a scheduler that takes it for pixels.
    set_key(folder / "small/scheduler/scheduler_config.json", "variance_type", "fixed_large");
    QVERIFY2(contains(error_of(folder / "small"), "out_channels is 2"), error_of(folder / "small").c_str());
    set_key(unet_file, "out_channels", 1);
    set_key(folder / "small/scheduler/scheduler_config.json", "variance_type", "learned");
    QVERIFY2(contains(error_of(folder / "small"), "out_channels is 1"), error_of(folder / "small").c_str());
}

void DiffusersExportTest::existing_folders_stay_untouched() {
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

void DiffusersExportTest::a_write_that_fails_anywhere_leaves_nothing() {
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

QTEST_GUILESS_MAIN(DiffusersExportTest)
#include "test_diffusers_export.moc"
