// The style sheet of all standard widgets, made from the theme's colours and scale.
#pragma once

#include <QString>

namespace ddpm::ui::theme {

QString styleSheet();

} // namespace ddpm::ui::theme
