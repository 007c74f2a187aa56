// All that can be asked of the engine. A command is a noun with its data; nothing here blocks.
#pragma once

#include "ddpm/config.h"

#include <cstdint>
#include <filesystem>
#include <variant>
#include <vector>

namespace ddpm {

// Training
// ------------------------------------------------------------------------------------------------------------

/// A new run in `folder` (created; must not hold a run already). Answer: RunOpened, then
/// TrainingStateChanged.
struct StartTraining {
    RunSettings settings;
    std::filesystem::path folder;
    bool paused = false; ///< open it and wait
};
struct OpenRun {
    std::filesystem::path folder;
    bool resume = false;
}; ///< newest good checkpoint; waits unless `resume`
struct ResumeTraining {};
struct PauseTraining {}; ///< takes effect after the current step; saves a checkpoint
struct StepTraining {};  ///< one optimiser step
struct StopTraining {};  ///< saves and closes the run
struct ExtendTraining {
    std::int64_t steps = 0;
}; ///< this many beyond the planned end
struct SetLearningRate {
    double value = 0;
};
struct SetPreview {
    PreviewSettings settings;
};
struct SaveCheckpoint {};

// Models
// --------------------------------------------------------------------------------------------------------------

struct OpenModel {
    std::filesystem::path folder;
    bool quiet = false; ///< no notices about how it is stored: nobody asked for this model
};                      ///< a run or a diffusers folder, for sampling
struct SaveDiffusers {
    std::filesystem::path folder;
}; ///< the current model (EMA weights) as a diffusers folder

// Noise
// ---------------------------------------------------------------------------------------------------------------

struct OpenData {
    DataSettings settings;
    int thumbnails = 60;
    std::uint64_t shuffle = 0;
    int only_label = -1;
};
/// The whole forward process of one item. Answer: ForwardReady.
struct RunForward {
    std::uint64_t id = 0;
    ScheduleSettings schedule;
    DataSettings data;
    std::int64_t index = 0;     ///< which picture of the set; ignored for points and files
    std::filesystem::path file; ///< a picture file instead of one from the set
    std::uint64_t seed = 0;
};

// Denoise
// -------------------------------------------------------------------------------------------------------------

struct StartChain {
    SamplingSettings settings;
    bool paused = false;
}; ///< of the current model; replaces the chain before
struct ResumeChain {};
struct PauseChain {};
struct StepChain {}; ///< one reverse step
struct StopChain {}; ///< keeps what was recorded

// Taking it away
// ------------------------------------------------------------------------------------------------------

struct GridLayout {
    int columns = 0; ///< 0: as square as it gets
    int scale = 4;   ///< 1…32, whole pixels
    int padding = 2; ///< pixels between pictures, before scaling
};
/// State `state` of the current chain (−1: the newest), or the newest training samples, as a PNG with its
/// settings inside.
struct ExportGrid {
    enum class Source { chain_x, chain_x0_hat, chain_epsilon, training_samples };
    Source source = Source::chain_x;
    int state = -1;
    GridLayout layout;
    std::filesystem::path file;
};
/// The way of the current chain, from its first kept state to its newest. A film by the file's ending (.mp4,
/// .gif, .apng), numbered PNGs in a new folder, or a strip of states as one PNG. Answer: ExportProgress, then
/// ExportFinished. One at a time.
struct ExportChain {
    enum class Shape { film, numbered, strip };
    enum class Part { x, x0_hat, epsilon };
    Shape shape = Shape::film;
    Part part = Part::x;
    int chain = -1;     ///< 0-based; −1: all of them as a grid (a strip: a row each)
    double seconds = 8; ///< film: 0.2…600, and the last picture is held for another 1.5
    int states = 11;    ///< strip: 2…64 states, evenly spread
    GridLayout layout;  ///< a strip has its own columns
    std::filesystem::path file;
};
struct CancelExport {}; ///< leaves nothing behind
struct ExportLoss {
    std::filesystem::path file;
}; ///< CSV of every metric point of the open run

// Engine
// --------------------------------------------------------------------------------------------------------------

struct SetDevice {
    DeviceChoice choice = DeviceChoice::automatic;
};                  ///< for what is started or opened next
struct Shutdown {}; ///< save, close, end the thread; the last event is Stopped

using Command =
    std::variant<StartTraining, OpenRun, ResumeTraining, PauseTraining, StepTraining, StopTraining,
                 ExtendTraining, SetLearningRate, SetPreview, SaveCheckpoint, OpenModel, SaveDiffusers,
                 OpenData, RunForward, StartChain, ResumeChain, PauseChain, StepChain, StopChain, ExportGrid,
                 ExportChain, CancelExport, ExportLoss, SetDevice, Shutdown>;

} // namespace ddpm
