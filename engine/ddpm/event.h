// All that the engine tells: the lossless lane (events, in order, in batches) and the latest-wins lane
// (frames).
#pragma once

#include "ddpm/chain_record.h"
#include "ddpm/config.h"
#include "ddpm/picture.h"
#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ddpm {

// ---------------------------------------------------------------------------------------------------------------------
// State

enum class TrainingState {
    none,   ///< no run is open
    paused, ///< a run is open and waits (also: just opened, or made by a step)
    running,
    finished, ///< the planned steps are done; extend to go on
    failed,   ///< NaN, no memory, …; the last good state is kept
};

constexpr bool can_start(TrainingState s) {
    return s == TrainingState::none;
}
constexpr bool can_resume(TrainingState s) {
    return s == TrainingState::paused || s == TrainingState::failed;
}
constexpr bool can_pause(TrainingState s) {
    return s == TrainingState::running;
}
constexpr bool can_step(TrainingState s) {
    return s == TrainingState::paused;
}
constexpr bool can_stop(TrainingState s) {
    return s != TrainingState::none;
}
constexpr bool can_extend(TrainingState s) {
    return s == TrainingState::finished || s == TrainingState::paused;
}

enum class ChainPhase { none, paused, running, finished }; ///< of the chains in the Denoise stage

/// What is being computed on, e.g. {"CPU", "2 threads, bf16", false}.
struct DeviceInfo {
    std::string name;
    std::string detail;
    bool cuda = false;
};

// ---------------------------------------------------------------------------------------------------------------------
// Events (lossless)

struct EngineReady {
    DeviceInfo device;
};

struct TrainingStateChanged {
    TrainingState state = TrainingState::none;
    std::int64_t step = 0;
    std::int64_t planned_steps = 0;
};

/// A run was started, opened or closed (folder empty).
struct RunOpened {
    RunSettings settings;
    std::filesystem::path folder;
    std::int64_t step = 0;
    std::int64_t parameters = 0;
    std::int64_t data_count = 0;
    DeviceInfo device;
};

struct RunClosed {};

struct MetricPoint {
    std::int64_t step = 0;    ///< 1-based: after how many optimiser steps
    double loss = 0;          ///< mean over batch and pixels of the squared error; NaN is kept and marked
    double gradient_norm = 0; ///< before clipping
    double learning_rate = 0;
    double seconds = 0; ///< wall time of training so far, pauses not counted
};

struct Metrics {
    std::vector<MetricPoint> points; ///< in order; on opening a run all of its history at once
    bool replace = false;            ///< forget earlier points (a run was opened)
};

struct Throughput {
    double images_per_second = 0;
    double seconds_left = 0;        ///< to the planned end; negative: unknown
    double preview_share = 0;       ///< part of the time spent on previews, 0…1
    std::uint64_t memory_bytes = 0; ///< resident (CPU) or allocated (CUDA)
};

/// There is (or no longer is) something to sample from: an opened model folder, or the run's EMA weights.
struct ModelChanged {
    bool available = false;
    bool live = false; ///< the EMA weights of the open run
    std::string name;
    std::filesystem::path folder;
    RunSettings settings;      ///< model and diffusion parts are valid
    SamplingSettings sampling; ///< what the folder suggests
    std::int64_t parameters = 0;
    std::int64_t step = 0;
    ScheduleTable schedule;
};

struct DataOpened {
    std::uint64_t id = 0; ///< of the OpenData it answers
    DataSettings settings;
    std::string name;
    std::int64_t count = 0;
    int height = 0, width = 0, channels = 0; ///< 0 for points
    int classes = 0;
    PictureStack thumbnails; ///< `thumbnail_indices` of the set
    std::vector<std::int64_t> thumbnail_indices;
    std::vector<int> thumbnail_labels;
    PointCloud points; ///< at most 4,000 of a point set
};

struct ForwardReady {
    std::shared_ptr<const ForwardRecord> record;
};

struct ChainChanged {
    ChainPhase phase = ChainPhase::none;
    std::shared_ptr<const ChainRecord> record; ///< the same record all through a chain
};

/// Of a StartBranch. A late observer does not hear of branches: whoever asks for one listens.
struct BranchChanged {
    std::uint64_t id = 0;
    ChainPhase phase = ChainPhase::none; ///< running, then finished (also where it failed; see Failed)
    std::shared_ptr<const ChainRecord> record;
};

struct PictureFitted {
    std::uint64_t id = 0;
    std::string title;     ///< file name, or "MNIST digits 12345"
    int label = -1;        ///< −1: none
    ItemShape shape;       ///< count is 1
    std::vector<float> x0; ///< in [-1, 1]
};

struct FieldReady {
    std::uint64_t id = 0;
    int t = 1; ///< the paper's
    double range = 1.5;
    int side = 0;
    std::vector<float> epsilon; ///< [side][side][2], rows from the bottom
};

struct CheckpointSaved {
    std::filesystem::path file;
    std::int64_t step = 0;
};

/// Of an ExportChain. After `cancelled` there is no ExportFinished.
struct ExportProgress {
    std::filesystem::path file;
    double done = 0; ///< 0…1
    bool cancelled = false;
};

struct ExportFinished {
    std::filesystem::path file;
    std::string what;
};

/// Of a ReadPictureSettings.
struct PictureSettings {
    std::filesystem::path file;
    bool found = false;        ///< false: any other picture or file; then the rest says nothing
    bool sampled = false;      ///< false: samples drawn on the way of a training; `sampling` says nothing
    RunSettings model;         ///< its name, net, diffusion
    SamplingSettings sampling; ///< not checked against any model
    std::int64_t step = 0;     ///< of training, when it was drawn
    std::string problem;       ///< not found, but there are settings: why they cannot be read
};

/// Something recovered by itself, or worth knowing. The program goes on.
struct Notice {
    std::string text;
};

enum class Activity { training, sampling, data, model, exporting, engine };

/// Something did not work. Nothing was lost; `activity` says which part stopped.
struct Failed {
    Activity activity = Activity::engine;
    Error error;
    std::uint64_t id = 0; ///< of the question or branch that came to nothing; 0: of a command without one
};

/// The last event: the engine thread has saved and ended.
struct Stopped {};

using Event =
    std::variant<EngineReady, TrainingStateChanged, RunOpened, RunClosed, Metrics, Throughput, ModelChanged,
                 DataOpened, ForwardReady, ChainChanged, BranchChanged, PictureFitted, FieldReady,
                 CheckpointSaved, ExportProgress, ExportFinished, PictureSettings, Notice, Failed, Stopped>;

// ---------------------------------------------------------------------------------------------------------------------
// Frames (latest wins)

/// What training looks like now.
struct TrainingFrame {
    std::uint64_t sequence = 0; ///< grows with every frame
    std::int64_t step = 0;      ///< optimiser steps behind these pictures
    Drawable samples;           ///< from the EMA weights, always from the same noise
    /// One example of a training batch: t is the paper's.
    int t = 0;
    Drawable x0, x_t, epsilon, epsilon_hat;
    /// Mean squared error by t, `spectrum.size()` equal bins over 1…T, slow-moving; NaN where not seen yet.
    std::vector<double> spectrum;
};

} // namespace ddpm
