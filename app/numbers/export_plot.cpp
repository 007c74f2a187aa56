#include "numbers/export_plot.h"

#include "diffusion/schedule.h"
#include "exit_codes.h"
#include "formats/atomic_file.h"
#include "formats/picture_grid.h"
#include "formats/run_folder.h"
#include "formats/settings_json.h"
#include "json_line.h"
#include "numbers/model_options.h"
#include "numbers/schedule_options.h"
#include "numbers/spectrum_measure.h"
#include "output_path.h"
#include "plot_picture.h"
#include "progress.h"
#include "runtime/resources.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <ostream>
#include <regex>
#include <sstream>

namespace ddpm::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kinds{"loss", "spectrum", "schedule", "snr"};
constexpr int least_side = 160, largest_side = 16'384;
constexpr std::size_t most_beside = 9;

struct PlotRequest {
    PlotPicture picture;
    fs::path run, out;
    std::vector<fs::path> beside;
    std::string ending; ///< of `out`, in small letters, with the dot
    ScheduleSettings schedule;
    int examples = 64;
    std::uint64_t seed = 0;
    ModelRequest model;
    bool json = false, quiet = false;

    bool of_run() const {
        return picture.what == PlotKind::loss || picture.what == PlotKind::spectrum || !run.empty();
    }
};

std::string ending_of(const fs::path& file) {
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending;
}

void read_size(Arguments& arguments, PlotPicture& picture) {
    if (!arguments.has("size")) return;
    std::string size;
    arguments.read("size", size);
    std::smatch match;
    if (!std::regex_match(size, match, std::regex("([0-9]{1,5})x([0-9]{1,5})"))) {
        arguments.note("size", fmt::format("'{}' is no size", size), "write e.g. --size 1800x1000");
        return;
    }
    picture.width = std::stoi(match[1]);
    picture.height = std::stoi(match[2]);
    if (std::min(picture.width, picture.height) < least_side ||
        std::max(picture.width, picture.height) > largest_side)
        arguments.note("size", fmt::format("{} is out of range", size),
                       fmt::format("choose {} to {} for both sides", least_side, largest_side));
}

/// "a,b"; a folder whose own name has commas is one, too.
void read_beside(Arguments& arguments, PlotRequest& request) {
    if (!arguments.has("beside")) return;
    if (request.picture.what != PlotKind::loss)
        arguments.note("beside", "only losses are compared", "leave it out");
    std::string text;
    arguments.read("beside", text);
    std::error_code ignored;
    if (fs::is_directory(text, ignored)) {
        request.beside = {text};
        return;
    }
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');)
        if (!word.empty()) request.beside.emplace_back(word);
    if (request.beside.empty() || request.beside.size() > most_beside)
        arguments.note("beside", fmt::format("{} runs are named", request.beside.size()),
                       fmt::format("name 1 to {}, with commas between", most_beside));
}

void read_source(Arguments& arguments, PlotRequest& request) {
    const bool needs_run =
        request.picture.what == PlotKind::loss || request.picture.what == PlotKind::spectrum;
    arguments.read("run", request.run);
    if (needs_run && !arguments.has("run"))
        arguments.note("run", "it is missing", "name the folder of a run");
    read_beside(arguments, request);
    const bool named = arguments.has("schedule");
    for (const OptionSpec& option : schedule_options("schedule"))
        if (arguments.has(option.name) && (needs_run || arguments.has("run") || !named))
            arguments.note(option.name,
                           needs_run              ? "the plot is of a run"
                           : arguments.has("run") ? "the run has its own schedule"
                                                  : "it belongs to a schedule",
                           needs_run || arguments.has("run") ? "leave it out" : "name one with --schedule");
    if (!needs_run && !named && !arguments.has("run"))
        arguments.note("schedule", "it is missing", "name a schedule, or a run that has one with --run");
    if (named && !needs_run && !arguments.has("run")) request.schedule = read_schedule(arguments, "schedule");
    for (const char* option : {"examples", "seed", "device", "threads", "quiet"})
        if (arguments.has(option) && request.picture.what != PlotKind::spectrum)
            arguments.note(option, "only the spectrum is measured", "leave it out");
}

