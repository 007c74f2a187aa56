// `ddpm-lab train`: a run from the terminal, driven through the same commands and events as the window's.
#include "engine_session.h"
#include "exit_codes.h"
#include "formats/picture_grid.h"
#include "formats/run_folder.h"
#include "formats/settings_json.h"
#include "json_line.h"
#include "output_path.h"
#include "progress.h"
#include "sketch_file.h"
#include "train_request.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>

namespace ddpm::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

/// A large net on a slow machine may need longer for its last samples than a person wants to wait.
constexpr auto longest_drawing = 120s;

/// Why the run ended; the names are those of the summary in --json.
enum class Outcome { none, finished, time_is_up, interrupted, refused, failed };

const char* name_of_outcome(Outcome outcome) {
    switch (outcome) {
    case Outcome::finished:
        return "finished";
    case Outcome::time_is_up:
        return "time-is-up";
    case Outcome::interrupted:
        return "interrupted";
    case Outcome::refused:
        return "refused";
    default:
        return "failed";
    }
}

class Training {
public:
    Training(const Environment& environment, const TrainRequest& request, Engine& engine)
        : environment_(environment), request_(request),
          progress_(environment.err, environment.err_is_terminal, request.quiet), session_(engine) {}

    int run();

private:
    void handle(const EngineReady& event);
    void handle(const RunOpened& event);
    void handle(const TrainingStateChanged& event);
    void handle(const Metrics& event);
    void handle(const Throughput& event);
    void handle(const CheckpointSaved& event);
    void handle(const ExportFinished& event);
    void handle(const Notice& event);
    void handle(const Failed& event);
    void handle(const RunClosed&) { closed_ = true; }
    void handle(const Stopped&) { closed_ = true; }
    template <typename Other>
    void handle(const Other&) {} // models, data, forward records and chains are the window's business

    void go_on();
    void look_at_the_clock();
    void end(Outcome outcome);
    void close();
    void show_progress();
    void emit(const char* event, ordered_json object);
    void draw_loss();
    int conclude();
    int exit_code();

    const Environment& environment_;
    const TrainRequest& request_;
    Progress progress_;
    Clock::time_point deadline_ = Clock::time_point::max();

    bool opened_ = false;   ///< RunOpened was heard; what comes before it is not about this run
    bool going_on_ = false; ///< on resume: told the opened run to continue
    bool pausing_ = false;  ///< time is up: wait for the pause, which saves
    bool ending_ = false;   ///< the outcome is known; samples may still be drawn
    bool unsaved_ = false;  ///< something could not be written since the last checkpoint
    std::optional<Clock::time_point> drawing_until_; ///< set while the last samples are drawn
    PreviewSettings preview_;
    bool closed_ = false;
    Outcome outcome_ = Outcome::none;
    std::optional<Error> error_;
    Activity failed_activity_ = Activity::engine;

    std::int64_t step_ = 0;
    std::int64_t planned_ = 0;
    double smoothed_ = std::numeric_limits<double>::quiet_NaN();
    double seconds_ = 0;
    Throughput throughput_;
    std::string last_notice_;
    std::filesystem::path samples_;
    std::filesystem::path loss_picture_;
    EngineSession session_; ///< last: the engine must not reach what is gone already
};

int Training::run() {
    if (request_.resume)
        session_.submit(OpenRun{request_.folder, false});
    else
        session_.submit(StartTraining{request_.settings, request_.folder, false});
    while (!closed_) {
        for (const Event& event : session_.wait(200ms))
            std::visit([this](const auto& e) { handle(e); }, event);
        if (!opened_ && error_) break; // nothing to close
        look_at_the_clock();
        if (opened_ && !ending_ && going_on_) show_progress();
    }
    return conclude();
}

void Training::handle(const EngineReady& event) {
    emit("engine", {{"device", event.device.name}, {"detail", event.device.detail}});
}

