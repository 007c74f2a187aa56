// An open run: its folder, its trainer, its metrics and when it is saved. Knows no thread.
#pragma once

#include "ddpm/config.h"
#include "ddpm/event.h"
#include "ddpm/result.h"
#include "formats/run_folder.h"
#include "formats/tensorboard.h"
#include "runtime/device.h"
#include "training/trainer.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ddpm::runtime {

class TrainingSession {
public:
    /// A new run in a new folder. Everything is checked before the folder is made.
    static Result<std::unique_ptr<TrainingSession>> create(const RunSettings& settings,
                                                           const std::filesystem::path& folder,
                                                           const data::Dataset& dataset,
                                                           const Device& device);
    /// An existing run at its newest good checkpoint; `settings` are those of its settings.json.
    static Result<std::unique_ptr<TrainingSession>> open(const RunSettings& settings,
                                                         const std::filesystem::path& folder,
                                                         const data::Dataset& dataset, const Device& device);

    /// One optimisation step; its wall time counts as training.
    void step();

    /// Metrics since the last call, with wall times; also appended to metrics.csv now and then.
    std::vector<MetricPoint> take_metrics();
    /// True when enough time or steps have passed that take_metrics() should be called.
    bool metrics_due() const;

    bool checkpoint_due() const;
    bool has_unsaved_steps() const { return trainer_->steps_done() != saved_step_; }
    /// metrics.csv, then a checkpoint. An error leaves everything as it was; training may go on.
    Result<std::filesystem::path> save();
    /// Flushes metrics.csv; the error is the caller's to show.
    Status write_metrics();

    /// Pictures of the newest preview, for TensorBoard where the run is asked to write for it.
    Status log_samples(const PictureStack& pictures, std::int64_t step);

    bool finished() const { return trainer_->steps_done() >= planned_steps_; }
    void extend(std::int64_t steps);

    training::Trainer& trainer() { return *trainer_; }
    const training::Trainer& trainer() const { return *trainer_; }
    const RunSettings& settings() const { return settings_; }
    RunSettings& settings() { return settings_; }
    const std::filesystem::path& folder() const { return folder_; }
    const Device& device() const { return device_; }
    std::int64_t planned_steps() const { return planned_steps_; }
    std::int64_t data_count() const { return data_count_; }
    const std::vector<MetricPoint>& metrics() const { return metrics_; }
    const std::vector<std::string>& notices() const { return notices_; }

    /// Pictures a second over the last seconds, pauses left out; 0 while unknown.
    double images_per_second() const;
    double seconds() const { return seconds_; }

private:
    TrainingSession(const RunSettings& settings, std::filesystem::path folder, const data::Dataset& dataset,
                    const Device& device, std::unique_ptr<formats::RunLock> lock);

    Status log_metrics(const std::vector<MetricPoint>& rows);
    Status open_events(std::int64_t step);

    using Clock = std::chrono::steady_clock;
    RunSettings settings_;
    std::filesystem::path folder_;
    Device device_;
    std::unique_ptr<formats::RunLock> lock_;
    std::unique_ptr<training::Trainer> trainer_;
    std::optional<formats::EventFile> events_; ///< from the first metrics on, where it is wanted
    std::int64_t planned_steps_;
    std::int64_t data_count_;
    std::int64_t saved_step_ = 0;
    std::vector<MetricPoint> metrics_;
    std::size_t written_metrics_ = 0;  ///< how many of metrics_ are in metrics.csv
    std::vector<double> step_seconds_; ///< of the steps whose metrics still wait
    double seconds_ = 0;
    Clock::time_point last_take_ = Clock::now();
    std::vector<std::string> notices_;
};

} // namespace ddpm::runtime
