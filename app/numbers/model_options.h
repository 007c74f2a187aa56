// The model of a numeric verb: the folder, the device, and one option for each key of a scheduler's file.
#pragma once

#include "arguments.h"
#include "runtime/model.h"

#include <vector>

namespace ddpm::app {

/// --model, --device, --threads.
std::vector<OptionSpec> model_options();
/// --beta-schedule, --clip-sample, …: the keys of FORMATS with dashes, values as in the file.
std::vector<OptionSpec> scheduler_options();
/// Whether any of scheduler_options() was given.
bool overrides_scheduler(const Arguments& arguments);

struct ModelRequest {
    std::filesystem::path folder;
    DeviceChoice device = DeviceChoice::automatic;
    int threads = 0;
};
/// What is wrong is noted in `arguments`.
ModelRequest read_model_request(Arguments& arguments);

/// Loads the model and sets up this thread to compute with it. Errors are about the input.
Result<runtime::Model> open_model(const ModelRequest& request);

/// Puts the given keys over what the folder says. The error is about the command line.
Status override_scheduler(runtime::Model& model, Arguments& arguments);

} // namespace ddpm::app
