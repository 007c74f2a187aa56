#include "formats/checkpoint.h"

#include "formats/atomic_file.h"
#include "formats/safetensors_header.h"
#include "formats/safetensors_layout.h"
#include "formats/tensor_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <variant>

namespace ddpm::formats {
namespace {

namespace fs = std::filesystem;
using Metadata = std::map<std::string, std::string>;

constexpr const char* version_key = "ddpm_lab_checkpoint";
constexpr int version = 1;

struct NumberedFile {
    std::int64_t step = 0;
    fs::path file;
};

fs::path file_of(const fs::path& folder, std::int64_t step) {
    return folder / "checkpoints" / fmt::format("step_{:08}.safetensors", step);
}

/// 12,345
std::string grouped(std::int64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

template <typename T>
std::optional<T> parse(std::string_view text) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> step_of(const std::string& name) {
    constexpr std::string_view start = "step_", end = ".safetensors";
    if (!name.starts_with(start) || !name.ends_with(end) || name.size() <= start.size() + end.size())
        return std::nullopt;
    const std::string_view digits =
        std::string_view(name).substr(start.size(), name.size() - start.size() - end.size());
    const std::optional<std::int64_t> step = parse<std::int64_t>(digits);
    return step && *step >= 0 ? step : std::nullopt;
}

/// Newest first.
std::vector<NumberedFile> list_checkpoints(const fs::path& folder) {
    std::vector<NumberedFile> files;
    std::error_code problem;
    for (fs::directory_iterator entry(folder / "checkpoints", problem), end; !problem && entry != end;
         entry.increment(problem))
        if (const auto step = step_of(entry->path().filename().string()))
            files.push_back({*step, entry->path()});
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
    return files;
}

/// The checksum of what is not in the data: a flipped bit in a name, a shape or the step must not pass
/// either.
std::uint32_t description_crc32(const TensorList& in_order, Metadata metadata) {
    metadata.erase("crc32");
    metadata.erase("crc32_description");
    std::string text;
    for (const auto& [key, value] : metadata)
        text += fmt::format("{}={}\n", key, value);
    for (const auto& [name, tensor] : in_order) {
        const auto shape = tensor.sizes();
        text += fmt::format("{} {} {}\n", name, dtype_name(tensor.scalar_type()),
                            fmt::join(shape.begin(), shape.end(), ","));
    }
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

Metadata describe(const Checkpoint& checkpoint, const TensorList& in_order) {
    Metadata metadata{
        {version_key, std::to_string(version)},
        {"step", std::to_string(checkpoint.step)},
        {"planned_steps", std::to_string(checkpoint.planned_steps)},
        {"seconds", fmt::format("{}", checkpoint.seconds)},
        {"learning_rate", fmt::format("{}", checkpoint.learning_rate)},
    };
    metadata["crc32_description"] = fmt::format("{:08x}", description_crc32(in_order, metadata));
    metadata["crc32"] = fmt::format("{:08x}", data_crc32(in_order));
    return metadata;
}

struct Damage {
    std::string reason;
};
struct Newer {
    std::string found;
};
using Verdict = std::variant<Checkpoint, Damage, Newer>;

/// Every check there is, on one file.
Verdict examine(const NumberedFile& candidate) {
    Result<SafetensorsFile> file = read_safetensors(candidate.file);
    if (!file) return Damage{file.error().what};
    const Metadata& metadata = file->metadata;
    const auto text = [&](const char* key) {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::string() : found->second;
    };
    const auto found_version = parse<int>(text(version_key));
    if (!found_version || *found_version < 1) return Damage{"it is no checkpoint of DDPM Lab"};
    const TensorList ordered = in_file_order(file->tensors);
    const bool described = metadata.count("crc32_description") != 0;
    const bool description_good =
        text("crc32_description") == fmt::format("{:08x}", description_crc32(ordered, metadata));
    const bool data_good = text("crc32") == fmt::format("{:08x}", data_crc32(ordered));
    // A flipped bit in the version is no newer version: the description's checksum, where there is one,
    // tells.
    if (*found_version > version && (description_good || !described)) return Newer{text(version_key)};
    if (!description_good || !data_good) return Damage{"checksum"};

    const auto step = parse<std::int64_t>(text("step")), planned = parse<std::int64_t>(text("planned_steps"));
    const auto seconds = parse<double>(text("seconds")), rate = parse<double>(text("learning_rate"));
    if (!step || !planned || !seconds || !rate) return Damage{"its numbers cannot be read"};
    if (*step != candidate.step)
        return Damage{fmt::format("its name and its content disagree: step {}", grouped(*step))};
    return Checkpoint{*step, *planned, *seconds, *rate, std::move(file->tensors)};
}

/// A good checkpoint of this step that says something else is kept under another name: nothing is overwritten
/// silently. An error if it cannot be kept.
Status keep_other(const NumberedFile& existing, const Metadata& metadata) {
    const Result<SafetensorsFile> file = read_safetensors(existing.file);
    if (!file || file->metadata == metadata) return Done{};
    const Verdict verdict = examine(existing);
    if (std::holds_alternative<Damage>(verdict)) return Done{};
    // The same state saved twice differs at most in the time it took.
    if (file->metadata.count("crc32") != 0 && file->metadata.at("crc32") == metadata.at("crc32"))
        return Done{};
    for (int number = 1; number < 10'000; ++number) {
        const fs::path aside = existing.file.parent_path() /
                               fmt::format("{}.other-{}.safetensors", existing.file.stem().string(), number);
        std::error_code problem;
        if (fs::exists(aside, problem)) continue;
        fs::create_hard_link(existing.file, aside, problem);
        if (!problem) return sync_folder(aside.parent_path());
        // A disk without hard links.
        return write_safetensors(aside, in_file_order(file->tensors), file->metadata);
    }
    return Error{"there are too many checkpoints of this step", existing.file.string(),
                 "move some of them to another folder"};
}

/// What goes when `newest` is safe on the disk; it and `keep` - 1 older ones stay. The oldest goes first, so
/// that who reads meanwhile does not find an old one where a newer one was.
void prune(const fs::path& folder, std::int64_t newest, int keep) {
    std::vector<NumberedFile> files = list_checkpoints(folder);
    std::erase_if(files, [&](const NumberedFile& file) { return file.step > newest; });
    for (std::size_t i = files.size(); i > static_cast<std::size_t>(std::max(keep, 1)); --i)
        (void)file_system().unlink(files[i - 1].file.c_str()); // one file too many does no harm
}

/// The newest of these that is good, or the reasons why none is.
struct Search {
    std::optional<Result<LoadedCheckpoint>> found;
    std::vector<std::string> damages;
};

Search search(const std::vector<NumberedFile>& newest_first) {
    Search result;
    for (const NumberedFile& candidate : newest_first) {
        Verdict verdict = examine(candidate);
        const std::string name = candidate.file.filename().string();
        if (const auto* newer = std::get_if<Newer>(&verdict)) {
            result.found = Error{
                fmt::format("it was written by a newer DDPM Lab (version {}, this one knows {})",
                            newer->found, version),
                candidate.file.string(),
                "open the run with a newer DDPM Lab, or move this file away to go on from an older one"};
            return result;
        }
        if (const auto* damage = std::get_if<Damage>(&verdict)) {
            result.damages.push_back(fmt::format("{} is damaged ({})", name, damage->reason));
            continue;
        }
        LoadedCheckpoint loaded{std::get<Checkpoint>(std::move(verdict)), candidate.file, {}};
        for (const std::string& damage : result.damages)
            loaded.notices.push_back(
                fmt::format("{}; went back to step {}", damage, grouped(candidate.step)));
        if (const std::vector<std::string> bad = not_finite(loaded.checkpoint.tensors); !bad.empty())
            loaded.notices.push_back(
                fmt::format("{}: {} of {} tensors hold NaN or infinity ({}): what it draws cannot be trusted",
                            name, bad.size(), loaded.checkpoint.tensors.size(), listed(bad)));
        result.found = std::move(loaded);
        return result;
    }
    return result;
}

bool same_files(const std::vector<NumberedFile>& a, const std::vector<NumberedFile>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.file == y.file; });
}

} // namespace

Result<fs::path> save_checkpoint(const fs::path& run_folder, const Checkpoint& checkpoint, int keep) {
    const fs::path file = file_of(run_folder, checkpoint.step);
    if (const std::vector<std::string> bad = not_finite(checkpoint.tensors); !bad.empty())
        return Error{fmt::format("not saved: {} hold NaN or infinity", listed(bad)), file.string(),
                     "go back to the last checkpoint and lower the learning rate"};
    std::error_code ignored;
    // A run folder that somebody removed is not made anew without its settings.
    if (!fs::is_directory(run_folder, ignored))
        return Error{"the run's folder is gone", run_folder.string(),
                     "put it back, or save to another folder"};
    if (Status made = make_folders(file.parent_path()); !made) return made.error();
    const TensorList ordered = in_file_order(checkpoint.tensors);
    const Metadata metadata = describe(checkpoint, ordered);
    if (fs::exists(file, ignored))
        if (Status kept = keep_other({checkpoint.step, file}, metadata); !kept) return kept.error();
    if (Status written = write_safetensors(file, ordered, metadata); !written) return written.error();
    prune(run_folder, checkpoint.step, keep);
    return file;
}

Result<LoadedCheckpoint> load_newest_checkpoint(const fs::path& run_folder) {
    constexpr int attempts = 100;
    std::vector<NumberedFile> files = list_checkpoints(run_folder);
    for (int attempt = 1;; ++attempt) {
        if (files.empty())
            return Error{"there is no checkpoint yet", (run_folder / "checkpoints").string(),
                         "train first; a checkpoint is saved on the way, on pause and on stop"};
        Search result = search(files);
        if (result.found) return std::move(*result.found);
        // Another program may train in this run: what was listed has been pruned since, and there are newer
        // ones.
        std::vector<NumberedFile> now = list_checkpoints(run_folder);
        if (same_files(files, now) || attempt == attempts)
            return Error{fmt::format("no checkpoint is good: {}", fmt::join(result.damages, "; ")),
                         (run_folder / "checkpoints").string(),
                         "nothing was changed: restore a file from a backup"};
        files = std::move(now);
    }
}

} // namespace ddpm::formats
