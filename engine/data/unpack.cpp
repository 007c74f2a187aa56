#include "data/unpack.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ddpm::data {
namespace {

constexpr std::size_t block_size = 512;
constexpr int most_entries = 10'000;

struct CloseGzip {
    void operator()(gzFile file) const { gzclose(file); }
};

using Block = std::array<char, block_size>;

std::string text_field(const Block& block, std::size_t at, std::size_t size) {
    const std::string_view field(block.data() + at, size);
    return std::string(field.substr(0, field.find('\0')));
}

/// Octal, ended by a space or NUL, as all but very large numbers are written.
std::optional<std::uint64_t> octal_field(const Block& block, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    bool any = false;
    for (std::size_t i = at; i < at + size; ++i) {
        if (block[i] == ' ' && !any) continue;
        if (block[i] == ' ' || block[i] == '\0') break;
        if (block[i] < '0' || block[i] > '7') return std::nullopt;
        value = 8 * value + static_cast<std::uint64_t>(block[i] - '0'); // twelve digits at most
        any = true;
    }
    return value;
}

/// The sum of all bytes, its own field counted as spaces.
bool checksum_fits(const Block& block) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block_size; ++i)
        sum += i >= 148 && i < 156 ? std::uint64_t{' '} : static_cast<std::uint8_t>(block[i]);
    return octal_field(block, 148, 8) == sum;
}

/// Whether the name stays below the folder it is unpacked into.
bool stays_inside(const std::filesystem::path& name) {
    if (name.empty() || name.is_absolute()) return false;
    return std::none_of(name.begin(), name.end(), [](const auto& part) { return part == ".."; });
}

class Unpacking {
public:
    Unpacking(std::filesystem::path archive, std::filesystem::path folder, std::uint64_t most_bytes,
              const std::function<bool(std::uint64_t)>& watch)
        : archive_(std::move(archive)), folder_(std::move(folder)), most_bytes_(most_bytes), watch_(watch) {}

    Status run() {
        file_.reset(gzopen(archive_.c_str(), "rb"));
        if (!file_) return Error{"it cannot be opened", archive_.string(), "check that you may read it"};
        gzbuffer(file_.get(), 1u << 17);
        for (int entries = 0;; ++entries) {
            Block block{};
            if (!fill(block.data(), block.size())) return damaged("it is cut off");
            if (std::all_of(block.begin(), block.end(), [](char byte) { return byte == 0; })) return end();
            if (entries == most_entries) return damaged("it holds too many files");
            if (Status done = take_entry(block); !done) return done;
        }
    }

private:
    Status take_entry(const Block& block) {
        const std::optional<std::uint64_t> size = octal_field(block, 124, 12);
        if (!checksum_fits(block) || !size) return damaged("a header in it is wrong");
        const char type = block[156];
        if (type == 'x' || type == 'g') return copy(nullptr, *size); // notes on times and owners
        const std::string prefix = text_field(block, 257, 5) == "ustar" && block[262] == '\0'
                                       ? text_field(block, 345, 155)
                                       : std::string();
        const std::filesystem::path name = std::filesystem::path(prefix) / text_field(block, 0, 100);
        if (!stays_inside(name))
            return Error{fmt::format("“{}” in it leads out of its folder", name.string()), archive_.string(),
                         "do not trust where it came from"};
        const std::filesystem::path target = folder_ / name;
        std::error_code problem;
        if (type == '5') {
            std::filesystem::create_directories(target, problem);
            return problem ? Status(cannot_write(target)) : Status(Done{});
        }
        if (type != '0' && type != '\0')
            return Error{fmt::format("“{}” in it is a link or a device", name.string()), archive_.string(),
                         "do not trust where it came from"};
        std::filesystem::create_directories(target.parent_path(), problem);
        if (std::filesystem::exists(target, problem)) return damaged("it holds a file twice");
        std::ofstream out(target, std::ios::binary);
        Status copied = copy(&out, *size);
        if (!copied) return copied;
        out.close();
        return out ? Status(Done{}) : Status(cannot_write(target));
    }

    /// The content of an entry, and what fills its last block.
    Status copy(std::ofstream* out, std::uint64_t size) {
        if (size > most_bytes_ - unpacked_)
            return damaged(fmt::format("more than {} bytes come out of it", most_bytes_));
        const std::uint64_t padding = (block_size - size % block_size) % block_size;
        std::vector<char> piece(1u << 16);
        for (std::uint64_t left = size; left > 0;) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
            if (!fill(piece.data(), wanted)) return damaged("it is cut off");
            if (out && !out->write(piece.data(), static_cast<std::streamsize>(wanted)))
                return cannot_write(folder_);
            left -= wanted;
            unpacked_ += wanted;
            if (watch_ && !watch_(unpacked_))
                return Error{"unpacking was stopped", archive_.string(), "fetch it again"};
        }
        if (!fill(piece.data(), padding)) return damaged("it is cut off");
        return Done{};
    }

    /// What follows the end mark is of no interest, but reading it makes zlib compare its checksum.
    Status end() {
        std::vector<char> piece(1u << 16);
        for (std::uint64_t surplus = 0;;) {
            const int got = gzread(file_.get(), piece.data(), static_cast<unsigned>(piece.size()));
            int problem = Z_OK;
            gzerror(file_.get(), &problem);
            if (got < 0 || problem == Z_BUF_ERROR) return damaged("its checksum is wrong");
            if (got == 0) return Done{};
            surplus += static_cast<std::uint64_t>(got);
            constexpr std::uint64_t most_surplus = 1 << 20;
            if (surplus > most_surplus) return damaged("it goes on after its end");
        }
    }

    bool fill(char* bytes, std::uint64_t size) {
        return size == 0 || gzread(file_.get(), bytes, static_cast<unsigned>(size)) == static_cast<int>(size);
    }
    Error damaged(const std::string& how) const {
        return {fmt::format("it is damaged: {}", how), archive_.string(), "fetch it again"};
    }
    static Error cannot_write(const std::filesystem::path& target) {
        return {"it cannot be written", target.string(),
                "check that there is space and that you may write there"};
    }

    std::filesystem::path archive_, folder_;
    std::uint64_t most_bytes_, unpacked_ = 0;
    const std::function<bool(std::uint64_t)>& watch_;
    std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGzip> file_;
};

} // namespace

Status unpack_tar_gz(const std::filesystem::path& archive, const std::filesystem::path& folder,
                     std::uint64_t most_bytes, const std::function<bool(std::uint64_t)>& watch) {
    return Unpacking(archive, folder, most_bytes, watch).run();
}

} // namespace ddpm::data
