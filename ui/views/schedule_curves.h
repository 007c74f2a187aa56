// A noise schedule as curves over the paper's t.
#pragma once

#include "ddpm/chain_record.h"
#include "views/curve_view.h"

#include <vector>

namespace ddpm::ui {

/// ᾱ from t = 0 on, and β from t = 1 on against an axis of its own.
std::vector<Curve> scheduleCurves(const ScheduleTable& schedule);
/// ᾱ / (1 − ᾱ) from t = 1 on.
std::vector<Curve> snrCurves(const ScheduleTable& schedule);

} // namespace ddpm::ui
