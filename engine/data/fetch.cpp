#include "data/fetch.h"

#include "data/download.h"
#include "data/sha256.h"
#include "data/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ddpm::data {
namespace {

namespace fs = std::filesystem;
using Stage = FetchProgress::Stage;

/// The file that collects the archive; locked, so that no second process writes into it.
class PartFile {
public:
    static Result<PartFile> open(const fs::path& path) {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0)
            return Error{"it cannot be written", path.string(),
                         "check that there is space and that you may write there"};
        PartFile part(path, file);
        if (flock(file, LOCK_EX | LOCK_NB) != 0)
            return Error{"it is being fetched already", path.string(),
                         "wait for the other window or terminal"};
        return part;
    }
    PartFile(PartFile&& other) noexcept
        : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
    PartFile& operator=(PartFile&&) = delete;
    ~PartFile() {
        if (file_ >= 0) ::close(file_);
    }
    int descriptor() const { return file_; }
    const fs::path& path() const { return path_; }
    void remove() const {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }

private:
    PartFile(fs::path path, int file) : path_(std::move(path)), file_(file) {}

    fs::path path_;
    int file_;
};

Error cancelled(const FetchedSet& set) {
    return {"fetching it was cancelled", set.title, "fetch it again: it goes on where it stopped"};
}

Status check(const FetchedSet& set, const PartFile& part, const FetchWatch& watch) {
    std::ifstream stream(part.path(), std::ios::binary);
    std::vector<char> piece(1u << 20);
    Sha256 sum;
    std::uint64_t done = 0;
    while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) || stream.gcount() > 0) {
        const auto got = static_cast<std::size_t>(stream.gcount());
        sum.add(piece.data(), got);
        done += got;
        if (watch && !watch({Stage::checking, done, set.size})) return cancelled(set);
    }
    const std::string found = sum.finish();
    if (done == set.size && found == set.sha256) return Done{};
    part.remove();
    return Error{
        fmt::format("what came is not what was expected (SHA-256 {}… instead of {}…); it was deleted",
                    found.substr(0, 12), set.sha256.substr(0, 12)),
        set.address, "fetch it again; if it happens again, do not trust that address or the line to it"};
}

Status unpack(const FetchedSet& set, const fs::path& archive, const fs::path& folder,
              const FetchWatch& watch) {
    const fs::path unpacking = folder.string() + ".unpacking";
    std::error_code problem;
    fs::remove_all(unpacking, problem); // of an earlier try that was killed
    fs::create_directories(unpacking, problem);
    if (problem)
        return Error{problem.message(), unpacking.string(),
                     "check that there is space and that you may write there"};
    const auto report = [&](std::uint64_t done) {
        return !watch || watch({Stage::unpacking, done, set.unpacked});
    };
    Status done = unpack_tar_gz(archive, unpacking, set.unpacked, report);
    if (done && !is_fetched(set, unpacking))
        done = Error{"the archive does not hold the files of the set", archive.string(), "fetch it again"};
    if (done) {
        ::sync(); // all of it, before the name says that it is complete
        fs::rename(unpacking, folder, problem);
        if (problem)
            done = Error{fmt::format("the name cannot be given: {}", problem.message()), folder.string(),
                         "move away what is there, then fetch it again"};
    }
    if (!done) fs::remove_all(unpacking, problem);
    return done;
}

} // namespace

bool is_fetched(const FetchedSet& set, const fs::path& folder) {
    std::error_code ignored;
    return std::all_of(set.files.begin(), set.files.end(),
                       [&](const std::string& file) { return fs::is_regular_file(folder / file, ignored); });
}

Status fetch_set(const FetchedSet& set, const fs::path& folder, const FetchWatch& watch) {
    if (is_fetched(set, folder)) return Done{};
    std::error_code problem;
    if (fs::exists(folder, problem) && !fs::is_empty(folder, problem))
        return Error{fmt::format("there is something in it that is not {}", set.title), folder.string(),
                     "move it away, then fetch again"};
    fs::create_directories(folder.parent_path(), problem);
    if (problem)
        return Error{problem.message(), folder.parent_path().string(),
                     "check that there is space and that you may write there"};
    const Result<PartFile> part = PartFile::open(folder.string() + ".part");
    if (!part) return part.error();
    if (is_fetched(set, folder)) { // meanwhile, by another process
        part->remove();
        return Done{};
    }
    const auto report = [&](std::uint64_t done) {
        return !watch || watch({Stage::downloading, done, set.size});
    };
    if (Status done = download(set.address, set.size, part->descriptor(), report); !done) return done;
    if (Status done = check(set, *part, watch); !done) return done;
    if (Status done = unpack(set, part->path(), folder, watch); !done) return done;
    part->remove();
    return Done{};
}

} // namespace ddpm::data
