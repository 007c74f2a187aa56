// Sets of pictures in other people's layouts: CIFAR-10's records, NumPy's arrays, the bundled emoji.
#include "data/array_file.h"
#include "data/array_set.h"
#include "data/cifar10.h"
#include "data/dataset.h"
#include "zip_bytes.h"

#include <QtTest>

using namespace ddpm;
using namespace ddpm::data;

namespace {

const std::filesystem::path resources = DDPM_RESOURCES;

template <typename T>
std::string line_of(const Result<T>& result) {
    return result ? std::string() : result.error().line();
}

/// `count` records; record i has label (first + i) % 10 and the bytes red = i, green = 100 + i, blue = its
/// place in the row-major channel modulo 251.
std::string cifar_records(int count, int first) {
    std::string bytes;
    for (int i = 0; i < count; ++i) {
        bytes += static_cast<char>((first + i) % 10);
        bytes += std::string(1024, static_cast<char>(i));
        bytes += std::string(1024, static_cast<char>(100 + i));
        for (int place = 0; place < 1024; ++place)
            bytes += static_cast<char>(place % 251);
    }
    return bytes;
}

void write_cifar(const std::filesystem::path& folder) {
    for (int batch = 1; batch <= 5; ++batch)
        write_bytes(folder / ("data_batch_" + std::to_string(batch) + ".bin"), cifar_records(2, batch));
    write_bytes(folder / "test_batch.bin", cifar_records(3, 7));
}

Result<torch::Tensor> pictures(const torch::Tensor& array) {
    std::vector<std::string> notices;
    return pictures_of_array(array, "array", notices);
}

} // namespace

class PictureSetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cifar10_in_order();
    void cifar10_damage_is_named();
    void cifar10_that_was_not_fetched_says_where_it_belongs();
    void emoji();
    void emoji_damage_is_named();
    void arrays_of_every_layout();
    void arrays_of_every_range();
    void arrays_that_are_no_pictures_data();
    void arrays_that_are_no_pictures();
    void arrays_that_are_not_square_are_cut();
    void array_files();
    void array_files_with_labels();
    void gather_takes_by_index();
};

void PictureSetsTest::cifar10_in_order() {
    const Folder folder;
    write_cifar(folder.path());
    write_cifar(folder / "unpacked/cifar-10-batches-bin");
    for (const auto& path : {folder.path(), folder / "unpacked"}) {
        DataSettings settings;
        settings.kind = DataKind::cifar10;
        settings.path = path;
        const auto set = open_dataset(settings, resources);
        QVERIFY2(set.ok(), line_of(set).c_str());
        QVERIFY(set->items.sizes() == torch::IntArrayRef({10, 3, 32, 32}) && set->items.is_contiguous());
        QVERIFY(torch::equal(set->labels, torch::tensor({1, 2, 2, 3, 3, 4, 4, 5, 5, 6}, torch::kInt64)));
        QCOMPARE(set->classes, 10);
        QCOMPARE(set->class_names.at(9), std::string("truck"));
        QVERIFY((set->items[3][0] == 1).all().item<bool>() && (set->items[3][1] == 101).all().item<bool>());
        const torch::Tensor places = (torch::arange(1024) % 251).view({32, 32}).to(torch::kUInt8);
        QVERIFY(torch::equal(set->items[3][2], places));
        settings.test_split = true;
        const auto test = open_dataset(settings, resources);
        QVERIFY(test.ok() && test->size() == 3 && test->labels[0].item<int>() == 7);
    }
}

void PictureSetsTest::cifar10_damage_is_named() {
    const Folder folder;
    write_cifar(folder.path());
    const std::string good = cifar_records(2, 0);
    const auto third = folder / "data_batch_3.bin";
    const auto line = [&] { return line_of(open_cifar10(folder.path(), false)); };
    for (const std::string& bytes : {good.substr(0, good.size() - 1), good + "a", std::string()}) {
        write_bytes(third, bytes);
        QVERIFY2(contains(line(), "data_batch_3.bin") && contains(line(), "3073"), line().c_str());
    }
    std::string label = good;
    label[3073] = 10;
    write_bytes(third, label);
    QVERIFY2(contains(line(), "label 10") && contains(line(), "data_batch_3.bin"), line().c_str());
    std::filesystem::remove(third);
    QVERIFY2(contains(line(), "missing") && contains(line(), "data_batch_3.bin"), line().c_str());
    QVERIFY(open_cifar10(folder.path(), true).ok());
}

