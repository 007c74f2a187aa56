#include "data/array_set.h"

#include "data/array_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace ddpm::data {
namespace {

constexpr std::int64_t longest_side = 4096;
const char* const shapes_remedy = "save it as [N, H, W], [N, H, W, C] or [N, C, H, W] with C = 1 or 3";

Error wrong_shape(const torch::Tensor& array, const std::string& where) {
    return {fmt::format("its shape is [{}]", fmt::join(array.sizes().vec(), ", ")), where, shapes_remedy};
}

/// uint8 of the same shape, by the rule for values.
Result<torch::Tensor> as_bytes(const torch::Tensor& array, const std::string& where) {
    if (array.scalar_type() == torch::kUInt8) return array;
    if (array.scalar_type() == torch::kBool) return array.to(torch::kUInt8).mul_(255);
    const double low = array.min().item<double>(), high = array.max().item<double>(); // NaN comes through
    if (!array.is_floating_point()) {
        if (low < 0 || high > 255)
            return Error{fmt::format("its values lie between {:.0f} and {:.0f}", low, high), where,
                         "save whole numbers in 0…255, best as uint8"};
        return array.to(torch::kUInt8);
    }
    if (!(low >= -1 && high <= 1))
        return Error{fmt::format("its values lie between {} and {}", low, high), where,
                     "save uint8, or floats in [0, 1] or [-1, 1]"};
    torch::Tensor bytes = torch::empty(array.sizes(), torch::kUInt8);
    const double scale = low >= 0 ? 255.0 : 127.5, shift = low >= 0 ? 0.0 : 127.5;
    for (std::int64_t i = 0; i < array.size(0); ++i) // one at a time: eight times the bytes would be a lot
        bytes[i].copy_(array[i].to(torch::kFloat64).mul_(scale).add_(shift).round_());
    return bytes;
}

Result<torch::Tensor> labels_of_array(const torch::Tensor& array, std::int64_t pictures,
                                      const std::string& where) {
    const bool vector = array.dim() == 1 || (array.dim() == 2 && array.size(1) == 1);
    if (!vector || array.is_floating_point() || array.scalar_type() == torch::kBool)
        return Error{"its labels are no list of whole numbers", where, "save one whole number a picture"};
    if (array.size(0) != pictures)
        return Error{fmt::format("it has {} labels, but there are {} pictures", array.size(0), pictures),
                     where, "save one label a picture"};
    const torch::Tensor labels = array.reshape({-1}).to(torch::kInt64);
    constexpr std::int64_t most_classes = 10'000;
    const auto low = labels.min().item<std::int64_t>(), high = labels.max().item<std::int64_t>();
    if (low < 0 || high >= most_classes)
        return Error{fmt::format("its labels lie between {} and {}", low, high), where,
                     fmt::format("number the classes from 0, at most {} of them", most_classes)};
    return labels;
}

std::optional<std::string> first_of(const NpzFile& npz, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (npz.has(name)) return name;
    return std::nullopt;
}

} // namespace

Result<torch::Tensor> pictures_of_array(const torch::Tensor& array, const std::string& where,
                                        std::vector<std::string>& notices) {
    if (array.dim() != 3 && array.dim() != 4) return wrong_shape(array, where);
    if (array.numel() == 0) return Error{"there is no picture in it", where, shapes_remedy};
    torch::Tensor ordered = array;
    const auto is_channels = [](std::int64_t extent) { return extent == 1 || extent == 3; };
    if (array.dim() == 3)
        ordered = array.unsqueeze(1);
    else if (is_channels(array.size(3)))
        ordered = array.permute({0, 3, 1, 2});
    else if (!is_channels(array.size(1)))
        return wrong_shape(array, where);
    const std::int64_t height = ordered.size(2), width = ordered.size(3), side = std::min(height, width);
    if (std::max(height, width) > longest_side) return wrong_shape(array, where);
    const Result<torch::Tensor> bytes = as_bytes(ordered, where);
    if (!bytes) return bytes;
    if (height != width)
        notices.push_back(fmt::format("pictures of {}×{} were cut to the centre square of {}×{}", width,
                                      height, side, side));
    return bytes->narrow(2, (height - side) / 2, side).narrow(3, (width - side) / 2, side).contiguous();
}

Result<Dataset> open_array_file(const std::filesystem::path& file) {
    Dataset set;
    set.name = file.filename().string();
    if (!looks_like_zip(file)) {
        const Result<torch::Tensor> array = read_npy(file);
        if (!array) return array.error();
        Result<torch::Tensor> pictures = pictures_of_array(*array, file.string(), set.notices);
        if (!pictures) return pictures.error();
        set.items = std::move(*pictures);
        return set;
    }
    const Result<NpzFile> npz = NpzFile::open(file);
    if (!npz) return npz.error();
    std::optional<std::string> key = first_of(*npz, {"images", "x", "x_train", "arr_0"});
    if (!key && npz->names().size() == 1) key = npz->names().front();
    if (!key)
        return Error{
            fmt::format("none of its arrays ({}) is known to hold pictures", fmt::join(npz->names(), ", ")),
            file.string(), "name the pictures “images” and their labels “labels”"};
    const auto read_pictures = [&]() -> Result<torch::Tensor> {
        const Result<torch::Tensor> array = npz->read(*key);
        if (!array) return array.error();
        return pictures_of_array(*array, fmt::format("{} ({})", file.string(), *key), set.notices);
    };
    Result<torch::Tensor> pictures = read_pictures();
    if (!pictures) return pictures.error();
    set.items = std::move(*pictures);
    const std::optional<std::string> label_key = first_of(*npz, {"labels", "y", "y_train", "arr_1"});
    if (!label_key || label_key == key) return set;
    const Result<torch::Tensor> array = npz->read(*label_key);
    if (!array) return array.error();
    Result<torch::Tensor> labels =
        labels_of_array(*array, set.size(), fmt::format("{} ({})", file.string(), *label_key));
    if (!labels) return labels.error();
    set.classes = labels->max().item<int>() + 1;
    set.labels = std::move(*labels);
    return set;
}

} // namespace ddpm::data
