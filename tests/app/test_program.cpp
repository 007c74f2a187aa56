// The program as a person starts it, with the real engine: what it prints, writes and returns. Qt, Python and
// `file` are not asked: JSON and PNG are read by Qt here, which had no part in writing them.
#include "program_run.h"

#include <QtTest>

#include <csignal>
#include <sys/types.h>

using ddpm::test::Ended;
using ddpm::test::run;

namespace {

#define VERIFY_CODE(ended, expected)                                                                         \
    QVERIFY2((ended).code == (expected), (QByteArray::number((ended).code) + ": " + (ended).err).constData())

} // namespace

class ProgramTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QString path(const QString& name) const { return folder_.filePath(name); }
    /// Paths with a space and Korean letters, which is what home folders are made of.
    QString run_folder() const { return path("my run 숫자"); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(folder_.isValid()); }

    void help_names_every_option_data() {
        QTest::addColumn<QString>("verb");
        QTest::addColumn<QStringList>("options");
        QTest::addRow("train") << "train"
                               << QStringList{"--data",
                                              "--preset",
                                              "--steps",
                                              "--out",
                                              "--as-in-paper",
                                              "--batch",
                                              "--learning-rate",
                                              "--ema",
                                              "--seed",
                                              "--device",
                                              "--threads",
                                              "--minutes",
                                              "--resume",
                                              "--text",
                                              "--points",
                                              "--schedule",
                                              "--prediction",
                                              "--timesteps",
                                              "--checkpoint-every",
                                              "--no-preview",
                                              "--json",
                                              "--quiet"};
        QTest::addRow("sample") << "sample"
                                << QStringList{"--model",   "--count",   "--seed",    "--out",
                                               "--sampler", "--steps",   "--eta",     "--variance",
                                               "--spacing", "--no-clip", "--columns", "--scale",
                                               "--padding", "--device",  "--threads", "--json"};
        QTest::addRow("inspect") << "inspect" << QStringList{"--json"};
    }
    void help_names_every_option() {
        QFETCH(QString, verb);
        QFETCH(QStringList, options);
        const Ended ended = run({verb, "--help"});
        VERIFY_CODE(ended, 0);
        for (const QString& option : options)
            QVERIFY2(ended.out.contains("  " + option.toUtf8()), qPrintable(option));
        QCOMPARE(run({"help", verb}).out, ended.out);
        QVERIFY(run({"help"}).out.contains("ddpm-lab " + verb.toUtf8()));
    }

    void version_is_a_version() {
        const Ended ended = run({"--version"});
        VERIFY_CODE(ended, 0);
        QVERIFY(QRegularExpression("^ddpm-lab \\d+\\.\\d+\\.\\d+\n$")
                    .match(QString::fromUtf8(ended.out))
                    .hasMatch());
    }

    void without_a_display_there_is_one_clear_line() {
        const Ended ended = run({});
        QVERIFY(ended.code != 0);
        QVERIFY2(ended.err.contains("Remedy: use a verb"), ended.err.constData());
    }

    void bad_input_touches_nothing_data() {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("code");
        const QString out = path("untouched");
        QTest::addRow("unknown option") << QStringList{"train", "--out", out, "--stpes", "3"} << 2;
        QTest::addRow("impossible settings") << QStringList{"train", "--out", out, "--batch", "0"} << 2;
        QTest::addRow("points in a U-Net")
            << QStringList{"train", "--out", out, "--data", "two-moons", "--preset", "tiny"} << 2;
        QTest::addRow("no run to resume") << QStringList{"train", "--resume", "--out", out} << 3;
        QTest::addRow("no model") << QStringList{"sample", "--model", path("none"), "--out", out + ".png"}
                                  << 3;
        QTest::addRow("no model in the folder")
            << QStringList{"sample", "--model", folder_.path(), "--out", out + ".png"} << 3;
        QTest::addRow("nothing to inspect") << QStringList{"inspect", out} << 3;
    }
    void bad_input_touches_nothing() {
        QFETCH(QStringList, words);
        QFETCH(int, code);
        const QStringList before = QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden);
        const Ended ended = run(words);
        VERIFY_CODE(ended, code);
        QVERIFY2(ended.err.contains("Remedy: ") || ended.err.contains("did you mean"), ended.err.constData());
        QVERIFY(ended.out.isEmpty());
        QCOMPARE(QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden), before);
    }

    void mnist_trains_resumes_samples_and_is_inspected() {
        const Ended trained =
            run({"train", "--data", "mnist", "--preset", "tiny", "--steps", "6", "--batch", "8",
                 "--checkpoint-every", "3", "--threads", "1", "--out", run_folder(), "--json"});
        VERIFY_CODE(trained, 0);
        QCOMPARE(trained.last_line()["status"].toString(), QString("finished"));
        QCOMPARE(trained.last_line()["step"].toInt(), 6);
        int metrics = 0;
        for (const QByteArray& line : trained.out.trimmed().split('\n')) {
            const QJsonObject object = QJsonDocument::fromJson(line).object();
            QVERIFY2(!object.isEmpty(), line.constData());
            metrics += object["event"] == "metric";
        }
        QCOMPARE(metrics, 6);
        for (const char* name : {"/loss.png", "/samples.png"})
            QVERIFY2(!QImage(run_folder() + name).isNull(), name);

        VERIFY_CODE(run({"train", "--out", run_folder()}), 4);             // a run is there
        VERIFY_CODE(run({"train", "--resume", "--out", run_folder()}), 2); // and it is finished

        const Ended resumed = run(
            {"train", "--resume", "--steps", "9", "--no-preview", "--threads", "1", "--out", run_folder()});
        VERIFY_CODE(resumed, 0);

        const Ended inspected = run({"inspect", run_folder(), "--json"});
        VERIFY_CODE(inspected, 0);
        const QJsonObject report = inspected.json();
        QCOMPARE(report["kind"].toString(), QString("run"));
        QCOMPARE(report["step"].toInt(), 9);
        QCOMPARE(report["last_step"].toInt(), 9);
        QVERIFY(report["last_loss"].toDouble() > 0);
        QVERIFY(report["parameters"].toInt() > 10'000);
        QVERIFY(!report["checkpoints"].toArray().isEmpty());
        for (const auto& checkpoint : report["checkpoints"].toArray())
            QCOMPARE(checkpoint.toObject()["state"].toString(), QString("good"));
        const Ended words = run({"inspect", run_folder()});
        VERIFY_CODE(words, 0);
        QVERIFY(words.out.contains("step_00000009.safetensors"));

        const QString grid = path("grid 격자.png");
        const QStringList sample{"sample",    "--model",   run_folder(), "--count", "6",
                                 "--seed",    "5",         "--sampler",  "ddim",    "--steps",
                                 "4",         "--columns", "3",          "--scale", "2",
                                 "--padding", "1",         "--threads",  "1",       "--out"};
        const Ended sampled = run(sample + QStringList{grid});
        VERIFY_CODE(sampled, 0);
        QCOMPARE(sampled.out, grid.toUtf8() + "\n");
        const QImage picture(grid);
        // 3 × 2 pictures of 28×28, one pixel between and around, twice as large.
        QCOMPARE(picture.size(), QSize((3 * 28 + 4) * 2, (2 * 28 + 3) * 2));
        QVERIFY(!picture.text("ddpm-lab").isEmpty());
        VERIFY_CODE(run(sample + QStringList{path("again.png")}), 0);
        QCOMPARE(QImage(path("again.png")), picture); // the seed decides
        const Ended inside = run({"inspect", grid, "--json"});
        VERIFY_CODE(inside, 0);
        QCOMPARE(inside.json()["kind"].toString(), QString("picture"));

        const QString checkpoint = run_folder() + "/checkpoints/step_00000009.safetensors";
        const Ended tensors = run({"inspect", checkpoint, "--json"});
        VERIFY_CODE(tensors, 0);
        QVERIFY(!tensors.json()["tensors"].toArray().isEmpty());

        QFile file(checkpoint);
        QVERIFY(file.resize(file.size() - 100));
        const Ended damaged = run({"inspect", run_folder(), "--json"});
        VERIFY_CODE(damaged, 0);
        QCOMPARE(damaged.json()["step"].toInt(), 6); // the one before
        const auto list = damaged.json()["checkpoints"].toArray();
        QCOMPARE(list.last().toObject()["state"].toString(), QString("bad"));
        VERIFY_CODE(run({"inspect", checkpoint}), 3);
    }

    void points_train_and_are_drawn() {
        const QString out = path("points");
        const Ended trained = run({"train", "--data", "eight-gaussians", "--points", "500", "--batch", "64",
                                   "--steps", "20", "--threads", "1", "--out", out});
        VERIFY_CODE(trained, 0);
        QVERIFY2(trained.out.contains(out.toUtf8() + "/loss.png"), trained.out.constData());
        const QString scatter = path("points.png");
        VERIFY_CODE(run({"sample", "--model", out, "--count", "200", "--steps", "10", "--out", scatter}), 0);
        QVERIFY(!QImage(scatter).isNull());
    }

    void a_killed_training_on_digits_goes_on_and_learns() {
        const QString out = path("killed");
        const QStringList words{"train",   "--data",       "mnist",   "--preset", "tiny",
                                "--batch", "16",           "--steps", "70",       "--checkpoint-every",
                                "10",      "--no-preview", "--json",  "--out",    out};
        QProcess process;
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(DDPM_LAB_PROGRAM, words);
        QVERIFY(process.waitForStarted());
        QByteArray heard;
        while (!heard.contains("\"step\":25") && process.waitForReadyRead(120'000))
            heard += process.readAllStandardOutput();
        QVERIFY2(heard.contains("\"step\":25"), heard.constData());
        process.kill(); // SIGKILL: nothing is said, nothing is saved any more
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
        const int saved = run({"inspect", out, "--json"}).json()["step"].toInt();
        QVERIFY2(saved >= 20 && saved % 10 == 0, qPrintable(QString::number(saved)));

        const Ended resumed = run({"train", "--resume", "--no-preview", "--json", "--out", out});
        VERIFY_CODE(resumed, 0);
        QCOMPARE(resumed.last_line()["step"].toInt(), 70);
        QFile metrics(out + "/metrics.csv");
        QVERIFY(metrics.open(QIODevice::ReadOnly));
        QList<QByteArray> rows = metrics.readAll().trimmed().split('\n');
        const auto column = rows.takeFirst().split(',').indexOf("loss");
        QVERIFY(column > 0);
        QCOMPARE(rows.size(), 70); // every step once, those after the checkpoint done again
        const auto mean = [&](qsizetype from) {
            double sum = 0;
            for (qsizetype i = from; i < from + 10; ++i)
                sum += rows[i].split(',')[column].toDouble();
            return sum / 10;
        };
        QVERIFY2(mean(60) < 0.7 * mean(0), qPrintable(QString("%1 -> %2").arg(mean(0)).arg(mean(60))));
    }

    void an_interrupted_training_is_saved_and_goes_on() {
        const QString out = path("interrupted");
        QProcess process;
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(DDPM_LAB_PROGRAM,
                      {"train", "--data", "two-moons", "--points", "500", "--batch", "64", "--steps",
                       "1000000", "--threads", "1", "--no-preview", "--json", "--out", out});
        QVERIFY(process.waitForStarted());
        QByteArray heard;
        while (!heard.contains("\"metric\"") && process.waitForReadyRead(60'000))
            heard += process.readAllStandardOutput();
        QVERIFY2(heard.contains("\"metric\""), heard.constData());
        QCOMPARE(::kill(static_cast<pid_t>(process.processId()), SIGINT), 0);
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        const Ended inspected = run({"inspect", out, "--json"});
        const int saved = inspected.json()["step"].toInt();
        QVERIFY(saved > 0);
        const Ended resumed =
            run({"train", "--resume", "--minutes", "0.02", "--no-preview", "--json", "--out", out});
        VERIFY_CODE(resumed, 0);
        QVERIFY(resumed.last_line()["step"].toInt() > saved);
    }
};

QTEST_GUILESS_MAIN(ProgramTest)
#include "test_program.moc"
