// The open run: start, pause, step, stop, save, and what is said on the way.
#include "runtime/engine_thread.h"
#include "runtime/guarded.h"
#include "runtime/pictures.h"

#include <algorithm>

namespace ddpm::runtime {
namespace {

constexpr double preview_share = 0.05;    ///< of the time, at most
constexpr double frame_interval = 0.5;    ///< seconds between looks at what the net sees
constexpr double throughput_interval = 1; ///< seconds

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Error no_run(const char* what) {
    return Error{what, "", "start a new run or open one first"};
}

} // namespace

void EngineThread::handle(const StartTraining& command) {
    if (session_)
        return fail(Activity::training,
                    {"a run is open already", session_->folder().string(), "stop it first"});
    device_ = choose_device(command.settings.device);
    if (!device_.notice.empty()) notice(device_.notice);
    std::optional<Error> error = guarded("preparing the run", [&] {
        auto dataset = open_data(command.settings.data);
        if (!dataset) return fail(Activity::data, dataset.error());
        RunSettings settings = command.settings;
        if (!(*dataset)->is_points()) {
            const auto shape = (*dataset)->item_shape();
            fit_to_data(settings, static_cast<int>(std::max(shape[1], shape[2])), static_cast<int>(shape[0]),
                        (*dataset)->classes);
        }
        auto session = TrainingSession::create(settings, command.folder, **dataset, device_);
        if (!session) return fail(Activity::training, session.error());
        opened_session(std::move(session).value());
    });
    if (error) return fail(Activity::training, *std::move(error));
    if (session_ && !command.paused) handle(ResumeTraining{});
}

void EngineThread::handle(const OpenRun& command) {
    if (session_)
        return fail(Activity::training,
                    {"a run is open already", session_->folder().string(), "stop it first"});
    std::optional<Error> error = guarded("opening the run", [&] {
        auto settings = formats::read_run_settings(command.folder);
        if (!settings) return fail(Activity::training, settings.error());
        device_ =
            choose_device(device_choice_ == DeviceChoice::automatic ? settings->device : device_choice_);
        if (!device_.notice.empty()) notice(device_.notice);
        auto dataset = open_data(settings->data);
        if (!dataset) return fail(Activity::data, dataset.error());
        auto session = TrainingSession::open(*settings, command.folder, **dataset, device_);
        if (!session) return fail(Activity::training, session.error());
        opened_session(std::move(session).value());
    });
    if (error) return fail(Activity::training, *std::move(error));
    if (session_ && command.resume) handle(ResumeTraining{});
}

void EngineThread::opened_session(std::unique_ptr<TrainingSession> session) {
    session_ = std::move(session);
    for (const std::string& text : session_->notices())
        notice(text);
    preview_.reset();
    preview_net_.reset();
    newest_samples_ = {};
    newest_samples_step_ = 0;
    preview_seconds_ = all_preview_seconds_ = running_seconds_ = 0;
    metrics_error_said_ = false;
    {
        const std::lock_guard lock(frame_mutex_);
        frame_.reset();
    }
    const training::Trainer& trainer = session_->trainer();
    RunOpened opened;
    opened.settings = session_->settings();
    opened.folder = session_->folder();
    opened.step = trainer.steps_done();
    opened.parameters = session_->trainer().net().parameters().count();
    opened.data_count = session_->data_count();
    opened.device = session_->device().info;
    publisher_.publish(opened);
    publisher_.publish(Metrics{session_->metrics(), true});
    set_training_state(session_->finished() ? TrainingState::finished : TrainingState::paused);
    publish_model();
    // A run that is opened shows at once what it can do.
    if (trainer.steps_done() > 0 && session_->settings().preview.enabled) start_preview();
}

void EngineThread::handle(const ResumeTraining&) {
    if (!session_) return fail(Activity::training, no_run("there is nothing to resume"));
    if (session_->finished()) return set_training_state(TrainingState::finished);
    session_->trainer().clear_failure();
    last_frame_ = last_throughput_ = Clock::now();
    // The first look comes soon, the next ones at the chosen pace.
    last_preview_ = Clock::now() - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                       std::max(0.0, session_->settings().preview.every_seconds - 3)));
    set_training_state(TrainingState::running);
}

