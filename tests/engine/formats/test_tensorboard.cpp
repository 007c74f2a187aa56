// TensorBoard event files, read back by a reader of the test's own, written from the formats' descriptions.
#include "failing_files.h"
#include "files.h"
#include "formats/tensorboard.h"

#include <QtTest>
#include <opencv2/imgcodecs.hpp>

#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

using namespace ddpm;
using namespace ddpm::formats;

namespace {

/// CRC-32C bit by bit, without a table.
std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) ? (crc >> 1) ^ 0x82F63B78U : crc >> 1;
    }
    return ~crc;
}

std::uint32_t masked(std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
    T value{};
    if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

/// The whole records of a file; stops at the first that is torn or damaged, as readers do.
std::vector<std::string> records_in(const std::string& bytes, bool* torn = nullptr) {
    std::vector<std::string> records;
    std::size_t at = 0;
    while (bytes.size() - at >= 16) {
        const std::string_view rest = std::string_view(bytes).substr(at);
        const auto length = number_at<std::uint64_t>(rest, 0);
        if (number_at<std::uint32_t>(rest, 8) != masked(rest.substr(0, 8)) || length > rest.size() - 16)
            break;
        const std::string_view data = rest.substr(12, length);
        if (number_at<std::uint32_t>(rest, 12 + length) != masked(data)) break;
        records.emplace_back(data);
        at += 16 + length;
    }
    if (torn) *torn = at != bytes.size();
    return records;
}

struct Field {
    int number;
    std::uint64_t integer;  ///< of varints and fixed numbers
    std::string_view bytes; ///< of texts and messages
};

std::vector<Field> fields_of(std::string_view message) {
    std::vector<Field> fields;
    std::size_t at = 0;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (int shift = 0; at < message.size(); shift += 7) {
            const auto byte = static_cast<unsigned char>(message[at++]);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) break;
        }
        return value;
    };
    while (at < message.size()) {
        const std::uint64_t key = varint();
        Field field{static_cast<int>(key >> 3), 0, {}};
        switch (key & 7) {
        case 0:
            field.integer = varint();
            break;
        case 1:
            field.integer = number_at<std::uint64_t>(message, at);
            at += 8;
            break;
        case 2: {
            const std::uint64_t length = varint();
            field.bytes = message.substr(at, length);
            at += length;
            break;
        }
        case 5:
            field.integer = number_at<std::uint32_t>(message, at);
            at += 4;
            break;
        default:
            qFatal("unknown kind of field");
        }
        fields.push_back(field);
    }
    return fields;
}

const Field* find(const std::vector<Field>& fields, int number) {
    for (const Field& field : fields)
        if (field.number == number) return &field;
    return nullptr;
}

struct Image {
    std::uint64_t height = 0, width = 0, colorspace = 0;
    std::string encoded;
};

struct Event {
    double wall_time = 0;
    std::int64_t step = 0;
    std::string file_version;
    std::map<std::string, float> scalars;
    std::map<std::string, Image> images;
    bool session_start = false;
};

Event parse(const std::string& record) {
    Event event;
    for (const Field& field : fields_of(record)) {
        if (field.number == 1) event.wall_time = std::bit_cast<double>(field.integer);
        if (field.number == 2) event.step = static_cast<std::int64_t>(field.integer);
        if (field.number == 3) event.file_version = field.bytes;
        if (field.number == 7) event.session_start = find(fields_of(field.bytes), 1)->integer == 1;
        if (field.number != 5) continue;
        for (const Field& value : fields_of(field.bytes)) {
            if (value.number != 1) qFatal("a summary holds values only");
            const auto parts = fields_of(value.bytes);
            const std::string tag(find(parts, 1)->bytes);
            if (const Field* simple = find(parts, 2))
                event.scalars[tag] = std::bit_cast<float>(static_cast<std::uint32_t>(simple->integer));
            if (const Field* image = find(parts, 4)) {
                const auto inner = fields_of(image->bytes);
                event.images[tag] = {find(inner, 1)->integer, find(inner, 2)->integer,
                                     find(inner, 3)->integer, std::string(find(inner, 4)->bytes)};
            }
        }
    }
    return event;
}

std::vector<Event> events_in(const std::filesystem::path& file, bool* torn = nullptr) {
    std::vector<Event> events;
    for (const std::string& record : records_in(read_bytes(file), torn))
        events.push_back(parse(record));
    return events;
}

constexpr double noon = 1'700'000'000.125;

EventFile open_file(const std::filesystem::path& folder, std::int64_t next_step = 0, double at = noon) {
    auto file = EventFile::create(folder, next_step, at);
    if (!file) qFatal("%s", file.error().line().c_str());
    return std::move(file).value();
}

} // namespace

class TensorboardTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void the_reader_knows_its_checksum();
    void scalars_come_back();
    void pictures_come_back();
    void first_record_is_these_bytes();
    void files_sort_by_age();
    void a_torn_tail_is_left_alone();
    void a_full_disk_costs_one_record();
    void a_kill_at_any_call_leaves_whole_records();
    void a_folder_that_takes_no_files_is_an_error();
};

void TensorboardTest::the_reader_knows_its_checksum() {
    QCOMPARE(crc32c("123456789"), 0xE3069283U);             // the check value of CRC-32C
    QCOMPARE(crc32c(std::string(32, '\0')), 0x8A9136AAU);   // RFC 3720, B.4
    QCOMPARE(crc32c(std::string(32, '\xFF')), 0x62A8AB43U); // RFC 3720, B.4
}

void TensorboardTest::scalars_come_back() {
    const Folder folder;
    EventFile file = open_file(folder / "run/tensorboard");
    QVERIFY(file.path().filename().string().find("tfevents") != std::string::npos);
    QVERIFY(file.add_scalars(1, {{"loss", 0.75}, {"learning_rate", 2e-4}}, noon + 1).ok());
    QVERIFY(file.add_scalars(1'000'000'007, {{"손실", NAN}, {"grow", INFINITY}}, noon + 2).ok());
    QVERIFY(file.add_scalars(300, {}, noon + 3).ok()); // nothing to say
    QVERIFY(file.add_scalars(0, {{std::string(300, 'x'), -0.0}}).ok());
    bool torn = true;
    const auto events = events_in(file.path(), &torn);
    QVERIFY(!torn);
    QCOMPARE(events.size(), std::size_t{4});
    QCOMPARE(events[0].file_version, std::string("brain.Event:2"));
    QVERIFY(events[0].wall_time == noon && !events[0].session_start);
    QVERIFY(events[1].wall_time == noon + 1 && events[1].step == 1);
    QVERIFY((events[1].scalars == std::map<std::string, float>{{"loss", 0.75F}, {"learning_rate", 2e-4F}}));
    QCOMPARE(events[2].step, std::int64_t{1'000'000'007});
    QVERIFY(std::isnan(events[2].scalars.at("손실")) && std::isinf(events[2].scalars.at("grow")));
    QVERIFY(std::signbit(events[3].scalars.at(std::string(300, 'x'))));
    QVERIFY(std::abs(events[3].wall_time - wall_clock()) < 60);
}

void TensorboardTest::pictures_come_back() {
    const Folder folder;
    EventFile file = open_file(folder.path());
    PictureStack grey{1, 3, 5, 1, {}}, colour{1, 40, 20, 3, {}};
    for (int i = 0; i < 3 * 5; ++i)
        grey.bytes.push_back(static_cast<std::uint8_t>(i * 17));
    for (int i = 0; i < 40 * 20 * 3; ++i)
        colour.bytes.push_back(static_cast<std::uint8_t>(i * 7));
    QVERIFY(file.add_picture(5, "samples", grey).ok() && file.add_picture(6, "samples", colour).ok());
    QVERIFY(!file.add_picture(7, "samples", PictureStack{}).ok());
    const auto events = events_in(file.path());
    QCOMPARE(events.size(), std::size_t{3});
    const Image& first = events[1].images.at("samples");
    QVERIFY(first.height == 3 && first.width == 5 && first.colorspace == 1 && events[1].step == 5);
    const auto decode = [](const Image& image) {
        return cv::imdecode(std::vector<char>(image.encoded.begin(), image.encoded.end()),
                            cv::IMREAD_UNCHANGED);
    };
    const cv::Mat decoded = decode(first);
    QVERIFY(decoded.type() == CV_8UC1 &&
            std::memcmp(decoded.data, grey.bytes.data(), grey.bytes.size()) == 0);
    const Image& second = events[2].images.at("samples");
    QVERIFY(second.height == 40 && second.width == 20 && second.colorspace == 3);
    const cv::Mat pixels = decode(second);
    QVERIFY(pixels.type() == CV_8UC3);
    const auto corner = pixels.at<cv::Vec3b>(39, 19); // blue, green, red
    const std::size_t last = colour.bytes.size() - 3;
    QVERIFY(corner[2] == colour.bytes[last] && corner[1] == colour.bytes[last + 1] &&
            corner[0] == colour.bytes[last + 2]);
}

void TensorboardTest::first_record_is_these_bytes() {
    const Folder folder;
    const EventFile file = open_file(folder.path(), 0, 0.0);
    std::string event = "\x09"; // wall_time, step, file_version
    event.append(8, '\0').append("\x10\0\x1a\x0d", 4).append("brain.Event:2");
    QCOMPARE(records_in(read_bytes(file.path())), std::vector<std::string>{event});
    QVERIFY(read_bytes(file.path()).starts_with(little_endian(event.size(), 8)));
}

void TensorboardTest::files_sort_by_age() {
    const Folder folder;
    std::vector<std::string> names;
    // Twice in one second, with the clock set back, and after a file of another program.
    write_bytes(folder / "events.out.tfevents.1699999000.host.1.0", "other");
    for (const double at : {noon, noon, noon - 5000, noon + 7})
        names.push_back(open_file(folder.path(), 0, at).path().filename().string());
    for (std::size_t i = 1; i < names.size(); ++i)
        QVERIFY2(names[i - 1] < names[i], names[i].c_str());
    QVERIFY(names.front() > "events.out.tfevents.1699999000.host.1.0");
    QCOMPARE(names_in(folder.path()).size(), std::size_t{5});
    // What goes on from an earlier step says so, and readers drop what older files say from there on.
    const auto events = events_in(open_file(folder.path(), 1001).path());
    QCOMPARE(events.size(), std::size_t{2});
    QVERIFY(events[0].file_version == "brain.Event:2" && events[1].session_start && events[1].step == 1001);
}

void TensorboardTest::a_torn_tail_is_left_alone() {
    const Folder folder;
    std::filesystem::path path;
    {
        EventFile file = open_file(folder.path());
        path = file.path();
        for (int step = 1; step <= 3; ++step)
            QVERIFY(file.add_scalars(step, {{"loss", 1.0 / step}}).ok());
    }
    const std::string whole = read_bytes(path);
    const std::size_t record = (whole.size() - records_in(whole)[0].size() - 16) / 3;
    for (std::size_t missing = 1; missing <= record; ++missing) {
        const std::string cut = whole.substr(0, whole.size() - missing);
        write_bytes(path, cut);
        EventFile next = open_file(folder.path(), 3);
        QVERIFY(next.add_scalars(3, {{"loss", 5.0}}).ok());
        QVERIFY(next.path() != path && read_bytes(path) == cut);
        bool torn = false;
        const auto old = events_in(path, &torn), now = events_in(next.path());
        QCOMPARE(old.size(), std::size_t{3});
        QCOMPARE(torn, missing != record);
        QVERIFY(now.size() == 3 && now[2].scalars.at("loss") == 5.0F);
    }
}

void TensorboardTest::a_full_disk_costs_one_record() {
    const Folder folder;
    EventFile file = open_file(folder.path());
    QVERIFY(file.add_scalars(1, {{"loss", 1.0}}).ok());
    const std::string before = read_bytes(file.path());
    {
        const CountedFiles files(1, ENOSPC, [] { return true; }); // half of the record is written
        const Status full = file.add_scalars(2, {{"loss", 2.0}});
        QVERIFY(!full.ok());
        QVERIFY2(contains(full.error().line(), "full"), full.error().line().c_str());
    }
    QCOMPARE(read_bytes(file.path()), before);
    QVERIFY(file.add_scalars(3, {{"loss", 3.0}}).ok());
    bool torn = true;
    const auto events = events_in(file.path(), &torn);
    QVERIFY(!torn && events.size() == 3 && events[2].step == 3);
    for (int n = 1; n <= 4; ++n) { // a file that could not be begun does not stay
        const Folder other;
        const CountedFiles files(n, ENOSPC, [] { return true; });
        const auto created = EventFile::create(other.path(), 7, noon);
        QCOMPARE(created.ok(), n > 3); // open, the version, the session
        QCOMPARE(names_in(other.path()).size(), std::size_t{n > 3 ? 1U : 0U});
    }
}

void TensorboardTest::a_kill_at_any_call_leaves_whole_records() {
    const Folder folder;
    const auto session = [&] {
        EventFile file = open_file(folder.path(), 0, noon);
        for (int step = 1; step <= 5; ++step)
            (void)file.add_scalars(step, {{"loss", 1.0 / step}}).ok();
    };
    int deaths = 0;
    while (killed_at(deaths + 1, session)) {
        for (const std::string& name : names_in(folder.path())) {
            bool torn = true;
            const auto events = events_in(folder / name, &torn);
            QVERIFY(!torn);
            for (std::size_t i = 1; i < events.size(); ++i)
                QCOMPARE(events[i].step, static_cast<std::int64_t>(i));
        }
        ++deaths;
    }
    QCOMPARE(deaths, 7); // open, the version, five records
}

void TensorboardTest::a_folder_that_takes_no_files_is_an_error() {
    const Folder folder;
    write_bytes(folder / "file", "x");
    const auto file = EventFile::create(folder / "file", 0, noon);
    QVERIFY(!file.ok());
    QVERIFY2(contains(file.error().line(), "file of this name"), file.error().line().c_str());
    QVERIFY(!EventFile::create("/proc", 0, noon).ok());
}

QTEST_GUILESS_MAIN(TensorboardTest)
#include "test_tensorboard.moc"