void PictureSetsTest::cifar10_that_was_not_fetched_says_where_it_belongs() {
    const Folder folder;
    qputenv("XDG_DATA_HOME", QByteArray::fromStdString(folder.path().string()));
    DataSettings settings;
    settings.kind = DataKind::cifar10;
    const std::string line = line_of(open_dataset(settings, resources));
    QVERIFY2(contains(line, folder.path().string() + "/ddpm-lab/data/cifar10") && contains(line, "fetch"),
             line.c_str());
    write_cifar(folder / "ddpm-lab/data/cifar10/cifar-10-batches-bin");
    QVERIFY(open_dataset(settings, resources).ok());
    qunsetenv("XDG_DATA_HOME");
}

void PictureSetsTest::emoji() {
    DataSettings settings;
    settings.kind = DataKind::emoji;
    const auto train = open_dataset(settings, resources);
    QVERIFY2(train.ok(), line_of(train).c_str());
    settings.test_split = true;
    const auto test = open_dataset(settings, resources);
    QVERIFY2(test.ok(), line_of(test).c_str());
    QVERIFY(train->items.sizes() == torch::IntArrayRef({3267, 3, 32, 32}));
    QVERIFY(test->items.sizes() == torch::IntArrayRef({374, 3, 32, 32}));
    QCOMPARE(train->classes, 9);
    QCOMPARE(train->class_names.front(), std::string("Smileys & Emotion"));
    QCOMPARE(train->class_names.back(), std::string("Flags"));
    QVERIFY((torch::bincount(train->labels, {}, 9) > 0).all().item<bool>());
    QVERIFY((torch::bincount(test->labels, {}, 9) > 0).all().item<bool>());
    // The first one is the grinning face: white in the corners, yellow (much red, little blue) on its
    // forehead.
    const torch::Tensor face = train->items[0];
    for (const int corner : {0, 31})
        QVERIFY((face.select(1, corner).select(1, corner) == 255).all().item<bool>());
    const torch::Tensor forehead = face.select(1, 7).select(1, 16);
    QVERIFY(forehead[0].item<int>() > 240 && forehead[1].item<int>() > 170 && forehead[2].item<int>() < 100);
    // No picture is in both splits, nor twice in one.
    const torch::Tensor all = torch::cat({train->items, test->items}).flatten(1);
    const auto distinct = std::get<0>(torch::unique_dim(all, 0));
    QCOMPARE(distinct.size(0), all.size(0));
}

void PictureSetsTest::emoji_damage_is_named() {
    const Folder folder;
    const auto data = folder / "data/emoji";
    DataSettings settings;
    settings.kind = DataKind::emoji;
    const auto line = [&] { return line_of(open_dataset(settings, folder.path())); };
    QVERIFY2(contains(line(), "emoji.txt"), line().c_str());
    const std::string list = read_bytes(resources / "data/emoji/emoji.txt");
    for (const std::string& wrong : {std::string("hello"), list.substr(0, list.size() / 2), "x" + list,
                                     std::string("emoji 1 1 32 64\ntrain 0 1F600\n")}) {
        write_bytes(data / "emoji.txt", wrong);
        QVERIFY2(contains(line(), "not the list"), line().c_str());
    }
    write_bytes(data / "emoji.txt", list);
    QVERIFY2(contains(line(), "emoji.webp"), line().c_str());
    const std::string picture = read_bytes(resources / "data/emoji/emoji.webp");
    write_bytes(data / "emoji.webp", picture.substr(0, picture.size() / 2));
    QVERIFY2(contains(line(), "cut off"), line().c_str());
    write_bytes(data / "emoji.webp", picture);
    QVERIFY2(line().empty(), line().c_str());
}

