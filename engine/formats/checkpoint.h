// Checkpoints of a run: one safetensors file each, written atomically, checked on reading, pruned only after
// a good save.
#pragma once

#include "ddpm/result.h"
#include "formats/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ddpm::formats {

/// Everything exact resume needs besides settings.json. Tensor names carry a prefix each: "weights.", "ema.",
/// "adam.exp_avg.", "adam.exp_avg_sq."; dtypes as trained, on the CPU.
struct Checkpoint {
    std::int64_t step = 0; ///< optimiser steps done
    std::int64_t planned_steps = 0;
    double seconds = 0;       ///< wall time of training so far
    double learning_rate = 0; ///< may differ from settings.json when changed on the way
    TensorList tensors;
};

struct LoadedCheckpoint {
    Checkpoint checkpoint;
    std::filesystem::path file;
    std::vector<std::string>
        notices; ///< e.g. "step_00002000.safetensors is damaged (checksum); went back to step 1,000"
};

/// checkpoints/step_00001000.safetensors in `run_folder`; on success older ones beyond `keep` are removed,
/// always after the new file is complete on disk. FAULTS 1–3, 7.
Result<std::filesystem::path> save_checkpoint(const std::filesystem::path& run_folder,
                                              const Checkpoint& checkpoint, int keep);

/// The newest checkpoint that passes every check (structure, CRC-32 of the data, version), with a notice for
/// each one skipped, and one if there is NaN or infinity in it. Error if there is none; no file is touched.
/// Another program may save and prune meanwhile. FAULTS 5, 6, 7, 12, 19.
Result<LoadedCheckpoint> load_newest_checkpoint(const std::filesystem::path& run_folder);

} // namespace ddpm::formats
