#include "data/array_file.h"
#include "data/npy_array.h"
#include "data/picture_header.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace ddpm::data {
namespace {

// Zip, as PKWARE's application note lays it out: the table of contents ("central directory") is found from
// the end of the file; each of its entries points at a local header, which the packed bytes follow.
constexpr std::uint64_t end_size = 22, locator_size = 20, end64_size = 56, entry_size = 46, local_size = 30;
constexpr std::uint64_t most_contents = 16'000'000; // bytes of the table of contents
constexpr std::uint64_t harmless = std::uint64_t{256} << 20, most_ratio = 200;

Error damaged(const std::filesystem::path& file, const char* how) {
    return {fmt::format("it is damaged: {}", how), file.string(), "get it again"};
}

std::optional<std::string> read_piece(std::ifstream& stream, std::uint64_t at, std::uint64_t size) {
    std::string bytes(size, '\0');
    stream.clear();
    stream.seekg(static_cast<std::streamoff>(at));
    stream.read(bytes.data(), static_cast<std::streamsize>(size));
    if (!stream) return std::nullopt;
    return bytes;
}

ByteView view_of(const std::string& bytes) {
    return ByteView(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

std::uint64_t number(const std::string& bytes, std::uint64_t at, int count) {
    const ByteView view = view_of(bytes);
    if (count < 8) return view.little(at, count).value_or(0);
    return std::uint64_t{view.little(at + 4, 4).value_or(0)} << 32 | view.little(at, 4).value_or(0);
}

struct Contents {
    std::uint64_t at = 0, size = 0, count = 0;
};

/// Where the table of contents is, from the record at the end of the file.
std::optional<Contents> find_contents(std::ifstream& stream, std::uint64_t file_size) {
    const std::uint64_t tail_size =
        std::min<std::uint64_t>(file_size, end_size + 65'535); // a comment may follow
    const auto tail = read_piece(stream, file_size - tail_size, tail_size);
    if (!tail) return std::nullopt;
    const std::size_t found = tail->rfind(std::string_view("PK\5\6", 4));
    if (found == std::string::npos || tail->size() - found < end_size) return std::nullopt;
    Contents contents{number(*tail, found + 16, 4), number(*tail, found + 12, 4),
                      number(*tail, found + 10, 2)};
    if (contents.at != 0xFFFF'FFFF && contents.size != 0xFFFF'FFFF && contents.count != 0xFFFF)
        return contents;
    // Zip64: a second record, which a locator before the first one points at.
    if (found < locator_size || tail->compare(found - locator_size, 4, "PK\6\7", 4) != 0) return contents;
    const std::uint64_t where = number(*tail, found - locator_size + 8, 8);
    if (where > file_size || file_size - where < end64_size) return std::nullopt;
    const auto record = read_piece(stream, where, end64_size);
    if (!record || record->compare(0, 4, "PK\6\6", 4) != 0) return std::nullopt;
    return Contents{number(*record, 48, 8), number(*record, 40, 8), number(*record, 32, 8)};
}

/// The packed bytes of one part, unpacked as they are asked for.
class Unpacker {
public:
    Unpacker(std::ifstream& stream, std::uint64_t packed, bool deflated)
        : stream_(stream), left_(packed), deflated_(deflated) {
        if (deflated_) ready_ = inflateInit2(&inflater_, -MAX_WBITS) == Z_OK; // no zlib wrapper in a zip
    }
    ~Unpacker() {
        if (deflated_) inflateEnd(&inflater_);
    }
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;

    std::size_t pull(void* bytes, std::size_t size) {
        const std::size_t got = deflated_ ? inflate_some(bytes, size) : read_some(bytes, size);
        const auto* place = static_cast<const Bytef*>(bytes);
        for (std::size_t done = 0; done < got;) {
            const auto piece = static_cast<uInt>(std::min<std::size_t>(got - done, 1u << 30));
            crc_ = crc32(crc_, place + done, piece);
            done += piece;
        }
        return got;
    }
    std::uint32_t crc() const { return static_cast<std::uint32_t>(crc_); }

private:
    std::size_t read_some(void* bytes, std::size_t size) {
        const auto wanted = static_cast<std::streamsize>(std::min<std::uint64_t>(size, left_));
        stream_.read(static_cast<char*>(bytes), wanted);
        const auto got = static_cast<std::size_t>(stream_.gcount());
        left_ -= got;
        return got;
    }
    std::size_t inflate_some(void* bytes, std::size_t size) {
        if (!ready_) return 0;
        const auto wanted = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
        inflater_.next_out = static_cast<Bytef*>(bytes);
        inflater_.avail_out = wanted;
        while (inflater_.avail_out == wanted) {
            if (inflater_.avail_in == 0) {
                inflater_.avail_in = static_cast<uInt>(read_some(input_.data(), input_.size()));
                inflater_.next_in = input_.data();
            }
            const int state = inflate(&inflater_, Z_NO_FLUSH);
            if (state != Z_OK || (inflater_.avail_in == 0 && left_ == 0)) {
                ready_ = state == Z_OK && inflater_.avail_out < wanted;
                break;
            }
        }
        return wanted - inflater_.avail_out;
    }

    std::ifstream& stream_;
    std::uint64_t left_; ///< packed bytes not yet read
    bool deflated_, ready_ = true;
    z_stream inflater_{};
    std::array<Bytef, 65'536> input_{};
    uLong crc_ = 0;
};

} // namespace

bool looks_like_zip(const std::filesystem::path& file) {
    std::array<char, 4> start{};
    std::ifstream stream(file, std::ios::binary);
    stream.read(start.data(), start.size());
    const std::string_view bytes(start.data(), start.size());
    return stream && (bytes == std::string_view("PK\3\4", 4) || bytes == std::string_view("PK\5\6", 4));
}

Result<NpzFile> NpzFile::open(const std::filesystem::path& file) {
    NpzFile npz;
    npz.file_ = file;
    if (Status read = npz.read_contents(); !read) return read.error();
    return npz;
}

bool NpzFile::has(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

Status NpzFile::read_contents() {
    std::error_code problem;
    if (!std::filesystem::exists(file_, problem))
        return Error{"there is no such file", file_.string(), "check the path"};
    const std::uintmax_t size =
        std::filesystem::is_regular_file(file_, problem) ? std::filesystem::file_size(file_, problem) : 0;
    std::ifstream stream(file_, std::ios::binary);
    if (problem || !stream) return Error{"it cannot be read", file_.string(), "check that you may read it"};
    const std::optional<Contents> where = find_contents(stream, size);
    if (!where)
        return Error{"it is no NPZ file, or it is cut off: it has no table of contents at its end",
                     file_.string(), "choose a file that numpy.savez made, or get it again"};
    if (where->at > size || where->size > size - where->at || where->size > most_contents ||
        where->count > where->size / entry_size)
        return damaged(file_, "its table of contents does not fit into it");
    const auto contents = read_piece(stream, where->at, where->size);
    if (!contents) return Error{"it cannot be read", file_.string(), "check that you may read it"};
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < where->count; ++i) {
        if (contents->size() - at < entry_size || contents->compare(at, 4, "PK\1\2", 4) != 0)
            return damaged(file_, "its table of contents breaks off");
        const std::size_t name_size = number(*contents, at + 28, 2);
        const std::size_t more = number(*contents, at + 30, 2) + number(*contents, at + 32, 2);
        if (contents->size() - at < entry_size + name_size + more)
            return damaged(file_, "its table of contents breaks off");
        std::string name = contents->substr(at + entry_size, name_size);
        if (name.ends_with(".npy")) { // anything else is not an array, and not for us
            name.resize(name.size() - 4);
            const Result<Part> part = read_entry(*contents, at);
            if (!part) return part.error();
            if (part->header > size || part->packed > size - part->header)
                return damaged(file_, "a part lies outside of it");
            if (has(name)) return damaged(file_, "it holds two arrays of one name");
            names_.push_back(std::move(name));
            parts_.push_back(*part);
        }
        at += entry_size + name_size + more;
    }
    return Done{};
}

Result<NpzFile::Part> NpzFile::read_entry(const std::string& contents, std::size_t at) const {
    const std::uint64_t flags = number(contents, at + 8, 2), method = number(contents, at + 10, 2);
    if (flags & 1u) return Error{"it is encrypted", file_.string(), "save it again with numpy.savez"};
    if (method != 0 && method != 8)
        return Error{fmt::format("it is packed by method {}, which is not known here", method),
                     file_.string(), "save it again with numpy.savez or numpy.savez_compressed"};
    Part part;
    part.crc = static_cast<std::uint32_t>(number(contents, at + 16, 4));
    part.packed = number(contents, at + 20, 4);
    part.size = number(contents, at + 24, 4);
    part.header = number(contents, at + 42, 4);
    part.deflated = method == 8;
    // Zip64: the numbers that did not fit stand in an extra field, in this order.
    const std::size_t first = at + entry_size + number(contents, at + 28, 2);
    const std::size_t end = first + number(contents, at + 30, 2);
    for (std::size_t field = first; field + 4 <= end; field += 4 + number(contents, field + 2, 2)) {
        if (number(contents, field, 2) != 1) continue;
        std::size_t place = field + 4;
        for (std::uint64_t* value : {&part.size, &part.packed, &part.header}) {
            if (*value != 0xFFFF'FFFF) continue;
            if (place + 8 > end) return damaged(file_, "its table of contents breaks off");
            *value = number(contents, place, 8);
            place += 8;
        }
    }
    return part;
}

Result<torch::Tensor> NpzFile::read(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end())
        return Error{fmt::format("it has no array “{}”", name), file_.string(), "choose another file"};
    const Part& part = parts_[static_cast<std::size_t>(found - names_.begin())];
    const std::string where = fmt::format("{} ({})", file_.string(), name);
    if (!part.deflated && part.size != part.packed) return damaged(file_, "a part has two sizes");
    if (part.size > harmless && part.size / most_ratio > part.packed)
        return Error{fmt::format("it would unpack from {} to {} MB: that looks like a trap",
                                 part.packed / 1'000'000, part.size / 1'000'000),
                     where, "if it is yours, save it with numpy.savez, which does not pack"};
    std::ifstream stream(file_, std::ios::binary);
    const auto local = read_piece(stream, part.header, local_size);
    if (!local || local->compare(0, 4, "PK\3\4", 4) != 0)
        return damaged(file_, "a part does not start where it should");
    stream.seekg(static_cast<std::streamoff>(number(*local, 26, 2) + number(*local, 28, 2)), std::ios::cur);
    const auto unpacker = std::make_unique<Unpacker>(stream, part.packed, part.deflated);
    const PullBytes pull = [&](void* bytes, std::size_t size) { return unpacker->pull(bytes, size); };
    Result<torch::Tensor> array = read_array(pull, part.size, true, where);
    if (!array) return array;
    std::uint8_t surplus = 0;
    if (unpacker->pull(&surplus, 1) != 0 || unpacker->crc() != part.crc)
        return Error{"its checksum is wrong", where, "it is damaged: get it again"};
    return array;
}

} // namespace ddpm::data
