#include "formats/atomic_file.h"

#include "formats/system_error.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ddpm::formats {
namespace {

constexpr std::string_view marker = ".ddpm-tmp-";

thread_local const FileSystem* replaced = nullptr;

std::filesystem::path folder_of(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

} // namespace

FileSystem FileSystem::real() {
    return {
        [](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
        [](int file, const void* bytes, std::size_t size) { return ::write(file, bytes, size); },
        [](int file) { return ::fsync(file); },
        [](int file) { return ::close(file); },
        [](const char* from, const char* to) { return ::rename(from, to); },
        [](const char* path, mode_t mode) { return ::mkdir(path, mode); },
        [](const char* path) { return ::unlink(path); },
    };
}

const FileSystem& file_system() {
    static const FileSystem real = FileSystem::real();
    return replaced ? *replaced : real;
}

ScopedFileSystem::ScopedFileSystem(const FileSystem& table) : before_(std::exchange(replaced, &table)) {}
ScopedFileSystem::~ScopedFileSystem() {
    replaced = before_;
}

std::filesystem::path temporary_path(const std::filesystem::path& target) {
    // 255 bytes is the limit of a name on the usual file systems.
    const std::string name = target.filename().string().substr(0, 220);
    return target.parent_path() / ("." + name + std::string(marker) + std::to_string(::getpid()));
}

long temporary_owner(std::string_view file_name) {
    const std::size_t at = file_name.rfind(marker);
    if (at == std::string_view::npos || at < 2 || file_name.front() != '.') return -1;
    const std::string_view digits = file_name.substr(at + marker.size());
    long owner = -1;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), owner);
    const bool whole = problem == std::errc() && end == digits.data() + digits.size();
    return whole && owner >= 0 ? owner : -1;
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& target) {
    if (target.filename().empty()) return Error{"it names no file", target.string(), "choose a file name"};
    std::error_code ignored;
    if (std::filesystem::is_directory(target, ignored)) return system_error(EISDIR, target, "write it");
    std::filesystem::path temporary = temporary_path(target);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    const int file = file_system().open(temporary.c_str(), flags, 0666);
    if (file < 0) return system_error(errno, target, "write it");
    return AtomicFile(target, std::move(temporary), file);
}

AtomicFile::AtomicFile(std::filesystem::path target, std::filesystem::path temporary, int file)
    : target_(std::move(target)), temporary_(std::move(temporary)), file_(file) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, -1)) {}

AtomicFile::~AtomicFile() {
    if (file_ >= 0) ::close(file_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::write(const void* bytes, std::size_t size) {
    const char* next = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t written = file_system().write(file_, next, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(errno, target_, "write it");
        if (written == 0) return system_error(ENOSPC, target_, "write it");
        next += written;
        size -= static_cast<std::size_t>(written);
    }
    return Done{};
}

Status AtomicFile::commit() {
    if (file_system().fsync(file_) != 0) return system_error(errno, target_, "write it to the disk");
    // Some file systems report a full disk only now. The descriptor is gone whatever close says.
    if (file_system().close(std::exchange(file_, -1)) != 0) return system_error(errno, target_, "write it");
    if (file_system().rename(temporary_.c_str(), target_.c_str()) != 0)
        return system_error(errno, target_, "put it in its place");
    temporary_.clear();
    return sync_folder(folder_of(target_));
}

Status write_file_atomically(const std::filesystem::path& target, std::string_view bytes) {
    Result<AtomicFile> file = AtomicFile::create(target);
    if (!file) return file.error();
    if (Status written = file->write(bytes.data(), bytes.size()); !written) return written;
    return file->commit();
}

Status make_folders(const std::filesystem::path& folder) {
    if (folder.empty()) return Done{};
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) return Done{};
        return Error{"there is a file of this name", folder.string(), "choose another folder"};
    }
    const std::filesystem::path parent = folder.parent_path();
    if (!parent.empty() && parent != folder)
        if (Status made = make_folders(parent); !made) return made;
    if (folder.filename().empty()) return Done{}; // a trailing slash: the parent was the folder itself
    if (file_system().mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
        return system_error(errno, folder, "create the folder");
    return sync_folder(
        folder_of(folder)); // or the folder may be gone after a power cut, with all that is in it
}

Status rename_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (file_system().rename(from.c_str(), to.c_str()) != 0)
        return system_error(errno, to, "put it in its place");
    return sync_folder(folder_of(to));
}

Status sync_folder(const std::filesystem::path& folder) {
    const int file = file_system().open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (file < 0) return system_error(errno, folder, "write it to the disk");
    const int result = file_system().fsync(file);
    const int code = errno;
    ::close(file);
    // A few network file systems cannot fsync a folder; there the rename itself is what counts.
    if (result != 0 && code != EINVAL && code != ENOTSUP)
        return system_error(code, folder, "write it to the disk");
    return Done{};
}

} // namespace ddpm::formats
