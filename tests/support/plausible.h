// Plausible things for an engine to say, made by closed forms: hand-drawn-looking digits, noise over them,
// loss curves.
#pragma once

#include "ddpm/event.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ddpm::test {

/// One digit drawn with strokes, [size][size] in [-1, 1]; slant, size and thickness vary with the seed.
std::vector<float> digit(int which, std::uint64_t seed, int size = 28);
/// The digits 0…9 over and over, with a touch of noise of standard deviation `noise`.
PictureStack digits(int count, std::uint64_t seed, double noise = 0, int size = 28);
/// Two moons: `count` points in about [-1, 1].
PointCloud moons(int count, std::uint64_t seed, double noise = 0.04);

ScheduleTable cosine_schedule(int timesteps);
/// §4's, or with equal steps of sqrt(beta) in between.
ScheduleTable linear_schedule(int timesteps, bool of_roots = false);

RunOpened run_opened(std::int64_t step = 0, DataKind data = DataKind::mnist, Preset preset = Preset::tiny);
ModelChanged model_changed(std::int64_t step = 2000, DataKind data = DataKind::mnist, int timesteps = 1000);
DataOpened data_opened(DataKind data = DataKind::mnist, int thumbnails = 60);
/// Steps first…first+count−1 of a curve that falls like a training loss does.
std::vector<MetricPoint> metric_points(std::int64_t first, int count);
std::shared_ptr<const TrainingFrame> training_frame(std::uint64_t sequence, std::int64_t step,
                                                    bool points = false);
/// The forward process of one picture or point set, every t from 0 to `timesteps`.
std::shared_ptr<const ForwardRecord> forward_record(int timesteps, bool points = false, std::uint64_t id = 1);
/// `count` chains of `steps` reverse steps over `timesteps`; states 0…`recorded`−1 exist (−1: all, and it is
/// finished).
std::shared_ptr<ChainRecord> chain_record(int count, int steps, int timesteps, bool points = false,
                                          int recorded = -1);
/// The state `index` of such a record, to append.
std::shared_ptr<const ChainState> chain_state(const ChainRecord& record, int index, int count,
                                              bool points = false);

} // namespace ddpm::test
