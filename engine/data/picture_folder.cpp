#include "data/picture_folder.h"

#include "data/folder_source.h"
#include "data/picture_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <thread>

namespace ddpm::data {
namespace {

namespace fs = std::filesystem;

struct Scan {
    std::vector<std::string> files; ///< relative, sorted
    std::int64_t others = 0;        ///< files that are no pictures by their name
};

bool named_as_picture(const fs::path& file) {
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    static const std::set<std::string> known{".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"};
    return known.contains(ending);
}

Result<Scan> scan(const fs::path& folder, const OpenProgress& progress) {
    std::error_code problem;
    if (!fs::exists(folder, problem))
        return Error{"there is no such folder", folder.string(), "check the path"};
    if (!fs::is_directory(folder, problem))
        return Error{"it is not a folder", folder.string(), "choose the folder that holds the pictures"};
    Scan found;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, problem);
    for (; !problem && entry != fs::recursive_directory_iterator(); entry.increment(problem)) {
        std::error_code ignored;
        if (entry->path().filename().string().starts_with('.')) {
            entry.disable_recursion_pending();
            continue;
        }
        if (!entry->is_regular_file(ignored)) continue;
        if (!named_as_picture(entry->path())) {
            ++found.others;
            continue;
        }
        found.files.push_back(entry->path().lexically_relative(folder).string());
        if (progress && found.files.size() % 1000 == 0 && !progress(0, 0))
            return Error{"opening it was stopped", folder.string(), "open it again"};
    }
    if (problem)
        return Error{fmt::format("it cannot be listed: {}", problem.message()), folder.string(),
                     "check that you may read it"};
    std::sort(found.files.begin(), found.files.end());
    return found;
}

/// A label for each file, and the names; both empty where there are no classes.
struct Classes {
    std::vector<std::int64_t> labels;
    std::vector<std::string> names;
};

Classes classes_of(const std::vector<std::string>& files) {
    std::map<std::string, std::int64_t> numbers;
    for (const std::string& file : files) {
        const std::size_t slash = file.find('/');
        if (slash == std::string::npos) return {};
        numbers[file.substr(0, slash)] = 0;
    }
    if (numbers.size() < 2) return {};
    Classes classes;
    for (auto& [name, number] : numbers) {
        number = static_cast<std::int64_t>(classes.names.size());
        classes.names.push_back(name);
    }
    for (const std::string& file : files)
        classes.labels.push_back(numbers[file.substr(0, file.find('/'))]);
    return classes;
}

using Reasons = std::map<std::size_t, std::string>; ///< by the index of the file

/// Calls `examine(i)` for i = 0…count−1 from several threads; it returns why the file is left out, or
/// nothing. Stops early, with `false`, when `progress` says so.
template <typename Examine>
bool for_each_file(std::size_t count, int threads, const OpenProgress& progress, Reasons& bad,
                   Examine examine) {
    std::atomic<std::size_t> next{0}, done{0};
    std::atomic<bool> stopped{false};
    std::mutex mutex;
    std::vector<std::thread> workers;
    const auto work = [&] {
        for (std::size_t i = next++; i < count && !stopped; i = next++) {
            const std::optional<std::string> reason = examine(i);
            if (reason) {
                const std::lock_guard lock(mutex);
                bad.emplace(i, *reason);
            }
            ++done;
        }
    };
    for (int i = 0; i < threads; ++i)
        workers.emplace_back(work);
    // Asked at least once, however quick the work: who wants to stop may not be raced by few, small files.
    if (progress) {
        do {
            if (!progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(count))) stopped = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        } while (!stopped && done < count);
    }
    for (std::thread& worker : workers)
        worker.join();
    return !stopped;
}

/// Decodes everything; what is good moves together at the start of the tensor.
Result<torch::Tensor> decode_all(const PictureList& list, int threads, const OpenProgress& progress,
                                 Reasons& bad) {
    const auto count = static_cast<std::int64_t>(list.files.size());
    torch::Tensor items = torch::empty({count, list.channels, list.size, list.size}, torch::kUInt8);
    auto* bytes = items.data_ptr<std::uint8_t>();
    const std::size_t item_bytes = static_cast<std::size_t>(items.stride(0));
    const bool complete = for_each_file(
        list.files.size(), threads, progress, bad, [&](std::size_t i) -> std::optional<std::string> {
            const Result<torch::Tensor> picture = read_listed(list, i);
            if (!picture) return picture.error().what;
            std::memcpy(bytes + i * item_bytes, picture->data_ptr(), item_bytes);
            return std::nullopt;
        });
    if (!complete) return Error{"opening it was stopped", list.folder.string(), "open it again"};
    std::size_t good = 0;
    for (std::size_t i = 0; i < list.files.size(); ++i) {
        if (bad.contains(i)) continue;
        if (good != i) std::memcpy(bytes + good * item_bytes, bytes + i * item_bytes, item_bytes);
        ++good;
    }
    return items.narrow(0, 0, static_cast<std::int64_t>(good));
}

