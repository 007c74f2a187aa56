// Folders of picture files, good and bad, in memory and beyond it.
#include "../formats/files.h"
#include "data/folder_source.h"
#include "data/picture_folder.h"

#include <QtTest>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace ddpm;
using namespace ddpm::data;

namespace {

template <typename T>
std::string line_of(const Result<T>& result) {
    return result ? std::string() : result.error().line();
}

/// One colour, given as red, green, blue.
void write_picture(const std::filesystem::path& file, int red, int green, int blue, int width = 6,
                   int height = 6) {
    std::filesystem::create_directories(file.parent_path());
    const cv::Mat picture(height, width, CV_8UC3, cv::Scalar(blue, green, red));
    cv::imwrite(file.string(), picture);
}

/// `count` pictures p000.png …; picture i has the colour (i, 2 i, 255 − i).
void write_many(const std::filesystem::path& folder, int count, int first = 0) {
    for (int i = first; i < first + count; ++i)
        write_picture(folder / QString("p%1.png").arg(i, 3, 10, QChar('0')).toStdString(), i, 2 * i, 255 - i);
}

DataSettings settings_for(const std::filesystem::path& folder, int size = 4, bool colour = true) {
    DataSettings settings;
    settings.kind = DataKind::picture_folder;
    settings.path = folder;
    settings.size = size;
    settings.colour = colour;
    return settings;
}

torch::Tensor reds(const torch::Tensor& pictures) {
    return pictures.select(1, 0).select(1, 0).select(1, 0).to(torch::kInt64);
}

bool any_contains(const std::vector<std::string>& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return contains(line, part); });
}

/// So little memory that the set gets a source.
FolderLimits beyond_memory(std::uint64_t memory = 0, int threads = 2) {
    return {memory, threads};
}

} // namespace

class PictureFolderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pictures_in_the_order_of_their_names();
    void classes_are_the_folders_of_the_top();
    void centre_and_size();
    void bad_files_are_left_out_and_listed();
    void header_of_a_huge_picture_takes_no_memory();
    void a_long_list_is_cut();
    void nothing_usable_is_an_error();
    void opening_can_be_watched_and_stopped();
    void beyond_memory_gives_the_same_pictures();
    void beyond_memory_leaves_out_at_first_sight();
    void announced_pictures_are_read_ahead();
    void the_cache_keeps_what_fits();
    void a_removed_file_is_replaced();
    void a_removed_file_is_replaced_by_one_of_its_class();
    void a_removed_folder_is_an_error();
    void several_threads_may_ask();
};

void PictureFolderTest::pictures_in_the_order_of_their_names() {
    const Folder folder;
    write_picture(folder / "b.PNG", 20, 0, 0);
    write_picture(folder / "a.jpg", 10, 10, 10);
    write_picture(folder / "c.webp", 30, 30, 30);
    write_picture(folder / "d.bmp", 40, 0, 0);
    write_picture(folder / "e.tiff", 50, 0, 0);
    write_picture(folder / "한글 이름.png", 60, 0, 0);
    write_picture(folder / ".hidden.png", 200, 0, 0);
    write_picture(folder / ".hidden/f.png", 200, 0, 0);
    write_bytes(folder / "notes.txt", "hello");
    const auto set = open_dataset(settings_for(folder.path()), {});
    QVERIFY2(set.ok(), line_of(set).c_str());
    QVERIFY(set->in_memory() && set->items.sizes() == torch::IntArrayRef({6, 3, 4, 4}));
    QVERIFY2((reds(set->items) - torch::tensor({10, 20, 30, 40, 50, 60})).abs().max().item<int>() <= 2,
             "order");
    QVERIFY(set->classes == 0 && !set->labels.defined());
    QCOMPARE(set->notices.size(), std::size_t{1});
    QVERIFY2(contains(set->notices[0], "1 other file"), set->notices[0].c_str());
}

void PictureFolderTest::classes_are_the_folders_of_the_top() {
    const Folder folder;
    write_picture(folder / "dog/2.png", 20, 0, 0);
    write_picture(folder / "cat/deeper/1.png", 10, 0, 0);
    write_picture(folder / "cat/0.png", 5, 0, 0);
    std::filesystem::create_directories(folder / "empty");
    write_bytes(folder / "bad/x.png", "");
    const auto set = open_picture_folder(settings_for(folder.path()));
    QVERIFY2(set.ok(), line_of(set).c_str());
    QCOMPARE(set->class_names, (std::vector<std::string>{"cat", "dog"})); // "bad" holds nothing good
    QVERIFY(torch::equal(set->labels, torch::tensor({0, 0, 1}, torch::kInt64)) && set->classes == 2);
    QVERIFY(torch::equal(reds(set->items), torch::tensor({5, 10, 20})));
    // A picture outside of all folders has no class, so there are none.
    write_picture(folder / "loose.png", 1, 2, 3);
    QCOMPARE(open_picture_folder(settings_for(folder.path()))->classes, 0);
    // One folder alone tells nothing.
    QCOMPARE(open_picture_folder(settings_for(folder / "cat"))->classes, 0);
}

