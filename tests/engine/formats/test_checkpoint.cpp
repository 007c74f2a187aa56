// Checkpoints: exact round trip, every flipped byte noticed, and always a good one left.
#include "failing_files.h"
#include "files.h"
#include "formats/checkpoint.h"

#include <QtTest>

using namespace ddpm::formats;

namespace {

Checkpoint checkpoint_at(std::int64_t step) {
    Checkpoint checkpoint{step, 20'000, 12.3456789012345678 + static_cast<double>(step), 0.1 / 3.0, {}};
    const auto value = static_cast<float>(step);
    checkpoint.tensors = {{"weights.conv.weight", torch::full({2, 3}, value)},
                          {"ema.conv.weight", torch::full({2, 3}, value + 0.5F)},
                          {"adam.exp_avg.conv.weight", torch::full({2, 3}, 1e-20F)},
                          {"adam.exp_avg_sq.conv.weight", torch::full({2, 3}, 1e-30F)}};
    return checkpoint;
}

std::string name_of_step(std::int64_t step) {
    const std::string digits = std::to_string(step);
    return "step_" + std::string(8 - digits.size(), '0') + digits + ".safetensors";
}

void flip(const std::filesystem::path& file, std::size_t at, int bit) {
    std::string bytes = read_bytes(file);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    write_bytes(file, bytes);
}

bool save(const Folder& run, std::int64_t step, int keep = 3) {
    return save_checkpoint(run.path(), checkpoint_at(step), keep).ok();
}

} // namespace

class CheckpointTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comes_back_exactly();
    void old_ones_are_pruned_after_the_save();
    void goes_back_past_damage();
    void every_flipped_bit_is_noticed();
    void all_bad_is_an_error_that_touches_nothing();
    void a_newer_version_is_refused();
    void a_save_that_fails_anywhere_loses_nothing();
    void a_save_killed_anywhere_loses_nothing();
    void another_state_of_the_same_step_is_kept();
    void nan_is_not_saved();
    void a_removed_run_folder_is_not_made_anew();
};

void CheckpointTest::comes_back_exactly() {
    const Folder run;
    const Checkpoint saved = checkpoint_at(1000);
    const auto file = save_checkpoint(run.path(), saved, 3);
    QVERIFY2(file.ok(), file ? "" : file.error().line().c_str());
    QCOMPARE(file->filename().string(), std::string("step_00001000.safetensors"));
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY2(loaded.ok(), loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->notices.empty());
    QCOMPARE(loaded->file, *file);
    const Checkpoint& read = loaded->checkpoint;
    QVERIFY(read.step == saved.step && read.planned_steps == saved.planned_steps);
    QVERIFY(read.seconds == saved.seconds && read.learning_rate == saved.learning_rate); // all digits
    QCOMPARE(read.tensors.size(), saved.tensors.size());
    for (const auto& [name, tensor] : saved.tensors) {
        const auto found = std::find_if(read.tensors.begin(), read.tensors.end(),
                                        [&](const auto& t) { return t.first == name; });
        QVERIFY2(found != read.tensors.end() && torch::equal(found->second, tensor), name.c_str());
    }
}

void CheckpointTest::old_ones_are_pruned_after_the_save() {
    const Folder run;
    write_bytes(run / "checkpoints/notes.txt", "mine");
    for (const std::int64_t step : {500, 1000, 1500, 2000})
        QVERIFY(save(run, step, 2));
    QCOMPARE(names_in(run / "checkpoints"),
             (std::set<std::string>{"notes.txt", name_of_step(1500), name_of_step(2000)}));
    // A save below a damaged newer file must not be pruned in its favour.
    flip(run / ("checkpoints/" + name_of_step(2000)), 200, 0);
    QVERIFY(save(run, 1600, 1));
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY(loaded.ok());
    QCOMPARE(loaded->checkpoint.step, std::int64_t{1600});
}

void CheckpointTest::goes_back_past_damage() {
    const Folder run;
    for (const std::int64_t step : {1000, 2000, 3000})
        QVERIFY(save(run, step));
    const auto newest = run / ("checkpoints/" + name_of_step(3000)),
               second = run / ("checkpoints/" + name_of_step(2000));
    write_bytes(newest, read_bytes(newest).substr(0, 300));
    std::string data = read_bytes(second);
    flip(second, data.size() - 1, 3);
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY(loaded.ok());
    QCOMPARE(loaded->checkpoint.step, std::int64_t{1000});
    QCOMPARE(loaded->notices.size(), std::size_t{2});
    QVERIFY2(contains(loaded->notices[0], name_of_step(3000)) && contains(loaded->notices[0], "step 1,000"),
             loaded->notices[0].c_str());
    QCOMPARE(loaded->notices[1], name_of_step(2000) + " is damaged (checksum); went back to step 1,000");
}

void CheckpointTest::every_flipped_bit_is_noticed() {
    const Folder run;
    QVERIFY(save(run, 1000) && save(run, 2000));
    const auto file = run / ("checkpoints/" + name_of_step(2000));
    const std::size_t size = std::filesystem::file_size(file);
    for (std::size_t at = 0; at < size; ++at)
        for (int bit = 0; bit < 8; ++bit) {
            flip(file, at, bit);
            const auto loaded = load_newest_checkpoint(run.path());
            QVERIFY2(loaded.ok(), qPrintable(QString("byte %1 bit %2").arg(at).arg(bit)));
            QVERIFY2(loaded->checkpoint.step == 1000,
                     qPrintable(QString("byte %1 bit %2 passed").arg(at).arg(bit)));
            flip(file, at, bit);
        }
    QCOMPARE(load_newest_checkpoint(run.path())->checkpoint.step, std::int64_t{2000});
}

