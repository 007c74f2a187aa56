#include "runtime/publisher.h"

#include <algorithm>

namespace ddpm::runtime {

class Publisher::Handle final : public Subscription {
public:
    Handle(Publisher& publisher, Observer& observer) : publisher_(publisher), observer_(observer) {}
    ~Handle() override {
        const std::lock_guard lock(publisher_.mutex_);
        std::erase(publisher_.observers_, &observer_);
    }

private:
    Publisher& publisher_;
    Observer& observer_;
};

void Publisher::flush() {
    if (pending_.empty()) return;
    const std::vector<Event> batch = std::move(pending_);
    pending_.clear();
    const std::lock_guard lock(mutex_);
    for (const Event& event : batch)
        remember(event);
    const std::vector<Observer*> observers = observers_; // an observer may drop itself on the way
    for (Observer* observer : observers)
        if (std::find(observers_.begin(), observers_.end(), observer) != observers_.end())
            observer->on_events(batch);
}

std::unique_ptr<Subscription> Publisher::subscribe(Observer& observer) {
    const std::lock_guard lock(mutex_);
    observers_.push_back(&observer);
    if (const std::vector<Event> events = current(); !events.empty()) observer.on_events(events);
    return std::make_unique<Handle>(*this, observer);
}

void Publisher::remember(const Event& event) {
    if (const auto* ready = std::get_if<EngineReady>(&event)) ready_ = *ready;
    if (const auto* run = std::get_if<RunOpened>(&event)) run_ = *run;
    if (const auto* training = std::get_if<TrainingStateChanged>(&event)) training_ = *training;
    if (const auto* model = std::get_if<ModelChanged>(&event)) model_ = *model;
    if (const auto* chain = std::get_if<ChainChanged>(&event)) chain_ = *chain;
    if (const auto* metrics = std::get_if<Metrics>(&event)) {
        if (metrics->replace) metrics_.clear();
        metrics_.insert(metrics_.end(), metrics->points.begin(), metrics->points.end());
    }
    if (std::holds_alternative<RunClosed>(event)) {
        run_.reset();
        metrics_.clear();
    }
}

std::vector<Event> Publisher::current() const {
    std::vector<Event> events;
    if (ready_) events.emplace_back(*ready_);
    if (run_) {
        events.emplace_back(*run_);
        events.emplace_back(Metrics{metrics_, true});
    }
    if (training_) events.emplace_back(*training_);
    if (model_) events.emplace_back(*model_);
    if (chain_) events.emplace_back(*chain_);
    return events;
}

} // namespace ddpm::runtime
