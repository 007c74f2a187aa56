// Files that are either complete or not there: a temporary file beside the target, fsync, rename, fsync of
// the folder. A save killed at any point leaves the old file intact; what it left behind is found by its
// name.
#pragma once

#include "ddpm/result.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace ddpm::formats {

/// The system calls of a save, as a table, so that a test can make the n-th one fail. They behave as their
/// namesakes.
struct FileSystem {
    std::function<int(const char* path, int flags, mode_t mode)> open;
    std::function<ssize_t(int file, const void* bytes, std::size_t size)> write;
    std::function<int(int file)> fsync;
    std::function<int(int file)> close;
    std::function<int(const char* from, const char* to)> rename;
    std::function<int(const char* path, mode_t mode)> mkdir;
    std::function<int(const char* path)> unlink; ///< of what is no longer needed

    static FileSystem real();
};

/// Replaces the calls of this thread while it lives.
class ScopedFileSystem {
public:
    explicit ScopedFileSystem(const FileSystem& table);
    ~ScopedFileSystem();
    ScopedFileSystem(const ScopedFileSystem&) = delete;
    ScopedFileSystem& operator=(const ScopedFileSystem&) = delete;

private:
    const FileSystem* before_;
};

/// The calls to be used by this thread now: the system's, or those of the innermost ScopedFileSystem.
const FileSystem& file_system();

/// A file in the making. Without commit() the destructor removes it and the target stays as it was.
class AtomicFile {
public:
    static Result<AtomicFile> create(const std::filesystem::path& target);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    Status write(const void* bytes, std::size_t size);
    /// After it succeeded the file is on disk under its name; after an error it must not be called "saved".
    Status commit();

private:
    AtomicFile(std::filesystem::path target, std::filesystem::path temporary, int file);

    std::filesystem::path target_;
    std::filesystem::path temporary_;
    int file_;
};

Status write_file_atomically(const std::filesystem::path& target, std::string_view bytes);

/// Creates the folder and its parents; an existing folder is fine.
Status make_folders(const std::filesystem::path& folder);

/// Renames a folder that is complete, and makes the new name last.
Status rename_folder(const std::filesystem::path& from, const std::filesystem::path& to);

Status sync_folder(const std::filesystem::path& folder);

/// ".<name>.ddpm-tmp-<pid>" beside the target; a very long name is shortened so that it still fits.
std::filesystem::path temporary_path(const std::filesystem::path& target);

/// The process that made a temporary file of that name, or −1 if it is not one of ours.
long temporary_owner(std::string_view file_name);

} // namespace ddpm::formats