/// An error of the command line.
Result<PlotRequest> read_request(Arguments& arguments, const std::vector<std::string_view>& others) {
    PlotRequest request;
    for (const std::string_view option : others)
        if (arguments.has(option))
            arguments.note(option, "it means nothing to a plot",
                           option == "model" ? "name the run with --run" : "leave it out");
    std::string what;
    arguments.read("what", what);
    const auto kind = std::find(kinds.begin(), kinds.end(), what);
    if (kind == kinds.end()) {
        const auto meant = closest(what, kinds);
        arguments.note(
            "what", arguments.has("what") ? fmt::format("there is no '{}'", what) : "it is missing",
            (meant && !what.empty() ? fmt::format("did you mean {}? Known: ", *meant) : "choose ") +
                listed(kinds));
    } else {
        request.picture.what = static_cast<PlotKind>(kind - kinds.begin());
        read_source(arguments, request);
    }
    arguments.read("out", request.out);
    if (!arguments.has("out")) arguments.note("out", "it is missing", "name the file to write");
    request.ending = ending_of(request.out);
    arguments.read("log", request.picture.log);
    read_size(arguments, request.picture);
    for (const char* option : {"log", "size"})
        if (request.ending == ".csv" && arguments.has(option))
            arguments.note(option, "numbers have none", "leave it out");
    arguments.read("examples", request.examples);
    arguments.read("seed", request.seed);
    arguments.read("device", request.model.device);
    arguments.read("threads", request.model.threads);
    arguments.read("json", request.json);
    arguments.read("quiet", request.quiet);
    if (request.examples < 1 || request.examples > 100'000)
        arguments.note("examples", "it is out of range", "choose 1 to 100000");
    if (request.model.threads < 0 || request.model.threads > 1024)
        arguments.note("threads", "it is out of range", "choose 0 (all cores) to 1024");
    if (const auto error = arguments.error()) return *error;
    return request;
}

Status check_format(const PlotRequest& request) {
    const std::vector<std::string> endings{".png", ".svg", ".pdf", ".csv"};
    if (std::find(endings.begin(), endings.end(), request.ending) == endings.end())
        return Error{"a plot cannot be saved in this format", request.out.string(),
                     "let the name end in " + listed(endings)};
    return check_output_file(request.out, request.out.extension().string());
}

/// What a build without the window cannot do is said before anything is computed.
Status check_painter(const Environment& environment, const PlotRequest& request) {
    if (request.ending == ".csv" || environment.draw_plot) return Done{};
    const bool loss = request.picture.what == PlotKind::loss && request.beside.empty();
    if (!loss || request.ending != ".png")
        return Error{
            fmt::format("this build has no window, and draws no {} as {}",
                        request.beside.empty() ? kinds[static_cast<std::size_t>(request.picture.what)]
                                               : "losses beside each other",
                        request.ending),
            request.out.string(),
            fmt::format("save {}, or build with -DDDPM_BUILD_UI=ON", loss ? ".png or .csv" : ".csv")};
    if (request.picture.width > 0 && (request.picture.width < 320 || request.picture.height < 200))
        return Error{"this build draws no picture as small as that", request.out.string(),
                     "choose at least --size 320x200"};
    return Done{};
}

/// Without a window: the picture that training leaves in a run's folder.
Status draw_loss(const Environment& environment, const PlotRequest& request, const RunSettings& settings) {
    std::vector<double> steps, losses;
    for (const MetricPoint& point : request.picture.metrics) {
        steps.push_back(static_cast<double>(point.step));
        losses.push_back(point.loss);
    }
    if (!request.picture.log)
        environment.err << "The axis of the loss is logarithmic: a build without the window has no other.\n";
    const int width = request.picture.width > 0 ? request.picture.width : 960,
              height = request.picture.height > 0 ? request.picture.height : 540;
    return formats::write_png(request.out, formats::draw_loss_curve(steps, losses, width, height),
                              formats::to_json(settings));
}

/// False when a person has interrupted it.
Result<bool> measure(const Environment& environment, PlotRequest& request) {
    auto model = open_model(request.model);
    if (!model) return model.error();
    auto dataset = data::open_dataset(model->settings.data, runtime::find_resources({}));
    if (!dataset) return dataset.error();
    Progress progress(environment.err, environment.err_is_terminal, request.quiet);
    progress.say(fmt::format("The error of {} at all t, over {} examples each ({}).", model->name,
                             std::min<std::int64_t>(request.examples, dataset->size()), dataset->name));
    auto spectrum = measure_spectrum(*model, *dataset, request.examples, request.seed, [&](double part) {
        progress.show(part, "measuring");
        return !environment.interrupted();
    });
    if (!spectrum) return spectrum.error();
    if (!*spectrum) {
        progress.say("Interrupted.");
        return false;
    }
    progress.finish();
    request.picture.spectrum = std::move(**spectrum);
    request.picture.timesteps = model->schedule.timesteps();
    return true;
}

Result<RunSettings> read_run(const fs::path& run) {
    if (!formats::is_run_folder(run))
        return Error{"this is no folder of a run", run.string(),
                     "name a folder that 'ddpm-lab train --out' has made"};
    return formats::read_run_settings(run);
}

std::string name_of_run(const fs::path& run, const RunSettings& settings) {
    return settings.name.empty() ? fs::absolute(run).filename().string() : settings.name;
}

/// One at least.
Result<std::vector<MetricPoint>> read_losses(const fs::path& run) {
    auto metrics = formats::read_metrics(run);
    if (metrics && metrics->empty())
        return Error{"the run has no losses yet", run.string(), "train it first"};
    return metrics;
}

} // namespace

