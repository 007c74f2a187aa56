// The command line of one verb: strict about what it does not know, helpful about what was probably meant.
#pragma once

#include "ddpm/config.h"
#include "environment.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddpm::app {

struct OptionSpec {
    std::string_view name;  ///< without the dashes: "batch"
    std::string_view value; ///< what follows it in the help: "N"; empty for a switch
    std::string help;
};

struct VerbSpec {
    std::string_view name;       ///< "train"
    std::string_view usage;      ///< after "ddpm-lab train "
    std::string_view summary;    ///< one sentence
    std::string_view positional; ///< "PATH" if the verb takes exactly one plain word, else empty
    std::vector<OptionSpec> options;
    std::string_view notes; ///< examples and remarks at the end of the help
};

/// The full help text of a verb.
std::string help_text(const VerbSpec& spec);

/// The candidate that `word` is probably a slip of, or nothing.
std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b or c".
std::string listed(const std::vector<std::string>& words);

template <typename E>
std::vector<std::string> names_of_all() {
    std::vector<std::string> names;
    for (const E value : all_values<E>())
        names.emplace_back(name_of(value));
    return names;
}

/// Parsed words. A value that cannot be read is collected in problems() and leaves its target as it was, so
/// that everything wrong is said at once.
class Arguments {
public:
    Arguments(const VerbSpec& spec, const Words& words);

    bool wants_help() const { return has("help"); }
    bool has(std::string_view option) const { return values_.find(option) != values_.end(); }
    const std::optional<std::string>& positional() const { return positional_; }

    /// A text without judging it.
    void peek(std::string_view option, std::string& target) const {
        if (const std::string* text = find(option)) target = *text;
    }
    void read(std::string_view option, bool& target) const { target = target || has(option); }
    void read(std::string_view option, int& target);
    void read(std::string_view option, std::int64_t& target);
    void read(std::string_view option, std::uint64_t& target);
    void read(std::string_view option, double& target);
    void read(std::string_view option, std::string& target);
    void read(std::string_view option, std::filesystem::path& target);
    void read(std::string_view option, std::vector<std::int64_t>& target); ///< "0,371,999"

    template <typename E>
    requires std::is_enum_v<E>
    void read(std::string_view option, E& target) {
        const std::string* text = find(option);
        if (text == nullptr) return;
        if (const auto value = from_name<E>(*text))
            target = *value;
        else
            note_unknown_name(option, *text, names_of_all<E>());
    }

    void note(std::string_view option, std::string what, std::string remedy);
    void note(Problem problem) { problems_.push_back(std::move(problem)); } ///< `field` as it is to be shown
    /// One error for all that is wrong; nothing if all is well.
    std::optional<Error> error() const;

private:
    const std::string* find(std::string_view option) const;
    void note_unknown_name(std::string_view option, const std::string& text,
                           const std::vector<std::string>& names);
    template <typename T>
    void read_number(std::string_view option, T& target, const char* kind);

    const VerbSpec& spec_;
    std::map<std::string, std::string, std::less<>> values_;
    std::optional<std::string> positional_;
    std::vector<Problem> problems_;
};

} // namespace ddpm::app
