#include "runtime/benchmark.h"

#include "compat/device_graph.h"
#include "network/kernels/halves.h"
#include "network/kernels/loops.h"
#include "network/kernels/tiles.h"
#include "runtime/model.h"
#include "runtime/precision.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

namespace ddpm::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t least_items = 2048; ///< of the made-up data

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

int usual_batch(Preset preset) {
    switch (preset) {
    case Preset::points:
        return 512;
    case Preset::tiny:
        return 32;
    case Preset::small:
        return 64;
    case Preset::paper:
        return 8;
    }
    return 64;
}

/// The preset on data of the shape it is meant for.
RunSettings run_for(const BenchmarkSettings& settings, const Device& device) {
    const DataKind data = settings.preset == Preset::points  ? DataKind::two_moons
                          : settings.preset == Preset::paper ? DataKind::cifar10
                                                             : DataKind::mnist;
    RunSettings run = preset_settings(settings.preset, data);
    run.training.flips = false;
    run.training.batch_size = settings.batch > 0 ? settings.batch : usual_batch(settings.preset);
    run.training.precision = resolve(settings.precision, run.model, device.torch);
    return run;
}

data::Dataset made_up_data(const RunSettings& run) {
    const std::int64_t count = std::max<std::int64_t>(least_items, 4 * run.training.batch_size);
    data::Dataset dataset;
    dataset.name = "noise";
    if (run.model.kind == NetKind::point_mlp) {
        dataset.items = torch::rand({count, 2}) * 2 - 1;
        return dataset;
    }
    const UnetSettings& unet = run.model.unet;
    dataset.items = torch::randint(256, {count, unet.in_channels, unet.sample_size, unet.sample_size},
                                   torch::TensorOptions(torch::kUInt8));
    return dataset;
}

} // namespace

std::vector<Problem> BenchmarkSettings::check() const {
    std::vector<Problem> problems;
    if (batch < 0 || batch > 65'536)
        problems.push_back({"batch", "it is out of range", "choose 1 to 65536, or leave it out"});
    if (!(window_seconds > 0) || window_seconds > 600)
        problems.push_back({"seconds", "it is out of range", "choose above 0 to 600"});
    if (windows < 1 || windows > 1000)
        problems.push_back({"windows", "it is out of range", "choose 1 to 1000"});
    return problems;
}

Benchmark::Benchmark(const BenchmarkSettings& settings, const Device& device,
                     std::function<bool()> interrupted)
    : settings_(settings), device_(device), interrupted_(std::move(interrupted)),
      run_(run_for(settings, device)), dataset_(made_up_data(run_)) {}

training::Trainer& Benchmark::trainer() {
    if (!trainer_) trainer_ = std::make_unique<training::Trainer>(run_, dataset_, device_.torch);
    return *trainer_;
}

std::int64_t Benchmark::parameters() const {
    return network::make_net(run_.model, torch::kCPU, 0)->parameters().count();
}

Rate Benchmark::measure(const std::function<std::int64_t()>& step, const std::function<void()>& settle) {
    std::vector<double> rates;
    // The first window warms up and does not count.
    for (int window = 0; window <= settings_.windows; ++window) {
        const auto start = Clock::now();
        std::int64_t items = 0;
        do {
            if (interrupted_()) return {};
            items += step();
        } while (seconds_since(start) < settings_.window_seconds);
        settle();
        if (window > 0) rates.push_back(static_cast<double>(items) / seconds_since(start));
    }
    std::sort(rates.begin(), rates.end());
    const std::size_t n = rates.size();
    return {(rates[(n - 1) / 2] + rates[n / 2]) / 2, rates.front(), rates.back()};
}

std::int64_t Benchmark::train_once() {
    trainer().step();
    if (trainer().metrics_full()) trainer().drain_metrics();
    return run_.training.batch_size;
}

Rate Benchmark::training() {
    return measure([this] { return train_once(); }, [this] { trainer().drain_metrics(); });
}

std::unique_ptr<ReverseWalk> Benchmark::walk(int chains) const {
    Model model;
    model.settings = run_;
    model.schedule = diffusion::make_schedule(run_.diffusion.schedule);
    model.device = device_.torch;
    model.net = copy_of(*network::make_net(run_.model, device_.torch, 0), run_.model, device_.torch);
    SamplingSettings sampling = usual_sampling(run_.diffusion);
    sampling.count = chains;
    sampling.precision = run_.training.precision;
    return std::make_unique<ReverseWalk>(std::move(model), sampling);
}

namespace {

/// One slice; how many items were asked about.
std::int64_t advance(ReverseWalk& walk) {
    const std::int64_t chains = walk.x().size(0);
    const auto asked = [&] { return walk.step() * chains + walk.predicted(); };
    const std::int64_t before = asked();
    walk.advance([](int, int, const torch::Tensor&, const diffusion::Beliefs&, double) {});
    return asked() - before;
}

} // namespace

Rate Benchmark::sampling(int chains) {
    std::unique_ptr<ReverseWalk> walking = walk(chains);
    return measure(
        [&] {
            if (walking->done()) walking = walk(chains);
            return advance(*walking);
        },
        [&] { walking->x().sum().item<double>(); });
}

std::vector<TimeShare> Benchmark::by_kind(const std::function<std::int64_t()>& step) {
    step();
    if (!device_.torch.is_cpu()) {
        constexpr int warm = 4, timed = 10; // a step is recorded at its fourth
        for (int i = 0; i < warm; ++i)
            step();
        return kernel_time_by_kind(device_.torch, [&] {
            for (int i = 0; i < timed && !interrupted_(); ++i)
                step();
        });
    }
    return time_by_kind([&] {
        const auto start = Clock::now();
        do {
            if (interrupted_()) return;
            step();
        } while (seconds_since(start) < settings_.window_seconds);
    });
}

std::vector<TimeShare> Benchmark::training_by_kind() {
    return by_kind([this] { return train_once(); });
}

std::vector<TimeShare> Benchmark::sampling_by_kind(int chains) {
    std::unique_ptr<ReverseWalk> walking = walk(chains);
    return by_kind([&] {
        if (walking->done()) walking = walk(chains);
        return advance(*walking);
    });
}

std::uint64_t Benchmark::peak_device_memory() const {
    return compat::device_memory_peak(device_.torch);
}

std::string instructions() {
    std::string all = network::kernels::loops().name;
    if (const network::kernels::Tiles* tiles = network::kernels::tiles())
        all += std::string(", ") + tiles->name;
    else if (const network::kernels::Halves* halves = network::kernels::halves())
        all += std::string(", ") + halves->name;
    return all;
}

std::uint64_t peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        std::uint64_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes * 1024;
    }
    return 0;
}

void reset_peak_memory() {
    std::ofstream("/proc/self/clear_refs") << 5; // where that is not allowed, the peak is the program's
}

} // namespace ddpm::runtime
