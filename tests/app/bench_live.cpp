// What the screen costs while a net trains, and what training leaves of the screen: pictures trained a second
// without a window, with the Train stage, and with chains playing or dragged on the Denoise stage; frames a
// second, how long each takes, what the window's thread takes of a core, how late the window hears an event,
// and how soon a click on Pause is obeyed. Figures on one line each, nothing is asserted: `bench_live
// [--seconds N] [--rounds N] [--device cpu|cuda]`.
#include "heap.h"
#include "live_window.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/sampling_form.h"
#include "views/transport_bar.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <span>
#include <thread>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int chains = 64, steps = 50;

/// Takes the time of every frame: an UpdateRequest is where a window paints what has changed.
class TimedApplication final : public QApplication {
public:
    using QApplication::QApplication;
    std::vector<double> frames; ///< ms
    bool notify(QObject* receiver, QEvent* event) override {
        if (event->type() != QEvent::UpdateRequest) return QApplication::notify(receiver, event);
        QElapsedTimer clock;
        clock.start();
        const bool done = QApplication::notify(receiver, event);
        frames.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        return done;
    }
};

double part_of(std::vector<double> values, double p) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(std::ceil(p * static_cast<double>(values.size()))) - 1];
}

RunSettings settings() {
    RunSettings run = preset_settings(Preset::tiny, DataKind::mnist);
    fit_to_data(run, 28, 1, 10);
    run.training.steps = 1'000'000;
    run.preview.enabled = false; // but where they are measured
    return run;
}

/// True in time.
bool wait_for(const std::function<bool()>& done, int milliseconds = 120'000) {
    return QTest::qWaitFor(done, milliseconds);
}

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "bench_live: %s\n", what);
    std::exit(1);
}

/// Pictures trained a second from now on, for that long; the loop of events runs meanwhile, or nothing does.
double rate(const std::function<std::int64_t()>& step, double seconds, bool events) {
    QElapsedTimer clock;
    const std::int64_t from = step();
    clock.start();
    const int wait = static_cast<int>(seconds * 1000);
    if (events)
        QTest::qWait(wait);
    else
        std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    return static_cast<double>(step() - from) * settings().training.batch_size /
           (static_cast<double>(clock.nsecsElapsed()) / 1e9);
}

/// Seconds that this thread has had a processor for.
double thread_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Counter final : public Observer {
public:
    std::atomic<std::int64_t> step{0};
    void on_events(std::span<const Event> events) override {
        for (const Event& event : events)
            if (const auto* metrics = std::get_if<Metrics>(&event); metrics && !metrics->points.empty())
                step = metrics->points.back().step;
    }
};

EngineOptions engine_on(DeviceChoice device) {
    EngineOptions options;
    options.device = device;
    options.resources = DDPM_RESOURCES;
    return options;
}

double without_window(double seconds, DeviceChoice device) {
    QTemporaryDir folder;
    const auto engine = make_engine(engine_on(device));
    Counter counter;
    const auto subscription = engine->subscribe(counter);
    engine->submit(StartTraining{settings(), folder.filePath(QStringLiteral("run")).toStdString(), false});
    while (counter.step < 30)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return rate([&] { return counter.step.load(); }, seconds, false);
}

class Bench {
public:
    Bench(TimedApplication& application, double seconds, DeviceChoice device)
        : application_(application), seconds_(seconds), live_(engine_on(device)) {
        bridge_ = live_.bridge();
        if (!live_.show()) give_up("the window does not open");
        bridge_->submit(StartTraining{settings(), live_.folder() / "run", false});
        live_.window()->goToStage(MainWindow::trainStage);
        if (!wait_for([&] { return step() > 30; })) give_up("nothing is trained");
    }

    double measure(const char* what, double alone) { return measure(what, alone, seconds_); }

    /// From one preview to the next at least: the first of them is drawn at once.
    double measure_previews(double alone) {
        return measure("Train stage, previews on", alone,
                       std::max(seconds_, PreviewSettings{}.every_seconds));
    }

    double measure(const char* what, double alone, double seconds) {
        QTimer beat;
        beat.setTimerType(Qt::PreciseTimer);
        QElapsedTimer since;
        std::vector<double> late;
        QObject::connect(&beat, &QTimer::timeout, [&] {
            late.push_back(std::max(0.0, static_cast<double>(since.nsecsElapsed()) / 1e6 - 5));
            since.restart();
        });
        application_.frames.clear();
        since.start();
        beat.start(5);
        const double before = thread_seconds();
        const double pictures = rate([this] { return step(); }, seconds, true);
        const double share = (thread_seconds() - before) / seconds;
        const std::vector<double>& frames = application_.frames;
        std::printf("%-34s %7.1f pictures/s (%.2f of headless)   window's thread %4.1f %% of a core   "
                    "%5.1f frames/s, each %5.2f ms, p99 %5.2f ms   an event waits %4.1f ms, p99 %5.1f ms\n",
                    what, pictures, pictures / alone, 100 * share,
                    static_cast<double>(frames.size()) / seconds, part_of(frames, 0.5), part_of(frames, 0.99),
                    part_of(late, 0.5), part_of(late, 0.99));
        return pictures;
    }

