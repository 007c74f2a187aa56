// `ddpm-lab explore`: the paper's figures of what a model can do: forks, interpolation, progress, encoding.
#include "data/dataset.h"
#include "exit_codes.h"
#include "formats/picture_grid.h"
#include "numbers/array_io.h"
#include "numbers/model_options.h"
#include "output_path.h"
#include "progress.h"
#include "runtime/explorations.h"
#include "runtime/pictures.h"
#include "runtime/resources.h"
#include "runtime/reverse_walk.h"
#include "sampling_options.h"
#include "verbs.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

namespace ddpm::app {
namespace {

struct ExploreRequest {
    std::string what, out, x;
    ModelRequest model;
    std::vector<std::int64_t> t, pictures{0, 1};
    int lambdas = 11, moments = 10;
    bool separate = false, quiet = false;
};

Result<ExploreRequest> read_request(Arguments& arguments) {
    ExploreRequest request;
    request.what = arguments.positional().value_or("");
    if (request.what != "fork" && request.what != "interpolate" && request.what != "progress" &&
        request.what != "encode")
        arguments.note({request.what.empty() ? "explore" : request.what, "this is nothing to explore",
                        "choose fork, interpolate, progress or encode"});
    request.model = read_model_request(arguments);
    arguments.read("out", request.out);
    if (!arguments.has("out")) arguments.note("out", "it is missing", "name a PNG or an NPY file");
    arguments.read("x", request.x);
    arguments.read("t", request.t);
    arguments.read("pictures", request.pictures);
    arguments.read("lambdas", request.lambdas);
    arguments.read("moments", request.moments);
    arguments.read("separate-noise", request.separate);
    arguments.read("quiet", request.quiet);
    const auto only_for = [&](const char* option, const std::string& first, const std::string& second) {
        if (arguments.has(option) && request.what != first && request.what != second)
            arguments.note(option, request.what + " does not use it", "leave it out");
    };
    only_for("t", "fork", "interpolate");
    only_for("x", "interpolate", "encode");
    only_for("pictures", "interpolate", "encode");
    only_for("lambdas", "interpolate", "");
    only_for("separate-noise", "interpolate", "");
    only_for("moments", "progress", "");
    if (arguments.has("x") && arguments.has("pictures"))
        arguments.note("pictures", "--x names the pictures already", "leave one of them out");
    if (request.lambdas < 2 || request.lambdas > 1000)
        arguments.note("lambdas", "it is out of range", "choose 2 to 1000");
    if (request.moments < 2 || request.moments > 1000)
        arguments.note("moments", "it is out of range", "choose 2 to 1000");
    if (const auto error = arguments.error()) return *error;
    return request;
}

/// The pictures to start from, [N, …] in [-1, 1]: an array, or some of the test pictures of the model's own
/// data.
Result<torch::Tensor> start_pictures(const ExploreRequest& request, const runtime::Model& model) {
    const auto shape = model.item_shape();
    torch::Tensor x;
    std::string where = request.x;
    if (!request.x.empty()) {
        auto read = read_floats(request.x);
        if (!read) return read.error();
        x = *read;
    } else {
        DataSettings settings = model.settings.data;
        settings.test_split = settings.known_classes() > 0;
        auto dataset = data::open_dataset(settings, runtime::find_resources({}));
        if (!dataset) return dataset.error();
        where = dataset->name;
        for (const std::int64_t picture : request.pictures)
            if (picture < 0 || picture >= dataset->size())
                return Error{fmt::format("there is no picture {}", picture), where,
                             fmt::format("choose 0 to {}", dataset->size() - 1)};
        auto items = dataset->gather(torch::tensor(request.pictures, torch::kInt64));
        if (!items) return items.error();
        const bool unet = model.settings.model.kind == NetKind::unet;
        x = data::to_model_input(*items, unet ? model.settings.model.unet.sample_size : 0);
    }
    if (x.dim() < 2 || x.sizes().slice(1).vec() != shape || x.size(0) < 1)
        return Error{"its shape " + shape_text(x.sizes().vec()) + " does not fit the model", where,
                     "give items of " + shape_text(shape) + " with --x"};
    if (request.what == "interpolate" && x.size(0) != 2)
        return Error{fmt::format("there are {} pictures", x.size(0)), where, "interpolation is between two"};
    return x;
}

/// x0_hat at evenly spread moments of the walk: [moments, N, …]. Undefined when interrupted.
torch::Tensor progress_of(const runtime::Model& model, const SamplingSettings& settings, int moments,
                          const runtime::KeepGoing& keep_going) {
    runtime::ReverseWalk walk(model, settings);
    const int last = walk.steps() - 1;
    std::vector<torch::Tensor> kept;
    const auto visit = [&](int step, int, const torch::Tensor&, const diffusion::Beliefs& at, double) {
        // Moment k of K belongs to step round(k · last / (K − 1)); several may fall on one where steps are
        // few.
        while (static_cast<int>(kept.size()) < moments &&
               std::lround(static_cast<double>(kept.size()) * last / (moments - 1)) <= step)
            kept.push_back(at.x0_hat.to(torch::kCPU, false, true));
    };
    while (!walk.advance(visit))
        if (!keep_going()) return {};
    return torch::stack(kept);
}

struct Exploration {
    torch::Tensor array;   ///< for NPY
    torch::Tensor picture; ///< for PNG, in rows: [N, …]
    int columns = 0;
};

Exploration explore_fork(const runtime::Model& model, const SamplingSettings& settings,
                         const ExploreRequest& request, const runtime::KeepGoing& keep_going,
                         Progress& progress) {
    std::vector<torch::Tensor> all, rows;
    for (const std::int64_t t : request.t) {
        const auto forks = runtime::fork(model, settings, static_cast<int>(t), keep_going);
        if (!forks.ends.defined()) return {};
        progress.say(fmt::format("{} futures of x at t = {}", settings.count, forks.t));
        all.push_back(forks.ends.cpu());
        rows.push_back(torch::cat({forks.shared, forks.ends}).cpu());
    }
    return {torch::stack(all), torch::cat(rows), settings.count + 1};
}

Exploration explore_between(const runtime::Model& model, const SamplingSettings& settings,
                            const ExploreRequest& request, const torch::Tensor& x0,
                            const runtime::KeepGoing& keep_going) {
    std::vector<double> lambdas;
    for (int i = 0; i < request.lambdas; ++i)
        lambdas.push_back(static_cast<double>(i) / (request.lambdas - 1));
    std::vector<torch::Tensor> all, rows;
    for (const std::int64_t t : request.t) {
        const torch::Tensor between = runtime::interpolate(model, settings, x0, static_cast<int>(t), lambdas,
                                                           request.separate, keep_going);
        if (!between.defined()) return {};
        all.push_back(between.cpu());
        rows.push_back(torch::cat({x0.narrow(0, 0, 1), all.back(), x0.narrow(0, 1, 1)}));
    }
    return {torch::stack(all), torch::cat(rows), request.lambdas + 2};
}

std::vector<std::int64_t> usual_depths(const std::string& what, int timesteps) {
    const auto part = [&](double share) { return std::max<std::int64_t>(1, std::lround(share * timesteps)); };
    if (what == "fork") return {part(1), part(0.75), part(0.5), part(0.25)};
    return {part(0.5)};
}

} // namespace

const VerbSpec& explore_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{
            "explore",
            "fork|interpolate|progress|encode --model DIR --out FILE [options]",
            "Draws the paper's figures of a model: futures that share x_t, mixtures of two pictures, x0_hat "
            "on the "
            "way, or the noise that a picture comes from.",
            "WHAT",
            model_options(),
            "fork (Fig. 7): a row for each t: x_t, then --count futures of it. interpolate (Figs. 8, 9): a "
            "row for\n"
            "each t: one picture, their mixtures denoised, the other. progress (Fig. 6): a row for each "
            "sample. An\n"
            "NPY holds the same: [t, futures, …], [t, lambdas, …], [moments, samples, …]. encode walks DDIM\n"
            "backwards; 'sample --noise XT.npy --sampler ddim --no-clip' with the same --steps leads "
            "back.\n\n"
            "  ddpm-lab explore fork --model run --sampler ddim --eta 1 --steps 100 --count 8 --out "
            "forks.png\n"
            "  ddpm-lab explore interpolate --model run --pictures 3,8 --t 250,500,750 --out between.png\n"
            "  ddpm-lab explore encode --model run --x pictures.npy --steps 200 --out noise.npy\n"};
        made.options.insert(
            made.options.end(),
            {{"out", "FILE", "a PNG, or an NPY; - is standard output"},
             {"t", "LIST",
              "depths, the paper's t from 1 to T (fork: T, 3/4, 1/2, 1/4 of it; interpolate: 1/2)"},
             {"x", "NPY", "interpolate, encode: pictures from -1 to 1, [2, C, H, W] or [N, C, H, W]"},
             {"pictures", "LIST", "instead of --x: which test pictures of the model's own data (0,1)"},
             {"lambdas", "N", "interpolate: how many mixtures, ends included (11)"},
             {"separate-noise", "",
              "interpolate: two noises, as the paper draws them, instead of one for both"},
             {"moments", "N", "progress: how many (10)"}});
        const auto sampling = sampling_options(), keys = scheduler_options();
        made.options.insert(made.options.end(), sampling.begin(), sampling.end());
        made.options.insert(made.options.end(), keys.begin(), keys.end());
        made.options.push_back({"quiet", "", "no progress"});
        return made;
    }();
    return spec;
}

