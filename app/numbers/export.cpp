// `ddpm-lab export`: a model as a diffusers folder, an array of pictures as one picture; plots are in
// export_plot.cpp.
#include "exit_codes.h"
#include "formats/diffusers_folder.h"
#include "formats/picture_grid.h"
#include "numbers/array_io.h"
#include "numbers/export_plot.h"
#include "numbers/model_options.h"
#include "output_path.h"
#include "runtime/pictures.h"
#include "verbs.h"

#include <fmt/format.h>

#include <ostream>

namespace ddpm::app {
namespace {

int export_diffusers(const Environment& environment, const ModelRequest& request,
                     const std::filesystem::path& out, bool half) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab export: " << error.line() << '\n';
        return code;
    };
    auto model = open_model(request);
    if (!model) return fail(model.error(), exit_input);
    auto folder = runtime::to_diffusers(*model, out);
    if (!folder) return fail(folder.error(), exit_usage);
    if (half)
        for (auto& [name, tensor] : folder->weights)
            tensor = tensor.to(torch::kHalf);
    if (Status written = formats::write_diffusers(out, *folder); !written)
        return fail(written.error(), exit_output);
    environment.out << out.string() << '\n' << std::flush;
    return exit_ok;
}

int export_grid(const Environment& environment, const std::string& name, const std::filesystem::path& out,
                const GridLayout& layout) {
    const auto fail = [&](const Error& error, int code) {
        environment.err << "ddpm-lab export: " << error.line() << '\n';
        return code;
    };
    if (Status writable = check_output_file(out, ".png"); !writable)
        return fail(writable.error(), exit_output);
    auto x = read_floats(name);
    if (!x) return fail(x.error(), exit_input);
    torch::Tensor pictures = *x;
    while (pictures.dim() > 4) // recorded states: every state a row of the list
        pictures = pictures.flatten(0, 1);
    if (pictures.dim() != 4 || (pictures.size(1) != 1 && pictures.size(1) != 3) || pictures.numel() == 0)
        return fail({"its shape " + shape_text(x->sizes().vec()) + " is no list of pictures", name,
                     "give [N, C, H, W] with 1 or 3 channels, values from -1 to 1"},
                    exit_input);
    auto grid = formats::compose_grid(runtime::to_drawable(pictures).pictures, layout);
    if (!grid) return fail(grid.error(), exit_usage);
    if (Status written = formats::write_png(out, *grid, ""); !written)
        return fail(written.error(), exit_output);
    environment.out << out.string() << '\n' << std::flush;
    return exit_ok;
}

} // namespace

const VerbSpec& export_spec() {
    static const VerbSpec spec = [] {
        VerbSpec made{"export",
                      "diffusers|grid|plot --out PATH [options]",
                      "Writes a model as a diffusers folder, an array of pictures as one PNG, or a plot.",
                      "WHAT",
                      model_options(),
                      "diffusers: the averaged weights of a run (or another diffusers folder) in float32 or, "
                      "half as large, float16, to be loaded\n"
                      "by DDPMPipeline.from_pretrained. grid: pictures [N, C, H, W] from -1 to 1, or "
                      "recorded states.\n"
                      "plot: the loss of a run, its error by t (measured anew with the averaged weights), or "
                      "a noise schedule; the name's\n"
                      "ending chooses PNG, SVG, PDF or, for all the numbers, CSV.\n\n"
                      "  ddpm-lab export diffusers --model run --out my-model\n"
                      "  ddpm-lab export grid --x samples.npy --columns 8 --out grid.png\n"
                      "  ddpm-lab export plot --what loss --run run --log --out loss.pdf\n"
                      "  ddpm-lab export plot --what loss --run fp32 --beside bf16,tf32 --out losses.svg\n"
                      "  ddpm-lab export plot --what snr --schedule cosine --timesteps 400 --out snr.svg\n"};
        made.options.insert(made.options.end(),
                            {{"out", "PATH", "a new folder, or a file"},
                             {"half", "", "diffusers: float16 weights, half as large, good to three digits"},
                             {"x", "NPY", "grid: the pictures; - reads standard input"},
                             {"columns", "N", "grid: pictures a row (as square as it gets)"},
                             {"scale", "N", "grid: pixels a pixel, 1 to 32 (4)"},
                             {"padding", "N", "grid: pixels between pictures (2)"}});
        const auto plots = plot_options();
        made.options.insert(made.options.end(), plots.begin(), plots.end());
        return made;
    }();
    return spec;
}

int export_verb(const Environment& environment, const Words& words) {
    Arguments arguments(export_spec(), words);
    if (arguments.wants_help()) {
        environment.out << help_text(export_spec());
        return exit_ok;
    }
    const std::string what = arguments.positional().value_or("");
    if (what == "plot")
        return export_plot(environment, arguments, {"model", "half", "x", "columns", "scale", "padding"});
    for (const OptionSpec& option : plot_options())
        if (arguments.has(option.name))
            arguments.note(option.name, "it belongs to 'export plot'", "leave it out");
    std::filesystem::path out;
    std::string x;
    GridLayout layout;
    bool half = false;
    ModelRequest model;
    arguments.read("out", out);
    arguments.read("x", x);
    arguments.read("half", half);
    arguments.read("columns", layout.columns);
    arguments.read("scale", layout.scale);
    arguments.read("padding", layout.padding);
    if (what == "diffusers")
        model = read_model_request(arguments);
    else if (what != "grid")
        arguments.note({"WHAT", what.empty() ? "it is missing" : "there is no '" + what + "'",
                        "choose diffusers, grid or plot"});
    if (what == "grid" && x.empty()) arguments.note("x", "it is missing", "name an NPY file of pictures");
    if (out.empty()) arguments.note("out", "it is missing", "name the folder or the PNG to write");
    if (layout.columns < 0 || layout.columns > 65'536 || layout.scale < 1 || layout.scale > 32 ||
        layout.padding < 0 || layout.padding > 256)
        arguments.note("columns, scale, padding", "out of range", "choose 0 to 65536, 1 to 32, 0 to 256");
    if (const auto error = arguments.error()) {
        environment.err << error->line() << '\n';
        return exit_usage;
    }
    return what == "diffusers" ? export_diffusers(environment, model, out, half)
                               : export_grid(environment, x, out, layout);
}

} // namespace ddpm::app