void CheckpointTest::all_bad_is_an_error_that_touches_nothing() {
    const Folder run;
    QVERIFY(contains(load_newest_checkpoint(run.path()).error().line(), "no checkpoint yet"));
    write_bytes(run / ("checkpoints/" + name_of_step(1000)), "rubbish");
    write_bytes(run / ("checkpoints/" + name_of_step(2000)), "");
    // A copy under another step's name is not that step.
    QVERIFY(save(run, 2500));
    std::filesystem::rename(run / ("checkpoints/" + name_of_step(2500)),
                            run / ("checkpoints/" + name_of_step(3000)));
    const auto before = names_in(run / "checkpoints");
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY(!loaded.ok());
    for (const std::int64_t step : {1000, 2000, 3000})
        QVERIFY2(contains(loaded.error().line(), name_of_step(step)), loaded.error().line().c_str());
    QCOMPARE(names_in(run / "checkpoints"), before);
    QCOMPARE(read_bytes(run / ("checkpoints/" + name_of_step(1000))), std::string("rubbish"));
}

void CheckpointTest::a_newer_version_is_refused() {
    const Folder run;
    QVERIFY(save(run, 1000));
    QVERIFY(write_safetensors(run / ("checkpoints/" + name_of_step(2000)), {{"x", torch::ones({1})}},
                              {{"ddpm_lab_checkpoint", "2"}, {"step", "2000"}})
                .ok());
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY(!loaded.ok());
    QVERIFY2(contains(loaded.error().line(), "newer DDPM Lab") &&
                 contains(loaded.error().line(), name_of_step(2000)),
             loaded.error().line().c_str());
}

void CheckpointTest::a_save_that_fails_anywhere_loses_nothing() {
    const Folder run;
    QVERIFY(save(run, 1000, 1));
    int failures = 0;
    for (int n = 1;; ++n) {
        bool ok = false, reached = false;
        {
            const CountedFiles files(n, ENOSPC, [] { return true; });
            const auto saved = save_checkpoint(run.path(), checkpoint_at(2000), 1);
            ok = saved.ok();
            if (!ok) QVERIFY(contains(saved.error().line(), "disk is full"));
            reached = files.reached();
        }
        QVERIFY(ok != reached);
        const auto loaded = load_newest_checkpoint(run.path());
        QVERIFY(loaded.ok() && loaded->notices.empty());
        for (const std::string& name : names_in(run / "checkpoints"))
            QVERIFY2(!contains(name, "tmp"), name.c_str());
        if (ok) break;
        ++failures;
        // 1000 goes only after 2000 is safe.
        QVERIFY(names_in(run / "checkpoints").count(name_of_step(1000)) == 1);
        std::filesystem::remove(run / ("checkpoints/" + name_of_step(2000)));
    }
    QVERIFY(failures > 8);
    QCOMPARE(load_newest_checkpoint(run.path())->checkpoint.step, std::int64_t{2000});
    QCOMPARE(names_in(run / "checkpoints").size(), std::size_t{1});
}

void CheckpointTest::a_save_killed_anywhere_loses_nothing() {
    const Folder run;
    QVERIFY(save(run, 1000, 1));
    int deaths = 0;
    while (killed_at(deaths + 1, [&] { (void)save_checkpoint(run.path(), checkpoint_at(2000), 1).ok(); })) {
        ++deaths;
        const auto loaded = load_newest_checkpoint(run.path());
        QVERIFY(loaded.ok() && loaded->notices.empty());
        QVERIFY(names_in(run / "checkpoints").count(name_of_step(1000)) == 1);
        std::filesystem::remove(run / ("checkpoints/" + name_of_step(2000)));
    }
    QVERIFY(deaths > 8);
    QCOMPARE(load_newest_checkpoint(run.path())->checkpoint.step, std::int64_t{2000});
}

void CheckpointTest::another_state_of_the_same_step_is_kept() {
    const Folder run;
    QVERIFY(save(run, 1000));
    Checkpoint later = checkpoint_at(1000);
    later.seconds += 5;
    QVERIFY(save_checkpoint(run.path(), later, 3).ok()); // the same state: simply replaced
    QCOMPARE(names_in(run / "checkpoints").size(), std::size_t{1});
    later.tensors[0].second = torch::zeros({2, 3});
    QVERIFY(save_checkpoint(run.path(), later, 3).ok()); // another one: both are there
    QCOMPARE(names_in(run / "checkpoints"),
             (std::set<std::string>{name_of_step(1000), "step_00001000.other-1.safetensors"}));
    QVERIFY(load_newest_checkpoint(run.path())->checkpoint.tensors.size() == 4);
}

void CheckpointTest::nan_is_not_saved() {
    const Folder run;
    QVERIFY(save(run, 1000));
    Checkpoint broken = checkpoint_at(2000);
    broken.tensors[1].second[0][0] = NAN;
    const auto saved = save_checkpoint(run.path(), broken, 3);
    QVERIFY(!saved.ok());
    QVERIFY2(contains(saved.error().line(), "ema.conv.weight"), saved.error().line().c_str());
    QCOMPARE(names_in(run / "checkpoints").size(), std::size_t{1});
}

void CheckpointTest::a_removed_run_folder_is_not_made_anew() {
    const Folder folder;
    const auto saved = save_checkpoint(folder / "gone", checkpoint_at(1), 3);
    QVERIFY(!saved.ok());
    QVERIFY(contains(saved.error().line(), "gone"));
    QVERIFY(names_in(folder.path()).empty());
}

QTEST_GUILESS_MAIN(CheckpointTest)
#include "test_checkpoint.moc"
