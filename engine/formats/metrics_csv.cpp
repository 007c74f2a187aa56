// metrics.csv of a run: appended to while training, read back, cut when training goes back to an earlier
// step.
#include "formats/atomic_file.h"
#include "formats/input_file.h"
#include "formats/run_folder.h"
#include "formats/system_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ddpm::formats {
namespace {

constexpr std::string_view heading = "step,loss,gradient_norm,learning_rate,seconds\n";
constexpr std::size_t largest_file = std::size_t{1} << 30; // some ten million rows

void append_row(std::string& text, const MetricPoint& point) {
    // "{}" writes as many digits as it takes to read the same double back.
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", point.step, point.loss, point.gradient_norm,
                   point.learning_rate, point.seconds);
}

std::string to_csv(const std::vector<MetricPoint>& points) {
    std::string text(heading);
    for (const MetricPoint& point : points)
        append_row(text, point);
    return text;
}

template <typename T>
bool take(std::string_view& row, T& value, char after) {
    const auto [end, problem] = std::from_chars(row.data(), row.data() + row.size(), value);
    if (problem != std::errc()) return false;
    row.remove_prefix(static_cast<std::size_t>(end - row.data()));
    if (after == '\0') return row.empty();
    if (row.empty() || row.front() != after) return false;
    row.remove_prefix(1);
    return true;
}

std::optional<MetricPoint> parse_row(std::string_view row) {
    MetricPoint point;
    const bool good = take(row, point.step, ',') && take(row, point.loss, ',') &&
                      take(row, point.gradient_norm, ',') && take(row, point.learning_rate, ',') &&
                      take(row, point.seconds, '\0');
    return good ? std::optional(point) : std::nullopt;
}

/// A descriptor that closes itself.
struct Descriptor {
    explicit Descriptor(int opened) : file(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (file >= 0) ::close(file);
    }
    const int file;
};

/// Where the last whole line ends.
off_t end_of_lines(int file, off_t size) {
    char buffer[4096];
    while (size > 0) {
        const off_t start = std::max<off_t>(0, size - static_cast<off_t>(sizeof buffer));
        const ssize_t got = ::pread(file, buffer, static_cast<std::size_t>(size - start), start);
        if (got <= 0) return 0;
        for (ssize_t i = got; i > 0; --i)
            if (buffer[i - 1] == '\n') return start + i;
        size = start;
    }
    return 0;
}

std::filesystem::path unused_name(const std::filesystem::path& folder, std::int64_t step) {
    for (int number = 1;; ++number) {
        const std::string suffix = number == 1 ? "" : fmt::format("-{}", number);
        std::filesystem::path file = folder / fmt::format("metrics.after-{}{}.csv", step, suffix);
        std::error_code ignored;
        if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return file;
    }
}

} // namespace

Status append_metrics(const std::filesystem::path& folder, const std::vector<MetricPoint>& points) {
    if (points.empty()) return Done{};
    const std::filesystem::path path = folder / "metrics.csv";
    const Descriptor opened(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    struct stat status {};
    if (opened.file < 0 || ::fstat(opened.file, &status) != 0) return system_error(errno, path, "write it");
    // A program killed in the middle of a line left a torn one: the next row must not grow onto it.
    const off_t before = end_of_lines(opened.file, status.st_size);
    if (before != status.st_size && ::ftruncate(opened.file, before) != 0)
        return system_error(errno, path, "write it");
    std::string text(before == 0 ? heading : std::string_view());
    for (const MetricPoint& point : points)
        append_row(text, point);
    off_t at = before;
    std::string_view left = text;
    while (!left.empty()) {
        const ssize_t written = ::pwrite(opened.file, left.data(), left.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int code = written < 0 ? errno : ENOSPC;
            // All or nothing. Should even this fail, the torn line is cut off at the next append.
            if (::ftruncate(opened.file, before) != 0) return system_error(code, path, "write it");
            return system_error(code, path, "write it");
        }
        at += written;
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    return Done{};
}

Result<std::vector<MetricPoint>> read_metrics(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / "metrics.csv";
    std::vector<MetricPoint> points;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return points;
    const Result<std::string> text = read_text_file(path, largest_file);
    if (!text) return text.error();
    std::string_view left = *text;
    const auto damaged = [&](std::size_t line) {
        return Error{fmt::format("line {} is not a row of metrics", line), path.string(),
                     "repair that line, or move the file away: training goes on without it"};
    };
    for (std::size_t line = 1; !left.empty(); ++line) {
        const std::size_t end = left.find('\n');
        if (end == std::string_view::npos) break; // torn
        const std::string_view row = left.substr(0, end);
        left.remove_prefix(end + 1);
        if (line == 1) {
            if (row != heading.substr(0, heading.size() - 1)) return damaged(line);
            continue;
        }
        const std::optional<MetricPoint> point = parse_row(row);
        if (!point) return damaged(line);
        points.push_back(*point);
    }
    return points;
}

Status cut_metrics(const std::filesystem::path& folder, std::int64_t step) {
    const Result<std::vector<MetricPoint>> points = read_metrics(folder);
    if (!points) return points.error();
    std::vector<MetricPoint> kept, beyond;
    for (const MetricPoint& point : *points)
        (point.step <= step ? kept : beyond).push_back(point);
    if (beyond.empty()) return Done{};
    // First the copy: killed in between, a row is there twice rather than not at all.
    if (Status copied = write_metrics_csv(unused_name(folder, step), beyond); !copied) return copied;
    return write_metrics_csv(folder / "metrics.csv", kept);
}

Status write_metrics_csv(const std::filesystem::path& file, const std::vector<MetricPoint>& points) {
    return write_file_atomically(file, to_csv(points));
}

} // namespace ddpm::formats
