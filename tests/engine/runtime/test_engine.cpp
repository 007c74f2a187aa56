// The real engine through its port: commands in, events out.
#include "engine_listener.h"
#include "formats/checkpoint.h"
#include "formats/picture_grid.h"
#include "formats/run_folder.h"

#include <QTemporaryDir>
#include <QtTest>
#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <sys/resource.h>

using namespace ddpm;
using test::EngineListener;
namespace fs = std::filesystem;

class EngineTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void says_what_it_runs_on();
    void trains_pauses_steps_and_stops();
    void resume_equals_an_uninterrupted_run();
    void samples_while_training();
    void chains_are_reproducible_and_recorded();
    void chains_can_be_paused_stepped_and_stopped();
    void too_many_states_are_thinned_and_said();
    void not_a_number_keeps_the_last_good_state();
    void out_of_memory_is_an_error_and_the_engine_lives();
    void a_folder_that_cannot_be_written_is_an_error();
    void opens_peers_models_and_gives_them_back();
    void a_model_that_is_opened_takes_the_place_of_the_run();
    void a_run_that_cannot_be_saved_stays_open();
    void noise_stage_gets_its_record();
    void exports_pictures_and_loss();
    void commands_out_of_place_do_no_harm();
    void shutdown_saves();
    void a_second_engine_is_refused_the_same_run();

private:
    RunSettings points_run(std::int64_t steps) const;
    fs::path path(const char* name) const { return fs::path(folder_->path().toStdString()) / name; }
    bool reached(TrainingState state, double seconds = 60);
    void start();
    void stop();

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<EngineListener> listener_;
    std::unique_ptr<Subscription> subscription_;
};

void EngineTest::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
    start();
}

void EngineTest::start() {
    EngineOptions options;
    options.device = DeviceChoice::cpu;
    options.resources = DDPM_RESOURCES;
    engine_ = make_engine(options);
    listener_ = std::make_unique<EngineListener>();
    subscription_ = engine_->subscribe(*listener_);
}

void EngineTest::stop() {
    subscription_.reset();
    engine_.reset();
}

void EngineTest::cleanup() {
    stop();
}

RunSettings EngineTest::points_run(std::int64_t steps) const {
    RunSettings settings = preset_settings(Preset::points, DataKind::two_moons);
    settings.training.steps = steps;
    settings.training.checkpoint_every = 1'000'000;
    settings.preview.enabled = false;
    return settings;
}

bool EngineTest::reached(TrainingState state, double seconds) {
    return listener_->wait_for<TrainingStateChanged>([=](const auto& e) { return e.state == state; },
                                                     seconds);
}

void EngineTest::says_what_it_runs_on() {
    QVERIFY(listener_->wait_for<EngineReady>());
    QCOMPARE(listener_->last<EngineReady>()->device.name, std::string("CPU"));
    QVERIFY(listener_->wait_for<ModelChanged>());
    QVERIFY(!listener_->last<ModelChanged>()->available);
}

void EngineTest::trains_pauses_steps_and_stops() {
    engine_->submit(StartTraining{points_run(1'000'000), path("run")});
    QVERIFY(listener_->wait_for<RunOpened>());
    QVERIFY(listener_->wait_for<TrainingStateChanged>([](const auto& s) { return s.step > 3; }));
    listener_->clear(); // a run is also paused for a moment when it opens
    engine_->submit(PauseTraining{});
    QVERIFY(reached(TrainingState::paused));
    const std::int64_t paused_at = listener_->last<TrainingStateChanged>()->step;
    QVERIFY(paused_at > 0);
    listener_->clear();
    engine_->submit(StepTraining{});
    QVERIFY(reached(TrainingState::paused));
    QCOMPARE(listener_->last<TrainingStateChanged>()->step, paused_at + 1);
    listener_->clear();
    engine_->submit(ResumeTraining{});
    QVERIFY(reached(TrainingState::running));
    QVERIFY(listener_->wait_for<Metrics>());
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    // Every step has its row, in order, and the last checkpoint is the last step.
    const auto metrics = formats::read_metrics(path("run"));
    QVERIFY(metrics.ok());
    for (std::size_t i = 0; i < metrics->size(); ++i)
        QCOMPARE((*metrics)[i].step, static_cast<std::int64_t>(i + 1));
    const auto checkpoint = formats::load_newest_checkpoint(path("run"));
    QVERIFY(checkpoint.ok());
    QCOMPARE(checkpoint->checkpoint.step, static_cast<std::int64_t>(metrics->size()));
}

