// Opens the window over the real engine. Compiled only with DDPM_BUILD_UI; with plot_drawing.cpp all of
// app/ that knows Qt.
#include "window.h"

#include "bridge/engine_bridge.h"
#include "exit_codes.h"
#include "runtime/resources.h"
#include "theme/theme.h"
#include "window/main_window.h"

#include <QApplication>
#include <QPixmap>
#include <QTemporaryDir>
#include <QTimer>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <regex>

namespace ddpm::app {
namespace {

struct WindowRequest {
    EngineOptions engine;
    std::filesystem::path open;
    std::optional<int> stage; ///< MainWindow::StageIndex
    std::optional<ui::theme::Mode> theme;
    int scale = 100; ///< per cent; kept as remembered unless given
    bool scale_given = false;
    int width = 0, height = 0;
    std::filesystem::path screenshot;
    int after = 3000; ///< ms
};

Result<WindowRequest> read_request(Arguments& arguments) {
    WindowRequest request;
    arguments.read("device", request.engine.device);
    arguments.read("threads", request.engine.threads);
    arguments.read("scale", request.scale);
    arguments.read("screenshot", request.screenshot);
    arguments.read("after", request.after);
    arguments.read("open", request.open);
    request.scale_given = arguments.has("scale");
    if (request.engine.threads < 0 || request.engine.threads > 1024)
        arguments.note("threads", "it is out of range", "choose 0 (all cores) to 1024");
    if (request.scale < 100 || request.scale > 200)
        arguments.note("scale", fmt::format("{} is out of range", request.scale), "choose 100 to 200");
    if (request.after < 0 || request.after > 3'600'000)
        arguments.note("after", "it is out of range", "choose 0 to 3600000");

    const auto choose = [&](const char* option, const std::vector<std::string>& names, auto&& chosen) {
        if (!arguments.has(option)) return;
        std::string name;
        arguments.read(option, name);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end())
            arguments.note(option, fmt::format("there is no '{}'", name), "choose " + listed(names));
        else
            chosen(static_cast<int>(found - names.begin()));
    };
    choose("theme", {"dark", "light"},
           [&](int i) { request.theme = i == 0 ? ui::theme::Mode::dark : ui::theme::Mode::light; });
    static_assert(ui::MainWindow::noiseStage == 0 && ui::MainWindow::trainStage == 1 &&
                  ui::MainWindow::denoiseStage == 2);
    choose("stage", {"noise", "train", "denoise"}, [&](int i) { request.stage = i; });

    std::string size;
    arguments.read("size", size);
    std::smatch match;
    if (std::regex_match(size, match, std::regex("([0-9]{3,5})x([0-9]{3,5})"))) {
        request.width = std::stoi(match[1]);
        request.height = std::stoi(match[2]);
    } else if (arguments.has("size")) {
        arguments.note("size", fmt::format("'{}' is no size", size), "write e.g. --size 1440x900");
    }
    if (const auto error = arguments.error()) return *error;
    return request;
}

bool there_is_a_display() {
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
           qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

} // namespace

int run_window(const Environment& environment, int& argc, char** argv) {
    Arguments arguments(window_spec(), Words(argv + 1, argv + argc));
    if (arguments.has("help-window")) {
        environment.out << help_text(window_spec());
        return exit_ok;
    }
    const auto request = read_request(arguments);
    if (!request) {
        environment.err << request.error().line() << '\n';
        return exit_usage;
    }
    std::error_code error;
    if (!request->open.empty() && !std::filesystem::is_directory(request->open, error)) {
        environment.err << fmt::format("ddpm-lab: {}: there is no such folder. Remedy: check the path\n",
                                       request->open.string());
        return exit_input;
    }
    if (!there_is_a_display()) { // Qt would end the process without a word a user could act on
        environment.err
            << "ddpm-lab: there is no display for a window. Remedy: use a verb ('ddpm-lab help')\n";
        return exit_failed;
    }
    QApplication application(argc, argv);
    QApplication::setApplicationName("ddpm-lab");
    QApplication::setApplicationDisplayName("DDPM Lab");
    QApplication::setApplicationVersion(DDPM_VERSION);
    QGuiApplication::setDesktopFileName("ddpm-lab");

    ui::WindowOptions options;
    QTemporaryDir unremembered;
    if (!request->screenshot.empty()) options.stateFile = unremembered.filePath("window.ini");
    options.modelsFolder = runtime::find_resources({}) / "models";
    const auto engine = environment.make_engine(request->engine);
    ui::EngineBridge bridge(*engine);
    ui::MainWindow window(bridge, options);
    if (request->theme ||
        request->scale_given) // for this time only: the window remembers what is chosen in it
        ui::theme::apply(request->theme.value_or(ui::theme::mode()),
                         request->scale_given ? request->scale / 100.0 : ui::theme::scale());
    if (request->width > 0) window.resize(request->width, request->height);
    if (request->open.empty()) { // the model that comes with the program: there is something to see at once
        const auto bundled = options.modelsFolder / "mnist";
        if (std::filesystem::is_directory(bundled, error)) bridge.submit(OpenModel{bundled, true});
    } else {
        window.openFolder(QString::fromStdString(request->open.string()));
    }
    if (request->stage)
        window.goToStage(*request->stage); // after opening, which goes where the folder belongs
    window.show();

    if (!request->screenshot.empty())
        QTimer::singleShot(request->after, &window, [&] {
            const bool saved =
                window.grab().save(QString::fromStdString(request->screenshot.string()), "PNG");
            if (!saved)
                environment.err << fmt::format(
                    "ddpm-lab: {}: the picture cannot be written. Remedy: choose another place\n",
                    request->screenshot.string());
            // exit, not quit: nobody is there to answer whether a training should be saved. The engine saves
            // it.
            QApplication::exit(saved ? exit_ok : exit_output);
        });
    return QApplication::exec();
}

} // namespace ddpm::app
