// How long the Denoise stage takes from a timeline position to three painted panes, and the Noise stage to
// its own, layout and inspector included, and what a chain takes of memory. Figures on one line each:
// `bench_window
// [--rounds N] [--only WORDS]`, offscreen unless QT_QPA_PLATFORM says otherwise; WORDS are part of a line's
// name.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/state_card.h"
#include "stages/noise/forward_panes.h"
#include "stages/noise/noise_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int chains = 64, side = 32, states = 101, T = 1000;
constexpr QSize windowSize(1400, 900);

/// Noise that becomes a smooth picture: what it costs does not depend on what is in it.
std::shared_ptr<ChainRecord> makeRecord(int channels) {
    SamplingSettings settings;
    settings.count = chains;
    settings.steps = states - 1;
    auto record = std::make_shared<ChainRecord>(static_cast<std::uint64_t>(channels), settings,
                                                test::cosine_schedule(T), states, 1);
    const ItemShape shape{chains, side, side, channels};
    std::mt19937 generator(1);
    std::normal_distribution<float> gauss;
    std::vector<float> epsilon(shape.values()), guess(shape.values()), x(shape.values());
    for (std::size_t i = 0; i < epsilon.size(); ++i) {
        epsilon[i] = gauss(generator);
        guess[i] = std::sin(0.01F * static_cast<float>(i));
    }
    for (int i = 0; i < states; ++i) {
        const int t = T * (states - 1 - i) / (states - 1);
        const auto signal = static_cast<float>(std::sqrt(record->schedule().alpha_bar_at(t)));
        const float noise = std::sqrt(1 - signal * signal);
        for (std::size_t k = 0; k < x.size(); ++k)
            x[k] = signal * guess[k] + noise * epsilon[k];
        const std::vector<float> none;
        record->append(std::make_shared<ChainState>(
            make_chain_state(t, shape, x, t ? guess : none, t ? epsilon : none, 0.05)));
    }
    record->finish();
    return record;
}

/// Counts the paint events of the panes.
class Painted final : public QObject {
public:
    int count = 0;
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) ++count;
        return QObject::eventFilter(watched, event);
    }
};

struct Asked {
    int rounds = 500;
    const char* only = ""; ///< part of the names of what is measured
};

/// A stage with its inspector and transport, as they stand in the window.
class Bench {
public:
    Bench(Asked asked, Stage* stage, TransportBar* bar) : asked_(asked), bar_(bar) {
        auto* row = new QHBoxLayout(&window_);
        auto* column = new QVBoxLayout;
        column->addWidget(stage, 1);
        column->addWidget(stage->transport());
        row->addLayout(column, 1);
        row->addWidget(stage->inspector());
        stage->inspector()->setFixedWidth(theme::space(75));
        window_.resize(windowSize);
        window_.show();
    }

    void watch(PictureGrid* pane) {
        pane->installEventFilter(&painted_);
        ++panes_;
    }

    /// Positions from 0 to `last`.
    void measure(const char* what, int last) {
        if (std::strstr(what, asked_.only) == nullptr) return;
        std::mt19937 generator(3);
        std::uniform_int_distribution<int> anywhere(0, last);
        std::vector<double> times;
        int at = -1;
        for (int i = -3; i < asked_.rounds; ++i) { // the first three warm up
            int position = anywhere(generator);
            if (position == at) position = (position + 1) % (last + 1);
            at = position;
            QCoreApplication::processEvents();
            painted_.count = 0;
            const auto start = std::chrono::steady_clock::now();
            Q_EMIT bar_->positionRequested(position);
            QCoreApplication::sendPostedEvents(); // what has to be laid out anew
            QEvent paint(QEvent::UpdateRequest);  // what the platform would send with its next frame
            QCoreApplication::sendEvent(&window_, &paint);
            const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
            if (painted_.count < panes_ || bar_->timeline()->position() != position) {
                std::fprintf(stderr, "%s: only %d of %d panes were painted\n", what, painted_.count, panes_);
                std::exit(1);
            }
            if (i >= 0) times.push_back(time.count());
        }
        std::sort(times.begin(), times.end());
        const auto part = [&](double p) {
            return times[static_cast<std::size_t>(std::ceil(p * static_cast<double>(times.size()))) - 1];
        };
        std::printf("scrub, %-34s median %7.2f ms   p99 %7.2f ms   (%d rounds)\n", what, part(0.5),
                    part(0.99), asked_.rounds);
    }

private:
    Asked asked_;
    TransportBar* bar_;
    Painted painted_;
    int panes_ = 0;
    QWidget window_;
};

