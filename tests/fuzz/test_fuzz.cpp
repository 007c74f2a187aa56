// The parsers on the corpus and on some thousand fixed mutations of it, with a bound on memory.
#include "engine/formats/files.h"
#include "fuzz/mutations.h"
#include "fuzz/parsers.h"

#include <QtTest>

#include <algorithm>
#include <exception>

using namespace ddpm::fuzz;

namespace {

std::vector<std::string> corpus_of(const std::string& name) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(DDPM_TEST_DATA) / "fuzz/corpus" / name))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end()); // the order of a folder is nobody's promise
    std::vector<std::string> seeds;
    for (const auto& file : files)
        seeds.push_back(read_bytes(file));
    return seeds;
}

std::string fault_of(const Parser& parser, const std::string& bytes) {
    try {
        return parser.run(bytes);
    } catch (const std::exception& fault) {
        return fault.what();
    }
}

} // namespace

class FuzzTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void corpus_and_mutations_data();
    void corpus_and_mutations();
};

void FuzzTest::corpus_and_mutations_data() {
    QTest::addColumn<QString>("name");
    for (const Parser& parser : parsers())
        QTest::newRow(parser.name) << QString(parser.name);
}

void FuzzTest::corpus_and_mutations() {
    QFETCH(QString, name);
    const Parser& tried = parser(name.toStdString());
    const std::vector<std::string> seeds = corpus_of(name.toStdString());
    QVERIFY(seeds.size() >= 3);
    const MemoryBound bound(256 << 20);
    const auto attempt = [&](const std::string& bytes) {
        const std::string fault = fault_of(tried, bytes);
        QVERIFY2(fault.empty(), qPrintable(QString::fromStdString(fault) + " for these bytes, in hex: " +
                                           QByteArray::fromStdString(bytes).toHex()));
    };
    for (const std::string& seed : seeds) {
        attempt(seed);
        for (std::size_t size = 0; size < std::min<std::size_t>(seed.size(), 600); ++size)
            attempt(seed.substr(0, size));
    }
    Mutator mutator(1);
    for (int i = 0; i < 4000; ++i) {
        attempt(mutator.next(seeds));
        if (QTest::currentTestFailed()) return;
    }
}

QTEST_GUILESS_MAIN(FuzzTest)
#include "test_fuzz.moc"
