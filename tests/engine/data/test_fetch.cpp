// Fetching a data set from a server on this machine, with everything that can go wrong on the way.
#include "data/fetch.h"
#include "data/sha256.h"
#include "data/unpack.h"
#include "loopback_server.h"
#include "zip_bytes.h"

#include <QCryptographicHash>
#include <QtTest>

#include <random>

using namespace ddpm;
using namespace ddpm::data;

namespace {

std::string line_of(const Status& status) {
    return status ? std::string() : status.error().line();
}

std::string sha256_of(const std::string& bytes) {
    const QByteArray whole(bytes.data(), static_cast<qsizetype>(bytes.size()));
    return QCryptographicHash::hash(whole, QCryptographicHash::Sha256).toHex().toStdString();
}

std::string random_bytes(std::size_t size, unsigned seed = 1) {
    std::mt19937 dice(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(dice());
    return bytes;
}

struct TarEntry {
    std::string name, content;
    char type = '0';
};

std::string octal(std::size_t number, int digits) {
    return QString::number(number, 8).rightJustified(digits, QChar('0')).toStdString();
}

/// One header and its content, padded to blocks, as POSIX's ustar lays them out.
std::string tar_entry(const TarEntry& entry) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    put(0, entry.name);
    put(100, "0000644");
    put(124, octal(entry.content.size(), 11));
    put(136, octal(0, 11));
    put(148, "        ");
    header[156] = entry.type;
    put(257, std::string("ustar\0", 6) + "00");
    std::size_t sum = 0;
    for (const char byte : header)
        sum += static_cast<unsigned char>(byte);
    put(148, octal(sum, 6) + std::string("\0 ", 2));
    return header + entry.content + std::string((512 - entry.content.size() % 512) % 512, '\0');
}

std::string tar_gz(const std::vector<TarEntry>& entries) {
    std::string tar;
    for (const TarEntry& entry : entries)
        tar += tar_entry(entry);
    return gzipped(tar + std::string(1024, '\0'));
}

const std::string content = random_bytes(50'000);

std::string good_archive() {
    return tar_gz({{"set/", "", '5'}, {"set/a.bin", content}, {"set/b.bin", "hello"}});
}

FetchedSet set_for(const std::string& archive, const std::string& address) {
    return {
        "test", "Test set", address, archive.size(), sha256_of(archive), 100'000, {"set/a.bin", "set/b.bin"}};
}

} // namespace

class FetchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void sums_of_the_standard();
    void the_list_is_sound();
    void folder_of_a_set();
    void fetches_checks_and_unpacks();
    void goes_on_after_cuts();
    void goes_on_after_a_cancel();
    void a_server_without_ranges_starts_again();
    void a_wrong_part_is_not_taken();
    void what_is_there_already_is_too_long();
    void wrong_content_is_deleted();
    void a_longer_file_is_refused();
    void a_shorter_file_is_refused();
    void errors_of_the_server_are_said_data();
    void errors_of_the_server_are_said();
    void follows_to_the_web_only();
    void no_server();
    void cancel_while_unpacking_leaves_no_set();
    void another_process_is_at_it();
    void a_folder_in_the_way();
    void a_folder_that_cannot_be_written();
    void archives_that_mean_harm_data();
    void archives_that_mean_harm();
    void archives_cut_off_or_damaged();
};

void FetchTest::initTestCase() {
    for (const char* proxy : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
        qunsetenv(proxy);
    qputenv("no_proxy", "127.0.0.1");
}

void FetchTest::sums_of_the_standard() {
    const auto sum = [](const std::string& text) {
        Sha256 sha;
        sha.add(text.data(), text.size());
        return sha.finish();
    };
    // The examples of FIPS 180-4.
    QCOMPARE(sum("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
             std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    QCOMPARE(sum(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(sum(std::string(1'000'000, 'a')),
             std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    for (std::size_t size = 0; size < 300;
         ++size) // every way to fill the last block, in pieces, against Qt's
        QCOMPARE(sum(content.substr(0, size)), sha256_of(content.substr(0, size)));
    Sha256 pieces;
    for (std::size_t at = 0, step = 1; at < content.size(); at += step, step = step % 130 + 1)
        pieces.add(content.data() + at, std::min(step, content.size() - at));
    QCOMPARE(pieces.finish(), sha256_of(content));
}

void FetchTest::the_list_is_sound() {
    const FetchedSet* cifar = find_fetched_set("cifar10");
    QVERIFY(cifar && !find_fetched_set("cifar11"));
    for (const FetchedSet& set : fetched_sets()) {
        QVERIFY(set.sha256.size() == 64 &&
                set.sha256.find_first_not_of("0123456789abcdef") == std::string::npos);
        QVERIFY(set.size > 0 && set.unpacked >= set.size && !set.files.empty());
        QVERIFY(set.address.starts_with("https://"));
    }
    // Six files of 10,000 records of 3073 bytes must fit.
    QVERIFY(cifar->unpacked > 6u * 10'000u * 3073u);
}

void FetchTest::folder_of_a_set() {
    qputenv("XDG_DATA_HOME", "/data/home");
    QCOMPARE(fetched_folder("x").string(), std::string("/data/home/ddpm-lab/data/x"));
    qputenv("HOME", "/home/me");
    for (const char* ignored : {"", "relative"}) {
        qputenv("XDG_DATA_HOME", ignored);
        QCOMPARE(fetched_folder("x").string(), std::string("/home/me/.local/share/ddpm-lab/data/x"));
    }
    qunsetenv("XDG_DATA_HOME");
}

void FetchTest::fetches_checks_and_unpacks() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{}});
    const FetchedSet set = set_for(archive, server.address());
    std::vector<FetchProgress> seen;
    QVERIFY(!is_fetched(set, folder / "deep/set"));
    const auto fetched = fetch_set(set, folder / "deep/set", [&](const FetchProgress& now) {
        seen.push_back(now);
        return true;
    });
    QVERIFY2(fetched.ok(), line_of(fetched).c_str());
    QVERIFY(is_fetched(set, folder / "deep/set"));
    QVERIFY(read_bytes(folder / "deep/set/set/a.bin") == content);
    QCOMPARE(read_bytes(folder / "deep/set/set/b.bin"), std::string("hello"));
    QCOMPARE(names_in(folder / "deep"), std::set<std::string>{"set"}); // nothing else is left
    for (const auto stage : {FetchProgress::Stage::downloading, FetchProgress::Stage::checking,
                             FetchProgress::Stage::unpacking}) {
        std::uint64_t last = 0;
        bool any = false;
        for (const FetchProgress& now : seen)
            if (now.stage == stage) {
                QVERIFY(now.done >= last && now.done <= now.total);
                last = now.done, any = true;
            }
        QVERIFY(any && last > 0);
    }
    // What is there is not fetched again.
    QVERIFY(fetch_set(set, folder / "deep/set").ok());
    QCOMPARE(server.starts(), std::vector<std::int64_t>{0});
}

void FetchTest::goes_on_after_cuts() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.cut_after = 10'000}, {.cut_after = 5'000}, {.cut_after = 0}, {}});
    const FetchedSet set = set_for(archive, server.address());
    // Two cuts are bridged; the third line brought nothing at all, which is for the user to judge.
    const auto first = fetch_set(set, folder / "set");
    QVERIFY2(contains(line_of(first), "goes on where it stopped"), line_of(first).c_str());
    QCOMPARE(read_bytes(folder / "set.part"), archive.substr(0, 15'000));
    const auto second = fetch_set(set, folder / "set");
    QVERIFY2(second.ok(), line_of(second).c_str());
    QCOMPARE(server.starts(), (std::vector<std::int64_t>{0, 10'000, 15'000, 15'000}));
    QVERIFY(read_bytes(folder / "set/set/a.bin") == content);
}

void FetchTest::goes_on_after_a_cancel() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.slow = true}, {}});
    const FetchedSet set = set_for(archive, server.address());
    const auto cancel = [](const FetchProgress& now) { return now.done < 2'000; };
    const auto cancelled = fetch_set(set, folder / "set", cancel);
    QVERIFY2(contains(line_of(cancelled), "cancelled"), line_of(cancelled).c_str());
    QVERIFY(!std::filesystem::exists(folder / "set"));
    const auto have = static_cast<std::int64_t>(std::filesystem::file_size(folder / "set.part"));
    QVERIFY(have >= 2'000 && have < static_cast<std::int64_t>(archive.size()));
    const auto fetched = fetch_set(set, folder / "set");
    QVERIFY2(fetched.ok(), line_of(fetched).c_str());
    QCOMPARE(server.starts(), (std::vector<std::int64_t>{0, have}));
}

void FetchTest::a_server_without_ranges_starts_again() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.cut_after = 10'000}, {.knows_ranges = false}});
    const auto fetched = fetch_set(set_for(archive, server.address()), folder / "set");
    QVERIFY2(fetched.ok(), line_of(fetched).c_str());
    QCOMPARE(server.starts(), (std::vector<std::int64_t>{0, 10'000}));
}

void FetchTest::a_wrong_part_is_not_taken() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.cut_after = 10'000}, {.range_shift = 7}, {}});
    const FetchedSet set = set_for(archive, server.address());
    const auto wrong = fetch_set(set, folder / "set");
    QVERIFY2(contains(line_of(wrong), "another part"), line_of(wrong).c_str());
    QVERIFY(fetch_set(set, folder / "set").ok());
    QCOMPARE(server.starts(), (std::vector<std::int64_t>{0, 10'000, 0}));
}

void FetchTest::what_is_there_already_is_too_long() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{}});
    write_bytes(folder / "set.part", archive + "more");
    const auto fetched = fetch_set(set_for(archive, server.address()), folder / "set");
    QVERIFY2(fetched.ok(), line_of(fetched).c_str());
    QCOMPARE(server.starts(), std::vector<std::int64_t>{0});
    // Complete, but not yet unpacked when it was killed: nothing is asked of the server.
    write_bytes(folder / "two.part", archive);
    QVERIFY(fetch_set(set_for(archive, server.address()), folder / "two").ok());
    QCOMPARE(server.starts(), std::vector<std::int64_t>{0});
}

void FetchTest::wrong_content_is_deleted() {
    const Folder folder;
    const std::string archive = good_archive();
    std::string other = archive;
    other[1'000] = static_cast<char>(other[1'000] ^ 1);
    const LoopbackServer wrong(other, {{}});
    const auto status = fetch_set(set_for(archive, wrong.address()), folder / "set");
    QVERIFY2(contains(line_of(status), "SHA-256") && contains(line_of(status), "deleted"),
             line_of(status).c_str());
    QVERIFY(names_in(folder.path()).empty());
    const LoopbackServer right(archive, {{}});
    QVERIFY(fetch_set(set_for(archive, right.address()), folder / "set").ok());
}

void FetchTest::a_longer_file_is_refused() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive + std::string(1'000'000, 'a'), {{}});
    const auto status = fetch_set(set_for(archive, server.address()), folder / "set");
    QVERIFY2(contains(line_of(status), "sends more than"), line_of(status).c_str());
    QVERIFY(std::filesystem::file_size(folder / "set.part") <= archive.size());
}

void FetchTest::a_shorter_file_is_refused() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive.substr(0, 20'000), {{}});
    const auto status = fetch_set(set_for(archive, server.address()), folder / "set");
    QVERIFY(!status.ok() && !std::filesystem::exists(folder / "set"));
    QVERIFY2(server.starts().size() <= 10, "it must not ask for ever");
}

void FetchTest::errors_of_the_server_are_said_data() {
    QTest::addColumn<int>("status");
    for (const int status : {403, 404, 500, 503})
        QTest::addRow("%d", status) << status;
}

void FetchTest::errors_of_the_server_are_said() {
    QFETCH(int, status);
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.status = status}, {}});
    const FetchedSet set = set_for(archive, server.address());
    const auto failed = fetch_set(set, folder / "set");
    QVERIFY2(contains(line_of(failed), std::to_string(status)) && contains(line_of(failed), server.address()),
             line_of(failed).c_str());
    // The error page is not taken for the file.
    QCOMPARE(std::filesystem::file_size(folder / "set.part"), std::uintmax_t{0});
    QVERIFY(fetch_set(set, folder / "set").ok());
}

