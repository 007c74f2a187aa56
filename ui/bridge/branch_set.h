// The branches that one view asked for: started, followed, and dropped with it.
#pragma once

#include "ddpm/command.h"
#include "ddpm/event.h"

#include <QObject>

#include <cstdint>
#include <map>
#include <memory>

namespace ddpm::ui {

class EngineBridge;

class BranchSet : public QObject {
    Q_OBJECT
public:
    explicit BranchSet(EngineBridge& bridge, QObject* parent = nullptr);
    ~BranchSet() override; ///< drops what is still at work

    /// Gives the branch an id of its own and asks for it.
    std::uint64_t start(StartBranch command);
    void stop(std::uint64_t id); ///< its record stays
    void stopAll();
    void drop(std::uint64_t id); ///< forgets it, too
    void clear();

    /// nullptr: not answered yet, or refused.
    std::shared_ptr<const ChainRecord> record(std::uint64_t id) const;
    bool running(std::uint64_t id) const; ///< asked for and not yet finished or refused
    bool anyRunning() const;
    bool refused(std::uint64_t id) const;
    std::size_t bytes() const; ///< memory of all records

Q_SIGNALS:
    void changed();                                  ///< a branch was asked for, grew, began or ended
    void ended(quint64 branch);                      ///< finished or refused
    void failed(quint64 branch, const QString& why); ///< what, where and what to do; may follow `ended`

private:
    struct Branch {
        std::shared_ptr<const ChainRecord> record;
        bool running = true;
    };
    void take(const BranchChanged& event);

    EngineBridge& bridge_;
    std::map<std::uint64_t, Branch> branches_;
};

} // namespace ddpm::ui
