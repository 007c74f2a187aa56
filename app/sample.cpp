// `ddpm-lab sample`: a grid of pictures (or a scatter plot of points) from a run or a diffusers folder.
#include "engine_session.h"
#include "exit_codes.h"
#include "formats/movie.h"
#include "json_line.h"
#include "numbers/sample_arrays.h"
#include "output_path.h"
#include "progress.h"
#include "sampling_options.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <ostream>

namespace ddpm::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;

struct SampleRequest {
    std::filesystem::path model;
    std::filesystem::path out;
    /// Puts what the command line says over what the model's folder suggests.
    std::function<SamplingSettings(SamplingSettings suggested, int timesteps)> settings;
    GridLayout layout;
    std::optional<ExportChain> chain; ///< the whole way instead of the last state
    DeviceChoice device = DeviceChoice::automatic;
    int threads = 0;
    bool json = false;
    bool quiet = false;
};

/// Only the last state is wanted here, so the record of the way may be thin.
constexpr std::size_t record_bytes = 32u << 20;

enum class What { grid, film, strip, frames };

/// What is asked for, by name or by the ending of the file.
std::optional<What> wanted_output(Arguments& arguments, const std::filesystem::path& out) {
    const bool film = formats::movie_format(out).has_value();
    if (!arguments.has("as")) return film ? What::film : What::grid;
    std::string name;
    arguments.read("as", name);
    const std::vector<std::string> names{"grid", "film", "strip", "frames"};
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
        arguments.note("as", fmt::format("there is no '{}'", name), "choose " + listed(names));
        return std::nullopt;
    }
    return static_cast<What>(found - names.begin());
}

void read_chain(Arguments& arguments, SampleRequest& request) {
    const std::optional<What> what = wanted_output(arguments, request.out);
    ExportChain chain;
    int number = 0;
    std::string part = "x";
    arguments.read("seconds", chain.seconds);
    arguments.read("states", chain.states);
    arguments.read("chain", number);
    arguments.read("part", part);
    if (!(chain.seconds >= 0.2 && chain.seconds <= 600))
        arguments.note("seconds", "it is out of range", "choose 0.2 to 600");
    if (chain.states < 2 || chain.states > 64)
        arguments.note("states", "it is out of range", "choose 2 to 64");
    if (number < 0) arguments.note("chain", "it is out of range", "count from 1");
    if (part == "x0-hat")
        chain.part = ExportChain::Part::x0_hat;
    else if (part == "epsilon")
        chain.part = ExportChain::Part::epsilon;
    else if (part != "x")
        arguments.note("part", fmt::format("there is no '{}'", part), "choose x, x0-hat or epsilon");
    if (!what || what == What::grid) {
        for (const char* option : {"seconds", "states", "chain", "part"})
            if (what && arguments.has(option))
                arguments.note(option, "a grid shows the last state only",
                               "choose a film, or --as strip or frames");
        return;
    }
    if (what == What::film && !formats::movie_format(request.out))
        arguments.note("out", "its ending is not that of a film", "call it .mp4, .gif or .apng");
    chain.shape = what == What::film    ? ExportChain::Shape::film
                  : what == What::strip ? ExportChain::Shape::strip
                                        : ExportChain::Shape::numbered;
    chain.chain = number - 1;
    chain.layout = request.layout;
    chain.file = request.out;
    request.chain = chain;
}

