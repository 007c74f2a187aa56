// Chains beside the current one, and what they begin from.
#include "compat/torch_compat.h"
#include "runtime/branch.h"
#include "runtime/engine_thread.h"
#include "runtime/guarded.h"
#include "runtime/pictures.h"

#include <fmt/format.h>

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr int most_side = 200; ///< of a field's lattice
constexpr std::size_t most_branches = 64;

/// A record that grows is counted as it will be.
std::size_t memory_of(const ChainRecord& record) {
    const auto size = static_cast<std::size_t>(std::max(1, record.size()));
    const std::size_t now = record.bytes();
    return record.finished() ? now : now / size * static_cast<std::size_t>(record.planned());
}

} // namespace

std::size_t EngineThread::memory_of_branches() {
    std::erase_if(recorded_, [](const Recorded& each) { return each.record.expired(); });
    std::size_t taken = 0;
    for (const Recorded& each : recorded_)
        if (const auto record = each.record.lock()) taken += memory_of(*record);
    return taken;
}

void EngineThread::handle(const StartBranch& command) {
    handle(DropBranch{command.id});
    const auto refuse = [&](Error error) {
        publisher_.publish(BranchChanged{command.id, ChainPhase::none, nullptr});
        fail(Activity::sampling, std::move(error), command.id);
    };
    const std::optional<Error> error = guarded("starting a branch", [&] {
        if (branches_.size() >= most_branches)
            return refuse(
                {"too many branches are at work", "the engine", "wait for some of them, or close them"});
        // States belong to the model that made them, even where another one was opened since.
        Result<Model> model = command.of_chain && chain_ ? Result<Model>(chain_->model()) : current_model();
        if (!model) return refuse(model.error());
        const std::size_t taken = memory_of_branches() + (chain_ ? memory_of(*chain_->record()) : 0);
        const std::size_t memory = taken < options_.chain_memory ? options_.chain_memory - taken : 0;
        auto job = start_branch(command, *model, memory, options_.slice);
        if (!job) return refuse(job.error());
        const auto& record = (*job)->record();
        recorded_.push_back({command.id, record, std::move(model).value()});
        branches_.push_back(std::move(job).value());
        publisher_.publish(BranchChanged{command.id, ChainPhase::running, record});
    });
    if (error) refuse(*error);
}

void EngineThread::handle(const DropBranch& command) {
    for (std::size_t i = 0; i < branches_.size(); ++i)
        if (branches_[i]->record()->id() == command.id) {
            branches_[i]->record()->finish();
            return finish_branch(i);
        }
}

void EngineThread::finish_branch(std::size_t which) {
    const std::shared_ptr<ChainRecord> record = branches_[which]->record();
    branches_.erase(branches_.begin() + static_cast<std::ptrdiff_t>(which));
    publisher_.publish(BranchChanged{record->id(), ChainPhase::finished, record});
}

void EngineThread::branch_slice() {
    next_branch_ = next_branch_ < branches_.size() ? next_branch_ : 0;
    const std::size_t which = next_branch_++;
    Progress progress = Progress::more;
    const std::uint64_t id = branches_[which]->record()->id();
    const auto error = guarded("sampling a branch", [&] { progress = branches_[which]->advance(); });
    if (error) branches_[which]->record()->finish(); // what was recorded stays
    if (error || progress == Progress::done) finish_branch(which);
    if (error) fail(Activity::sampling, *error, id);
}

void EngineThread::handle(const SetChainMemory& command) {
    options_.chain_memory = command.bytes;
}

const RunSettings* EngineThread::model_settings() const {
    if (session_) return &session_->settings();
    return opened_model_ ? &opened_model_->settings : nullptr;
}

