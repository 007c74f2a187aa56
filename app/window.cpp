// Opens the window over the real engine. Compiled only with DDPM_BUILD_UI; the one file of app/ that knows
// Qt.
#include "window.h"

#include "bridge/engine_bridge.h"
#include "exit_codes.h"
#include "theme/theme.h"
#include "window/main_window.h"

#include <QApplication>
#include <QPixmap>
#include <QTimer>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <regex>

namespace ddpm::app {
namespace {

struct WindowRequest {
    ui::WindowOptions window;
    EngineOptions engine;
    ui::theme::Mode theme = ui::theme::Mode::system;
    int scale = 100; ///< per cent
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
    arguments.read("open", request.window.open);
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
    choose("stage", {"noise", "train", "denoise"}, [&](int i) { request.window.stage = i; });

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
    if (!request->window.open.empty() && !std::filesystem::exists(request->window.open, error)) {
        environment.err << fmt::format(
            "ddpm-lab: {}: there is no such file or folder. Remedy: check the path\n",
            request->window.open.string());
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
    ui::theme::apply(request->theme, request->scale / 100.0);

    const auto engine = environment.make_engine(request->engine);
    ui::EngineBridge bridge(*engine);
    ui::MainWindow window(bridge, request->window);
    if (request->width > 0) window.resize(request->width, request->height);
    window.show();

    int code = exit_ok;
    if (!request->screenshot.empty())
        QTimer::singleShot(request->after, &window, [&] {
            if (!window.grab().save(QString::fromStdString(request->screenshot.string()), "PNG")) {
                environment.err << fmt::format(
                    "ddpm-lab: {}: the picture cannot be written. Remedy: choose another place\n",
                    request->screenshot.string());
                code = exit_output;
            }
            QApplication::quit();
        });
    const int ended = QApplication::exec();
    return code == exit_ok ? ended : code;
}

} // namespace ddpm::app
