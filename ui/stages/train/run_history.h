// What can be undone of the settings of a run.
#pragma once

#include "ddpm/config.h"
#include "views/form_history.h"

namespace ddpm::ui {

/// Owned by the form. `restore` takes the settings into the draft and shows them.
FormHistory* keepHistory(QWidget* form, QUndoStack* stack, std::function<RunSettings()> read,
                         std::function<void(const RunSettings&)> restore);

} // namespace ddpm::ui
