// safetensors: peers' files, bytes written by hand, every kind of damage.
#include "files.h"
#include "formats/safetensors.h"

#include <QtTest>

#include <random>
#include <sys/stat.h>

using namespace ddpm::formats;

namespace {

std::string file_of(const std::string& header, const std::string& data = {}) {
    return little_endian(header.size(), 8) + header + data;
}

std::string error_of(const std::filesystem::path& file) {
    const auto result = read_safetensors(file);
    return result ? std::string() : result.error().line();
}

bool same(const torch::Tensor& a, const torch::Tensor& b) {
    return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && torch::equal(a, b);
}

} // namespace

class SafetensorsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void reads_a_peers_file();
    void every_dtype_and_shape_comes_back();
    void writes_these_very_bytes();
    void reads_bytes_written_by_hand();
    void damage_is_named_data();
    void damage_is_named();
    void other_files_are_refused();
    void a_flipped_or_missing_byte_never_crashes();
    void writer_refuses_what_cannot_be_read();
    void a_folder_that_takes_no_files_is_an_error();
};

void SafetensorsTest::reads_a_peers_file() {
    const std::filesystem::path golden = std::filesystem::path(DDPM_TEST_DATA) / "golden";
    const auto file = read_safetensors(golden / "unet.safetensors");
    QVERIFY2(file.ok(), file ? "" : file.error().line().c_str());
    QCOMPARE(file->metadata.at("format"), std::string("pt"));
    QCOMPARE(file->tensors.front().first, std::string("ddpm.t")); // 8-byte numbers come first
    QVERIFY(file->find("ddpm.x")->sizes() == torch::IntArrayRef({3, 3, 16, 16}));
    QVERIFY(file->find("ddpm.t")->scalar_type() == torch::kInt64);
    QVERIFY(file->find("absent") == nullptr);
    // Their schedule, a closed form: beta runs from 1e-4 to 0.02 in equal steps.
    const auto schedules = read_safetensors(golden / "schedules.safetensors");
    QVERIFY(schedules.ok());
    const torch::Tensor* betas = schedules->find("linear1000.betas");
    QVERIFY(betas != nullptr && betas->scalar_type() == torch::kFloat64);
    QVERIFY(torch::allclose(*betas, torch::linspace(1e-4, 0.02, 1000, torch::kFloat64), 1e-12, 1e-15));
}

void SafetensorsTest::every_dtype_and_shape_comes_back() {
    const Folder folder;
    TensorList tensors;
    for (const auto dtype :
         {torch::kBool, torch::kUInt8, torch::kInt8, torch::kInt16, torch::kInt32, torch::kInt64,
          torch::kFloat16, torch::kBFloat16, torch::kFloat32, torch::kFloat64})
        tensors.emplace_back(std::string("t.") + torch::toString(dtype),
                             torch::randint(0, 2, {3, 5}).to(dtype));
    tensors.emplace_back("scalar", torch::tensor(2.5));
    tensors.emplace_back("empty", torch::empty({4, 0, 2}));
    tensors.emplace_back("sliced \"ü\"", torch::arange(20).view({4, 5}).t());
    const std::map<std::string, std::string> metadata{{"note", "line\nbreak, \"quotes\", 한글"},
                                                      {"empty", ""}};
    QVERIFY(write_safetensors(folder / "all.safetensors", tensors, metadata).ok());
    const auto read = read_safetensors(folder / "all.safetensors");
    QVERIFY2(read.ok(), read ? "" : read.error().line().c_str());
    QCOMPARE(read->metadata, metadata);
    QCOMPARE(read->tensors.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) {
        const torch::Tensor* found = read->find(name);
        QVERIFY2(found && same(*found, tensor) && found->is_contiguous(), name.c_str());
    }
    // NaN, infinities and the smallest numbers bit by bit.
    const torch::Tensor odd = torch::tensor({std::nanf("7"), INFINITY, -INFINITY, -0.0F, 1e-45F});
    QVERIFY(write_safetensors(folder / "odd", {{"odd", odd}}, {}).ok());
    const auto odd_file = read_safetensors(folder / "odd");
    QVERIFY(odd_file.ok() &&
            std::memcmp(odd_file->find("odd")->data_ptr(), odd.data_ptr(), odd.nbytes()) == 0);
    QVERIFY(write_safetensors(folder / "none", {}, {}).ok());
    const auto none = read_safetensors(folder / "none");
    QVERIFY(none.ok() && none->tensors.empty());
}