void PictureFolderTest::centre_and_size() {
    const Folder folder;
    // 12×6: red on the left, green in the centre square, blue on the right.
    cv::Mat wide(6, 12, CV_8UC3, cv::Scalar(0, 255, 0));
    wide.colRange(0, 3) = cv::Scalar(0, 0, 255);
    wide.colRange(9, 12) = cv::Scalar(255, 0, 0);
    cv::imwrite((folder / "wide.png").string(), wide);
    const auto colour = open_picture_folder(settings_for(folder.path(), 4));
    const torch::Tensor green =
        torch::tensor({0, 255, 0}, torch::kUInt8).view({1, 3, 1, 1}).expand({1, 3, 4, 4});
    QVERIFY(torch::equal(colour->items, green));
    const auto large = open_picture_folder(settings_for(folder.path(), 16));
    QVERIFY(large->items.size(3) == 16 && large->items[0][1][8][8].item<int>() == 255);
    const auto grey = open_picture_folder(settings_for(folder.path(), 4, false));
    QVERIFY(grey->items.sizes() == torch::IntArrayRef({1, 1, 4, 4}));
    QCOMPARE(grey->items[0][0][0][0].item<int>(), 150); // 0.587 · 255, ITU-R BT.601
}

void PictureFolderTest::bad_files_are_left_out_and_listed() {
    const Folder folder;
    write_many(folder.path(), 4);
    write_picture(folder / "z.jpg", 9, 9, 9, 64, 64);
    const std::string png = read_bytes(folder / "p001.png"), jpeg = read_bytes(folder / "z.jpg");
    std::filesystem::remove(folder / "z.jpg");
    write_bytes(folder / "p001b.png", png.substr(0, png.size() - 8));
    write_bytes(folder / "p001c.jpg", jpeg.substr(0, jpeg.size() / 2));
    write_bytes(folder / "p001d.png", "");
    write_bytes(folder / "p001e.png", "no picture");
    const auto set = open_picture_folder(settings_for(folder.path()));
    QVERIFY2(set.ok(), line_of(set).c_str());
    QVERIFY(torch::equal(reds(set->items), torch::arange(4)));
    QCOMPARE(set->notices.size(), std::size_t{5});
    QVERIFY2(contains(set->notices[0], "4 of 8"), set->notices[0].c_str());
    QVERIFY(contains(set->notices[1], "p001b.png: it is cut off"));
    QVERIFY(contains(set->notices[2], "p001c.jpg: it is cut off"));
    QVERIFY(contains(set->notices[3], "p001d.png: it is empty"));
    QVERIFY(contains(set->notices[4], "p001e.png: it is not a picture"));
}

void PictureFolderTest::header_of_a_huge_picture_takes_no_memory() {
    const Folder folder;
    write_many(folder.path(), 2);
    std::string huge = read_bytes(folder / "p001.png");
    huge.replace(16, 8, big_endian(100'000, 4) + big_endian(100'000, 4));
    write_bytes(folder / "huge.png", huge);
    (void)open_picture_folder(settings_for(folder.path()),
                              {1 << 20, 1}); // threads take their stacks before the bound
    const MemoryBound bound(std::size_t{400} << 20);
    const auto set = open_picture_folder(settings_for(folder.path()), {1 << 20, 1});
    QVERIFY2(set.ok(), line_of(set).c_str());
    QCOMPARE(set->size(), std::int64_t{2});
    QVERIFY(any_contains(set->notices, "huge.png: its header says 100000×100000"));
}

void PictureFolderTest::a_long_list_is_cut() {
    const Folder folder;
    write_many(folder.path(), 1);
    for (int i = 0; i < 120; ++i)
        write_bytes(folder / ("bad" + std::to_string(i) + ".png"), "");
    const auto set = open_picture_folder(settings_for(folder.path()));
    QCOMPARE(set->notices.size(), std::size_t{102});
    QVERIFY(contains(set->notices.front(), "120 of 121") && contains(set->notices.back(), "20 more"));
}