Result<SampleRequest> read_request(Arguments& arguments) {
    SampleRequest request;
    SamplingSettings settings;
    arguments.read("model", request.model);
    arguments.read("out", request.out);
    // What cannot be right for any model is said before one is loaded.
    settings.steps = 1;
    read_sampling(arguments, settings, 10'000);
    for (const Problem& problem : settings.check(10'000))
        arguments.note(problem.field.substr(problem.field.find('.') + 1), problem.what, problem.remedy);
    request.settings = [&arguments](SamplingSettings suggested, int timesteps) {
        read_sampling(arguments, suggested, timesteps);
        return suggested;
    };
    arguments.read("columns", request.layout.columns);
    arguments.read("scale", request.layout.scale);
    arguments.read("padding", request.layout.padding);
    arguments.read("device", request.device);
    arguments.read("threads", request.threads);
    arguments.read("json", request.json);
    arguments.read("quiet", request.quiet);

    read_chain(arguments, request);
    if (!arguments.has("model")) arguments.note("model", "it is missing", "name a run or a diffusers folder");
    if (!arguments.has("out"))
        arguments.note("out", "it is missing", "name the picture, e.g. --out grid.png");
    const auto require = [&](const char* option, int value, int low, int high) {
        if (value < low || value > high)
            arguments.note(option, fmt::format("{} is out of range", value),
                           fmt::format("choose {} to {}", low, high));
    };
    require("columns", request.layout.columns, 0, 65'536);
    require("scale", request.layout.scale, 1, 32);
    require("padding", request.layout.padding, 0, 256);
    require("threads", request.threads, 0, 1024);
    if (const auto error = arguments.error()) return *error;
    return request;
}

class Sampling {
public:
    Sampling(const Environment& environment, const SampleRequest& request, Engine& engine)
        : environment_(environment), request_(request),
          progress_(environment.err, environment.err_is_terminal, request.quiet), session_(engine) {}

    int run() {
        session_.submit(OpenModel{request_.model});
        while (!over_) {
            for (const Event& event : session_.wait(200ms)) {
                if (over_) break;
                std::visit([this](const auto& e) { handle(e); }, event);
            }
            if (!over_ && environment_.interrupted()) {
                session_.submit(StopChain{});
                end(exit_interrupted);
                progress_.say("Interrupted; nothing was written.");
            }
            if (record_ && !over_ && !exporting_) show_progress();
        }
        progress_.finish();
        if (error_) {
            if (request_.json) print("failed", to_json(*error_));
            progress_.warn("ddpm-lab sample: " + error_->line());
        }
        return code_;
    }

private:
    void handle(const ModelChanged& event) {
        if (!event.available || started_) return;
        const int timesteps = event.schedule.timesteps();
        const SamplingSettings settings = request_.settings(event.sampling, timesteps);
        if (const auto problems = settings.check(timesteps); !problems.empty()) {
            fail(to_error(problems, request_.model.string()), exit_usage);
            return;
        }
        progress_.say(fmt::format(
            "Sampling {} from {} ({} parameters, step {}): {}, {} of {} steps, seed {}.", settings.count,
            event.name.empty() ? request_.model.string() : event.name, grouped(event.parameters),
            grouped(event.step), name_of(settings.sampler), settings.steps, timesteps, settings.seed));
        started_ = true;
        session_.submit(StartChain{settings, false});
    }

    void handle(const ChainChanged& event) {
        if (!started_ || !event.record) return;
        record_ = event.record;
        if (event.phase != ChainPhase::finished || exporting_) return;
        exporting_ = true;
        if (request_.chain) {
            session_.submit(*request_.chain);
            return;
        }
        session_.submit(ExportGrid{.source = ExportGrid::Source::chain_x,
                                   .state = -1,
                                   .layout = request_.layout,
                                   .file = request_.out});
    }

    void handle(const ExportProgress& event) {
        if (exporting_ && !event.cancelled) progress_.show(event.done, "writing");
    }

    void handle(const ExportFinished& event) {
        if (!exporting_) return;
        if (!request_.chain) show_progress();
        progress_.finish();
        if (request_.json)
            print("summary", {{"status", "finished"},
                              {"file", event.file.string()},
                              {"count", record_->settings().count},
                              {"steps", record_->settings().steps},
                              {"seed", record_->settings().seed},
                              {"sampler", name_of(record_->settings().sampler)}});
        else
            environment_.out << event.file.string() << '\n' << std::flush;
        end(exit_ok);
    }

    void handle(const Notice& event) {
        progress_.say(event.text);
        if (request_.json) print("notice", {{"text", event.text}});
    }

    void handle(const Failed& event) {
        const int code = event.activity == Activity::model       ? exit_input
                         : event.activity == Activity::exporting ? exit_output
                                                                 : exit_failed;
        fail(event.error, code);
    }

    void handle(const Stopped&) {
        if (!over_) fail({"the engine ended early", "", "try again"}, exit_failed);
    }

    template <typename Other>
    void handle(const Other&) {} // training and data are not this verb's business

    void show_progress() {
        const auto newest = record_->state(record_->size() - 1);
        if (!newest) return;
        const int timesteps = record_->schedule().timesteps();
        progress_.show(1.0 - static_cast<double>(newest->t) / timesteps, fmt::format("t = {}", newest->t));
    }

    void print(const char* event, const ordered_json& object) {
        ordered_json line{{"event", event}};
        line.update(object);
        environment_.out << line_of(line) << '\n' << std::flush;
    }

    void fail(const Error& error, int code) {
        error_ = error;
        end(code);
    }

    void end(int code) {
        code_ = code;
        over_ = true;
    }

    const Environment& environment_;
    const SampleRequest& request_;
    Progress progress_;
    std::shared_ptr<const ChainRecord> record_;
    std::optional<Error> error_;
    bool started_ = false;
    bool exporting_ = false;
    bool over_ = false;
    int code_ = exit_failed;
    EngineSession session_; ///< last: the engine must not reach what is gone already
};

} // namespace

const VerbSpec& sample_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{
            "sample",
            "--model DIR --out FILE [options]",
            "Draws samples and writes them as one picture with the settings inside, or as an array.",
            "",
            {{"model", "DIR", "a run (its averaged weights) or a Hugging Face diffusers folder"},
             {"out", "FILE",
              "a PNG, a film of the whole way (.mp4, .gif, .apng), or an NPY with the samples (- is standard "
              "output); an existing one is replaced when "
              "the "
              "new one is complete"}},
            "stdout gets the name of the picture. Ctrl+C ends with exit code 130 and writes nothing.\n\n"
            "  ddpm-lab sample --model run --count 64 --seed 1 --out grid.png\n"
            "  ddpm-lab sample --model run --sampler ddim --steps 25 --out quick.png\n"
            "  ddpm-lab sample --model run --count 16 --seconds 6 --out chains.mp4\n"
            "  ddpm-lab sample --model run --count 4 --as strip --out strip.png\n"
            "  ddpm-lab sample --model DIR --noise XT.npy --step-noise Z.npy --steps 20 --record "
            "STATES.npy\n"};
        const auto add = [&](const std::vector<OptionSpec>& options) {
            made.options.insert(made.options.end(), options.begin(), options.end());
        };
        add(sampling_options());
        add({{"columns", "N", "pictures side by side; 0 means as square as it gets (0)"},
             {"scale", "N", "pixels of the file per pixel of a picture, 1 to 32 (4)"},
             {"padding", "N", "pixels between pictures, before scaling (2)"},
             {"as", "WHAT",
              "grid: the last state; strip: some states of every chain as one PNG; frames: every kept state "
              "as "
              "a "
              "numbered PNG in a new folder; film (as the ending of FILE says)"},
             {"seconds", "X", "a film's length, 0.2 to 600; its end is held for another 1.5 (8)"},
             {"states", "N", "a strip's, 2 to 64 (11)"},
             {"chain", "N", "only this chain, counted from 1; 0 means all (0)"},
             {"part", "NAME", "of film, strip and frames: x, x0-hat or epsilon (x)"},
             {"device", "NAME", listed(names_of_all<DeviceChoice>()) + " (auto)"},
             {"threads", "N", "CPU threads; 0 means all cores (0)"},
             {"json", "", "one JSON object a line on stdout"},
             {"quiet", "", "no progress and no notices on stderr; errors are still told"}});
        add(array_options());
        return made;
    }();
    return spec;
}

int sample(const Environment& environment, const Words& words) {
    Arguments arguments(sample_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(sample_spec());
        return exit_ok;
    }
    if (wants_arrays(arguments)) return sample_arrays(environment, arguments);
    const auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    std::error_code error;
    if (!std::filesystem::is_directory(request->model, error)) {
        environment.err
            << "ddpm-lab sample: " << request->model.string()
            << ": there is no such folder. Remedy: name a run or a diffusers folder with --model\n";
        return exit_input;
    }
    const bool folder = request->chain && request->chain->shape == ExportChain::Shape::numbered;
    const bool film = request->chain && request->chain->shape == ExportChain::Shape::film;
    const Status writable =
        folder ? check_new_folder(request->out)
               : check_output_file(request->out, film ? request->out.extension().string() : ".png");
    if (!writable) {
        environment.err << "ddpm-lab sample: " << writable.error().line() << '\n';
        return exit_output;
    }
    EngineOptions options;
    options.device = request->device;
    options.threads = request->threads;
    if (!request->chain) options.chain_memory = record_bytes;
    options.slice = 1; // nobody waits for anything but the end
    const auto engine = environment.make_engine(options);
    return Sampling(environment, *request, *engine).run();
}

} // namespace ddpm::app
