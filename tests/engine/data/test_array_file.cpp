// NPY and NPZ against bytes that numpy 1.24 wrote, and against files that are damaged or mean harm.
#include "data/array_file.h"
#include "zip_bytes.h"

#include <QtTest>

#include <sstream>

using namespace ddpm;
using namespace ddpm::data;

namespace {

std::string from_hex(const char* text) {
    return QByteArray::fromHex(text).toStdString();
}

/// The dictionary padded to a header of 128 bytes, as numpy does, and the numbers.
std::string npy(const std::string& dictionary, const std::string& numbers, int version = 1) {
    const std::size_t length_bytes = version == 1 ? 2 : 4, length = 128 - 8 - length_bytes;
    std::string file = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
    file += little_endian(length, static_cast<int>(length_bytes)) + dictionary;
    return file + std::string(length - dictionary.size() - 1, ' ') + '\n' + numbers;
}

std::string dictionary(const std::string& descr, const std::string& shape, const char* fortran = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

Result<torch::Tensor> read_text(const std::string& bytes) {
    std::istringstream stream(bytes);
    return read_npy(stream, "stream");
}

std::string line_of(const Result<torch::Tensor>& result) {
    return result ? std::string() : result.error().line();
}

torch::Tensor zero_to_five(c10::ScalarType type) {
    return torch::arange(6).view({2, 3}).to(type);
}

// numpy.savez(f, images=arange(6, dtype=uint8).reshape(2, 3), y=array([3, 1])), stored and packed.
const char* const packed_by_numpy =
    "504b0304140000000800000021007e9ed7cf4c000000860000000a001400696d616765732e6e707901001000860000000000"
    "00004c000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e536aa8aea3a09e965f54529498179f5f9492"
    "0a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e06462666165600504b030414000000080000002100"
    "8cde33e04a0000009000000005001400792e6e70790100100090000000000000004a000000000000009bec17ea1b10c9c850"
    "c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a"
    "9a3a0ab50a14002e6606086084d200504b01021403140000000800000021007e9ed7cf4c000000860000000a000000000000"
    "0000000000800100000000696d616765732e6e7079504b01021403140000000800000021008cde33e04a0000009000000005"
    "0000000000000000000000800188000000792e6e7079504b050600000000020002006b000000090100000000";
const char* const stored_by_numpy =
    "504b0304140000000000000021007e9ed7cf86000000860000000a001400696d616765732e6e707901001000860000000000"
    "00008600000000000000934e554d5059010076007b276465736372273a20277c7531272c2027666f727472616e5f6f726465"
    "72273a2046616c73652c20277368617065273a2028322c2033292c207d202020202020202020202020202020202020202020"
    "202020202020202020202020202020202020202020202020202020202020202020202020200a000102030405504b03041400"
    "00000000000021008cde33e0900000009000000005001400792e6e7079010010009000000000000000900000000000000093"
    "4e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20"
    "277368617065273a2028322c292c207d20202020202020202020202020202020202020202020202020202020202020202020"
    "20202020202020202020202020202020202020202020202020200a03000000000000000100000000000000504b0102140314"
    "0000000000000021007e9ed7cf86000000860000000a0000000000000000000000800100000000696d616765732e6e707950"
    "4b01021403140000000000000021008cde33e090000000900000000500000000000000000000008001c2000000792e6e7079"
    "504b050600000000020002006b000000890100000000";

} // namespace

class ArrayFileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void reads_what_numpy_wrote_data();
    void reads_what_numpy_wrote();
    void writes_what_numpy_writes();
    void everything_written_is_read_again();
    void several_arrays_in_a_stream();
    void refuses_npy_data();
    void refuses_npy();
    void numbers_that_a_header_claims_take_no_memory();
    void reads_npz_of_numpy();
    void refuses_npz_data();
    void refuses_npz();
    void a_bomb_is_refused_and_takes_no_memory();
    void damage_anywhere_never_crashes();
};

