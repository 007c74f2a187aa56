// A bundled data set and a run that is small enough for a test.
#pragma once

#include "data/dataset.h"
#include "ddpm/config.h"

#include <QtTest>

#include <utility>

namespace ddpm::test {

inline data::Dataset open_bundled(DataKind kind) {
    DataSettings settings;
    settings.kind = kind;
    auto dataset = data::open_dataset(settings, DDPM_RESOURCES);
    if (!dataset) qFatal("%s", dataset.error().line().c_str());
    return std::move(dataset).value();
}

/// Every part of the real net is in it.
inline RunSettings small_run(int batch) {
    RunSettings settings = preset_settings(Preset::tiny, DataKind::mnist);
    settings.model.unet.block_out_channels = {8, 16};
    settings.model.unet.down_attention = {false, true};
    settings.model.unet.up_attention = {true, false};
    settings.model.unet.norm_num_groups = 4;
    settings.training.batch_size = batch;
    settings.training.warmup_steps = 10;
    settings.training.learning_rate = 2e-3;
    return settings;
}

} // namespace ddpm::test
