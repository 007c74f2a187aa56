// Which number format a net computes in.
#pragma once

#include "ddpm/config.h"

#include <torch/torch.h>

namespace ddpm::runtime {

/// `asked` (TF32 is a GPU's; on a processor it is fp32), or the faster one where that is automatic: bf16 on a
/// GPU, or a processor that multiplies it in hardware, if a short measurement on `device` says so: of a
/// convolution of the first level on a GPU, of the net itself on a processor. Once for each shape (some
/// tenths of a second, more than one for the paper's net on a processor). The net for points has bf16 on a
/// processor that multiplies it, and fp32 everywhere else, whatever is asked.
Precision resolve(Precision asked, const ModelSettings& model, torch::Device device);

} // namespace ddpm::runtime
