// The models that come with the program draw what they are asked for: judged by their nearest neighbours
// among the training pictures, which had no part in drawing them.
#include "data/dataset.h"
#include "runtime/model.h"
#include "runtime/resources.h"
#include "runtime/reverse_walk.h"

#include <QtTest>

#include <filesystem>

using namespace ddpm;
using namespace ddpm::runtime;
namespace fs = std::filesystem;

namespace {

constexpr int drawn = 45, neighbours = 5, known = 10'000;

/// A model and what it learnt from.
struct Bundled {
    Model model;
    torch::Tensor pictures, labels; ///< [known, C · side · side], [known]
    int classes = 0;
};

Bundled open(const std::string& name, DataKind kind) {
    Result<Model> model = load_model(find_resources({}) / "models" / name, torch::kCPU);
    if (!model) qFatal("%s", model.error().line().c_str());
    DataSettings settings;
    settings.kind = kind;
    const auto data = data::open_dataset(settings, find_resources({}));
    if (!data) qFatal("%s", data.error().line().c_str());
    const std::int64_t count = std::min<std::int64_t>(known, data->size());
    const int side = model->settings.model.unet.sample_size;
    return {std::move(model).value(), data::to_model_input(data->items.narrow(0, 0, count), side).flatten(1),
            data->labels.narrow(0, 0, count), data->classes};
}

} // namespace

class BundledModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void are_small_enough_to_ship() {
        int models = 0;
        for (const auto& folder : fs::directory_iterator(find_resources({}) / "models")) {
            ++models;
            std::uintmax_t bytes = 0;
            for (const auto& entry : fs::recursive_directory_iterator(folder))
                if (entry.is_regular_file()) bytes += entry.file_size();
            QVERIFY2(bytes < 3'000'000, qPrintable(QString::number(bytes)));
            QVERIFY2(fs::exists(folder.path() / "README.md"), "how it was made is not said");
        }
        QCOMPARE(models, 2);
    }

    void draw_what_they_are_asked_for_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("sampler");
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("guidance");
        QTest::addColumn<double>("least");
        const auto row = [](const char* words, const char* name, DataKind kind, Sampler sampler, int steps,
                            double guidance, double least) {
            QTest::addRow("%s", words) << QString(name) << static_cast<int>(kind) << static_cast<int>(sampler)
                                       << steps << guidance << least;
        };
        row("digits, DDIM", "mnist", DataKind::mnist, Sampler::ddim, 30, 1, 0.7);
        row("digits, DDIM, guided", "mnist", DataKind::mnist, Sampler::ddim, 20, 3, 0.9);
        row("digits, DPM-Solver++, guided", "mnist", DataKind::mnist, Sampler::dpmpp_2m, 15, 3, 0.9);
        // By chance one in nine; things of all classes look alike to a sum of squares.
        row("emoji, DDIM, guided", "emoji", DataKind::emoji, Sampler::ddim, 20, 2, 0.3);
    }
    void draw_what_they_are_asked_for() {
        QFETCH(QString, name);
        QFETCH(int, kind);
        QFETCH(int, sampler);
        QFETCH(int, steps);
        QFETCH(double, guidance);
        QFETCH(double, least);
        if (name_ != name) {
            bundled_ = std::make_unique<Bundled>(open(name.toStdString(), static_cast<DataKind>(kind)));
            name_ = name;
        }
        SamplingSettings settings = bundled_->model.sampling;
        settings.sampler = static_cast<Sampler>(sampler);
        settings.steps = steps;
        settings.spacing = Spacing::trailing;
        settings.guidance = guidance;
        settings.count = drawn;
        settings.seed = 3;
        ReverseWalk walk(bundled_->model, settings);
        while (!walk.advance([](auto&&...) {})) {
        }
        const torch::Tensor nearest =
            std::get<1>(torch::cdist(walk.x().flatten(1), bundled_->pictures).topk(neighbours, 1, false));
        const torch::Tensor judged = std::get<0>(bundled_->labels.index({nearest}).mode(1));
        const double right = (judged == torch::arange(drawn).remainder(bundled_->classes))
                                 .to(torch::kDouble)
                                 .mean()
                                 .item<double>();
        qInfo("%.2f", right);
        QVERIFY2(right >= least, qPrintable(QString::number(right)));
    }

private:
    QString name_;
    std::unique_ptr<Bundled> bundled_;
};

QTEST_GUILESS_MAIN(BundledModelTest)
#include "test_bundled_model.moc"
