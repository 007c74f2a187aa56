// `ddpm-lab measure`: the bound in bits/dim, rate and distortion, nearest training pictures.
#include "data/dataset.h"
#include "exit_codes.h"
#include "formats/picture_grid.h"
#include "json_line.h"
#include "numbers/array_io.h"
#include "numbers/model_options.h"
#include "numbers/neighbours.h"
#include "output_path.h"
#include "progress.h"
#include "runtime/bound_measure.h"
#include "runtime/pictures.h"
#include "runtime/resources.h"
#include "verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace ddpm::app {
namespace {

using nlohmann::ordered_json;

struct MeasureRequest {
    std::string what;
    ModelRequest model;
    std::string x, noise;
    DataSettings data;
    bool data_given = false;
    int count = 100;
    int neighbours = 5;
    runtime::BoundOptions bound;
    bool variance_given = false;
    std::filesystem::path out;
    bool json = false;
    bool quiet = false;
};

Result<MeasureRequest> read_request(Arguments& arguments) {
    MeasureRequest request;
    request.what = arguments.positional().value_or("");
    const bool neighbours = request.what == "neighbours";
    if (request.what != "bound" && request.what != "rate" && !neighbours)
        arguments.note({"WHAT", request.what.empty() ? "it is missing" : "there is no '" + request.what + "'",
                        "choose bound, rate or neighbours"});
    request.model = read_model_request(arguments);
    arguments.read("x", request.x);
    arguments.read("noise", request.noise);
    arguments.read("data", request.data.kind);
    arguments.read("data-path", request.data.path);
    request.data_given = arguments.has("data");
    std::string split = neighbours ? "train" : "test";
    arguments.read("split", split);
    if (split != "train" && split != "test")
        arguments.note("split", "there is no '" + split + "'", "choose train or test");
    request.data.test_split = split == "test";
    arguments.read("count", request.count);
    arguments.read("neighbours", request.neighbours);
    arguments.read("seed", request.bound.seed);
    arguments.read("every", request.bound.every);
    arguments.read("variance", request.bound.variance);
    request.variance_given = arguments.has("variance");
    request.bound.clip = !arguments.has("no-clip");
    arguments.read("out", request.out);
    arguments.read("json", request.json);
    arguments.read("quiet", request.quiet);
    if (request.count < 1 || request.count > 1'000'000)
        arguments.note("count", "it is out of range", "choose 1 to 1000000");
    if (request.neighbours < 1 || request.neighbours > 100)
        arguments.note("neighbours", "it is out of range", "choose 1 to 100");
    if (neighbours && request.x.empty())
        arguments.note("x", "it is missing",
                       "name an NPY file of samples, as 'ddpm-lab sample --out x.npy' makes it");
    if (!neighbours && arguments.has("out"))
        arguments.note("out", "only 'measure neighbours' makes a picture", "leave it out");
    if (!request.noise.empty() && request.x.empty())
        arguments.note("noise", "it belongs to given pictures", "add --x, or leave --noise out");
    if (const auto error = arguments.error()) return *error;
    return request;
}

/// The pictures of the set that the model was trained on, or of the one that was named.
Result<data::Dataset> open_pictures(const MeasureRequest& request, const runtime::Model& model) {
    DataSettings settings = model.settings.data;
    if (request.data_given) settings = request.data;
    settings.test_split = request.data.test_split;
    if (settings.is_points())
        return Error{"the bound and neighbours are measured for pictures",
                     std::string(name_of(settings.kind)), "choose a set of pictures with --data"};
    auto dataset = data::open_dataset(settings, runtime::find_resources({}));
    if (!dataset) return dataset;
    if (dataset->is_points() || !dataset->in_memory())
        return Error{"only pictures that fit into memory can be measured", dataset->name,
                     "choose another data set"};
    return dataset;
}

ordered_json list_of(const torch::Tensor& values) {
    const torch::Tensor flat = values.to(torch::kCPU, torch::kFloat64).contiguous();
    const double* first = flat.data_ptr<double>();
    return std::vector<double>(first, first + flat.numel());
}

ordered_json rows_of(const torch::Tensor& values) {
    ordered_json rows = ordered_json::array();
    for (std::int64_t row = 0; row < values.size(0); ++row)
        rows.push_back(list_of(values[row]));
    return rows;
}

ordered_json to_json(const runtime::BoundReport& report, const MeasureRequest& request) {
    const torch::Tensor total = report.total();
    ordered_json object{{"total_bpd", total.mean().item<double>()},
                        {"prior_bpd", report.prior.mean().item<double>()},
                        {"l0_bpd", report.vb.select(1, 0).mean().item<double>()},
                        {"pictures", total.size(0)},
                        {"variance", name_of(request.bound.variance)},
                        {"clip", request.bound.clip},
                        {"every", request.bound.every},
                        {"t", report.indices},
                        {"weight", report.weights},
                        {"vb", list_of(report.vb.mean(0))},
                        {"mse", list_of(report.mse.mean(0))},
                        {"x0_mse", list_of(report.x0_mse.mean(0))}};
    if (request.what == "rate") {
        object["rate"] = report.rate();
        object["distortion"] = report.distortion();
    }
    object["per_picture"] = {{"total_bpd", list_of(total)},
                             {"prior_bpd", list_of(report.prior)},
                             {"vb", rows_of(report.vb)},
                             {"mse", rows_of(report.mse)}};
    return object;
}

/// The rows of Table 4, for people: T − t + 1 reverse steps taken.
void print_rate(std::ostream& out, const runtime::BoundReport& report, int timesteps) {
    const std::vector<double> rate = report.rate(), distortion = report.distortion();
    out << fmt::format("{:>14}  {:>16}  {:>18}\n", "reverse steps", "rate (bits/dim)", "distortion (0-255)");
    const std::size_t rows = std::min<std::size_t>(10, rate.size());
    for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t k = i * rate.size() / rows;
        out << fmt::format("{:>14}  {:>16.5f}  {:>18.5f}\n", timesteps - report.indices[k], rate[k],
                           distortion[k]);
    }
}

