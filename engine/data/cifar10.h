// CIFAR-10 in its binary version: five files for training, one for testing.
#pragma once

#include "data/dataset.h"

#include <filesystem>

namespace ddpm::data {

/// data_batch_1…5.bin or test_batch.bin in `folder`, or in cifar-10-batches-bin below it. Records of 3073
/// bytes: the label, then 32×32 red, green and blue, row by row. [N, 3, 32, 32]; ten classes. A size that is
/// no multiple of 3073 and a label over 9 are errors, as is a missing file.
Result<Dataset> open_cifar10(const std::filesystem::path& folder, bool test_split);

} // namespace ddpm::data
