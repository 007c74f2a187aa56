// Models, data and chains.
#include "compat/torch_compat.h"
#include "formats/diffusers_folder.h"
#include "runtime/engine_thread.h"
#include "runtime/forward.h"
#include "runtime/guarded.h"
#include "runtime/pictures.h"
#include "runtime/resources.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr std::size_t data_sets_kept = 2;
constexpr std::int64_t data_points_shown = 4000;

} // namespace

// Models
// --------------------------------------------------------------------------------------------------------------

void EngineThread::handle(const OpenModel& command) {
    std::optional<Error> error = guarded("opening the model", [&] {
        auto model = load_model(command.folder, device_.torch);
        if (!model) return fail(Activity::model, model.error());
        if (!command.quiet)
            for (const std::string& text : model->notices)
                notice(text);
        if (session_) { // what is sampled from is the open run's as long as there is one
            save_run();
            if (session_->has_unsaved_steps()) return; // that was said; the run must not be lost for a model
            close_run();
        }
        opened_model_ = std::move(model).value();
        publish_model();
    });
    if (error) fail(Activity::model, *std::move(error));
}

Result<Model> EngineThread::current_model() {
    if (!session_) {
        if (opened_model_) return *opened_model_;
        return Error{"there is no model to sample from", "",
                     "train one, or open a run or a diffusers folder"};
    }
    Model model = model_of_run();
    model.net = copy_of(session_->trainer().ema_net(), model.settings.model, model.device);
    return model;
}

Model EngineThread::model_of_run() const {
    Model model;
    model.settings = session_->settings();
    model.sampling = usual_sampling(model.settings.diffusion);
    model.name = model.settings.name;
    model.folder = session_->folder();
    model.step = session_->trainer().steps_done();
    model.schedule = diffusion::make_schedule(model.settings.diffusion.schedule);
    model.device = session_->device().torch;
    return model;
}

void EngineThread::publish_model() {
    ModelChanged changed;
    if (session_) {
        changed.available = true;
        changed.live = true;
        changed.name = session_->settings().name;
        changed.folder = session_->folder();
        changed.settings = session_->settings();
        changed.sampling = usual_sampling(changed.settings.diffusion);
        changed.parameters = session_->trainer().net().parameters().count();
        changed.step = session_->trainer().steps_done();
        changed.schedule = diffusion::to_table(diffusion::make_schedule(changed.settings.diffusion.schedule));
    } else if (opened_model_) {
        changed.available = true;
        changed.name = opened_model_->name;
        changed.folder = opened_model_->folder;
        changed.settings = opened_model_->settings;
        changed.sampling = opened_model_->sampling;
        changed.parameters = opened_model_->net->parameters().count();
        changed.step = opened_model_->step;
        changed.schedule = diffusion::to_table(opened_model_->schedule);
    }
    publisher_.publish(std::move(changed));
}

void EngineThread::handle(const SaveDiffusers& command) {
    auto model = current_model();
    if (!model) return fail(Activity::exporting, model.error());
    auto folder = to_diffusers(*model, command.folder);
    if (!folder) return fail(Activity::exporting, folder.error());
    if (Status written = formats::write_diffusers(command.folder, *folder); !written)
        return fail(Activity::exporting, written.error());
    publisher_.publish(ExportFinished{command.folder, "diffusers"});
}

// Data
// ----------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<const data::Dataset>> EngineThread::open_data(const DataSettings& settings) {
    for (const auto& [known, dataset] : data_cache_)
        if (known == settings) return dataset;
    auto opened = data::open_dataset(settings, find_resources(options_.resources));
    if (!opened) return opened.error();
    auto dataset = std::make_shared<const data::Dataset>(std::move(opened).value());
    data_cache_.emplace_back(settings, dataset);
    if (data_cache_.size() > data_sets_kept) data_cache_.erase(data_cache_.begin());
    return dataset;
}