void ArrayFileTest::reads_what_numpy_wrote_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<int>("which");
    const auto add = [](const char* name, const std::string& file, int which) {
        QTest::addRow("%s", name) << QByteArray::fromStdString(file) << which;
    };
    add("big-endian int32",
        npy(dictionary(">i4", "(2, 3)"), from_hex("fffffffeffffffff00000000000000010000000200000003")), 0);
    add("float16", npy(dictionary("<f2", "(2, 3)"), from_hex("00b800b4000000340038003a")), 1);
    add("Fortran float64",
        npy(dictionary("<f8", "(2, 3)", "True"), from_hex("00000000000000000000000000001240000000000000f83f00"
                                                          "0000000000184000000000000008400000000000001e40")),
        2);
    add("version 2 uint8", npy(dictionary("|u1", "(2, 3)"), from_hex("000102030405"), 2), 3);
    add("version 3 int16", npy(dictionary("<i2", "(2, 3)"), from_hex("000001000200030004000500"), 3), 4);
    add("big-endian uint16", npy(dictionary(">u2", "(2, 3)"), from_hex("000027104e2075309c40c350")), 5);
    add("scalar", npy(dictionary("<f8", "()"), from_hex("0000000000000440")), 6);
    add("empty", npy(dictionary("<f4", "(0, 4)"), ""), 7);
    add("bool", npy(dictionary("|b1", "(2, 3)"), from_hex("000100010001")), 8);
    add("one dimension", npy(dictionary("<f4", "(3,)"), from_hex("0000803f0000004000004040")), 9);
    add("Python 2 shape, other order of keys",
        npy("{'shape': (2L, 3L), 'descr': '<i8', 'fortran_order': False}", std::string(48, '\0')), 10);
    add("uint64", npy(dictionary("<u8", "(1,)"), from_hex("ffffffffffffff7f")), 11);
    add("uint32", npy(dictionary("<u4", "(1,)"), from_hex("ffffffff")), 12);
}

