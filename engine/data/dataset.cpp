#include "data/dataset.h"

#include "data/array_set.h"
#include "data/cifar10.h"
#include "data/drawing.h"
#include "data/emoji_set.h"
#include "data/fetched_sets.h"
#include "data/idx.h"
#include "data/idx_set.h"
#include "data/picture_folder.h"
#include "data/point_sets.h"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

namespace ddpm::data {
namespace {

const std::filesystem::path fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

Dataset named(std::string name, PointSet set) {
    return {std::move(name), std::move(set.points), std::move(set.labels), set.classes};
}

Result<Dataset> open_drawing(const DataSettings& settings) {
    if (!settings.sketch.empty())
        return named("Drawing by hand", along_pen(settings.sketch, settings.points, settings.seed));
    const bool from_picture = !settings.picture.empty();
    const Result<torch::Tensor> ink =
        from_picture ? ink_of_picture(settings.picture) : ink_of_text(settings.text);
    if (!ink) return ink.error();
    const std::string title =
        from_picture ? settings.picture.filename().string() : fmt::format("“{}”", settings.text);
    return named("Drawing: " + title, spread_over(*ink, settings.points, settings.seed));
}

} // namespace

std::vector<std::int64_t> Dataset::item_shape() const {
    return source ? source->item_shape() : items.sizes().slice(1).vec();
}

Result<torch::Tensor> Dataset::gather(const torch::Tensor& indices) const {
    if (source) return source->fetch(indices);
    return items.index_select(0, indices);
}

void Dataset::announce(const torch::Tensor& indices) const {
    if (source) source->announce(indices);
}

Result<Dataset> open_idx_set(const std::filesystem::path& folder, bool test_split, const std::string& name,
                             const std::string& remedy) {
    const std::string prefix = test_split ? "t10k" : "train";
    std::error_code ignored;
    const auto locate = [&](const std::string& file) {
        const std::filesystem::path plain = folder / file;
        return std::filesystem::exists(plain, ignored) ? plain
                                                       : std::filesystem::path(plain.string() + ".gz");
    };
    const std::filesystem::path pictures_file = locate(prefix + "-images-idx3-ubyte");
    const std::filesystem::path labels_file = locate(prefix + "-labels-idx1-ubyte");
    for (const auto& file : {pictures_file, labels_file})
        if (!std::filesystem::exists(file, ignored))
            return Error{fmt::format("{} is not installed", name), file.string(), remedy};
    constexpr int classes = 10;
    Result<torch::Tensor> pictures = read_idx_pictures(pictures_file);
    if (!pictures) return pictures.error();
    Result<torch::Tensor> labels = read_idx_labels(labels_file, classes);
    if (!labels) return labels.error();
    if (pictures->size(0) != labels->size(0))
        return Error{
            fmt::format("it has {} labels, but there are {} pictures", labels->size(0), pictures->size(0)),
            labels_file.string(), "take both files from the same source"};
    return Dataset{name, std::move(*pictures), std::move(*labels), classes};
}

Result<Dataset> open_dataset(const DataSettings& settings, const std::filesystem::path& resources,
                             const OpenProgress& progress) {
    if (const std::vector<Problem> problems = settings.check(); !problems.empty())
        return to_error(problems, "data");
    const int count = settings.points;
    const std::uint64_t seed = settings.seed;
    switch (settings.kind) {
    case DataKind::mnist:
        return open_idx_set(resources / "data" / "mnist", settings.test_split, "MNIST digits",
                            "it comes with the program: install it again, or check the folder of resources");
    case DataKind::fashion_mnist:
        return open_idx_set(fashion_mnist_folder, settings.test_split, "Fashion-MNIST",
                            "install the package dataset-fashion-mnist (apt install dataset-fashion-mnist)");
    case DataKind::cifar10:
        return open_cifar10(settings.path.empty() ? fetched_folder("cifar10") : settings.path,
                            settings.test_split);
    case DataKind::emoji:
        return open_emoji(resources / "data" / "emoji", settings.test_split);
    case DataKind::picture_folder:
        return open_picture_folder(settings, {}, progress);
    case DataKind::array_file:
        return open_array_file(settings.path);
    case DataKind::two_moons:
        return named("Two moons", two_moons(count, seed));
    case DataKind::swiss_roll:
        return named("Swiss roll", swiss_roll(count, seed));
    case DataKind::checkerboard:
        return named("Checkerboard", checkerboard(count, seed));
    case DataKind::eight_gaussians:
        return named("Eight Gaussians", eight_gaussians(count, seed));
    case DataKind::drawing:
        return open_drawing(settings);
    }
    throw std::invalid_argument("open_dataset: unknown kind");
}

torch::Tensor to_model_input(const torch::Tensor& items, int sample_size) {
    if (items.dim() == 2) return items;
    torch::Tensor x = items.to(torch::kFloat32).div_(127.5).sub_(1.0);
    if (sample_size == 0) return x;
    const std::int64_t rows = sample_size - x.size(2), columns = sample_size - x.size(3);
    if (rows < 0 || columns < 0)
        throw std::invalid_argument("to_model_input: sample_size is smaller than the pictures");
    if (rows == 0 && columns == 0) return x;
    // Of an odd difference the larger half goes to the right and the bottom.
    return torch::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2}, -1.0);
}

} // namespace ddpm::data