void Training::handle(const RunOpened& event) {
    if (!request_.resume && event.folder.empty()) return;
    opened_ = true;
    step_ = event.step;
    planned_ = event.settings.training.steps;
    if (request_.minutes > 0)
        deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(request_.minutes * 60));
    const RunSettings& settings = event.settings;
    preview_ = settings.preview;
    preview_.enabled = preview_.enabled && request_.preview;
    progress_.say(fmt::format(
        "{} {} on {} ({} items), {} parameters, predicting {}, {} schedule, on {} ({}).",
        request_.resume ? "Resuming" : "Training", name_of(settings.preset), name_of(settings.data.kind),
        grouped(event.data_count), grouped(event.parameters), name_of(settings.diffusion.prediction),
        name_of(settings.diffusion.schedule.kind), event.device.name, event.device.detail));
    emit("run-opened", {{"folder", request_.folder.string()},
                        {"step", event.step},
                        {"planned_steps", planned_},
                        {"parameters", event.parameters},
                        {"items", event.data_count},
                        {"device", event.device.name},
                        {"settings", ordered_json::parse(formats::to_json(settings))}});
    going_on_ = !request_.resume;
}

void Training::handle(const TrainingStateChanged& event) {
    if (!opened_) return;                           // what was true before our run
    if (event.state == TrainingState::none) return; // closed: RunClosed follows
    step_ = event.step;
    planned_ = event.planned_steps;
    if (ending_) return;
    if (!going_on_) {
        go_on();
        return;
    }
    if (event.state == TrainingState::finished)
        end(Outcome::finished);
    else if (event.state == TrainingState::failed)
        end(Outcome::failed);
    else if (event.state == TrainingState::paused && pausing_)
        end(Outcome::time_is_up);
}

/// A run was opened with --resume and its state is known.
void Training::go_on() {
    if (request_.steps && *request_.steps < planned_) {
        error_ =
            Error{fmt::format("the run is planned for {} steps, --steps {} is fewer", grouped(planned_),
                              *request_.steps),
                  request_.folder.string(), "leave --steps out, or use --minutes or Ctrl+C to end earlier"};
        end(Outcome::refused);
        return;
    }
    const std::int64_t target = request_.steps.value_or(planned_);
    if (step_ >= target) {
        error_ =
            Error{fmt::format("the run has done all its {} steps", grouped(step_)), request_.folder.string(),
                  fmt::format("add --steps {} to train on", std::max<std::int64_t>(step_ * 2, step_ + 1))};
        end(Outcome::refused);
        return;
    }
    going_on_ = true;
    if (target > planned_) session_.submit(ExtendTraining{target - planned_});
    planned_ = target;
    if (request_.learning_rate) session_.submit(SetLearningRate{*request_.learning_rate});
    if (!request_.preview) session_.submit(SetPreview{preview_});
    session_.submit(ResumeTraining{});
}

void Training::handle(const Metrics& event) {
    for (const MetricPoint& point : event.points) {
        // The history of a resumed run arrives at once; it was told when it happened.
        if (!event.replace) {
            step_ = std::max(step_, point.step);
            ordered_json object = to_json(point);
            emit("metric", std::move(object));
        }
        seconds_ = point.seconds;
        if (std::isfinite(point.loss))
            smoothed_ = std::isfinite(smoothed_) ? 0.97 * smoothed_ + 0.03 * point.loss : point.loss;
    }
}

void Training::handle(const Throughput& event) {
    throughput_ = event;
    emit("throughput", {{"images_per_second", event.images_per_second},
                        {"seconds_left", event.seconds_left},
                        {"memory_bytes", event.memory_bytes}});
}

void Training::handle(const CheckpointSaved& event) {
    unsaved_ = false;
    emit("checkpoint", {{"file", event.file.string()}, {"step", event.step}});
}

void Training::handle(const ExportFinished& event) {
    samples_ = event.file;
    emit("exported", {{"file", event.file.string()}, {"what", event.what}});
}

void Training::handle(const Notice& event) {
    if (event.text == last_notice_) return; // e.g. the device, at the engine's start and again at the run's
    last_notice_ = event.text;
    progress_.say(event.text);
    emit("notice", {{"text", event.text}});
}

