// `ddpm-lab bench`: how fast this machine trains and samples.
#include "exit_codes.h"
#include "json_line.h"
#include "progress.h"
#include "runtime/benchmark.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace ddpm::app {
namespace {

using nlohmann::ordered_json;

struct BenchRequest {
    runtime::BenchmarkSettings benchmark;
    std::vector<std::int64_t> chains{1, 64, 256};
    bool training = true, sampling = true;
    DeviceChoice device = DeviceChoice::automatic;
    int threads = 0;
    bool json = false;
    bool quiet = false;
};

struct SamplingRate {
    std::int64_t chains;
    runtime::Rate rate;
    std::vector<runtime::TimeShare> shares;
};

/// What is known at the end.
struct BenchReport {
    runtime::Rate training;
    std::vector<runtime::TimeShare> shares;
    std::vector<SamplingRate> sampling;
    std::uint64_t peak_memory = 0;
};

Result<BenchRequest> read_request(Arguments& arguments) {
    BenchRequest request;
    arguments.read("preset", request.benchmark.preset);
    arguments.read("precision", request.benchmark.precision);
    arguments.read("batch", request.benchmark.batch);
    arguments.read("seconds", request.benchmark.window_seconds);
    arguments.read("windows", request.benchmark.windows);
    arguments.read("chains", request.chains);
    arguments.read("device", request.device);
    arguments.read("threads", request.threads);
    arguments.read("json", request.json);
    arguments.read("quiet", request.quiet);
    std::string part = "all";
    arguments.read("part", part);
    if (part != "all" && part != "training" && part != "sampling")
        arguments.note("part", "there is no '" + part + "'", "choose all, training or sampling");
    request.training = part != "sampling";
    request.sampling = part != "training";
    if (arguments.has("batch") && request.benchmark.batch < 1)
        arguments.note("batch", "it is out of range", "choose 1 to 65536, or leave it out");
    for (const std::int64_t chains : request.chains)
        if (chains < 1 || chains > 65'536)
            arguments.note("chains", std::to_string(chains) + " is out of range", "choose 1 to 65536");
    if (request.threads < 0 || request.threads > 1024)
        arguments.note("threads", "it is out of range", "choose 0 (all cores) to 1024");
    if (!arguments.error())
        for (const Problem& problem : request.benchmark.check())
            arguments.note(problem.field, problem.what, problem.remedy);
    if (const auto error = arguments.error()) return *error;
    return request;
}

std::string shape_of(const RunSettings& run) {
    if (run.model.kind == NetKind::point_mlp) return "2-D points";
    const UnetSettings& unet = run.model.unet;
    return fmt::format("{}×{}×{}", unet.in_channels, unet.sample_size, unet.sample_size);
}

ordered_json to_json(const runtime::Rate& rate) {
    return {{"median", rate.median}, {"lowest", rate.lowest}, {"highest", rate.highest}};
}

ordered_json to_json(const std::vector<runtime::TimeShare>& shares) {
    ordered_json object = ordered_json::object();
    for (const runtime::TimeShare& share : shares)
        object[share.kind] = share.share;
    return object;
}

ordered_json to_json(const BenchRequest& request, const BenchReport& report,
                     const runtime::Benchmark& benchmark, const runtime::Device& device) {
    const RunSettings& run = benchmark.run();
    ordered_json object{{"preset", name_of(run.preset)},
                        {"parameters", benchmark.parameters()},
                        {"item", shape_of(run)},
                        {"batch", run.training.batch_size},
                        {"precision", name_of(run.training.precision)},
                        {"device", device.info.name},
                        {"detail", device.info.detail}};
    if (!device.info.cuda) object["instructions"] = runtime::instructions();
    if (request.training) {
        object["training_images_per_second"] = to_json(report.training);
        object["training_time_by_kind"] = to_json(report.shares);
    }
    ordered_json sampling = ordered_json::array();
    for (const SamplingRate& rate : report.sampling)
        sampling.push_back({{"chains", rate.chains},
                            {"image_steps_per_second", to_json(rate.rate)},
                            {"time_by_kind", to_json(rate.shares)}});
    if (request.sampling) object["sampling"] = sampling;
    object["peak_memory_bytes"] = report.peak_memory;
    if (device.info.cuda) object["peak_device_memory_bytes"] = benchmark.peak_device_memory();
    return object;
}

void print(std::ostream& out, const BenchRequest& request, const BenchReport& report,
           const runtime::Benchmark& benchmark, const runtime::Device& device) {
    const RunSettings& run = benchmark.run();
    const bool points = run.model.kind == NetKind::point_mlp;
    const auto shares = [&](const std::vector<runtime::TimeShare>& of) {
        for (const runtime::TimeShare& share : of)
            if (share.share >= 0.005)
                out << fmt::format("  {:<20}{:>12.1f} %\n", share.kind, 100 * share.share);
    };
    const auto line = [&](const std::string& what, const runtime::Rate& rate, const std::string& unit) {
        out << fmt::format("{:<22}{:>12.1f} {}  ({:.1f} to {:.1f})\n", what, rate.median, unit, rate.lowest,
                           rate.highest);
    };
    out << fmt::format(
        "{}, {} parameters, {}, batch {}, {}, {} {}\n", name_of(run.preset), grouped(benchmark.parameters()),
        shape_of(run), run.training.batch_size, name_of(run.training.precision), device.info.name,
        device.info.cuda ? device.info.detail : device.info.detail + ", " + runtime::instructions());
    if (request.training) line("training", report.training, points ? "points/s" : "images/s");
    shares(report.shares);
    for (const SamplingRate& rate : report.sampling) {
        line(fmt::format("sampling, {} at once", rate.chains), rate.rate,
             points ? "point-steps/s" : "image-steps/s");
        shares(rate.shares);
    }
    const auto memory = [&](const std::string& what, std::uint64_t bytes) {
        out << fmt::format("{:<22}{:>12.0f} MiB\n", what, static_cast<double>(bytes) / (1024.0 * 1024.0));
    };
    memory("peak memory", report.peak_memory);
    if (device.info.cuda) memory("peak memory, GPU", benchmark.peak_device_memory());
}

} // namespace

const VerbSpec& bench_spec() {
    static const VerbSpec spec{
        "bench",
        "[options]",
        "Measures how fast this machine trains and samples a preset's net.",
        "",
        {{"preset", "NAME", listed(names_of_all<Preset>()) + " (small)"},
         {"precision", "NAME",
          "what the net computes in: " + listed(names_of_all<Precision>()) + " (auto, the faster one here)"},
         {"batch", "N", "items a training step (tiny 32, small 64, paper 8, points 512)"},
         {"chains", "LIST", "how many are sampled at once (1,64,256)"},
         {"part", "NAME", "all, training or sampling (all)"},
         {"seconds", "S", "of one window, at least (2)"},
         {"windows", "N", "after one to warm up; their median is told (5)"},
         {"device", "NAME", listed(names_of_all<DeviceChoice>()) + " (auto)"},
         {"threads", "N", "CPU threads; 0 means all cores (0)"},
         {"json", "", "one JSON object on stdout"},
         {"quiet", "", "no progress"}},
        "The data are made up and nothing is written. Training is a whole step: batch, q_sample, net, "
        "gradient, clipping,\nAdam, averaged weights. Sampling is Algorithm 2: one image-step is one picture "
        "taken from t to t - 1.\nCompare figures of one machine in one run only; peak memory is the "
        "process's, on the host and, where there is one, on the GPU.\n\n"
        "  ddpm-lab bench\n"
        "  ddpm-lab bench --preset paper --precision fp32 --part training --json\n"};
    return spec;
}

int bench(const Environment& environment, const Words& words) {
    Arguments arguments(bench_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(bench_spec());
        return exit_ok;
    }
    const auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    runtime::prepare_engine_thread(request->threads);
    const runtime::Device device = runtime::choose_device(request->device);
    Progress progress(environment.err, environment.err_is_terminal, request->quiet);
    if (!device.notice.empty()) progress.say(device.notice);
    runtime::Benchmark benchmark(request->benchmark, device, environment.interrupted);
    runtime::reset_peak_memory();
    BenchReport report;
    if (request->training) {
        progress.say("Training …");
        report.training = benchmark.training();
        report.shares = benchmark.training_by_kind();
    }
    if (request->sampling)
        for (const std::int64_t chains : request->chains) {
            if (environment.interrupted()) break;
            progress.say(fmt::format("Sampling {} at once …", chains));
            const int count = static_cast<int>(chains);
            const runtime::Rate rate = benchmark.sampling(count);
            report.sampling.push_back({chains, rate, benchmark.sampling_by_kind(count)});
        }
    if (environment.interrupted()) {
        progress.say("Interrupted.");
        return exit_interrupted;
    }
    report.peak_memory = runtime::peak_memory();
    if (request->json)
        environment.out << line_of(to_json(*request, report, benchmark, device)) << '\n';
    else
        print(environment.out, *request, report, benchmark, device);
    environment.out << std::flush;
    return exit_ok;
}

} // namespace ddpm::app