int measure_bound(const Environment& environment, MeasureRequest& request, runtime::Model model) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab measure: " << error.line() << '\n';
        return code;
    };
    if (!request.variance_given) request.bound.variance = model.sampling.variance;
    torch::Tensor x0, noise;
    std::string name = request.x;
    if (!request.x.empty()) {
        auto read = read_floats(request.x);
        if (!read) return fail(read.error(), exit_input);
        x0 = *read;
    } else {
        if (model.settings.model.kind != NetKind::unet)
            return fail({"the bound is about pictures, this model makes points",
                         request.model.folder.string(), "choose another model"},
                        exit_usage);
        auto dataset = open_pictures(request, model);
        if (!dataset) return fail(dataset.error(), exit_input);
        name = dataset->name;
        x0 = data::to_model_input(
            dataset->items.narrow(0, 0, std::min<std::int64_t>(request.count, dataset->size())),
            model.settings.model.unet.sample_size);
    }
    if (!request.noise.empty()) {
        auto read = read_floats(request.noise);
        if (!read) return fail(read.error(), exit_input);
        noise = *read;
    }
    if (const auto problems = runtime::BoundMeasure::check(model, x0, noise, request.bound);
        !problems.empty())
        return fail(to_error(problems, name), exit_usage);
    const int timesteps = model.schedule.timesteps();
    runtime::BoundMeasure measure(std::move(model), x0, noise, request.bound);
    Progress progress(environment.err, environment.err_is_terminal, request.quiet);
    progress.say(fmt::format("The bound of {} pictures ({}), sigma² {}, {} of {} timesteps.", x0.size(0),
                             name, name_of(request.bound.variance), measure.report().indices.size(),
                             timesteps));
    while (!measure.advance()) {
        progress.show(measure.fraction(), "measuring");
        if (!environment.interrupted()) continue;
        progress.say("Interrupted.");
        return exit_interrupted;
    }
    progress.finish();
    const runtime::BoundReport& report = measure.report();
    if (request.json) {
        environment.out << line_of(to_json(report, request)) << '\n';
    } else if (request.what == "rate") {
        print_rate(environment.out, report, timesteps);
    } else {
        const double prior = report.prior.mean().item<double>(), total = report.total().mean().item<double>(),
                     l0 = report.vb.select(1, 0).mean().item<double>();
        environment.out << fmt::format(
            "bound        {:.4f} bits/dim\n  L_T        {:.6f}\n  L_1..T-1   {:.4f}\n"
            "  L_0        {:.4f}\n",
            total, prior, total - prior - l0, l0);
    }
    environment.out << std::flush;
    return exit_ok;
}

