// The variance schedule and every table derived from it, in float64 (§2, §4).
#pragma once

#include "ddpm/chain_record.h"
#include "ddpm/config.h"

#include <vector>

namespace ddpm::diffusion {

/// All arrays have length T and are 0-based: index 0 is the paper's t = 1. float64, dimensionless.
struct Schedule {
    std::vector<double> betas;                          ///< beta_t
    std::vector<double> alphas_cumprod;                 ///< alpha_bar_t, product of (1 − beta_s) up to t
    std::vector<double> alphas_cumprod_prev;            ///< alpha_bar_{t−1}; 1 at index 0
    std::vector<double> posterior_variance;             ///< beta-tilde_t, eq. 7; 0 at index 0
    std::vector<double> posterior_log_variance_clipped; ///< its logarithm, index 0 replaced by index 1
    std::vector<double> posterior_mean_coef_x0;         ///< factor of x_0 in mu-tilde_t, eq. 7
    std::vector<double> posterior_mean_coef_xt;         ///< factor of x_t in mu-tilde_t, eq. 7

    int timesteps() const { return static_cast<int>(betas.size()); }
    /// alpha_bar at a 0-based index; 1 before the first step (index < 0).
    double alpha_bar(int index) const {
        return index < 0 ? 1.0 : alphas_cumprod[static_cast<std::size_t>(index)];
    }
};

/// `settings` must pass check().
Schedule make_schedule(const ScheduleSettings& settings);

/// From betas in (0, 1], at least two.
Schedule schedule_from_betas(std::vector<double> betas);

/// What the window draws.
ScheduleTable to_table(const Schedule& schedule);

} // namespace ddpm::diffusion
