// The settings as the user has them in the form, against those of the open run: what differs, and what of it
// can change on the way. Knows no widget.
#pragma once

#include "ddpm/command.h"
#include "ddpm/config.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ddpm::ui {

enum class Setting {
    data,
    net,
    as_in_paper,
    schedule,
    prediction,
    steps,
    batch_size,
    learning_rate,
    warmup,
    clip,
    ema,
    dropout,
    flips,
    seed,
    device,
    preview,
};

struct SettingChange {
    Setting setting;
    bool live; ///< takes effect in the running run; everything else needs a new one
};

class RunDraft {
public:
    RunDraft();

    const RunSettings& settings() const { return draft_; }
    void set(RunSettings settings) { draft_ = std::move(settings); }
    /// The preset's own figures; what is not the preset's business (name, seed, device, words to draw) stays.
    void choose(Preset preset, DataKind data, bool asInPaper);
    /// Points of one's own, with a net for points; what else was chosen for one stays.
    void chooseDrawing(const DataSettings& drawing);

    /// A run was opened: the form starts from what it was made with.
    void openRun(const RunSettings& settings, std::int64_t plannedSteps);
    void closeRun() { run_.reset(); }
    bool hasRun() const { return run_.has_value(); }
    /// The run was extended (by whomever): a draft that did not change the steps follows.
    void setPlannedSteps(std::int64_t steps);

    std::vector<SettingChange> changes() const; ///< empty without a run
    bool hasLiveChanges() const;
    bool needsNewRun() const;
    void revert();
    /// The commands for the live changes; afterwards they count as applied.
    std::vector<Command> applyLive();

private:
    RunSettings draft_;
    std::vector<float> sketch_;      ///< drawn last; only data that are a drawing have it in their settings
    std::optional<RunSettings> run_; ///< training.steps is the planned end now
};

} // namespace ddpm::ui
