// The meaning of a colour, resolved when something is painted so that a theme change reaches it.
#pragma once

#include "theme/theme.h"

namespace ddpm::ui {

enum class Tone { text, muted, forward, reverse, training };

inline QColor toneColor(Tone tone) {
    const theme::Colors& c = theme::colors();
    switch (tone) {
    case Tone::muted:
        return c.muted;
    case Tone::forward:
        return c.forward;
    case Tone::reverse:
        return c.reverse;
    case Tone::training:
        return c.training;
    case Tone::text:
        break;
    }
    return c.text;
}

} // namespace ddpm::ui
