#include "stages/noise/noise_history.h"

#include "stages/noise/noise_form.h"

namespace ddpm::ui {

FormHistory* keepHistory(NoiseForm* form, QUndoStack* stack) {
    using C = NoiseChoices;
    std::vector<FormField<C>> fields{
        formField<C>(
            NoiseForm::tr("Data set"), [](auto& c) -> auto& { return c.data.kind; }),
        formField<C>(NoiseForm::tr("Class"), &C::only_label),
        formField<C>(
            NoiseForm::tr("Text"), [](auto& c) -> auto& { return c.data.text; }),
        formField<C>(
            NoiseForm::tr("Drawing"), [](auto& c) -> auto& { return c.data.picture; }),
        formField<C>(
            NoiseForm::tr("Drawing"), [](auto& c) -> auto& { return c.data.sketch; }),
        formField<C>(NoiseForm::tr("Seed"), &C::seed),
        formField<C>(NoiseForm::tr("Applying the schedule"), &C::applied),
        formField<C>(
            NoiseForm::tr("Schedule"), [](auto& c) -> auto& { return c.draft.kind; }),
        formField<C>(
            NoiseForm::tr("Steps T"), [](auto& c) -> auto& { return c.draft.timesteps; }),
        formField<C>(
            NoiseForm::tr("β₁"), [](auto& c) -> auto& { return c.draft.beta_start; }),
        formField<C>(
            NoiseForm::tr("β at T"), [](auto& c) -> auto& { return c.draft.beta_end; }),
    };
    auto* history = new FormHistoryOf<C>(
        form, stack, [form] { return form->choices(); },
        [form](const C& choices) { form->setChoices(choices); }, std::move(fields));
    QObject::connect(form, &NoiseForm::edited, history, &FormHistory::record);
    return history;
}

} // namespace ddpm::ui
