#include "data/npy_header.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <stdexcept>

namespace ddpm::data {
namespace {

/// Just as much of Python's grammar as numpy writes: strings, True and False, tuples of whole numbers.
class Literal {
public:
    explicit Literal(std::string_view text) : text_(text) {}

    bool take(char wanted) {
        skip_space();
        if (at_ == text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    bool at_end() {
        skip_space();
        return at_ == text_.size();
    }
    std::optional<std::string> string() {
        const char quote = take('\'') ? '\'' : take('"') ? '"' : '\0';
        if (!quote) return std::nullopt;
        const std::size_t end = text_.find(quote, at_);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string found(text_.substr(at_, end - at_));
        at_ = end + 1;
        if (found.find('\\') != std::string::npos) return std::nullopt;
        return found;
    }
    std::optional<bool> boolean() {
        skip_space();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return value;
        }
        return std::nullopt;
    }
    std::optional<std::vector<std::int64_t>> tuple() {
        if (!take('(')) return std::nullopt;
        std::vector<std::int64_t> numbers;
        while (!take(')')) {
            const std::optional<std::int64_t> number = whole();
            if (!number) return std::nullopt;
            numbers.push_back(*number);
            constexpr std::size_t most_dimensions = 32; // numpy's own limit
            if (numbers.size() > most_dimensions) return std::nullopt;
            if (take(',')) continue;
            if (numbers.size() == 1 || !take(')')) return std::nullopt; // "(3)" is no tuple
            break;
        }
        return numbers;
    }

private:
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
            ++at_;
    }
    std::optional<std::int64_t> whole() {
        skip_space();
        const std::size_t start = at_;
        std::int64_t value = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
            const int digit = text_[at_] - '0';
            if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
            value = 10 * value + digit;
        }
        if (at_ == start) return std::nullopt;
        if (at_ < text_.size() && text_[at_] == 'L') ++at_; // as Python 2 wrote long numbers
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Error damaged(const std::string& name) {
    return {"its header is not one that numpy writes", name, "it is damaged: save it again with numpy.save"};
}

Error refused(const std::string& kind, const std::string& name, const std::string& remedy) {
    return {fmt::format("it holds {}", kind), name, remedy};
}

Status set_type(NpyHeader& header, const std::string& descr, const std::string& name) {
    const std::string remedy = "save plain numbers, for instance array.astype('float32')";
    if (descr.find('O') != std::string::npos)
        return refused("Python objects; reading them would run code", name, remedy);
    if (descr.size() < 3) return damaged(name);
    header.big_endian = descr[0] == '>';
    if (descr[0] != '<' && descr[0] != '>' && descr[0] != '|') return damaged(name);
    header.kind = descr[1];
    switch (header.kind) {
    case 'c':
        return refused("complex numbers", name, remedy);
    case 'S':
    case 'U':
    case 'a':
        return refused("text", name, remedy);
    case 'M':
    case 'm':
        return refused("dates or durations", name, remedy);
    case 'V':
        return refused("raw records", name, remedy);
    default:
        break;
    }
    const std::string type = descr.substr(1);
    for (const char* known : {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}) {
        if (type != known) continue;
        header.width = static_cast<std::size_t>(type[1] - '0');
        if (descr[0] == '|' && header.width != 1) return damaged(name);
        return Done{};
    }
    return refused(fmt::format("numbers of the kind “{}”, which are not known here", type), name, remedy);
}

} // namespace

Result<NpyHeader> parse_npy_header(std::string_view text, const std::string& name) {
    NpyHeader header;
    Literal literal(text);
    bool has_type = false, has_order = false, has_shape = false;
    if (!literal.take('{')) return damaged(name);
    while (!literal.take('}')) {
        const std::optional<std::string> key = literal.string();
        if (!key || !literal.take(':')) return damaged(name);
        if (*key == "descr" && !has_type) {
            if (literal.take('[')) // one entry a field
                return refused("structures of several fields", name,
                               "save each field as an array of its own");
            const std::optional<std::string> descr = literal.string();
            if (!descr) return damaged(name);
            if (Status known = set_type(header, *descr, name); !known) return known.error();
            has_type = true;
        } else if (*key == "fortran_order" && !has_order) {
            const std::optional<bool> fortran = literal.boolean();
            if (!fortran) return damaged(name);
            header.fortran = *fortran;
            has_order = true;
        } else if (*key == "shape" && !has_shape) {
            std::optional<std::vector<std::int64_t>> shape = literal.tuple();
            if (!shape) return damaged(name);
            header.shape = std::move(*shape);
            has_shape = true;
        } else {
            return damaged(name);
        }
        if (literal.take(',')) continue;
        if (!literal.take('}')) return damaged(name);
        break;
    }
    if (!literal.at_end() || !has_type || !has_order || !has_shape) return damaged(name);

    bool empty = false;
    for (const std::int64_t extent : header.shape)
        empty = empty || extent == 0;
    // Extents beside a zero must not overflow either: torch multiplies them for its strides.
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t product = header.width;
    for (const std::int64_t extent : header.shape) {
        const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(extent, 1));
        if (product > most / factor)
            return Error{"its header says more numbers than any memory holds", name,
                         "it is damaged: get it again"};
        product *= factor;
    }
    header.bytes = empty ? 0 : product;
    return header;
}

const char* npy_descr(c10::ScalarType type) {
    switch (type) {
    case torch::kBool:
        return "|b1";
    case torch::kUInt8:
        return "|u1";
    case torch::kInt8:
        return "|i1";
    case torch::kInt16:
        return "<i2";
    case torch::kInt32:
        return "<i4";
    case torch::kInt64:
        return "<i8";
    case torch::kFloat16:
        return "<f2";
    case torch::kFloat32:
        return "<f4";
    case torch::kFloat64:
        return "<f8";
    default:
        throw std::invalid_argument("npy_descr: NPY has no such dtype");
    }
}

} // namespace ddpm::data
