#include "stages/train/run_history.h"

#include "stages/train/settings_form.h"

namespace ddpm::ui {

FormHistory* keepHistory(QWidget* form, QUndoStack* stack, std::function<RunSettings()> read,
                         std::function<void(const RunSettings&)> restore) {
    using R = RunSettings;
    const auto part = [](const QString& name, auto get) { return formField<R>(name, get); };
    // What a choice sets off comes after the choice: the first that differs names the change.
    std::vector<FormField<R>> fields{
        part(
            SettingsForm::tr("Data"), [](auto& s) -> auto& { return s.data.kind; }),
        part(
            SettingsForm::tr("Net"), [](auto& s) -> auto& { return s.preset; }),
        part(
            SettingsForm::tr("As in the paper"), [](auto& s) -> auto& { return s.as_in_paper; }),
        part(
            SettingsForm::tr("Words"), [](auto& s) -> auto& { return s.data.text; }),
        part(
            SettingsForm::tr("Drawing"), [](auto& s) -> auto& { return s.data.sketch; }),
        part(
            SettingsForm::tr("Drawing"), [](auto& s) -> auto& { return s.data.picture; }),
        part(
            SettingsForm::tr("Steps"), [](auto& s) -> auto& { return s.training.steps; }),
        part(
            SettingsForm::tr("Learning rate"), [](auto& s) -> auto& { return s.training.learning_rate; }),
        part(
            SettingsForm::tr("Seed"), [](auto& s) -> auto& { return s.training.seed; }),
        part(
            SettingsForm::tr("Device"), [](auto& s) -> auto& { return s.device; }),
        part(
            SettingsForm::tr("Batch"), [](auto& s) -> auto& { return s.training.batch_size; }),
        part(
            SettingsForm::tr("EMA decay"), [](auto& s) -> auto& { return s.training.ema_decay; }),
        part(
            SettingsForm::tr("Warm-up"), [](auto& s) -> auto& { return s.training.warmup_steps; }),
        part(
            SettingsForm::tr("Gradient clip"), [](auto& s) -> auto& { return s.training.gradient_clip; }),
        part(
            SettingsForm::tr("Dropout"), [](auto& s) -> auto& { return s.model.unet.dropout; }),
        part(
            SettingsForm::tr("Mirroring"), [](auto& s) -> auto& { return s.training.flips; }),
        part(
            SettingsForm::tr("Precision"), [](auto& s) -> auto& { return s.training.precision; }),
        part(
            SettingsForm::tr("Schedule of β"), [](auto& s) -> auto& { return s.diffusion.schedule.kind; }),
        part(
            SettingsForm::tr("Net predicts"), [](auto& s) -> auto& { return s.diffusion.prediction; }),
        part(
            SettingsForm::tr("T"), [](auto& s) -> auto& { return s.diffusion.schedule.timesteps; }),
        part(
            SettingsForm::tr("Previews"), [](auto& s) -> auto& { return s.preview.enabled; }),
        part(
            SettingsForm::tr("Seconds between previews"),
            [](auto& s) -> auto& { return s.preview.every_seconds; }),
    };
    return new FormHistoryOf<R>(form, stack, std::move(read), std::move(restore), std::move(fields));
}

} // namespace ddpm::ui
