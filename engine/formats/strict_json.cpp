#include "formats/strict_json.h"

#include <fmt/format.h>

#include <set>
#include <vector>

namespace ddpm::formats {
namespace {

constexpr int deepest = 32;
const char* const damaged_remedy = "it is damaged or another kind of file: restore or replace it";

} // namespace

Result<nlohmann::json> parse_json_object(const std::string& text, const std::string& where) {
    using json = nlohmann::json;
    std::vector<std::set<std::string>> keys; // of the objects that are open
    std::string problem;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > deepest && problem.empty())
            problem = fmt::format("it is nested more than {} deep", deepest);
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second &&
            problem.empty())
            problem = fmt::format("the key {} appears twice", quote_json(parsed));
        return true;
    };
    if (text.find('\0') != std::string::npos)
        return Error{"it is not JSON (it holds a zero byte)", where, damaged_remedy};
    try {
        json value = json::parse(text, watch);
        if (!problem.empty()) return Error{problem, where, damaged_remedy};
        if (!value.is_object()) return Error{"it holds no JSON object", where, damaged_remedy};
        return value;
    } catch (const json::exception& failure) {
        // The library prefixes its own number, "[json.exception.parse_error.101] ".
        const std::string said = failure.what();
        const std::size_t at = said.find("] ");
        return Error{"it is not JSON: " + (at == std::string::npos ? said : said.substr(at + 2)), where,
                     damaged_remedy};
    }
}

std::string quote_json(const nlohmann::json& value) {
    std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return text;
}

} // namespace ddpm::formats
