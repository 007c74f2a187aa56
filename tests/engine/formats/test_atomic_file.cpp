// Saves that fail or are killed at every single system call: the old file or the new one, never anything
// else.
#include "failing_files.h"
#include "files.h"
#include "formats/atomic_file.h"
#include "formats/run_folder.h"

#include <QtTest>

using namespace ddpm::formats;

class AtomicFileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fails_at_every_call_data();
    void fails_at_every_call();
    void killed_at_every_call();
    void short_writes_and_interrupts_are_continued();
    void what_cannot_be_written_says_why();
    void temporary_names_are_recognised();
};

void AtomicFileTest::fails_at_every_call_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("said");
    QTest::addRow("disk full") << ENOSPC << "full";
    QTest::addRow("read-only") << EROFS << "read-only";
    QTest::addRow("input/output error") << EIO << "error";
}

void AtomicFileTest::fails_at_every_call() {
    QFETCH(int, code);
    QFETCH(QString, said);
    const Folder folder;
    const auto file = folder / "settings.json";
    int failures = 0;
    for (int n = 1;; ++n) {
        write_bytes(file, "old");
        bool reached = false, ok = false;
        std::string line;
        {
            const CountedFiles files(n, code, [] { return true; });
            const ddpm::Status status = write_file_atomically(file, "new content");
            ok = status.ok();
            if (!ok) line = status.error().line();
            reached = files.reached();
        }
        QCOMPARE(names_in(folder.path()), std::set<std::string>{"settings.json"}); // nothing left behind
        const std::string now = read_bytes(file);
        QVERIFY(now == "old" || now == "new content");
        if (!reached) {
            QVERIFY(ok);
            QCOMPARE(now, std::string("new content"));
            break;
        }
        ++failures;
        QVERIFY2(!ok, qPrintable(QString("call %1 failed, yet the save says that it worked").arg(n)));
        QVERIFY2(contains(line, said.toStdString()) && contains(line, "Remedy"), line.c_str());
    }
    QVERIFY(failures >= 6); // open, write, fsync, close, rename, and the folder's open and fsync
}

void AtomicFileTest::killed_at_every_call() {
    const Folder folder;
    const auto file = folder / "settings.json";
    int deaths = 0;
    for (int n = 1;; ++n) {
        write_bytes(file, "old");
        const bool killed = killed_at(n, [&] { (void)write_file_atomically(file, "new content").ok(); });
        const std::string now = read_bytes(file);
        QVERIFY(now == "old" || now == "new content");
        clean_orphans(folder.path());
        QCOMPARE(names_in(folder.path()), std::set<std::string>{"settings.json"});
        if (!killed) break;
        ++deaths;
    }
    QVERIFY(deaths >= 6);
}

void AtomicFileTest::short_writes_and_interrupts_are_continued() {
    const Folder folder;
    FileSystem table = FileSystem::real();
    int calls = 0;
    table.write = [&](int file, const void* bytes, std::size_t size) -> ssize_t {
        if (++calls % 2 == 1) {
            errno = EINTR;
            return -1;
        }
        return ::write(file, bytes, std::min<std::size_t>(size, 3));
    };
    const ScopedFileSystem scope(table);
    QVERIFY(write_file_atomically(folder / "a", "a text of some length").ok());
    QCOMPARE(read_bytes(folder / "a"), std::string("a text of some length"));
    QVERIFY(calls > 10);
}

void AtomicFileTest::what_cannot_be_written_says_why() {
    const Folder folder;
    const auto error = [](const ddpm::Status& status) {
        return status ? std::string() : status.error().line();
    };
    QVERIFY(contains(error(write_file_atomically(folder / "gone/file", "x")), "does not exist"));
    QVERIFY(contains(error(write_file_atomically(folder.path(), "x")), "folder"));
    write_bytes(folder / "file", "x");
    QVERIFY(contains(error(write_file_atomically(folder / "file/below", "x")), "not a folder"));
    QVERIFY(contains(error(make_folders(folder / "file")), "file of this name"));
    const std::string longest(255, 'n');
    QVERIFY(write_file_atomically(folder / longest, "x").ok()); // the temporary name must still fit
    QVERIFY(contains(error(write_file_atomically(folder / (longest + "n"), "x")), "too long"));
}

void AtomicFileTest::temporary_names_are_recognised() {
    const auto name = temporary_path("/somewhere/grid.png").filename().string();
    QCOMPARE(temporary_owner(name), static_cast<long>(getpid()));
    for (const char* other : {"grid.png", ".grid.png", ".ddpm-tmp-12", "grid.png.ddpm-tmp-12",
                              ".grid.png.ddpm-tmp-", ".grid.png.ddpm-tmp-12a", ".grid.png.ddpm-tmp--12"})
        QVERIFY2(temporary_owner(other) < 0, other);
}

QTEST_GUILESS_MAIN(AtomicFileTest)
#include "test_atomic_file.moc"