    void preview(bool enabled) {
        PreviewSettings settings;
        settings.enabled = enabled;
        bridge_->submit(SetPreview{settings});
        QTest::qWait(enabled ? 0 : 2000); // one may be under way
    }

    /// 64 chains, recorded while it trains, then played in a loop, as one watches them.
    void play() {
        live_.window()->goToStage(MainWindow::denoiseStage);
        auto* stage = live_.window()->findChild<DenoiseStage*>();
        SamplingSettings sampling = stage->form()->settings();
        sampling.sampler = Sampler::ddim;
        sampling.steps = steps;
        sampling.count = chains;
        stage->form()->setSettings(sampling);
        const auto whole = [&] {
            const auto& chain = bridge_->chain();
            return chain.phase == ChainPhase::finished && chain.record &&
                   chain.record->settings().count == chains;
        };
        stage->sample();
        if (!wait_for(whole, 600'000)) give_up("the chains do not end");
        TransportBar* bar = stage->bar();
        if (!bar->looping()) bar->loopButton()->click();
        stage->goToStart();
        bar->playButton()->click();
    }

    /// As a hand on the timeline does: another state with every display frame.
    double drag(double alone) {
        auto* stage = live_.window()->findChild<DenoiseStage*>();
        int position = 0;
        QTimer hand;
        hand.setTimerType(Qt::PreciseTimer);
        QObject::connect(&hand, &QTimer::timeout, [&] {
            position = (position + 1) % (steps + 1);
            Q_EMIT stage->bar()->positionRequested(position);
        });
        hand.start(16);
        return measure("Denoise stage, timeline dragged", alone);
    }

    void click_pause(int rounds) {
        live_.window()->goToStage(MainWindow::trainStage);
        std::vector<double> times;
        for (int i = 0; i < rounds; ++i) {
            QTest::qWait(200 + 37 * i); // not in step with anything
            QElapsedTimer clock;
            clock.start();
            live_.window()->findChild<QToolButton*>(QStringLiteral("pause"))->click();
            if (!wait_for([&] { return bridge_->training().state == TrainingState::paused; }))
                give_up("it does not pause");
            times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
            bridge_->submit(ResumeTraining{});
            if (!wait_for([&] { return bridge_->training().state == TrainingState::running; }))
                give_up("it does not go on");
        }
        std::printf("%-34s %7.1f ms, at most %.1f ms (%d times)\n", "from a click on Pause to paused",
                    part_of(times, 0.5), part_of(times, 1), rounds);
    }

private:
    std::int64_t step() const { return bridge_->metrics().empty() ? 0 : bridge_->metrics().back().step; }

    TimedApplication& application_;
    double seconds_;
    test::LiveWindow live_;
    EngineBridge* bridge_ = nullptr;
};

} // namespace

int main(int argc, char** argv) {
    double seconds = 20;
    int rounds = 2;
    DeviceChoice device = DeviceChoice::cpu;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::max(0.5, std::atof(argv[i + 1]));
        if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::max(1, std::atoi(argv[i + 1]));
        if (std::strcmp(argv[i], "--device") == 0 && std::strcmp(argv[i + 1], "cuda") == 0)
            device = DeviceChoice::cuda;
    }
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    app::keep_freed_memory(); // as the program does
    TimedApplication application(argc, argv);
    std::printf("Tiny on MNIST, batch %d, precision as measured at the start; window 1280 x 800\n",
                settings().training.batch_size);
    for (int round = 0; round < rounds; ++round) {
        const double alone = without_window(seconds, device);
        std::printf("%-34s %7.1f pictures/s\n", "without a window", alone);
        Bench bench(application, seconds, device);
        bench.measure("Train stage", alone);
        bench.preview(true);
        bench.measure_previews(alone);
        bench.preview(false);
        bench.play();
        bench.measure("Denoise stage, 64 chains playing", alone);
        bench.drag(alone);
        bench.click_pause(round + 1 == rounds ? 10 : 3);
        std::fflush(stdout);
    }
    return 0;
}
