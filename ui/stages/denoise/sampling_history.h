// What can be undone of the inspector of the Denoise stage.
#pragma once

#include "ddpm/config.h"
#include "views/form_history.h"

namespace ddpm::ui {

class SamplingForm;

/// Owned by the form.
FormHistory* keepHistory(SamplingForm* form, QUndoStack* stack);

} // namespace ddpm::ui
