#include "runtime/training_session.h"

#include "formats/checkpoint.h"
#include "formats/picture_grid.h"
#include "runtime/precision.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr double metrics_interval =
    0.1;                           ///< seconds; at most ten batches of metrics a second reach the screen
constexpr double rate_window = 15; ///< seconds of training that images_per_second looks back

std::vector<Problem> all_problems(const RunSettings& settings, const data::Dataset& dataset) {
    std::vector<Problem> problems = settings.check();
    if (problems.empty()) problems = training::Trainer::check_data(settings, dataset);
    return problems;
}

/// With nothing left to be decided.
RunSettings decided(RunSettings settings, const Device& device) {
    settings.training.precision = resolve(settings.training.precision, settings.model, device.torch);
    return settings;
}

} // namespace

TrainingSession::TrainingSession(const RunSettings& settings, std::filesystem::path folder,
                                 const data::Dataset& dataset, const Device& device,
                                 std::unique_ptr<formats::RunLock> lock)
    : settings_(settings), folder_(std::move(folder)), device_(device), lock_(std::move(lock)),
      trainer_(std::make_unique<training::Trainer>(settings, dataset, device.torch)),
      planned_steps_(settings.training.steps), data_count_(dataset.size()) {
    device_.info.detail += ", " + std::string(name_of(settings.training.precision));
}

Result<std::unique_ptr<TrainingSession>> TrainingSession::create(const RunSettings& asked,
                                                                 const std::filesystem::path& folder,
                                                                 const data::Dataset& dataset,
                                                                 const Device& device) {
    if (const auto problems = all_problems(asked, dataset); !problems.empty())
        return to_error(problems, "settings");
    const RunSettings settings = decided(asked, device);
    if (Status created = formats::create_run(folder, settings); !created) return created.error();
    auto lock = formats::lock_run(folder);
    if (!lock) return lock.error();
    return std::unique_ptr<TrainingSession>(
        new TrainingSession(settings, folder, dataset, device, std::move(lock).value()));
}

Result<std::unique_ptr<TrainingSession>> TrainingSession::open(const RunSettings& asked,
                                                               const std::filesystem::path& folder,
                                                               const data::Dataset& dataset,
                                                               const Device& device) {
    if (const auto problems = all_problems(asked, dataset); !problems.empty())
        return to_error(problems, (folder / "settings.json").string());
    const RunSettings settings = decided(asked, device);
    auto lock = formats::lock_run(folder);
    if (!lock) return lock.error();
    auto session = std::unique_ptr<TrainingSession>(
        new TrainingSession(settings, folder, dataset, device, std::move(lock).value()));
    for (const std::string& name : formats::clean_orphans(folder))
        session->notices_.push_back("Removed " + name + ", left behind by a save that was cut off.");

    std::error_code ignored;
    const bool any_checkpoint = std::filesystem::is_directory(folder / "checkpoints", ignored) &&
                                !std::filesystem::is_empty(folder / "checkpoints", ignored);
    if (any_checkpoint) { // a run that was stopped before its first checkpoint starts over
        auto loaded = formats::load_newest_checkpoint(folder);
        if (!loaded) return loaded.error();
        session->notices_.insert(session->notices_.end(), loaded->notices.begin(), loaded->notices.end());
        if (Status restored = session->trainer_->restore(loaded->checkpoint, loaded->file.string());
            !restored)
            return restored.error();
        session->planned_steps_ = std::max(session->planned_steps_, loaded->checkpoint.planned_steps);
        session->seconds_ = loaded->checkpoint.seconds;
    }
    const std::int64_t step = session->trainer_->steps_done();
    session->saved_step_ = step;
    if (Status cut = formats::cut_metrics(folder, step); !cut) return cut.error();
    auto metrics = formats::read_metrics(folder);
    if (!metrics) return metrics.error();
    session->metrics_ = std::move(metrics).value();
    session->written_metrics_ = session->metrics_.size();
    return session;
}

