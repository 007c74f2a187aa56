// Labels for classifier-free guidance (Ho & Salimans 2022): some are replaced by "no class", so that one net
// learns both.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::training {

/// Each of `labels` ([N] int64) becomes `no_class` with `probability`, drawn from `generator` on their
/// device.
torch::Tensor drop_labels(const torch::Tensor& labels, std::int64_t no_class, double probability,
                          torch::Generator& generator);

} // namespace ddpm::training