std::vector<OptionSpec> plot_options() {
    std::vector<OptionSpec> options{
        {"what", "NAME", "plot: " + listed(kinds)},
        {"run", "DIR", "plot: the run that it is of"},
        {"beside", "DIRS", "plot loss: other runs, a,b: all are drawn smoothed"},
        {"size", "WxH", "plot: PNG in pixels (1800x1000), SVG and PDF in 1/96 inch (720x400)"},
        {"log", "", "plot: a logarithmic axis for the values; snr always has one"},
        {"examples", "N", "plot spectrum: of the run's data, for each of 50 parts of 1..T (64)"},
        {"seed", "N", "plot spectrum: of the noise, keyed by (seed, example, t) (0)"},
        {"json", "", "plot: one JSON object on stdout: file, what, points"},
        {"quiet", "", "plot spectrum: no progress"},
    };
    for (OptionSpec& option : schedule_options("schedule")) {
        if (option.name == "schedule") // here there is none unless it is named
            option.help = listed(names_of_all<BetaSchedule>()) + "; scaled-linear is quadratic";
        option.help = "plot: " + option.help;
        options.push_back(std::move(option));
    }
    return options;
}

int export_plot(const Environment& environment, Arguments& arguments,
                const std::vector<std::string_view>& others) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab export: " << error.line() << '\n';
        return code;
    };
    auto request = read_request(arguments, others);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    PlotPicture& picture = request->picture;
    if (Status format = check_format(*request); !format) return fail(format.error(), exit_output);
    if (Status painter = check_painter(environment, *request); !painter)
        return fail(painter.error(), exit_usage);

    RunSettings settings;
    if (request->of_run()) {
        auto read = read_run(request->run);
        if (!read) return fail(read.error(), exit_input);
        settings = *read;
        request->schedule = settings.diffusion.schedule;
        picture.name = name_of_run(request->run, settings);
    } else {
        picture.name = name_of(request->schedule.kind);
    }
    if (picture.what == PlotKind::loss) {
        auto metrics = read_losses(request->run);
        if (!metrics) return fail(metrics.error(), exit_input);
        picture.metrics = std::move(*metrics);
        // Runs of one preset have one name; their folders have not.
        if (!request->beside.empty()) picture.name = name_of_run(request->run, {});
        for (const fs::path& run : request->beside) {
            auto read = read_run(run);
            if (!read) return fail(read.error(), exit_input);
            auto losses = read_losses(run);
            if (!losses) return fail(losses.error(), exit_input);
            picture.beside.push_back({name_of_run(run, {}), std::move(*losses)});
        }
    } else if (picture.what == PlotKind::spectrum) {
        request->model.folder = request->run;
        const auto whole = measure(environment, *request);
        if (!whole) return fail(whole.error(), exit_input);
        if (!*whole) return exit_interrupted;
    } else {
        picture.schedule = diffusion::to_table(diffusion::make_schedule(request->schedule));
    }

    const std::vector<NumberColumn> numbers = numbers_of(picture);
    const Status written = request->ending == ".csv"
                               ? formats::write_file_atomically(request->out, to_csv(numbers))
                           : environment.draw_plot ? environment.draw_plot(picture, request->out)
                                                   : draw_loss(environment, *request, settings);
    if (!written) return fail(written.error(), exit_output);
    if (request->json)
        environment.out << line_of({{"file", request->out.string()},
                                    {"what", kinds[static_cast<std::size_t>(picture.what)]},
                                    {"points", numbers[0].values.size()}})
                        << '\n';
    else
        environment.out << request->out.string() << '\n';
    environment.out << std::flush;
    return exit_ok;
}

} // namespace ddpm::app
