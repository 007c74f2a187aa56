// From a picture to the noise it comes from: DDIM (eta = 0) backwards (Song et al. 2020, §4.3 and App. F).
#pragma once

#include "ddpm/config.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

namespace ddpm::diffusion {

/// One step away from the data: x at `index` -> x at `next` (0-based, next > index). `output` is the net's at
/// (x, index). What it believes about x_0 and epsilon is kept and mixed anew, as the probability flow does
/// for small steps.
torch::Tensor encode_step(const Schedule& schedule, const DiffusionSettings& diffusion,
                          const torch::Tensor& x, const torch::Tensor& output, int index, int next);

} // namespace ddpm::diffusion