void SafetensorsTest::writes_these_very_bytes() {
    const Folder folder;
    const TensorList tensors{{"small", torch::tensor({7}, torch::kUInt8)},
                             {"b", torch::tensor({1.0F})},
                             {"a", torch::tensor({-2.0F})},
                             {"wide", torch::tensor(3, torch::kInt64)}};
    QVERIFY(write_safetensors(folder / "file", tensors, {{"format", "pt"}}).ok());
    std::string header =
        R"({"__metadata__":{"format":"pt"},"wide":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
        R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
        R"("b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},)"
        R"("small":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}})";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::string data =
        little_endian(3, 8) + little_endian(0xC0000000, 4) + little_endian(0x3F800000, 4) + "\x07";
    QCOMPARE(QByteArray::fromStdString(read_bytes(folder / "file")),
             QByteArray::fromStdString(file_of(header, data)));
}

void SafetensorsTest::reads_bytes_written_by_hand() {
    const Folder folder;
    // Keys in another order, white space, header order that is not the data's order, no padding.
    const std::string header = "{ \"second\" : {\"data_offsets\":[4,8],\"shape\":[2],\"dtype\":\"I16\"},\n"
                               "\"first\":{\"shape\":[],\"dtype\":\"F32\",\"data_offsets\":[0,4]} }\t";
    write_bytes(folder / "file",
                file_of(header, little_endian(0x3F800000, 4) + little_endian(0xFFFF0005, 4)));
    const auto file = read_safetensors(folder / "file");
    QVERIFY2(file.ok(), file ? "" : file.error().line().c_str());
    QCOMPARE(file->tensors.front().first, std::string("first"));
    QVERIFY(same(*file->find("first"), torch::tensor(1.0F)));
    QVERIFY(same(*file->find("second"), torch::tensor({5, -1}, torch::kInt16)));
}

void SafetensorsTest::damage_is_named_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, const std::string& bytes, const char* said) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(said);
    };
    const auto header = [&](const char* name, const std::string& text, std::size_t data, const char* said) {
        row(name, file_of(text, std::string(data, '\1')), said);
    };
    std::string ones;
    for (int i = 0; i < 100; ++i)
        ones += ",1";
    row("empty", "", "0 bytes");
    row("7 bytes", std::string(7, '\0'), "7 bytes");
    row("header over 100 MB", little_endian(100'000'001, 8) + "{}", "at most 100000000");
    row("header of 2^64 - 1", little_endian(~std::uint64_t{0}, 8) + "{}", "at most");
    row("header past the end", little_endian(3, 8) + "{}", "the file has 10");
    row("header of nothing", little_endian(0, 8), "not a JSON object");
    header("an array", "[]", 0, "not a JSON object");
    header("byte-order mark", "\xEF\xBB\xBF{}", 0, "not a JSON object");
    header("zero byte", std::string("{}\0", 3), 0, "not a JSON object");
    header("two objects", "{}{}", 0, "not JSON");
    header("cut off", R"({"a":{"dtype":"F32")", 0, "not JSON");
    header("not UTF-8", "{\"\xFF\xFE\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
           "not JSON");
    header("half a surrogate", R"({"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
           "not JSON");
    header(
        "duplicate tensor",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
        1, "\"a\" appears twice");
    header("duplicate inner key", R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
           "\"dtype\" appears twice");
    header("duplicate metadata", R"({"__metadata__":{"x":"1","x":"2"}})", 0, "\"x\" appears twice");
    header("two metadata", R"({"__metadata__":{},"__metadata__":{}})", 0, "appears twice");
    header("metadata number", R"({"__metadata__":{"x":1}})", 0, "metadata hold a number");
    header("metadata null", R"({"__metadata__":{"x":null}})", 0, "metadata hold null");
    header("metadata object", R"({"__metadata__":{"x":{}}})", 0, "metadata hold an object");
    header("metadata array", R"({"__metadata__":[]})", 0, "metadata hold an array");
    header("deep arrays", R"({"a":)" + std::string(100'000, '['), 0, "wrong place");
    header("deep shape", R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1, "wrong place");
    header("deep objects", R"({"a":{"b":{"c":{}}}})", 0, "unknown key \"b\"");
    header("unknown key", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})", 1,
           "unknown key \"x\"");
    header("no shape", R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1, "lacks");
    header("dtype not there", R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1, "F8_E4M3");
    header("dtype U64", R"({"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}})", 8,
           "U64, which is not supported");
    header("negative extent", R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "negative");
    header("fraction", R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "not whole");
    header("text in shape", R"({"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}})", 1, "a string");
    header("beyond 64 bits", R"({"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}})", 1,
           "not whole");
    header("beyond 63 bits", R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", 1,
           "too large");
    header("product overflows",
           R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "too large");
    header(
        "overflow behind a zero",
        R"({"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}})",
        0, "too large");
    header("bytes overflow", R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0,
           "too large");
    header("many dimensions", R"({"a":{"dtype":"U8","shape":[1)" + ones + R"(],"data_offsets":[0,1]}})", 1,
           "dimensions");
    header("size wrong for dtype", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
           "needs 8 bytes");
    header("reversed offsets", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1,
           "end before they begin");
    header("negative offset", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1, "negative");
    header("one offset", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "not two");
    header(
        "overlap",
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
        3, "overlap");
    header(
        "same place",
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
        2, "overlap");
    header(
        "hole",
        R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
        3, "hole of 1");
    header("hole at the start", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "hole of 1");
    header("trailing bytes", R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 3, "2 bytes after");
    header("cut data", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 7, "the file has 7");
    header("promise of 2^60 bytes",
           R"({"a":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}})", 8,
           "the file has 8");
    row("truth value 2", file_of(R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\2"),
        "truth");
    row("Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git-LFS");
}

