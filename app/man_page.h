// The man page, made from the same words as --help.
#pragma once

#include "arguments.h"

#include <string>
#include <vector>

namespace ddpm::app {

/// ddpm-lab(1) in man's macros: what the program is, every verb with all its options, exit codes.
std::string man_page(const std::vector<const VerbSpec*>& verbs);

} // namespace ddpm::app
