// The timeline as a slider for assistive technology: its value can be read and set.
#pragma once

namespace ddpm::ui {

class Timeline;

/// Makes Qt see a slider in every Timeline; what is called after the first time does nothing.
void installAccessibleTimeline();
/// Tells whoever listens that the value is another one now.
void announcePosition(Timeline* timeline);

} // namespace ddpm::ui
