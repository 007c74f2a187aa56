// A data set in memory: pictures as bytes, points as floats.
#pragma once

#include "ddpm/config.h"
#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace ddpm::data {

struct Dataset {
    std::string name;       ///< for people: "MNIST digits", "Two moons"
    torch::Tensor items;    ///< pictures: [N, C, H, W] uint8, 0…255; points: [N, 2] float32 in [-1, 1]
    torch::Tensor labels;   ///< [N] int64 in [0, classes); undefined where there are none
    int classes = 0;

    bool is_points() const { return items.dim() == 2; }
    std::int64_t size() const { return items.size(0); }
};

/// Opens or makes the set. `resources` is the folder that holds data/mnist/….
/// Errors name the file and what to install or download.
Result<Dataset> open_dataset(const DataSettings& settings, const std::filesystem::path& resources);

/// What a net sees. Pictures: [N, C, H, W] uint8 -> [N, C, size, size] float32 in [-1, 1], padded with −1 equally on all
/// sides (28×28 in 32×32: two pixels); sample_size 0 or H keeps the size. Points pass through.
torch::Tensor to_model_input(const torch::Tensor& items, int sample_size);

/// A picture file (PNG, JPEG, BMP, WebP, TIFF) as [1, channels, size, size] uint8: alpha over black, EXIF orientation
/// applied, centre square, area-averaged down (or bilinear up) to size. The header is checked before memory is taken.
Result<torch::Tensor> read_picture(const std::filesystem::path& file, int size, int channels);

} // namespace ddpm::data
