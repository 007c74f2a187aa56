#include "numbers/sample_arrays.h"

#include "exit_codes.h"
#include "formats/picture_grid.h"
#include "numbers/array_io.h"
#include "numbers/model_options.h"
#include "output_path.h"
#include "progress.h"
#include "runtime/pictures.h"
#include "runtime/reverse_walk.h"
#include "sampling_options.h"

#include <fmt/format.h>

#include <ostream>

namespace ddpm::app {
namespace {

constexpr std::int64_t most_recorded_values = std::int64_t{1} << 31; ///< 8 GiB of float32

struct ArrayRequest {
    ModelRequest model;
    std::string noise, step_noise, out, record, record_x0;
    bool quiet = false;
};

Result<ArrayRequest> read_request(Arguments& arguments) {
    ArrayRequest request;
    request.model = read_model_request(arguments);
    arguments.read("noise", request.noise);
    arguments.read("step-noise", request.step_noise);
    arguments.read("out", request.out);
    arguments.read("record", request.record);
    arguments.read("record-x0", request.record_x0);
    arguments.read("quiet", request.quiet);
    for (const char* option : {"columns", "scale", "padding", "json"})
        if (arguments.has(option))
            arguments.note(option, "it is about a picture", "leave it out, or leave the arrays out");
    if (!arguments.has("out") && !arguments.has("record") && !arguments.has("record-x0"))
        arguments.note("out", "it is missing", "name an NPY file, or record the states with --record");
    if (arguments.has("count") && arguments.has("noise"))
        arguments.note("count", "--noise says how many there are", "leave it out");
    int to_stdout = 0;
    for (const std::string& name : {request.out, request.record, request.record_x0})
        to_stdout += name == "-";
    if (to_stdout > 1)
        arguments.note("out", "only one array can go to standard output", "name files for the others");
    if (const auto error = arguments.error()) return *error;
    return request;
}

} // namespace

std::vector<OptionSpec> array_options() {
    std::vector<OptionSpec> options{
        {"noise", "NPY", "x_T, [N, C, H, W] or [N, 2], instead of noise from --seed"},
        {"step-noise", "NPY", "z of every step, [steps, N, …]: step i uses z[i]"},
        {"record", "NPY", "writes the state after every step, [steps, N, …]"},
        {"record-x0", "NPY", "writes x0_hat of every step, [steps, N, …]"},
    };
    const auto keys = scheduler_options();
    options.insert(options.end(), keys.begin(), keys.end());
    return options;
}

bool wants_arrays(const Arguments& arguments) {
    for (const char* option : {"noise", "step-noise", "record", "record-x0"})
        if (arguments.has(option)) return true;
    std::string out;
    arguments.peek("out", out);
    return is_array(out) || overrides_scheduler(arguments);
}

int sample_arrays(const Environment& environment, Arguments& arguments) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab sample: " << error.line() << '\n';
        return code;
    };
    const auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    const bool picture = !request->out.empty() && !is_array(request->out);
    if (picture)
        if (Status writable = check_output_file(request->out, ".png"); !writable)
            return fail(writable.error(), exit_output);
    auto model = open_model(request->model);
    if (!model) return fail(model.error(), exit_input);
    if (Status fits = override_scheduler(*model, arguments); !fits) return fail(fits.error(), exit_usage);
    SamplingSettings settings = model->sampling;
    read_sampling(arguments, settings, model->schedule.timesteps());

    runtime::Given given;
    if (!request->noise.empty()) {
        auto read = read_floats(request->noise);
        if (!read) return fail(read.error(), exit_input);
        given.x_T = *read;
        if (read->dim() < 1 || read->sizes().slice(1).vec() != model->item_shape() || read->size(0) < 1)
            return fail({"its shape " + shape_text(read->sizes().vec()) + " does not fit the model",
                         request->noise, "give N items of " + shape_text(model->item_shape())},
                        exit_input);
        settings.count = static_cast<int>(std::min<std::int64_t>(read->size(0), 1 << 30));
    }
    for (const Problem& problem : runtime::check_sampling(*model, settings))
        arguments.note(problem);
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    std::vector<std::int64_t> batch = model->item_shape();
    batch.insert(batch.begin(), settings.count);
    if (!request->step_noise.empty()) {
        auto read = read_floats(request->step_noise);
        if (!read) return fail(read.error(), exit_input);
        if (read->dim() < 2 || read->size(0) < settings.steps || read->sizes().slice(1).vec() != batch)
            return fail({"its shape " + shape_text(read->sizes().vec()) + " does not fit",
                         request->step_noise,
                         fmt::format("give at least {} times {}", settings.steps, shape_text(batch))},
                        exit_input);
        given.steps = *read;
    }
    std::int64_t recorded = settings.steps;
    for (const std::int64_t size : batch)
        recorded *= size;
    if ((!request->record.empty() || !request->record_x0.empty()) && recorded > most_recorded_values)
        return fail({fmt::format("a record of all states would take {} GB", recorded * 4 / 1'000'000'000),
                     "--record", "choose fewer steps or fewer items"},
                    exit_usage);

    runtime::ReverseWalk walk(*model, settings, given);
    Progress progress(environment.err, environment.err_is_terminal, request->quiet);
    std::vector<torch::Tensor> states, beliefs;
    const auto keep = [](const torch::Tensor& x) { return x.to(torch::kCPU, false, true); };
    const auto visit = [&](int step, int, const torch::Tensor& x_t, const diffusion::Beliefs& at, double) {
        if (!request->record.empty() && step > 0) states.push_back(keep(x_t));
        if (!request->record_x0.empty()) beliefs.push_back(keep(at.x0_hat));
    };
    while (!walk.advance(visit)) {
        progress.show(static_cast<double>(walk.step()) / settings.steps, "sampling");
        if (!environment.interrupted()) continue;
        progress.say("Interrupted; nothing was written.");
        return exit_interrupted;
    }
    progress.finish();
    const torch::Tensor x = keep(walk.x());
    states.push_back(x);

    if (!request->record.empty())
        if (Status written = write_array(environment, request->record, torch::stack(states)); !written)
            return fail(written.error(), exit_output);
    if (!request->record_x0.empty())
        if (Status written = write_array(environment, request->record_x0, torch::stack(beliefs)); !written)
            return fail(written.error(), exit_output);
    if (picture) {
        const Drawable drawable = runtime::to_drawable(x);
        auto grid = drawable.points.empty()
                        ? formats::compose_grid(drawable.pictures, GridLayout{})
                        : Result<PictureStack>(formats::compose_points(drawable.points, 512));
        if (!grid) return fail(grid.error(), exit_output);
        if (Status written = formats::write_png(request->out, *grid, ""); !written)
            return fail(written.error(), exit_output);
    } else if (!request->out.empty()) {
        if (Status written = write_array(environment, request->out, x); !written)
            return fail(written.error(), exit_output);
    }
    return exit_ok;
}

} // namespace ddpm::app
