// All that can be asked of the engine. A command is a noun with its data; nothing here blocks.
#pragma once

#include "ddpm/chain_state.h"
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
/// Saves and closes the run. One that cannot be saved stays open, paused; `even_unsaved` closes that, too.
struct StopTraining {
    bool even_unsaved = false;
};
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
};                      ///< a run or a diffusers folder, for sampling; an open run is saved and closed
struct SaveDiffusers {
    std::filesystem::path folder;
}; ///< the current model (EMA weights) as a diffusers folder

// Noise
// ---------------------------------------------------------------------------------------------------------------

struct OpenData {
    std::uint64_t id = 0; ///< comes back in DataOpened: whoever asked knows its answer
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
    std::vector<ScheduleSettings> compare = {}; ///< other schedules whose tables are wanted beside it
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

/// Where a branch begins. Values are [settings.count][values of an item], laid out as ChainState::x.
struct FromNoise {}; ///< x_T of the seed, as StartChain does
struct FromState {
    int t = 0;            ///< the paper's; the branch begins at the first t of its plan that is not above it
    std::vector<float> x; ///< x_t
};
/// One picture, noised to t by q (eq. 4); chain k with the noise of chain k at T, as FromNoise.
struct FromPicture {
    int t = 0;
    std::vector<float> x0; ///< values of one item
};
/// Figs. 8 and 9: both pictures are noised to t and mixed as (1 − lambda) x_t + lambda x_t', one chain for
/// each lambda; all of them have the noise of chain 0. settings.count is the number of lambdas.
struct FromMixture {
    int t = 0;
    std::vector<float> first, second; ///< values of one item each
    std::vector<double> lambdas;      ///< 0…1
    bool separate = false;            ///< each picture has its own noise (the paper) or both the same one
};
/// A chain beside the current one, which it leaves alone: a fork, a changed state, a mixture, a race's lane.
/// Any number at a time; they take turns. Answer: BranchChanged.
struct StartBranch {
    std::uint64_t id = 0; ///< chosen by who asks; a branch of the same id is dropped
    bool of_chain = true; ///< of the model that made the current chain; false: of the current model
    SamplingSettings settings;
    std::variant<FromNoise, FromState, FromPicture, FromMixture> from;
    /// Chain k draws the noise of chain noise_chains[k] of the seed (so that a twin has its twin's); empty:
    /// of k.
    std::vector<std::int64_t> noise_chains = {};
    std::vector<int> labels = {}; ///< the class of each chain; empty: as settings.label says
};
struct DropBranch {
    std::uint64_t id = 0;
}; ///< ends it where it is; what was recorded lives as long as somebody holds it

/// Bytes that recorded chains may take together; of what is begun next every k-th state is kept where all
/// would not fit.
struct SetChainMemory {
    std::size_t bytes = 0;
};

/// A picture brought to the size and channels of the current model. Answer: PictureFitted.
struct FitPicture {
    std::uint64_t id = 0;
    std::filesystem::path file; ///< a picture file; empty: picture `index` of `data`
    DataSettings data = {};
    std::int64_t index = -1; ///< −1: one drawn by `seed`
    std::uint64_t seed = 0;
};

/// epsilon of the current point model on a lattice of side × side points over [-range, range]², rows from the
/// bottom. Answer: FieldReady.
struct AskField {
    std::uint64_t id = 0;
    int t = 1; ///< the paper's
    double range = 1.5;
    int side = 20; ///< 2…200
};

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
    std::uint64_t branch = 0; ///< of this branch instead of the current chain
};
/// The way of the current chain, from its first kept state to its newest. A film by the file's ending (.mp4,
/// .gif, .apng), numbered PNGs in a new folder, or a strip of states as one PNG. Answer: ExportProgress, then
/// ExportFinished. One at a time.
struct ExportChain {
    enum class Shape { film, numbered, strip };
    using Part = ChainPart;
    Shape shape = Shape::film;
    Part part = Part::x;
    int chain = -1;     ///< 0-based; −1: all of them as a grid (a strip: a row each)
    double seconds = 8; ///< film: 0.2…600, and the last picture is held for another 1.5
    int states = 11;    ///< strip: 2…64 states, evenly spread
    GridLayout layout;  ///< a strip has its own columns
    std::filesystem::path file;
    std::uint64_t branch = 0; ///< of this branch instead of the current chain
};
/// What a picture that was taken away was made with. Answer: PictureSettings, whatever the file is.
struct ReadPictureSettings {
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
                 OpenData, RunForward, StartChain, ResumeChain, PauseChain, StepChain, StopChain, StartBranch,
                 DropBranch, SetChainMemory, FitPicture, AskField, ExportGrid, ExportChain, CancelExport,
                 ExportLoss, ReadPictureSettings, SetDevice, Shutdown>;

} // namespace ddpm
