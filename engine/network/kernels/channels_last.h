// When the kernels' own loops can be used, and pictures for them.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace ddpm::network::kernels {

inline bool has_loops(const torch::Tensor& x) {
    return x.is_cpu() && x.numel() > 0 &&
           (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

inline torch::Tensor channels_last(const torch::Tensor& x) {
    return x.contiguous(at::MemoryFormat::ChannelsLast);
}

/// Like `like` in number and type, in channels-last memory.
inline torch::Tensor empty_pictures(const torch::Tensor& like, std::int64_t channels, std::int64_t height,
                                    std::int64_t width) {
    return torch::empty({like.size(0), channels, height, width},
                        like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

} // namespace ddpm::network::kernels
