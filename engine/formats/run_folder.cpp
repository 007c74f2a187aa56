#include "formats/run_folder.h"

#include "formats/atomic_file.h"
#include "formats/input_file.h"
#include "formats/settings_json.h"
#include "formats/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace ddpm::formats {
namespace {

constexpr std::size_t largest_settings = 1 << 20;

class FileLock final : public RunLock {
public:
    explicit FileLock(int file) : file_(file) {}
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    // The file stays: removing it would let a third program lock a new one while a second waits at the old
    // one.
    ~FileLock() override { ::close(file_); }

private:
    int file_;
};

std::filesystem::path settings_file(const std::filesystem::path& folder) {
    return folder / "settings.json";
}

} // namespace

Result<std::unique_ptr<RunLock>> lock_run(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / ".lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) return system_error(errno, folder, "open the run for writing");
    auto lock = std::make_unique<FileLock>(file);
    int result = 0;
    do
        result = ::flock(file, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    if (result == 0) return std::unique_ptr<RunLock>(std::move(lock));
    if (errno == EWOULDBLOCK)
        return Error{"another DDPM Lab has this run open", folder.string(),
                     "close it there, or choose another folder"};
    return system_error(errno, folder, "lock the run");
}

bool is_run_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(settings_file(folder), ignored);
}

Status create_run(const std::filesystem::path& folder, const RunSettings& settings) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (folder.empty()) return Error{"there is no folder to write to", {}, "choose a folder"};
    if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored))
        return Error{"it is a file, not a folder", folder.string(), "choose another folder"};
    if (is_run_folder(folder))
        return Error{"the folder already holds a run", folder.string(),
                     "open that run, or choose another folder"};
    const fs::path metrics = folder / "metrics.csv";
    // A heading without rows is what a killed create_run leaves; anything else belongs to somebody.
    if (fs::exists(metrics, ignored)) {
        const Result<std::vector<MetricPoint>> points = read_metrics(folder);
        if (!points || !points->empty())
            return Error{"the folder already holds a metrics.csv", folder.string(), "choose another folder"};
    }
    const bool existed = fs::exists(folder, ignored);
    const auto build = [&]() -> Status {
        if (Status made = make_folders(folder); !made) return made;
        if (Status written = write_metrics_csv(metrics, {}); !written) return written;
        return write_run_settings(folder, settings); // last: from now on it is a run
    };
    Status built = build();
    if (!built) {
        fs::remove(settings_file(folder), ignored);
        fs::remove(metrics, ignored);
        if (!existed) fs::remove(folder, ignored);
    }
    return built;
}

Result<RunSettings> read_run_settings(const std::filesystem::path& folder) {
    const std::filesystem::path file = settings_file(folder);
    if (!is_run_folder(folder))
        return Error{"it is not a run: it has no settings.json", folder.string(),
                     "choose the folder of a run, as training made it"};
    const Result<std::string> text = read_text_file(file, largest_settings);
    if (!text) return text.error();
    Result<RunSettings> settings = run_settings_from_json(*text, file.string());
    if (!settings) return settings;
    if (const std::vector<Problem> problems = settings->check(); !problems.empty())
        return to_error(problems, file.string());
    return settings;
}

Status write_run_settings(const std::filesystem::path& folder, const RunSettings& settings) {
    return write_file_atomically(settings_file(folder), to_json(settings));
}

std::vector<std::string> clean_orphans(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::vector<std::string> removed;
    // Whoever asks holds the lock, so no living save in here is another's. Deeper than one level nothing is
    // written.
    for (const fs::path& place : {folder, folder / "checkpoints", folder / "samples"}) {
        std::error_code problem;
        for (fs::directory_iterator entry(place, problem), end; !problem && entry != end;
             entry.increment(problem)) {
            const std::string name = entry->path().filename().string();
            std::error_code ignored;
            if (temporary_owner(name) < 0 || !entry->is_regular_file(ignored) || entry->is_symlink(ignored))
                continue;
            if (fs::remove(entry->path(), ignored)) removed.push_back(name);
        }
    }
    return removed;
}

} // namespace ddpm::formats
