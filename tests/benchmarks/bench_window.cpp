// How long the Denoise stage takes from a timeline position to three painted panes, and what a chain takes of
// memory. Figures on one line each: `bench_window [--rounds N] [--only WORDS]`, offscreen unless
// QT_QPA_PLATFORM says otherwise; WORDS are part of a line's name.
#include "bridge/engine_bridge.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/state_card.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/transport_bar.h"

#include <QApplication>
#include <QComboBox>
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

class Bench {
public:
    Bench(int rounds, const char* only) : rounds_(rounds), only_(only), stage_(new DenoiseStage(bridge_)) {
        auto* column = new QVBoxLayout(&window_);
        column->addWidget(stage_, 1);
        column->addWidget(stage_->transport());
        window_.resize(windowSize);
        window_.show();
        tell(test::model_changed(2000, DataKind::mnist, T));
        for (int pane = 0; pane < 3; ++pane)
            stage_->panes()->grid(pane)->installEventFilter(&painted_);
    }

    void open(std::shared_ptr<const ChainRecord> record) { tell(ChainChanged{ChainPhase::finished, record}); }
    DenoiseStage* stage() { return stage_; }

    void measure(const char* what) {
        if (std::strstr(what, only_) == nullptr) return;
        std::mt19937 generator(3);
        // The last state has no noise left to show: its third pane is another picture.
        std::uniform_int_distribution<int> anywhere(0, states - 2);
        std::vector<double> times;
        int at = -1;
        for (int i = -3; i < rounds_; ++i) { // the first three warm up
            int position = anywhere(generator);
            if (position == at) position = (position + 1) % (states - 1);
            at = position;
            QCoreApplication::processEvents();
            painted_.count = 0;
            const auto start = std::chrono::steady_clock::now();
            Q_EMIT stage_->bar()->positionRequested(position);
            QEvent paint(QEvent::UpdateRequest); // what the platform would send with its next frame
            QCoreApplication::sendEvent(&window_, &paint);
            const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
            if (painted_.count < 3 || stage_->stateIndex() != position) {
                std::fprintf(stderr, "%s: only %d of three panes were painted\n", what, painted_.count);
                std::exit(1);
            }
            if (i >= 0) times.push_back(time.count());
        }
        std::sort(times.begin(), times.end());
        const auto part = [&](double p) {
            return times[static_cast<std::size_t>(std::ceil(p * static_cast<double>(times.size()))) - 1];
        };
        std::printf("scrub, %-34s median %7.2f ms   p99 %7.2f ms   (%d rounds)\n", what, part(0.5),
                    part(0.99), rounds_);
    }

private:
    void tell(Event event) {
        engine_.emit(std::move(event));
        QCoreApplication::processEvents();
    }

    int rounds_;
    const char* only_;
    test::FakeEngine engine_;
    EngineBridge bridge_{engine_};
    Painted painted_;
    QWidget window_;
    DenoiseStage* stage_;
};

void measureAll(Bench& bench, int channels) {
    const auto record = makeRecord(channels);
    bench.open(record);
    char what[64];
    const auto measure = [&](const char* how) {
        std::snprintf(what, sizeof what, "%d x %dx%dx%d, %s", chains, side, side, channels, how);
        bench.measure(what);
    };
    GridZoom* zoom = bench.stage()->panes()->zoom();
    StateCard* card = bench.stage()->card();
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

} // namespace

int main(int argc, char** argv) {
    int rounds = 500;
    const char* only = "";
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::max(1, std::atoi(argv[i + 1]));
        if (std::strcmp(argv[i], "--only") == 0) only = argv[i + 1];
    }
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    theme::apply(theme::Mode::dark, 1.0);
    Bench bench(rounds, only);
    std::printf("window %d x %d, %g device pixels each\n", windowSize.width(), windowSize.height(),
                app.devicePixelRatio());
    for (const int channels : {1, 3})
        measureAll(bench, channels);
    return 0;
}