void FetchTest::follows_to_the_web_only() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer target(archive, {{}});
    const LoopbackServer server(archive, {{.to = target.address()}});
    QVERIFY(fetch_set(set_for(archive, server.address()), folder / "set").ok());
    write_bytes(folder / "secret", archive);
    const LoopbackServer evil(archive, {{.to = "file://" + (folder / "secret").string()}});
    QVERIFY(!fetch_set(set_for(archive, evil.address()), folder / "two").ok());
    QVERIFY(!fetch_set(set_for(archive, "file://" + (folder / "secret").string()), folder / "two").ok());
}

void FetchTest::no_server() {
    const Folder folder;
    std::string address;
    {
        const LoopbackServer gone("", {{}});
        address = gone.address();
    }
    const auto status = fetch_set(set_for(good_archive(), address), folder / "set");
    QVERIFY2(contains(line_of(status), "connect") && contains(line_of(status), "check the network"),
             line_of(status).c_str());
}

void FetchTest::cancel_while_unpacking_leaves_no_set() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{}});
    const FetchedSet set = set_for(archive, server.address());
    for (const auto stage : {FetchProgress::Stage::checking, FetchProgress::Stage::unpacking}) {
        const auto status =
            fetch_set(set, folder / "set", [&](const FetchProgress& now) { return now.stage != stage; });
        QVERIFY(!status.ok());
        QCOMPARE(names_in(folder.path()), std::set<std::string>{"set.part"});
    }
    write_bytes(folder / "set.unpacking/rest of a try that was killed", "x");
    QVERIFY(fetch_set(set, folder / "set").ok());
    QCOMPARE(names_in(folder.path()), std::set<std::string>{"set"});
    QCOMPARE(names_in(folder / "set"), std::set<std::string>{"set"});
    QCOMPARE(server.starts().size(), std::size_t{1});
}

