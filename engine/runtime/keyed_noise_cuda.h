// keyed_noise on a GPU: one thread for four values. Plain functions over device memory; nvcc reads this.
#pragma once

#include <cstdint>
#include <cuda_runtime_api.h>

namespace ddpm::runtime {

/// Queues noise for `chains` chains of `values` each into `noise`.
void keyed_noise_on_device(float* noise, std::uint64_t seed, std::int64_t first_chain, std::int64_t chains,
                           std::uint32_t t, std::int64_t values, cudaStream_t stream);

} // namespace ddpm::runtime
