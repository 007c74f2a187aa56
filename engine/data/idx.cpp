#include "data/idx.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <system_error>

namespace ddpm::data {
namespace {

struct CloseGzip {
    void operator()(gzFile file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGzip>;

class IdxReader {
public:
    explicit IdxReader(std::filesystem::path path) : path_(std::move(path)) {}

    Status open(std::uint32_t magic, const char* what) {
        std::error_code problem;
        if (!std::filesystem::is_regular_file(path_, problem))
            return Error{"the file is missing", path_.string(), "put it back, or install the program again"};
        on_disk_ = std::filesystem::file_size(path_, problem);
        file_.reset(gzopen(path_.c_str(), "rb")); // reads plain files as they are
        if (problem || !file_)
            return Error{"it cannot be opened", path_.string(), "check that you may read it"};
        gzbuffer(file_.get(), 1u << 17);
        Result<std::uint32_t> found = number();
        if (!found) return found.error();
        if (*found != magic)
            return Error{
                fmt::format("it is no IDX file of {} (it starts with {}, not {})", what, *found, magic),
                path_.string(), "choose another file or get it again"};
        return Done{};
    }

    Result<std::uint32_t> number() {
        std::array<std::uint8_t, 4> bytes{};
        if (Status read = fill(bytes.data(), bytes.size()); !read) return read.error();
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
               bytes[3];
    }

    /// Everything that follows, as one flat uint8 tensor.
    Result<torch::Tensor> rest(std::uint64_t size) {
        // Deflate packs at most 1032 bytes into one, so more than that cannot come out of this file.
        if (size > on_disk_ * 1032 + 1024) return cut_off(size);
        torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(size)}, torch::kUInt8);
        if (Status read = fill(bytes.data_ptr<std::uint8_t>(), size); !read) return read.error();
        std::uint8_t surplus = 0;
        const int more = gzread(file_.get(), &surplus, 1); // also makes zlib compare its checksum
        int problem = Z_OK; // a stream that stops within its checksum counts as an ordinary end, but for this
        gzerror(file_.get(), &problem);
        if (more < 0 || problem == Z_BUF_ERROR) return corrupt();
        if (more > 0)
            return Error{"there is more in it than its header says", path_.string(),
                         "it is damaged: get it again"};
        return bytes;
    }

private:
    Status fill(std::uint8_t* bytes, std::uint64_t size) {
        while (size > 0) {
            const auto piece = static_cast<unsigned>(std::min<std::uint64_t>(size, 1u << 28));
            const int got = gzread(file_.get(), bytes, piece);
            if (got < 0) return corrupt();
            if (got == 0) return cut_off(size);
            bytes += got;
            size -= static_cast<std::uint64_t>(got);
        }
        return Done{};
    }
    Error cut_off(std::uint64_t missing) const {
        return {fmt::format("it ends {} bytes too early", missing), path_.string(),
                "it is cut off: get it again"};
    }
    Error corrupt() const { return {"the gzip data are damaged", path_.string(), "get the file again"}; }

    std::filesystem::path path_;
    std::uint64_t on_disk_ = 0;
    GzipFile file_;
};

} // namespace

Result<torch::Tensor> read_idx_pictures(const std::filesystem::path& file) {
    IdxReader reader(file);
    if (Status opened = reader.open(2051, "pictures"); !opened) return opened.error();
    std::array<std::uint64_t, 3> extents{};
    for (std::uint64_t& extent : extents) {
        const Result<std::uint32_t> number = reader.number();
        if (!number) return number.error();
        extent = *number;
    }
    const auto [count, rows, columns] = extents;
    if (count == 0 || rows == 0 || columns == 0 || rows > 4096 || columns > 4096)
        return Error{fmt::format("its header says {} pictures of {}×{}", count, columns, rows), file.string(),
                     "it is damaged: get it again"};
    Result<torch::Tensor> bytes = reader.rest(count * rows * columns);
    if (!bytes) return bytes;
    return bytes->view({static_cast<std::int64_t>(count), 1, static_cast<std::int64_t>(rows),
                        static_cast<std::int64_t>(columns)});
}

Result<torch::Tensor> read_idx_labels(const std::filesystem::path& file, int classes) {
    IdxReader reader(file);
    if (Status opened = reader.open(2049, "labels"); !opened) return opened.error();
    const Result<std::uint32_t> count = reader.number();
    if (!count) return count.error();
    if (*count == 0) return Error{"it holds no labels", file.string(), "it is damaged: get it again"};
    const Result<torch::Tensor> bytes = reader.rest(*count);
    if (!bytes) return bytes;
    const int largest = bytes->max().item<int>();
    if (largest >= classes)
        return Error{fmt::format("it holds the label {}, the largest should be {}", largest, classes - 1),
                     file.string(), "it is damaged or belongs to another data set"};
    return bytes->to(torch::kInt64);
}

} // namespace ddpm::data