void EngineThread::handle(const FitPicture& command) {
    const auto refuse = [&](Error error) { fail(Activity::data, std::move(error), command.id); };
    const auto error = guarded("reading a picture", [&] {
        const RunSettings* run = model_settings();
        if (!run || run->model.kind != NetKind::unet)
            return refuse({"there is no model that draws pictures", command.file.string(),
                           "open or train one on pictures first"});
        const UnetSettings& unet = run->model.unet;
        PictureFitted answer;
        answer.id = command.id;
        torch::Tensor x0; // [1, C, H, W]
        if (!command.file.empty()) {
            auto picture = data::read_picture(command.file, unet.sample_size, unet.in_channels);
            if (!picture) return refuse(picture.error());
            x0 = data::to_model_input(*picture, 0);
            answer.title = command.file.filename().string();
        } else {
            auto opened = open_data(command.data);
            if (!opened) return refuse(opened.error());
            const data::Dataset& dataset = **opened;
            if (dataset.is_points())
                return refuse({"the data are points", dataset.name, "choose a set of pictures"});
            std::int64_t index = command.index;
            if (index < 0) {
                torch::Generator generator = compat::make_generator(torch::kCPU, command.seed);
                index = torch::randint(dataset.size(), {1}, generator, torch::kInt64).item<std::int64_t>();
            }
            if (index >= dataset.size())
                return refuse({fmt::format("there is no picture {}", index), dataset.name,
                               fmt::format("choose 0 to {}", dataset.size() - 1)});
            const Result<torch::Tensor> item = dataset.gather(torch::tensor({index}, torch::kInt64));
            if (!item) return refuse(item.error());
            if (item->size(2) > unet.sample_size || item->size(3) > unet.sample_size ||
                item->size(1) != unet.in_channels)
                return refuse({"its pictures have another size or other colours than the model's",
                               dataset.name, "choose the set that the model was trained on, or a file"});
            x0 = data::to_model_input(*item, unet.sample_size);
            answer.title = fmt::format("{} {}", dataset.name, index);
            if (dataset.labels.defined())
                answer.label = static_cast<int>(dataset.labels[index].item<std::int64_t>());
        }
        answer.shape = shape_of(x0);
        answer.x0 = to_values(x0);
        publisher_.publish(std::move(answer));
    });
    if (error) refuse(*error);
}

void EngineThread::handle(const AskField& command) {
    const auto error = guarded("asking for the field", [&] {
        const RunSettings* run = chain_ ? &chain_->model().settings : model_settings();
        if (!run || run->model.kind != NetKind::point_mlp) return; // a question that came too late
        const int T = run->diffusion.schedule.timesteps;
        if (command.side < 2 || command.side > most_side || command.t < 1 || command.t > T ||
            !(command.range > 0))
            return fail(Activity::sampling,
                        {"such a field cannot be drawn", "the engine",
                         fmt::format("choose t = 1 to {} and 2 to {} arrows", T, most_side)},
                        command.id);
        const Result<Model> model = chain_ ? Result<Model>(chain_->model()) : current_model();
        if (!model) return fail(Activity::sampling, model.error(), command.id);
        const torch::NoGradGuard no_grad;
        const torch::Tensor axis = torch::linspace(-command.range, command.range, command.side);
        const torch::Tensor x =
            torch::stack({axis.repeat({command.side}), axis.repeat_interleave(command.side)}, 1)
                .to(model->device);
        const torch::Tensor t = torch::full({x.size(0)}, command.t - 1,
                                            torch::TensorOptions(torch::kInt64).device(model->device));
        const torch::Tensor output = model->net->forward(x, t, {});
        SamplingSettings as_it_is;
        as_it_is.clip = false;
        const diffusion::Beliefs beliefs = diffusion::interpret(
            model->schedule, model->settings.diffusion, as_it_is, x, output, command.t - 1, command.t - 2);
        publisher_.publish(
            FieldReady{command.id, command.t, command.range, command.side, to_values(beliefs.epsilon)});
    });
    if (error) fail(Activity::sampling, *error, command.id);
}

} // namespace ddpm::runtime