void SafetensorsTest::damage_is_named() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, said);
    const Folder folder;
    write_bytes(folder / "model.safetensors", bytes.toStdString());
    const MemoryBound bound(256 << 20);
    const std::string line = error_of(folder / "model.safetensors");
    QVERIFY2(contains(line, said.toStdString()), line.c_str());
    QVERIFY2(contains(line, "model.safetensors") && contains(line, "Remedy"), line.c_str());
}

void SafetensorsTest::other_files_are_refused() {
    const Folder folder;
    QVERIFY(contains(error_of(folder / "absent"), "does not exist"));
    QVERIFY(contains(error_of(folder.path()), "folder"));
    const auto pipe = folder / "pipe";
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    QVERIFY(contains(error_of(pipe), "not a regular file")); // and does not wait for a writer
}

void SafetensorsTest::a_flipped_or_missing_byte_never_crashes() {
    const Folder folder;
    const auto file = folder / "file";
    QVERIFY(write_safetensors(file,
                              {{"weights", torch::randn({3, 4})},
                               {"steps", torch::arange(5)},
                               {"flags", torch::ones({3}, torch::kBool)}},
                              {{"format", "pt"}})
                .ok());
    const std::string good = read_bytes(file);
    const MemoryBound bound(512 << 20);
    int refused = 0;
    const auto attempt = [&](const std::string& bytes) {
        write_bytes(file, bytes);
        const std::string line = error_of(file);
        QVERIFY2(!contains(line, "memory"), line.c_str());
        refused += line.empty() ? 0 : 1;
    };
    for (std::size_t size = 0; size < good.size(); ++size)
        attempt(good.substr(0, size));
    QCOMPARE(refused, static_cast<int>(good.size())); // every truncation is noticed
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int bit : {0, 1, 4, 7}) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            attempt(bytes);
        }
    std::mt19937 dice(1); // NOLINT: the same every time
    for (int i = 0; i < 1000; ++i) {
        std::string bytes = good;
        for (int k = 0; k < 4; ++k)
            bytes[dice() % bytes.size()] = static_cast<char>(dice());
        attempt(bytes);
    }
    QVERIFY(refused > static_cast<int>(good.size()));
}

void SafetensorsTest::writer_refuses_what_cannot_be_read() {
    const Folder folder;
    const torch::Tensor one = torch::ones({1});
    const auto error = [&](const TensorList& tensors) {
        const auto status = write_safetensors(folder / "file", tensors, {});
        return status ? std::string() : status.error().line();
    };
    QVERIFY(contains(error({{"a", one}, {"b", one}, {"a", one}}), "two tensors are called \"a\""));
    QVERIFY(contains(error({{"__metadata__", one}}), "__metadata__"));
    QVERIFY(contains(error({{"a", torch::ones({1}, torch::kComplexFloat)}}), "not supported"));
    QVERIFY(contains(error({{"\xFF", one}}), "UTF-8"));
    QVERIFY(names_in(folder.path()).empty());
}

void SafetensorsTest::a_folder_that_takes_no_files_is_an_error() {
    const auto status = write_safetensors("/proc/ddpm.safetensors", {{"a", torch::ones({1})}}, {});
    QVERIFY(!status.ok());
    QVERIFY(contains(status.error().line(), "/proc/ddpm.safetensors"));
}

QTEST_GUILESS_MAIN(SafetensorsTest)
#include "test_safetensors.moc"