void EngineThread::handle(const PauseTraining&) {
    if (training_state_ != TrainingState::running) return;
    publish_metrics();
    save_run();
    set_training_state(TrainingState::paused);
    publish_frame();
}

void EngineThread::handle(const StepTraining&) {
    if (!session_) return fail(Activity::training, no_run("there is no run to step"));
    if (!can_step(training_state_)) return;
    if (session_->finished()) session_->extend(1);
    training_slice();
    if (!session_ || training_state_ == TrainingState::failed) return;
    publish_metrics();
    publish_frame();
    set_training_state(session_->finished() ? TrainingState::finished : TrainingState::paused);
}

void EngineThread::handle(const StopTraining& command) {
    if (!session_) return;
    if (training_state_ == TrainingState::running)
        handle(PauseTraining{}); // saves it
    else
        save_run();
    if (command.even_unsaved || !session_->has_unsaved_steps()) return close_run();
    set_training_state(training_state_); // what could not be saved was said, and must not be lost
}

void EngineThread::handle(const ExtendTraining& command) {
    if (!session_) return fail(Activity::training, no_run("there is no run to extend"));
    if (command.steps <= 0)
        return fail(Activity::training,
                    {"a run can only be extended by at least one step", "", "choose a positive number"});
    session_->extend(command.steps);
    set_training_state(training_state_ == TrainingState::finished ? TrainingState::paused : training_state_);
}

void EngineThread::handle(const SetLearningRate& command) {
    if (!session_)
        return fail(Activity::training, no_run("there is no run whose learning rate could change"));
    TrainingSettings changed = session_->settings().training;
    changed.learning_rate = command.value;
    if (const auto problems = changed.check(); !problems.empty())
        return fail(Activity::training, to_error(problems, "settings"));
    session_->trainer().set_learning_rate(command.value);
    session_->settings().training = changed;
}

void EngineThread::handle(const SetPreview& command) {
    if (const auto problems = command.settings.check(); !problems.empty())
        return fail(Activity::training, to_error(problems, "settings"));
    if (!session_) return;
    session_->settings().preview = command.settings;
    preview_.reset();
    preview_net_.reset(); // what it has recorded may be of other numbers of pictures
    if (command.settings.enabled) start_preview();
}

void EngineThread::handle(const SaveCheckpoint&) {
    if (!session_) return fail(Activity::training, no_run("there is no run to save"));
    publish_metrics();
    save_run();
}

void EngineThread::training_slice() {
    if (auto error = guarded("training", [&] { session_->step(); })) {
        fail(Activity::training, *std::move(error));
        publish_metrics();
        save_run();
        return set_training_state(TrainingState::failed);
    }
    if (session_->metrics_due() || session_->finished()) publish_metrics();
    if (session_->trainer().failed()) {
        fail(Activity::training,
             {"the loss or its gradient is no longer a number at step " +
                  std::to_string(session_->trainer().steps_done() + 1),
              session_->folder().string(), "the step was not taken: lower the learning rate and resume"});
        save_run();
        return set_training_state(TrainingState::failed);
    }
    if (session_->checkpoint_due()) save_run();
    if (seconds_since(last_throughput_) >= throughput_interval) publish_throughput();
    if (seconds_since(last_frame_) >= frame_interval) publish_frame();
    if (!session_->finished()) {
        if (training_state_ == TrainingState::running && preview_due()) start_preview();
        return;
    }
    if (training_state_ != TrainingState::running) return;
    save_run();
    publish_throughput();
    if (session_->settings().preview.enabled) start_preview();
    set_training_state(TrainingState::finished);
}

bool EngineThread::preview_due() const {
    const PreviewSettings& preview = session_->settings().preview;
    if (!preview.enabled || preview_) return false;
    const double pause = std::max(preview.every_seconds, preview_seconds_ * (1 / preview_share - 1));
    return seconds_since(last_preview_) >= pause;
}

void EngineThread::start_preview() {
    preview_.reset(); // it asks the same net
    preview_seconds_ = 0;
    auto error = guarded("drawing samples of the run", [&] {
        if (!preview_net_)
            preview_net_ = std::make_unique<PreviewNet>(session_->settings(), session_->device().torch);
        preview_ = std::make_unique<PreviewJob>(
            preview_net_->with_weights_of(session_->trainer().ema_net(), model_of_run()),
            session_->settings().preview, session_->trainer().steps_done());
    });
    if (error) give_up_previews(*std::move(error));
}