void TrainingSession::step() {
    const auto start = Clock::now();
    trainer_->step();
    step_seconds_.push_back(std::chrono::duration<double>(Clock::now() - start).count());
}

bool TrainingSession::metrics_due() const {
    return !step_seconds_.empty() &&
           (trainer_->failed() || trainer_->metrics_full() ||
            std::chrono::duration<double>(Clock::now() - last_take_).count() >= metrics_interval);
}

std::vector<MetricPoint> TrainingSession::take_metrics() {
    const auto start = Clock::now();
    std::vector<MetricPoint> points = trainer_->drain_metrics();
    last_take_ = Clock::now();
    // On a GPU the steps were only queued; the wait for them belongs to them.
    const double waited = std::chrono::duration<double>(last_take_ - start).count();
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (i < step_seconds_.size()) seconds_ += step_seconds_[i];
        seconds_ += waited / static_cast<double>(points.size());
        points[i].seconds = seconds_;
    }
    step_seconds_.clear();
    metrics_.insert(metrics_.end(), points.begin(), points.end());
    return points;
}

Status TrainingSession::write_metrics() {
    if (written_metrics_ == metrics_.size()) return Done{};
    const std::vector<MetricPoint> rows(metrics_.begin() + static_cast<std::ptrdiff_t>(written_metrics_),
                                        metrics_.end());
    if (Status written = formats::append_metrics(folder_, rows); !written) return written;
    written_metrics_ = metrics_.size();
    return log_metrics(rows);
}

Status TrainingSession::open_events(std::int64_t step) {
    if (events_) return Done{};
    auto file = formats::EventFile::create(folder_ / "tensorboard", step);
    if (!file) return file.error();
    events_ = std::move(file).value();
    return Done{};
}

Status TrainingSession::log_metrics(const std::vector<MetricPoint>& rows) {
    if (!settings_.training.tensorboard) return Done{};
    if (Status opened = open_events(rows.front().step); !opened) return opened;
    for (const MetricPoint& row : rows)
        if (Status added = events_->add_scalars(row.step, {{"loss", row.loss},
                                                           {"gradient_norm", row.gradient_norm},
                                                           {"learning_rate", row.learning_rate}});
            !added)
            return added;
    return Done{};
}

Status TrainingSession::log_samples(const PictureStack& pictures, std::int64_t step) {
    if (!settings_.training.tensorboard || pictures.count == 0) return Done{};
    if (Status opened = open_events(step); !opened) return opened;
    auto grid = formats::compose_grid(pictures, {.columns = 0, .scale = 1, .padding = 2});
    if (!grid) return grid.error();
    return events_->add_picture(step, "samples", *grid);
}

bool TrainingSession::checkpoint_due() const {
    return trainer_->steps_done() - saved_step_ >= settings_.training.checkpoint_every;
}

Result<std::filesystem::path> TrainingSession::save() {
    if (Status written = write_metrics(); !written) return written.error();
    formats::Checkpoint checkpoint = trainer_->checkpoint();
    checkpoint.planned_steps = planned_steps_;
    checkpoint.seconds = seconds_;
    auto file = formats::save_checkpoint(folder_, checkpoint, settings_.training.keep_checkpoints);
    if (file) saved_step_ = checkpoint.step;
    return file;
}

void TrainingSession::extend(std::int64_t steps) {
    planned_steps_ = std::max(planned_steps_, trainer_->steps_done()) + steps;
}

double TrainingSession::images_per_second() const {
    if (metrics_.size() < 2) return 0;
    const MetricPoint& last = metrics_.back();
    const auto first =
        std::lower_bound(metrics_.begin(), metrics_.end() - 1, last.seconds - rate_window,
                         [](const MetricPoint& point, double seconds) { return point.seconds < seconds; });
    const double seconds = last.seconds - first->seconds;
    if (seconds <= 0) return 0;
    return static_cast<double>(last.step - first->step) * settings_.training.batch_size / seconds;
}

} // namespace ddpm::runtime
