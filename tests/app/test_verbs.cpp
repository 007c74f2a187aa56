// train and sample against an engine that only says what the test wants: which commands they give, what they
// make of the answers, and with which code they end.
#include "ddpm/config.h"
#include "exit_codes.h"
#include "formats/run_folder.h"
#include "support/fake_engine.h"
#include "verbs.h"

#include <QtTest>

#include <sstream>

using namespace ddpm;
using namespace ddpm::app;
using ddpm::test::FakeEngine;

namespace {

/// Runs one verb with a fake engine. The engine outlives the verb, so that its commands can be looked at.
struct Stage {
    FakeEngine engine;
    std::ostringstream out, err;
    bool engine_was_made = false;
    EngineOptions options;
    std::function<bool()> interrupted = [] { return false; };

    /// What the verb owns: everything goes on to the test's engine.
    class Lent final : public Engine {
    public:
        explicit Lent(FakeEngine& engine) : engine_(engine) {}
        void submit(Command command) override { engine_.submit(std::move(command)); }
        std::unique_ptr<Subscription> subscribe(Observer& observer) override {
            return engine_.subscribe(observer);
        }
        std::shared_ptr<const TrainingFrame> training_frame() const override {
            return engine_.training_frame();
        }

    private:
        FakeEngine& engine_;
    };

    int run(const Words& words) {
        const Environment environment{.out = out,
                                      .err = err,
                                      .err_is_terminal = false,
                                      .make_engine =
                                          [this](EngineOptions o) {
                                              engine_was_made = true;
                                              options = o;
                                              return std::make_unique<Lent>(engine);
                                          },
                                      .interrupted = interrupted};
        return dispatch(environment, words);
    }

    QString errors() const { return QString::fromStdString(err.str()); }

    /// The lines of stdout as JSON objects; fails the test if one is none.
    QList<QJsonObject> json_lines() const {
        QList<QJsonObject> objects;
        for (const QByteArray& line : QByteArray::fromStdString(out.str()).split('\n')) {
            if (line.isEmpty()) continue;
            const QJsonDocument document = QJsonDocument::fromJson(line);
            if (!document.isObject()) qFatal("no JSON object: %s", line.constData());
            objects << document.object();
        }
        return objects;
    }
};

RunOpened opened(const RunSettings& settings, const std::filesystem::path& folder, std::int64_t step) {
    RunOpened event;
    event.settings = settings;
    event.folder = folder;
    event.step = step;
    event.parameters = 1234567;
    event.data_count = 60000;
    event.device = {"CPU", "2 threads", false};
    return event;
}

Metrics metrics(std::int64_t first, int count) {
    Metrics event;
    for (int i = 0; i < count; ++i)
        event.points.push_back({first + i, 0.5, 1.0, 1e-3, 0.1 * i});
    return event;
}

Failed failure(Activity activity) {
    return Failed{activity, Error{"it broke", "over there", "mend it"}};
}

} // namespace

class VerbsTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::filesystem::path path(const char* name) const { return folder_.filePath(name).toStdString(); }
    std::string word(const char* name) const { return path(name).string(); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(folder_.isValid()); }

    void train_gives_the_engine_what_was_asked() {
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::running, 0, 7});
                stage.engine.emit(metrics(1, 7));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 7, 7});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        const int code =
            stage.run({"train",      "--out",      word("asked"),        "--data", "two-moons",    "--steps",
                       "7",          "--batch=50", "--learning-rate",    "0.003",  "--ema",        "0.9",
                       "--seed",     "11",         "--points",           "400",    "--timesteps",  "20",
                       "--schedule", "linear",     "--prediction",       "v",      "--device",     "cpu",
                       "--threads",  "1",          "--checkpoint-every", "5",      "--no-preview", "--json"});
        QVERIFY2(code == exit_ok, stage.err.str().c_str());
        const auto start = stage.engine.last<StartTraining>();
        QVERIFY(start.has_value());
        QCOMPARE(start->folder, path("asked"));
        const RunSettings& settings = start->settings;
        QCOMPARE(settings.preset, Preset::points); // what fits the data
        QCOMPARE(settings.data.kind, DataKind::two_moons);
        QCOMPARE(settings.data.points, 400);
        QCOMPARE(settings.training.steps, std::int64_t{7});
        QCOMPARE(settings.training.batch_size, 50);
        QCOMPARE(settings.training.learning_rate, 0.003);
        QCOMPARE(settings.training.ema_decay, 0.9);
        QCOMPARE(settings.training.seed, std::uint64_t{11});
        QCOMPARE(settings.training.checkpoint_every, 5);
        QCOMPARE(settings.diffusion.prediction, Prediction::v);
        QCOMPARE(settings.diffusion.schedule.kind, BetaSchedule::linear);
        QCOMPARE(settings.diffusion.schedule.timesteps, 20);
        // §4's betas for T = 1000, times 1000 / 20: the last of 20 steps must end in noise; 0.02 · 50 is
        // capped.
        QVERIFY(std::abs(settings.diffusion.schedule.beta_start - 0.005) < 1e-12);
        QVERIFY(std::abs(settings.diffusion.schedule.beta_end - 0.999) < 1e-12);
        QVERIFY(!settings.preview.enabled);
        QCOMPARE(stage.options.threads, 1);
        QCOMPARE(stage.options.device, DeviceChoice::cpu);
        QCOMPARE(stage.engine.count<StopTraining>(), 1);
        QCOMPARE(stage.engine.count<ExportGrid>(), 0);

        const auto lines = stage.json_lines();
        const auto metric_lines = std::count_if(lines.begin(), lines.end(),
                                                [](const QJsonObject& o) { return o["event"] == "metric"; });
        QCOMPARE(metric_lines, 7);
        QCOMPARE(lines.last()["event"].toString(), QString("summary"));
        QCOMPARE(lines.last()["status"].toString(), QString("finished"));
        QCOMPARE(lines.last()["step"].toInt(), 7);
    }

    void samples_are_exported_before_the_run_is_closed() {
        Stage stage;
        auto frame = std::make_shared<TrainingFrame>();
        stage.engine.set_frame(frame); // older than the run's end
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 7, 7});
                auto fresh = std::make_shared<TrainingFrame>();
                fresh->step = 7;
                fresh->samples.points.xy = {0, 0};
                stage.engine.set_frame(fresh);
            }
            if (const auto* grid = std::get_if<ExportGrid>(&command))
                stage.engine.emit(ExportFinished{grid->file, "samples"});
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        QCOMPARE(stage.run({"train", "--out", word("exported"), "--quiet"}), int{exit_ok});
        const auto commands = stage.engine.commands();
        QCOMPARE(commands.size(), std::size_t{3});
        QVERIFY(std::holds_alternative<ExportGrid>(commands[1]));
        QVERIFY(std::holds_alternative<StopTraining>(commands[2]));
        QVERIFY(stage.out.str().find((path("exported") / "samples.png").string()) != std::string::npos);
        QVERIFY2(stage.err.str().empty(), stage.err.str().c_str());
    }

    void interrupting_saves_and_says_how_to_go_on() {
        Stage stage;
        bool interrupted = false;
        stage.interrupted = [&] { return interrupted; };
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::running, 0, 5000});
                stage.engine.emit(metrics(1, 3));
                interrupted = true;
            }
            if (std::holds_alternative<StopTraining>(command)) {
                stage.engine.emit(CheckpointSaved{"somewhere", 3});
                stage.engine.emit(RunClosed{});
            }
        });
        QCOMPARE(stage.run({"train", "--out", word("interrupted")}), int{exit_interrupted});
        QCOMPARE(stage.engine.count<StopTraining>(), 1);
        QVERIFY2(stage.errors().contains("saved at step 3 of 5,000; --resume goes on"),
                 stage.err.str().c_str());
    }

    void minutes_end_with_a_pause_that_saves() {
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::running, 0, 5000});
            }
            if (std::holds_alternative<PauseTraining>(command))
                stage.engine.emit(TrainingStateChanged{TrainingState::paused, 42, 5000});
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        QCOMPARE(
            stage.run({"train", "--out", word("minutes"), "--minutes", "0.01", "--no-preview", "--json"}),
            int{exit_ok});
        QCOMPARE(stage.engine.count<PauseTraining>(), 1);
        QCOMPARE(stage.json_lines().last()["status"].toString(), QString("time-is-up"));
        QCOMPARE(stage.json_lines().last()["step"].toInt(), 42);
    }

    void resume_extends_and_changes_what_may_be_changed() {
        const RunSettings settings = preset_settings(Preset::tiny, DataKind::mnist);
        QVERIFY(formats::create_run(path("resumed"), settings).ok());
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* open = std::get_if<OpenRun>(&command)) {
                QVERIFY(!open->resume); // changes come first
                stage.engine.emit(opened(settings, open->folder, 5000));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 5000, 5000});
            }
            if (std::holds_alternative<ResumeTraining>(command)) {
                stage.engine.emit(TrainingStateChanged{TrainingState::running, 5000, 6000});
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 6000, 6000});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        const int code = stage.run({"train", "--resume", "--out", word("resumed"), "--steps", "6000",
                                    "--learning-rate", "1e-4", "--no-preview"});
        QVERIFY2(code == exit_ok, stage.err.str().c_str());
        QCOMPARE(stage.engine.last<ExtendTraining>()->steps, std::int64_t{1000});
        QCOMPARE(stage.engine.last<SetLearningRate>()->value, 1e-4);
        QVERIFY(!stage.engine.last<SetPreview>()->settings.enabled);
        const auto commands = stage.engine.commands();
        QVERIFY(std::holds_alternative<ResumeTraining>(commands[commands.size() - 2]));
        QCOMPARE(stage.engine.count<StartTraining>(), 0);
    }

    void a_finished_run_is_not_resumed_without_more_steps() {
        const RunSettings settings = preset_settings(Preset::tiny, DataKind::mnist);
        QVERIFY(formats::create_run(path("finished"), settings).ok());
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* open = std::get_if<OpenRun>(&command)) {
                stage.engine.emit(opened(settings, open->folder, 5000));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 5000, 5000});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        QCOMPARE(stage.run({"train", "--resume", "--out", word("finished")}), int{exit_usage});
        QCOMPARE(stage.engine.count<ResumeTraining>(), 0);
        QVERIFY2(stage.errors().contains("add --steps 10000"), stage.err.str().c_str());
    }

    void failures_become_exit_codes_data() {
        QTest::addColumn<bool>("opened_first");
        QTest::addColumn<int>("activity");
        QTest::addColumn<int>("code");
        QTest::addRow("data missing") << false << int(Activity::data) << int{exit_input};
        QTest::addRow("engine, before the run") << false << int(Activity::engine) << int{exit_failed};
        QTest::addRow("loss is NaN") << true << int(Activity::training) << int{exit_failed};
    }
    void failures_become_exit_codes() {
        QFETCH(bool, opened_first);
        QFETCH(int, activity);
        QFETCH(int, code);
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                if (opened_first) {
                    stage.engine.emit(opened(start->settings, start->folder, 0));
                    stage.engine.emit(TrainingStateChanged{TrainingState::running, 0, 9});
                }
                stage.engine.emit(failure(static_cast<Activity>(activity)));
                if (opened_first) stage.engine.emit(TrainingStateChanged{TrainingState::failed, 3, 9});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        QCOMPARE(stage.run({"train", "--out", word("failing")}), code);
        QVERIFY2(stage.errors().contains("it broke") && stage.errors().contains("mend it"),
                 stage.err.str().c_str());
    }

    void a_save_that_fails_does_not_end_the_training_data() {
        QTest::addColumn<bool>("saved_later");
        QTest::addColumn<int>("code");
        QTest::addRow("a later save succeeds") << true << int{exit_ok};
        QTest::addRow("none does") << false << int{exit_output};
    }
    void a_save_that_fails_does_not_end_the_training() {
        QFETCH(bool, saved_later);
        QFETCH(int, code);
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::running, 0, 9});
                stage.engine.emit(failure(Activity::training));
                stage.engine.emit(metrics(1, 9));
                if (saved_later) stage.engine.emit(CheckpointSaved{"somewhere", 9});
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 9, 9});
            }
            if (std::holds_alternative<StopTraining>(command)) {
                stage.engine.emit(TrainingStateChanged{TrainingState::none, 0, 0});
                stage.engine.emit(RunClosed{});
            }
        });
        QCOMPARE(stage.run({"train", "--out", word("full"), "--no-preview", "--json"}), code);
        QCOMPARE(stage.json_lines().last()["step"].toInt(), 9);
        QVERIFY(stage.errors().contains("it broke"));
    }

    void wrong_words_never_reach_an_engine_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("expected");
        QTest::addRow("no --out") << "train"
                                  << "--out: it is missing";
        QTest::addRow("steps 0") << "train --out OUT --steps 0"
                                 << "--steps: 0 is out of range";
        QTest::addRow("not a number") << "train --out OUT --batch many"
                                      << "--batch: 'many' is not a whole number";
        QTest::addRow("learning rate") << "train --out OUT --learning-rate -1"
                                       << "--learning-rate: it must be above 0";
        QTest::addRow("nan") << "train --out OUT --ema nan"
                             << "--ema: 'nan' is not a number";
        QTest::addRow("no preset") << "train --out OUT --preset huge"
                                   << "tiny, small or paper";
        QTest::addRow("near a name") << "train --out OUT --data mnits"
                                     << "did you mean mnist?";
        QTest::addRow("part of a name") << "train --out OUT --data moons"
                                        << "did you mean two-moons?";
        QTest::addRow("near an option") << "train --out OUT --bach 3"
                                        << "did you mean --batch?";
        QTest::addRow("preset against data") << "train --out OUT --data swiss-roll --preset tiny"
                                             << "--preset: ";
        QTest::addRow("text without drawing") << "train --out OUT --text hello"
                                              << "--data drawing";
        QTest::addRow("sketch without drawing") << "train --out OUT --data two-moons --sketch heart.csv"
                                                << "--sketch: only the data set 'drawing' follows a pen";
        QTest::addRow("sketch and text") << "train --out OUT --data drawing --text Hi --sketch heart.csv"
                                         << "either drawn or written";
        QTest::addRow("sketch on resume") << "train --resume --out OUT --sketch heart.csv"
                                          << "keeps its own";
        QTest::addRow("twice") << "train --out OUT --seed 1 --seed 2"
                               << "--seed: it is given twice";
        QTest::addRow("value for a switch") << "train --out OUT --json=yes"
                                            << "--json: it takes no value";
        QTest::addRow("no value") << "train --out"
                                  << "--out: it needs a value";
        QTest::addRow("loose word") << "train --out OUT tiny"
                                    << "tiny: this word has no meaning here";
        QTest::addRow("classes of points") << "train --out OUT --data two-moons --classes"
                                           << "--classes: the point net has no classes";
        QTest::addRow("path of bundled data") << "train --out OUT --data-path /x"
                                              << "--data-path: these data come with the program";
        QTest::addRow("folder without a path") << "train --out OUT --data folder"
                                               << "--data-path: it is missing";
        QTest::addRow("range of cosine") << "train --out OUT --schedule cosine --beta-end 0.1"
                                         << "--beta-end: this schedule has no such end";
        QTest::addRow("hybrid alone") << "train --out OUT --objective hybrid"
                                      << "--objective: the hybrid objective trains a learned variance";
        QTest::addRow("batch on resume") << "train --resume --out OUT --batch 3"
                                         << "keeps its own";
        QTest::addRow("count 0") << "sample --model M --out g.png --count 0"
                                 << "--count: 0 is out of range";
        QTest::addRow("eta for ancestral") << "sample --model M --out g.png --eta 1"
                                           << "--sampler ddim";
        QTest::addRow("inspect nothing") << "inspect"
                                         << "PATH: it is missing";
        QTest::addRow("verb") << "trian"
                              << "did you mean 'train'?";
        QTest::addRow("help for no verb") << "help fly"
                                          << "there is no 'fly'";
    }
    void wrong_words_never_reach_an_engine() {
        QFETCH(QString, line);
        QFETCH(QString, expected);
        Words words;
        for (const QString& part : line.split(' '))
            words.push_back(part == "OUT" ? word("untouched") : part.toStdString());
        Stage stage;
        QCOMPARE(stage.run(words), int{exit_usage});
        QVERIFY2(stage.errors().contains(expected), stage.err.str().c_str());
        QCOMPARE(stage.errors().count('\n'), 1);
        QVERIFY(stage.out.str().empty());
        QVERIFY(!stage.engine_was_made);
        QVERIFY(!std::filesystem::exists(path("untouched")));
    }

    void a_sketch_is_read_from_a_file() {
        QFile file(folder_.filePath("pen.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("\xef\xbb\xbfx,y\r\n# by hand\r\n\r\n0.5,-0.25\r\n-1;1\r\n 0.125\t+1e-1 \r\n");
        file.close();
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 7, 7});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        const int code = stage.run({"train", "--data", "drawing", "--sketch", word("pen.csv"), "--out",
                                    word("sketched"), "--no-preview", "--quiet"});
        QVERIFY2(code == exit_ok, stage.err.str().c_str());
        const RunSettings settings = stage.engine.last<StartTraining>()->settings;
        QVERIFY((settings.data.sketch == std::vector<float>{0.5F, -0.25F, -1, 1, 0.125F, 0.1F}));
        QVERIFY(settings.data.kind == DataKind::drawing && settings.preset == Preset::points);
        QVERIFY(settings.check().empty());
    }

    void a_sketch_that_cannot_be_used_is_refused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("said");
        QTest::addRow("outside") << QByteArray("0,0\n0.5,1.25\n") << "line 2: 1.25 is outside of [-1, 1]";
        QTest::addRow("words") << QByteArray("0,0\nhere,there\n") << "line 2 is not two numbers: here,there";
        QTest::addRow("one number") << QByteArray("0.5\n") << "line 1 is not two numbers";
        QTest::addRow("three numbers") << QByteArray("0.5,0.5,0.5\n") << "line 1 is not two numbers";
        QTest::addRow("not finite") << QByteArray("nan,0\n0,0\n") << "line 1 is not two numbers";
        QTest::addRow("two headings") << QByteArray("x,y\nx,y\n0,0\n") << "line 2 is not two numbers";
        QTest::addRow("nothing") << QByteArray("# nothing\n\n") << "there are no points in it";
        QTest::addRow("too many") << QByteArray("0,0\n").repeated(4001) << "it has more than 4000 points";
        QTest::addRow("too large") << QByteArray(2'000'000, ' ') << "larger than a megabyte";
        QTest::addRow("bytes") << QByteArray("\x1b[2J1,\x07\n") << "line 1 is not two numbers: ?[2J1,?";
    }
    void a_sketch_that_cannot_be_used_is_refused() {
        QFETCH(QByteArray, text);
        QFETCH(QString, said);
        QFile file(folder_.filePath("wrong.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(text);
        file.close();
        Stage stage;
        QCOMPARE(stage.run({"train", "--data", "drawing", "--sketch", word("wrong.csv"), "--out",
                            word("untouched")}),
                 int{exit_input});
        QVERIFY2(stage.errors().contains(said), stage.err.str().c_str());
        QVERIFY(stage.errors().contains("wrong.csv") && stage.errors().contains("Remedy"));
        QVERIFY(!stage.engine_was_made && !std::filesystem::exists(path("untouched")));
    }

    void a_sketch_that_is_missing_is_said() {
        Stage stage;
        QCOMPARE(stage.run({"train", "--data", "drawing", "--sketch", word("none.csv"), "--out",
                            word("untouched")}),
                 int{exit_input});
        QVERIFY2(stage.errors().contains("there is no such file"), stage.err.str().c_str());
        Stage folder;
        QCOMPARE(folder.run({"train", "--data", "drawing", "--sketch", folder_.path().toStdString(), "--out",
                             word("untouched")}),
                 int{exit_input});
        QVERIFY2(folder.errors().contains("it is not a file"), folder.err.str().c_str());
    }

    void all_that_is_wrong_is_said_at_once() {
        Stage stage;
        QCOMPARE(
            stage.run({"train", "--out", word("untouched"), "--steps", "0", "--ema", "2", "--sede", "1"}),
            int{exit_usage});
        for (const char* part : {"--steps", "--ema", "--sede"})
            QVERIFY2(stage.errors().contains(part), part);
    }

    void sample_asks_for_the_chain_and_the_grid_data() {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<int>("sampler");
        QTest::addColumn<int>("steps");
        QTest::addRow("all steps") << QStringList{} << int(Sampler::ancestral) << 200;
        QTest::addRow("ddim") << QStringList{"--sampler", "ddim"} << int(Sampler::ddim) << 50;
        QTest::addRow("given") << QStringList{"--steps", "10"} << int(Sampler::ancestral) << 10;
    }
    void sample_asks_for_the_chain_and_the_grid() {
        QFETCH(QStringList, more);
        QFETCH(int, sampler);
        QFETCH(int, steps);
        Stage stage;
        answer_sampling(stage);
        Words words{"sample",
                    "--model",
                    folder_.path().toStdString(),
                    "--out",
                    word("grid.png"),
                    "--count",
                    "5",
                    "--seed",
                    "3",
                    "--columns",
                    "5",
                    "--scale",
                    "2",
                    "--padding",
                    "0"};
        for (const QString& part : more)
            words.push_back(part.toStdString());
        const int code = stage.run(words);
        QVERIFY2(code == exit_ok, stage.err.str().c_str());
        const auto start = stage.engine.last<StartChain>();
        QCOMPARE(int(start->settings.sampler), sampler);
        QCOMPARE(start->settings.steps, steps);
        QCOMPARE(start->settings.count, 5);
        QCOMPARE(start->settings.seed, std::uint64_t{3});
        const auto grid = stage.engine.last<ExportGrid>();
        QCOMPARE(grid->file, path("grid.png"));
        QCOMPARE(grid->layout.columns, 5);
        QCOMPARE(grid->layout.scale, 2);
        QCOMPARE(grid->layout.padding, 0);
        QCOMPARE(stage.out.str(), word("grid.png") + "\n");
    }

    void train_takes_the_other_choices_of_the_paper() {
        Stage stage;
        stage.engine.on_submit([&](const Command& command) {
            if (const auto* start = std::get_if<StartTraining>(&command)) {
                stage.engine.emit(opened(start->settings, start->folder, 0));
                stage.engine.emit(TrainingStateChanged{TrainingState::finished, 7, 7});
            }
            if (std::holds_alternative<StopTraining>(command)) stage.engine.emit(RunClosed{});
        });
        const int code = stage.run({"train",
                                    "--out",
                                    word("choices"),
                                    "--no-preview",
                                    "--data",
                                    "folder",
                                    "--data-path",
                                    "/pictures",
                                    "--picture-size",
                                    "48",
                                    "--grey",
                                    "--classes",
                                    "--label-dropout",
                                    "0.2",
                                    "--learned-variance",
                                    "range",
                                    "--objective",
                                    "hybrid",
                                    "--timestep-choice",
                                    "importance",
                                    "--schedule",
                                    "sigmoid",
                                    "--beta-start",
                                    "0.001",
                                    "--beta-end",
                                    "0.03",
                                    "--min-snr",
                                    "5",
                                    "--warmup",
                                    "9",
                                    "--clip-norm",
                                    "0",
                                    "--dropout",
                                    "0.3",
                                    "--flips",
                                    "--tensorboard",
                                    "--keep",
                                    "2",
                                    "--prediction",
                                    "x0"});
        QVERIFY2(code == exit_ok, stage.err.str().c_str());
        const RunSettings run = stage.engine.last<StartTraining>()->settings;
        QCOMPARE(run.data.kind, DataKind::picture_folder);
        QCOMPARE(run.data.path, std::filesystem::path("/pictures"));
        QCOMPARE(run.data.size, 48);
        QCOMPARE(run.data.colour, false);
        QCOMPARE(run.model.unet.sample_size, 48);
        QCOMPARE(run.model.unet.in_channels, 1);
        QCOMPARE(run.model.unet.out_channels, 2);
        QCOMPARE(run.model.unet.num_class_embeds,
                 int{UnetSettings::classes_of_data}); // the folder says how many
        QCOMPARE(run.model.unet.dropout, 0.3);
        QCOMPARE(run.diffusion.learned_variance, LearnedVariance::range);
        QCOMPARE(run.diffusion.prediction, Prediction::x0);
        QCOMPARE(run.diffusion.schedule.kind, BetaSchedule::sigmoid);
        QCOMPARE(run.diffusion.schedule.beta_start, 0.001);
        QCOMPARE(run.diffusion.schedule.beta_end, 0.03);
        QCOMPARE(run.training.objective, Objective::hybrid);
        QCOMPARE(run.training.timestep_sampling, TimestepSampling::importance);
        QCOMPARE(run.training.min_snr_gamma, 5.0);
        QCOMPARE(run.training.label_dropout, 0.2);
        QCOMPARE(run.training.warmup_steps, 9);
        QCOMPARE(run.training.gradient_clip, 0.0);
        QCOMPARE(run.training.flips, true);
        QCOMPARE(run.training.tensorboard, true);
        QCOMPARE(run.training.keep_checkpoints, 2);
    }

    void the_man_page_names_every_option() {
        Stage help, man;
        QCOMPARE(help.run({"help"}), int{exit_ok});
        QCOMPARE(man.run({"help", "--man"}), int{exit_ok});
        const QString page = QString::fromStdString(man.out.str());
        QVERIFY(page.startsWith(".TH DDPM\\-LAB 1"));
        for (const char* verb : {"train", "sample", "measure", "explore", "export", "inspect", "predict",
                                 "schedule", "fetch", "bench"}) {
            Stage one;
            QCOMPARE(one.run({verb, "--help"}), int{exit_ok});
            QVERIFY2(help.out.str().find(std::string("ddpm-lab ") + verb) != std::string::npos, verb);
            const int start = static_cast<int>(page.indexOf(QString(".SS ddpm\\-lab ") + verb));
            QVERIFY2(start > 0, verb);
            for (const QString& line : QString::fromStdString(one.out.str()).split('\n')) {
                if (!line.startsWith("  --") || line.startsWith("  --help")) continue;
                QString option = line.mid(2).section(' ', 0, 0);
                option.replace('-', "\\-");
                QVERIFY2(page.indexOf("\\fB" + option + "\\fR", start) > 0, qPrintable(option));
            }
        }
    }

    void fetch_lists_and_refuses() {
        Stage list;
        QCOMPARE(list.run({"fetch"}), int{exit_ok});
        QVERIFY(list.out.str().starts_with("cifar10 "));
        Stage other;
        QCOMPARE(other.run({"fetch", "imagenet"}), int{exit_usage});
        QVERIFY(other.errors().contains("choose cifar10"));
    }

    void more_steps_than_the_model_has_is_refused() {
        Stage stage;
        answer_sampling(stage);
        QCOMPARE(stage.run({"sample", "--model", folder_.path().toStdString(), "--out", word("grid.png"),
                            "--steps", "201"}),
                 int{exit_usage});
        QCOMPARE(stage.engine.count<StartChain>(), 0);
    }

    void sample_failures_become_exit_codes_data() {
        QTest::addColumn<int>("activity");
        QTest::addColumn<int>("code");
        QTest::addRow("model") << int(Activity::model) << int{exit_input};
        QTest::addRow("sampling") << int(Activity::sampling) << int{exit_failed};
        QTest::addRow("exporting") << int(Activity::exporting) << int{exit_output};
    }
    void sample_failures_become_exit_codes() {
        QFETCH(int, activity);
        QFETCH(int, code);
        Stage stage;
        stage.engine.on_submit(
            [&](const Command&) { stage.engine.emit(failure(static_cast<Activity>(activity))); });
        QCOMPARE(stage.run({"sample", "--model", folder_.path().toStdString(), "--out", word("grid.png")}),
                 code);
        QVERIFY(stage.errors().contains("Remedy: mend it"));
    }

    void inputs_and_outputs_are_looked_at_first_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("code");
        QTest::addRow("no model") << "sample --model DIR/none --out DIR/g.png" << int{exit_input};
        QTest::addRow("no such output folder")
            << "sample --model DIR --out DIR/none/g.png" << int{exit_output};
        QTest::addRow("output is a folder") << "sample --model DIR --out DIR" << int{exit_output};
        QTest::addRow("output is no PNG") << "sample --model DIR --out DIR/g.jpg" << int{exit_output};
        QTest::addRow("resume nothing") << "train --resume --out DIR/none" << int{exit_input};
        QTest::addRow("run in a file") << "train --out DIR/file/run" << int{exit_output};
        QTest::addRow("run over a run") << "train --out DIR/taken" << int{exit_output};
        QTest::addRow("inspect nothing") << "inspect DIR/none" << int{exit_input};
        QTest::addRow("inspect a text") << "inspect DIR/file" << int{exit_input};
    }
    void inputs_and_outputs_are_looked_at_first() {
        QFETCH(QString, line);
        QFETCH(int, code);
        QFile file(folder_.filePath("file"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("text") == 4);
        file.close();
        if (!formats::is_run_folder(path("taken")))
            QVERIFY(formats::create_run(path("taken"), preset_settings(Preset::tiny, DataKind::mnist)).ok());
        Words words;
        for (const QString& part : line.split(' '))
            words.push_back(QString(part).replace("DIR", folder_.path()).toStdString());
        Stage stage;
        QCOMPARE(stage.run(words), code);
        QCOMPARE(stage.errors().count('\n'), 1);
        QVERIFY2(stage.errors().contains("Remedy: "), stage.err.str().c_str());
        QVERIFY(!stage.engine_was_made);
        QVERIFY(!std::filesystem::exists(path("none")));
    }

private:
    /// Answers OpenModel with a model of 200 steps, StartChain with a finished chain, ExportGrid with
    /// success.
    void answer_sampling(Stage& stage) {
        stage.engine.on_submit([&stage](const Command& command) {
            ScheduleTable schedule;
            schedule.beta.assign(200, 0.1);
            schedule.alpha_bar.assign(200, 0.5);
            schedule.posterior_variance.assign(200, 0.1);
            if (const auto* open = std::get_if<OpenModel>(&command)) {
                ModelChanged event;
                event.available = true;
                event.folder = open->folder;
                event.schedule = schedule;
                stage.engine.emit(event);
            }
            if (const auto* start = std::get_if<StartChain>(&command)) {
                auto record = std::make_shared<ChainRecord>(1, start->settings, schedule, 1, 1);
                record->append(std::make_shared<ChainState>());
                record->finish();
                stage.engine.emit(ChainChanged{ChainPhase::finished, record});
            }
            if (const auto* grid = std::get_if<ExportGrid>(&command))
                stage.engine.emit(ExportFinished{grid->file, "grid"});
        });
    }
};

QTEST_GUILESS_MAIN(VerbsTest)
#include "test_verbs.moc"
