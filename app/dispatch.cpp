#include "exit_codes.h"
#include "man_page.h"
#include "train_request.h"
#include "verbs.h"

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace ddpm::app {
namespace {

struct Verb {
    const VerbSpec& (*spec)();
    int (*run)(const Environment&, const Words&);
};
constexpr std::array verbs{Verb{train_spec, train},        Verb{sample_spec, sample},
                           Verb{measure_spec, measure},    Verb{explore_spec, explore},
                           Verb{export_spec, export_verb}, Verb{inspect_spec, inspect},
                           Verb{predict_spec, predict},    Verb{schedule_spec, schedule},
                           Verb{fetch_spec, fetch},        Verb{bench_spec, bench}};

const Verb* find_verb(const std::string& name) {
    for (const Verb& verb : verbs)
        if (verb.spec().name == name) return &verb;
    return nullptr;
}

int unknown(const Environment& environment, const std::string& word) {
    std::vector<std::string> names{"help", "--help", "--version"};
    for (const Verb& verb : verbs)
        names.emplace_back(verb.spec().name);
    const auto meant = closest(word, names);
    environment.err << fmt::format("ddpm-lab: there is no '{}'. Remedy: {}\n", word,
                                   meant ? fmt::format("did you mean '{}'?", *meant)
                                         : "'ddpm-lab help' lists the verbs");
    return exit_usage;
}

} // namespace

std::string overview() {
    std::string text =
        "ddpm-lab: denoising diffusion models, trained and watched live on this machine\n\n"
        "  ddpm-lab                opens the window ('ddpm-lab --help-window' for its options)\n";
    for (const Verb& verb : verbs)
        text += fmt::format("  ddpm-lab {:<14} {}\n", verb.spec().name, verb.spec().summary);
    text += "  ddpm-lab help [VERB]    this text, or all options of a verb\n"
            "  ddpm-lab help --man     all of that as a man page\n"
            "  ddpm-lab --version      the version\n\n"
            "Data goes to stdout, words to stderr. Exit codes:\n"
            "  0    done\n"
            "  1    failed while working\n"
            "  2    wrong usage or impossible settings; nothing was touched\n"
            "  3    an input is missing or cannot be read\n"
            "  4    the output exists already or cannot be written\n"
            "  130  interrupted (Ctrl+C or SIGTERM); a training was saved first\n";
    return text;
}

int dispatch(const Environment& environment, const Words& words) {
    const std::string first = words.empty() ? "help" : words.front();
    if (first == "--version") {
        environment.out << "ddpm-lab " DDPM_VERSION "\n";
        return exit_ok;
    }
    if (first == "help" || first == "--help" || first == "-h") {
        if (words.size() < 2) {
            environment.out << overview();
            return exit_ok;
        }
        if (words[1] == "--man") {
            std::vector<const VerbSpec*> specs;
            for (const Verb& verb : verbs)
                specs.push_back(&verb.spec());
            environment.out << man_page(specs);
            return exit_ok;
        }
        const Verb* verb = find_verb(words[1]);
        if (verb == nullptr) return unknown(environment, words[1]);
        environment.out << help_text(verb->spec());
        return exit_ok;
    }
    const Verb* verb = find_verb(first);
    if (verb == nullptr) return unknown(environment, first);
    return verb->run(environment, Words(words.begin() + 1, words.end()));
}

} // namespace ddpm::app