void EngineTest::resume_equals_an_uninterrupted_run() {
    engine_->submit(StartTraining{points_run(30), path("whole")});
    QVERIFY(reached(TrainingState::finished));
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    stop();
    start();
    engine_->submit(StartTraining{points_run(12), path("parts")});
    QVERIFY(reached(TrainingState::finished));
    stop(); // a shutdown in between
    start();
    engine_->submit(OpenRun{path("parts")});
    QVERIFY(reached(TrainingState::finished));
    engine_->submit(ExtendTraining{18});
    QVERIFY(reached(TrainingState::paused));
    listener_->clear();
    engine_->submit(ResumeTraining{});
    QVERIFY(reached(TrainingState::finished));
    stop();
    const auto whole = formats::load_newest_checkpoint(path("whole")),
               parts = formats::load_newest_checkpoint(path("parts"));
    QVERIFY(whole.ok() && parts.ok());
    QCOMPARE(whole->checkpoint.step, std::int64_t{30});
    QCOMPARE(parts->checkpoint.step, std::int64_t{30});
    for (std::size_t i = 0; i < whole->checkpoint.tensors.size(); ++i)
        QVERIFY2(torch::equal(whole->checkpoint.tensors[i].second, parts->checkpoint.tensors[i].second),
                 whole->checkpoint.tensors[i].first.c_str());
    const auto a = formats::read_metrics(path("whole")), b = formats::read_metrics(path("parts"));
    QVERIFY(a.ok() && b.ok());
    QCOMPARE(a->size(), std::size_t{30});
    QCOMPARE(b->size(), std::size_t{30});
    for (std::size_t i = 0; i < 30; ++i)
        QCOMPARE((*a)[i].loss, (*b)[i].loss);
}

void EngineTest::samples_while_training() {
    RunSettings settings = points_run(1'000'000);
    settings.preview.enabled = true;
    settings.preview.every_seconds = 0.5;
    engine_->submit(StartTraining{settings, path("run")});
    QVERIFY(listener_->wait_for<Metrics>());
    SamplingSettings sampling;
    sampling.steps = 50;
    sampling.count = 200;
    engine_->submit(StartChain{sampling});
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
    const auto record = listener_->last<ChainChanged>()->record;
    QCOMPARE(record->size(), 51);
    QCOMPARE(record->state(0)->t, 200 - 200 / 50 + 1); // leading spacing: the first index is (N−1)·T/N
    QCOMPARE(record->state(50)->t, 0);
    QCOMPARE(record->state(50)->shape.count, 200);
    // Training went on at the same time, and previews arrive.
    listener_->clear();
    QVERIFY(listener_->wait_for<Metrics>());
    QTRY_VERIFY_WITH_TIMEOUT(engine_->training_frame() && !engine_->training_frame()->samples.empty(),
                             60'000);
    const auto frame = engine_->training_frame();
    QVERIFY(!frame->x_t.empty());
    QVERIFY(!frame->spectrum.empty());
    QTRY_VERIFY_WITH_TIMEOUT(engine_->training_frame()->sequence > frame->sequence, 60'000);
}

void EngineTest::chains_are_reproducible_and_recorded() {
    engine_->submit(StartTraining{points_run(5), path("run")});
    QVERIFY(reached(TrainingState::finished));
    SamplingSettings sampling;
    sampling.steps = 20;
    const auto sample = [&](int count) {
        sampling.count = count;
        listener_->clear();
        engine_->submit(StartChain{sampling});
        if (!listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }))
            qFatal("the chain did not finish");
        return listener_->last<ChainChanged>()->record;
    };
    const auto once = sample(40), again = sample(40), alone = sample(1);
    for (int i = 0; i < once->size(); ++i)
        QVERIFY(once->state(i)->x == again->state(i)->x);
    // Chain 0 is the same alone or among others, up to the rounding of a batched product.
    for (int i = 0; i < once->size(); ++i)
        QVERIFY(std::abs(once->state(i)->x[0] - alone->state(i)->x[0]) < 1e-3);
}

