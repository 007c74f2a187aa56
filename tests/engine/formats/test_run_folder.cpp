// A run's folder: made once, opened by one, its metrics appended to and cut.
#include "failing_files.h"
#include "files.h"
#include "formats/run_folder.h"

#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

std::vector<MetricPoint> points(std::int64_t first, std::int64_t last) {
    std::vector<MetricPoint> result;
    for (std::int64_t step = first; step <= last; ++step)
        result.push_back(
            {step, 1.0 / static_cast<double>(step), 0.1 / 3.0, 2e-4, 0.25 * static_cast<double>(step)});
    return result;
}

bool equal(const std::vector<MetricPoint>& a, const std::vector<MetricPoint>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const MetricPoint& x, const MetricPoint& y) {
        const bool loss = x.loss == y.loss || (std::isnan(x.loss) && std::isnan(y.loss));
        return x.step == y.step && loss && x.gradient_norm == y.gradient_norm &&
               x.learning_rate == y.learning_rate && x.seconds == y.seconds;
    });
}

std::string line_of(const Status& status) {
    return status ? std::string() : status.error().line();
}

} // namespace

class RunFolderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void a_run_is_made_and_read_back();
    void nothing_existing_is_touched();
    void a_failed_start_leaves_nothing();
    void damaged_settings_are_an_error();
    void one_program_at_a_time();
    void the_lock_dies_with_its_process();
    void orphans_are_cleaned_and_nothing_else();
    void metrics_come_back_to_the_last_digit();
    void a_torn_line_is_left_out_and_not_grown_onto();
    void a_damaged_row_is_named();
    void going_back_loses_no_row();
    void cutting_survives_every_failure();
};

void RunFolderTest::a_run_is_made_and_read_back() {
    const Folder folder;
    const auto run = folder / "runs/first run";
    QVERIFY(!is_run_folder(run));
    RunSettings settings = preset_settings(Preset::small, DataKind::fashion_mnist);
    settings.name = "“quoted” 이름\n";
    const Status created = create_run(run, settings);
    QVERIFY2(created.ok(), line_of(created).c_str());
    QVERIFY(is_run_folder(run));
    const auto read = read_run_settings(run);
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY(*read == settings);
    QCOMPARE(read_bytes(run / "metrics.csv"), std::string("step,loss,gradient_norm,learning_rate,seconds\n"));
    settings.training.steps += 5;
    QVERIFY(write_run_settings(run, settings).ok());
    QVERIFY(*read_run_settings(run) == settings);
}

void RunFolderTest::nothing_existing_is_touched() {
    const Folder folder;
    const RunSettings settings = preset_settings(Preset::tiny, DataKind::mnist);
    QVERIFY(create_run(folder / "run", settings).ok());
    QVERIFY(append_metrics(folder / "run", points(1, 3)).ok());
    const std::string before = read_bytes(folder / "run/settings.json");
    QVERIFY(contains(line_of(create_run(folder / "run", RunSettings{})), "already holds a run"));
    QCOMPARE(read_bytes(folder / "run/settings.json"), before);
    QCOMPARE(read_metrics(folder / "run")->size(), std::size_t{3});

    write_bytes(folder / "file", "mine");
    QVERIFY(contains(line_of(create_run(folder / "file", settings)), "it is a file"));
    QVERIFY(contains(line_of(create_run(folder / "file/below", settings)), "file"));
    QCOMPARE(read_bytes(folder / "file"), std::string("mine"));
    write_bytes(folder / "other/metrics.csv", "date,value\n1,2\n");
    QVERIFY(contains(line_of(create_run(folder / "other", settings)), "metrics.csv"));
    QCOMPARE(read_bytes(folder / "other/metrics.csv"), std::string("date,value\n1,2\n"));
}

void RunFolderTest::a_failed_start_leaves_nothing() {
    const Folder folder;
    for (int n = 1;; ++n) {
        bool ok = false;
        {
            const CountedFiles files(n, ENOSPC, [] { return true; });
            ok = create_run(folder / "run", RunSettings{}).ok();
            QVERIFY(ok != files.reached());
        }
        if (ok) break;
        QVERIFY(!is_run_folder(folder / "run"));
        QVERIFY2(names_in(folder.path()).empty(), qPrintable(QString("call %1").arg(n)));
    }
    QVERIFY(is_run_folder(folder / "run"));
}

