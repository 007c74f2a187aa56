#include "ddpm/number_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace ddpm {
namespace {

constexpr double exact_integers = 9007199254740992.0; // 2^53

void append_number(std::string& text, double value) {
    if (std::isnan(value)) {
        text += "nan";
        return;
    }
    if (std::isinf(value)) {
        text += value < 0 ? "-inf" : "inf";
        return;
    }
    std::array<char, 32> digits{};
    // Steps stay whole numbers: "100000", not "1e+05".
    const bool whole = std::abs(value) < exact_integers && value == std::trunc(value) &&
                       !(value == 0 && std::signbit(value));
    const auto end =
        whole ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::int64_t>(value))
              : std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), end.ptr);
}

void append_heading(std::string& text, const std::string& name) {
    if (name.find_first_of(",\"\r\n") == std::string::npos) {
        text += name;
        return;
    }
    text += '"';
    for (const char c : name) {
        if (c == '"') text += '"';
        text += c;
    }
    text += '"';
}

} // namespace

std::string to_csv(const std::vector<NumberColumn>& columns) {
    std::string text;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) text += ',';
        append_heading(text, columns[i].name);
        rows = std::max(rows, columns[i].values.size());
    }
    text += '\n';
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) text += ',';
            const auto& values = columns[i].values;
            if (row < values.size() && values[row]) append_number(text, *values[row]);
        }
        text += '\n';
    }
    return text;
}

} // namespace ddpm
