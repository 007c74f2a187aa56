// The 2-D sets: in range, the same again from the same seed, and of the shape their name says.
#include "../formats/files.h"
#include "data/dataset.h"
#include "data/point_sets.h"

#include <QtTest>

#include <numbers>
#include <random>

using namespace ddpm;
using namespace ddpm::data;

namespace {

Dataset opened(DataKind kind, std::uint64_t seed, int count = 20'000, const std::string& text = "DDPM") {
    DataSettings settings;
    settings.kind = kind;
    settings.points = count;
    settings.seed = seed;
    settings.text = text;
    auto set = open_dataset(settings, DDPM_RESOURCES);
    if (!set) qFatal("%s", set.error().line().c_str());
    return std::move(*set);
}

torch::Tensor x_of(const Dataset& set) {
    return set.items.select(1, 0);
}
torch::Tensor y_of(const Dataset& set) {
    return set.items.select(1, 1);
}
bool everywhere(const torch::Tensor& condition) {
    return condition.all().item<bool>();
}

} // namespace

class PointSetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void in_range_and_deterministic_data();
    void in_range_and_deterministic();
    void the_first_points_never_change();
    void two_moons_are_half_circles();
    void the_swiss_roll_is_a_spiral();
    void the_checkerboard_leaves_its_light_squares_empty();
    void eight_gaussians_are_where_they_should_be();
    void a_text_can_be_read();
    void letters_that_cannot_be_drawn_are_an_error();
    void points_lie_where_the_pen_was();
    void the_pens_points_stay_in_the_square();
};

void PointSetsTest::in_range_and_deterministic_data() {
    QTest::addColumn<int>("kind");
    for (const DataKind kind : all_values<DataKind>()) {
        DataSettings settings;
        settings.kind = kind;
        if (settings.is_points()) QTest::newRow(std::string(name_of(kind)).c_str()) << static_cast<int>(kind);
    }
}

