// A chain begun from a state that somebody gives: forks, changed states, mixtures, noised pictures, races.
#pragma once

#include "ddpm/command.h"
#include "ddpm/result.h"
#include "runtime/chain_job.h"

#include <cstddef>
#include <memory>

namespace ddpm::runtime {

/// The chain that `command` describes, its states recorded within `memory` bytes (ChainJob). An error where
/// the settings or the values do not fit the model, or not even a few states fit the memory.
Result<std::unique_ptr<ChainJob>> start_branch(const StartBranch& command, Model model, std::size_t memory,
                                               double slice);

} // namespace ddpm::runtime
