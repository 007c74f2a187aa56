#include "data/array_file.h"

#include "data/npy_array.h"
#include "data/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace ddpm::data {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the fast path writes numbers as they lie in memory");

constexpr std::string_view magic("\x93NUMPY", 6);

Error cut_off(const std::string& name) {
    return {"it ends too early", name, "it is cut off: get it again"};
}

std::uint64_t half_of_memory() {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0) return std::uint64_t{4} << 30;
    return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2;
}

bool fill(const PullBytes& pull, void* bytes, std::size_t size) {
    auto* place = static_cast<char*>(bytes);
    while (size > 0) {
        const std::size_t got = pull(place, size);
        if (got == 0) return false;
        place += got;
        size -= got;
    }
    return true;
}

/// `size` bytes as [size] uint8. Where nothing vouches for the size, memory grows with what arrives.
Result<torch::Tensor> pull_bytes(const PullBytes& pull, std::uint64_t size, bool vouched,
                                 const std::string& name) {
    constexpr std::uint64_t first_piece = std::uint64_t{16} << 20;
    std::uint64_t have = vouched ? size : std::min(size, first_piece);
    torch::Tensor bytes = torch::empty({static_cast<std::int64_t>(have)}, torch::kUInt8);
    std::uint64_t filled = 0;
    for (;;) {
        if (!fill(pull, bytes.data_ptr<std::uint8_t>() + filled, have - filled)) return cut_off(name);
        if (have == size) return bytes;
        filled = have;
        have = std::min(size, 2 * have);
        torch::Tensor more = torch::empty({static_cast<std::int64_t>(have)}, torch::kUInt8);
        std::memcpy(more.data_ptr(), bytes.data_ptr(), filled);
        bytes = std::move(more);
    }
}

void reverse_each(torch::Tensor& bytes, std::size_t width) {
    auto* byte = bytes.data_ptr<std::uint8_t>();
    for (auto* end = byte + bytes.numel(); byte != end; byte += width)
        std::reverse(byte, byte + width);
}

/// Numbers of `width` bytes without a sign into the next wider kind that torch has.
template <typename From, typename To>
torch::Tensor widened(const torch::Tensor& bytes, c10::ScalarType type) {
    const std::int64_t count = bytes.numel() / static_cast<std::int64_t>(sizeof(From));
    torch::Tensor result = torch::empty({count}, type);
    const auto* from = static_cast<const From*>(bytes.data_ptr());
    To* to = result.data_ptr<To>();
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = static_cast<To>(from[i]);
    return result;
}

/// [size] uint8 to the numbers they are, still flat.
Result<torch::Tensor> numbers(torch::Tensor bytes, const NpyHeader& header, const std::string& name) {
    if (header.big_endian) reverse_each(bytes, header.width);
    switch (header.kind) {
    case 'b':
        return bytes.ne(0);
    case 'i':
        return bytes.view(header.width == 1   ? torch::kInt8
                          : header.width == 2 ? torch::kInt16
                          : header.width == 4 ? torch::kInt32
                                              : torch::kInt64);
    case 'f':
        return bytes.view(header.width == 2   ? torch::kFloat16
                          : header.width == 4 ? torch::kFloat32
                                              : torch::kFloat64);
    default:
        break;
    }
    if (header.width == 1) return bytes;
    if (header.width == 2) return widened<std::uint16_t, std::int32_t>(bytes, torch::kInt32);
    if (header.width == 4) return widened<std::uint32_t, std::int64_t>(bytes, torch::kInt64);
    torch::Tensor wide = bytes.view(torch::kInt64);
    if (wide.lt(0).any().item<bool>())
        return Error{"it holds whole numbers of 2⁶³ and more", name, "save it as int64 or as floats"};
    return wide;
}

} // namespace

