// The order in which training sees the data: every epoch a fresh permutation, a function of seed and epoch
// alone.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::training {

class Batches {
public:
    /// count >= batch_size >= 1. The remainder of an epoch that fills no batch is left out.
    Batches(std::int64_t count, std::int64_t batch_size, std::uint64_t seed, torch::Device device);

    /// Indices of batch `step` (0-based, over all epochs): [batch_size] int64 on the device.
    torch::Tensor indices(std::int64_t step);

    std::int64_t batches_per_epoch() const { return batches_per_epoch_; }

private:
    std::int64_t count_, batch_size_, batches_per_epoch_;
    std::uint64_t seed_;
    torch::Device device_;
    std::int64_t epoch_ = -1; ///< the one `order_` is for
    torch::Tensor order_;
};

} // namespace ddpm::training