void PictureSetsTest::arrays_of_every_layout() {
    const torch::Tensor grey = torch::randint(0, 256, {5, 8, 8}, torch::kUInt8);
    QVERIFY(torch::equal(pictures(grey).value(), grey.unsqueeze(1)));
    QVERIFY(torch::equal(pictures(grey.unsqueeze(3)).value(), grey.unsqueeze(1)));
    QVERIFY(torch::equal(pictures(grey.unsqueeze(1)).value(), grey.unsqueeze(1)));
    const torch::Tensor colour = torch::randint(0, 256, {5, 3, 8, 8}, torch::kUInt8);
    QVERIFY(torch::equal(pictures(colour).value(), colour));
    QVERIFY(torch::equal(pictures(colour.permute({0, 2, 3, 1})).value(), colour));
    // Could be either: the last extent counts.
    const torch::Tensor small = torch::randint(0, 256, {5, 3, 3, 3}, torch::kUInt8);
    QVERIFY(torch::equal(pictures(small).value(), small.permute({0, 3, 1, 2})));
    QVERIFY(pictures(colour.permute({0, 2, 3, 1})).value().is_contiguous());
}

void PictureSetsTest::arrays_of_every_range() {
    const auto bytes = torch::arange(256).to(torch::kUInt8).view({1, 16, 16});
    const auto same = [&](const torch::Tensor& array) {
        return torch::equal(pictures(array).value(), bytes.unsqueeze(1));
    };
    for (const auto type : {torch::kInt16, torch::kInt32, torch::kInt64})
        QVERIFY(same(bytes.to(type)));
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
        QVERIFY(same(bytes.to(type) / 255));
        QVERIFY(same(bytes.to(type) / 127.5 - 1));
    }
    // Half precision is as fine as a byte in [0, 1] to within one level.
    const torch::Tensor half = pictures((bytes.to(torch::kFloat32) / 255).to(torch::kFloat16)).value();
    QVERIFY((half.to(torch::kInt32) - bytes.unsqueeze(1).to(torch::kInt32)).abs().max().item<int>() <= 1);
    const torch::Tensor flags = torch::eye(4).to(torch::kBool).unsqueeze(0);
    QVERIFY(
        torch::equal(pictures(flags).value(), torch::eye(4).mul(255).to(torch::kUInt8).view({1, 1, 4, 4})));
}

void PictureSetsTest::arrays_that_are_no_pictures_data() {
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("reason");
    QTest::addRow("one dimension") << 0 << "[10]";
    QTest::addRow("five dimensions") << 1 << "[1, 1, 1, 1, 1]";
    QTest::addRow("four channels") << 2 << "[2, 8, 8, 4]";
    QTest::addRow("empty") << 3 << "no picture";
    QTest::addRow("too large numbers") << 4 << "256";
    QTest::addRow("negative numbers") << 5 << "-1";
    QTest::addRow("floats to 255") << 6 << "255";
    QTest::addRow("NaN") << 7 << "nan";
    QTest::addRow("infinite") << 8 << "inf";
    QTest::addRow("too wide") << 9 << "5000";
}

void PictureSetsTest::arrays_that_are_no_pictures() {
    QFETCH(int, which);
    QFETCH(QString, reason);
    const torch::Tensor arrays[] = {
        torch::zeros({10}, torch::kUInt8),
        torch::zeros({1, 1, 1, 1, 1}, torch::kUInt8),
        torch::zeros({2, 8, 8, 4}, torch::kUInt8),
        torch::zeros({0, 8, 8}, torch::kUInt8),
        torch::full({2, 8, 8}, 256, torch::kInt16),
        torch::full({2, 8, 8}, -1, torch::kInt8),
        torch::linspace(0, 255, 64).view({1, 8, 8}),
        torch::full({2, 8, 8}, std::nan("")),
        torch::full({2, 8, 8}, std::numeric_limits<double>::infinity()),
        torch::zeros({1, 8, 5000}, torch::kUInt8),
    };
    const std::string line = line_of(pictures(arrays[which]));
    QVERIFY2(contains(line, reason.toStdString()), line.c_str());
}

