#include "runtime/forward.h"

#include "compat/torch_compat.h"
#include "diffusion/forward.h"
#include "diffusion/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace ddpm::runtime {
namespace {

constexpr std::int64_t chain_points = 2000;
constexpr std::int64_t most_values =
    32'000'000; ///< floats a record holds; a larger file picture is made smaller
constexpr int file_picture_size = 64;

Result<torch::Tensor> picture_from_file(const RunForward& request) {
    int size = file_picture_size;
    while (size > 16 && std::int64_t{3} * size * size * (request.schedule.timesteps + 1) > most_values / 2)
        size /= 2;
    auto picture = data::read_picture(request.file, size, 3);
    if (!picture) return picture.error();
    return data::to_model_input(*picture, 0);
}

} // namespace

Result<std::shared_ptr<const ForwardRecord>> run_forward(const RunForward& request,
                                                         const data::Dataset& dataset) {
    if (const auto problems = request.schedule.check(); !problems.empty()) return to_error(problems, "");
    auto record = std::make_shared<ForwardRecord>();
    record->id = request.id;
    record->settings = request.schedule;
    const diffusion::Schedule schedule = diffusion::make_schedule(request.schedule);
    record->schedule = diffusion::to_table(schedule);
    for (const ScheduleSettings& other : request.compare) {
        if (const auto problems = other.check(); !problems.empty()) return to_error(problems, "");
        record->compared.push_back({other, diffusion::to_table(diffusion::make_schedule(other))});
    }

    torch::Tensor x0; // [1, C, H, W] or [points, 2]
    if (!request.file.empty()) {
        auto picture = picture_from_file(request);
        if (!picture) return picture.error();
        x0 = *picture;
        record->title = request.file.filename().string();
    } else if (dataset.is_points()) {
        x0 = dataset.items.narrow(0, 0, std::min(chain_points, dataset.size()));
        record->title = dataset.name;
    } else {
        if (request.index < 0 || request.index >= dataset.size())
            return Error{fmt::format("there is no picture {}", request.index), dataset.name,
                         fmt::format("choose 0 to {}", dataset.size() - 1)};
        const Result<torch::Tensor> item = dataset.gather(torch::tensor({request.index}, torch::kInt64));
        if (!item) return item.error();
        x0 = data::to_model_input(*item, 0);
        record->title = fmt::format("{} {}", dataset.name, request.index);
        if (dataset.labels.defined())
            record->label = static_cast<int>(dataset.labels[request.index].item<std::int64_t>());
    }
    if (x0.dim() == 4) {
        record->channels = static_cast<int>(x0.size(1));
        record->height = static_cast<int>(x0.size(2));
        record->width = static_cast<int>(x0.size(3));
        x0 = x0.permute({0, 2, 3, 1}).contiguous(); // the record's layout; q does not care
    }
    record->values = static_cast<std::size_t>(x0.numel());
    const auto states = static_cast<std::size_t>(schedule.timesteps() + 1);
    if (static_cast<std::int64_t>(states * record->values) > most_values)
        return Error{"the whole forward chain would not fit in memory", record->title,
                     fmt::format("choose fewer timesteps than {}", schedule.timesteps())};
    record->jump.resize(states * record->values);
    record->steps.resize(states * record->values);

    const torch::NoGradGuard no_grad;
    torch::Generator generator = compat::make_generator(torch::kCPU, request.seed);
    const torch::Tensor epsilon = torch::randn(x0.sizes(), generator);
    record->epsilon.resize(record->values);
    std::memcpy(record->epsilon.data(), epsilon.contiguous().data_ptr<float>(),
                record->values * sizeof(float));
    const auto store = [&](std::vector<float>& into, int t, const torch::Tensor& x) {
        const torch::Tensor values = x.contiguous();
        std::memcpy(into.data() + static_cast<std::size_t>(t) * record->values, values.data_ptr<float>(),
                    record->values * sizeof(float));
    };
    store(record->jump, 0, x0);
    store(record->steps, 0, x0);
    torch::Tensor stepped = x0;
    for (int index = 0; index < schedule.timesteps(); ++index) {
        const double alpha_bar = schedule.alpha_bar(index);
        store(record->jump, index + 1, std::sqrt(alpha_bar) * x0 + std::sqrt(1 - alpha_bar) * epsilon);
        stepped = diffusion::q_step(schedule, stepped, index, torch::randn(x0.sizes(), generator));
        store(record->steps, index + 1, stepped);
    }
    return std::shared_ptr<const ForwardRecord>(std::move(record));
}

} // namespace ddpm::runtime
