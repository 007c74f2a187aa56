#include "fuzz/mutations.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace ddpm::fuzz {
namespace {

/// What parsers stumble over.
constexpr std::array<std::string_view, 28> words{"0",
                                                 "-1",
                                                 "1e999",
                                                 "-0.0",
                                                 "0.5",
                                                 "2147483648",
                                                 "9223372036854775807",
                                                 "18446744073709551616",
                                                 "null",
                                                 "true",
                                                 "{}",
                                                 "[]",
                                                 "[[[[[[[[",
                                                 "{\"a\":",
                                                 "\"\"",
                                                 "\"\\u0000\"",
                                                 "\"\\ud800\"",
                                                 "\xFF\xFE",
                                                 "\xEF\xBB\xBF",
                                                 ",",
                                                 ":",
                                                 "}",
                                                 "\"F64\"",
                                                 "\"BOOL\"",
                                                 "\"__metadata__\":",
                                                 "\"shape\":[0,9223372036854775807]",
                                                 "\"learned_range\"",
                                                 "[0.1,0.2]"};

constexpr std::size_t longest = 16'384;

/// Where the number that holds or follows `at` begins, or the end.
std::size_t number_from(const std::string& bytes, std::size_t at) {
    while (at < bytes.size() && !std::isdigit(static_cast<unsigned char>(bytes[at])))
        ++at;
    return at;
}

} // namespace

std::string Mutator::next(const std::vector<std::string>& seeds) {
    std::string bytes = seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes)
        change(bytes, seeds);
    if (bytes.size() > longest) bytes.resize(longest);
    return bytes;
}

void Mutator::change(std::string& bytes, const std::vector<std::string>& seeds) {
    const std::size_t at = below(bytes.size() + 1),
                      length = below(std::min<std::size_t>(bytes.size() - at, 64) + 1);
    const std::string_view word = words[below(words.size())];
    switch (below(9)) {
    case 0: // a flipped bit
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
    case 1: // another byte
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
    case 2: // cut off
        bytes.resize(at);
        break;
    case 3: // a piece is missing
        bytes.erase(at, length);
        break;
    case 4: { // a piece is there twice
        const std::string piece = bytes.substr(at, length);
        bytes.insert(at, piece);
        break;
    }
    case 5: // something else in between
        bytes.insert(at, word);
        break;
    case 6: { // another number
        const std::size_t begin = number_from(bytes, at);
        std::size_t end = begin;
        while (end < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[end])))
            ++end;
        if (begin < end) bytes.replace(begin, end - begin, word);
        break;
    }
    case 7: { // the tail of another seed
        const std::string& other = seeds[below(seeds.size())];
        bytes = bytes.substr(0, at) + other.substr(below(other.size() + 1));
        break;
    }
    default: // a length at the start that promises something else
        for (std::size_t i = 0; i < std::min<std::size_t>(8, bytes.size()); ++i)
            if (below(3) == 0) bytes[i] = static_cast<char>(below(256));
        break;
    }
}

} // namespace ddpm::fuzz