Result<torch::Tensor> read_array(const PullBytes& pull, std::uint64_t available, bool exact,
                                 const std::string& name) {
    std::array<std::uint8_t, 12> start{};
    if (!fill(pull, start.data(), 8))
        return Error{"it is no NPY file", name, "choose a file that numpy.save made"};
    if (std::memcmp(start.data(), magic.data(), magic.size()) != 0)
        return Error{"it is no NPY file", name, "choose a file that numpy.save made"};
    const int version = start[6];
    if (version < 1 || version > 3)
        return Error{fmt::format("it has NPY's format {}.{}; 1, 2 and 3 are known", version, start[7]), name,
                     "save it again with numpy.save"};
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    if (!fill(pull, start.data() + 8, length_bytes)) return cut_off(name);
    std::size_t length = 0;
    for (std::size_t i = length_bytes; i-- > 0;)
        length = length << 8 | start[8 + i];
    constexpr std::size_t longest_header = 65'536;
    if (length > longest_header)
        return Error{fmt::format("its header says that it has {} bytes itself", length), name,
                     "it is damaged: get it again"};
    std::string text(length, '\0');
    if (!fill(pull, text.data(), length)) return cut_off(name);
    const Result<NpyHeader> header = parse_npy_header(text, name);
    if (!header) return header.error();

    const std::uint64_t before = 8 + length_bytes + length;
    if (available != unknown_size) {
        const std::uint64_t rest = available - std::min(available, before);
        if (header->bytes > rest)
            return Error{
                fmt::format("its header says {} bytes of numbers, there are {}", header->bytes, rest), name,
                "it is cut off: get it again"};
        if (exact && header->bytes < rest)
            return Error{
                fmt::format("its header says {} bytes of numbers, there are {}", header->bytes, rest), name,
                "it is damaged, or several arrays follow one another: save them one by one"};
    }
    if (header->bytes > half_of_memory())
        return Error{fmt::format("it would take {} MB of memory, more than half of what this machine has",
                                 header->bytes / 1'000'000),
                     name, "save it in smaller parts"};
    Result<torch::Tensor> bytes = pull_bytes(pull, header->bytes, available != unknown_size, name);
    if (!bytes) return bytes;
    Result<torch::Tensor> flat = numbers(std::move(*bytes), *header, name);
    if (!flat) return flat;
    if (!header->fortran) return flat->view(header->shape);
    const std::vector<std::int64_t> reversed(header->shape.rbegin(), header->shape.rend());
    std::vector<std::int64_t> order(header->shape.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::int64_t>(order.size() - 1 - i);
    return flat->view(reversed).permute(order).contiguous();
}

Result<torch::Tensor> read_npy(const std::filesystem::path& file) {
    std::error_code problem;
    if (!std::filesystem::exists(file, problem))
        return Error{"there is no such file", file.string(), "check the path"};
    if (!std::filesystem::is_regular_file(file, problem))
        return Error{"it is not a file", file.string(), "choose an NPY file"};
    const std::uintmax_t size = std::filesystem::file_size(file, problem);
    std::ifstream stream(file, std::ios::binary);
    if (problem || !stream) return Error{"it cannot be read", file.string(), "check that you may read it"};
    const PullBytes pull = [&](void* bytes, std::size_t count) {
        stream.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
        return static_cast<std::size_t>(stream.gcount());
    };
    if (looks_like_zip(file))
        return Error{"it is an NPZ file, several arrays in one", file.string(), "choose an NPY file"};
    return read_array(pull, size, true, file.string());
}

Result<torch::Tensor> read_npy(std::istream& stream, const std::string& name) {
    const PullBytes pull = [&](void* bytes, std::size_t count) {
        stream.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
        return static_cast<std::size_t>(stream.gcount());
    };
    return read_array(pull, unknown_size, false, name);
}

namespace {

/// On the CPU, contiguous, of a dtype that NPY has.
torch::Tensor writable(const torch::Tensor& array) {
    const torch::Tensor known = array.scalar_type() == torch::kBFloat16 ? array.to(torch::kFloat32) : array;
    return known.detach().to(torch::kCPU).contiguous();
}

std::string npy_start(const torch::Tensor& array) {
    std::string shape;
    for (const std::int64_t extent : array.sizes())
        shape += fmt::format("{}, ", extent);
    if (array.dim() > 1) shape.resize(shape.size() - 2);
    if (array.dim() == 1) shape.pop_back(); // one number keeps its comma: (3,)
    const std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                         npy_descr(array.scalar_type()), shape);
    constexpr std::size_t fixed = 10, alignment = 64; // magic, version and length; where the numbers start
    const std::size_t length = (fixed + text.size() + 1 + alignment - 1) / alignment * alignment - fixed;
    std::string start(magic);
    start += std::string("\1\0", 2);
    start += static_cast<char>(length & 0xFF);
    start += static_cast<char>(length >> 8);
    start += text;
    start.append(length - text.size() - 1, ' ');
    start += '\n';
    return start;
}

std::string_view bytes_of(const torch::Tensor& array) {
    if (array.numel() == 0) return {};
    return {static_cast<const char*>(array.data_ptr()), array.nbytes()};
}

} // namespace

std::string npy_bytes(const torch::Tensor& array) {
    const torch::Tensor ready = writable(array);
    std::string bytes = npy_start(ready);
    bytes += bytes_of(ready);
    return bytes;
}

Status write_npy(std::ostream& stream, const torch::Tensor& array, const std::string& name) {
    const torch::Tensor ready = writable(array);
    const std::string start = npy_start(ready);
    const std::string_view numbers = bytes_of(ready);
    stream.write(start.data(), static_cast<std::streamsize>(start.size()));
    stream.write(numbers.data(), static_cast<std::streamsize>(numbers.size()));
    stream.flush();
    if (!stream) return Error{"it cannot be written", name, "check the space that is left, and who reads it"};
    return Done{};
}

} // namespace ddpm::data
