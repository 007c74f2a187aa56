// How fast this machine trains and samples a preset's net, on made-up data: nothing is read or written.
#pragma once

#include "data/dataset.h"
#include "ddpm/config.h"
#include "runtime/device.h"
#include "runtime/operation_clock.h"
#include "runtime/reverse_walk.h"
#include "training/trainer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::runtime {

struct BenchmarkSettings {
    Preset preset = Preset::small;
    int batch = 0; ///< 0: tiny 32, small 64, paper 8, points 512
    Precision precision = Precision::automatic;
    double window_seconds = 2; ///< at least; a window is made of whole steps
    int windows = 5;

    std::vector<Problem> check() const;
};

/// Things a second, of several windows after a warm-up.
struct Rate {
    double median = 0, lowest = 0, highest = 0;
};

class Benchmark {
public:
    /// `interrupted` is asked between steps; where it says yes a rate is 0.
    Benchmark(const BenchmarkSettings& settings, const Device& device, std::function<bool()> interrupted);

    const RunSettings& run() const { return run_; } ///< what is measured, the precision decided
    std::int64_t parameters() const;

    Rate training();           ///< images (points) a second
    Rate sampling(int chains); ///< image-steps a second of Algorithm 2, or point-steps
    /// Where the time of each goes; on a GPU its kernels' time.
    std::vector<TimeShare> training_by_kind();
    std::vector<TimeShare> sampling_by_kind(int chains);

    /// The most memory of the GPU that was held so far, bytes; 0 on a CPU.
    std::uint64_t peak_device_memory() const;

private:
    /// `step` does some items and returns how many; `settle` waits until all of it is done.
    Rate measure(const std::function<std::int64_t()>& step, const std::function<void()>& settle);
    training::Trainer& trainer();
    std::int64_t train_once();
    std::vector<TimeShare> by_kind(const std::function<std::int64_t()>& step);
    std::unique_ptr<ReverseWalk> walk(int chains) const;

    BenchmarkSettings settings_;
    Device device_;
    std::function<bool()> interrupted_;
    RunSettings run_;
    data::Dataset dataset_;
    std::unique_ptr<training::Trainer> trainer_; ///< made when it is first needed
};

/// What the processor's own kernels are written for: "avx512", "avx512, avx512-bf16", or
/// "avx512, amx" where there is a matrix unit.
std::string instructions();

/// The most memory this process has held since reset_peak_memory(), bytes.
std::uint64_t peak_memory();
void reset_peak_memory();

} // namespace ddpm::runtime