void ArrayFileTest::reads_what_numpy_wrote() {
    QFETCH(QByteArray, file);
    QFETCH(int, which);
    using torch::tensor;
    const torch::Tensor expected[] = {
        zero_to_five(torch::kInt32) - 2,
        (zero_to_five(torch::kFloat32) / 4 - 0.5).to(torch::kFloat16),
        zero_to_five(torch::kFloat64) * 1.5,
        zero_to_five(torch::kUInt8),
        zero_to_five(torch::kInt16),
        zero_to_five(torch::kInt32) * 10'000,
        tensor(2.5, torch::kFloat64),
        torch::empty({0, 4}),
        zero_to_five(torch::kInt64) % 2 == 1,
        tensor({1.0f, 2.0f, 3.0f}),
        torch::zeros({2, 3}, torch::kInt64),
        tensor({std::numeric_limits<std::int64_t>::max()}, torch::kInt64),
        tensor({std::int64_t{0xFFFF'FFFF}}, torch::kInt64),
    };
    const Folder folder;
    write_bytes(folder / "a.npy", file.toStdString());
    for (const auto& read : {read_text(file.toStdString()), read_npy(folder / "a.npy")}) {
        QVERIFY2(read.ok(), line_of(read).c_str());
        QCOMPARE(read->scalar_type(), expected[which].scalar_type());
        QVERIFY(read->is_contiguous() && torch::equal(*read, expected[which]));
    }
}

void ArrayFileTest::writes_what_numpy_writes() {
    using torch::tensor;
    const auto same = [](const torch::Tensor& array, const std::string& file) {
        std::ostringstream stream;
        return npy_bytes(array) == file && write_npy(stream, array, "stream").ok() && stream.str() == file;
    };
    QVERIFY(same(tensor({1.0f, 2.0f, 3.0f}),
                 npy(dictionary("<f4", "(3,)"), from_hex("0000803f0000004000004040"))));
    QVERIFY(same(zero_to_five(torch::kUInt8), npy(dictionary("|u1", "(2, 3)"), from_hex("000102030405"))));
    QVERIFY(same(tensor(2.5, torch::kFloat64), npy(dictionary("<f8", "()"), from_hex("0000000000000440"))));
    QVERIFY(same(torch::empty({0, 4}), npy(dictionary("<f4", "(0, 4)"), "")));
    QVERIFY(same((torch::arange(6).view({2, 3}) % 2 == 1),
                 npy(dictionary("|b1", "(2, 3)"), from_hex("000100010001"))));
    // The transposed view is written in its own order, not in that of its memory.
    QVERIFY(same(torch::arange(4, torch::kInt16).view({2, 2}).t(),
                 npy(dictionary("<i2", "(2, 2)"), from_hex("0000020001000300"))));
    QVERIFY(same(tensor({1.0f}).to(torch::kBFloat16), npy(dictionary("<f4", "(1,)"), from_hex("0000803f"))));
    QVERIFY_EXCEPTION_THROWN(npy_bytes(torch::zeros({1}, torch::kComplexFloat)), std::invalid_argument);
    std::ostringstream closed;
    closed.setstate(std::ios::badbit);
    QVERIFY(!write_npy(closed, tensor({1.0f}), "stream").ok());
}

void ArrayFileTest::everything_written_is_read_again() {
    for (const auto type : {torch::kBool, torch::kUInt8, torch::kInt8, torch::kInt16, torch::kInt32,
                            torch::kInt64, torch::kFloat16, torch::kFloat32, torch::kFloat64}) {
        const torch::Tensor array = torch::randint(0, 2, {3, 1, 5, 2}).to(type);
        const auto read = read_text(npy_bytes(array));
        QVERIFY2(read.ok(), line_of(read).c_str());
        QVERIFY(read->scalar_type() == type && torch::equal(*read, array));
    }
    // Larger than the piece a stream starts with.
    const torch::Tensor large = torch::randint(0, 255, {40'000'001}, torch::kUInt8);
    const auto read = read_text(npy_bytes(large));
    QVERIFY(read.ok() && torch::equal(*read, large));
    // So many dimensions that the header takes more than the usual 128 bytes.
    const torch::Tensor deep = torch::ones(std::vector<std::int64_t>(30, 1));
    const std::string bytes = npy_bytes(deep);
    QCOMPARE((bytes.size() - 4) % 64, std::size_t{0});
    QVERIFY(torch::equal(read_text(bytes).value(), deep));
}

void ArrayFileTest::several_arrays_in_a_stream() {
    std::istringstream stream(npy_bytes(torch::ones({2})) + npy_bytes(torch::zeros({3})));
    QVERIFY(torch::equal(read_npy(stream, "stream").value(), torch::ones({2})));
    QVERIFY(torch::equal(read_npy(stream, "stream").value(), torch::zeros({3})));
}

void ArrayFileTest::refuses_npy_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("reason");
    const auto add = [](const char* name, const std::string& file, const char* reason) {
        QTest::addRow("%s", name) << QByteArray::fromStdString(file) << QString(reason);
    };
    const std::string good = npy(dictionary("|u1", "(2, 3)"), "abcdef");
    add("nothing", "", "no NPY file");
    add("a picture", "\x89PNG\r\n\x1a\n 0123456789", "no NPY file");
    add("version 9", npy(dictionary("|u1", "(2, 3)"), "abcdef", 9), "format 9");
    add("header cut off", good.substr(0, 60), "too early");
    add("numbers cut off", good.substr(0, good.size() - 1), "6 bytes of numbers, there are 5");
    add("more numbers", good + "g", "6 bytes of numbers, there are 7");
    add("objects", npy(dictionary("|O", "(2, 3)"), "abcdef"), "run code");
    add("objects of a size", npy(dictionary("|O8", "(2, 3)"), std::string(48, 'a')), "run code");
    add("a structure", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd"),
        "structures");
    add("a structure with objects",
        npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }", "abcd"), "structures");
    add("text", npy(dictionary("<U3", "(1,)"), std::string(12, 'a')), "text");
    add("dates", npy(dictionary("<M8[ns]", "(1,)"), std::string(8, 'a')), "dates");
    add("complex", npy(dictionary("<c8", "(1,)"), std::string(8, 'a')), "complex");
    add("long double", npy(dictionary("<f16", "(1,)"), std::string(16, 'a')), "f16");
    add("f3", npy(dictionary("<f3", "(1,)"), "abc"), "f3");
    add("no byte order", npy(dictionary("|f4", "(1,)"), "abcd"), "numpy writes");
    add("product overflows", npy(dictionary("|u1", "(4294967296, 4294967296)"), ""), "more numbers");
    add("product overflows beside a zero", npy(dictionary("|u1", "(0, 4294967296, 4294967296)"), ""),
        "more numbers");
    add("extent overflows", npy(dictionary("|u1", "(99999999999999999999,)"), ""), "numpy writes");
    add("negative extent", npy(dictionary("|u1", "(-1,)"), ""), "numpy writes");
    add("no tuple", npy(dictionary("|u1", "(6)"), "abcdef"), "numpy writes");
    add("a call", npy("{'descr': '|u1', 'fortran_order': False, 'shape': exit(), }", ""), "numpy writes");
    add("a key twice", npy("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "a"),
        "numpy writes");
    add("a key missing", npy("{'descr': '|u1', 'fortran_order': False}", "a"), "numpy writes");
    add("another key", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}", "a"),
        "numpy writes");
    add("uint64 too large", npy(dictionary("<u8", "(1,)"), from_hex("0000000000000080")), "2⁶³");
    add("npz", from_hex(stored_by_numpy), "NPZ");
}

void ArrayFileTest::refuses_npy() {
    QFETCH(QByteArray, file);
    QFETCH(QString, reason);
    const Folder folder;
    write_bytes(folder / "a.npy", file.toStdString());
    const std::string line = line_of(read_npy(folder / "a.npy"));
    QVERIFY2(contains(line, reason.toStdString()) && contains(line, "a.npy"), line.c_str());
}

void ArrayFileTest::numbers_that_a_header_claims_take_no_memory() {
    const Folder folder;
    const std::string file = npy(dictionary("<f8", "(1000, 1000, 1000)"), "abc");
    write_bytes(folder / "a.npy", file);
    const auto small =
        npy(dictionary("<f8", "(1000, 1000, 25)"), "abc"); // 200 MB would fit into most machines
    const MemoryBound bound(std::size_t{64} << 20);
    QVERIFY(contains(line_of(read_npy(folder / "a.npy")), "8000000000 bytes"));
    QVERIFY(!read_text(file).ok());
    QVERIFY(contains(line_of(read_text(small)), "too early"));
    QVERIFY(
        contains(line_of(read_text(npy(dictionary("<f8", "(1000000, 1000000, 1000)"), "abc"))), "memory"));
    QVERIFY(contains(line_of(read_npy(folder.path())), "not a file"));
    QVERIFY(contains(line_of(read_npy(folder / "none.npy")), "no such file"));
}

void ArrayFileTest::reads_npz_of_numpy() {
    const Folder folder;
    // numpy notes sizes in zip64 fields; a comment at the end is allowed by the format.
    std::string commented = from_hex(stored_by_numpy);
    commented.replace(commented.size() - 2, 2, little_endian(5, 2));
    commented += "hello";
    for (const std::string& bytes : {from_hex(packed_by_numpy), from_hex(stored_by_numpy), commented}) {
        write_bytes(folder / "a.npz", bytes);
        QVERIFY(looks_like_zip(folder / "a.npz"));
        const auto npz = NpzFile::open(folder / "a.npz");
        QVERIFY2(npz.ok(), npz ? "" : npz.error().line().c_str());
        QCOMPARE(npz->names(), (std::vector<std::string>{"images", "y"}));
        QVERIFY(npz->has("y") && !npz->has("x"));
        QVERIFY(torch::equal(npz->read("images").value(), zero_to_five(torch::kUInt8)));
        QVERIFY(torch::equal(npz->read("y").value(), torch::tensor({3, 1}, torch::kInt64)));
        QVERIFY(contains(line_of(npz->read("x")), "no array “x”"));
    }
    // Larger than the pieces it is unpacked in, hardly packable.
    const torch::Tensor noise = torch::randint(0, 255, {300, 1000}, torch::kUInt8);
    write_bytes(folder / "a.npz", zip_bytes({{"readme.txt", "hi"}, {"noise.npy", npy_bytes(noise)}}));
    const auto npz = NpzFile::open(folder / "a.npz");
    QVERIFY(npz.ok() && npz->names() == std::vector<std::string>{"noise"});
    QVERIFY(torch::equal(npz->read("noise").value(), noise));
}

void ArrayFileTest::refuses_npz_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("reason");
    const auto add = [](const char* name, const std::string& file, const char* reason) {
        QTest::addRow("%s", name) << QByteArray::fromStdString(file) << QString(reason);
    };
    const std::string array = npy_bytes(torch::ones({3}));
    const std::string good = zip_bytes({{"x.npy", array}});
    add("nothing", "", "no NPZ file");
    add("npy", array, "no NPZ file");
    add("cut off", good.substr(0, good.size() - 30), "no NPZ file");
    add("encrypted", zip_bytes({{"x.npy", array}}, 1), "encrypted");
    add("two of one name", zip_bytes({{"x.npy", array}, {"x.npy", array}}), "two arrays");
    add(
        "contents past the end",
        [&] {
            std::string bytes = good;
            bytes[bytes.size() - 4] = '\x7f';
            return bytes;
        }(),
        "does not fit");
    add(
        "too many entries",
        [&] {
            std::string bytes = good;
            bytes[bytes.size() - 11] = '\x7f';
            return bytes;
        }(),
        "does not fit");
    add(
        "another compression",
        [&] {
            std::string bytes = good;
            bytes[bytes.rfind("PK\1\2") + 10] = 12;
            return bytes;
        }(),
        "method 12");
    add(
        "checksum",
        [&] {
            std::string bytes = good;
            bytes[bytes.rfind("PK\1\2") + 16] ^= 1;
            return bytes;
        }(),
        "checksum");
    add("said to be larger", zip_bytes({{"x.npy", array, true, array.size() + 1}}), "there are 13");
    add("said to be smaller", zip_bytes({{"x.npy", array, true, array.size() - 1}}), "there are 11");
    add("stored, two sizes", zip_bytes({{"x.npy", array, false, array.size() - 1}}), "two sizes");
    add("no array", zip_bytes({{"x.npy", "hello hello"}}), "no NPY file");
    add("objects", zip_bytes({{"x.npy", npy(dictionary("|O", "(2, 3)"), "abcdef")}}), "run code");
    add(
        "packed bytes damaged",
        [&] {
            std::string bytes = good;
            bytes[45] ^= 0x55;
            return bytes;
        }(),
        "");
}

void ArrayFileTest::refuses_npz() {
    QFETCH(QByteArray, file);
    QFETCH(QString, reason);
    const Folder folder;
    write_bytes(folder / "a.npz", file.toStdString());
    const auto npz = NpzFile::open(folder / "a.npz");
    std::string line = npz ? "" : npz.error().line();
    if (npz) {
        const auto read = npz->read("x");
        QVERIFY(!read.ok());
        line = read.error().line();
    }
    QVERIFY2(contains(line, reason.toStdString()) && contains(line, "a.npz"), line.c_str());
}

void ArrayFileTest::a_bomb_is_refused_and_takes_no_memory() {
    const Folder folder;
    // A true bomb: 300 MB of zeros in 300 kB. And one that claims 5 GB, by zip64.
    const std::string zeros = npy(dictionary("|u1", "(300000000,)"), std::string(300'000'000, '\0'));
    write_bytes(folder / "true.npz", zip_bytes({{"x.npy", zeros}}));
    write_bytes(folder / "claim.npz",
                zip_bytes({{"x.npy", npy(dictionary("|u1", "(5000000000,)"), "abc"), true, 5'000'000'128}}));
    const MemoryBound bound(std::size_t{64} << 20);
    for (const char* name : {"true.npz", "claim.npz"}) {
        const auto npz = NpzFile::open(folder / name);
        QVERIFY(npz.ok());
        const std::string line = line_of(npz->read("x"));
        QVERIFY2(contains(line, "looks like a trap"), line.c_str());
    }
}

void ArrayFileTest::damage_anywhere_never_crashes() {
    const Folder folder;
    const std::string good = from_hex(packed_by_numpy);
    const auto try_all = [&](const std::string& bytes) {
        write_bytes(folder / "a.npz", bytes);
        const auto npz = NpzFile::open(folder / "a.npz");
        bool whole = npz.ok() && npz->names().size() == 2;
        if (!npz) return false;
        for (const std::string& name : npz->names())
            whole = npz->read(name).ok() && whole;
        return whole;
    };
    QVERIFY(try_all(good));
    for (std::size_t length = 0; length < good.size(); ++length)
        QVERIFY2(!try_all(good.substr(0, length)), qPrintable(QString("cut at %1").arg(length)));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int bit : {0, 3, 7}) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            try_all(bytes);
        }
    const std::string array = npy_bytes(torch::ones({2, 2}));
    for (std::size_t at = 0; at < array.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string bytes = array;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            (void)read_text(bytes).ok();
        }
}

QTEST_GUILESS_MAIN(ArrayFileTest)
#include "test_array_file.moc"
