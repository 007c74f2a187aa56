// Chains begun from states, pictures and mixtures, through the engine's port; and the numbers that states are
// kept in.
#include "engine_listener.h"
#include "formats/picture_grid.h"
#include "runtime/keyed_noise.h"
#include "runtime/pictures.h"

#include <QTemporaryDir>
#include <QtTest>
#include <torch/torch.h>

#include <cmath>
#include <filesystem>

using namespace ddpm;
using test::EngineListener;
namespace fs = std::filesystem;

namespace {

constexpr int steps = 20, T = 1000, side = 16, channels = 3;
constexpr std::size_t values = side * side * channels;

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = a.size() == b.size() ? 0 : 1e9;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return largest;
}

std::vector<float> picture(double phase) {
    std::vector<float> x0;
    for (std::size_t i = 0; i < values; ++i)
        x0.push_back(static_cast<float>(0.9 * std::sin(phase + 0.1 * static_cast<double>(i))));
    return x0;
}

} // namespace

class BranchesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        EngineOptions options;
        options.threads = 2;
        engine_ = make_engine(options);
        listener_ = std::make_unique<EngineListener>();
        subscription_ = engine_->subscribe(*listener_);
    }
    void cleanup() {
        subscription_.reset();
        engine_.reset();
        listener_.reset();
    }

    void halves_are_the_librarys() {
        for (std::uint32_t bits = 0; bits < 65'536; ++bits) {
            const c10::Half half(static_cast<std::uint16_t>(bits), c10::Half::from_bits());
            const auto theirs = static_cast<float>(half), ours = from_half(static_cast<std::uint16_t>(bits));
            QVERIFY(std::isnan(theirs) ? std::isnan(ours) : ours == theirs);
            if (!std::isnan(ours)) QCOMPARE(to_half(ours), static_cast<std::uint16_t>(bits));
        }
        torch::manual_seed(3);
        const torch::Tensor spread = torch::randn({200'000}) * torch::exp(torch::randn({200'000}) * 6);
        const torch::Tensor theirs = spread.to(torch::kHalf);
        for (std::int64_t i = 0; i < spread.numel(); ++i)
            QCOMPARE(to_half(spread.data_ptr<float>()[i]), theirs.data_ptr<c10::Half>()[i].x);
        // Half way between two neighbours: to the even one.
        QCOMPARE(to_half(1 + 0x1p-11F), to_half(1.0F));
        QCOMPARE(to_half(1 + 3 * 0x1p-11F), to_half(1 + 0x1p-9F));
        QCOMPARE(from_half(to_half(-65'520.0F)), -std::numeric_limits<float>::infinity());
        QCOMPARE(to_half(0x1p-25F), std::uint16_t{0});
    }

    void states_are_drawn_as_tensors_are() {
        torch::manual_seed(5);
        const torch::Tensor x = torch::randn({3, 3, 5, 4}) * 1.5;
        const torch::Tensor belief = torch::randn({3, 3, 5, 4}).to(torch::kHalf).to(torch::kFloat32);
        const ItemShape shape = runtime::shape_of(x);
        QVERIFY(shape == (ItemShape{3, 5, 4, 3}));
        const ChainState state = make_chain_state(7, shape, runtime::to_values(x), runtime::to_values(belief),
                                                  runtime::to_values(belief));
        QVERIFY(state.drawable(ChainPart::x).pictures.bytes == runtime::to_drawable(x).pictures.bytes);
        QVERIFY(state.drawable(ChainPart::x0_hat).pictures.bytes ==
                runtime::to_drawable(belief).pictures.bytes);
        QVERIFY(state.drawable(ChainPart::epsilon).pictures.bytes ==
                runtime::to_drawable(belief, 3).pictures.bytes);
        QVERIFY(state.drawable(ChainPart::x, 2).pictures.bytes ==
                runtime::to_drawable(x.narrow(0, 2, 1)).pictures.bytes);
        QCOMPARE(state.value(ChainPart::x0_hat, 60 + 3), belief[1][0][0][1].item<float>());
        QVERIFY(torch::equal(runtime::from_values(shape, state.x), x));
        QVERIFY(state.item(ChainPart::x, 3).empty() && state.drawable(ChainPart::x, 3).empty());
    }

    void a_fork_with_the_same_noise_is_the_chain_itself() {
        const auto trunk = sample(ancestral(3));
        const auto state = trunk->state(8);
        StartBranch command = begin(ancestral(2));
        FromState from{state->t, {}};
        for (int k = 0; k < 2; ++k) {
            const auto item = state->item(ChainPart::x, 1);
            from.x.insert(from.x.end(), item.begin(), item.end());
        }
        command.from = from;
        command.noise_chains = {1, 77};
        const auto fork = run(command);
        QCOMPARE(fork->planned(), trunk->size() - 8);
        QCOMPARE(fork->size(), fork->planned());
        for (int i = 0; i < fork->size(); ++i) {
            QCOMPARE(fork->state(i)->t, trunk->state(8 + i)->t);
            // Up to the rounding of a smaller batch.
            QVERIFY(largest_difference(fork->state(i)->item(ChainPart::x, 0),
                                       trunk->state(8 + i)->item(ChainPart::x, 1)) < 1e-3);
        }
        QVERIFY(fork->state(0)->item(ChainPart::x, 0) == fork->state(0)->item(ChainPart::x, 1));
        QVERIFY(largest_difference(fork->state(5)->item(ChainPart::x, 0),
                                   fork->state(5)->item(ChainPart::x, 1)) > 0.1);
    }

    void twins_with_one_noise_stay_twins() {
        StartBranch command = begin(ancestral(2));
        FromState from{500, picture(0)};
        from.x.insert(from.x.end(), from.x.begin(), from.x.begin() + values);
        command.from = from;
        command.noise_chains = {4, 4};
        const auto twins = run(command);
        const auto end = twins->state(twins->size() - 1);
        QVERIFY(largest_difference(end->item(ChainPart::x, 0), end->item(ChainPart::x, 1)) < 1e-5);
    }

    void a_picture_is_noised_by_q() {
        StartBranch command = begin(ancestral(3));
        command.settings.seed = 9;
        command.from = FromPicture{450, picture(1)};
        const auto record = run(command);
        const auto first = record->state(0);
        const double alpha_bar = record->schedule().alpha_bar_at(first->t);
        QVERIFY(first->t <= 450 && first->t > 450 - T / steps);
        const torch::Tensor noise = runtime::keyed_noise(9, 0, 3, T + 1, {channels, side, side});
        const torch::Tensor x0 = runtime::from_values({1, side, side, channels}, picture(1));
        const torch::Tensor expected = std::sqrt(alpha_bar) * x0 + std::sqrt(1 - alpha_bar) * noise;
        QVERIFY(largest_difference(first->x, runtime::to_values(expected)) < 1e-5);
    }

    void a_mixture_ends_in_its_pictures() {
        StartBranch command = begin(ancestral(3));
        command.from = FromMixture{450, picture(1), picture(2), {0, 0.25, 1}, false};
        const auto mixed = run(command);
        command = begin(ancestral(1));
        command.from = FromPicture{450, picture(1)};
        const auto first = run(command);
        command.from = FromPicture{450, picture(2)};
        const auto second = run(command);
        QVERIFY(mixed->state(0)->item(ChainPart::x, 0) == first->state(0)->x);
        QVERIFY(mixed->state(0)->item(ChainPart::x, 2) == second->state(0)->x);
        const auto between = mixed->state(0)->item(ChainPart::x, 1);
        for (std::size_t i = 0; i < values; ++i)
            QVERIFY(std::abs(between[i] - (0.75F * first->state(0)->x[i] + 0.25F * second->state(0)->x[i])) <
                    1e-5F);
        const int end = mixed->size() - 1;
        QVERIFY(largest_difference(mixed->state(end)->item(ChainPart::x, 2), second->state(end)->x) < 1e-3);
    }

    void a_race_begins_at_one_x_T() {
        std::vector<std::shared_ptr<const ChainRecord>> lanes;
        const std::pair<Sampler, int> entries[] = {
            {Sampler::ancestral, 20}, {Sampler::ddim, 10}, {Sampler::heun, 10}, {Sampler::dpmpp_2m, 7}};
        std::uint64_t id = 100;
        open_model();
        listener_->clear();
        for (const auto& [sampler, count] : entries) {
            StartBranch command = begin(ancestral(2));
            command.id = ++id;
            command.settings.sampler = sampler;
            command.settings.steps = count;
            engine_->submit(command);
        }
        for (id = 101; id <= 104; ++id) {
            QVERIFY(finished(id));
            lanes.push_back(record_of(id));
        }
        for (const auto& lane : lanes)
            QVERIFY(lane->state(0)->x == lanes[0]->state(0)->x);
        const auto asked = [&](std::size_t lane) {
            return lanes[lane]->state(lanes[lane]->size() - 1)->evaluations;
        };
        QCOMPARE(asked(0), 20);
        QCOMPARE(asked(1), 10);
        QCOMPARE(asked(2), 19); // twice a step, but for the last
        QCOMPARE(asked(3), 7);
        QCOMPARE(lanes[1]->state(3)->evaluations, 4);
    }

    void what_does_not_fit_is_refused_and_said_data() {
        QTest::addColumn<int>("what");
        for (int i = 0; i < 6; ++i)
            QTest::addRow("%d", i) << i;
    }
    void what_does_not_fit_is_refused_and_said() {
        QFETCH(int, what);
        open_model();
        StartBranch command = begin(ancestral(1));
        command.from = FromState{300, picture(0)};
        if (what == 0) std::get<FromState>(command.from).x.pop_back();
        if (what == 1) std::get<FromState>(command.from).t = T + 1;
        if (what == 2) std::get<FromState>(command.from).t = 0;
        if (what == 3) command.labels = {3}; // this model has no classes
        if (what == 4) command.noise_chains = {1, 2};
        if (what == 5) command.from = FromMixture{300, picture(0), picture(1), {0.5, 0.5}, false};
        engine_->submit(command);
        QVERIFY(
            listener_->wait_for<BranchChanged>([](const auto& b) { return b.phase == ChainPhase::none; }));
        QVERIFY(listener_->wait_for<Failed>([&](const auto& f) {
            return f.activity == Activity::sampling && f.id == command.id && !f.error.remedy.empty();
        }));
        listener_->clear();
        command = begin(ancestral(1)); // and the engine goes on
        command.from = FromState{300, picture(0)};
        QVERIFY(run(command)->finished());
    }

    void memory_is_shared_and_ends() {
        open_model();
        const std::size_t state = values * 8 + sizeof(ChainState);
        engine_->submit(SetChainMemory{state * 11});
        const auto thinned = sample(ancestral(1)); // 21 states
        QCOMPARE(thinned->stride(), 2);
        QVERIFY(thinned->bytes() <= state * 11);
        QVERIFY(listener_->wait_for<Notice>());
        // Nothing is left for a branch beside it.
        engine_->submit(begin(ancestral(1)));
        QVERIFY(
            listener_->wait_for<BranchChanged>([](const auto& b) { return b.phase == ChainPhase::none; }));
        engine_->submit(SetChainMemory{state * 40});
        listener_->clear();
        auto branch = run(begin(ancestral(1)));
        QVERIFY(branch->size() > 0 && branch->stride() == 1);
        // What nobody holds any more is free again.
        for (int i = 0; i < 5; ++i) {
            branch.reset();
            listener_->clear();
            branch = run(begin(ancestral(1)));
            QCOMPARE(branch->stride(), 1);
        }
    }

    void branches_are_dropped_and_leave_the_chain_alone() {
        open_model();
        engine_->submit(StartChain{ancestral(2), true});
        QVERIFY(listener_->wait_for<ChainChanged>());
        const auto chain = listener_->last<ChainChanged>()->record;
        StartBranch command = begin(ancestral(64));
        command.settings.steps = T;
        engine_->submit(command);
        QVERIFY(listener_->wait_for<BranchChanged>());
        const auto record = listener_->last<BranchChanged>()->record;
        QTRY_VERIFY_WITH_TIMEOUT(record->size() > 1, 60'000);
        engine_->submit(DropBranch{command.id});
        QVERIFY(finished(command.id));
        QVERIFY(record->finished() && record->size() < record->planned());
        QCOMPARE(chain->size(), 0);        // it was paused, and is
        engine_->submit(DropBranch{4711}); // no harm
        engine_->submit(ResumeChain{});
        QVERIFY(
            listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
        QCOMPARE(chain->size(), steps + 1);
    }

    void a_branch_can_be_exported_while_somebody_holds_it() {
        QTemporaryDir folder;
        StartBranch command = begin(ancestral(2));
        auto branch = run(command);
        const fs::path file = fs::path(folder.path().toStdString()) / "branch.png";
        ExportGrid grid;
        grid.branch = command.id;
        grid.file = file;
        engine_->submit(grid);
        QVERIFY(listener_->wait_for<ExportFinished>());
        QVERIFY(fs::file_size(file) > 100);
        branch.reset();
        listener_->clear();
        engine_->submit(grid);
        QVERIFY(listener_->wait_for<Failed>([](const auto& f) { return f.activity == Activity::exporting; }));
    }

    void pictures_are_fitted_to_the_model() {
        open_model();
        QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "grey.png";
        PictureStack grey{1, 8, 8, 1, std::vector<std::uint8_t>(64, 64)};
        QVERIFY(formats::write_png(file, grey, "").ok());
        FitPicture from_file;
        from_file.id = 5;
        from_file.file = file;
        engine_->submit(from_file);
        QVERIFY(listener_->wait_for<PictureFitted>());
        const auto fitted = *listener_->last<PictureFitted>();
        QCOMPARE(fitted.id, 5U);
        QVERIFY(fitted.shape == (ItemShape{1, side, side, channels}));
        for (const float value : fitted.x0)
            QVERIFY(std::abs(value - (64 / 127.5F - 1)) < 1e-6F);
        FitPicture digit; // 28×28 does not fit 16×16
        digit.id = 6;
        engine_->submit(digit);
        QVERIFY(listener_->wait_for<Failed>(
            [](const auto& f) { return f.activity == Activity::data && f.id == 6; }));
    }

    void the_field_is_what_a_chain_would_see() {
        QTemporaryDir folder;
        RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
        settings.training.steps = 30;
        settings.preview.enabled = false;
        engine_->submit(StartTraining{settings, fs::path(folder.path().toStdString()) / "run"});
        QVERIFY(listener_->wait_for<TrainingStateChanged>(
            [](const auto& s) { return s.state == TrainingState::finished; }));
        constexpr int lattice = 5, t = 101; // of 200
        engine_->submit(AskField{.id = 8, .t = t, .range = 2, .side = lattice});
        QVERIFY(listener_->wait_for<FieldReady>());
        const auto field = *listener_->last<FieldReady>();
        QCOMPARE(field.epsilon.size(), std::size_t{2 * lattice * lattice});
        StartBranch command;
        command.id = 31;
        command.of_chain = false;
        command.settings.count = lattice * lattice;
        command.settings.steps = settings.diffusion.schedule.timesteps;
        FromState from{t, {}};
        for (int row = 0; row < lattice; ++row)
            for (int column = 0; column < lattice; ++column) {
                from.x.push_back(static_cast<float>(column - 2));
                from.x.push_back(static_cast<float>(row - 2));
            }
        command.from = from;
        engine_->submit(command);
        QVERIFY(finished(31));
        const auto state = record_of(31)->state(0);
        QCOMPARE(state->t, t);
        for (std::size_t i = 0; i < field.epsilon.size(); ++i)
            QVERIFY(std::abs(state->value(ChainPart::epsilon, i) - field.epsilon[i]) < 2e-3F);
        engine_->submit(AskField{.id = 9, .t = 0});
        QVERIFY(listener_->wait_for<Failed>());
    }

private:
    std::shared_ptr<const ChainRecord> record_of(std::uint64_t id) const {
        std::shared_ptr<const ChainRecord> newest;
        for (const BranchChanged& each : listener_->all<BranchChanged>())
            if (each.id == id && each.record) newest = each.record;
        return newest;
    }
    static SamplingSettings ancestral(int count) {
        SamplingSettings settings;
        settings.steps = steps;
        settings.count = count;
        settings.spacing = Spacing::trailing;
        return settings;
    }
    static StartBranch begin(const SamplingSettings& settings) {
        StartBranch command;
        command.id = 21;
        command.settings = settings;
        return command;
    }
    void open_model() {
        engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/ddpm"});
        if (!listener_->wait_for<ModelChanged>([](const auto& m) { return m.available; }))
            qFatal("the model did not open");
    }
    bool finished(std::uint64_t id) {
        return listener_->wait_for<BranchChanged>(
            [id](const auto& b) { return b.id == id && b.phase == ChainPhase::finished; });
    }
    std::shared_ptr<const ChainRecord> run(const StartBranch& command) {
        open_model();
        listener_->clear();
        engine_->submit(command);
        if (!finished(command.id)) qFatal("the branch did not finish");
        return listener_->last<BranchChanged>()->record;
    }
    std::shared_ptr<const ChainRecord> sample(const SamplingSettings& settings) {
        open_model();
        engine_->submit(StartChain{settings});
        if (!listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }))
            qFatal("the chain did not finish");
        return listener_->last<ChainChanged>()->record;
    }

    std::unique_ptr<Engine> engine_;
    std::unique_ptr<EngineListener> listener_;
    std::unique_ptr<Subscription> subscription_;
};

QTEST_GUILESS_MAIN(BranchesTest)
#include "test_branches.moc"
