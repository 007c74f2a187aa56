// NumPy's arrays on disk: NPY (format 1, 2 and 3), read and written, and NPZ (a zip of them), read.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace ddpm::data {

/// Everything below reads bool, int8…64, uint8, float16…64 into the same dtype, uint16 and uint32 into int32
/// and int64, and uint64 into int64 where every value fits; either byte order, C or Fortran order; the tensor
/// is contiguous. Refused, with an Error that names `file`: objects (they run code), text, structures, dates,
/// complex numbers; a file that is cut off or goes on after the array; an array larger than half of this
/// machine's memory. Nothing is allocated for an array before the file is known to hold it.
Result<torch::Tensor> read_npy(const std::filesystem::path& file);

/// The same from a stream, which is left after the array's last byte; memory grows with what has come.
/// `name` is what errors call it.
Result<torch::Tensor> read_npy(std::istream& stream, const std::string& name);

/// The NPY file of a tensor: bool, int8…64, uint8, float16…64; bfloat16 becomes float32. Any device.
/// Throws std::invalid_argument for other dtypes.
std::string npy_bytes(const torch::Tensor& array);

/// The same into a stream, without a second copy of the numbers.
Status write_npy(std::ostream& stream, const torch::Tensor& array, const std::string& name);

/// An NPZ file, opened: its table of contents. Arrays are read one at a time, stored or deflated, and their
/// checksum is compared. Refused: encrypted parts, other compressions, two arrays of one name, and a bomb: an
/// array of more than 256 MiB that is more than 200 times as large as its packed form.
class NpzFile {
public:
    static Result<NpzFile> open(const std::filesystem::path& file);

    const std::vector<std::string>& names() const { return names_; } ///< in file order, without ".npy"
    bool has(const std::string& name) const;
    Result<torch::Tensor> read(const std::string& name) const;

private:
    struct Part {
        std::uint64_t header = 0; ///< offset of its local header
        std::uint64_t packed = 0, size = 0;
        std::uint32_t crc = 0;
        bool deflated = false;
    };

    Status read_contents();
    Result<Part> read_entry(const std::string& contents, std::size_t at) const;

    std::filesystem::path file_;
    std::vector<std::string> names_;
    std::vector<Part> parts_; ///< as names_
};

/// Whether the file starts as a zip archive does (true), or not (false: also when it cannot be read).
bool looks_like_zip(const std::filesystem::path& file);

} // namespace ddpm::data