int measure_neighbours(const Environment& environment, const MeasureRequest& request,
                       const runtime::Model& model) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab measure: " << error.line() << '\n';
        return code;
    };
    if (!request.out.empty())
        if (Status writable = check_output_file(request.out, ".png"); !writable)
            return fail(writable.error(), exit_output);
    auto x = read_floats(request.x);
    if (!x) return fail(x.error(), exit_input);
    if (x->dim() != 4 || x->sizes().slice(1).vec() != model.item_shape())
        return fail({"its shape " + shape_text(x->sizes().vec()) + " does not fit the model", request.x,
                     "give N pictures of " + shape_text(model.item_shape())},
                    exit_input);
    auto dataset = open_pictures(request, model);
    if (!dataset) return fail(dataset.error(), exit_input);
    const int k = static_cast<int>(std::min<std::int64_t>(request.neighbours, dataset->size()));
    const Neighbours found = nearest_neighbours(*x, dataset->items, model.settings.model.unet.sample_size, k,
                                                environment.interrupted);
    if (!found.indices.defined()) return exit_interrupted;
    if (!request.out.empty()) {
        std::vector<torch::Tensor> rows;
        for (std::int64_t i = 0; i < x->size(0); ++i) {
            rows.push_back((*x)[i].unsqueeze(0));
            rows.push_back(data::to_model_input(dataset->items.index_select(0, found.indices[i]),
                                                model.settings.model.unet.sample_size));
        }
        GridLayout layout;
        layout.columns = k + 1;
        auto grid = formats::compose_grid(runtime::to_drawable(torch::cat(rows)).pictures, layout);
        if (!grid) return fail(grid.error(), exit_output);
        if (Status written = formats::write_png(request.out, *grid, ""); !written)
            return fail(written.error(), exit_output);
    }
    for (std::int64_t i = 0; i < x->size(0); ++i) {
        std::vector<std::int64_t> indices;
        for (int j = 0; j < k; ++j)
            indices.push_back(found.indices[i][j].item<std::int64_t>());
        if (request.json) {
            environment.out << line_of({{"sample", i},
                                        {"indices", indices},
                                        {"distances", list_of(found.distances[i])}})
                            << '\n';
            continue;
        }
        environment.out << fmt::format("sample {:>4}:", i);
        for (int j = 0; j < k; ++j)
            environment.out << fmt::format("  {} ({:.3f})", indices[static_cast<std::size_t>(j)],
                                           found.distances[i][j].item<double>());
        environment.out << '\n';
    }
    environment.out << std::flush;
    return exit_ok;
}

} // namespace

const VerbSpec& measure_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{"measure",
                      "bound|rate|neighbours --model DIR [options]",
                      "Measures a model: its bound in bits/dim term by term, rate and distortion, or the "
                      "nearest training "
                      "pictures.",
                      "WHAT",
                      model_options(),
                      "bound: L_T, every L_t-1 and L_0 (eqs. 5, 12, 13). rate: the same with the columns of "
                      "the paper's Table "
                      "4.\n"
                      "neighbours: for each sample of --x the pictures of the training set with the least "
                      "root mean square\n"
                      "distance, on the scale -1 to 1. JSON: arrays per t are in the order of 't' (0-based), "
                      "per picture in\n"
                      "'per_picture'. --every K lets one of K neighbouring timesteps stand for all of them: "
                      "an estimate.\n\n"
                      "  ddpm-lab measure bound --model run --count 1000 --json\n"
                      "  ddpm-lab measure bound --model DIR --x x0.npy --noise noise.npy --json\n"
                      "  ddpm-lab measure neighbours --model run --x samples.npy --out neighbours.png\n"};
        made.options.insert(
            made.options.end(),
            {{"x", "NPY", "pictures [N, C, H, W] from -1 to 1 (those of the data set)"},
             {"noise", "NPY", "[T, N, C, H, W]: noise[t] makes x_t (drawn from --seed)"},
             {"data", "NAME", "the data set to take pictures from (the run's own)"},
             {"data-path", "PATH", "where that set is, for those that need it"},
             {"split", "NAME", "train or test (test; neighbours: train)"},
             {"count", "N", "the first N pictures of the set (100)"},
             {"seed", "N", "of the noise, keyed by (seed, picture, t) (0)"},
             {"every", "K", "measure one of K timesteps (1)"},
             {"variance", "NAME", "sigma²: " + listed(names_of_all<Variance>()) + " (as the folder says)"},
             {"no-clip", "", "do not clamp x0_hat to [-1, 1]"},
             {"neighbours", "K", "how many for each sample (5)"},
             {"out", "FILE", "neighbours: a PNG, each row a sample and its neighbours"},
             {"json", "", "JSON on stdout"},
             {"quiet", "", "no progress"}});
        const auto keys = scheduler_options();
        made.options.insert(made.options.end(), keys.begin(), keys.end());
        return made;
    }();
    return spec;
}

int measure(const Environment& environment, const Words& words) {
    Arguments arguments(measure_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(measure_spec());
        return exit_ok;
    }
    auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    auto model = open_model(request->model);
    if (!model) {
        environment.err << "ddpm-lab measure: " << model.error().line() << '\n';
        return exit_input;
    }
    if (Status fits = override_scheduler(*model, arguments); !fits) {
        environment.err << "ddpm-lab measure: " << fits.error().line() << '\n';
        return exit_usage;
    }
    return request->what == "neighbours" ? measure_neighbours(environment, *request, *model)
                                         : measure_bound(environment, *request, std::move(model).value());
}

} // namespace ddpm::app