int explore(const Environment& environment, const Words& words) {
    Arguments arguments(explore_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(explore_spec());
        return exit_ok;
    }
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab explore: " << error.line() << '\n';
        return code;
    };
    auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    const bool array = is_array(request->out);
    if (!array)
        if (Status writable = check_output_file(request->out, ".png"); !writable)
            return fail(writable.error(), exit_output);
    auto model = open_model(request->model);
    if (!model) return fail(model.error(), exit_input);
    if (Status fits = override_scheduler(*model, arguments); !fits) return fail(fits.error(), exit_usage);
    const int timesteps = model->schedule.timesteps();
    SamplingSettings settings = model->sampling;
    read_sampling(arguments, settings, timesteps);
    if (!arguments.has("count")) settings.count = 8;
    for (const Problem& problem : runtime::check_sampling(*model, settings))
        arguments.note(problem);
    if (request->t.empty()) request->t = usual_depths(request->what, timesteps);
    for (const std::int64_t t : request->t)
        if (t < 1 || t > timesteps)
            arguments.note("t", fmt::format("{} is out of range", t),
                           fmt::format("choose 1 to {}", timesteps));
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    torch::Tensor x0;
    if (request->what == "interpolate" || request->what == "encode") {
        auto pictures = start_pictures(*request, *model);
        if (!pictures) return fail(pictures.error(), exit_input);
        x0 = *pictures;
    }
    Progress progress(environment.err, environment.err_is_terminal, request->quiet);
    const runtime::KeepGoing keep_going = [&] { return !environment.interrupted(); };
    Exploration done;
    if (request->what == "fork") {
        done = explore_fork(*model, settings, *request, keep_going, progress);
    } else if (request->what == "interpolate") {
        done = explore_between(*model, settings, *request, x0, keep_going);
    } else if (request->what == "progress") {
        done.array = progress_of(*model, settings, request->moments, keep_going);
        if (done.array.defined()) {
            done.picture = done.array.transpose(0, 1).flatten(0, 1); // a row for each sample
            done.columns = request->moments;
        }
    } else {
        done.array = runtime::encode(*model, settings, x0, keep_going);
        done.picture = done.array;
    }
    progress.finish();
    if (!done.array.defined()) {
        progress.say("Interrupted; nothing was written.");
        return exit_interrupted;
    }
    if (array) {
        if (Status written = write_array(environment, request->out, done.array.cpu()); !written)
            return fail(written.error(), exit_output);
        return exit_ok;
    }
    const Drawable drawable = runtime::to_drawable(done.picture, request->what == "encode" ? 3 : 1);
    if (!drawable.points.empty())
        return fail({"points make no grid of pictures", request->out, "name an NPY file"}, exit_usage);
    GridLayout layout;
    layout.columns = done.columns;
    auto grid = formats::compose_grid(drawable.pictures, layout);
    if (!grid) return fail(grid.error(), exit_output);
    if (Status written = formats::write_png(request->out, *grid, ""); !written)
        return fail(written.error(), exit_output);
    environment.out << request->out << '\n';
    return exit_ok;
}

} // namespace ddpm::app
