// Picture grids and the settings inside them, looked at with an independent walk over the PNG's chunks and
// OpenCV.
#include "failing_files.h"
#include "files.h"
#include "formats/picture_grid.h"

#include <QtTest>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include <array>
#include <cmath>
#include <random>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

PictureStack numbered_pictures(int count, int height, int width, int channels) {
    PictureStack stack{count, height, width, channels, {}};
    for (std::size_t i = 0; i < stack.picture_size() * static_cast<std::size_t>(count); ++i)
        stack.bytes.push_back(static_cast<std::uint8_t>(i * 7 % 251));
    return stack;
}

/// CRC-32 as the PNG specification spells it out, bit by bit.
std::uint32_t plain_crc(const std::string& bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
    }
    return crc ^ 0xFFFFFFFF;
}

struct Chunk {
    std::string type, content;
    bool crc_good = false;
};

std::vector<Chunk> chunks_of(const std::string& png) {
    std::vector<Chunk> chunks;
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value = value << 8 | static_cast<unsigned char>(png.at(at + i));
        return value;
    };
    for (std::size_t at = 8; at < png.size();) {
        const std::size_t length = number(at);
        const std::string body = png.substr(at + 4, 4 + length);
        chunks.push_back({body.substr(0, 4), body.substr(4), number(at + 8 + length) == plain_crc(body)});
        at += 12 + length;
    }
    return chunks;
}

std::array<int, 3> pixel(const PictureStack& picture, int x, int y) {
    const std::uint8_t* at = picture.bytes.data() + static_cast<std::size_t>(y * picture.width + x) * 3;
    return {at[0], at[1], at[2]};
}

} // namespace

class PictureGridTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pictures_lie_where_they_should_data();
    void pictures_lie_where_they_should();
    void impossible_layouts_are_errors();
    void points_are_drawn_where_they_are();
    void a_png_holds_its_pixels_and_settings();
    void settings_of_other_files();
    void damaged_files_never_crash();
    void an_existing_file_stays_until_the_new_one_is_whole();
    void the_loss_curve_shows_the_loss();
    void the_loss_curve_takes_any_numbers();
};

void PictureGridTest::pictures_lie_where_they_should_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("asked");
    QTest::addColumn<int>("scale");
    QTest::addColumn<int>("padding");
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("rows");
    QTest::newRow("one") << 1 << 1 << 0 << 1 << 0 << 1 << 1;
    QTest::newRow("square") << 16 << 1 << 0 << 4 << 2 << 4 << 4;
    QTest::newRow("almost square") << 7 << 3 << 0 << 2 << 1 << 3 << 3;
    QTest::newRow("a row") << 5 << 3 << 5 << 3 << 0 << 5 << 1;
    QTest::newRow("more columns than pictures") << 3 << 1 << 10 << 1 << 5 << 3 << 1;
    QTest::newRow("a column") << 3 << 1 << 1 << 1 << 1 << 1 << 3;
}

void PictureGridTest::pictures_lie_where_they_should() {
    QFETCH(int, count);
    QFETCH(int, channels);
    QFETCH(int, asked);
    QFETCH(int, scale);
    QFETCH(int, padding);
    QFETCH(int, columns);
    QFETCH(int, rows);
    const int height = 5, width = 4;
    const PictureStack pictures = numbered_pictures(count, height, width, channels);
    const auto grid = compose_grid(pictures, {asked, scale, padding});
    QVERIFY2(grid.ok(), grid ? "" : grid.error().line().c_str());
    QCOMPARE(grid->count, 1);
    QCOMPARE(grid->width, (columns * width + (columns + 1) * padding) * scale);
    QCOMPARE(grid->height, (rows * height + (rows + 1) * padding) * scale);
    QCOMPARE(grid->bytes.size(), grid->picture_size());
    for (int y = 0; y < grid->height; ++y)
        for (int x = 0; x < grid->width; ++x) {
            const int cell_x = x / scale - padding, cell_y = y / scale - padding;
            const int column = cell_x / (width + padding), row = cell_y / (height + padding);
            const int inner_x = cell_x - column * (width + padding),
                      inner_y = cell_y - row * (height + padding);
            const int index = row * columns + column;
            const bool inside =
                cell_x >= 0 && cell_y >= 0 && inner_x < width && inner_y < height && index < count;
            for (int c = 0; c < channels; ++c) {
                const int got = grid->bytes[static_cast<std::size_t>((y * grid->width + x) * channels + c)];
                const int expected =
                    inside ? pictures.picture(index)[(inner_y * width + inner_x) * channels + c] : 40;
                QVERIFY2(got == expected, qPrintable(QString("pixel %1, %2").arg(x).arg(y)));
            }
        }
}