void PictureFolderTest::nothing_usable_is_an_error() {
    const Folder folder;
    const auto line = [&](const FolderLimits& limits = {}) {
        return line_of(open_picture_folder(settings_for(folder.path()), limits));
    };
    QVERIFY2(contains(line(), "no pictures in it"), line().c_str());
    write_bytes(folder / "a.png", "");
    write_bytes(folder / "b.png", "hello");
    for (const FolderLimits& limits : {FolderLimits{}, beyond_memory()})
        QVERIFY2(contains(line(limits), "none of its 2 pictures") && contains(line(limits), "a.png"),
                 line(limits).c_str());
    // Right at first sight, bad at the second.
    write_many(folder.path(), 2);
    for (const char* name : {"p000.png", "p001.png"})
        write_bytes(folder / name, read_bytes(folder / name).substr(0, 40));
    QVERIFY2(!line(beyond_memory()).empty(), "all cut off");
    QVERIFY(contains(line_of(open_picture_folder(settings_for(folder / "none"))), "no such folder"));
    QVERIFY(contains(line_of(open_picture_folder(settings_for(folder / "a.png"))), "not a folder"));
}

void PictureFolderTest::opening_can_be_watched_and_stopped() {
    const Folder folder;
    write_many(folder.path(), 120);
    for (const std::uint64_t memory : {std::uint64_t{1} << 30, std::uint64_t{0}}) {
        std::int64_t calls = 0, total = 0;
        const auto stop = [&](std::int64_t, std::int64_t of) { return ++calls, total = of, false; };
        QVERIFY(contains(line_of(open_picture_folder(settings_for(folder.path()), {memory, 1}, stop)),
                         "stopped"));
        QVERIFY(calls == 1 && total == 120);
        const auto go_on = [&](std::int64_t done, std::int64_t) { return done <= 120; };
        QVERIFY(open_picture_folder(settings_for(folder.path()), {memory, 1}, go_on).ok());
    }
}

void PictureFolderTest::beyond_memory_gives_the_same_pictures() {
    const Folder folder;
    write_many(folder / "one", 60);
    write_many(folder / "two", 60, 60);
    const auto memory = open_picture_folder(settings_for(folder.path()));
    for (const int threads : {1, 3}) {
        const auto source = open_picture_folder(settings_for(folder.path()), beyond_memory(1000, threads));
        QVERIFY2(source.ok(), line_of(source).c_str());
        QVERIFY(!source->in_memory() && !source->is_points() && source->size() == 120);
        QVERIFY(source->item_shape() == memory->item_shape());
        QVERIFY(torch::equal(source->labels, memory->labels) && source->class_names == memory->class_names);
        for (int round = 0; round < 3; ++round) {
            const torch::Tensor order = torch::randperm(120, torch::kInt64);
            for (const torch::Tensor& batch : order.split(25)) {
                source->announce(order);
                const auto got = source->gather(batch);
                QVERIFY2(got.ok(), line_of(got).c_str());
                QVERIFY(torch::equal(*got, memory->gather(batch).value()));
            }
        }
        const torch::Tensor twice = torch::tensor({7, 7, 3, 7}, torch::kInt64);
        QVERIFY(torch::equal(source->gather(twice).value(), memory->gather(twice).value()));
        QCOMPARE(source->source->replaced().count, std::int64_t{0});
        QVERIFY_EXCEPTION_THROWN((void)source->gather(torch::tensor({120}, torch::kInt64)),
                                 std::out_of_range);
    }
}

void PictureFolderTest::beyond_memory_leaves_out_at_first_sight() {
    const Folder folder;
    write_many(folder.path(), 5);
    write_bytes(folder / "p001b.png", "");
    write_bytes(folder / "p001c.png", "hello");
    const std::string png = read_bytes(folder / "p003.png");
    write_bytes(folder / "p003.png", png.substr(0, png.size() - 8)); // cut off: only seen when it is decoded
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory());
    QVERIFY2(set.ok(), line_of(set).c_str());
    QCOMPARE(set->size(), std::int64_t{5});
    QVERIFY(set->notices.size() == 3 && contains(set->notices[0], "2 of 7"));
    QVERIFY(torch::equal(reds(set->gather(torch::arange(5)).value()), torch::tensor({0, 1, 2, 4, 4})));
    const auto replaced = set->source->replaced();
    QCOMPARE(replaced.count, std::int64_t{1});
    QVERIFY(contains(replaced.reasons.at(0), "p003.png: it is cut off"));
}

