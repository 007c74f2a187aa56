// Data sets: pictures as bytes, points as floats; in memory where they fit.
#pragma once

#include "data/picture_source.h"
#include "ddpm/config.h"
#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::data {

struct Dataset {
    std::string name; ///< for people: "MNIST digits", "Two moons"
    /// Pictures: [N, C, H, W] uint8, 0…255; points: [N, 2] float32 in [-1, 1]. Undefined where `source` is
    /// set.
    torch::Tensor items;
    torch::Tensor labels; ///< [N] int64 in [0, classes); undefined where there are none
    int classes = 0;
    std::vector<std::string> class_names = {};  ///< `classes` names, or none where they are only numbers
    std::vector<std::string> notices = {};      ///< what was left out or changed on opening, a line each
    std::shared_ptr<PictureSource> source = {}; ///< of a set that does not fit into memory

    bool in_memory() const { return !source; }
    bool is_points() const { return !source && items.dim() == 2; }
    std::int64_t size() const { return source ? source->size() : items.size(0); }
    std::vector<std::int64_t> item_shape() const; ///< {C, H, W} or {2}

    /// indices: [n] int64, on the device of `items` (the CPU for a source) -> [n, C, H, W] uint8, or [n, 2].
    /// Only a source can fail.
    Result<torch::Tensor> gather(const torch::Tensor& indices) const;
    /// What gather() will be asked for next; a hint that only a source uses.
    void announce(const torch::Tensor& indices) const;
};

/// Called while a large set is opened, from the thread that opens it; `false` stops the opening.
using OpenProgress = std::function<bool(std::int64_t done, std::int64_t total)>;

/// Opens or makes the set. `resources` is the folder that holds data/mnist/….
/// Errors name the file and what to install or download.
Result<Dataset> open_dataset(const DataSettings& settings, const std::filesystem::path& resources,
                             const OpenProgress& progress = {});

/// What a net sees. Pictures: [N, C, H, W] uint8 -> [N, C, size, size] float32 in [-1, 1], padded with −1
/// equally on all sides (28×28 in 32×32: two pixels); sample_size 0 or H keeps the size. Points pass through.
torch::Tensor to_model_input(const torch::Tensor& items, int sample_size);

/// A picture file (PNG, JPEG, BMP, WebP, TIFF) as [1, channels, size, size] uint8: alpha over black, EXIF
/// orientation applied, centre square, area-averaged down (or bilinear up) to size. The header is checked
/// before memory is taken.
Result<torch::Tensor> read_picture(const std::filesystem::path& file, int size, int channels);

} // namespace ddpm::data