void PictureGridTest::impossible_layouts_are_errors() {
    const PictureStack pictures = numbered_pictures(4, 8, 8, 1);
    QVERIFY(!compose_grid({}, {}).ok());
    for (const GridLayout layout : {GridLayout{-1, 1, 0}, GridLayout{0, 0, 0}, GridLayout{0, 33, 0},
                                    GridLayout{0, 1, -1}, GridLayout{0, 1, 257}})
        QVERIFY(!compose_grid(pictures, layout).ok());
    const PictureStack many = numbered_pictures(300, 8, 8, 1);
    const auto wide = compose_grid(many, {300, 8, 0});
    QVERIFY(!wide.ok() && contains(wide.error().line(), "19200"));
    QVERIFY(compose_grid(many, {256, 8, 0}).ok()); // exactly 16,384
}

void PictureGridTest::points_are_drawn_where_they_are() {
    const int size = 301;
    const PointCloud points{{0.0F, 0.0F, 1.0F, 0.5F, 5.0F, 5.0F, NAN, 0.0F}};
    const PictureStack plot = compose_points(points, size);
    QVERIFY(plot.count == 1 && plot.width == size && plot.height == size && plot.channels == 1);
    const auto at = [&](double x, double y) { // the centre of the picture is 0, up is positive
        const auto column = static_cast<int>((x / 1.5 + 1) / 2 * size),
                   row = static_cast<int>((1 - y / 1.5) / 2 * size);
        int brightest = 0;
        for (int r = row - 1; r <= row + 1; ++r)
            for (int c = column - 1; c <= column + 1; ++c)
                brightest = std::max<int>(brightest, plot.bytes[static_cast<std::size_t>(r * size + c)]);
        return brightest;
    };
    QVERIFY(at(0, 0) > 120 && at(1, 0.5) > 60);
    QVERIFY(at(1, -0.5) == 0 && at(-1, 0.5) == 0 && at(0.5, 1) == 0);
    const auto lit =
        std::count_if(plot.bytes.begin(), plot.bytes.end(), [](std::uint8_t v) { return v > 0; });
    QVERIFY(lit >= 2 && lit <= 8); // and nothing for the point outside or the one that is none
}

void PictureGridTest::a_png_holds_its_pixels_and_settings() {
    const Folder folder;
    const auto file = folder / "grid.png";
    for (const int channels : {1, 3}) {
        const PictureStack picture = numbered_pictures(1, 13, 17, channels);
        const std::string settings = "{\n  \"text\": \"한글, ü, 😀\",\n  \"steps\": 50\n}\n";
        const Status written = write_png(file, picture, settings);
        QVERIFY2(written.ok(), written ? "" : written.error().line().c_str());
        const auto chunks = chunks_of(read_bytes(file));
        QCOMPARE(chunks.front().type, std::string("IHDR"));
        QCOMPARE(chunks.back().type, std::string("IEND"));
        int texts = 0;
        for (const Chunk& chunk : chunks) {
            QVERIFY2(chunk.crc_good, chunk.type.c_str());
            if (chunk.type != "tEXt") continue;
            ++texts;
            QVERIFY(chunk.content.starts_with(std::string("ddpm-lab\0{", 10)));
            for (const char c : chunk.content.substr(9))
                QVERIFY(static_cast<unsigned char>(c) < 0x80); // safe in Latin-1
        }
        QCOMPARE(texts, 1);
        const auto read = read_png_settings(file);
        QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
        QCOMPARE(nlohmann::json::parse(*read), nlohmann::json::parse(settings));
        const cv::Mat decoded = cv::imread(file.string(), cv::IMREAD_UNCHANGED);
        QVERIFY(decoded.rows == 13 && decoded.cols == 17 && decoded.channels() == channels);
        for (int y = 0; y < 13; ++y)
            for (int x = 0; x < 17; ++x)
                for (int c = 0; c < channels; ++c) { // OpenCV has blue first
                    const int got = decoded.ptr<std::uint8_t>(y)[x * channels + (channels - 1 - c)];
                    QCOMPARE(got, static_cast<int>(
                                      picture.bytes[static_cast<std::size_t>((y * 17 + x) * channels + c)]));
                }
    }
    QVERIFY(write_png(file, numbered_pictures(1, 2, 2, 1), "").ok());
    QCOMPARE(*read_png_settings(file), std::string());
    QVERIFY(!write_png(file, {}, "").ok());
}

void PictureGridTest::settings_of_other_files() {
    const Folder folder;
    cv::imwrite((folder / "plain.png").string(), cv::Mat::zeros(3, 3, CV_8U));
    QCOMPARE(*read_png_settings(folder / "plain.png"), std::string());
    cv::imwrite((folder / "photo.jpg").string(), cv::Mat::zeros(3, 3, CV_8U));
    QVERIFY(contains(read_png_settings(folder / "photo.jpg").error().line(), "not a PNG"));
    write_bytes(folder / "empty.png", "");
    QVERIFY(!read_png_settings(folder / "empty.png").ok());
    QVERIFY(!read_png_settings(folder / "absent.png").ok());
}

