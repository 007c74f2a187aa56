// The engine: one thread that drains commands, picks a job, advances it by one slice and publishes.
#pragma once

#include "data/dataset.h"
#include "ddpm/engine.h"
#include "runtime/chain_export.h"
#include "runtime/chain_job.h"
#include "runtime/device.h"
#include "runtime/model.h"
#include "runtime/preview_job.h"
#include "runtime/preview_net.h"
#include "runtime/publisher.h"
#include "runtime/training_session.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace ddpm::runtime {

class EngineThread final : public Engine {
public:
    explicit EngineThread(EngineOptions options);
    ~EngineThread() override;

    void submit(Command command) override;
    std::unique_ptr<Subscription> subscribe(Observer& observer) override;
    std::shared_ptr<const TrainingFrame> training_frame() const override;

private:
    using Clock = std::chrono::steady_clock;

    // engine_thread.cpp: the loop
    void run();
    bool drain_commands(bool wait); ///< false once Shutdown was handled
    bool has_work() const;
    void advance_one_slice();
    void fail(Activity activity, Error error, std::uint64_t id = 0);
    void notice(std::string text);
    /// Runs `work`; what it throws becomes an Error (out of memory said as such).
    template <typename Work>
    std::optional<Error> guarded(const char* doing, Work&& work);

    // engine_training.cpp: the open run
    void handle(const StartTraining& command);
    void handle(const OpenRun& command);
    void handle(const ResumeTraining& command);
    void handle(const PauseTraining& command);
    void handle(const StepTraining& command);
    void handle(const StopTraining& command);
    void handle(const ExtendTraining& command);
    void handle(const SetLearningRate& command);
    void handle(const SetPreview& command);
    void handle(const SaveCheckpoint& command);
    void opened_session(std::unique_ptr<TrainingSession> session);
    void training_slice();
    void preview_slice();
    void set_training_state(TrainingState state);
    void publish_metrics();
    void publish_throughput();
    void publish_frame();
    void save_run();
    void close_run();
    bool preview_due() const;
    void start_preview();
    void give_up_previews(Error error);

    // engine_exports.cpp: what is taken away
    void handle(const ExportGrid& command);
    void handle(const ExportChain& command);
    void handle(const CancelExport& command);
    void handle(const ExportLoss& command);
    void handle(const ReadPictureSettings& command);
    void export_slice();
    /// Of a branch, or (0) of the current chain, with the model that made it; nothing if nobody holds it any
    /// more.
    std::pair<std::shared_ptr<const ChainRecord>, const Model*> record_for(std::uint64_t branch) const;

    // engine_branches.cpp: chains beside the current one, and what they begin from
    void handle(const StartBranch& command);
    void handle(const DropBranch& command);
    void handle(const SetChainMemory& command);
    void handle(const FitPicture& command);
    void handle(const AskField& command);
    void branch_slice();
    void finish_branch(std::size_t which);
    std::size_t memory_of_branches();          ///< bytes, as they will be
    const RunSettings* model_settings() const; ///< of the current model, without copying its weights

    // engine_work.cpp: models, data, chains
    void handle(const OpenModel& command);
    void handle(const SaveDiffusers& command);
    void handle(const OpenData& command);
    void handle(const RunForward& command);
    void handle(const StartChain& command);
    void handle(const ResumeChain& command);
    void handle(const PauseChain& command);
    void handle(const StepChain& command);
    void handle(const StopChain& command);
    void handle(const SetDevice& command);
    void handle(const Shutdown& command);
    void chain_slice();
    void set_chain_phase(ChainPhase phase);
    Result<std::shared_ptr<const data::Dataset>> open_data(const DataSettings& settings);
    Result<Model> current_model(); ///< the run's EMA weights (copied), else the opened model
    Model model_of_run() const;    ///< but for its net
    void publish_model();

    EngineOptions options_;
    Publisher publisher_;

    mutable std::mutex queue_mutex_;
    std::condition_variable queue_changed_;
    std::deque<Command> queue_; ///< guarded by queue_mutex_

    mutable std::mutex frame_mutex_;
    std::shared_ptr<const TrainingFrame> frame_; ///< guarded by frame_mutex_

    // Everything below belongs to the engine thread.
    bool ending_ = false;
    DeviceChoice device_choice_;
    Device device_;
    std::unique_ptr<TrainingSession> session_;
    TrainingState training_state_ = TrainingState::none;
    std::optional<Model> opened_model_;
    std::unique_ptr<ChainJob> chain_;
    ChainPhase chain_phase_ = ChainPhase::none;
    std::uint64_t next_chain_id_ = 1;
    /// What can be exported as long as somebody holds the record.
    struct Recorded {
        std::uint64_t branch = 0;
        std::weak_ptr<ChainRecord> record;
        Model model;
    };
    std::vector<std::unique_ptr<ChainJob>> branches_; ///< at work, in the order in which they began
    std::vector<Recorded> recorded_;
    std::size_t next_branch_ = 0; ///< whose turn it is
    bool branch_turn_ = false;
    std::unique_ptr<ChainExport> export_;
    std::unique_ptr<PreviewNet> preview_net_; ///< of the open run, once it was looked at
    std::unique_ptr<PreviewJob> preview_;
    std::uint64_t frame_sequence_ = 0;
    Drawable newest_samples_;
    std::int64_t newest_samples_step_ = 0;
    double training_seconds_ = 0,
           chain_seconds_ = 0;   ///< slices since both were last working, for a fair share
    double preview_seconds_ = 0; ///< of the current or newest preview
    double all_preview_seconds_ = 0, running_seconds_ = 0;
    bool preview_turn_ = false;
    bool metrics_error_said_ = false;
    Clock::time_point last_preview_, last_frame_, last_throughput_;
    std::vector<std::pair<DataSettings, std::shared_ptr<const data::Dataset>>> data_cache_; ///< newest last

    std::thread thread_; ///< last: starts when all else is ready
};

} // namespace ddpm::runtime
