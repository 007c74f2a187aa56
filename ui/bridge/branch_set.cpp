#include "bridge/branch_set.h"

#include "bridge/engine_bridge.h"

#include <algorithm>
#include <utility>

namespace ddpm::ui {

BranchSet::BranchSet(EngineBridge& bridge, QObject* parent) : QObject(parent), bridge_(bridge) {
    connect(&bridge_, &EngineBridge::branchChanged, this, &BranchSet::take);
    connect(&bridge_, &EngineBridge::branchesGrew, this, [this] {
        if (anyRunning()) Q_EMIT changed();
    });
    connect(&bridge_, &EngineBridge::failed, this, [this](const Failed& failure) {
        if (branches_.count(failure.id) > 0)
            Q_EMIT failed(failure.id, QString::fromStdString(failure.error.line()));
    });
}

BranchSet::~BranchSet() {
    stopAll();
}

std::uint64_t BranchSet::start(StartBranch command) {
    const std::uint64_t id = command.id = bridge_.newId();
    branches_[id] = {};
    bridge_.submit(std::move(command));
    // After the caller knows the id.
    QMetaObject::invokeMethod(this, &BranchSet::changed, Qt::QueuedConnection);
    return id;
}

void BranchSet::stop(std::uint64_t id) {
    if (running(id)) bridge_.submit(DropBranch{id});
}

void BranchSet::stopAll() {
    for (const auto& [id, branch] : branches_)
        if (branch.running) bridge_.submit(DropBranch{id});
}

void BranchSet::drop(std::uint64_t id) {
    stop(id);
    branches_.erase(id);
}

void BranchSet::clear() {
    stopAll();
    branches_.clear();
}

std::shared_ptr<const ChainRecord> BranchSet::record(std::uint64_t id) const {
    const auto found = branches_.find(id);
    return found == branches_.end() ? nullptr : found->second.record;
}

bool BranchSet::running(std::uint64_t id) const {
    const auto found = branches_.find(id);
    return found != branches_.end() && found->second.running;
}

bool BranchSet::anyRunning() const {
    return std::any_of(branches_.begin(), branches_.end(),
                       [](const auto& each) { return each.second.running; });
}

bool BranchSet::refused(std::uint64_t id) const {
    const auto found = branches_.find(id);
    return found != branches_.end() && !found->second.running && !found->second.record;
}

std::size_t BranchSet::bytes() const {
    std::size_t sum = 0;
    for (const auto& [id, branch] : branches_)
        if (branch.record) sum += branch.record->bytes();
    return sum;
}

void BranchSet::take(const BranchChanged& event) {
    const auto found = branches_.find(event.id);
    if (found == branches_.end()) return;
    if (event.record) found->second.record = event.record;
    found->second.running = event.phase == ChainPhase::running;
    Q_EMIT changed();
    if (!found->second.running) Q_EMIT ended(event.id);
}

} // namespace ddpm::ui
