// What a picture says it was made with: read from PNGs that were written here, and from whatever else may be
// inside a file that somebody drops on the window.
#include "files.h"
#include "formats/picture_grid.h"
#include "formats/picture_origin.h"

#include <QtTest>
#include <opencv2/imgcodecs.hpp>

#include <random>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

PictureStack grey() {
    PictureStack picture{1, 6, 5, 1, {}};
    for (int i = 0; i < 30; ++i)
        picture.bytes.push_back(static_cast<std::uint8_t>(i * 8));
    return picture;
}

} // namespace

class PictureOriginTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comes_back_whole();
    void reads_what_the_format_says();
    void other_files_have_none();
    void bad_settings_are_said();
    void damaged_files_never_crash();
};

void PictureOriginTest::comes_back_whole() {
    const Folder folder;
    const auto file = folder / "grid.png";
    PictureOrigin origin{preset_settings(Preset::small, DataKind::emoji), SamplingSettings{}, 123456789012};
    origin.model.name = "Emoji für 한글";
    origin.sampling->sampler = Sampler::ddim;
    origin.sampling->steps = 37;
    origin.sampling->eta = 0.25;
    origin.sampling->spacing = Spacing::trailing;
    origin.sampling->label = 4;
    origin.sampling->guidance = 2.5;
    origin.sampling->count = 9;
    origin.sampling->seed = 18446744073709551615u;
    QVERIFY(write_png(file, grey(), to_json(origin)).ok());
    const auto read = read_picture_origin(file);
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QVERIFY(read->has_value());
    QCOMPARE((*read)->model, origin.model);
    QCOMPARE(*(*read)->sampling, *origin.sampling);
    QCOMPARE((*read)->step, origin.step);
    origin.sampling.reset(); // samples of a training
    QVERIFY(write_png(file, grey(), to_json(origin)).ok());
    const auto training = read_picture_origin(file);
    QVERIFY(training.ok() && training->has_value());
    QVERIFY(!(*training)->sampling.has_value());
    QCOMPARE((*training)->step, origin.step);
}

void PictureOriginTest::reads_what_the_format_says() {
    const Folder folder;
    const auto file = folder / "by-hand.png";
    QVERIFY(write_png(file, grey(),
                      R"({"model": {"name": "digits", "version": 1},
                          "sampling": {"sampler": "heun", "steps": 12, "clip": false}, "step": 77})")
                .ok());
    const auto read = read_picture_origin(file);
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QCOMPARE((*read)->model.name, std::string("digits"));
    QCOMPARE((*read)->sampling->sampler, Sampler::heun);
    QCOMPARE((*read)->sampling->steps, 12);
    QVERIFY(!(*read)->sampling->clip);
    QCOMPARE((*read)->sampling->seed, std::uint64_t{42}); // not said: the default
    QCOMPARE((*read)->step, std::int64_t{77});
}

void PictureOriginTest::other_files_have_none() {
    const Folder folder;
    QVERIFY(write_png(folder / "plain.png", grey(), "").ok());
    cv::imwrite((folder / "photo.jpg").string(), cv::Mat::zeros(3, 3, CV_8U));
    write_bytes(folder / "empty.png", "");
    write_bytes(folder / "words.txt", "sampling");
    for (const char* name : {"plain.png", "photo.jpg", "empty.png", "words.txt", "absent.png"}) {
        const auto read = read_picture_origin(folder / name);
        QVERIFY2(read.ok() && !read->has_value(), name);
    }
    const auto itself = read_picture_origin(folder / "."); // a folder
    QVERIFY(itself.ok() && !itself->has_value());
}

void PictureOriginTest::bad_settings_are_said() {
    const Folder folder;
    const auto file = folder / "grid.png";
    const std::pair<const char*, const char*> cases[] = {
        {"{", "not JSON"},
        {"[1, 2]", "no JSON object"},
        {R"({"a": 1})", "not those of a picture"},
        {R"({"model": 7})", "no JSON object"},
        {R"({"model": {"version": 99}})", "newer DDPM Lab"},
        {R"({"model": {}, "sampling": {"sampler": "magic"}})", "magic"},
        {R"({"model": {}, "sampling": {"steps": "many"}})", "many"},
        {R"({"model": {}, "step": -1})", "-1"},
        {R"({"model": {}, "step": 18446744073709551615})", "18446744073709551615"},
        {R"({"model": {}, "step": 1.5})", "1.5"},
        {R"({"model": {}, "model": {}})", "twice"},
    };
    for (const auto& [text, said] : cases) {
        QVERIFY(write_png(file, grey(), text).ok());
        const auto read = read_picture_origin(file);
        QVERIFY2(!read.ok(), text);
        QVERIFY2(read.error().line().find(said) != std::string::npos, read.error().line().c_str());
    }
    QVERIFY(
        write_png(file, grey(), "{\"model\": " + std::string(5000, '[') + std::string(5000, ']') + "}").ok());
    QVERIFY(!read_picture_origin(file).ok());
}

void PictureOriginTest::damaged_files_never_crash() {
    const Folder folder;
    const auto file = folder / "grid.png";
    const PictureOrigin origin{preset_settings(Preset::tiny, DataKind::mnist), SamplingSettings{}, 5};
    QVERIFY(write_png(file, grey(), to_json(origin)).ok());
    const std::string good = read_bytes(file);
    std::mt19937 dice(3); // NOLINT: the same every time
    int whole = 0;
    for (int i = 0; i < 1500; ++i) {
        std::string bytes = good.substr(0, i % 3 == 0 ? dice() % good.size() : good.size());
        if (!bytes.empty()) bytes[dice() % bytes.size()] ^= static_cast<char>(1 + dice() % 255);
        write_bytes(file, bytes);
        const auto read = read_picture_origin(file);
        // The checksum is over the settings: those that come out are those that went in.
        if (read.ok() && read->has_value()) {
            ++whole;
            QVERIFY((*read)->model == origin.model && (*read)->sampling == origin.sampling);
        }
    }
    QVERIFY(whole > 0);
}

QTEST_APPLESS_MAIN(PictureOriginTest)
#include "test_picture_origin.moc"