class DenoiseBench {
public:
    explicit DenoiseBench(Asked asked)
        : stage_(new DenoiseStage(bridge_)), bench_(asked, stage_, stage_->bar()) {
        tell(test::model_changed(2000, DataKind::mnist, T));
        for (int pane = 0; pane < 3; ++pane)
            bench_.watch(stage_->panes()->grid(pane));
    }

    void measureAll(int channels) {
        const auto record = makeRecord(channels);
        tell(ChainChanged{ChainPhase::finished, record});
        char what[64];
        const auto measure = [&](const char* how) {
            std::snprintf(what, sizeof what, "%d x %dx%dx%d, %s", chains, side, side, channels, how);
            // The last state has no noise left to show: its third pane is another picture.
            bench_.measure(what, states - 2);
        };
        GridZoom* zoom = stage_->panes()->zoom();
        StateCard* card = stage_->card();
        measure("all");
        zoom->zoom(3, {0.4, 0.6}, 100, nullptr);
        measure("zoom 3");
        zoom->zoom(20, {0.4, 0.6}, 100, nullptr);
        measure("zoom 60 with values");
        zoom->reset();
        card->setPage(StateCard::valuesPage);
        measure("histogram");
        card->setPage(StateCard::algorithmPage);
        const auto state = record->state(1);
        std::printf("memory, %d x %dx%dx%d:  %zu bytes a chain and state   %.2f MB a state of all chains\n",
                    chains, side, side, channels, state->bytes() / chains,
                    static_cast<double>(state->bytes()) / 1e6);
    }

private:
    void tell(Event event) {
        engine_.emit(std::move(event));
        QCoreApplication::processEvents();
    }

    test::FakeEngine engine_;
    EngineBridge bridge_{engine_};
    DenoiseStage* stage_; // of the bench's window
    Bench bench_;
};

/// One picture of MNIST in one jump and step by step, with its curves and its histogram.
void measureNoise(Asked asked) {
    test::FakeEngine engine;
    engine.on_submit([&engine](const Command& command) {
        if (const auto* data = std::get_if<OpenData>(&command)) {
            auto opened = test::data_opened(data->settings.kind, data->thumbnails);
            opened.id = data->id;
            engine.emit(std::move(opened));
        } else if (const auto* run = std::get_if<RunForward>(&command)) {
            engine.emit(ForwardReady{test::forward_record(T, false, run->id)});
        }
    });
    EngineBridge bridge(engine);
    auto* stage = new NoiseStage(bridge);
    Bench bench(asked, stage, stage->bar());
    for (int i = 0; i < 5; ++i)
        QCoreApplication::processEvents();
    for (int pane = 1; pane < 3; ++pane)
        bench.watch(stage->panes()->picture(pane));
    bench.measure("noise, 28x28x1", T);
}

} // namespace

int main(int argc, char** argv) {
    Asked asked;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--rounds") == 0) asked.rounds = std::max(1, std::atoi(argv[i + 1]));
        if (std::strcmp(argv[i], "--only") == 0) asked.only = argv[i + 1];
    }
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    theme::apply(theme::Mode::dark, 1.0);
    std::printf("window %d x %d, %g device pixels each\n", windowSize.width(), windowSize.height(),
                app.devicePixelRatio());
    {
        DenoiseBench denoise(asked);
        for (const int channels : {1, 3})
            denoise.measureAll(channels);
    }
    measureNoise(asked);
    return 0;
}
