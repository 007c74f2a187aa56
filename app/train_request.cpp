#include "train_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddpm::app {
namespace {

/// What a new run is made of; a run that exists keeps its own.
constexpr std::array only_for_new_runs{"data",     "preset",     "as-in-paper", "batch",
                                       "ema",      "seed",       "text",        "points",
                                       "schedule", "prediction", "timesteps",   "checkpoint-every"};

/// The option that sets a field of config.h, for messages.
std::string option_of(const std::string& field) {
    static const std::map<std::string, std::string, std::less<>> options{
        {"data.points", "--points"},
        {"data.text", "--text"},
        {"diffusion.timesteps", "--timesteps"},
        {"model.kind", "--preset"},
        {"training.steps", "--steps"},
        {"training.batch_size", "--batch"},
        {"training.learning_rate", "--learning-rate"},
        {"training.ema_decay", "--ema"},
        {"training.checkpoint_every", "--checkpoint-every"},
    };
    const auto found = options.find(field);
    return found == options.end() ? field : found->second;
}

/// Linear betas of §4 are made for T = 1000; scaled by 1000 / T another number of steps still ends in noise.
void fit_linear_schedule(ScheduleSettings& schedule) {
    const ScheduleSettings paper;
    const double scale = static_cast<double>(paper.timesteps) / std::max(schedule.timesteps, 1);
    schedule.beta_start = std::min(paper.beta_start * scale, 0.999);
    schedule.beta_end = std::min(paper.beta_end * scale, 0.999);
}

void read_new_run(Arguments& arguments, TrainRequest& request) {
    DataKind data = DataKind::mnist;
    arguments.read("data", data);
    RunSettings& run = request.settings;
    run.data.kind = data;
    const bool points = run.data.is_points();
    Preset preset = points ? Preset::points : Preset::tiny;
    arguments.read("preset", preset);
    bool as_in_paper = false;
    arguments.read("as-in-paper", as_in_paper);

    run = preset_settings(preset, data, as_in_paper);
    run.name =
        fmt::format("{} · {}{}", name_of(data), name_of(preset), run.as_in_paper ? " · as in the paper" : "");
    arguments.read("text", run.data.text);
    arguments.read("points", run.data.points);
    if (arguments.has("text") && data != DataKind::drawing)
        arguments.note("text", "only the data set 'drawing' draws a text",
                       "add --data drawing, or leave --text out");
    if (arguments.has("points") && !points)
        arguments.note("points", "the data are pictures",
                       "choose a point set with --data, or leave --points out");

    ScheduleSettings& schedule = run.diffusion.schedule;
    arguments.read("schedule", schedule.kind);
    arguments.read("timesteps", schedule.timesteps);
    if (schedule.kind == BetaSchedule::linear && (arguments.has("schedule") || arguments.has("timesteps")))
        fit_linear_schedule(schedule);
    arguments.read("prediction", run.diffusion.prediction);

    TrainingSettings& training = run.training;
    arguments.read("batch", training.batch_size);
    arguments.read("ema", training.ema_decay);
    arguments.read("seed", training.seed);
    arguments.read("checkpoint-every", training.checkpoint_every);
    if (request.steps) training.steps = *request.steps;
    if (request.learning_rate) training.learning_rate = *request.learning_rate;
    run.preview.enabled = request.preview;
    run.preview.steps = std::clamp(run.preview.steps, 1, std::max(schedule.timesteps, 1));

    for (const Problem& problem : run.check())
        arguments.note({option_of(problem.field), problem.what, problem.remedy});
}

} // namespace

