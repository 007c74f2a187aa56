// What is taken away: pictures, films, the loss.
#include "compat/torch_compat.h"
#include "formats/picture_grid.h"
#include "formats/picture_origin.h"
#include "runtime/engine_thread.h"
#include "runtime/guarded.h"

namespace ddpm::runtime {
namespace {

constexpr int point_picture_size = 512;
constexpr double export_slice_seconds = 0.05;

std::string settings_of(const Model& model, const SamplingSettings* sampling) {
    formats::PictureOrigin origin{model.settings, {}, model.step};
    origin.model.name = model.name; // a folder of diffusers has no other
    if (sampling) origin.sampling = *sampling;
    return formats::to_json(origin);
}

} // namespace

std::pair<std::shared_ptr<const ChainRecord>, const Model*>
EngineThread::record_for(std::uint64_t branch) const {
    if (branch == 0) {
        if (!chain_) return {};
        return {chain_->record(), &chain_->model()};
    }
    for (const Recorded& each : recorded_)
        if (const auto record = each.record.lock(); record && each.branch == branch)
            return {record, &each.model};
    return {};
}

void EngineThread::handle(const ExportGrid& command) {
    using Source = ExportGrid::Source;
    Drawable chosen;
    std::string settings;
    if (command.source == Source::training_samples) {
        if (session_ && !newest_samples_.empty()) {
            chosen = newest_samples_;
            if (auto model = current_model()) {
                model->step = newest_samples_step_;
                settings = settings_of(*model, nullptr);
            }
        }
    } else if (const auto [record, model] = record_for(command.branch); record) {
        const int index = command.state < 0 ? record->size() - 1 : command.state;
        if (const auto state = record->state(index)) {
            chosen = state->drawable(command.source == Source::chain_x        ? ChainPart::x
                                     : command.source == Source::chain_x0_hat ? ChainPart::x0_hat
                                                                              : ChainPart::epsilon);
            settings = settings_of(*model, &record->settings());
        }
    }
    if (chosen.empty())
        return fail(Activity::exporting, {"there are no pictures to export yet", command.file.string(),
                                          "wait for the first samples, or choose another state"});
    Result<PictureStack> picture = chosen.points.empty()
                                       ? formats::compose_grid(chosen.pictures, command.layout)
                                       : formats::compose_points(chosen.points, point_picture_size);
    if (!picture) return fail(Activity::exporting, picture.error());
    if (Status written = formats::write_png(command.file, *picture, settings); !written)
        return fail(Activity::exporting, written.error());
    publisher_.publish(ExportFinished{command.file, "grid"});
}

void EngineThread::handle(const ExportLoss& command) {
    if (!session_)
        return fail(Activity::exporting,
                    {"there is no loss to export", command.file.string(), "start or open a run first"});
    publish_metrics();
    if (Status written = formats::write_metrics_csv(command.file, session_->metrics()); !written)
        return fail(Activity::exporting, written.error());
    publisher_.publish(ExportFinished{command.file, "loss"});
}

void EngineThread::handle(const ExportChain& command) {
    if (export_)
        return fail(Activity::exporting,
                    {"another export is under way", command.file.string(), "wait for it, or cancel it"});
    const auto [record, model] = record_for(command.branch);
    if (!record)
        return fail(Activity::exporting,
                    {"there is no chain to export yet", command.file.string(), "draw samples first"});
    auto job = ChainExport::start(record, command, settings_of(*model, &record->settings()));
    if (!job) return fail(Activity::exporting, job.error());
    export_ = std::move(job).value();
    publisher_.publish(ExportProgress{command.file});
}

void EngineThread::handle(const ReadPictureSettings& command) {
    PictureSettings answer;
    answer.file = command.file;
    const auto origin = formats::read_picture_origin(command.file);
    if (!origin) {
        answer.problem = origin.error().line();
    } else if (*origin) {
        answer.found = true;
        answer.sampled = (*origin)->sampling.has_value();
        answer.model = (*origin)->model;
        answer.sampling = (*origin)->sampling.value_or(SamplingSettings{});
        answer.step = (*origin)->step;
    }
    publisher_.publish(std::move(answer));
}

void EngineThread::handle(const CancelExport&) {
    if (!export_) return;
    const std::filesystem::path file = export_->command().file;
    export_.reset();
    publisher_.publish(ExportProgress{.file = file, .cancelled = true});
}

void EngineThread::export_slice() {
    const auto start = Clock::now();
    const std::filesystem::path file = export_->command().file;
    Progress progress = Progress::more;
    const auto error = guarded("writing the export", [&] {
        while (progress == Progress::more &&
               std::chrono::duration<double>(Clock::now() - start).count() < export_slice_seconds)
            progress = export_->advance();
    });
    if (!error && progress == Progress::more) {
        publisher_.publish(ExportProgress{file, export_->done()});
        return;
    }
    const std::optional<Error> said = error ? error : export_->error();
    export_.reset();
    publisher_.publish(ExportProgress{file, 1, said.has_value()});
    if (said)
        fail(Activity::exporting, *said);
    else
        publisher_.publish(ExportFinished{file, "chain"});
}

} // namespace ddpm::runtime
