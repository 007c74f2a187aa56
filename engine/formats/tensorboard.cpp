#include "formats/tensorboard.h"

#include "formats/atomic_file.h"
#include "formats/picture_grid.h"
#include "formats/system_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace ddpm::formats {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little,
              "records and protobuf's fixed fields are little-endian");

// CRC-32C
// -------------------------------------------------------------------------------------------------------------

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    constexpr std::uint32_t castagnoli = 0x82F63B78; // reflected
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = value >> 1 ^ (value & 1 ? castagnoli : 0);
        table[byte] = value;
    }
    return table;
}

/// A checksum of data that hold checksums would be weak, hence the mask.
std::uint32_t masked_crc32c(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 256> table = make_crc_table();
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char byte : bytes)
        crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
    crc ^= 0xFFFFFFFF;
    return std::rotr(crc, 15) + 0xA282EAD8;
}

// Protobuf: each field is its number and kind, then its value
// -------------------------------------------------------------------------------------------------------------

enum class Wire : std::uint32_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        to += static_cast<char>(value | 0x80);
    to += static_cast<char>(value);
}

void put_key(std::string& to, std::uint32_t field, Wire wire) {
    put_varint(to, field << 3 | static_cast<std::uint32_t>(wire));
}

template <typename T>
void put_fixed(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof bytes);
}

void put_integer(std::string& to, std::uint32_t field, std::int64_t value) {
    put_key(to, field, Wire::varint);
    put_varint(to, static_cast<std::uint64_t>(value));
}

void put_bytes(std::string& to, std::uint32_t field, std::string_view value) {
    put_key(to, field, Wire::bytes);
    put_varint(to, value.size());
    to += value;
}

/// Event: wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7.
std::string event_at(std::int64_t step, double wall_seconds) {
    std::string event;
    put_key(event, 1, Wire::fixed64);
    put_fixed(event, wall_seconds);
    put_integer(event, 2, step);
    return event;
}

/// Summary.Value: tag = 1, simple_value = 2, image = 4.
std::string scalar_value(const std::string& tag, double value) {
    std::string text;
    put_bytes(text, 1, tag);
    put_key(text, 2, Wire::fixed32);
    put_fixed(text, static_cast<float>(value));
    return text;
}

/// Summary.Image: height = 1, width = 2, colorspace = 3 (1 grey, 3 RGB), encoded = 4.
std::string picture_value(const std::string& tag, const PictureStack& picture, const std::string& png) {
    std::string image;
    put_integer(image, 1, picture.height);
    put_integer(image, 2, picture.width);
    put_integer(image, 3, picture.channels);
    put_bytes(image, 4, png);
    std::string text;
    put_bytes(text, 1, tag);
    put_bytes(text, 4, image);
    return text;
}

// Files
// -------------------------------------------------------------------------------------------------------------

constexpr std::string_view name_start = "events.out.tfevents.";

constexpr std::int64_t last_seconds = 9'999'999'999; ///< ten digits, so that names sort as numbers do

/// The first whole second from `wall_seconds` on that no event file here has in its name. A clock that was
/// set back must not put the new file before the old ones.
std::int64_t unused_seconds(const fs::path& folder, double wall_seconds) {
    auto seconds =
        static_cast<std::int64_t>(std::clamp(wall_seconds, 0.0, static_cast<double>(last_seconds)));
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(name_start)) continue;
        std::int64_t taken = 0;
        std::from_chars(name.data() + name_start.size(), name.data() + name.size(), taken);
        if (taken < last_seconds) seconds = std::max(seconds, taken + 1);
    }
    return seconds;
}

} // namespace

double wall_clock() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<EventFile> EventFile::create(const fs::path& folder, std::int64_t next_step, double wall_seconds) {
    if (Status made = make_folders(folder); !made) return made.error();
    const std::int64_t seconds = unused_seconds(folder, wall_seconds);
    for (int number = 0;; ++number) {
        if (number == 10'000) return system_error(EEXIST, folder, "make an event file");
        fs::path path = folder / fmt::format("{}{:010}.ddpm-lab.{:04}", name_start, seconds, number);
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
        const int opened = file_system().open(path.c_str(), flags, 0666);
        if (opened < 0 && errno == EEXIST) continue;
        if (opened < 0) return system_error(errno, path, "write it");
        EventFile file(std::move(path), opened);
        std::string version = event_at(0, wall_seconds);
        put_bytes(version, 3, "brain.Event:2");
        Status written = file.append(version);
        if (written && next_step > 0) {
            std::string session = event_at(next_step, wall_seconds);
            put_bytes(session, 7, std::string_view("\x08\x01", 2)); // SessionLog: status = 1 is START
            written = file.append(session);
        }
        if (written) return file;
        std::error_code ignored;
        fs::remove(file.path(), ignored);
        return written.error();
    }
}

EventFile::EventFile(fs::path path, int file) : path_(std::move(path)), file_(file) {}

EventFile::EventFile(EventFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}

EventFile& EventFile::operator=(EventFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    std::swap(size_, other.size_);
    return *this;
}

EventFile::~EventFile() {
    if (file_ >= 0) ::close(file_);
}

Status EventFile::add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars,
                              double wall_seconds) {
    if (scalars.empty()) return Done{};
    std::string summary;
    for (const auto& [tag, value] : scalars)
        put_bytes(summary, 1, scalar_value(tag, value));
    std::string event = event_at(step, wall_seconds);
    put_bytes(event, 5, summary);
    return append(event);
}

Status EventFile::add_picture(std::int64_t step, const std::string& tag, const PictureStack& picture,
                              double wall_seconds) {
    const Result<std::string> png = png_bytes(picture);
    if (!png) {
        Error error = png.error();
        error.where = path_.string();
        return error;
    }
    std::string summary;
    put_bytes(summary, 1, picture_value(tag, picture, *png));
    std::string event = event_at(step, wall_seconds);
    put_bytes(event, 5, summary);
    return append(event);
}

Status EventFile::append(const std::string& event) {
    const std::uint64_t length = event.size();
    std::string record;
    put_fixed(record, length);
    put_fixed(record, masked_crc32c(record));
    record += event;
    put_fixed(record, masked_crc32c(event));
    std::string_view left = record;
    while (!left.empty()) {
        const ssize_t written = file_system().write(file_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int code = written < 0 ? errno : ENOSPC;
            // A reader stops at half a record: what comes later must not stand behind it.
            if (::ftruncate(file_, static_cast<off_t>(size_)) != 0)
                return system_error(errno, path_, "take half a record back");
            return system_error(code, path_, "write it");
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    size_ += static_cast<std::int64_t>(record.size());
    return Done{};
}

} // namespace ddpm::formats
