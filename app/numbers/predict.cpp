// `ddpm-lab predict`: one forward pass of the net, arrays in and out.
#include "exit_codes.h"
#include "numbers/array_io.h"
#include "numbers/model_options.h"
#include "verbs.h"

#include <ostream>

namespace ddpm::app {
namespace {

constexpr std::int64_t items_at_once = 16;

struct PredictRequest {
    ModelRequest model;
    std::string x, out;
    std::vector<std::int64_t> t, labels;
};

Result<PredictRequest> read_request(Arguments& arguments) {
    PredictRequest request;
    request.model = read_model_request(arguments);
    arguments.read("x", request.x);
    arguments.read("out", request.out);
    if (!arguments.has("x"))
        arguments.note("x", "it is missing", "name an NPY file, or - for standard input");
    if (!arguments.has("out"))
        arguments.note("out", "it is missing", "name the NPY file, or - for standard output");
    arguments.read("t", request.t);
    arguments.read("labels", request.labels);
    if (!arguments.has("t"))
        arguments.note("t", "it is missing", "give one timestep for all, or one for each item");
    if (const auto error = arguments.error()) return *error;
    return request;
}

/// One value for all, or one for each: [n] int64.
Result<torch::Tensor> for_each_item(const std::vector<std::int64_t>& values, std::int64_t n,
                                    std::int64_t below, const char* option) {
    for (const std::int64_t value : values)
        if (value < 0 || value >= below)
            return Error{std::to_string(value) + " is out of range", std::string("--") + option,
                         "choose 0 to " + std::to_string(below - 1)};
    const auto given = static_cast<std::int64_t>(values.size());
    if (given != 1 && given != n)
        return Error{std::to_string(given) + " values for " + std::to_string(n) + " items",
                     std::string("--") + option, "give one for all, or one for each"};
    const torch::Tensor tensor = torch::tensor(values, torch::kInt64);
    return given == n ? tensor : tensor.expand({n}).contiguous();
}

} // namespace

const VerbSpec& predict_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{"predict",
                      "--model DIR --x X.npy --t T,T,… --out OUT.npy [options]",
                      "Asks the net once: what it predicts at x_t, as an array.",
                      "",
                      model_options(),
                      "Timesteps are 0-based (0 is the paper's t = 1), as in all peers' arrays.\n\n"
                      "  ddpm-lab predict --model run --x x.npy --t 0,371,999 --out eps.npy\n"};
        made.options.insert(made.options.end(),
                            {{"x", "NPY", "x_t: [N, C, H, W], or [N, 2] for points; - reads standard input"},
                             {"t", "LIST", "0-based timesteps: one for all, or N of them"},
                             {"labels", "LIST", "classes: one for all, or N (no class)"},
                             {"out", "NPY",
                              "the prediction, like x (twice the channels where the variance is "
                              "learned); - writes standard output"}});
        return made;
    }();
    return spec;
}

int predict(const Environment& environment, const Words& words) {
    Arguments arguments(predict_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(predict_spec());
        return exit_ok;
    }
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab predict: " << error.line() << '\n';
        return code;
    };
    const auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    auto model = open_model(request->model);
    if (!model) return fail(model.error(), exit_input);
    const auto x = read_floats(request->x);
    if (!x) return fail(x.error(), exit_input);
    if (x->dim() < 1 || x->size(0) < 1 || x->sizes().slice(1).vec() != model->item_shape())
        return fail({"its shape " + shape_text(x->sizes().vec()) + " does not fit the model", request->x,
                     "give N items of " + shape_text(model->item_shape())},
                    exit_input);
    const std::int64_t n = x->size(0);
    const auto t = for_each_item(request->t, n, model->schedule.timesteps(), "t");
    if (!t) return fail(t.error(), exit_usage);
    torch::Tensor labels;
    if (!request->labels.empty()) {
        const int embeddings =
            model->settings.model.kind == NetKind::unet ? model->settings.model.unet.num_class_embeds : 0;
        if (embeddings == 0)
            return fail({"this model was trained without classes", "--labels", "leave it out"}, exit_usage);
        auto given = for_each_item(request->labels, n, embeddings, "labels");
        if (!given) return fail(given.error(), exit_usage);
        labels = given->to(model->device);
    }
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> outputs;
    for (std::int64_t first = 0; first < n; first += items_at_once) {
        const std::int64_t size = std::min(items_at_once, n - first);
        network::Mode mode;
        if (labels.defined()) mode.labels = labels.narrow(0, first, size);
        outputs.push_back(model->net
                              ->forward(x->narrow(0, first, size).to(model->device),
                                        t->narrow(0, first, size).to(model->device), mode)
                              .to(torch::kCPU));
    }
    if (Status written = write_array(environment, request->out, torch::cat(outputs)); !written)
        return fail(written.error(), exit_output);
    return exit_ok;
}

} // namespace ddpm::app