/// The state tells whether the run goes on: a save that found no space is told, and training continues.
void Training::handle(const Failed& event) {
    emit("failed", to_json(event.error));
    progress_.warn("ddpm-lab train: " + event.error.line());
    if (event.activity == Activity::exporting) return;
    if (event.activity == Activity::sampling) {
        if (drawing_until_) close();
        return;
    }
    error_ = event.error;
    failed_activity_ = event.activity;
    unsaved_ = opened_;
}

void Training::look_at_the_clock() {
    const bool interrupted = environment_.interrupted();
    if (!opened_) {
        if (!interrupted || ending_) return;
        ending_ = true;
        outcome_ = Outcome::interrupted;
        session_.submit(Shutdown{}); // ends with Stopped, whatever was being opened
    } else if (drawing_until_) {
        const auto frame = session_.training_frame();
        const bool drawn = frame && !frame->samples.empty() && frame->step >= step_;
        if (drawn)
            session_.submit(ExportGrid{.source = ExportGrid::Source::training_samples,
                                       .layout = {},
                                       .file = request_.folder / "samples.png"});
        const bool late = !drawn && Clock::now() >= *drawing_until_;
        if (late)
            progress_.say("Drawing samples takes too long here; ddpm-lab sample --model " +
                          request_.folder.string() + " draws them at leisure.");
        if (drawn || late || interrupted) close();
    } else if (ending_) {
        return;
    } else if (interrupted) {
        progress_.say("Saving; press Ctrl+C again to end without.");
        end(Outcome::interrupted);
    } else if (!pausing_ && going_on_ && Clock::now() >= deadline_) {
        pausing_ = true;
        session_.submit(PauseTraining{});
    }
}

void Training::end(Outcome outcome) {
    outcome_ = outcome;
    ending_ = true;
    const bool whole = outcome == Outcome::finished || outcome == Outcome::time_is_up;
    if (!whole || !preview_.enabled) {
        close();
        return;
    }
    // Samples of the weights as they are now: the engine draws them by itself at the planned end, and when
    // asked to.
    if (outcome == Outcome::time_is_up) session_.submit(SetPreview{preview_});
    drawing_until_ = Clock::now() + longest_drawing;
    progress_.say("Drawing samples.");
}

void Training::close() {
    drawing_until_.reset();
    session_.submit(StopTraining{true}); // a program that ends cannot keep it open
}

void Training::show_progress() {
    if (planned_ <= 0) return;
    double fraction = static_cast<double>(step_) / static_cast<double>(planned_);
    double left = throughput_.seconds_left;
    if (deadline_ != Clock::time_point::max()) {
        const double until = std::chrono::duration<double>(deadline_ - Clock::now()).count();
        fraction = std::max(fraction, 1.0 - std::max(until, 0.0) / (request_.minutes * 60));
        left = left > 0 ? std::min(left, until) : until;
    }
    std::string text = fmt::format("step {} of {}", grouped(step_), grouped(planned_));
    if (std::isfinite(smoothed_)) text += fmt::format("  loss {}", short_number(smoothed_, 3));
    if (throughput_.images_per_second > 0)
        text += fmt::format("  {:.0f} items/s", throughput_.images_per_second);
    if (left > 0) text += fmt::format("  {} left", duration(left));
    progress_.show(fraction, text);
}

void Training::emit(const char* event, ordered_json object) {
    if (!request_.json) return;
    ordered_json line{{"event", event}};
    line.update(object);
    environment_.out << line_of(line) << '\n' << std::flush;
}

void Training::draw_loss() {
    const auto points = formats::read_metrics(request_.folder);
    if (!points || points->empty()) return;
    std::vector<double> steps, losses;
    for (const MetricPoint& point : *points) {
        steps.push_back(static_cast<double>(point.step));
        losses.push_back(point.loss);
    }
    const std::filesystem::path file = request_.folder / "loss.png";
    const auto settings = formats::read_run_settings(request_.folder);
    const Status written = formats::write_png(file, formats::draw_loss_curve(steps, losses, 960, 540),
                                              settings ? formats::to_json(*settings) : "{}");
    if (written)
        loss_picture_ = file;
    else
        progress_.warn(written.error().line());
}