void PictureSetsTest::arrays_that_are_not_square_are_cut() {
    std::vector<std::string> notices;
    const torch::Tensor wide = torch::randint(0, 256, {2, 4, 9}, torch::kUInt8);
    const auto cut = pictures_of_array(wide, "array", notices);
    QVERIFY(torch::equal(cut.value(), wide.slice(2, 2, 6).unsqueeze(1)));
    QVERIFY(notices.size() == 1 && contains(notices[0], "9×4") && contains(notices[0], "4×4"));
    const torch::Tensor tall = torch::randint(0, 256, {2, 3, 7, 4}, torch::kUInt8);
    QVERIFY(torch::equal(pictures(tall).value(), tall.slice(2, 1, 5)));
}

void PictureSetsTest::array_files() {
    const Folder folder;
    DataSettings settings;
    settings.kind = DataKind::array_file;
    settings.path = folder / "a.npy";
    const torch::Tensor array = torch::randint(0, 256, {5, 3, 8, 8}, torch::kUInt8);
    write_bytes(settings.path, npy_bytes(array));
    const auto set = open_dataset(settings, resources);
    QVERIFY2(set.ok(), line_of(set).c_str());
    QVERIFY(torch::equal(set->items, array) && set->name == "a.npy" && set->classes == 0 &&
            !set->labels.defined());
    QVERIFY(set->item_shape() == (std::vector<std::int64_t>{3, 8, 8}));

    write_bytes(settings.path, "no array at all");
    QVERIFY(contains(line_of(open_dataset(settings, resources)), "no NPY file"));
    settings.path = folder / "none.npy";
    QVERIFY(contains(line_of(open_dataset(settings, resources)), "no such file"));
}

void PictureSetsTest::array_files_with_labels() {
    const Folder folder;
    const auto file = folder / "a.npz";
    const torch::Tensor images = torch::randint(0, 256, {4, 8, 8}, torch::kUInt8);
    const torch::Tensor labels = torch::tensor({2, 0, 1, 2}, torch::kInt64);
    const auto part = [](const char* name, const torch::Tensor& array) {
        return ZipPart{std::string(name) + ".npy", npy_bytes(array)};
    };
    for (const auto& [x, y] : {std::pair("images", "labels"), std::pair("x", "y"),
                               std::pair("x_train", "y_train"), std::pair("arr_0", "arr_1")}) {
        write_bytes(file, zip_bytes({part("other", torch::zeros({2})),
                                     part(y, labels.to(torch::kInt32).unsqueeze(1)), part(x, images)}));
        const auto set = open_array_file(file);
        QVERIFY2(set.ok(), line_of(set).c_str());
        QVERIFY(torch::equal(set->items, images.unsqueeze(1)) && torch::equal(set->labels, labels));
        QCOMPARE(set->classes, 3);
    }
    write_bytes(file, zip_bytes({part("anything", images)}));
    QVERIFY(open_array_file(file).ok());
    const auto line = [&](const std::vector<ZipPart>& parts) {
        write_bytes(file, zip_bytes(parts));
        return line_of(open_array_file(file));
    };
    QVERIFY(contains(line({part("a", images), part("b", images)}), "a, b"));
    QVERIFY(contains(line({part("x", images), part("y", labels.slice(0, 1))}), "3 labels, but there are 4"));
    QVERIFY(contains(line({part("x", images), part("y", labels - 1)}), "-1"));
    QVERIFY(contains(line({part("x", images), part("y", labels * 10'000)}), "20000"));
    QVERIFY(contains(line({part("x", images), part("y", labels.to(torch::kFloat32))}),
                     "no list of whole numbers"));
    QVERIFY(contains(line({part("x", torch::zeros({4})), part("y", labels)}), "[4]"));
    write_bytes(file, zip_bytes({part("x", images)}).substr(0, 300));
    QVERIFY(contains(line_of(open_array_file(file)), "cut off"));
}

void PictureSetsTest::gather_takes_by_index() {
    Dataset set{"test", torch::randint(0, 256, {6, 1, 4, 4}, torch::kUInt8), {}, 0};
    const torch::Tensor indices = torch::tensor({5, 0, 5}, torch::kInt64);
    set.announce(indices);
    QVERIFY(torch::equal(set.gather(indices).value(), set.items.index_select(0, indices)));
    QVERIFY(set.in_memory() && !set.is_points());
    QVERIFY(set.item_shape() == (std::vector<std::int64_t>{1, 4, 4}));
}

QTEST_GUILESS_MAIN(PictureSetsTest)
#include "test_picture_sets.moc"
