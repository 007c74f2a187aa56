#include "stages/denoise/sampling_history.h"

#include "stages/denoise/sampling_form.h"

namespace ddpm::ui {

FormHistory* keepHistory(SamplingForm* form, QUndoStack* stack) {
    using S = SamplingSettings;
    std::vector<FormField<S>> fields{
        formField<S>(SamplingForm::tr("Sampler"), &S::sampler),
        formField<S>(SamplingForm::tr("Steps"), &S::steps),
        formField<S>(SamplingForm::tr("Spacing"), &S::spacing),
        formField<S>(SamplingForm::tr("Variance"), &S::variance),
        formField<S>(SamplingForm::tr("Noise η"), &S::eta),
        formField<S>(SamplingForm::tr("Clip x̂₀"), &S::clip),
        formField<S>(SamplingForm::tr("Class"), &S::label),
        formField<S>(SamplingForm::tr("Guidance"), &S::guidance),
        formField<S>(SamplingForm::tr("Chains"), &S::count),
        formField<S>(SamplingForm::tr("Seed"), &S::seed),
    };
    auto* history = new FormHistoryOf<S>(
        form, stack, [form] { return form->settings(); },
        [form](const S& settings) { form->setSettings(settings); }, std::move(fields));
    QObject::connect(form, &SamplingForm::edited, history, &FormHistory::record);
    return history;
}

} // namespace ddpm::ui
