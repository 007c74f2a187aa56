#include "sketch_file.h"

#include "ddpm/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace ddpm::app {
namespace {

constexpr std::uintmax_t largest_file = 1'000'000; // bytes: 4,000 points in 250 characters each
constexpr std::string_view between = " \t,;\r";

/// The next word of the line, which is shortened by it; empty at its end.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(between), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(between));
    line.remove_prefix(word.size());
    return word;
}

bool is_number(std::string_view word, double& value) {
    if (word.starts_with('+')) word.remove_prefix(1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size() && std::isfinite(value);
}

/// As it may be shown: short, and nothing that a terminal would act on.
std::string printable(std::string_view word) {
    std::string shown;
    for (const char c : word.substr(0, 20))
        shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return shown + (word.size() > 20 ? "…" : "");
}

} // namespace

Result<std::vector<float>> read_sketch(const std::filesystem::path& file) {
    const std::string where = file.string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
        return Error{std::filesystem::exists(file, error) ? "it is not a file" : "there is no such file",
                     where, "name a text file with one point x,y a line"};
    if (std::filesystem::file_size(file, error) > largest_file || error)
        return Error{"it is larger than a megabyte", where,
                     fmt::format("keep at most {} points", DataSettings::most_sketch_points)};
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return Error{"it cannot be read", where, "check its permissions"};
    std::vector<float> sketch;
    std::string text;
    bool begun = false; // a line of names comes before all points
    for (int number = 1; std::getline(stream, text); ++number) {
        std::string_view line = text;
        if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
        const std::string_view first = next_word(line), second = next_word(line);
        if (first.empty() || first.starts_with('#')) continue;
        double x = 0, y = 0;
        if (!is_number(first, x) || !is_number(second, y) || !next_word(line).empty()) {
            if (!begun && text.find_first_of("0123456789") == std::string::npos) {
                begun = true;
                continue;
            }
            return Error{fmt::format("line {} is not two numbers: {}", number, printable(text)), where,
                         "write one point x,y a line"};
        }
        begun = true;
        for (const double value : {x, y})
            if (std::abs(value) > 1)
                return Error{fmt::format("line {}: {:g} is outside of [-1, 1]", number, value), where,
                             "scale the drawing into the square from -1 to 1"};
        if (sketch.size() / 2 == DataSettings::most_sketch_points)
            return Error{fmt::format("it has more than {} points", DataSettings::most_sketch_points), where,
                         "leave some of them out"};
        sketch.push_back(static_cast<float>(x));
        sketch.push_back(static_cast<float>(y));
    }
    if (stream.bad()) return Error{"it cannot be read to its end", where, "check the disk"};
    if (sketch.empty()) return Error{"there are no points in it", where, "write one point x,y a line"};
    return sketch;
}

} // namespace ddpm::app