void EngineTest::chains_can_be_paused_stepped_and_stopped() {
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/ddpm"});
    QVERIFY(listener_->wait_for<ModelChanged>([](const auto& m) { return m.available; }));
    SamplingSettings sampling;
    sampling.count = 4;
    engine_->submit(StartChain{sampling, true});
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::paused; }));
    const auto record = listener_->last<ChainChanged>()->record;
    QCOMPARE(record->planned(), 1001);
    QCOMPARE(record->size(), 0);
    for (int i = 1; i <= 3; ++i) {
        listener_->clear();
        engine_->submit(StepChain{});
        QVERIFY(listener_->wait_for<ChainChanged>());
        QCOMPARE(record->size(), i);
        QCOMPARE(record->state(i - 1)->t, 1001 - i);
    }
    QCOMPARE(record->state(0)->shape.count, 4);
    QCOMPARE(record->state(0)->shape.channels, 3);
    QCOMPARE(record->state(0)->drawable(ChainPart::epsilon).pictures.height, 16);
    engine_->submit(ResumeChain{});
    QTRY_VERIFY_WITH_TIMEOUT(record->size() > 10, 60'000);
    engine_->submit(StopChain{});
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
    QVERIFY(record->finished());
    const int size = record->size();
    QTest::qWait(200);
    QCOMPARE(record->size(), size);
}

void EngineTest::too_many_states_are_thinned_and_said() {
    stop();
    EngineOptions options;
    options.device = DeviceChoice::cpu;
    options.resources = DDPM_RESOURCES;
    options.chain_memory = 8 * 768 * 20; // twenty states of one 16×16 colour picture, 4 + 2 + 2 bytes a value
    engine_ = make_engine(options);
    listener_ = std::make_unique<EngineListener>();
    subscription_ = engine_->subscribe(*listener_);
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/ddpm"});
    SamplingSettings sampling;
    sampling.count = 1;
    sampling.steps = 100;
    engine_->submit(StartChain{sampling});
    QVERIFY(listener_->wait_for<Notice>());
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
    const auto record = listener_->last<ChainChanged>()->record;
    QCOMPARE(record->stride(), 6);
    QCOMPARE(record->size(), record->planned());
    QCOMPARE(record->state(record->size() - 1)->t, 0);
}

void EngineTest::not_a_number_keeps_the_last_good_state() {
    RunSettings settings = points_run(1'000'000);
    settings.training.learning_rate = 1; // diverges within a few steps without warm-up and clipping
    settings.training.warmup_steps = 0;
    settings.training.gradient_clip = 0;
    engine_->submit(StartTraining{settings, path("run"), true});
    QVERIFY(reached(TrainingState::paused));
    engine_->submit(StepTraining{});
    // A checkpoint whose weights are large overflows float32 in the next forward pass.
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    auto loaded = formats::load_newest_checkpoint(path("run"));
    QVERIFY(loaded.ok());
    for (auto& [name, tensor] : loaded->checkpoint.tensors)
        if (name.rfind("weights.", 0) == 0 && name.find("weight") != std::string::npos) tensor.fill_(1e20);
    loaded->checkpoint.step += 1;
    QVERIFY(formats::save_checkpoint(path("run"), loaded->checkpoint, 3).ok());
    listener_->clear();
    engine_->submit(OpenRun{path("run"), true});
    QVERIFY(reached(TrainingState::failed));
    const auto failure = listener_->last<Failed>();
    QVERIFY(failure && failure->activity == Activity::training);
    QVERIFY(!failure->error.remedy.empty());
    const auto metrics = listener_->all<Metrics>();
    QVERIFY(!std::isfinite(metrics.back().points.back().loss) ||
            !std::isfinite(metrics.back().points.back().gradient_norm));
    QCOMPARE(listener_->last<TrainingStateChanged>()->step, loaded->checkpoint.step);
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    const auto after = formats::load_newest_checkpoint(path("run"));
    QVERIFY(after.ok());
    QCOMPARE(after->checkpoint.step, loaded->checkpoint.step);
}

