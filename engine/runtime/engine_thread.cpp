#include "runtime/engine_thread.h"

#include "compat/torch_compat.h"
#include "runtime/guarded.h"

#include <utility>

namespace ddpm {

std::unique_ptr<Engine> make_engine(EngineOptions options) {
    return std::make_unique<runtime::EngineThread>(std::move(options));
}

} // namespace ddpm

namespace ddpm::runtime {

EngineThread::EngineThread(EngineOptions options)
    : options_(std::move(options)), device_choice_(options_.device), thread_([this] { run(); }) {}

EngineThread::~EngineThread() {
    submit(Shutdown{});
    thread_.join();
}

void EngineThread::submit(Command command) {
    {
        const std::lock_guard lock(queue_mutex_);
        queue_.push_back(std::move(command));
    }
    queue_changed_.notify_one();
}

std::unique_ptr<Subscription> EngineThread::subscribe(Observer& observer) {
    return publisher_.subscribe(observer);
}

std::shared_ptr<const TrainingFrame> EngineThread::training_frame() const {
    const std::lock_guard lock(frame_mutex_);
    return frame_;
}

void EngineThread::run() {
    prepare_engine_thread(options_.threads);
    device_ = choose_device(device_choice_);
    publisher_.publish(EngineReady{device_.info});
    if (!device_.notice.empty()) notice(device_.notice);
    publisher_.publish(TrainingStateChanged{});
    publish_model();
    publisher_.flush();
    while (drain_commands(!has_work())) {
        if (has_work()) advance_one_slice();
        publisher_.flush();
    }
    publisher_.publish(Stopped{});
    publisher_.flush();
}

bool EngineThread::drain_commands(bool wait) {
    std::deque<Command> commands;
    {
        std::unique_lock lock(queue_mutex_);
        if (wait) queue_changed_.wait(lock, [this] { return !queue_.empty(); });
        commands.swap(queue_);
    }
    for (const Command& command : commands) {
        std::visit(
            [this](const auto& c) {
                if (auto error = guarded("carrying out a command", [&] { handle(c); }))
                    fail(Activity::engine, *std::move(error));
            },
            command);
        publisher_.flush();
        if (ending_) return false;
    }
    return true;
}

bool EngineThread::has_work() const {
    return training_state_ == TrainingState::running || chain_phase_ == ChainPhase::running ||
           !branches_.empty() || preview_ != nullptr || export_ != nullptr;
}

void EngineThread::advance_one_slice() {
    if (export_) export_slice();
    const bool training = training_state_ == TrainingState::running;
    const bool chain = chain_phase_ == ChainPhase::running || !branches_.empty();
    const auto start = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    // Both at work: the one that had less time so far, so that neither starves. Alone, nothing is owed.
    if (!(training && chain)) training_seconds_ = chain_seconds_ = 0;
    if (chain && (!training || chain_seconds_ <= training_seconds_)) {
        if (chain_phase_ != ChainPhase::running ||
            (!branches_.empty() && std::exchange(branch_turn_, !branch_turn_)))
            branch_slice();
        else
            chain_slice();
        chain_seconds_ += elapsed();
        return;
    }
    if (preview_ && (!training || std::exchange(preview_turn_, !preview_turn_))) {
        preview_slice();
        preview_seconds_ += elapsed();
        all_preview_seconds_ += elapsed();
    } else if (training) {
        training_slice();
    }
    training_seconds_ += elapsed();
    if (training) running_seconds_ += elapsed();
}

void EngineThread::fail(Activity activity, Error error, std::uint64_t id) {
    publisher_.publish(Failed{activity, std::move(error), id});
}

void EngineThread::notice(std::string text) {
    publisher_.publish(Notice{std::move(text)});
}

} // namespace ddpm::runtime
