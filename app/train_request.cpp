#include "train_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ddpm::app {
namespace {

/// What a new run is made of; a run that exists keeps its own.
constexpr std::array only_for_new_runs{"data",        "data-path",     "picture-size",
                                       "grey",        "preset",        "as-in-paper",
                                       "classes",     "batch",         "ema",
                                       "seed",        "text",          "points",
                                       "schedule",    "beta-start",    "beta-end",
                                       "zero-snr",    "prediction",    "learned-variance",
                                       "timesteps",   "objective",     "timestep-choice",
                                       "min-snr",     "label-dropout", "warmup",
                                       "clip-norm",   "dropout",       "flips",
                                       "tensorboard", "keep",          "checkpoint-every",
                                       "precision",   "sketch"};

/// The option that sets a field of config.h, for messages.
std::string option_of(const std::string& field) {
    static const std::map<std::string, std::string, std::less<>> options{
        {"data.path", "--data-path"},
        {"data.size", "--picture-size"},
        {"data.points", "--points"},
        {"data.text", "--text"},
        {"data.sketch", "--sketch"},
        {"diffusion.timesteps", "--timesteps"},
        {"diffusion.beta_start", "--beta-start"},
        {"diffusion.beta_end", "--beta-end"},
        {"diffusion.prediction", "--prediction"},
        {"diffusion.learned_variance", "--learned-variance"},
        {"diffusion.betas", "--schedule"},
        {"model.kind", "--preset"},
        {"model.num_class_embeds", "--classes"},
        {"model.dropout", "--dropout"},
        {"training.objective", "--objective"},
        {"training.min_snr_gamma", "--min-snr"},
        {"training.label_dropout", "--label-dropout"},
        {"training.warmup_steps", "--warmup"},
        {"training.gradient_clip", "--clip-norm"},
        {"training.keep_checkpoints", "--keep"},
        {"preview.every_seconds", "--preview-every"},
        {"training.steps", "--steps"},
        {"training.batch_size", "--batch"},
        {"training.learning_rate", "--learning-rate"},
        {"training.ema_decay", "--ema"},
        {"training.checkpoint_every", "--checkpoint-every"},
        {"training.precision", "--precision"},
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

void read_data(Arguments& arguments, DataSettings& data) {
    const bool folder = data.kind == DataKind::picture_folder;
    const bool named = folder || data.kind == DataKind::array_file || data.kind == DataKind::cifar10;
    arguments.read("data-path", data.path);
    arguments.read("picture-size", data.size);
    data.colour = !arguments.has("grey");
    arguments.read("text", data.text);
    arguments.read("points", data.points);
    if (arguments.has("data-path") && !named)
        arguments.note("data-path", "these data come with the program",
                       "add --data folder, array or cifar10, or leave it out");
    for (const char* option : {"picture-size", "grey"})
        if (arguments.has(option) && !folder)
            arguments.note(option, "only pictures of a folder are brought to a size and to colours",
                           "add --data folder, or leave it out");
    if (arguments.has("text") && data.kind != DataKind::drawing)
        arguments.note("text", "only the data set 'drawing' draws a text",
                       "add --data drawing, or leave --text out");
    if (arguments.has("points") && !data.is_points())
        arguments.note("points", "the data are pictures",
                       "choose a point set with --data, or leave --points out");
}

void read_diffusion(Arguments& arguments, DiffusionSettings& diffusion) {
    ScheduleSettings& schedule = diffusion.schedule;
    arguments.read("schedule", schedule.kind);
    arguments.read("timesteps", schedule.timesteps);
    if (schedule.kind == BetaSchedule::list)
        arguments.note("schedule", "a list of betas has no name",
                       "choose one of the others; sampling takes lists (--trained-betas)");
    if (schedule.uses_range() && (arguments.has("schedule") || arguments.has("timesteps")))
        fit_linear_schedule(schedule);
    arguments.read("beta-start", schedule.beta_start);
    arguments.read("beta-end", schedule.beta_end);
    for (const char* option : {"beta-start", "beta-end"})
        if (arguments.has(option) && !schedule.uses_range())
            arguments.note(option, "this schedule has no such end",
                           "leave it out, or choose --schedule linear");
    arguments.read("zero-snr", schedule.zero_terminal_snr);
    arguments.read("prediction", diffusion.prediction);
    arguments.read("learned-variance", diffusion.learned_variance);
}

void read_training(Arguments& arguments, TrainingSettings& training) {
    arguments.read("batch", training.batch_size);
    arguments.read("ema", training.ema_decay);
    arguments.read("seed", training.seed);
    arguments.read("objective", training.objective);
    arguments.read("timestep-choice", training.timestep_sampling);
    arguments.read("min-snr", training.min_snr_gamma);
    arguments.read("label-dropout", training.label_dropout);
    if (arguments.has("label-dropout") && !arguments.has("classes"))
        arguments.note("label-dropout", "the net learns no classes", "add --classes, or leave it out");
    arguments.read("warmup", training.warmup_steps);
    arguments.read("clip-norm", training.gradient_clip);
    arguments.read("flips", training.flips);
    arguments.read("tensorboard", training.tensorboard);
    arguments.read("precision", training.precision);
    arguments.read("checkpoint-every", training.checkpoint_every);
    arguments.read("keep", training.keep_checkpoints);
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
    read_data(arguments, run.data);
    arguments.read("sketch", request.sketch);
    if (arguments.has("sketch") && data != DataKind::drawing)
        arguments.note("sketch", "only the data set 'drawing' follows a pen",
                       "add --data drawing, or leave --sketch out");
    else if (arguments.has("sketch") && arguments.has("text"))
        arguments.note("sketch", "the data are either drawn or written", "leave --sketch or --text out");
    read_diffusion(arguments, run.diffusion);
    TrainingSettings& training = run.training;
    read_training(arguments, training);
    arguments.read("dropout", run.model.unet.dropout);
    if (arguments.has("classes")) run.model.unet.num_class_embeds = UnetSettings::classes_of_data;
    fit_to_data(run, run.data.known_side(), run.data.known_channels(), run.data.known_classes());
    if (request.steps) training.steps = *request.steps;
    if (request.learning_rate) training.learning_rate = *request.learning_rate;
    run.preview.enabled = request.preview;
    arguments.read("preview-every", run.preview.every_seconds);
    run.preview.steps = std::clamp(run.preview.steps, 1, std::max(run.diffusion.schedule.timesteps, 1));

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
            {"data-path", "PATH",
             "the folder of pictures, the NPY or NPZ file, or where CIFAR-10 lies (where it is fetched to)"},
            {"picture-size", "N", "height and width that pictures of a folder are brought to (32)"},
            {"grey", "", "one channel for the pictures of a folder instead of three"},
            {"classes", "", "learn the labels of the data: samples can be asked for by class, with guidance"},
            {"label-dropout", "X", "how often a label is hidden in training, for guidance (0.1)"},
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
            {"learned-variance", "NAME",
             listed(names_of_all<LearnedVariance>()) + ": the net also says sigma² (none)"},
            {"timesteps", "T", "diffusion steps (the preset's); the ends of beta are scaled by 1000 / T"},
            {"beta-start", "X", "variance of the first step (1e-4 at T = 1000)"},
            {"beta-end", "X", "variance of the last step (0.02 at T = 1000)"},
            {"zero-snr", "", "rescale the schedule so that nothing of the picture is left at T"},
            {"objective", "NAME", listed(names_of_all<Objective>()) + " (simple, eq. 14)"},
            {"timestep-choice", "NAME",
             "how t is drawn: " + listed(names_of_all<TimestepSampling>()) + " (uniform)"},
            {"min-snr", "X", "weight the loss by min(SNR, X); 5 is usual (0: off)"},
            {"warmup", "N", "steps over which the learning rate rises (the preset's)"},
            {"clip-norm", "X", "largest norm of the gradient; 0 means off (1)"},
            {"dropout", "X", "probability in the residual blocks (the preset's)"},
            {"flips", "", "mirror every other picture (only CIFAR-10's, as in the paper)"},
            {"text", "WORD", "what the data set 'drawing' writes (DDPM)"},
            {"sketch", "FILE",
             "what the data set 'drawing' follows instead: a text file with one point x,y a line, in [-1, "
             "1]"},
            {"points", "N", "points drawn from a point set (20000)"},
            {"checkpoint-every", "N", "steps between checkpoints (1000)"},
            {"keep", "N", "newest checkpoints that are kept (3)"},
            {"tensorboard", "", "also write TensorBoard event files, in RUN/tensorboard"},
            {"preview-every", "S", "seconds between samples on the way, at least (20)"},
            {"precision", "NAME",
             "what the net computes in: " + listed(names_of_all<Precision>()) +
                 " (auto, the faster one here)"},
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
        "  ddpm-lab train --data drawing --text Noise --out points-run\n"
        "  ddpm-lab train --data drawing --sketch heart.csv --out heart-run\n"};
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