void FetchTest::another_process_is_at_it() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{.slow = true}});
    const FetchedSet set = set_for(archive, server.address());
    std::string line;
    const auto outer = fetch_set(set, folder / "set", [&](const FetchProgress&) {
        line = line_of(fetch_set(set, folder / "set"));
        return false;
    });
    QVERIFY(!outer.ok());
    QVERIFY2(contains(line, "being fetched already"), line.c_str());
}

void FetchTest::a_folder_in_the_way() {
    const Folder folder;
    const std::string archive = good_archive();
    const LoopbackServer server(archive, {{}});
    const FetchedSet set = set_for(archive, server.address());
    write_bytes(folder / "set/mine.txt", "do not touch");
    const auto status = fetch_set(set, folder / "set");
    QVERIFY2(contains(line_of(status), "move it away"), line_of(status).c_str());
    QCOMPARE(read_bytes(folder / "set/mine.txt"), std::string("do not touch"));
    QVERIFY(server.starts().empty());
    std::filesystem::create_directories(folder / "empty");
    QVERIFY(fetch_set(set, folder / "empty").ok());
}

void FetchTest::a_folder_that_cannot_be_written() {
    const Folder folder;
    write_bytes(folder / "file", "x");
    const auto status = fetch_set(set_for(good_archive(), "http://127.0.0.1:9/"), folder / "file/below/set");
    QVERIFY2(contains(line_of(status), "file"), line_of(status).c_str());
}