const VerbSpec& train_spec() {
    static const VerbSpec spec{
        "train",
        "--out RUN [options]",
        "Trains a model (Algorithm 1 of the paper) and keeps it in the folder RUN: settings, every loss, "
        "checkpoints.",
        "",
        {
            {"out", "RUN",
             "folder of the run; made if it does not exist, refused if it holds a run (see --resume)"},
            {"resume", "", "go on with the run in --out from its newest good checkpoint"},
            {"data", "NAME", listed(names_of_all<DataKind>()) + " (mnist)"},
            {"preset", "NAME", listed(names_of_all<Preset>()) + " (tiny; points for point sets)"},
            {"as-in-paper", "",
             "the preset's net trained as in the paper: epsilon, linear schedule, its optimiser settings"},
            {"steps", "N", "optimiser steps in all (the preset's); with --resume the new planned end"},
            {"minutes", "M", "save and end after this many minutes, if the steps are not done before"},
            {"batch", "N", "items a step (the preset's)"},
            {"learning-rate", "X", "of Adam, after warm-up (the preset's); may be changed on --resume"},
            {"ema", "X",
             "decay of the averaged weights that samples are drawn from, 0 to below 1 (the preset's)"},
            {"seed", "N", "of weights, data order, t and noise (0)"},
            {"schedule", "NAME", listed(names_of_all<BetaSchedule>()) + " (the preset's)"},
            {"prediction", "NAME",
             "what the net predicts: " + listed(names_of_all<Prediction>()) + " (the preset's)"},
            {"timesteps", "T", "diffusion steps (the preset's); linear betas are scaled by 1000 / T"},
            {"text", "WORD", "what the data set 'drawing' writes (DDPM)"},
            {"points", "N", "points drawn from a point set (20000)"},
            {"checkpoint-every", "N", "steps between checkpoints (1000)"},
            {"device", "NAME", listed(names_of_all<DeviceChoice>()) + " (auto)"},
            {"threads", "N", "CPU threads; 0 means all cores (0)"},
            {"no-preview", "", "draw no samples on the way"},
            {"json", "", "one JSON object a line on stdout: every event, then a summary"},
            {"quiet", "", "no progress and no notices on stderr; errors are still told"},
        },
        "Ctrl+C (or SIGTERM) saves and ends with exit code 130; --resume goes on from there. A second one "
        "ends at once.\n"
        "When it is done, RUN also holds loss.png and, unless --no-preview, samples.png.\n\n"
        "  ddpm-lab train --data mnist --preset tiny --steps 500 --out run\n"
        "  ddpm-lab train --resume --steps 5000 --out run\n"
        "  ddpm-lab train --data drawing --text Noise --out points-run\n"};
    return spec;
}

Result<TrainRequest> read_train_request(Arguments& arguments) {
    TrainRequest request;
    arguments.read("out", request.folder);
    arguments.read("resume", request.resume);
    arguments.read("json", request.json);
    arguments.read("quiet", request.quiet);
    if (!arguments.has("out"))
        arguments.note("out", "it is missing", "name the folder of the run, e.g. --out run");
    if (arguments.has("steps")) arguments.read("steps", request.steps.emplace());
    if (arguments.has("learning-rate")) arguments.read("learning-rate", request.learning_rate.emplace());
    arguments.read("threads", request.threads);
    if (request.threads < 0 || request.threads > 1024)
        arguments.note("threads", fmt::format("{} is out of range", request.threads),
                       "choose 0 (all cores) to 1024");
    if (arguments.has("minutes")) {
        request.minutes = 1;
        arguments.read("minutes", request.minutes);
        if (!(request.minutes > 0) || request.minutes > 1e6)
            arguments.note("minutes", "it must be above 0", "write e.g. --minutes 1.5");
    }
    request.preview = !arguments.has("no-preview");

    if (request.resume) {
        for (const char* option : only_for_new_runs)
            if (arguments.has(option))
                arguments.note(option, "a run that exists keeps its own",
                               "leave it out, or start a new run in another folder");
        TrainingSettings probe;
        if (request.steps) probe.steps = *request.steps;
        if (request.learning_rate) probe.learning_rate = *request.learning_rate;
        for (const Problem& problem : probe.check())
            arguments.note({option_of(problem.field), problem.what, problem.remedy});
    } else {
        read_new_run(arguments, request);
    }
    arguments.read("device", request.settings.device);
    if (const auto error = arguments.error()) return *error;
    return request;
}

} // namespace ddpm::app
