// Which number format a net for pictures computes in.
#pragma once

#include "ddpm/config.h"

#include <torch/torch.h>

namespace ddpm::runtime {

/// `asked` (TF32 is a GPU's; on a processor it is fp32), or the faster one where that is automatic: bf16 on a
/// GPU, or a processor that multiplies it in hardware, if the convolutions of this net's first level, timed
/// on `device`, say so. Timed once for each shape (some tenths of a second); a net for points computes in
/// fp32.
Precision resolve(Precision asked, const ModelSettings& model, torch::Device device);

} // namespace ddpm::runtime