void PictureGridTest::damaged_files_never_crash() {
    const Folder folder;
    const auto file = folder / "grid.png";
    QVERIFY(write_png(file, numbered_pictures(1, 8, 8, 1), R"({"a":1})").ok());
    const std::string good = read_bytes(file);
    const MemoryBound bound(256 << 20);
    for (std::size_t size = 0; size < good.size(); ++size) {
        write_bytes(file, good.substr(0, size));
        QVERIFY2(!read_png_settings(file).ok(), qPrintable(QString("%1 bytes").arg(size)));
    }
    std::mt19937 dice(2); // NOLINT: the same every time
    for (int i = 0; i < 2000; ++i) {
        std::string bytes = good;
        bytes[dice() % bytes.size()] = static_cast<char>(dice());
        write_bytes(file, bytes);
        const auto read = read_png_settings(file);
        // Whatever happened to the file, settings that come out are the ones that went in.
        if (read.ok()) QVERIFY(read->empty() || *read == R"({"a":1})");
    }
}

void PictureGridTest::an_existing_file_stays_until_the_new_one_is_whole() {
    const Folder folder;
    const auto file = folder / "grid.png";
    write_bytes(file, "the old picture");
    const PictureStack picture = numbered_pictures(1, 64, 64, 3);
    int deaths = 0;
    while (killed_at(deaths + 1, [&] { (void)write_png(file, picture, "{}").ok(); })) {
        ++deaths;
        const std::string now = read_bytes(file);
        QVERIFY(now == "the old picture" || read_png_settings(file).ok());
        write_bytes(file, "the old picture");
    }
    QVERIFY(deaths >= 6);
    QCOMPARE(*read_png_settings(file), std::string("{}"));
}

void PictureGridTest::the_loss_curve_shows_the_loss() {
    std::vector<double> steps, losses;
    for (int i = 1; i <= 1000; ++i) {
        steps.push_back(i);
        losses.push_back(
            1.0 / i); // falls by three decades: at the left it is at the top, at the right at the bottom
    }
    const PictureStack chart = draw_loss_curve(steps, losses, 800, 480);
    QVERIFY(chart.count == 1 && chart.width == 800 && chart.height == 480 && chart.channels == 3);
    QCOMPARE(chart.bytes.size(), chart.picture_size());
    const auto row_of_curve = [&](int x) { // the thick line is dark blue
        for (int y = 34; y < 428; ++y) {
            const auto [r, g, b] = pixel(chart, x, y);
            if (b > 150 && r < 90) return y;
        }
        return -1;
    };
    const int left = row_of_curve(90), middle = row_of_curve(400), right = row_of_curve(770);
    QVERIFY2(left > 0 && left < middle && middle < right,
             qPrintable(QString("%1 %2 %3").arg(left).arg(middle).arg(right)));
    // Axis labels: dark pixels left of and below the frame.
    int beside = 0, below = 0;
    for (int y = 34; y < 428; ++y)
        for (int x = 0; x < 76; ++x)
            beside += pixel(chart, x, y)[0] < 120 ? 1 : 0;
    for (int y = 432; y < 480; ++y)
        for (int x = 0; x < 800; ++x)
            below += pixel(chart, x, y)[0] < 120 ? 1 : 0;
    QVERIFY(beside > 50 && below > 100);
}

void PictureGridTest::the_loss_curve_takes_any_numbers() {
    const PictureStack nothing = draw_loss_curve({}, {}, 400, 300);
    QCOMPARE(nothing.width, 400);
    QVERIFY(draw_loss_curve({1}, {0.5}, 400, 300).bytes != nothing.bytes);
    draw_loss_curve({1, 2, 3}, {0.5, 0.5, 0.5}, 400, 300);
    QVERIFY(draw_loss_curve({1, 2, 3, 4}, {NAN, INFINITY, 0, -1}, 400, 300).bytes == nothing.bytes);
    draw_loss_curve({1, 1e9}, {1e-300, 1e300}, 400, 300);
    draw_loss_curve({1, 2, 3}, {0.5, NAN, 0.4}, 320, 200);
    QVERIFY_EXCEPTION_THROWN(draw_loss_curve({1}, {}, 400, 300), std::invalid_argument);
    QVERIFY_EXCEPTION_THROWN(draw_loss_curve({}, {}, 10, 10), std::invalid_argument);
}

QTEST_GUILESS_MAIN(PictureGridTest)
#include "test_picture_grid.moc"