void EngineTest::out_of_memory_is_an_error_and_the_engine_lives() {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    QSKIP("a sanitizer needs the address space that this test takes away");
#endif
    RunSettings settings = preset_settings(Preset::paper, DataKind::mnist);
    settings.training.batch_size = 60'000; // one activation alone is 60,000 × 128 × 32 × 32 floats = 31 GB
    settings.preview.enabled = false;
    QVERIFY(listener_->wait_for<EngineReady>());
    rlimit before{};
    getrlimit(RLIMIT_AS, &before);
    rlimit limited = before;
    limited.rlim_cur = rlim_t{16} << 30;
    QCOMPARE(setrlimit(RLIMIT_AS, &limited), 0);
    engine_->submit(StartTraining{settings, path("huge")});
    const bool failed = listener_->wait_for<Failed>([](const auto&) { return true; }, 120);
    setrlimit(RLIMIT_AS, &before);
    QVERIFY(failed);
    const auto failure = listener_->last<Failed>();
    QVERIFY2(failure->error.what.find("memory") != std::string::npos, failure->error.line().c_str());
    QVERIFY(reached(TrainingState::failed));
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    listener_->clear();
    engine_->submit(StartTraining{points_run(3), path("after")});
    QVERIFY(reached(TrainingState::finished));
}

void EngineTest::a_folder_that_cannot_be_written_is_an_error() {
    std::ofstream(path("file")) << "not a folder";
    engine_->submit(StartTraining{points_run(3), path("file") / "run"});
    QVERIFY(listener_->wait_for<Failed>());
    QVERIFY(!listener_->last<Failed>()->error.where.empty());
    QVERIFY(!listener_->last<RunOpened>().has_value());
    // An existing run is not overwritten.
    listener_->clear();
    engine_->submit(StartTraining{points_run(3), path("run")});
    QVERIFY(reached(TrainingState::finished));
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    listener_->clear();
    engine_->submit(StartTraining{points_run(99), path("run")});
    QVERIFY(listener_->wait_for<Failed>());
    QCOMPARE(formats::read_run_settings(path("run"))->training.steps, std::int64_t{3});
    // The folder vanishes under training: said, never "saved", training goes on.
    listener_->clear();
    engine_->submit(StartTraining{points_run(1'000'000), path("gone")});
    QVERIFY(listener_->wait_for<Metrics>());
    fs::remove_all(path("gone"));
    std::ofstream(path("gone")) << "a file in its place";
    engine_->submit(SaveCheckpoint{});
    QVERIFY(listener_->wait_for<Failed>());
    QVERIFY(!listener_->last<CheckpointSaved>().has_value());
    listener_->clear();
    QVERIFY(listener_->wait_for<Metrics>());
}