void RunFolderTest::damaged_settings_are_an_error() {
    const Folder folder;
    QVERIFY(contains(read_run_settings(folder.path()).error().line(), "not a run"));
    write_bytes(folder / "settings.json", "{\"training\": {\"batch_size\": 0}}");
    QVERIFY(contains(read_run_settings(folder.path()).error().line(), "training.batch_size"));
    write_bytes(folder / "settings.json", "{");
    QVERIFY(contains(read_run_settings(folder.path()).error().line(), "settings.json"));
    write_bytes(folder / "settings.json", std::string(2 << 20, ' '));
    QVERIFY(!read_run_settings(folder.path()).ok());
}

void RunFolderTest::one_program_at_a_time() {
    const Folder run;
    {
        const auto first = lock_run(run.path());
        QVERIFY(first.ok());
        const auto second = lock_run(run.path());
        QVERIFY(!second.ok());
        QVERIFY2(contains(second.error().line(), "another DDPM Lab"), second.error().line().c_str());
    }
    QVERIFY(lock_run(run.path()).ok());
    QVERIFY(!lock_run(run / "absent").ok());
}

void RunFolderTest::the_lock_dies_with_its_process() {
    const Folder run;
    int ready[2];
    QCOMPARE(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = lock_run(run.path());
        const char answer = lock.ok() ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
        for (;;)
            ::pause();
    }
    char answer = 0;
    QCOMPARE(::read(ready[0], &answer, 1), ssize_t{1});
    QCOMPARE(answer, 'y');
    QVERIFY(!lock_run(run.path()).ok());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    QVERIFY(lock_run(run.path()).ok());
    ::close(ready[0]);
    ::close(ready[1]);
}

void RunFolderTest::orphans_are_cleaned_and_nothing_else() {
    const Folder run;
    const std::set<std::string> ours{".settings.json.ddpm-tmp-1", ".step_00001000.safetensors.ddpm-tmp-4242",
                                     ".grid.png.ddpm-tmp-7"};
    write_bytes(run / ".settings.json.ddpm-tmp-1", "half");
    write_bytes(run / "checkpoints/.step_00001000.safetensors.ddpm-tmp-4242", "half");
    write_bytes(run / "samples/.grid.png.ddpm-tmp-7", "");
    for (const char* other : {"settings.json", "metrics.csv", ".lock", ".notes.ddpm-tmp-x", "a.ddpm-tmp-1",
                              "checkpoints/step_00001000.safetensors", "else/.a.ddpm-tmp-1"})
        write_bytes(run / other, "keep");
    const auto removed = clean_orphans(run.path());
    QCOMPARE(std::set<std::string>(removed.begin(), removed.end()), ours);
    QCOMPARE(names_in(run.path()),
             (std::set<std::string>{"settings.json", "metrics.csv", ".lock", ".notes.ddpm-tmp-x",
                                    "a.ddpm-tmp-1", "checkpoints", "samples", "else"}));
    QCOMPARE(names_in(run / "checkpoints"), std::set<std::string>{"step_00001000.safetensors"});
    QCOMPARE(names_in(run / "else").size(), std::size_t{1});
    QVERIFY(clean_orphans(run.path()).empty());
    QVERIFY(clean_orphans(run / "absent").empty());
}

void RunFolderTest::metrics_come_back_to_the_last_digit() {
    const Folder run;
    QVERIFY(create_run(run.path(), RunSettings{}).ok());
    std::vector<MetricPoint> written = points(1, 200);
    written[7].loss = NAN;
    written[8].gradient_norm = INFINITY;
    written[9].loss = 5e-324;
    QVERIFY(append_metrics(run.path(), {written.begin(), written.begin() + 50}).ok());
    QVERIFY(append_metrics(run.path(), {}).ok());
    QVERIFY(append_metrics(run.path(), {written.begin() + 50, written.end()}).ok());
    const auto read = read_metrics(run.path());
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY(equal(*read, written));
    QVERIFY(contains(read_bytes(run / "metrics.csv"), "\n8,nan,"));
    QVERIFY(write_metrics_csv(run / "copy.csv", written).ok());
    QCOMPARE(read_bytes(run / "copy.csv"), read_bytes(run / "metrics.csv"));
    QVERIFY(read_metrics(run / "absent")->empty());
}

