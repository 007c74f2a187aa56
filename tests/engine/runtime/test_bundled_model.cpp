// The model that comes with the program draws the digits it is asked for: judged by their nearest neighbours
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

constexpr int drawn = 40, neighbours = 5, known = 10'000;

} // namespace

class BundledModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        auto model = load_model(find_resources({}) / "models" / "mnist", torch::kCPU);
        QVERIFY2(model.ok(), model.ok() ? "" : model.error().line().c_str());
        model_ = std::make_unique<Model>(std::move(model).value());
        DataSettings settings;
        auto digits = data::open_dataset(settings, find_resources({}));
        QVERIFY2(digits.ok(), digits.ok() ? "" : digits.error().line().c_str());
        pictures_ = data::to_model_input(digits->items.narrow(0, 0, known), 32).flatten(1);
        labels_ = digits->labels.narrow(0, 0, known);
    }

    void is_small_enough_to_ship() {
        std::uintmax_t bytes = 0;
        for (const auto& entry : fs::recursive_directory_iterator(find_resources({}) / "models"))
            if (entry.is_regular_file()) bytes += entry.file_size();
        QVERIFY2(bytes < 4'000'000, qPrintable(QString::number(bytes)));
    }

    void draws_what_it_is_asked_for_data() {
        QTest::addColumn<int>("sampler");
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("guidance");
        QTest::addColumn<double>("least");
        QTest::newRow("DDIM") << static_cast<int>(Sampler::ddim) << 30 << 1.0 << 0.7;
        QTest::newRow("DDIM, guided") << static_cast<int>(Sampler::ddim) << 20 << 3.0 << 0.9;
        QTest::newRow("DPM-Solver++, guided") << static_cast<int>(Sampler::dpmpp_2m) << 15 << 3.0 << 0.9;
    }
    void draws_what_it_is_asked_for() {
        QFETCH(int, sampler);
        QFETCH(int, steps);
        QFETCH(double, guidance);
        QFETCH(double, least);
        SamplingSettings settings = model_->sampling;
        settings.sampler = static_cast<Sampler>(sampler);
        settings.steps = steps;
        settings.spacing = Spacing::trailing;
        settings.guidance = guidance;
        settings.count = drawn;
        settings.seed = 3;
        ReverseWalk walk(*model_, settings);
        while (!walk.advance([](auto&&...) {})) {
        }
        const torch::Tensor nearest =
            std::get<1>(torch::cdist(walk.x().flatten(1), pictures_).topk(neighbours, 1, false));
        const torch::Tensor judged = std::get<0>(labels_.index({nearest}).mode(1));
        const double right =
            (judged == torch::arange(drawn).remainder(10)).to(torch::kDouble).mean().item<double>();
        QVERIFY2(right >= least, qPrintable(QString::number(right)));
    }

private:
    std::unique_ptr<Model> model_;
    torch::Tensor pictures_, labels_;
};

QTEST_GUILESS_MAIN(BundledModelTest)
#include "test_bundled_model.moc"
