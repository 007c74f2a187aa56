// Each parser of files that somebody else may have written, as a function of bytes: whatever they are, it
// must neither crash nor take much memory, and what it accepts must mean the same when it is written and read
// again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ddpm::fuzz {

struct Parser {
    const char* name; ///< also that of its folder in corpus/
    /// Empty, or what is wrong. Exceptions are faults too.
    std::string (*run)(std::string_view bytes);
};

const std::vector<Parser>& parsers();

/// The one of that name; stops the program if there is none.
const Parser& parser(std::string_view name);

} // namespace ddpm::fuzz