void RunFolderTest::a_torn_line_is_left_out_and_not_grown_onto() {
    const Folder run;
    QVERIFY(create_run(run.path(), RunSettings{}).ok());
    QVERIFY(append_metrics(run.path(), points(1, 3)).ok());
    const std::string whole = read_bytes(run / "metrics.csv");
    const std::size_t last_row = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t size = last_row; size < whole.size(); ++size) {
        write_bytes(run / "metrics.csv", whole.substr(0, size));
        QVERIFY(equal(*read_metrics(run.path()), points(1, 2)));
        QVERIFY(append_metrics(run.path(), points(3, 4)).ok());
        QVERIFY(equal(*read_metrics(run.path()), points(1, 4)));
    }
    // Even the heading can be torn.
    write_bytes(run / "metrics.csv", "step,lo");
    QVERIFY(read_metrics(run.path())->empty());
    QVERIFY(append_metrics(run.path(), points(1, 2)).ok());
    QVERIFY(equal(*read_metrics(run.path()), points(1, 2)));
}

void RunFolderTest::a_damaged_row_is_named() {
    const Folder run;
    for (const char* row : {"1,0.5,0.5,0.1", "1,0.5,0.5,0.1,2,3", "one,1,1,1,1", "", "1,,1,1,1",
                            "99999999999999999999,1,1,1,1"}) {
        write_bytes(run / "metrics.csv",
                    std::string("step,loss,gradient_norm,learning_rate,seconds\n") + row + "\n2,1,1,1,1\n");
        const auto read = read_metrics(run.path());
        QVERIFY2(!read.ok(), row);
        QVERIFY2(contains(read.error().line(), "line 2"), read.error().line().c_str());
    }
    write_bytes(run / "metrics.csv", "other,heading\n");
    QVERIFY(!read_metrics(run.path()).ok());
}

void RunFolderTest::going_back_loses_no_row() {
    const Folder run;
    QVERIFY(create_run(run.path(), RunSettings{}).ok());
    QVERIFY(append_metrics(run.path(), points(1, 10)).ok());
    QVERIFY(cut_metrics(run.path(), 10).ok()); // nothing beyond: nothing happens
    QCOMPARE(names_in(run.path()), (std::set<std::string>{"settings.json", "metrics.csv"}));
    QVERIFY(cut_metrics(run.path(), 6).ok());
    QVERIFY(equal(*read_metrics(run.path()), points(1, 6)));
    const std::string aside = read_bytes(run / "metrics.after-6.csv");
    QVERIFY(contains(aside, "\n7,") && contains(aside, "\n10,") && !contains(aside, "\n6,"));
    QVERIFY(append_metrics(run.path(), points(7, 8)).ok());
    QVERIFY(cut_metrics(run.path(), 6).ok());
    QCOMPARE(read_bytes(run / "metrics.after-6.csv"), aside); // never overwritten
    QVERIFY(contains(read_bytes(run / "metrics.after-6-2.csv"), "\n8,"));
}

void RunFolderTest::cutting_survives_every_failure() {
    const Folder run;
    QVERIFY(create_run(run.path(), RunSettings{}).ok());
    QVERIFY(append_metrics(run.path(), points(1, 10)).ok());
    for (int n = 1;; ++n) {
        bool ok = false;
        {
            const CountedFiles files(n, ENOSPC, [] { return true; });
            ok = cut_metrics(run.path(), 6).ok();
            QVERIFY(ok != files.reached());
        }
        std::string everything;
        for (const std::string& name : names_in(run.path()))
            if (name.starts_with("metrics")) everything += read_bytes(run / name);
        for (int step = 1; step <= 10; ++step)
            QVERIFY(contains(everything, "\n" + std::to_string(step) + ","));
        if (ok) break;
        // As if it had not been tried yet.
        for (const std::string& name : names_in(run.path()))
            if (name.starts_with("metrics.after")) std::filesystem::remove(run / name);
        QVERIFY(write_metrics_csv(run / "metrics.csv", points(1, 10)).ok());
    }
    QVERIFY(equal(*read_metrics(run.path()), points(1, 6)));
}

QTEST_GUILESS_MAIN(RunFolderTest)
#include "test_run_folder.moc"
