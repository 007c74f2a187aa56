#include "ddpm/result.h"

namespace ddpm {

std::string Error::line() const {
    std::string text = where.empty() ? what : where + ": " + what;
    if (!remedy.empty()) text += ". Remedy: " + remedy;
    return text;
}

Error to_error(const std::vector<Problem>& problems, const std::string& where) {
    Error error{{}, where, {}};
    for (const Problem& problem : problems) {
        if (!error.what.empty()) error.what += "; ";
        error.what += problem.field + ": " + problem.what;
        if (problem.remedy.empty()) continue;
        if (!error.remedy.empty()) error.remedy += "; ";
        error.remedy += problem.remedy;
    }
    return error;
}

} // namespace ddpm
