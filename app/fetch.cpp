// `ddpm-lab fetch`: brings a data set that is too large to be bundled onto this machine.
#include "data/fetch.h"

#include "exit_codes.h"
#include "progress.h"
#include "verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace ddpm::app {
namespace {

constexpr double megabyte = 1e6;

std::string list_of_sets() {
    std::string text;
    for (const data::FetchedSet& set : data::fetched_sets())
        text += fmt::format("{:<10}  {}, {:.0f} MB, from {}\n", set.name, set.title,
                            static_cast<double>(set.size) / megabyte, set.address);
    return text;
}

const char* words_of(data::FetchProgress::Stage stage) {
    switch (stage) {
    case data::FetchProgress::Stage::downloading:
        return "downloading";
    case data::FetchProgress::Stage::checking:
        return "checking";
    default:
        return "unpacking";
    }
}

} // namespace

const VerbSpec& fetch_spec() {
    static const VerbSpec spec{
        "fetch",
        "NAME [options]",
        "Fetches a data set by name, checks it and unpacks it; without a name, lists what can be fetched.",
        "NAME",
        {
            {"to", "DIR", "where it goes (where 'train --data NAME' looks for it)"},
            {"quiet", "", "no progress"},
        },
        "A download that was cut off, or ended by Ctrl+C, goes on where it stopped. stdout gets the "
        "folder.\n\n"
        "  ddpm-lab fetch cifar10\n"};
    return spec;
}

int fetch(const Environment& environment, const Words& words) {
    Arguments arguments(fetch_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(fetch_spec());
        return exit_ok;
    }
    std::filesystem::path folder;
    bool quiet = false;
    arguments.read("to", folder);
    arguments.read("quiet", quiet);
    const data::FetchedSet* set = nullptr;
    if (arguments.positional()) {
        set = data::find_fetched_set(*arguments.positional());
        if (!set) {
            std::vector<std::string> names;
            for (const data::FetchedSet& known : data::fetched_sets())
                names.push_back(known.name);
            arguments.note({*arguments.positional(), "there is no data set of this name to be fetched",
                            "choose " + listed(names)});
        }
    }
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    if (!set) {
        environment.out << list_of_sets();
        return exit_ok;
    }
    if (folder.empty()) folder = data::fetched_folder(set->name);

    Progress progress(environment.err, environment.err_is_terminal, quiet);
    const Status fetched = data::fetch_set(*set, folder, [&](const data::FetchProgress& now) {
        const double part =
            static_cast<double>(now.done) / std::max<double>(static_cast<double>(now.total), 1);
        progress.show(std::min(part, 1.0), fmt::format("{} {}: {:.1f} of {:.1f} MB", words_of(now.stage),
                                                       set->name, static_cast<double>(now.done) / megabyte,
                                                       static_cast<double>(now.total) / megabyte));
        return !environment.interrupted();
    });
    progress.finish();
    if (!fetched) {
        environment.err << "ddpm-lab fetch: " << fetched.error().line() << '\n';
        return environment.interrupted() ? exit_interrupted : exit_input;
    }
    environment.out << folder.string() << '\n';
    return exit_ok;
}

} // namespace ddpm::app
