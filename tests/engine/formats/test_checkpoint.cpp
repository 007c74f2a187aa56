// Checkpoints: exact round trip, every flipped byte noticed, and always a good one left.
#include "failing_files.h"
#include "files.h"
#include "formats/checkpoint.h"
#include "formats/run_folder.h"
#include "formats/safetensors_layout.h"

#include <QtTest>

#include <algorithm>
#include <map>
#include <sys/mman.h>

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

bool is_state_of(const Checkpoint& checkpoint, std::int64_t step) {
    const Checkpoint expected = checkpoint_at(step);
    std::map<std::string, torch::Tensor> found(checkpoint.tensors.begin(), checkpoint.tensors.end());
    return checkpoint.step == step && checkpoint.seconds == expected.seconds &&
           found.size() == expected.tensors.size() &&
           std::all_of(expected.tensors.begin(), expected.tensors.end(), [&](const auto& entry) {
               return found.count(entry.first) == 1 && torch::equal(found[entry.first], entry.second);
           });
}

/// A number that a child process leaves behind when it is killed.
class SharedNumber {
public:
    SharedNumber()
        : number_(static_cast<std::int64_t*>(::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE,
                                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
    ~SharedNumber() { ::munmap(number_, sizeof *number_); }
    SharedNumber(const SharedNumber&) = delete;
    SharedNumber& operator=(const SharedNumber&) = delete;
    volatile std::int64_t& value() { return *number_; }

private:
    std::int64_t* number_;
};

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
    void every_truncation_is_noticed();
    void all_bad_is_an_error_that_touches_nothing();
    void a_newer_version_is_refused();
    void a_save_that_fails_anywhere_loses_nothing_data();
    void a_save_that_fails_anywhere_loses_nothing();
    void a_save_killed_anywhere_loses_nothing();
    void a_training_killed_anywhere_keeps_what_it_reported();
    void a_reader_beside_a_training_always_finds_one();
    void another_state_of_the_same_step_is_kept();
    void another_state_is_kept_or_the_save_fails();
    void nan_is_not_saved();
    void nan_in_a_good_file_is_said();
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

void CheckpointTest::every_truncation_is_noticed() {
    const Folder run;
    QVERIFY(save(run, 1000) && save(run, 2000));
    const auto file = run / ("checkpoints/" + name_of_step(2000));
    const std::string whole = read_bytes(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_bytes(file, whole.substr(0, size));
        const auto loaded = load_newest_checkpoint(run.path());
        QVERIFY2(loaded.ok() && loaded->checkpoint.step == 1000 && loaded->notices.size() == 1,
                 qPrintable(QString("%1 bytes").arg(size)));
    }
    write_bytes(file, whole + '\0');
    QCOMPARE(load_newest_checkpoint(run.path())->checkpoint.step, std::int64_t{1000});
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

void CheckpointTest::a_save_that_fails_anywhere_loses_nothing_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("said");
    QTest::addRow("disk full") << ENOSPC << "disk is full";
    QTest::addRow("read-only") << EROFS << "read-only";
    QTest::addRow("permission") << EACCES << "permission denied";
    QTest::addRow("input/output error") << EIO << "disk reports an error";
}

void CheckpointTest::a_save_that_fails_anywhere_loses_nothing() {
    QFETCH(int, code);
    QFETCH(QString, said);
    const Folder run;
    int failures = 0;
    for (int n = 1;; ++n) {
        QVERIFY(save(run, 1000, 1));
        bool ok = false, reached = false, pruning = false;
        {
            const CountedFiles files(n, code, [] { return true; });
            const auto saved = save_checkpoint(run.path(), checkpoint_at(2000), 1);
            ok = saved.ok();
            if (!ok)
                QVERIFY2(contains(saved.error().line(), said.toStdString()), saved.error().line().c_str());
            reached = files.reached();
            pruning = files.failed_at_unlink();
        }
        QVERIFY(ok == (!reached || pruning)); // "saved" is said if and only if it is
        const auto loaded = load_newest_checkpoint(run.path());
        QVERIFY(loaded.ok() && loaded->notices.empty());
        QVERIFY(is_state_of(loaded->checkpoint, loaded->checkpoint.step));
        if (ok) QCOMPARE(loaded->checkpoint.step, std::int64_t{2000});
        for (const std::string& name : names_in(run / "checkpoints"))
            QVERIFY2(!contains(name, "tmp"), name.c_str());
        if (!reached) break;
        ++failures;
        // 1000 goes only after 2000 is safe.
        QVERIFY(names_in(run / "checkpoints").count(name_of_step(1000)) == 1);
        std::filesystem::remove(run / ("checkpoints/" + name_of_step(2000)));
    }
    QVERIFY(failures > 9);
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

void CheckpointTest::a_training_killed_anywhere_keeps_what_it_reported() {
    SharedNumber reported;
    int deaths = 0;
    for (int n = 1;; ++n) {
        const Folder folder;
        const auto run = folder / "run";
        reported.value() = 0;
        const bool killed = killed_at(n, [&] {
            if (!create_run(run, ddpm::RunSettings{})) return;
            for (const std::int64_t step : {100, 200, 300, 400})
                if (save_checkpoint(run, checkpoint_at(step), 2)) reported.value() = step;
        });
        const QByteArray where = QString("killed at call %1").arg(n).toUtf8();
        const std::int64_t last = reported.value();
        if (is_run_folder(run)) {
            QVERIFY2(read_run_settings(run).ok(), where);
            (void)clean_orphans(run);
            for (const auto& entry : std::filesystem::recursive_directory_iterator(run))
                QVERIFY2(!contains(entry.path().filename().string(), "tmp"), where);
            const auto loaded = load_newest_checkpoint(run);
            if (last > 0) QVERIFY2(loaded.ok(), where);
            if (loaded.ok()) {
                QVERIFY2(loaded->checkpoint.step >= last && loaded->notices.empty(), where);
                QVERIFY2(is_state_of(loaded->checkpoint, loaded->checkpoint.step), where);
            }
            QVERIFY2(save_checkpoint(run, checkpoint_at(500), 2).ok(), where); // and it goes on
            QCOMPARE(load_newest_checkpoint(run)->checkpoint.step, std::int64_t{500});
        } else {
            QVERIFY2(last == 0 && killed, where);
            QVERIFY2(create_run(run, ddpm::RunSettings{}).ok(), where); // begun anew, nothing is in the way
        }
        if (!killed) break;
        ++deaths;
    }
    QCOMPARE(reported.value(), std::int64_t{400});
    QVERIFY2(deaths > 50, qPrintable(QString::number(deaths)));
}

void CheckpointTest::a_reader_beside_a_training_always_finds_one() {
    for (const int keep : {1, 3}) {
        const Folder run;
        QVERIFY(save(run, 1, keep));
        const pid_t child = ::fork();
        if (child == 0) {
            for (std::int64_t step = 2; step <= 300; ++step)
                if (!save(run, step, keep)) ::_exit(1);
            ::_exit(0);
        }
        int status = 0, reads = 0;
        std::int64_t before = 0;
        while (::waitpid(child, &status, WNOHANG) == 0) {
            const auto loaded = load_newest_checkpoint(run.path());
            QVERIFY2(loaded.ok(), loaded ? "" : loaded.error().line().c_str());
            for (const std::string& notice : loaded->notices)
                QFAIL(notice.c_str());
            QVERIFY(loaded->checkpoint.step >= before);
            before = loaded->checkpoint.step;
            ++reads;
        }
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        QVERIFY(reads > 0);
        QCOMPARE(load_newest_checkpoint(run.path())->checkpoint.step, std::int64_t{300});
        QCOMPARE(names_in(run / "checkpoints").size(), static_cast<std::size_t>(keep));
    }
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

void CheckpointTest::another_state_is_kept_or_the_save_fails() {
    const std::string aside = "step_00001000.other-1.safetensors";
    for (int n = 1;; ++n) {
        const Folder run;
        QVERIFY(save(run, 1000));
        const std::string first = read_bytes(run / ("checkpoints/" + name_of_step(1000)));
        Checkpoint other = checkpoint_at(1000);
        other.tensors[0].second = torch::zeros({2, 3});
        bool reached = false;
        {
            const CountedFiles files(n, ENOSPC, [] { return true; });
            QVERIFY(save_checkpoint(run.path(), other, 3).ok() != files.reached());
            reached = files.reached();
        }
        QVERIFY(read_bytes(run / ("checkpoints/" + name_of_step(1000))) == first ||
                read_bytes(run / ("checkpoints/" + aside)) == first);
        if (reached) continue;
        QVERIFY(n > 9);
        break;
    }
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

void CheckpointTest::nan_in_a_good_file_is_said() {
    const Folder run;
    QVERIFY(save(run, 1000));
    const auto path = run / ("checkpoints/" + name_of_step(1000));
    auto file = read_safetensors(path);
    QVERIFY(file.ok());
    for (auto& [name, tensor] : file->tensors)
        if (name == "ema.conv.weight") tensor[0][1] = INFINITY;
    const std::uint32_t sum = data_crc32(in_file_order(file->tensors));
    file->metadata["crc32"] = QString("%1").arg(sum, 8, 16, QChar('0')).toStdString();
    QVERIFY(write_safetensors(path, file->tensors, file->metadata).ok());
    const auto loaded = load_newest_checkpoint(run.path());
    QVERIFY2(loaded.ok(), loaded ? "" : loaded.error().line().c_str());
    QCOMPARE(loaded->notices.size(), std::size_t{1});
    QVERIFY2(contains(loaded->notices[0], "ema.conv.weight") && contains(loaded->notices[0], "1 of 4"),
             loaded->notices[0].c_str());
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