/// Sampling ran out of memory: training goes on without (FAULTS 33).
void EngineThread::give_up_previews(Error error) {
    preview_.reset();
    preview_net_.reset();
    if (session_) session_->settings().preview.enabled = false;
    error.remedy = "training goes on without samples; choose fewer of them to have them back";
    fail(Activity::sampling, std::move(error));
}

void EngineThread::preview_slice() {
    bool done = false;
    auto error = guarded("drawing samples of the run", [&] { done = preview_->advance() == Progress::done; });
    if (error) return give_up_previews(*std::move(error));
    if (!done) return;
    newest_samples_ = preview_->result();
    newest_samples_step_ = preview_->step();
    if (session_) {
        if (Status logged = session_->log_samples(newest_samples_.pictures, newest_samples_step_); !logged)
            fail(Activity::training, logged.error());
    }
    preview_.reset();
    last_preview_ = Clock::now();
    publish_frame();
}

void EngineThread::publish_metrics() {
    std::vector<MetricPoint> points = session_->take_metrics();
    if (points.empty()) return;
    publisher_.publish(
        TrainingStateChanged{training_state_, session_->trainer().steps_done(), session_->planned_steps()});
    publisher_.publish(Metrics{std::move(points), false});
    const Status written = session_->write_metrics();
    if (written) {
        metrics_error_said_ = false;
    } else if (!metrics_error_said_) { // said once, tried again with every batch, kept in memory until then
        metrics_error_said_ = true;
        fail(Activity::training, written.error());
    }
}

void EngineThread::publish_throughput() {
    last_throughput_ = Clock::now();
    Throughput throughput;
    throughput.images_per_second = session_->images_per_second();
    const std::int64_t left = session_->planned_steps() - session_->trainer().steps_done();
    const double share = running_seconds_ > 0 ? std::min(1.0, all_preview_seconds_ / running_seconds_) : 0;
    throughput.preview_share = share;
    throughput.seconds_left = -1;
    if (throughput.images_per_second > 0 && share < 1)
        throughput.seconds_left = static_cast<double>(left) * session_->settings().training.batch_size /
                                  throughput.images_per_second / (1 - share);
    throughput.memory_bytes = resident_bytes();
    publisher_.publish(throughput);
}

void EngineThread::publish_frame() {
    last_frame_ = Clock::now();
    auto frame = std::make_shared<TrainingFrame>();
    frame->sequence = ++frame_sequence_;
    frame->step = newest_samples_step_;
    frame->samples = newest_samples_;
    if (const auto example = session_->trainer().example()) {
        frame->t = example->t_index + 1;
        frame->x0 = to_drawable(example->x0);
        frame->x_t = to_drawable(example->x_t);
        frame->epsilon = to_drawable(example->epsilon, 3);
        frame->epsilon_hat = to_drawable(example->epsilon_hat, 3);
        frame->spectrum = session_->trainer().spectrum();
    }
    const std::lock_guard lock(frame_mutex_);
    frame_ = std::move(frame);
}

void EngineThread::set_training_state(TrainingState state) {
    training_state_ = state;
    TrainingStateChanged changed{state, 0, 0};
    if (session_) {
        changed.step = session_->trainer().steps_done();
        changed.planned_steps = session_->planned_steps();
    }
    publisher_.publish(changed);
}

void EngineThread::save_run() {
    if (!session_->has_unsaved_steps()) return;
    auto saved = session_->save();
    if (!saved) return fail(Activity::training, saved.error());
    publisher_.publish(CheckpointSaved{*saved, session_->trainer().steps_done()});
    publish_model(); // its step moved
}

void EngineThread::close_run() {
    publish_metrics();
    save_run();
    preview_.reset();
    preview_net_.reset();
    // What was trained stays what can be sampled.
    auto model = current_model();
    if (model && session_->trainer().steps_done() > 0) opened_model_ = std::move(model).value();
    session_.reset();
    set_training_state(TrainingState::none);
    publisher_.publish(RunClosed{});
    publish_model();
}

} // namespace ddpm::runtime