void PointSetsTest::in_range_and_deterministic() {
    QFETCH(int, kind);
    const Dataset set = opened(static_cast<DataKind>(kind), 7);
    QVERIFY(set.is_points() && set.items.scalar_type() == torch::kFloat32);
    QVERIFY(set.items.sizes() == torch::IntArrayRef({20'000, 2}));
    QVERIFY(everywhere(set.items.abs() <= 1.0) && everywhere(torch::isfinite(set.items)));
    QVERIFY(set.items.abs().max().item<float>() > 0.85F);                     // it fills the range
    QVERIFY(everywhere(set.items.mean(0).abs() < 0.15) && !set.name.empty()); // and is centred
    QVERIFY(torch::equal(set.items, opened(static_cast<DataKind>(kind), 7).items));
    QVERIFY(!torch::equal(set.items, opened(static_cast<DataKind>(kind), 8).items));
    QCOMPARE(set.labels.defined(), set.classes > 0);
    if (set.classes > 0) {
        const torch::Tensor share = torch::bincount(set.labels).to(torch::kFloat64) * set.classes / 20'000.0;
        QCOMPARE(share.size(0), std::int64_t{set.classes});
        QVERIFY(everywhere((share - 1).abs() < 0.1));
    }
}

void PointSetsTest::the_first_points_never_change() {
    // A run is resumed on the same data only if every build makes the same points: the set is not free to
    // change. mt19937_64's 10,000th number is in the C++ standard; seed 5489 is its default.
    std::mt19937_64 standard;
    standard.discard(9999);
    QCOMPARE(standard(), std::uint64_t{9981545732273789042ULL});
    // The checkerboard uses four uniform numbers a point, the top 53 bits of each.
    std::mt19937_64 engine(3);
    const auto uniform = [&] { return static_cast<double>(engine() >> 11) / 9007199254740992.0; };
    const Dataset set = opened(DataKind::checkerboard, 3, 100);
    for (int i = 0; i < 100; ++i) {
        const int row = static_cast<int>(uniform() * 4),
                  column = 2 * static_cast<int>(uniform() * 2) + row % 2;
        const double x = (column - 2 + uniform()) * 0.475, y = (row - 2 + uniform()) * 0.475;
        QVERIFY(std::abs(set.items[i][0].item<double>() - x) < 1e-6 &&
                std::abs(set.items[i][1].item<double>() - y) < 1e-6);
    }
}

void PointSetsTest::two_moons_are_half_circles() {
    const Dataset set = opened(DataKind::two_moons, 1);
    const torch::Tensor x = x_of(set) * 1.7 + 0.5, y = y_of(set) * 1.7 + 0.25; // back to unit circles
    const torch::Tensor upper = set.labels == 0;
    const torch::Tensor to_upper = (x.pow(2) + y.pow(2)).sqrt(),
                        to_lower = ((x - 1).pow(2) + (y - 0.5).pow(2)).sqrt();
    const torch::Tensor radius = torch::where(upper, to_upper, to_lower);
    QVERIFY(everywhere((radius - 1).abs() < 0.25));
    QVERIFY(std::abs(radius.std().item<double>() - 0.05) < 0.005);
    QVERIFY(everywhere(torch::where(upper, y > -0.2, y < 0.7)));
}

void PointSetsTest::the_swiss_roll_is_a_spiral() {
    const Dataset set = opened(DataKind::swiss_roll, 1);
    const double scale = 4.5 * std::numbers::pi + 1.0;
    const torch::Tensor x = x_of(set) * scale, y = y_of(set) * scale;
    const torch::Tensor radius = (x.pow(2) + y.pow(2)).sqrt(), angle = torch::atan2(y, x);
    // On r = angle the difference is a whole number of turns.
    const torch::Tensor turns = (radius - angle) / (2 * std::numbers::pi);
    QVERIFY(everywhere((turns - turns.round()).abs() < 0.25));
    QVERIFY(radius.min().item<double>() > 3.5 && radius.max().item<double>() > 13.0);
}

void PointSetsTest::the_checkerboard_leaves_its_light_squares_empty() {
    const Dataset set = opened(DataKind::checkerboard, 1);
    const torch::Tensor column = (x_of(set) / 0.475 + 2).floor(), row = (y_of(set) / 0.475 + 2).floor();
    QVERIFY(everywhere((column + row).remainder(2) == 0));
    const torch::Tensor counts = torch::bincount((row * 4 + column).to(torch::kInt64), {}, 16);
    QCOMPARE((counts > 0).sum().item<std::int64_t>(), std::int64_t{8});
    QVERIFY(counts.max().item<std::int64_t>() < 2800 &&
            counts.index({counts > 0}).min().item<std::int64_t>() > 2200);
}

void PointSetsTest::eight_gaussians_are_where_they_should_be() {
    const Dataset set = opened(DataKind::eight_gaussians, 1);
    for (int k = 0; k < 8; ++k) {
        const torch::Tensor mine = set.items.index({set.labels == k}).to(torch::kFloat64);
        const double angle = k * std::numbers::pi / 4;
        const torch::Tensor centre =
            torch::tensor({0.75 * std::cos(angle), 0.75 * std::sin(angle)}, torch::kFloat64);
        QVERIFY(everywhere((mine.mean(0) - centre).abs() < 0.01));
        QVERIFY(everywhere((mine.std(0) - 0.06).abs() < 0.006));
    }
}

void PointSetsTest::a_text_can_be_read() {
    // An L has its ink at the left and at the bottom and nothing in the upper right.
    const Dataset letter = opened(DataKind::drawing, 1, 20'000, "L");
    const torch::Tensor x = x_of(letter), y = y_of(letter);
    const torch::Tensor middle = (x.max() + x.min()) / 2;
    QVERIFY(!torch::logical_and(x > middle, y > 0).any().item<bool>());
    QVERIFY(torch::logical_and(x<middle, y> 0).sum().item<std::int64_t>() > 5000);
    QVERIFY(torch::logical_and(x > middle, y < 0).sum().item<std::int64_t>() > 2000);
    QVERIFY(y.max().item<float>() > 0.94F && y.min().item<float>() < -0.94F);
    // A long text is wide and low.
    const Dataset word = opened(DataKind::drawing, 1, 20'000, "DDPM DDPM");
    QVERIFY(x_of(word).max().item<float>() > 0.94F && y_of(word).max().item<float>() < 0.5F);
}

void PointSetsTest::letters_that_cannot_be_drawn_are_an_error() {
    DataSettings settings;
    settings.kind = DataKind::drawing;
    for (const char* text : {"한글", "ü", "a\nb", "   "}) {
        settings.text = text;
        const auto set = open_dataset(settings, DDPM_RESOURCES);
        QVERIFY2(!set.ok() && contains(set.error().line(), "data.text"), text);
    }
    settings.picture = "/no/such/picture.png";
    QVERIFY(contains(open_dataset(settings, DDPM_RESOURCES).error().line(), "/no/such/picture.png"));
}

void PointSetsTest::points_lie_where_the_pen_was() {
    std::vector<float> sketch; // a circle, and a place apart that has a quarter of all
    for (int i = 0; i < 300; ++i) {
        const double angle = 2 * std::numbers::pi * i / 300;
        sketch.push_back(static_cast<float>(0.6 * std::cos(angle)));
        sketch.push_back(static_cast<float>(0.6 * std::sin(angle)));
    }
    for (int i = 0; i < 100; ++i)
        sketch.insert(sketch.end(), {0.0F, 0.0F});
    const PointSet set = along_pen(sketch, 20'000, 7);
    QVERIFY(set.points.sizes() == torch::IntArrayRef({20'000, 2}));
    QVERIFY(set.classes == 0 && !set.labels.defined());
    const torch::Tensor places =
        torch::from_blob(sketch.data(), {static_cast<std::int64_t>(sketch.size() / 2), 2}, torch::kFloat32);
    // Each coordinate is at most three standard deviations off, so the nearest place is no further than that
    // times sqrt(2).
    const torch::Tensor off = torch::cdist(set.points, places).amin(1);
    QVERIFY(off.max().item<double>() <= 3 * std::sqrt(2.0) * DataSettings::pen_radius);
    QVERIFY(everywhere((set.points.unsqueeze(1) - places.unsqueeze(0)).abs().amax(2).amin(1) <=
                       3 * DataSettings::pen_radius + 1e-6));
    const torch::Tensor middle = set.points.index({set.points.norm(2, 1) < 0.3});
    QVERIFY(std::abs(static_cast<double>(middle.size(0)) / 20'000 - 0.25) < 0.015);
    // N(0, r²) cut at three: its standard deviation is 0.9866 r.
    QVERIFY(everywhere((middle.std(0) / (0.9866 * DataSettings::pen_radius) - 1).abs() < 0.05));
    QVERIFY(torch::equal(set.points, along_pen(sketch, 20'000, 7).points));
    QVERIFY(!torch::equal(set.points, along_pen(sketch, 20'000, 8).points));
    // What is drawn goes before the picture and the words.
    DataSettings settings;
    settings.kind = DataKind::drawing;
    settings.points = 20'000;
    settings.seed = 7;
    settings.sketch = sketch;
    settings.picture = "/no/such/picture.png";
    const auto opened_set = open_dataset(settings, DDPM_RESOURCES);
    QVERIFY(opened_set.ok() && torch::equal(opened_set->items, set.points));
}

void PointSetsTest::the_pens_points_stay_in_the_square() {
    const PointSet set = along_pen({1, 1, -1, -1}, 5'000, 3);
    QVERIFY(everywhere(set.points.abs() <= 1.0));
    QVERIFY((set.points == 1).sum().item<std::int64_t>() > 2'000); // half of a corner's coordinates
    QVERIFY_EXCEPTION_THROWN(along_pen({}, 10, 1), std::invalid_argument);
}

QTEST_GUILESS_MAIN(PointSetsTest)
#include "test_point_sets.moc"
