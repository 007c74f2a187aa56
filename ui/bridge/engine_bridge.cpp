#include "bridge/engine_bridge.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ddpm::ui {
namespace {

constexpr int displayInterval = 16; // ms, while something moves
constexpr int idleInterval = 100;   // ms, while a run or a chain is open and waits

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

} // namespace

EngineBridge::EngineBridge(Engine& engine, QObject* parent) : QObject(parent), engine_(engine) {
    displayTimer_.setTimerType(Qt::PreciseTimer);
    connect(&displayTimer_, &QTimer::timeout, this, &EngineBridge::lookAtFrames);
    subscription_ = engine_.subscribe(*this);
}

EngineBridge::~EngineBridge() {
    // Before any other member goes: waits for an on_events() that is under way.
    subscription_.reset();
}

void EngineBridge::submit(Command command) {
    Q_EMIT submitted(command);
    engine_.submit(std::move(command));
}

void EngineBridge::on_events(std::span<const Event> events) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        wake = queue_.empty();
        queue_.insert(queue_.end(), events.begin(), events.end());
    }
    // One wake-up for however much gathers until the GUI thread comes round.
    if (wake) QMetaObject::invokeMethod(this, &EngineBridge::deliver, Qt::QueuedConnection);
}

void EngineBridge::deliver() {
    {
        const std::lock_guard lock(mutex_);
        pending_.insert(pending_.end(), std::make_move_iterator(queue_.begin()),
                        std::make_move_iterator(queue_.end()));
        queue_.clear();
    }
    // One at a time from a member: a slot that runs an event loop of its own (a dialog) re-enters here, and
    // the order must hold all the same.
    while (!pending_.empty()) {
        Event event = std::move(pending_.front());
        pending_.pop_front();
        if (auto* metrics = std::get_if<Metrics>(&event)) {
            // Neighbouring batches become one signal: the plot redraws once.
            while (!pending_.empty()) {
                auto* next = std::get_if<Metrics>(&pending_.front());
                if (!next || next->replace) break;
                metrics->points.insert(metrics->points.end(), next->points.begin(), next->points.end());
                pending_.pop_front();
            }
        }
        dispatch(event);
    }
    lookAtFrames();
    adjustTimer();
}

void EngineBridge::dispatch(const Event& event) {
    std::visit(Overloaded{
                   [this](const EngineReady& e) {
                       device_ = e.device;
                       Q_EMIT engineReady(e);
                   },
                   [this](const TrainingStateChanged& e) {
                       training_ = e;
                       Q_EMIT trainingStateChanged(e);
                   },
                   [this](const RunOpened& e) {
                       if (e.folder.empty()) {
                           run_.reset();
                           Q_EMIT runClosed();
                           return;
                       }
                       run_ = std::make_unique<RunOpened>(e);
                       frame_.reset(); // pictures of another run are not this run's
                       Q_EMIT runOpened(e);
                   },
                   [this](const RunClosed&) {
                       run_.reset();
                       Q_EMIT runClosed();
                   },
                   [this](const Metrics& e) {
                       if (e.replace) metrics_.clear();
                       metrics_.insert(metrics_.end(), e.points.begin(), e.points.end());
                       if (!e.points.empty()) training_.step = std::max(training_.step, e.points.back().step);
                       Q_EMIT metricsArrived(e);
                   },
                   [this](const Throughput& e) { Q_EMIT throughputChanged(e); },
                   [this](const ModelChanged& e) {
                       model_ = e;
                       Q_EMIT modelChanged(e);
                   },
                   [this](const DataOpened& e) { Q_EMIT dataOpened(e); },
                   [this](const ForwardReady& e) { Q_EMIT forwardReady(e); },
                   [this](const ChainChanged& e) {
                       if (e.record != chain_.record) chainSize_ = 0;
                       chain_ = e;
                       Q_EMIT chainChanged(e);
                   },
                   [this](const BranchChanged& e) {
                       if (e.phase == ChainPhase::running)
                           branches_[e.id] = {e.record, 0};
                       else
                           branches_.erase(e.id);
                       Q_EMIT branchChanged(e);
                   },
                   [this](const PictureFitted& e) { Q_EMIT pictureFitted(e); },
                   [this](const FieldReady& e) { Q_EMIT fieldReady(e); },
                   [this](const CheckpointSaved& e) { Q_EMIT checkpointSaved(e); },
                   [this](const ExportProgress& e) { Q_EMIT exportProgressed(e); },
                   [this](const ExportFinished& e) { Q_EMIT exportFinished(e); },
                   [this](const PictureSettings& e) { Q_EMIT pictureSettings(e); },
                   [this](const Notice& e) { Q_EMIT noticed(e); },
                   [this](const Failed& e) { Q_EMIT failed(e); },
                   [this](const Stopped&) { Q_EMIT stopped(); },
               },
               event);
}

void EngineBridge::lookAtFrames() {
    if (chain_.record) {
        const int size = chain_.record->size();
        if (size != chainSize_) {
            chainSize_ = size;
            Q_EMIT chainGrew(size);
        }
    }
    bool grew = false;
    for (auto& [id, seen] : branches_) {
        const int size = seen.first->size();
        grew = grew || std::exchange(seen.second, size) != size;
    }
    if (grew) Q_EMIT branchesGrew();
    // With no run open there is nothing to look at: the last frame stays.
    if (!run_) return;
    auto frame = engine_.training_frame();
    if (!frame || (frame_ && frame->sequence == frame_->sequence)) return;
    frame_ = std::move(frame);
    Q_EMIT trainingFrameChanged();
}

void EngineBridge::adjustTimer() {
    const bool moving = training_.state == TrainingState::running || chain_.phase == ChainPhase::running ||
                        !branches_.empty();
    const bool open = run_ != nullptr || chain_.phase == ChainPhase::paused;
    if (!moving && !open) {
        displayTimer_.stop();
        return;
    }
    const int interval = moving ? displayInterval : idleInterval;
    if (!displayTimer_.isActive() || displayTimer_.interval() != interval) displayTimer_.start(interval);
}

} // namespace ddpm::ui
