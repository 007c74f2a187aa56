// The equations of a reverse step, as mathematics: the symbols for the card, and lines with the numbers of a
// t.
#pragma once

#include "ddpm/config.h"
#include "stages/denoise/step_numbers.h"
#include "stages/denoise/step_phases.h"
#include "views/equation_view.h"

#include <QString>

namespace ddpm::ui::equations {

struct Equation {
    math::Expr expression;
    QString words;  ///< for those who do not see it
    QString source; ///< where it stands
};

/// The sampler's whole update.
Equation update(const SamplingSettings& settings);
/// What one phase of it computes; `step` says whether noise is added, `clipped` what part of x0_hat's values
/// is at the clip range.
Equation ofPhase(const SamplingSettings& settings, const StepNumbers& step, StepPhase phase, double clipped);

/// Lines of Algorithm 2, 1…4; without a step in symbols.
math::Expr line(int number, const SamplingSettings& settings, int timesteps);
math::Expr lineWithNumbers(int number, const SamplingSettings& settings, const StepNumbers& step);
/// Line 3 or 4 as one phase of it.
math::Expr lineOfPhase(const SamplingSettings& settings, const StepNumbers& step, StepPhase phase);

} // namespace ddpm::ui::equations
