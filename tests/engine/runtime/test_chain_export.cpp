// A recorded chain as film, numbered pictures and strip; what is cancelled leaves nothing.
#include "formats/picture_grid.h"
#include "runtime/chain_export.h"

#include <QTemporaryDir>
#include <QtTest>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

#include <filesystem>

using namespace ddpm;
using namespace ddpm::runtime;
namespace fs = std::filesystem;

namespace {

constexpr int states = 21, chains = 3, side = 8;

/// Chain c is, in state s, all of the grey 10 s + c; epsilon is 255 − that, and there is none in the last.
std::shared_ptr<ChainRecord> make_record() {
    SamplingSettings settings;
    settings.count = chains;
    settings.steps = states - 1;
    auto record = std::make_shared<ChainRecord>(1, settings, ScheduleTable{}, states, 1);
    for (int s = 0; s < states; ++s) {
        std::vector<float> x, epsilon;
        for (int c = 0; c < chains; ++c)
            for (int i = 0; i < side * side; ++i) {
                const float grey = static_cast<float>(10 * s + c) / 127.5F - 1;
                x.push_back(grey);
                epsilon.push_back(-3 * grey);
            }
        if (s + 1 == states) epsilon.clear();
        record->append(std::make_shared<ChainState>(
            make_chain_state(states - 1 - s, {chains, side, side, 1}, x, x, epsilon)));
    }
    record->finish();
    return record;
}

} // namespace

class ChainExportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QVERIFY(folder_->isValid());
    }

    void a_film_runs_from_noise_to_picture() {
        ExportChain command = film("chain.gif");
        command.seconds = 2; // 50 pictures
        command.chain = 1;
        run(command);
        cv::VideoCapture reader(command.file.string(), cv::CAP_FFMPEG);
        int count = 0;
        for (cv::Mat frame; reader.read(frame); ++count) {
            const int state = static_cast<int>(std::lround(count * (states - 1) / 49.0));
            QCOMPARE(frame.cols, (side + 4) * 2); // padding 2 around, scale 2
            QCOMPARE(int{frame.at<cv::Vec3b>(frame.rows / 2, frame.cols / 2)[0]}, 10 * state + 1);
        }
        QCOMPARE(count, 50);
    }

    void numbered_pictures_are_all_states() {
        ExportChain command = film("pictures");
        command.shape = ExportChain::Shape::numbered;
        command.part = ExportChain::Part::epsilon;
        command.chain = 2;
        run(command);
        int count = 0;
        for (const auto& entry : fs::directory_iterator(command.file)) {
            (void)entry;
            ++count;
        }
        QCOMPARE(count, states - 1); // nothing is left to take away from the last
        const cv::Mat picture = cv::imread((command.file / "00007.png").string(), cv::IMREAD_GRAYSCALE);
        QCOMPARE(int{picture.at<std::uint8_t>(picture.rows / 2, picture.cols / 2)}, 255 - 70 - 2);
        const auto settings = formats::read_png_settings(command.file / "00000.png");
        QVERIFY(settings.ok() && *settings == "{\"a\": 1}");
    }

    void a_strip_has_a_row_for_every_chain() {
        ExportChain command = film("strip.png");
        command.shape = ExportChain::Shape::strip;
        command.states = 5;
        command.layout = {0, 1, 0};
        run(command);
        const cv::Mat strip = cv::imread(command.file.string(), cv::IMREAD_GRAYSCALE);
        QCOMPARE(strip.cols, 5 * side);
        QCOMPARE(strip.rows, chains * side);
        for (int row = 0; row < chains; ++row)
            for (int column = 0; column < 5; ++column)
                QCOMPARE(int{strip.at<std::uint8_t>(row * side + 3, column * side + 3)}, 50 * column + row);
    }

    void points_are_drawn() {
        SamplingSettings settings;
        settings.count = 2;
        auto record = std::make_shared<ChainRecord>(1, settings, ScheduleTable{}, 2, 1);
        for (int s = 0; s < 2; ++s) {
            record->append(std::make_shared<ChainState>(
                make_chain_state(1 - s, {2, 0, 0, 0}, {0.0F, 0.0F, 0.5F, 0.5F}, {}, {})));
        }
        ExportChain command = film("points.apng");
        command.seconds = 0.2;
        auto job = ChainExport::start(record, command, "");
        QVERIFY2(job.ok(), job.ok() ? "" : job.error().line().c_str());
        while ((*job)->advance() == Progress::more) {
        }
        QVERIFY(!(*job)->error() && fs::file_size(command.file) > 100);
    }

    void cancelled_leaves_nothing() {
        for (const char* name : {"film.mp4", "film.gif", "folder"}) {
            ExportChain command = film(name);
            if (fs::path(name).extension().empty()) command.shape = ExportChain::Shape::numbered;
            auto job = ChainExport::start(make_record(), command, "{}");
            QVERIFY(job.ok());
            for (int i = 0; i < 5; ++i)
                QVERIFY((*job)->advance() == Progress::more);
            QVERIFY((*job)->done() > 0 && (*job)->done() < 1);
        }
        QVERIFY(fs::is_empty(folder_->path().toStdString()));
    }

    void an_old_file_stays_until_the_new_one_is_there() {
        ExportChain command = film("old.gif");
        QFile old(QString::fromStdString(command.file.string()));
        QVERIFY(old.open(QIODevice::WriteOnly) && old.write("old") == 3);
        old.close();
        {
            auto job = ChainExport::start(make_record(), command, "{}");
            QVERIFY(job.ok());
            (*job)->advance();
        }
        QVERIFY(old.open(QIODevice::ReadOnly));
        QCOMPARE(old.readAll(), QByteArray("old"));
    }

    void what_cannot_be_is_an_error() {
        const auto line = [](const ExportChain& command) {
            const auto job = ChainExport::start(make_record(), command, "{}");
            return job.ok() ? std::string() : job.error().line();
        };
        QVERIFY(line(film("film.avi")).find(".mp4") != std::string::npos);
        ExportChain command = film("film.gif");
        command.chain = chains;
        QVERIFY(!line(command).empty());
        command = film("film.gif");
        command.seconds = 1e9;
        QVERIFY(!line(command).empty());
        command = film("full");
        command.shape = ExportChain::Shape::numbered;
        fs::create_directories(command.file / "inside");
        QVERIFY(!line(command).empty());
        command = film("film.gif");
        command.layout.scale = 1000;
        QVERIFY(!line(command).empty());
        const auto none = std::make_shared<ChainRecord>(1, SamplingSettings{}, ScheduleTable{}, 2, 1);
        QVERIFY(!ChainExport::start(none, film("film.gif"), "").ok());
        // A folder that is not there is told at the end, and nothing is left in it.
        auto job = ChainExport::start(make_record(), film("missing/film.gif"), "");
        QVERIFY(job.ok());
        while ((*job)->advance() == Progress::more) {
        }
        QVERIFY((*job)->error().has_value());
    }

private:
    ExportChain film(const char* name) const {
        ExportChain command;
        command.layout.scale = 2;
        command.file = fs::path(folder_->path().toStdString()) / name;
        return command;
    }
    void run(const ExportChain& command) {
        auto job = ChainExport::start(make_record(), command, "{\"a\": 1}");
        QVERIFY2(job.ok(), job.ok() ? "" : job.error().line().c_str());
        while ((*job)->advance() == Progress::more) {
        }
        QVERIFY2(!(*job)->error(), (*job)->error() ? (*job)->error()->line().c_str() : "");
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(ChainExportTest)
#include "test_chain_export.moc"
