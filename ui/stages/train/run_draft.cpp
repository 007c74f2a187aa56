#include "stages/train/run_draft.h"

#include <algorithm>
#include <utility>

namespace ddpm::ui {

RunDraft::RunDraft() : draft_(preset_settings(Preset::tiny, DataKind::mnist)) {}

void RunDraft::choose(Preset preset, DataKind data, bool asInPaper) {
    if (draft_.data.kind == DataKind::drawing) sketch_ = draft_.data.sketch;
    RunSettings fresh = preset_settings(preset, data, asInPaper);
    fresh.name = draft_.name;
    fresh.device = draft_.device;
    fresh.training.seed = draft_.training.seed;
    fresh.preview.enabled = draft_.preview.enabled;
    fresh.data.text = draft_.data.text;
    fresh.data.picture = draft_.data.picture;
    if (data == DataKind::drawing) fresh.data.sketch = sketch_;
    draft_ = std::move(fresh);
}

void RunDraft::chooseDrawing(const DataSettings& drawing) {
    if (draft_.data.kind != DataKind::drawing || draft_.preset != Preset::points)
        choose(Preset::points, DataKind::drawing, draft_.as_in_paper && draft_.preset != Preset::paper);
    draft_.data.sketch = drawing.sketch;
    draft_.data.picture = drawing.picture;
    draft_.data.text = drawing.text;
}

void RunDraft::openRun(const RunSettings& settings, std::int64_t plannedSteps) {
    run_ = settings;
    if (plannedSteps > 0) run_->training.steps = plannedSteps;
    draft_ = *run_;
}

void RunDraft::setPlannedSteps(std::int64_t steps) {
    if (!run_ || steps <= 0 || steps == run_->training.steps) return;
    if (draft_.training.steps == run_->training.steps) draft_.training.steps = steps;
    run_->training.steps = steps;
}

std::vector<SettingChange> RunDraft::changes() const {
    std::vector<SettingChange> found;
    if (!run_) return found;
    const RunSettings& a = draft_;
    const RunSettings& b = *run_;
    const auto compare = [&found](Setting setting, bool same, bool live) {
        if (!same) found.push_back({setting, live});
    };
    compare(Setting::data, a.data == b.data, false);
    UnetSettings unetA = a.model.unet, unetB = b.model.unet;
    unetA.dropout = unetB.dropout = 0;
    compare(Setting::net,
            a.preset == b.preset && a.model.kind == b.model.kind && unetA == unetB &&
                a.model.point_mlp == b.model.point_mlp,
            false);
    compare(Setting::as_in_paper, a.as_in_paper == b.as_in_paper, false);
    compare(Setting::schedule, a.diffusion.schedule == b.diffusion.schedule, false);
    compare(Setting::prediction, a.diffusion.prediction == b.diffusion.prediction, false);
    // A run can be extended on the way; to end sooner it can be stopped at any time.
    compare(Setting::steps, a.training.steps == b.training.steps, a.training.steps > b.training.steps);
    compare(Setting::batch_size, a.training.batch_size == b.training.batch_size, false);
    compare(Setting::learning_rate, a.training.learning_rate == b.training.learning_rate, true);
    compare(Setting::warmup, a.training.warmup_steps == b.training.warmup_steps, false);
    compare(Setting::clip, a.training.gradient_clip == b.training.gradient_clip, false);
    compare(Setting::ema, a.training.ema_decay == b.training.ema_decay, false);
    compare(Setting::dropout, a.model.unet.dropout == b.model.unet.dropout, false);
    compare(Setting::flips, a.training.flips == b.training.flips, false);
    compare(Setting::seed, a.training.seed == b.training.seed, false);
    compare(Setting::device, a.device == b.device, false);
    compare(Setting::preview, a.preview == b.preview, true);
    return found;
}

bool RunDraft::hasLiveChanges() const {
    const auto all = changes();
    return std::any_of(all.begin(), all.end(), [](const SettingChange& change) { return change.live; });
}

bool RunDraft::needsNewRun() const {
    const auto all = changes();
    return std::any_of(all.begin(), all.end(), [](const SettingChange& change) { return !change.live; });
}

void RunDraft::revert() {
    if (run_) draft_ = *run_;
}

std::vector<Command> RunDraft::applyLive() {
    std::vector<Command> commands;
    for (const SettingChange& change : changes()) {
        if (!change.live) continue;
        switch (change.setting) {
        case Setting::steps:
            commands.push_back(ExtendTraining{draft_.training.steps - run_->training.steps});
            run_->training.steps = draft_.training.steps;
            break;
        case Setting::learning_rate:
            commands.push_back(SetLearningRate{draft_.training.learning_rate});
            run_->training.learning_rate = draft_.training.learning_rate;
            break;
        case Setting::preview:
            commands.push_back(SetPreview{draft_.preview});
            run_->preview = draft_.preview;
            break;
        default:
            break;
        }
    }
    return commands;
}

} // namespace ddpm::ui
