// MNIST as everybody knows it, Fashion-MNIST where it is installed, and IDX files that are damaged.
#include "data/dataset.h"
#include "data/idx.h"
#include "data/idx_set.h"
#include "zip_bytes.h"

#include <QtTest>
#include <zlib.h>

#include <random>

using namespace ddpm;
using namespace ddpm::data;

namespace {

const std::filesystem::path resources = DDPM_RESOURCES;

std::string pictures_header(std::uint64_t count, std::uint64_t rows, std::uint64_t columns) {
    return big_endian(2051, 4) + big_endian(count, 4) + big_endian(rows, 4) + big_endian(columns, 4);
}

template <typename T>
std::string line_of(const Result<T>& result) {
    return result ? std::string() : result.error().line();
}

} // namespace

class DatasetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void mnist_is_the_original();
    void mnist_test_split();
    void fashion_mnist_or_how_to_get_it();
    void a_set_that_is_not_there_says_what_to_do();
    void idx_plain_and_gzipped();
    void idx_damage_is_named_data();
    void idx_damage_is_named();
    void idx_bytes_flipped_or_missing_never_crash();
    void labels_must_fit_the_pictures();
    void model_input_is_scaled_and_padded();
    void wrong_settings_are_errors();
};

void DatasetsTest::mnist_is_the_original() {
    const auto set = open_dataset({}, resources);
    QVERIFY2(set.ok(), line_of(set).c_str());
    QVERIFY(set->items.sizes() == torch::IntArrayRef({60'000, 1, 28, 28}) &&
            set->items.scalar_type() == torch::kUInt8);
    QVERIFY(set->labels.sizes() == torch::IntArrayRef({60'000}) &&
            set->labels.scalar_type() == torch::kInt64);
    QVERIFY(!set->is_points() && set->classes == 10 && set->size() == 60'000);
    // The first ten labels and the counts of each digit, as published with the set.
    QVERIFY(torch::equal(set->labels.slice(0, 0, 10),
                         torch::tensor({5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, torch::kInt64)));
    QVERIFY(torch::equal(
        torch::bincount(set->labels),
        torch::tensor({5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, torch::kInt64)));
    // 0.1307 and 0.3081: the constants of a thousand tutorials.
    const torch::Tensor x = set->items.to(torch::kFloat64) / 255.0;
    QVERIFY(std::abs(x.mean().item<double>() - 0.1307) < 1e-4);
    QVERIFY(std::abs(x.std().item<double>() - 0.3081) < 1e-4);
}

void DatasetsTest::mnist_test_split() {
    DataSettings settings;
    settings.test_split = true;
    const auto set = open_dataset(settings, resources);
    QVERIFY2(set.ok(), line_of(set).c_str());
    QCOMPARE(set->size(), std::int64_t{10'000});
    QVERIFY(torch::equal(set->labels.slice(0, 0, 5), torch::tensor({7, 2, 1, 0, 4}, torch::kInt64)));
    QVERIFY(
        torch::equal(torch::bincount(set->labels),
                     torch::tensor({980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, torch::kInt64)));
}

void DatasetsTest::fashion_mnist_or_how_to_get_it() {
    DataSettings settings;
    settings.kind = DataKind::fashion_mnist;
    const auto set = open_dataset(settings, resources);
    if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
        QVERIFY2(contains(line_of(set), "dataset-fashion-mnist"), line_of(set).c_str());
        return;
    }
    QVERIFY2(set.ok(), line_of(set).c_str());
    QVERIFY(set->items.sizes() == torch::IntArrayRef({60'000, 1, 28, 28}));
    QVERIFY((torch::bincount(set->labels) == 6000).all().item<bool>()); // as many of each kind
    QVERIFY(std::abs((set->items.to(torch::kFloat64) / 255.0).mean().item<double>() - 0.2860) < 1e-4);
}

void DatasetsTest::a_set_that_is_not_there_says_what_to_do() {
    const Folder folder;
    const auto absent =
        open_idx_set(folder.path(), false, "Fashion-MNIST", "install the package dataset-fashion-mnist");
    QVERIFY2(contains(line_of(absent), "not installed") && contains(line_of(absent), "dataset-fashion-mnist"),
             line_of(absent).c_str());
    QVERIFY(contains(line_of(open_dataset({}, folder.path())), "train-images-idx3-ubyte.gz"));
}

void DatasetsTest::idx_plain_and_gzipped() {
    const Folder folder;
    const std::string bytes = pictures_header(2, 2, 3) + std::string("\0\1\2\3\4\5\6\7\xfc\xfd\xfe\xff", 12);
    write_bytes(folder / "plain", bytes);
    write_bytes(folder / "packed.gz", gzipped(bytes));
    for (const char* name : {"plain", "packed.gz"}) {
        const auto pictures = read_idx_pictures(folder / name);
        QVERIFY2(pictures.ok(), line_of(pictures).c_str());
        QVERIFY(torch::equal(
            *pictures,
            torch::tensor({0, 1, 2, 3, 4, 5, 6, 7, 252, 253, 254, 255}, torch::kUInt8).view({2, 1, 2, 3})));
    }
    write_bytes(folder / "labels", big_endian(2049, 4) + big_endian(3, 4) + std::string("\7\0\1", 3));
    QVERIFY(torch::equal(*read_idx_labels(folder / "labels", 10), torch::tensor({7, 0, 1}, torch::kInt64)));
    QVERIFY(contains(line_of(read_idx_labels(folder / "labels", 5)), "label 7"));
}

void DatasetsTest::idx_damage_is_named_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, const std::string& bytes, const char* said) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(said);
    };
    const std::string good = pictures_header(2, 2, 3) + std::string(12, 'x');
    row("empty", "", "too early");
    row("wrong magic", big_endian(2049, 4) + good.substr(4), "starts with 2049");
    row("a web page", "<!DOCTYPE html><html></html>", "no IDX file");
    row("header cut", good.substr(0, 10), "too early");
    row("short pixels", good.substr(0, good.size() - 1), "1 bytes too early");
    row("surplus", good + "x", "more in it");
    row("no pictures", pictures_header(0, 28, 28), "0 pictures");
    row("no columns", pictures_header(1, 28, 0), "of 0×28");
    row("huge picture", pictures_header(1, 100'000, 100'000) + "x", "100000×100000");
    row("promise of 60 TB", pictures_header(0xFFFFFFFF, 4096, 4096) + "x", "too early");
    const std::string packed = gzipped(good);
    row("gzip cut", packed.substr(0, packed.size() / 2), "bad.idx");
    row("gzip without its end", packed.substr(0, packed.size() - 3), "damaged");
    std::string flipped = packed;
    flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);
    row("gzip with a wrong checksum", flipped, "damaged");
    row("gzip of something else", gzipped("hello"), "no IDX file");
}

void DatasetsTest::idx_damage_is_named() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, said);
    const Folder folder;
    write_bytes(folder / "bad.idx", bytes.toStdString());
    const MemoryBound bound(512 << 20);
    const std::string line = line_of(read_idx_pictures(folder / "bad.idx"));
    QVERIFY2(contains(line, said.toStdString()) && contains(line, "bad.idx") && contains(line, "Remedy"),
             line.c_str());
}

void DatasetsTest::idx_bytes_flipped_or_missing_never_crash() {
    const Folder folder;
    const auto file = folder / "some";
    std::mt19937 dice(3); // NOLINT: the same every time
    std::string plain = pictures_header(5, 4, 4);
    for (int i = 0; i < 80; ++i)
        plain += static_cast<char>(dice());
    const MemoryBound bound(512 << 20);
    for (const std::string& good : {plain, gzipped(plain)}) {
        for (std::size_t size = 0; size < good.size(); ++size) {
            write_bytes(file, good.substr(0, size));
            QVERIFY2(!read_idx_pictures(file).ok(), qPrintable(QString("%1 bytes").arg(size)));
        }
        for (std::size_t at = 0; at < good.size(); ++at)
            for (int bit = 0; bit < 8; ++bit) {
                std::string bytes = good;
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
                write_bytes(file, bytes);
                const auto read = read_idx_pictures(file);
                if (read.ok()) QCOMPARE(read->numel(), std::int64_t{80});
            }
    }
}

void DatasetsTest::labels_must_fit_the_pictures() {
    const Folder folder;
    write_bytes(folder / "train-images-idx3-ubyte", pictures_header(2, 1, 1) + "ab");
    write_bytes(folder / "train-labels-idx1-ubyte",
                big_endian(2049, 4) + big_endian(3, 4) + std::string(3, '\1'));
    const auto set = open_idx_set(folder.path(), false, "Mine", "");
    QVERIFY2(contains(line_of(set), "3 labels, but there are 2 pictures"), line_of(set).c_str());
    write_bytes(folder / "train-labels-idx1-ubyte",
                big_endian(2049, 4) + big_endian(2, 4) + std::string(2, '\1'));
    QVERIFY(open_idx_set(folder.path(), false, "Mine", "").ok());
}

void DatasetsTest::model_input_is_scaled_and_padded() {
    const torch::Tensor items = torch::arange(0, 256, torch::kUInt8).view({1, 1, 16, 16});
    const torch::Tensor x = to_model_input(items, 0);
    QVERIFY(x.scalar_type() == torch::kFloat32 && x.sizes() == items.sizes());
    QVERIFY(x.min().item<float>() == -1.0F && x.max().item<float>() == 1.0F);
    QVERIFY(torch::allclose((x + 1) * 127.5, items.to(torch::kFloat32), 0, 1e-4));
    const torch::Tensor padded = to_model_input(items, 20);
    QVERIFY(padded.sizes() == torch::IntArrayRef({1, 1, 20, 20}));
    QVERIFY(torch::equal(padded.slice(2, 2, 18).slice(3, 2, 18), x));
    QCOMPARE((padded == -1).sum().item<std::int64_t>(), std::int64_t{20 * 20 - 256 + 1});
    const torch::Tensor odd = to_model_input(items, 17);
    QVERIFY(torch::equal(odd.slice(2, 0, 16).slice(3, 0, 16), x));
    QVERIFY_EXCEPTION_THROWN(to_model_input(items, 8), std::invalid_argument);
    const torch::Tensor points = torch::rand({5, 2});
    QVERIFY(torch::equal(to_model_input(points, 32), points));
    QVERIFY(torch::equal(items,
                         torch::arange(0, 256, torch::kUInt8).view({1, 1, 16, 16}))); // not changed in place
}

void DatasetsTest::wrong_settings_are_errors() {
    DataSettings settings;
    settings.kind = DataKind::two_moons;
    settings.points = -5;
    QVERIFY(contains(line_of(open_dataset(settings, resources)), "data.points"));
}

QTEST_GUILESS_MAIN(DatasetsTest)
#include "test_datasets.moc"
