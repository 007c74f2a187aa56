// What `ddpm-lab train` was asked for.
#pragma once

#include "arguments.h"
#include "ddpm/config.h"
#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ddpm::app {

struct TrainRequest {
    RunSettings settings; ///< of a new run; on resume only `device` counts
    std::filesystem::path folder;
    bool resume = false;
    std::filesystem::path sketch;      ///< a pen's path for a new run's data; still to be read; may be empty
    std::optional<std::int64_t> steps; ///< as asked; on resume the new planned end
    std::optional<double> learning_rate; ///< as asked; on resume changed on the way
    double minutes = 0;                  ///< stop (and save) after this long; 0 = no limit
    int threads = 0;                     ///< 0 = all cores
    bool preview = true;
    bool json = false;
    bool quiet = false;
};

const VerbSpec& train_spec();

/// Settings that can be trained with, or everything that is wrong with them in the terms of the command line.
Result<TrainRequest> read_train_request(Arguments& arguments);

} // namespace ddpm::app
