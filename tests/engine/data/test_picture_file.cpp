// Picture files: every format, every oddity with its rule, and headers that lie.
#include "../formats/files.h"
#include "data/dataset.h"
#include "data/picture_file.h"
#include "data/picture_header.h"

#include <QtTest>
#include <opencv2/imgcodecs.hpp>

#include <random>

using namespace ddpm::data;

namespace {

/// Left half red (or 200 grey), right half blue (or 20).
cv::Mat two_halves(int rows, int columns) {
    cv::Mat picture(rows, columns, CV_8UC3, cv::Scalar(0, 0, 255));
    picture.colRange(columns / 2, columns).setTo(cv::Scalar(255, 0, 0));
    return picture;
}

std::string encoded(const char* extension, const cv::Mat& picture) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(extension, picture, bytes);
    return {bytes.begin(), bytes.end()};
}

std::string error_of(const std::filesystem::path& file) {
    const auto picture = read_picture(file, 8, 1);
    return picture ? std::string() : picture.error().line();
}

/// A JPEG with an EXIF block that says "turn me by 90° clockwise" (orientation 6).
std::string turned_jpeg(const cv::Mat& picture) {
    const std::string tiff = std::string("II*\0", 4) + little_endian(8, 4) + little_endian(1, 2) +
                             little_endian(0x0112, 2) + little_endian(3, 2) + little_endian(1, 4) +
                             little_endian(6, 4) + little_endian(0, 4);
    const std::string body = std::string("Exif\0\0", 6) + tiff;
    const std::string plain = encoded(".jpg", picture);
    return plain.substr(0, 2) + "\xFF\xE1" + big_endian(body.size() + 2, 2) + body + plain.substr(2);
}

const std::vector<const char*> extensions{".png", ".jpg", ".bmp", ".webp", ".tiff"};

