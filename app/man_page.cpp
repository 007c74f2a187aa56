#include "man_page.h"

#include <fmt/format.h>

#include <sstream>

namespace ddpm::app {
namespace {

/// What troff would take for a command or a hyphen is written so that it is neither. Letters beyond ASCII as
/// their code points: not every man reads UTF-8.
std::string escaped(std::string_view text) {
    std::string result;
    bool line_start = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (line_start && (c == '.' || c == '\'')) result += "\\&";
        line_start = c == '\n';
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else if (c < 0x80) {
            result += static_cast<char>(c);
        } else { // the first byte of a letter says how many follow
            const int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            unsigned code = c & (0x3FU >> more);
            for (int k = 0; k < more && i + 1 < text.size(); ++k)
                code = (code << 6) | (static_cast<unsigned char>(text[++i]) & 0x3FU);
            result += fmt::format("\\[u{:04X}]", code);
        }
    }
    return result;
}

/// Lines that begin with two spaces are examples and keep their shape.
std::string notes_of(std::string_view notes) {
    std::istringstream lines{std::string(notes)};
    std::string line, text = ".PP\n";
    bool example = false;
    while (std::getline(lines, line)) {
        const bool now = line.starts_with("  ");
        if (now != example) text += now ? ".PP\n.nf\n" : ".fi\n.PP\n";
        example = now;
        if (!line.empty()) text += escaped(now ? line.substr(2) : line) + '\n';
    }
    return text + (example ? ".fi\n" : "");
}

std::string section_of(const VerbSpec& verb) {
    std::string text =
        fmt::format(".SS ddpm\\-lab {} {}\n{}\n", verb.name, escaped(verb.usage), escaped(verb.summary));
    for (const OptionSpec& option : verb.options) {
        text += fmt::format(".TP\n\\fB\\-\\-{}\\fR", escaped(option.name));
        if (!option.value.empty()) text += fmt::format(" \\fI{}\\fR", escaped(option.value));
        text += '\n' + escaped(option.help) + '\n';
    }
    return verb.notes.empty() ? text : text + notes_of(verb.notes);
}

} // namespace

std::string man_page(const std::vector<const VerbSpec*>& verbs) {
    std::string text =
        ".TH DDPM\\-LAB 1 \"\" \"DDPM Lab " DDPM_VERSION "\" \"User Commands\"\n"
        ".SH NAME\nddpm\\-lab \\- denoising diffusion models, trained and watched live on this machine\n"
        ".SH SYNOPSIS\n.B ddpm\\-lab\n[\\fIoptions of the window\\fR]\n.br\n";
    for (const VerbSpec* verb : verbs)
        text += fmt::format(".B ddpm\\-lab {}\n{}\n.br\n", verb->name, escaped(verb->usage));
    text +=
        ".SH DESCRIPTION\n"
        "Without a verb the window opens: the forward process that turns a picture into noise, the training, "
        "and "
        "the reverse process that turns noise into a picture, live. "
        "\\fBddpm\\-lab \\-\\-help\\-window\\fR lists its options. The verbs do the same from the terminal. "
        "Data goes to standard output, words to standard error.\n"
        ".SH VERBS\n";
    for (const VerbSpec* verb : verbs)
        text += section_of(*verb);
    text += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] :
         {std::pair{"0", "done"}, std::pair{"1", "failed while working"},
          std::pair{"2", "wrong usage or impossible settings; nothing was touched"},
          std::pair{"3", "an input is missing or cannot be read"},
          std::pair{"4", "the output exists already or cannot be written"},
          std::pair{"130", "interrupted; a training was saved first"}})
        text += fmt::format(".TP\n.B {}\n{}\n", code, meaning);
    return text;
}

} // namespace ddpm::app
