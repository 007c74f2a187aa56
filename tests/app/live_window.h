// The whole house for a test: the real engine, on the CPU if nothing else is asked for, under the real window, with a folder of its own for
// runs and for what the window remembers.
#pragma once

#include "bridge/engine_bridge.h"
#include "ddpm/engine.h"
#include "window/main_window.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <utility>

namespace ddpm::test {

class LiveWindow {
public:
    explicit LiveWindow(EngineOptions options = {}) {
        if (options.device == DeviceChoice::automatic) options.device = DeviceChoice::cpu;
        options.resources = DDPM_RESOURCES;
        engine_ = make_engine(std::move(options));
        bridge_ = std::make_unique<ui::EngineBridge>(*engine_);
        ui::WindowOptions remembered;
        remembered.runsFolder = folder_.path().toStdString();
        remembered.stateFile = folder_.filePath(QStringLiteral("window.ini"));
        window_ = std::make_unique<ui::MainWindow>(*bridge_, remembered);
    }

    /// False: it did not become active.
    bool show(QSize size = {1280, 800}) {
        window_->resize(size);
        window_->show();
        return QTest::qWaitForWindowActive(window_.get());
    }
    /// The model that comes with the program, as the first start opens it.
    void open_digits() {
        bridge_->submit(OpenModel{std::filesystem::path(DDPM_RESOURCES) / "models" / "mnist", true});
    }

    ui::MainWindow* window() const { return window_.get(); }
    ui::EngineBridge* bridge() const { return bridge_.get(); }
    std::filesystem::path folder() const { return folder_.path().toStdString(); }

private:
    QTemporaryDir folder_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<ui::EngineBridge> bridge_;
    std::unique_ptr<ui::MainWindow> window_;
};

} // namespace ddpm::test