std::optional<PictureHeader> header_of(const std::string& bytes) {
    return read_picture_header({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

} // namespace

class PictureFileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void every_format_is_read();
    void cropped_to_the_centre_and_resized();
    void transparency_goes_over_black();
    void exif_orientation_is_applied();
    void sixteen_bits_keep_the_upper_eight();
    void grey_and_palette();
    void a_huge_header_takes_no_memory();
    void cut_off_files_are_refused();
    void what_is_no_picture_is_refused();
    void flipped_bytes_never_crash();
    void dark_pixels_become_points();
};

void PictureFileTest::every_format_is_read() {
    const Folder folder;
    for (const char* extension : extensions) {
        const std::string bytes = encoded(extension, two_halves(40, 60));
        const auto header = header_of(bytes);
        QVERIFY2(header && header->width == 60 && header->height == 40 && header->complete, extension);
        const auto file = folder / (std::string("picture") + extension);
        write_bytes(file, bytes);
        const auto colour = read_picture(file, 40, 3);
        QVERIFY2(colour.ok(), colour ? "" : colour.error().line().c_str());
        QVERIFY(colour->sizes() == torch::IntArrayRef({1, 3, 40, 40}) &&
                colour->scalar_type() == torch::kUInt8);
        const auto value = [&](int channel, int column) {
            return (*colour)[0][channel][20][column].item<int>();
        };
        QVERIFY2(value(0, 5) > 240 && value(1, 5) < 15 && value(2, 5) < 15,
                 extension); // red, not blue, comes first
        QVERIFY2(value(0, 35) < 15 && value(2, 35) > 240, extension);
        const auto grey = read_picture(file, 40, 1);
        QVERIFY(grey.ok() && grey->sizes() == torch::IntArrayRef({1, 1, 40, 40}));
        QVERIFY(std::abs((*grey)[0][0][20][5].item<int>() - 76) < 6); // 0.299 · 255
    }
}

void PictureFileTest::cropped_to_the_centre_and_resized() {
    const Folder folder;
    cv::Mat wide = cv::Mat::zeros(10, 30, CV_8U);
    wide.colRange(10, 20).setTo(100);
    wide.at<std::uint8_t>(0, 10) = 200; // one pixel of a 2×2 block
    write_bytes(folder / "wide.png", encoded(".png", wide));
    const auto half = read_picture(folder / "wide.png", 5, 1);
    QVERIFY(half.ok());
    QCOMPARE((*half)[0][0][0][0].item<int>(), 125); // the mean of the block
    QVERIFY((half->flatten().slice(0, 1) == 100).all().item<bool>());
    const auto larger = read_picture(folder / "wide.png", 40, 1);
    QVERIFY(larger.ok() && larger->sizes() == torch::IntArrayRef({1, 1, 40, 40}));
    QVERIFY(larger->min().item<int>() == 100);
}

void PictureFileTest::transparency_goes_over_black() {
    const Folder folder;
    cv::Mat picture(4, 4, CV_8UC4, cv::Scalar(100, 150, 200, 255));
    picture.colRange(0, 2).setTo(cv::Scalar(255, 255, 255, 0));
    picture.rowRange(2, 4).setTo(cv::Scalar(200, 200, 200, 128));
    cv::Mat deep;
    picture.convertTo(deep, CV_16U, 257);
    write_bytes(folder / "a.png", encoded(".png", picture));
    write_bytes(folder / "b.png", encoded(".png", deep));
    std::vector<std::uint8_t> webp;
    cv::imencode(".webp", picture, webp, {cv::IMWRITE_WEBP_QUALITY, 101}); // above 100: lossless
    write_bytes(folder / "c.webp", {webp.begin(), webp.end()});
    for (const char* name : {"a.png", "b.png", "c.webp"}) {
        const auto read = read_picture(folder / name, 4, 3);
        QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
        QCOMPARE((*read)[0][0][0][0].item<int>(), 0);
        QCOMPARE((*read)[0][0][0][3].item<int>(), 200);
        QCOMPARE((*read)[0][2][0][3].item<int>(), 100);
        QVERIFY(std::abs((*read)[0][0][3][0].item<int>() - 100) <= 1);
    }
}

void PictureFileTest::exif_orientation_is_applied() {
    const Folder folder;
    // Red left, blue right; turned clockwise red is at the top.
    write_bytes(folder / "turned.jpg", turned_jpeg(two_halves(64, 64)));
    const auto read = read_picture(folder / "turned.jpg", 64, 3);
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY((*read)[0][0][5][60].item<int>() > 200 && (*read)[0][2][60][5].item<int>() > 200);
    QVERIFY((*read)[0][2][5][5].item<int>() < 60);
}

void PictureFileTest::sixteen_bits_keep_the_upper_eight() {
    const Folder folder;
    cv::Mat deep(2, 2, CV_16U, cv::Scalar(0x12FF));
    deep.at<std::uint16_t>(0, 0) = 0xFFFF;
    for (const char* name : {"deep.png", "deep.tiff"}) {
        write_bytes(folder / name, encoded(std::filesystem::path(name).extension().c_str(), deep));
        const auto read = read_picture(folder / name, 2, 1);
        QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
        QCOMPARE((*read)[0][0][0][0].item<int>(), 255);
        QCOMPARE((*read)[0][0][1][1].item<int>(), 0x12);
    }
}

void PictureFileTest::grey_and_palette() {
    const Folder folder;
    cv::Mat grey(6, 6, CV_8U, cv::Scalar(77));
    for (const char* extension : {".png", ".bmp", ".tiff"}) { // BMP stores grey with a palette
        write_bytes(folder / "grey", encoded(extension, grey));
        const auto read = read_picture(folder / "grey", 6, 3);
        QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
        QVERIFY2((*read == 77).all().item<bool>(), extension);
    }
}

void PictureFileTest::a_huge_header_takes_no_memory() {
    const Folder folder;
    const MemoryBound bound(256 << 20);
    std::string png = encoded(".png", cv::Mat::zeros(4, 4, CV_8U));
    png.replace(16, 8, big_endian(100'000, 4) + big_endian(100'000, 4));
    write_bytes(folder / "huge.png", png);
    QVERIFY2(contains(error_of(folder / "huge.png"), "100000×100000"), error_of(folder / "huge.png").c_str());
    png.replace(16, 8, std::string(8, '\xFF'));
    write_bytes(folder / "huge.png", png);
    QVERIFY(contains(error_of(folder / "huge.png"), "megapixels"));
    std::string jpeg = encoded(".jpg", cv::Mat::zeros(8, 8, CV_8U));
    const std::size_t frame = jpeg.find("\xFF\xC0");
    QVERIFY(frame != std::string::npos);
    jpeg.replace(frame + 5, 4, std::string(4, '\xFF'));
    write_bytes(folder / "huge.jpg", jpeg);
    QVERIFY(contains(error_of(folder / "huge.jpg"), "65535×65535"));
    std::string bmp = encoded(".bmp", cv::Mat::zeros(8, 8, CV_8UC3));
    bmp.replace(18, 8, little_endian(60'000, 4) + little_endian(static_cast<std::uint32_t>(-60'000), 4));
    write_bytes(folder / "huge.bmp", bmp);
    QVERIFY2(contains(error_of(folder / "huge.bmp"), "60000×60000"), error_of(folder / "huge.bmp").c_str());
}

