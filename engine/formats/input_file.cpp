#include "formats/input_file.h"

#include "formats/system_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ddpm::formats {

Result<InputFile> InputFile::open(const std::filesystem::path& path) {
    // Without O_NONBLOCK a pipe of this name would wait for a writer for ever.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return system_error(errno, path, "open it");
    struct stat status {};
    const int code = ::fstat(file, &status) == 0 ? 0 : errno;
    if (code != 0 || !S_ISREG(status.st_mode)) {
        ::close(file);
        if (code != 0) return system_error(code, path, "read it");
        return Error{S_ISDIR(status.st_mode) ? "it is a folder, not a file" : "it is not a regular file",
                     path.string(), "choose a file"};
    }
    return InputFile(path, file, static_cast<std::uint64_t>(status.st_size));
}

InputFile::InputFile(std::filesystem::path path, int file, std::uint64_t size)
    : path_(std::move(path)), file_(file), size_(size) {}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}

InputFile::~InputFile() {
    if (file_ >= 0) ::close(file_);
}

Status InputFile::read(std::uint64_t offset, void* bytes, std::size_t size) const {
    char* next = static_cast<char*>(bytes);
    while (size > 0) {
        const std::size_t piece = std::min<std::size_t>(size, std::size_t{1} << 30);
        const ssize_t got = ::pread(file_, next, piece, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(errno, path_, "read it");
        if (got == 0)
            return Error{"it ends too early", path_.string(),
                         "it is cut off or still being written: get it again"};
        next += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::size_t>(got);
    }
    return Done{};
}

Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t limit) {
    Result<InputFile> file = InputFile::open(path);
    if (!file) return file.error();
    if (file->size() > limit)
        return Error{fmt::format("it has {} bytes, at most {} are expected", file->size(), limit),
                     path.string(), "this is another kind of file: choose the right one"};
    std::string text(static_cast<std::size_t>(file->size()), '\0');
    if (Status read = file->read(0, text.data(), text.size()); !read) return read.error();
    return text;
}

} // namespace ddpm::formats
