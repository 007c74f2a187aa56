// Engine events -> Qt signals on the GUI thread: the one place where the thread boundary is crossed.
#pragma once

#include "ddpm/engine.h"

#include <QObject>
#include <QTimer>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace ddpm::ui {

/// Lives on the GUI thread. on_events() runs on the engine thread: it appends to a queue and posts one
/// wake-up. All signals are emitted on the GUI thread, in the engine's order. The last known values are kept
/// for stages that are made late.
class EngineBridge final : public QObject, private Observer {
    Q_OBJECT
public:
    explicit EngineBridge(Engine& engine, QObject* parent = nullptr);
    ~EngineBridge() override;

    void submit(Command command);
    /// For commands whose answers carry the id of the question; never 0.
    std::uint64_t newId() { return ++lastId_; }

    const DeviceInfo& device() const { return device_; }
    const TrainingStateChanged& training() const { return training_; }
    const RunOpened* run() const { return run_ ? run_.get() : nullptr; } ///< nullptr: no run is open
    const ModelChanged& model() const { return model_; }
    const ChainChanged& chain() const { return chain_; }
    const std::vector<MetricPoint>& metrics() const { return metrics_; }
    std::shared_ptr<const TrainingFrame> frame() const { return frame_; }

Q_SIGNALS:
    void submitted(const ddpm::Command& command); ///< asked, by whomever; the engine's answer comes later
    void engineReady(const ddpm::EngineReady& event);
    void trainingStateChanged(const ddpm::TrainingStateChanged& event);
    void runOpened(const ddpm::RunOpened& event);
    void runClosed();
    void metricsArrived(const ddpm::Metrics& event);
    void throughputChanged(const ddpm::Throughput& event);
    void modelChanged(const ddpm::ModelChanged& event);
    void dataOpened(const ddpm::DataOpened& event);
    void forwardReady(const ddpm::ForwardReady& event);
    void chainChanged(const ddpm::ChainChanged& event);
    void chainGrew(int states);  ///< looked up at display rate while a chain runs
    void trainingFrameChanged(); ///< looked up at display rate; read frame()
    void branchChanged(const ddpm::BranchChanged& event);
    void pictureFitted(const ddpm::PictureFitted& event);
    void fieldReady(const ddpm::FieldReady& event);
    void branchesGrew(); ///< looked up at display rate while branches run
    void checkpointSaved(const ddpm::CheckpointSaved& event);
    void exportProgressed(const ddpm::ExportProgress& event);
    void exportFinished(const ddpm::ExportFinished& event);
    void pictureSettings(const ddpm::PictureSettings& event);
    void noticed(const ddpm::Notice& event);
    void failed(const ddpm::Failed& event);
    void stopped();

private:
    void on_events(std::span<const Event> events) override; // engine thread
    void deliver();                                         // GUI thread
    void dispatch(const Event& event);                      // GUI thread
    void lookAtFrames();                                    // GUI thread, display rate
    void adjustTimer();                                     // GUI thread

    Engine& engine_;
    std::mutex mutex_;
    std::vector<Event> queue_;  // guarded by mutex_
    std::deque<Event> pending_; // GUI thread: taken from the queue, not yet told
    QTimer displayTimer_;
    DeviceInfo device_;
    TrainingStateChanged training_;
    std::unique_ptr<RunOpened> run_;
    ModelChanged model_;
    ChainChanged chain_;
    int chainSize_ = 0;
    std::map<std::uint64_t, std::pair<std::shared_ptr<const ChainRecord>, int>>
        branches_; // at work: size seen
    std::uint64_t lastId_ = 0;
    std::vector<MetricPoint> metrics_;
    std::shared_ptr<const TrainingFrame> frame_;
    std::unique_ptr<Subscription> subscription_; // last: goes first
};

} // namespace ddpm::ui
