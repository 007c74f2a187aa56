// `ddpm-lab inspect`: says what a file or folder holds, for people or as JSON.
#include "exit_codes.h"
#include "inspection.h"
#include "json_line.h"
#include "progress.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace ddpm::app {
namespace {

using nlohmann::ordered_json;

std::string plain(const ordered_json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_integer()) return grouped(value.get<std::int64_t>());
    if (value.is_number_float()) return short_number(value.get<double>(), 6);
    if (value.is_null()) return "–";
    return line_of(value);
}

std::string label(std::string key) {
    std::replace(key.begin(), key.end(), '_', ' ');
    return key;
}

/// Objects become indented blocks, lists of objects one line each, everything else "label: value".
void print(std::ostream& out, const ordered_json& object, const std::string& indent) {
    std::size_t width = 0;
    for (const auto& [key, value] : object.items())
        if (value.is_primitive()) width = std::max(width, key.size() + 1);
    for (const auto& [key, value] : object.items()) {
        if (value.is_object()) {
            if (value.empty()) continue;
            out << indent << label(key) << ":\n";
            print(out, value, indent + "  ");
        } else if (value.is_array() && !value.empty() &&
                   (value.front().is_object() || value.front().is_string())) {
            out << indent << label(key) << ":\n";
            for (const auto& item : value) {
                out << indent << "  ";
                if (item.is_object()) {
                    const char* separator = "";
                    for (const auto& [_, part] : item.items()) {
                        out << separator << plain(part);
                        separator = "  ";
                    }
                } else {
                    out << plain(item);
                }
                out << '\n';
            }
        } else if (!(value.is_array() && value.empty())) {
            out << indent << fmt::format("{:<{}} {}", label(key) + ":", width, plain(value)) << '\n';
        }
    }
}

} // namespace

const VerbSpec& inspect_spec() {
    static const VerbSpec spec{
        "inspect",
        "PATH [--json]",
        "Says what a run, a diffusers folder, a safetensors file or a picture of ours holds. Only reads.",
        "PATH",
        {{"json", "", "one JSON object on stdout"}},
        "Run: settings, steps done, last loss, parameters, every checkpoint good or bad. Diffusers folder: "
        "the net, the\n"
        "scheduler, tensors. safetensors: tensors and metadata. Picture: the settings that made it.\n\n"
        "  ddpm-lab inspect run\n"
        "  ddpm-lab inspect --json grid.png\n"};
    return spec;
}

int inspect(const Environment& environment, const Words& words) {
    Arguments arguments(inspect_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(inspect_spec());
        return exit_ok;
    }
    if (!arguments.positional())
        arguments.note({"PATH", "it is missing", "name the file or folder to look into"});
    bool json = false;
    arguments.read("json", json);
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    const auto report = inspect_path(*arguments.positional());
    if (!report) {
        environment.err << "ddpm-lab inspect: " << report.error().line() << '\n';
        return exit_input;
    }
    if (json)
        environment.out << line_of(*report) << '\n';
    else
        print(environment.out, *report, "");
    environment.out << std::flush;
    return exit_ok;
}

} // namespace ddpm::app