void FetchTest::archives_that_mean_harm_data() {
    QTest::addColumn<QByteArray>("archive");
    QTest::addColumn<QString>("reason");
    const auto add = [](const char* name, const std::string& archive, const char* reason) {
        QTest::addRow("%s", name) << QByteArray::fromStdString(archive) << QString(reason);
    };
    add("leads out", tar_gz({{"../out.bin", "x"}}), "leads out");
    add("leads out in the middle", tar_gz({{"a/../../out.bin", "x"}}), "leads out");
    add("folder leads out", tar_gz({{"../out", "", '5'}}), "leads out");
    add("absolute", tar_gz({{"/out.bin", "x"}}), "leads out");
    add("no name", tar_gz({{"", "x"}}), "leads out");
    add("symbolic link", tar_gz({{"a", "", '2'}}), "a link or a device");
    add("hard link", tar_gz({{"a", "", '1'}}), "a link or a device");
    add("device", tar_gz({{"a", "", '3'}}), "a link or a device");
    add("twice", tar_gz({{"a", "x"}, {"a", "y"}}), "twice");
    add("too much", tar_gz({{"a", std::string(60'000, 'x')}, {"b", std::string(60'000, 'x')}}),
        "more than 100000");
    add("bomb", tar_gz({{"a", std::string(50'000'000, '\0')}}), "more than 100000");
    add("too many", tar_gz(std::vector<TarEntry>(10'001, {"a", "", '5'})), "too many");
    std::string wrong = tar_entry({"a", "x"});
    wrong[0] = 'b';
    add("checksum of a header", gzipped(wrong + std::string(1024, '\0')), "header");
    add("goes on after its end", gzipped(std::string(1024, '\0') + std::string(5'000'000, 'x')),
        "after its end");
    add("not packed at all", "hello", "cut off");
}

void FetchTest::archives_that_mean_harm() {
    QFETCH(QByteArray, archive);
    QFETCH(QString, reason);
    const Folder folder;
    write_bytes(folder / "a.tar.gz", archive.toStdString());
    std::filesystem::create_directories(folder / "target");
    const auto status = unpack_tar_gz(folder / "a.tar.gz", folder / "target", 100'000);
    QVERIFY2(contains(line_of(status), reason.toStdString()) && contains(line_of(status), "a.tar.gz"),
             line_of(status).c_str());
    QCOMPARE(names_in(folder.path()), (std::set<std::string>{"a.tar.gz", "target"}));
    QVERIFY(!std::filesystem::exists("/out.bin"));
}

void FetchTest::archives_cut_off_or_damaged() {
    const Folder folder;
    const std::string archive = tar_gz({{"a", content.substr(0, 700)}, {"b", "hello"}});
    const auto unpacks = [&](const std::string& bytes) {
        write_bytes(folder / "a.tar.gz", bytes);
        std::filesystem::remove_all(folder / "target");
        std::filesystem::create_directories(folder / "target");
        return unpack_tar_gz(folder / "a.tar.gz", folder / "target", 100'000).ok();
    };
    QVERIFY(unpacks(archive));
    QVERIFY(read_bytes(folder / "target/a") == content.substr(0, 700));
    for (std::size_t length = 0; length < archive.size(); ++length)
        QVERIFY2(!unpacks(archive.substr(0, length)), qPrintable(QString("cut at %1").arg(length)));
    std::size_t the_same = 0;
    for (std::size_t at = 10; at < archive.size(); ++at) { // what precedes says nothing about the content
        std::string bytes = archive;
        bytes[at] = static_cast<char>(bytes[at] ^ 16);
        if (!unpacks(bytes)) continue;
        // Zeros may be copied from another place than before and are still zeros; nothing else may pass.
        QVERIFY(read_bytes(folder / "target/a") == content.substr(0, 700));
        QCOMPARE(read_bytes(folder / "target/b"), std::string("hello"));
        ++the_same;
    }
    QVERIFY2(the_same < 10, qPrintable(QString::number(the_same)));
}

QTEST_GUILESS_MAIN(FetchTest)
#include "test_fetch.moc"