int Training::conclude() {
    if (opened_ && outcome_ != Outcome::refused) draw_loss();
    if (outcome_ == Outcome::none) outcome_ = Outcome::failed;
    if (opened_ && going_on_) show_progress();
    progress_.finish();

    ordered_json summary{{"status", name_of_outcome(outcome_)},
                         {"folder", request_.folder.string()},
                         {"step", step_},
                         {"planned_steps", planned_},
                         {"seconds", seconds_},
                         {"loss", smoothed_}};
    if (!samples_.empty()) summary["samples"] = samples_.string();
    if (!loss_picture_.empty()) summary["loss_picture"] = loss_picture_.string();
    if (error_) summary["error"] = to_json(*error_);
    emit("summary", summary);

    if (outcome_ == Outcome::refused)
        progress_.warn("ddpm-lab train: " + error_->line());
    else if (outcome_ == Outcome::failed && !error_)
        progress_.warn("ddpm-lab train: the training ended without a reason. Remedy: try --resume");
    if (opened_ && outcome_ != Outcome::refused && !request_.json) {
        environment_.out << "Run folder:  " << request_.folder.string() << '\n';
        if (!samples_.empty()) environment_.out << "Samples:     " << samples_.string() << '\n';
        if (!loss_picture_.empty()) environment_.out << "Loss curve:  " << loss_picture_.string() << '\n';
        environment_.out << std::flush;
    }
    return exit_code();
}

int Training::exit_code() {
    if (outcome_ == Outcome::refused) return exit_usage;
    if (!opened_ && outcome_ == Outcome::interrupted) {
        progress_.say("Interrupted before the run began.");
        return exit_interrupted;
    }
    if (!opened_) {
        const bool about_folder = error_ && error_->where.starts_with(request_.folder.string());
        if (failed_activity_ == Activity::data || request_.resume) return exit_input;
        return about_folder ? exit_output : exit_failed;
    }
    if (outcome_ == Outcome::failed) return exit_failed;
    if (unsaved_) return exit_output; // why was told when it happened
    if (outcome_ == Outcome::finished) return exit_ok;
    progress_.say(fmt::format("{} step {} of {}; --resume goes on.",
                              outcome_ == Outcome::interrupted ? "Interrupted and saved at" : "Saved at",
                              grouped(step_), grouped(planned_)));
    return outcome_ == Outcome::interrupted ? exit_interrupted : exit_ok;
}

} // namespace

int train(const Environment& environment, const Words& words) {
    Arguments arguments(train_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(train_spec());
        return exit_ok;
    }
    const auto fail = [&](const Error& error, int code) {
        Error named = error;
        if (!named.where.starts_with("ddpm-lab")) named.where = "ddpm-lab train: " + named.where;
        environment.err << named.line() << '\n';
        return code;
    };
    auto request = read_train_request(arguments);
    if (!request) return fail(request.error(), exit_usage);
    if (request->resume) {
        if (!formats::is_run_folder(request->folder))
            return fail({"there is no run to go on with", request->folder.string(),
                         "name the folder of a run with --out, or leave --resume out to start one"},
                        exit_input);
    } else if (const Status free = check_new_run(request->folder); !free) {
        return fail(free.error(), exit_output);
    }
    if (!request->sketch.empty()) {
        auto sketch = read_sketch(request->sketch);
        if (!sketch) return fail(sketch.error(), exit_input);
        request->settings.data.sketch = std::move(*sketch);
    }
    EngineOptions options;
    options.device = request->settings.device;
    options.threads = request->threads;
    const auto engine = environment.make_engine(options);
    return Training(environment, *request, *engine).run();
}

} // namespace ddpm::app
