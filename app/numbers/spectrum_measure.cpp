#include "numbers/spectrum_measure.h"

#include "diffusion/forward.h"
#include "diffusion/objective.h"
#include "diffusion/tables.h"
#include "runtime/keyed_noise.h"

#include <algorithm>

namespace ddpm::app {
namespace {

constexpr int most_bins = 50; ///< as training counts them
constexpr int slice = 16;     ///< examples asked about at once

} // namespace

Result<std::optional<std::vector<double>>> measure_spectrum(const runtime::Model& model,
                                                            const data::Dataset& data, int examples,
                                                            std::uint64_t seed,
                                                            const std::function<bool(double)>& go_on) {
    const torch::NoGradGuard no_grad;
    const DiffusionSettings& diffusion = model.settings.diffusion;
    const bool points = model.settings.model.kind != NetKind::unet;
    const std::int64_t count = std::min<std::int64_t>(examples, data.size());
    const torch::Tensor indices = (torch::arange(count) * data.size()).floor_divide(count);
    auto items = data.gather(indices);
    if (!items) return items.error();
    const torch::Tensor x0 =
        data::to_model_input(*items, points ? 0 : model.settings.model.unet.sample_size).to(model.device);
    if (x0.sizes().slice(1).vec() != model.item_shape())
        return Error{"its data do not fit the model", data.name, "look at the settings of the run"};
    torch::Tensor labels;
    if (model.settings.model.unet.num_class_embeds > 0 && data.labels.defined())
        labels = data.labels.index_select(0, indices).to(model.device);

    const diffusion::Tables tables = diffusion::make_tables(model.schedule, model.device);
    const int timesteps = model.schedule.timesteps(), bins = std::min(most_bins, timesteps);
    const auto slices = (count + slice - 1) / slice;
    std::vector<double> spectrum;
    for (std::int64_t bin = 0; bin < bins; ++bin) {
        // Index i belongs to bin i · bins / T, rounded down.
        const std::int64_t first = (bin * timesteps + bins - 1) / bins,
                           width = ((bin + 1) * timesteps + bins - 1) / bins - first;
        double sum = 0;
        for (std::int64_t part = 0; part < slices; ++part) {
            if (!go_on((static_cast<double>(bin) + static_cast<double>(part) / static_cast<double>(slices)) /
                       bins))
                return std::optional<std::vector<double>>();
            const std::int64_t row = part * slice, n = std::min<std::int64_t>(slice, count - row);
            const torch::Tensor t =
                (first + (torch::arange(row, row + n) * width).floor_divide(count)).to(model.device);
            std::vector<torch::Tensor> noise;
            for (std::int64_t i = 0; i < n; ++i)
                noise.push_back(
                    runtime::keyed_noise(seed, row + i, 1, t[i].item<int>() + 1, model.item_shape()));
            const torch::Tensor epsilon = torch::cat(noise).to(model.device);
            const torch::Tensor clean = x0.narrow(0, row, n);
            const torch::Tensor x_t = diffusion::q_sample(tables.q, clean, t, epsilon);
            network::Mode mode;
            if (labels.defined()) mode.labels = labels.narrow(0, row, n);
            const torch::Tensor output = model.net->forward(x_t, t, mode);
            sum +=
                diffusion::losses(tables, diffusion, model.settings.training, clean, x_t, t, epsilon, output)
                    .squared.sum()
                    .item<double>();
        }
        spectrum.push_back(sum / static_cast<double>(count));
    }
    return std::optional(std::move(spectrum));
}

} // namespace ddpm::app
