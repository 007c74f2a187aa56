// Pictures of a data set that does not fit into memory, read when they are asked for.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ddpm::data {

/// May be used from any thread, also from several at once.
class PictureSource {
public:
    virtual ~PictureSource() = default;

    virtual std::int64_t size() const = 0;
    virtual std::vector<std::int64_t> item_shape() const = 0; ///< C, H, W

    /// indices: [n] int64 on the CPU, in [0, size()) -> [n, C, H, W] uint8. The same index gives the same
    /// picture as long as its file does not change; waits until all are read. An error when so many files
    /// are gone that nothing can stand in for them.
    virtual Result<torch::Tensor> fetch(const torch::Tensor& indices) = 0;

    /// Says what will be asked for next, so that it can be read meanwhile. Returns at once; a hint only.
    virtual void announce(const torch::Tensor& indices) = 0;

    struct Replaced {
        std::int64_t count = 0; ///< pictures that could not be read any more; others stand in for them
        std::vector<std::string> reasons; ///< of the first hundred, one line each
    };
    virtual Replaced replaced() const = 0;
};

} // namespace ddpm::data
