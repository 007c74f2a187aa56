// `ddpm-lab export plot`: the numbers against the peers' and against the bound, the pictures by the program
// as a person starts it, and what is refused with and without a window.
#include "data/array_file.h"
#include "data/dataset.h"
#include "ddpm/engine.h"
#include "exit_codes.h"
#include "formats/run_folder.h"
#include "program_run.h"
#include "support/golden.h"
#include "verbs.h"

#include <QImage>
#include <QXmlStreamReader>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <sstream>

using namespace ddpm;
using namespace ddpm::app;
using nlohmann::json;

namespace {

#ifdef DDPM_WITH_WINDOW
constexpr bool with_window = true;
#else
constexpr bool with_window = false;
#endif
#define NEEDS_WINDOW                                                                                         \
    if (!with_window) QSKIP("the program was built without its window")

/// Header and rows; an empty cell is nothing. The writer had no part in it.
struct Table {
    QList<QByteArray> names;
    QList<QList<std::optional<double>>> rows;

    explicit Table(const QByteArray& csv) {
        QList<QByteArray> lines = csv.split('\n');
        if (!lines.takeLast().isEmpty()) qFatal("the last line is not ended");
        names = lines.takeFirst().split(',');
        for (const QByteArray& line : lines) {
            QList<std::optional<double>> row;
            for (const QByteArray& cell : line.split(',')) {
                bool good = false;
                const double value = cell.toDouble(&good);
                if (!cell.isEmpty() && !good) qFatal("%s is no number", cell.constData());
                row << (cell.isEmpty() ? std::nullopt : std::optional(value));
            }
            rows << row;
        }
    }
};

QByteArray content(const std::string& file) {
    QFile opened(QString::fromStdString(file));
    if (!opened.open(QIODevice::ReadOnly)) qFatal("there is no %s", file.c_str());
    return opened.readAll();
}

} // namespace

class PlotsTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::ostringstream out_, err_;
    std::optional<PlotPicture> painted_; ///< what the painter of a build with a window was asked

    std::string path(const std::string& name) const {
        return folder_.filePath(QString::fromStdString(name)).toStdString();
    }
    int dispatch_with(const Words& words, PlotPainter painter) {
        out_.str({});
        err_.str({});
        return dispatch({.out = out_,
                         .err = err_,
                         .err_is_terminal = false,
                         .make_engine =
                             [](EngineOptions options) {
                                 options.resources = DDPM_RESOURCES;
                                 return make_engine(options);
                             },
                         .interrupted = [] { return false; },
                         .draw_plot = std::move(painter)},
                        words);
    }
    /// A build without the window.
    int bare(const Words& words) { return dispatch_with(words, {}); }
    /// A build with one, whose painter only remembers.
    int painting(const Words& words) {
        painted_.reset();
        return dispatch_with(words, [this](const PlotPicture& picture, const std::filesystem::path&) {
            painted_ = picture;
            return Done{};
        });
    }
    int program(const QStringList& words) {
        const test::Ended ended = test::run(words);
        out_.str(ended.out.toStdString());
        err_.str(ended.err.toStdString());
        return ended.code;
    }
    /// A run with losses and no weights.
    std::string run_with(const std::string& name, const std::vector<double>& losses) {
        RunSettings settings;
        settings.name = "my <run> & 손실";
        if (Status made = formats::create_run(path(name), settings); !made) qFatal("no run");
        std::vector<MetricPoint> points;
        for (std::size_t i = 0; i < losses.size(); ++i) {
            MetricPoint point;
            point.step = static_cast<std::int64_t>(i) + 1;
            point.loss = losses[i];
            points.push_back(point);
        }
        if (Status written = formats::append_metrics(path(name), points); !written) qFatal("no losses");
        return path(name);
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(folder_.isValid()); }

    void losses_are_those_of_the_run() {
        std::vector<double> losses;
        for (int i = 0; i < 2000; ++i)
            losses.push_back(i == 77 ? std::numeric_limits<double>::quiet_NaN() : 1.0 / (1 + i) + 1e-3 / 3);
        const std::string file = path("loss.csv");
        QCOMPARE(
            bare({"export", "plot", "--what", "loss", "--run", run_with("numbers", losses), "--out", file}),
            exit_ok);
        QCOMPARE(out_.str(), file + "\n");
        const Table table(content(file));
        QCOMPARE(table.names, (QList<QByteArray>{"step", "loss", "smoothed_loss"}));
        QCOMPARE(table.rows.size(), 2000);
        double sum = 0, weight = 0; // the running mean, by its definition
        const double keep = 1 - std::pow(10, -1.5);
        for (int i = 0; i < 2000; ++i) {
            QCOMPARE(*table.rows[i][0], i + 1.0);
            const double loss = losses[static_cast<std::size_t>(i)];
            QVERIFY(std::isnan(loss) ? std::isnan(*table.rows[i][1]) : *table.rows[i][1] == loss);
            if (!std::isnan(loss)) {
                sum = keep * sum + (1 - keep) * loss;
                weight = keep * weight + (1 - keep);
            }
            QVERIFY(std::abs(*table.rows[i][2] - sum / weight) < 1e-12);
        }
    }

    void losses_stand_beside_each_other() {
        const std::string one = run_with("one, two", {4, 2, 1}), other = run_with("other", {8, 8, 8, 6}),
                          file = path("losses.csv");
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", other, "--beside", one, "--out", file}),
                 exit_ok); // a comma in a folder's name
        const Table table(content(file));
        QCOMPARE(table.names, (QList<QByteArray>{"step", "other", "\"one", " two\""}));
        QCOMPARE(table.rows.size(), 4);
        QCOMPARE(*table.rows[1][0], 2.0);
        const double keep = 1 - std::pow(10, -1.5);
        QVERIFY(std::abs(*table.rows[1][2] - (keep * 4 + 2) / (keep + 1)) < 1e-12);
        QCOMPARE(*table.rows[2][1], 8.0);
        QVERIFY(!table.rows[3][2]); // the shorter run has ended

        QCOMPARE(painting({"export", "plot", "--what", "loss", "--run", one, "--beside", other + "," + other,
                           "--out", path("l.svg")}),
                 exit_ok);
        QVERIFY(painted_ && painted_->beside.size() == 2 && painted_->beside[1].metrics.size() == 4);
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", one, "--beside", other, "--out",
                       path("l.png")}),
                 exit_usage);
        QVERIFY2(err_.str().find("losses beside each other") != std::string::npos, err_.str().c_str());
        QCOMPARE(
            bare({"export", "plot", "--what", "loss", "--run", one, "--beside", path("none"), "--out", file}),
            exit_input);
        QVERIFY(err_.str().find("no folder of a run") != std::string::npos);
    }

    void schedules_equal_improved_diffusion_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QStringList>("options");
        QTest::addRow("linear 1000") << "linear1000" << QStringList{"--schedule", "linear"};
        QTest::addRow("cosine 1000") << "cosine1000" << QStringList{"--schedule", "cosine"};
        QTest::addRow("linear 50") << "linear50"
                                   << QStringList{"--schedule",   "linear", "--timesteps", "50",
                                                  "--beta-start", "0.002",  "--beta-end",  "0.4"};
    }
    void schedules_equal_improved_diffusion() {
        QFETCH(QString, key);
        QFETCH(QStringList, options);
        Words words{"export", "plot", "--out", path("schedule.csv"), "--json", "--what", "schedule"};
        for (const QString& option : options)
            words.push_back(option.toStdString());
        QCOMPARE(bare(words), exit_ok);
        const Table table(content(path("schedule.csv")));
        QCOMPARE(table.names, (QList<QByteArray>{"t", "alpha_bar", "beta"}));
        const auto golden = test::read_golden("schedules.safetensors");
        const torch::Tensor betas = test::golden_tensor(golden, key.toStdString() + ".betas"),
                            levels = test::golden_tensor(golden, key.toStdString() + ".alphas_cumprod");
        QCOMPARE(table.rows.size(), betas.size(0) + 1);
        QCOMPARE(json::parse(out_.str())["points"].get<std::int64_t>(), betas.size(0) + 1);
        QCOMPARE(*table.rows[0][1], 1.0); // t = 0: nothing but the picture, and no step
        QVERIFY(!table.rows[0][2]);
        *std::find(words.begin(), words.end(), "schedule") = "snr";
        words[3] = path("snr.csv");
        QCOMPARE(bare(words), exit_ok);
        const Table snr(content(path("snr.csv")));
        QCOMPARE(snr.names, (QList<QByteArray>{"t", "snr"}));
        for (std::int64_t i = 0; i < betas.size(0); ++i) {
            const double level = levels[i].item<double>();
            QCOMPARE(*table.rows[i + 1][0], static_cast<double>(i + 1));
            QVERIFY(std::abs(*table.rows[i + 1][1] - level) < 1e-12);
            QVERIFY(std::abs(*table.rows[i + 1][2] - betas[i].item<double>()) < 1e-12);
            QVERIFY(std::abs(*snr.rows[i][1] / (level / (1 - level)) - 1) < 1e-6);
        }
    }

    void the_spectrum_is_the_error_at_each_t() {
        const std::string run = path("trained");
        QCOMPARE(bare({"train",   "--data",       "mnist",  "--preset",    "tiny", "--prediction",
                       "epsilon", "--schedule",   "linear", "--timesteps", "40",   "--steps",
                       "3",       "--batch",      "4",      "--threads",   "1",    "--out",
                       run,       "--no-preview", "--quiet"}),
                 exit_ok);
        QCOMPARE(bare({"export", "plot", "--what", "spectrum", "--run", run, "--examples", "3", "--seed", "5",
                       "--threads", "1", "--out", path("spectrum.csv")}),
                 exit_ok);
        const Table table(content(path("spectrum.csv")));
        QCOMPARE(table.names, (QList<QByteArray>{"t", "mean_squared_error"}));
        QCOMPARE(table.rows.size(), 40); // fewer than 50 steps: each is a bin

        // The same pictures with the same noise, by the code that measures the bound.
        DataSettings settings;
        settings.kind = DataKind::mnist;
        const auto data = data::open_dataset(settings, DDPM_RESOURCES);
        QVERIFY(data);
        const auto third = data->size() / 3;
        const torch::Tensor x0 = data::to_model_input(
            data->items.index_select(0, torch::tensor({std::int64_t{0}, third, 2 * third})), 28);
        std::ofstream(path("x0.npy"), std::ios::binary) << data::npy_bytes(x0);
        QCOMPARE(bare({"measure", "bound", "--model", run, "--x", path("x0.npy"), "--seed", "5", "--no-clip",
                       "--threads", "1", "--quiet", "--json"}),
                 exit_ok);
        const json bound = json::parse(out_.str());
        for (int i = 0; i < 40; ++i) {
            const auto index = static_cast<std::size_t>(i);
            QCOMPARE(*table.rows[i][0], i + 1.0);
            QCOMPARE(bound["t"][index].get<int>(), i);
            const double expected = bound["mse"][index].get<double>();
            QVERIFY2(
                std::abs(*table.rows[i][1] - expected) < 1e-3 * expected,
                qPrintable(
                    QStringLiteral("t = %1: %2, not %3").arg(i + 1).arg(*table.rows[i][1]).arg(expected)));
        }
        QCOMPARE(bare({"export", "plot", "--what", "spectrum", "--run", run, "--examples", "1", "--out",
                       path("spectrum.csv"), "--json", "--quiet"}),
                 exit_ok);
        QVERIFY(err_.str().empty());
        QCOMPARE(json::parse(out_.str())["what"].get<std::string>(), std::string("spectrum"));
    }

    void points_have_a_spectrum_too() {
        const std::string run = path("moons");
        QCOMPARE(bare({"train", "--data", "two-moons", "--preset", "points", "--timesteps", "100", "--steps",
                       "2", "--threads", "1", "--out", run, "--no-preview", "--quiet"}),
                 exit_ok);
        QCOMPARE(bare({"export", "plot", "--what", "spectrum", "--run", run, "--examples", "40", "--quiet",
                       "--out", path("moons.csv")}),
                 exit_ok);
        const Table table(content(path("moons.csv")));
        QCOMPARE(table.rows.size(), 50);
        QCOMPARE(*table.rows[0][0], 1.5); // t = 1 and 2
        QCOMPARE(*table.rows[49][0], 99.5);
        for (const auto& row : table.rows)
            QVERIFY(*row[1] > 0 && *row[1] < 10);
    }

    void the_painter_gets_what_was_asked() {
        const std::string run = run_with("painted", {3, 2, 1});
        QCOMPARE(painting({"export", "plot", "--what", "loss", "--run", run, "--log", "--size", "640x480",
                           "--out", path("p.svg")}),
                 exit_ok);
        QVERIFY(painted_ && painted_->what == PlotKind::loss && painted_->log);
        QCOMPARE(painted_->metrics.size(), std::size_t{3});
        QCOMPARE(painted_->name, std::string("my <run> & 손실"));
        QCOMPARE(painted_->width, 640);
        QCOMPARE(painted_->height, 480);
        QCOMPARE(painting({"export", "plot", "--what", "snr", "--run", run, "--out", path("p.PDF")}),
                 exit_ok);
        QVERIFY(painted_ && painted_->what == PlotKind::snr);
        QCOMPARE(painted_->schedule.timesteps(), 1000); // the run's own
        QCOMPARE(painted_->width, 0);                   // the usual
        // What the painter cannot write is an output's error.
        QCOMPARE(dispatch_with({"export", "plot", "--what", "loss", "--run", run, "--out", path("p.png")},
                               [](const PlotPicture&, const std::filesystem::path& file) -> Status {
                                   return Error{"the disk is full", file.string(), "make room"};
                               }),
                 exit_output);
        QVERIFY(err_.str().find("the disk is full") != std::string::npos);
    }

    void without_a_window_there_is_less() {
        const std::string run = run_with("bare", {0.9, 0.5, 0.4, 0.3});
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", run, "--size", "640x400", "--out",
                       path("bare.png")}),
                 exit_ok);
        QCOMPARE(QImage(QString::fromStdString(path("bare.png"))).size(), QSize(640, 400));
        QVERIFY(err_.str().find("logarithmic") != std::string::npos); // --log was not asked
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", run, "--log", "--out", path("bare.png")}),
                 exit_ok);
        QVERIFY(err_.str().empty());
        for (const char* name : {"no.svg", "no.pdf"}) {
            QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", run, "--out", path(name)}),
                     exit_usage);
            QVERIFY2(err_.str().find("has no window") != std::string::npos, err_.str().c_str());
            QVERIFY(err_.str().find(path(name)) != std::string::npos);
            QVERIFY(err_.str().find("DDPM_BUILD_UI") != std::string::npos);
            QVERIFY(!QFile::exists(QString::fromStdString(path(name))));
        }
        QCOMPARE(bare({"export", "plot", "--what", "snr", "--schedule", "linear", "--out", path("no.png")}),
                 exit_usage);
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", run, "--size", "200x160", "--out",
                       path("no.png")}),
                 exit_usage);
    }

    void what_makes_no_sense_is_refused_data() {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        const QString out = folder_.filePath("refused.svg"), run = folder_.filePath("refused run");
        const auto add = [](const char* name, const QStringList& words, int code, const char* says) {
            QTest::addRow("%s", name) << words << code << QString(says);
        };
        add("nothing said", {}, 2, "choose loss, spectrum, schedule or snr");
        add("a slip", {"--what", "los", "--run", run, "--out", out}, 2, "did you mean loss?");
        add("no run", {"--what", "loss", "--out", out}, 2, "name the folder of a run");
        add("no schedule", {"--what", "snr", "--out", out}, 2, "name a schedule");
        add("both", {"--what", "snr", "--schedule", "linear", "--run", run, "--out", out}, 2,
            "the run has its own schedule");
        add("a schedule of a loss", {"--what", "loss", "--run", run, "--timesteps", "9", "--out", out}, 2,
            "the plot is of a run");
        add("T without a schedule", {"--what", "schedule", "--timesteps", "9", "--out", out}, 2,
            "name one with --schedule");
        add("no such schedule", {"--what", "snr", "--schedule", "cosin", "--out", out}, 2, "cosine");
        add("T of 0", {"--what", "snr", "--schedule", "linear", "--timesteps", "0", "--out", out}, 2,
            "--timesteps");
        add("no size", {"--what", "snr", "--schedule", "linear", "--size", "large", "--out", out}, 2,
            "write e.g. --size 1800x1000");
        add("too small", {"--what", "snr", "--schedule", "linear", "--size", "90x90", "--out", out}, 2,
            "choose 160 to 16384");
        add("axes of numbers",
            {"--what", "snr", "--schedule", "linear", "--log", "--out", folder_.filePath("refused.csv")}, 2,
            "numbers have none");
        add("examples of a loss", {"--what", "loss", "--run", run, "--examples", "9", "--out", out}, 2,
            "only the spectrum is measured");
        add("a schedule beside", {"--what", "snr", "--schedule", "linear", "--beside", run, "--out", out}, 2,
            "only losses are compared");
        add("nothing beside", {"--what", "loss", "--run", run, "--beside", ",", "--out", out}, 2,
            "name 1 to 9");
        add("a model", {"--what", "loss", "--model", run, "--run", run, "--out", out}, 2,
            "name the run with --run");
        add("no file", {"--what", "snr", "--schedule", "linear"}, 2, "name the file to write");
        add("no such format",
            {"--what", "snr", "--schedule", "linear", "--out", folder_.filePath("refused.bmp")}, 4,
            ".png, .svg, .pdf or .csv");
        add("no such folder",
            {"--what", "snr", "--schedule", "linear", "--out", folder_.filePath("no/such/plot.svg")}, 4,
            "does not exist");
        add("no such run", {"--what", "loss", "--run", run, "--out", out}, 3, "no folder of a run");
    }
    void what_makes_no_sense_is_refused() {
        QFETCH(QStringList, words);
        QFETCH(int, code);
        QFETCH(QString, says);
        const QStringList before = QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden);
        Words all{"export", "plot"};
        for (const QString& word : words)
            all.push_back(word.toStdString());
        QCOMPARE(painting(all), code);
        QVERIFY2(QString::fromStdString(err_.str()).contains(says), err_.str().c_str());
        QVERIFY(out_.str().empty() && !painted_);
        QCOMPARE(QDir(folder_.path()).entryList(QDir::AllEntries | QDir::Hidden), before);
    }

    void a_run_without_losses_says_so() {
        const std::string run = run_with("empty", {});
        QCOMPARE(painting({"export", "plot", "--what", "loss", "--run", run, "--out", path("e.png")}),
                 exit_input);
        QVERIFY(err_.str().find("no losses yet") != std::string::npos);
    }

    /// A step in a damaged file must not ask for memory that is not there.
    void steps_far_apart_are_not_drawn() {
        NEEDS_WINDOW;
        const std::string one = run_with("near", {2, 1}), other = run_with("far", {2, 1});
        MetricPoint point;
        point.step = 2'000'000'000;
        point.loss = 1;
        QVERIFY(formats::append_metrics(other, {point}));
        for (const char* ending : {".svg", ".png"}) {
            const QString file = folder_.filePath("far" + QString(ending));
            QCOMPARE(program({"export", "plot", "--what", "loss", "--run", QString::fromStdString(one),
                              "--beside", QString::fromStdString(other), "--out", file}),
                     exit_output);
            QVERIFY2(err_.str().find("too far apart") != std::string::npos, err_.str().c_str());
            QVERIFY(!QFile::exists(file));
        }
        QCOMPARE(bare({"export", "plot", "--what", "loss", "--run", one, "--beside", other, "--out",
                       path("far.csv")}),
                 exit_ok);
        QCOMPARE(Table(content(path("far.csv"))).rows.size(), 3);
    }

    void other_exports_take_none_of_it() {
        QCOMPARE(painting({"export", "grid", "--x", "x.npy", "--out", path("g.png"), "--log"}), exit_usage);
        QVERIFY(err_.str().find("it belongs to 'export plot'") != std::string::npos);
        QCOMPARE(painting({"export", "plots", "--out", path("g.png")}), exit_usage);
        QVERIFY(err_.str().find("choose diffusers, grid or plot") != std::string::npos);
    }

    void the_help_and_the_man_page_tell_of_it() {
        QCOMPARE(bare({"export", "--help"}), exit_ok);
        for (const char* word : {"--what", "--run", "--schedule", "--timesteps", "--size", "--log",
                                 "--examples", "export plot --what loss"})
            QVERIFY2(out_.str().find(word) != std::string::npos, word);
        QCOMPARE(bare({"help", "--man"}), exit_ok);
        QVERIFY(out_.str().find("\\-\\-what") != std::string::npos);
    }

    // The program itself, with no display.

    void pictures_come_without_a_display_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("ending");
        for (const char* what : {"loss", "losses", "spectrum", "schedule", "snr"})
            for (const char* ending : {"png", "svg", "pdf", "csv"})
                QTest::addRow("%s as %s", what, ending) << what << ending;
    }
    void pictures_come_without_a_display() {
        NEEDS_WINDOW;
        QFETCH(QString, what);
        QFETCH(QString, ending);
        const QString file = folder_.filePath(what + QStringLiteral(" 그림.") + ending);
        const bool losses = what == "losses";
        QStringList words{"export", "plot", "--what", losses ? QStringLiteral("loss") : what, "--out", file};
        if (losses)
            words << "--run" << folder_.filePath("numbers") << "--beside" << folder_.filePath("trained");
        else if (what == "loss")
            words << "--run" << folder_.filePath("numbers")
                  << (ending == "csv" ? QStringList{} : QStringList{"--log"});
        else if (what == "spectrum")
            words << "--run" << folder_.filePath("trained") << "--examples"
                  << "1"
                  << "--quiet";
        else
            words << "--schedule"
                  << "cosine"
                  << "--timesteps"
                  << "200";
        const int code = program(words);
        QVERIFY2(code == exit_ok, err_.str().c_str());
        QCOMPARE(QString::fromStdString(out_.str()), file + "\n");
        QVERIFY2(err_.str().empty(), err_.str().c_str()); // no remarks of Qt's
        const QByteArray bytes = content(file.toStdString());
        if (ending == "png") {
            QCOMPARE(QImage(file).size(), QSize(1800, 1000));
            QCOMPARE(QImage(file).pixelColor(0, 0), QColor(Qt::white));
        } else if (ending == "svg") {
            QXmlStreamReader xml(bytes);
            int lines = 0;
            QStringList texts;
            QString title;
            while (!xml.atEnd()) {
                xml.readNext();
                if (!xml.isStartElement()) continue;
                lines += xml.name() == QLatin1String("polyline") || xml.name() == QLatin1String("path");
                if (xml.name() == QLatin1String("text")) texts << xml.readElementText();
                if (xml.name() == QLatin1String("title")) title = xml.readElementText();
            }
            QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
            QVERIFY(lines > 3 && texts.size() > 4);
            if (what == "loss") {
                QCOMPARE(title, QStringLiteral("Loss: my <run> & 손실"));
                QVERIFY(texts.contains(QStringLiteral("smoothed")) && texts.contains(QStringLiteral("NaN")));
            }
            if (what == "schedule") QVERIFY(texts.contains(QStringLiteral("ᾱ")));
        } else if (ending == "pdf") {
            QVERIFY(bytes.startsWith("%PDF-1."));
            QVERIFY(QString::fromLatin1(bytes).contains(
                QRegularExpression(QStringLiteral("/MediaBox\\s*\\[\\s*0\\s+0\\s+540(\\.0*)?\\s+300"))));
        } else {
            QVERIFY(Table(bytes).rows.size() >= 40);
        }
    }

    void the_size_is_kept() {
        NEEDS_WINDOW;
        const QString file = folder_.filePath("sized.png");
        QCOMPARE(program({"export", "plot", "--what", "snr", "--schedule", "linear", "--size", "500x333",
                          "--out", file}),
                 exit_ok);
        QCOMPARE(QImage(file).size(), QSize(500, 333));
    }

    void the_axis_is_as_asked() {
        NEEDS_WINDOW;
        const auto labels = [&](const QStringList& more) {
            const QString file = folder_.filePath("axis.svg");
            if (program(QStringList{"export", "plot", "--what", "loss", "--run", folder_.filePath("numbers"),
                                    "--out", file} +
                        more) != exit_ok)
                qFatal("%s", err_.str().c_str());
            QStringList texts;
            QXmlStreamReader xml(content(file.toStdString()));
            while (!xml.atEnd())
                if (xml.readNext() == QXmlStreamReader::StartElement && xml.name() == QLatin1String("text"))
                    texts << xml.readElementText();
            return texts;
        };
        QVERIFY(labels({"--log"}).contains(QStringLiteral("0.01"))); // a decade
        QVERIFY(!labels({}).contains(QStringLiteral("0.01")));
        QVERIFY(labels({}).contains(QStringLiteral("0.2")));
    }

    void every_t_is_a_point_of_the_line() {
        NEEDS_WINDOW;
        const QString file = folder_.filePath("points.svg");
        QCOMPARE(program({"export", "plot", "--what", "schedule", "--schedule", "linear", "--timesteps", "10",
                          "--out", file}),
                 exit_ok);
        QXmlStreamReader xml(content(file.toStdString()));
        int longest = 0;
        while (!xml.atEnd())
            if (xml.readNext() == QXmlStreamReader::StartElement && xml.name() == QLatin1String("polyline")) {
                const QString points = xml.attributes().value("points").toString().trimmed();
                longest = std::max(longest, static_cast<int>(points.split(' ').size()));
            }
        QCOMPARE(longest, 11); // alpha-bar at t = 0 … 10
    }
};

QTEST_GUILESS_MAIN(PlotsTest)
#include "test_plots.moc"