void PictureFolderTest::announced_pictures_are_read_ahead() {
    const Folder folder;
    write_many(folder.path(), 40);
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory());
    const torch::Tensor next = torch::arange(10, 30);
    set->announce(next);
    // Once they are read ahead the files are not needed any more.
    QTest::qWait(1000);
    for (int i = 0; i < 40; ++i)
        std::filesystem::remove(folder / QString("p%1.png").arg(i, 3, 10, QChar('0')).toStdString());
    const auto got = set->gather(next);
    QVERIFY2(got.ok(), line_of(got).c_str());
    QVERIFY(torch::equal(reds(*got), next));
    QCOMPARE(set->source->replaced().count, std::int64_t{0});
}

void PictureFolderTest::the_cache_keeps_what_fits() {
    const Folder folder;
    write_many(folder.path(), 30);
    const std::uint64_t item = 3 * 4 * 4;
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory(20 * item, 1));
    QVERIFY(!set->in_memory());
    // Opening read picture 0; with 5…23 the twenty places are full.
    QVERIFY(set->gather(torch::arange(5, 24)).ok());
    for (int i = 0; i < 30; ++i)
        if (i != 29)
            std::filesystem::remove(folder / QString("p%1.png").arg(i, 3, 10, QChar('0')).toStdString());
    QVERIFY(torch::equal(reds(set->gather(torch::arange(5, 24)).value()), torch::arange(5, 24)));
    QCOMPARE(set->source->replaced().count, std::int64_t{0});
    QVERIFY(torch::equal(reds(set->gather(torch::tensor({24, 0}, torch::kInt64)).value()),
                         torch::tensor({29, 0})));
}

void PictureFolderTest::a_removed_file_is_replaced() {
    const Folder folder;
    write_many(folder.path(), 20);
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory());
    for (const char* name : {"p005.png", "p006.png", "p019.png"})
        std::filesystem::remove(folder / name);
    torch::Tensor expected = torch::arange(20);
    expected[5] = expected[6] = 7;
    expected[19] = 0;                       // on from the start
    for (int round = 0; round < 3; ++round) // the same each time
        QVERIFY(torch::equal(reds(set->gather(torch::arange(20)).value()), expected));
    const auto replaced = set->source->replaced();
    QVERIFY(replaced.count == 3 && replaced.reasons.size() == 3);
    QVERIFY(any_contains(replaced.reasons, "p006.png: there is no such file"));
}

void PictureFolderTest::a_removed_file_is_replaced_by_one_of_its_class() {
    const Folder folder;
    write_many(folder / "one", 3);
    write_many(folder / "two", 3, 10);
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory());
    std::filesystem::remove(folder / "one/p002.png");
    std::filesystem::remove(folder / "two/p012.png");
    QVERIFY(torch::equal(reds(set->gather(torch::arange(6)).value()), torch::tensor({0, 1, 0, 10, 11, 10})));
}

void PictureFolderTest::a_removed_folder_is_an_error() {
    const Folder folder;
    write_many(folder / "set", 300);
    const auto set = open_picture_folder(settings_for(folder / "set"), beyond_memory());
    std::filesystem::remove_all(folder / "set");
    const auto first = set->gather(torch::arange(10, 20));
    // Which picture it names depends on which the loader threads found missing before.
    QVERIFY2(!first.ok() && contains(line_of(first), (folder / "set").string()) &&
                 contains(line_of(first), "put the folder of pictures back"),
             line_of(first).c_str());
    for (int i = 0; i < 10; ++i)
        QVERIFY(!set->gather(torch::arange(10 * i, 10 * i + 10)).ok());
    QVERIFY(set->source->replaced().count <= 300 && set->source->replaced().reasons.size() == 100);
}

void PictureFolderTest::several_threads_may_ask() {
    const Folder folder;
    write_many(folder.path(), 50);
    const auto set = open_picture_folder(settings_for(folder.path()), beyond_memory(1500, 2));
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 40; ++i) {
                const torch::Tensor batch = (torch::arange(8) * (t + 1) + i) % 50;
                set->announce(batch + (batch < 49).to(torch::kInt64));
                if (!torch::equal(reds(set->gather(batch).value()), batch)) ++wrong;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    QCOMPARE(wrong.load(), 0);
}

QTEST_GUILESS_MAIN(PictureFolderTest)
#include "test_picture_folder.moc"