/// Looks at the first bytes only.
std::optional<std::string> reason_at_first_sight(const fs::path& file) {
    std::array<std::uint8_t, 16> start{};
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return "it cannot be read";
    stream.read(reinterpret_cast<char*>(start.data()), start.size());
    const auto got = static_cast<std::size_t>(stream.gcount());
    if (got == 0) return "it is empty (0 bytes)";
    if (!starts_like_picture(std::span(start.data(), got))) return "it is not a picture that can be read";
    return std::nullopt;
}

void leave_out(PictureList& list, const Reasons& bad) {
    std::vector<std::string> good;
    for (std::size_t i = 0; i < list.files.size(); ++i)
        if (!bad.contains(i)) good.push_back(std::move(list.files[i]));
    list.files = std::move(good);
}

void note(Dataset& set, const std::vector<std::string>& files, const Reasons& bad, std::int64_t others) {
    constexpr std::size_t most_listed = 100;
    if (!bad.empty())
        set.notices.push_back(fmt::format("{} of {} picture files were left out:", bad.size(), files.size()));
    for (const auto& [index, reason] : bad) {
        if (set.notices.size() > most_listed) {
            set.notices.push_back(fmt::format("… and {} more", bad.size() - most_listed));
            break;
        }
        set.notices.push_back(fmt::format("{}: {}", files[index], reason));
    }
    if (others > 0)
        set.notices.push_back(fmt::format(
            "{} other files were left out: their names do not end like those of pictures", others));
}

Error nothing_good(const fs::path& folder, const Dataset& set, std::size_t files) {
    if (files == 0)
        return {"there are no pictures in it", folder.string(),
                "choose a folder with PNG, JPEG, WebP, BMP or TIFF files"};
    return {fmt::format("none of its {} pictures can be read; {}", files, set.notices.at(1)), folder.string(),
            "choose another folder"};
}

} // namespace

Result<Dataset> open_picture_folder(const DataSettings& settings, const FolderLimits& limits,
                                    const OpenProgress& progress) {
    const fs::path folder = settings.path;
    Result<Scan> found = scan(folder, progress);
    if (!found) return found.error();
    Dataset set;
    set.name =
        folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
    PictureList list{folder, found->files, {}, settings.size, settings.colour ? 3 : 1};
    if (list.files.empty()) return nothing_good(folder, set, 0);
    const int threads = limits.threads > 0
                            ? limits.threads
                            : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
    const std::uint64_t item_bytes = static_cast<std::uint64_t>(list.channels) *
                                     static_cast<std::uint64_t>(list.size) *
                                     static_cast<std::uint64_t>(list.size);
    const bool fits = list.files.size() <= limits.memory / item_bytes;
    Reasons bad;
    if (fits) {
        Result<torch::Tensor> items = decode_all(list, threads, progress, bad);
        if (!items) return items.error();
        set.items = std::move(*items);
    } else if (!for_each_file(list.files.size(), threads, progress, bad,
                              [&](std::size_t i) { return reason_at_first_sight(folder / list.files[i]); })) {
        return Error{"opening it was stopped", folder.string(), "open it again"};
    }
    note(set, found->files, bad, found->others);
    leave_out(list, bad);
    if (list.files.empty()) return nothing_good(folder, set, found->files.size());
    Classes classes = classes_of(list.files);
    set.classes = static_cast<int>(classes.names.size());
    set.class_names = std::move(classes.names);
    if (set.classes > 0) set.labels = torch::tensor(classes.labels, torch::kInt64);
    if (fits) return set;

    list.labels = std::move(classes.labels);
    const auto source = std::make_shared<FolderSource>(std::move(list), limits.memory, threads);
    // Better to fail now than at the first step: some picture must be readable.
    const Result<torch::Tensor> first = source->fetch(torch::zeros({1}, torch::kInt64));
    if (!first) return first.error();
    set.source = source;
    return set;
}

} // namespace ddpm::data
