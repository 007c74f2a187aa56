#include "support/fake_engine.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace ddpm::test {

struct FakeEngine::Shared {
    mutable std::mutex state; // guards what follows, held for moments
    std::vector<Command> commands;
    std::vector<Event> current; // what a new observer hears first, at most one of each kind
    std::shared_ptr<const TrainingFrame> frame;

    std::recursive_mutex
        delivery; // held while observers are called: a subscription's destructor waits for it
    std::vector<Observer*> observers;
};

class FakeEngine::Listener final : public Subscription {
public:
    Listener(std::shared_ptr<Shared> shared, Observer* observer)
        : shared_(std::move(shared)), observer_(observer) {}
    ~Listener() override {
        const std::lock_guard lock(shared_->delivery);
        std::erase(shared_->observers, observer_);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

private:
    std::shared_ptr<Shared> shared_;
    Observer* observer_;
};

namespace {

/// The kinds of event that describe a state rather than a happening.
bool is_state(const Event& event) {
    return std::visit(
        [](const auto& e) {
            using T = std::decay_t<decltype(e)>;
            return std::is_same_v<T, EngineReady> || std::is_same_v<T, TrainingStateChanged> ||
                   std::is_same_v<T, RunOpened> || std::is_same_v<T, ModelChanged> ||
                   std::is_same_v<T, ChainChanged>;
        },
        event);
}

} // namespace

FakeEngine::FakeEngine() : shared_(std::make_shared<Shared>()) {
    shared_->current.push_back(EngineReady{{"CPU", "2 threads, fp32", false}});
}

FakeEngine::~FakeEngine() = default;

void FakeEngine::submit(Command command) {
    std::function<void(const Command&)> answer;
    {
        const std::lock_guard lock(shared_->state);
        shared_->commands.push_back(command);
        answer = answer_;
    }
    if (answer) answer(command);
}

std::unique_ptr<Subscription> FakeEngine::subscribe(Observer& observer) {
    const std::lock_guard lock(shared_->delivery);
    shared_->observers.push_back(&observer);
    std::vector<Event> current;
    {
        const std::lock_guard state(shared_->state);
        current = shared_->current;
    }
    observer.on_events(current);
    return std::make_unique<Listener>(shared_, &observer);
}

std::shared_ptr<const TrainingFrame> FakeEngine::training_frame() const {
    const std::lock_guard lock(shared_->state);
    return shared_->frame;
}

void FakeEngine::emit(Event event) {
    emit(std::vector<Event>{std::move(event)});
}

void FakeEngine::emit(std::vector<Event> events) {
    const std::lock_guard lock(shared_->delivery);
    {
        const std::lock_guard state(shared_->state);
        for (const Event& event : events) {
            if (!is_state(event)) continue;
            std::erase_if(shared_->current, [&](const Event& old) { return old.index() == event.index(); });
            shared_->current.push_back(event);
        }
    }
    const auto observers = shared_->observers;
    for (Observer* observer : observers)
        observer->on_events(events);
}

void FakeEngine::set_frame(std::shared_ptr<const TrainingFrame> frame) {
    const std::lock_guard lock(shared_->state);
    shared_->frame = std::move(frame);
}

void FakeEngine::on_submit(std::function<void(const Command&)> answer) {
    const std::lock_guard lock(shared_->state);
    answer_ = std::move(answer);
}

std::vector<Command> FakeEngine::commands() const {
    const std::lock_guard lock(shared_->state);
    return shared_->commands;
}

void FakeEngine::forget_commands() {
    const std::lock_guard lock(shared_->state);
    shared_->commands.clear();
}

} // namespace ddpm::test