void EngineTest::opens_peers_models_and_gives_them_back() {
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/heads"});
    QVERIFY(listener_->wait_for<ModelChanged>([](const auto& m) { return m.available; }));
    QCOMPARE(listener_->last<ModelChanged>()->parameters, std::int64_t{280'177});
    engine_->submit(SaveDiffusers{path("mine")});
    QVERIFY(listener_->wait_for<ExportFinished>());
    QVERIFY(fs::is_regular_file(path("mine") / "unet" / "diffusion_pytorch_model.safetensors"));
    listener_->clear();
    engine_->submit(OpenModel{path("nowhere")});
    QVERIFY(listener_->wait_for<Failed>());
    QVERIFY(listener_->last<Failed>()->activity == Activity::model);
    // The model before is still there.
    engine_->submit(StartChain{SamplingSettings{.steps = 2, .count = 1}});
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
}

void EngineTest::a_model_that_is_opened_takes_the_place_of_the_run() {
    engine_->submit(StartTraining{points_run(1'000'000), path("run")});
    QVERIFY(listener_->wait_for<TrainingStateChanged>([](const auto& s) { return s.step > 3; }));
    // What cannot be opened ends nothing.
    listener_->clear();
    engine_->submit(OpenModel{path("nowhere")});
    QVERIFY(listener_->wait_for<Failed>());
    QVERIFY(listener_->wait_for<Metrics>());
    QVERIFY(!listener_->last<RunClosed>());
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/heads"});
    QVERIFY(
        listener_->wait_for<ModelChanged>([](const auto& m) { return m.available && m.name == "heads"; }));
    QVERIFY(!listener_->last<ModelChanged>()->live);
    QVERIFY(listener_->last<RunClosed>());
    QVERIFY(listener_->last<TrainingStateChanged>()->state == TrainingState::none);
    const auto metrics = formats::read_metrics(path("run"));
    const auto checkpoint = formats::load_newest_checkpoint(path("run"));
    QVERIFY(metrics.ok() && checkpoint.ok());
    QCOMPARE(checkpoint->checkpoint.step, static_cast<std::int64_t>(metrics->size()));
}

/// FAULTS 2: not given up for a model, and not stopped.
void EngineTest::a_run_that_cannot_be_saved_stays_open() {
    engine_->submit(StartTraining{points_run(1'000'000), path("gone")});
    QVERIFY(listener_->wait_for<TrainingStateChanged>([](const auto& s) { return s.step > 3; }));
    fs::remove_all(path("gone"));
    std::ofstream(path("gone")) << "a file in its place";
    listener_->clear();
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/heads"});
    QVERIFY(listener_->wait_for<Failed>([](const auto& f) { return f.activity == Activity::training; }));
    QVERIFY(listener_->wait_for<Metrics>());
    QVERIFY(!listener_->last<RunClosed>());

    listener_->clear();
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<TrainingStateChanged>(
        [](const auto& s) { return s.state == TrainingState::paused; }));
    QVERIFY(listener_->last<Failed>() && !listener_->last<RunClosed>());
    // Paused already it says so again: a window waits for an answer.
    listener_->clear();
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<TrainingStateChanged>(
        [](const auto& s) { return s.state == TrainingState::paused; }));
    QVERIFY(listener_->last<Failed>() && !listener_->last<RunClosed>());
    engine_->submit(StopTraining{true});
    QVERIFY(listener_->wait_for<RunClosed>());
}

