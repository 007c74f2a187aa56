#include "arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace ddpm::app {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row.back();
}

std::string dashed(std::string_view option) {
    return "--" + std::string(option);
}

} // namespace

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& candidates) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        // What was begun ("moons" of "two-moons", "digits-" …) counts as near as well.
        const bool part = word.size() >= 4 && candidate.find(word) != std::string::npos;
        const std::size_t distance = part ? 1 : edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

std::string help_text(const VerbSpec& spec) {
    std::string text = fmt::format("ddpm-lab {} {}\n\n{}\n\n", spec.name, spec.usage, spec.summary);
    std::vector<std::pair<std::string, std::string>> lines;
    for (const OptionSpec& option : spec.options)
        lines.emplace_back(
            dashed(option.name) + (option.value.empty() ? "" : " " + std::string(option.value)), option.help);
    lines.emplace_back("--help", "this text");
    std::size_t width = 0;
    for (const auto& [left, right] : lines)
        width = std::max(width, left.size());
    for (const auto& [left, right] : lines)
        text += fmt::format("  {:<{}}  {}\n", left, width, right);
    if (!spec.notes.empty()) text += fmt::format("\n{}", spec.notes);
    return text;
}

Arguments::Arguments(const VerbSpec& spec, const Words& words) : spec_(spec) {
    std::vector<std::string> known{"--help"};
    for (const OptionSpec& option : spec.options)
        known.push_back(dashed(option.name));

    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string word = words[i];
        if (word == "-h") word = "--help";
        if (!word.starts_with("-") || word == "-") {
            if (spec.positional.empty() || positional_)
                problems_.push_back({word, "this word has no meaning here",
                                     fmt::format("see 'ddpm-lab {} --help'", spec.name)});
            else
                positional_ = word;
            continue;
        }
        std::optional<std::string> value;
        if (const auto equals = word.find('='); equals != std::string::npos) {
            value = word.substr(equals + 1);
            word.resize(equals);
        }
        const auto option =
            std::find_if(spec.options.begin(), spec.options.end(),
                         [&](const OptionSpec& candidate) { return dashed(candidate.name) == word; });
        if (option == spec.options.end() && word != "--help") {
            const auto meant = closest(word, known);
            problems_.push_back({word, "there is no such option",
                                 meant ? fmt::format("did you mean {}?", *meant)
                                       : fmt::format("'ddpm-lab {} --help' lists them", spec.name)});
            // A value that was meant for it must not be complained about as well.
            if (!value && i + 1 < words.size() && !words[i + 1].starts_with("-")) ++i;
            continue;
        }
        const bool takes_value = option != spec.options.end() && !option->value.empty();
        if (takes_value && !value) {
            if (i + 1 == words.size() || words[i + 1].starts_with("--")) {
                problems_.push_back(
                    {word, "it needs a value", fmt::format("write {} {}", word, option->value)});
                continue;
            }
            value = words[++i];
        }
        if (!takes_value && value) {
            problems_.push_back({word, "it takes no value", fmt::format("write just {}", word)});
            continue;
        }
        const bool first = values_.emplace(word.substr(2), value.value_or("")).second;
        if (!first) problems_.push_back({word, "it is given twice", "give it once"});
    }
}

const std::string* Arguments::find(std::string_view option) const {
    const auto found = values_.find(option);
    return found == values_.end() ? nullptr : &found->second;
}

template <typename T>
void Arguments::read_number(std::string_view option, T& target, const char* kind) {
    const std::string* text = find(option);
    if (text == nullptr) return;
    T value{};
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    bool good = error == std::errc() && end == text->data() + text->size();
    if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
    if (good)
        target = value;
    else
        note(option,
             fmt::format("'{}' is not {}", *text,
                         error == std::errc::result_out_of_range ? "a number of a usable size" : kind),
             fmt::format("write e.g. {} {}", dashed(option), std::is_floating_point_v<T> ? "0.5" : "100"));
}

void Arguments::read(std::string_view option, int& target) {
    read_number(option, target, "a whole number");
}
void Arguments::read(std::string_view option, std::int64_t& target) {
    read_number(option, target, "a whole number");
}
void Arguments::read(std::string_view option, std::uint64_t& target) {
    read_number(option, target, "a whole number of 0 or more");
}
void Arguments::read(std::string_view option, double& target) {
    read_number(option, target, "a number");
}

void Arguments::read(std::string_view option, std::string& target) {
    if (const std::string* text = find(option)) target = *text;
}

void Arguments::read(std::string_view option, std::vector<std::int64_t>& target) {
    const std::string* text = find(option);
    if (text == nullptr) return;
    std::vector<std::int64_t> numbers;
    const char* at = text->data();
    const char* const end = at + text->size();
    while (at != end) {
        std::int64_t number = 0;
        const auto [rest, error] = std::from_chars(at, end, number);
        if (error != std::errc{} || (rest != end && *rest != ',')) break;
        numbers.push_back(number);
        at = rest == end ? end : rest + 1;
    }
    if (at != end || numbers.empty() || text->back() == ',')
        note(option, "'" + *text + "' is no list of whole numbers", "write e.g. 0,371,999");
    else
        target = std::move(numbers);
}

void Arguments::read(std::string_view option, std::filesystem::path& target) {
    const std::string* text = find(option);
    if (text == nullptr) return;
    if (text->empty())
        note(option, "the path is empty", "name a file or folder");
    else
        target = *text;
}

void Arguments::note_unknown_name(std::string_view option, const std::string& text,
                                  const std::vector<std::string>& names) {
    const auto meant = closest(text, names);
    note(option, fmt::format("there is no '{}'", text),
         (meant ? fmt::format("did you mean {}? Known: ", *meant) : "choose ") + listed(names));
}

void Arguments::note(std::string_view option, std::string what, std::string remedy) {
    problems_.push_back({dashed(option), std::move(what), std::move(remedy)});
}

std::optional<Error> Arguments::error() const {
    if (problems_.empty()) return std::nullopt;
    return to_error(problems_, fmt::format("ddpm-lab {}", spec_.name));
}

} // namespace ddpm::app