void PictureFileTest::cut_off_files_are_refused() {
    const Folder folder;
    cv::Mat noise(48, 48, CV_8UC3);
    cv::theRNG().state = 5;
    cv::randu(noise, 0, 256);
    for (const char* extension : extensions) {
        const std::string whole = encoded(extension, noise);
        write_bytes(folder / "whole", whole);
        QVERIFY2(error_of(folder / "whole").empty(), error_of(folder / "whole").c_str());
        for (const double share : {0.1, 0.5, 0.9, 0.995}) {
            write_bytes(folder / "cut",
                        whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * share)));
            QVERIFY2(!error_of(folder / "cut").empty(),
                     qPrintable(QString("%1 %2").arg(extension).arg(share)));
        }
    }
}

void PictureFileTest::what_is_no_picture_is_refused() {
    const Folder folder;
    write_bytes(folder / "empty.png", "");
    QVERIFY(contains(error_of(folder / "empty.png"), "0 bytes"));
    write_bytes(folder / "text.jpg", "not a picture at all, whatever its name says");
    QVERIFY(contains(error_of(folder / "text.jpg"), "not a picture"));
    write_bytes(folder / "page.gif", "GIF89a\1\0\1\0");
    QVERIFY(contains(error_of(folder / "page.gif"), "PNG, JPEG, BMP, WebP or TIFF"));
    QVERIFY(contains(error_of(folder / "absent.png"), "no such file"));
    QVERIFY(contains(error_of(folder.path()), "not a file"));
}

void PictureFileTest::flipped_bytes_never_crash() {
    const Folder folder;
    const MemoryBound bound(1024u << 20);
    std::mt19937 dice(4); // NOLINT: the same every time
    for (const char* extension : extensions) {
        const std::string good = encoded(extension, two_halves(24, 24));
        for (int i = 0; i < 300; ++i) {
            std::string bytes = good;
            // Mostly in the header, where the sizes are.
            const std::size_t reach = i % 3 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 200);
            for (int k = 0; k < 2; ++k)
                bytes[dice() % reach] = static_cast<char>(dice());
            write_bytes(folder / "file", bytes);
            const auto read = read_picture(folder / "file", 8, 3);
            if (read.ok())
                QVERIFY(read->sizes() == torch::IntArrayRef({1, 3, 8, 8}));
            else
                QVERIFY(contains(read.error().line(), "Remedy"));
        }
        for (std::size_t size = 0; size < std::min<std::size_t>(good.size(), 400); ++size)
            (void)header_of(good.substr(0, size));
    }
}

void PictureFileTest::dark_pixels_become_points() {
    const Folder folder;
    cv::Mat page(100, 200, CV_8U, cv::Scalar(255));
    page(cv::Rect(20, 10, 40, 20)).setTo(0); // a bar, twice as wide as high
    write_bytes(folder / "page.png", encoded(".png", page));
    ddpm::DataSettings settings;
    settings.kind = ddpm::DataKind::drawing;
    settings.points = 5000;
    settings.picture = folder / "page.png";
    const auto set = open_dataset(settings, DDPM_RESOURCES);
    QVERIFY2(set.ok(), set ? "" : set.error().line().c_str());
    const torch::Tensor largest = set->items.abs().amax(0);
    QVERIFY(std::abs(largest[0].item<double>() - 0.95) < 0.01 &&
            std::abs(largest[1].item<double>() - 0.475) < 0.01);
    page.setTo(200);
    write_bytes(folder / "page.png", encoded(".png", page));
    QVERIFY(contains(open_dataset(settings, DDPM_RESOURCES).error().line(), "no dark pixels"));
}

QTEST_GUILESS_MAIN(PictureFileTest)
#include "test_picture_file.moc"
