// An engine for tests of the window: remembers what it was asked, says what the test wants it to say.
#pragma once

#include "ddpm/engine.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ddpm::test {

/// Thread-safe. Events are delivered on the thread that calls emit(), as the real engine does on its own.
class FakeEngine final : public Engine {
public:
    FakeEngine();
    ~FakeEngine() override;

    // The port
    void submit(Command command) override;
    [[nodiscard]] std::unique_ptr<Subscription> subscribe(Observer& observer) override;
    std::shared_ptr<const TrainingFrame> training_frame() const override;

    // The test's side
    void emit(Event event);
    void emit(std::vector<Event> events); ///< as one batch
    void set_frame(std::shared_ptr<const TrainingFrame> frame);
    /// Called (on the submitting thread, no lock held) for each command after it was remembered, to answer
    /// like an engine.
    void on_submit(std::function<void(const Command&)> answer);

    std::vector<Command> commands() const;
    void forget_commands();
    template <typename T>
    int count() const {
        int n = 0;
        for (const Command& command : commands())
            n += std::holds_alternative<T>(command);
        return n;
    }
    /// The newest command of that kind.
    template <typename T>
    std::optional<T> last() const {
        std::optional<T> found;
        for (const Command& command : commands())
            if (const T* match = std::get_if<T>(&command)) found = *match;
        return found;
    }

private:
    class Listener;
    struct Shared;
    std::shared_ptr<Shared> shared_;
    std::function<void(const Command&)> answer_;
};

} // namespace ddpm::test
