// Where along t a model errs: a run keeps its losses but not their t, so that it is measured anew.
#pragma once

#include "data/dataset.h"
#include "runtime/model.h"

#include <functional>
#include <optional>
#include <vector>

namespace ddpm::app {

/// Mean squared error of what the model predicts (its averaged weights), in 50 equal bins over 1…T, or T
/// where that is less. `examples` of the data, evenly spread over it, in each bin; their t evenly spread over
/// the bin; noise keyed by (seed, example, t). `go_on` hears the part that is done, and ends it with false:
/// then nothing. Errors are about the data.
Result<std::optional<std::vector<double>>> measure_spectrum(const runtime::Model& model,
                                                            const data::Dataset& data, int examples,
                                                            std::uint64_t seed,
                                                            const std::function<bool(double)>& go_on);

} // namespace ddpm::app
