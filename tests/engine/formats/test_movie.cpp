// Films, held against what an independent reader (OpenCV's, by FFmpeg) makes of them.
#include "files.h"
#include "formats/movie.h"

#include <QtTest>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

/// A slope of grey (or colours) that moves.
PictureStack slope(int width, int height, int channels, int shift) {
    PictureStack picture{1, height, width, channels, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < channels; ++c)
                picture.bytes.push_back(static_cast<std::uint8_t>((x * 3 + y * (c + 1) + shift * 20) % 256));
    return picture;
}

std::vector<cv::Mat> frames_of(const std::filesystem::path& file, double& rate) {
    cv::VideoCapture film(file.string(), cv::CAP_FFMPEG);
    rate = film.get(cv::CAP_PROP_FPS);
    std::vector<cv::Mat> frames;
    for (cv::Mat frame; film.read(frame);)
        frames.push_back(frame.clone());
    return frames;
}

cv::Mat as_bgr(const PictureStack& picture) {
    const cv::Mat given(picture.height, picture.width, picture.channels == 3 ? CV_8UC3 : CV_8UC1,
                        const_cast<std::uint8_t*>(picture.bytes.data()));
    cv::Mat result;
    cv::cvtColor(given, result, picture.channels == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_GRAY2BGR);
    return result;
}

double mean_difference(const cv::Mat& a, const cv::Mat& b) {
    return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total() * 3);
}

} // namespace

class MovieTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void reads_back_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("channels");
        QTest::addColumn<double>("tolerance"); // mean of the absolute difference, of 255
        QTest::newRow("GIF grey") << "grey.gif" << 1 << 0.0;
        QTest::newRow("GIF colour") << "colour.gif" << 3 << 16.0; // 252 colours, dithered
        QTest::newRow("APNG grey") << "grey.apng" << 1 << 0.0;
        QTest::newRow("APNG colour") << "colour.apng" << 3 << 0.0;
        QTest::newRow("MP4 grey") << "grey.mp4" << 1 << 6.0;
        QTest::newRow("MP4 colour") << "colour.mp4" << 3 << 8.0; // colour is kept at half the size
    }
    void reads_back() {
        QFETCH(QString, name);
        QFETCH(int, channels);
        QFETCH(double, tolerance);
        const Folder folder;
        const auto file = folder / name.toStdString();
        constexpr int width = 64, height = 48, count = 7;
        auto film = make_movie(*movie_format(file), width, height, channels);
        QVERIFY2(film.ok(), film.ok() ? "" : film.error().line().c_str());
        for (int i = 0; i < count; ++i)
            QVERIFY((*film)->add(slope(width, height, channels, i), 1).ok());
        const auto bytes = (*film)->finish();
        QVERIFY2(bytes.ok(), bytes.ok() ? "" : bytes.error().line().c_str());
        write_bytes(file, *bytes);
        double rate = 0;
        const std::vector<cv::Mat> frames = frames_of(file, rate);
        QCOMPARE(frames.size(), std::size_t{count});
        QCOMPARE(qRound(rate), movie_rate);
        for (int i = 0; i < count; ++i) {
            const cv::Mat& frame = frames[static_cast<std::size_t>(i)];
            QCOMPARE(frame.cols, width);
            QCOMPARE(frame.rows, height);
            const double off = mean_difference(frame, as_bgr(slope(width, height, channels, i)));
            QVERIFY2(off <= tolerance, qPrintable(QString("frame %1: %2").arg(i).arg(off)));
            // The tolerance would not pass the neighbour.
            const double other = mean_difference(frame, as_bgr(slope(width, height, channels, i + 1)));
            QVERIFY2(other > tolerance, qPrintable(QString::number(other)));
        }
    }

    void a_picture_can_be_held() {
        const Folder folder;
        auto film = make_movie(MovieFormat::mp4, 32, 32, 1);
        QVERIFY(film.ok());
        QVERIFY((*film)->add(slope(32, 32, 1, 0), 1).ok());
        QVERIFY((*film)->add(slope(32, 32, 1, 4), 10).ok());
        write_bytes(folder / "held.mp4", *(*film)->finish());
        double rate = 0;
        QCOMPARE(frames_of(folder / "held.mp4", rate).size(), std::size_t{11});
    }

    void odd_sides_become_even_in_mp4() {
        const Folder folder;
        auto film = make_movie(MovieFormat::mp4, 31, 29, 3);
        QVERIFY(film.ok());
        for (int i = 0; i < 3; ++i)
            QVERIFY((*film)->add(slope(31, 29, 3, i), 1).ok());
        write_bytes(folder / "odd.mp4", *(*film)->finish());
        double rate = 0;
        const auto frames = frames_of(folder / "odd.mp4", rate);
        QCOMPARE(frames.size(), std::size_t{3});
        QVERIFY(frames[0].cols == 32 && frames[0].rows == 30);
    }

    void the_ending_names_the_format() {
        QVERIFY(movie_format("a.mp4") == MovieFormat::mp4 && movie_format("b/a.gif") == MovieFormat::gif);
        QVERIFY(movie_format("a.apng") == MovieFormat::apng && !movie_format("a.png") &&
                !movie_format("mp4"));
    }

    void a_size_out_of_range_is_an_error() {
        for (const auto& [width, height] : {std::pair{0, 10}, std::pair{10, 100'000}}) {
            const auto film = make_movie(MovieFormat::gif, width, height, 1);
            QVERIFY(!film.ok() && !film.error().remedy.empty());
        }
    }
};

QTEST_GUILESS_MAIN(MovieTest)
#include "test_movie.moc"
