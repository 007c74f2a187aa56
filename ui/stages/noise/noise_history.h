// What can be undone of the inspector of the Noise stage.
#pragma once

#include "views/form_history.h"

namespace ddpm::ui {

class NoiseForm;

/// Owned by the form.
FormHistory* keepHistory(NoiseForm* form, QUndoStack* stack);

} // namespace ddpm::ui