void EngineThread::handle(const OpenData& command) {
    if (const auto problems = command.settings.check(); !problems.empty())
        return fail(Activity::data, to_error(problems, "settings"), command.id);
    auto opened = open_data(command.settings);
    if (!opened) return fail(Activity::data, opened.error(), command.id);
    const data::Dataset& dataset = **opened;
    DataOpened answer;
    answer.id = command.id;
    answer.settings = command.settings;
    answer.name = dataset.name;
    answer.count = dataset.size();
    answer.classes = dataset.classes;
    if (dataset.is_points()) {
        answer.points =
            to_drawable(dataset.items.narrow(0, 0, std::min(data_points_shown, dataset.size()))).points;
        return publisher_.publish(std::move(answer));
    }
    const std::vector<std::int64_t> shape = dataset.item_shape();
    answer.channels = static_cast<int>(shape[0]);
    answer.height = static_cast<int>(shape[1]);
    answer.width = static_cast<int>(shape[2]);
    torch::Tensor candidates = torch::arange(dataset.size(), torch::kInt64);
    if (command.only_label >= 0 && dataset.labels.defined())
        candidates = (dataset.labels == command.only_label).nonzero().flatten();
    if (command.shuffle != 0) {
        torch::Generator generator = compat::make_generator(torch::kCPU, command.shuffle);
        candidates =
            candidates.index_select(0, torch::randperm(candidates.size(0), generator, torch::kInt64));
    }
    const torch::Tensor chosen =
        candidates.narrow(0, 0, std::clamp<std::int64_t>(command.thumbnails, 0, candidates.size(0)))
            .contiguous();
    const Result<torch::Tensor> pictures = dataset.gather(chosen);
    if (!pictures) return fail(Activity::data, pictures.error(), command.id);
    answer.thumbnails = to_pictures(*pictures);
    const std::int64_t* indices = chosen.data_ptr<std::int64_t>();
    answer.thumbnail_indices.assign(indices, indices + chosen.numel());
    if (dataset.labels.defined()) {
        const torch::Tensor labels = dataset.labels.index_select(0, chosen).contiguous();
        for (std::int64_t i = 0; i < labels.numel(); ++i)
            answer.thumbnail_labels.push_back(static_cast<int>(labels[i].item<std::int64_t>()));
    }
    publisher_.publish(std::move(answer));
}

void EngineThread::handle(const RunForward& command) {
    std::optional<Error> error = guarded("running the forward process", [&] {
        data::Dataset none;
        std::shared_ptr<const data::Dataset> dataset;
        if (command.file.empty()) {
            auto opened = open_data(command.data);
            if (!opened) return fail(Activity::data, opened.error(), command.id);
            dataset = *opened;
        }
        auto record = run_forward(command, dataset ? *dataset : none);
        if (!record) return fail(Activity::data, record.error(), command.id);
        publisher_.publish(ForwardReady{*record});
    });
    if (error) fail(Activity::data, *std::move(error), command.id);
}

// Chains
// --------------------------------------------------------------------------------------------------------------

void EngineThread::handle(const StartChain& command) {
    std::optional<Error> error = guarded("starting the chains", [&] {
        auto model = current_model();
        if (!model) return fail(Activity::sampling, model.error());
        if (const auto problems = check_sampling(*model, command.settings); !problems.empty())
            return fail(Activity::sampling, to_error(problems, "settings"));
        const std::size_t taken = memory_of_branches();
        const std::size_t memory = taken < options_.chain_memory ? options_.chain_memory - taken : 0;
        chain_ = std::make_unique<ChainJob>(next_chain_id_++, std::move(model).value(), command.settings,
                                            memory, options_.slice);
        if (const int stride = chain_->record()->stride(); stride > 1)
            notice("To stay within memory one state in " + std::to_string(stride) +
                   " of these chains is kept.");
        set_chain_phase(command.paused ? ChainPhase::paused : ChainPhase::running);
    });
    if (!error) return;
    chain_.reset();
    set_chain_phase(ChainPhase::none);
    fail(Activity::sampling, *std::move(error));
}

void EngineThread::handle(const ResumeChain&) {
    if (chain_ && chain_phase_ == ChainPhase::paused) set_chain_phase(ChainPhase::running);
}

void EngineThread::handle(const PauseChain&) {
    if (chain_phase_ == ChainPhase::running) set_chain_phase(ChainPhase::paused);
}

void EngineThread::handle(const StepChain&) {
    if (!chain_ || chain_phase_ != ChainPhase::paused) return;
    Progress progress = Progress::more;
    if (auto error = guarded("sampling", [&] { progress = chain_->advance_to_next_state(); }))
        return fail(Activity::sampling, *std::move(error));
    set_chain_phase(progress == Progress::done ? ChainPhase::finished : ChainPhase::paused);
}

void EngineThread::handle(const StopChain&) {
    if (chain_ && chain_phase_ != ChainPhase::finished) {
        chain_->record()->finish();
        set_chain_phase(ChainPhase::finished);
    }
}

void EngineThread::chain_slice() {
    Progress progress = Progress::more;
    if (auto error = guarded("sampling", [&] { progress = chain_->advance(); })) {
        chain_->record()->finish(); // what was recorded stays
        set_chain_phase(ChainPhase::finished);
        return fail(Activity::sampling, *std::move(error));
    }
    if (progress == Progress::done) set_chain_phase(ChainPhase::finished);
}

void EngineThread::set_chain_phase(ChainPhase phase) {
    chain_phase_ = phase;
    publisher_.publish(ChainChanged{phase, chain_ ? chain_->record() : nullptr});
}

// Engine
// --------------------------------------------------------------------------------------------------------------

void EngineThread::handle(const SetDevice& command) {
    device_choice_ = command.choice;
    if (session_)
        return notice("The open run stays on its device; the choice counts for what is opened next.");
    device_ = choose_device(command.choice);
    if (!device_.notice.empty()) notice(device_.notice);
    publisher_.publish(EngineReady{device_.info});
}

void EngineThread::handle(const Shutdown&) {
    ending_ = true;
    if (session_) close_run();
}

} // namespace ddpm::runtime