void EngineTest::noise_stage_gets_its_record() {
    OpenData open;
    open.only_label = 7;
    open.thumbnails = 12;
    open.shuffle = 5;
    engine_->submit(open);
    QVERIFY(listener_->wait_for<DataOpened>());
    const auto data = *listener_->last<DataOpened>();
    QCOMPARE(data.count, std::int64_t{60'000});
    QCOMPARE(data.thumbnails.count, 12);
    for (const int label : data.thumbnail_labels)
        QCOMPARE(label, 7);
    RunForward forward;
    forward.id = 3;
    forward.index = data.thumbnail_indices[4];
    engine_->submit(forward);
    QVERIFY(listener_->wait_for<ForwardReady>());
    const auto record = listener_->last<ForwardReady>()->record;
    QCOMPARE(record->id, std::uint64_t{3});
    QCOMPARE(record->label, 7);
    QCOMPARE(record->values, std::size_t{28 * 28});
    listener_->clear();
    forward.data.kind = DataKind::swiss_roll;
    engine_->submit(forward);
    QVERIFY(listener_->wait_for<ForwardReady>());
    QVERIFY(listener_->last<ForwardReady>()->record->is_points());
    listener_->clear();
    forward.file = path("missing.png");
    engine_->submit(forward);
    QVERIFY(listener_->wait_for<Failed>());
}

void EngineTest::exports_pictures_and_loss() {
    engine_->submit(ExportGrid{ExportGrid::Source::chain_x, -1, {}, path("none.png")});
    QVERIFY(listener_->wait_for<Failed>());
    QVERIFY(!fs::exists(path("none.png")));
    engine_->submit(OpenModel{fs::path(DDPM_TEST_DATA) / "golden/pipelines/ddpm"});
    engine_->submit(StartChain{SamplingSettings{.steps = 3, .count = 6}});
    QVERIFY(listener_->wait_for<ChainChanged>([](const auto& c) { return c.phase == ChainPhase::finished; }));
    engine_->submit(ExportGrid{ExportGrid::Source::chain_x0_hat, 1, {3, 2, 1}, path("grid.png")});
    QVERIFY(listener_->wait_for<ExportFinished>());
    const auto settings = formats::read_png_settings(path("grid.png"));
    QVERIFY(settings.ok());
    QVERIFY(settings->find("\"steps\": 3") != std::string::npos);
    engine_->submit(ReadPictureSettings{path("grid.png")});
    QVERIFY(listener_->wait_for<PictureSettings>());
    const auto origin = listener_->last<PictureSettings>();
    QVERIFY(origin->found && origin->sampled && origin->problem.empty());
    QCOMPARE(origin->file, path("grid.png"));
    QCOMPARE(origin->sampling, (SamplingSettings{.steps = 3, .count = 6}));
    QCOMPARE(origin->model.name, std::string("ddpm"));
    QCOMPARE(origin->model.model, listener_->last<ModelChanged>()->settings.model);
    listener_->clear();
    engine_->submit(ReadPictureSettings{path("none.png")});
    QVERIFY(listener_->wait_for<PictureSettings>());
    QVERIFY(!listener_->last<PictureSettings>()->found);
    engine_->submit(StartTraining{points_run(20), path("run")});
    QVERIFY(reached(TrainingState::finished));
    listener_->clear();
    engine_->submit(ExportLoss{path("loss.csv")});
    QVERIFY(listener_->wait_for<ExportFinished>());
    std::ifstream csv(path("loss.csv"));
    int lines = 0;
    for (std::string line; std::getline(csv, line);)
        ++lines;
    QCOMPARE(lines, 21);
}

void EngineTest::commands_out_of_place_do_no_harm() {
    engine_->submit(PauseTraining{});
    engine_->submit(StopTraining{});
    engine_->submit(StepChain{});
    engine_->submit(ResumeChain{});
    engine_->submit(StopChain{});
    engine_->submit(ResumeTraining{});
    QVERIFY(listener_->wait_for<Failed>());
    engine_->submit(StartTraining{points_run(1'000'000), path("run")});
    for (int i = 0; i < 20; ++i) {
        engine_->submit(PauseTraining{});
        engine_->submit(ResumeTraining{});
        engine_->submit(StepTraining{});
    }
    engine_->submit(StartTraining{points_run(1), path("other")});
    QVERIFY(
        listener_->wait_for<Failed>([](const auto& f) { return f.error.what == "a run is open already"; }));
    engine_->submit(SetLearningRate{-1});
    QVERIFY(listener_->wait_for<Failed>(
        [](const auto& f) { return f.error.what.find("learning_rate") != std::string::npos; }));
    engine_->submit(StopTraining{});
    engine_->submit(StopTraining{});
    QVERIFY(listener_->wait_for<RunClosed>());
    QVERIFY(!fs::exists(path("other")));
}

void EngineTest::shutdown_saves() {
    engine_->submit(StartTraining{points_run(1'000'000), path("run")});
    QVERIFY(listener_->wait_for<Metrics>());
    engine_->submit(Shutdown{});
    QVERIFY(listener_->wait_for<Stopped>([](const auto&) { return true; }, 10));
    const auto checkpoint = formats::load_newest_checkpoint(path("run"));
    QVERIFY(checkpoint.ok());
    QVERIFY(checkpoint->checkpoint.step > 0);
}

void EngineTest::a_second_engine_is_refused_the_same_run() {
    engine_->submit(StartTraining{points_run(1'000'000), path("run")});
    QVERIFY(listener_->wait_for<Metrics>());
    EngineOptions options;
    options.resources = DDPM_RESOURCES;
    const auto second = make_engine(options);
    EngineListener listener;
    const auto subscription = second->subscribe(listener);
    second->submit(OpenRun{path("run")});
    QVERIFY(listener.wait_for<Failed>());
    QVERIFY(!listener.last<RunOpened>().has_value());
}

QTEST_GUILESS_MAIN(EngineTest)
#include "test_engine.moc"
