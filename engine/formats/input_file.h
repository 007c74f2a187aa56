// A regular file opened for bounded reading.
#pragma once

#include "ddpm/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace ddpm::formats {

class InputFile {
public:
    /// Refuses folders, pipes and devices.
    static Result<InputFile> open(const std::filesystem::path& path);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&&) = delete;
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    std::uint64_t size() const { return size_; } ///< bytes, when it was opened
    /// Exactly `size` bytes from `offset`; an error if the file has become shorter.
    Status read(std::uint64_t offset, void* bytes, std::size_t size) const;

private:
    InputFile(std::filesystem::path path, int file, std::uint64_t size);

    std::filesystem::path path_;
    int file_;
    std::uint64_t size_;
};

/// The whole of a text file; an error if it is larger than `limit` bytes.
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t limit);

} // namespace ddpm::formats
