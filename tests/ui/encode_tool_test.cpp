// Noising a picture and denoising it back: what is asked of the engine, when, and how what it answers is
// measured.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/encode_curve.h"
#include "stages/denoise/tools/encode_results.h"
#include "stages/denoise/tools/encode_tool.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/wrapping_row.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 1000, side = 28;

double rms(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    return std::sqrt(sum / static_cast<double>(a.size()));
}

struct Bench {
    explicit Bench(int classes = 0, bool withPicture = true) : tool(bridge, nullptr) {
        tool.resize(868, 680);
        tool.show();
        if (!QTest::qWaitForWindowExposed(&tool)) qFatal("not exposed");
        place.model = test::model_changed(2000, DataKind::mnist, T);
        place.model.settings.model.unet.num_class_embeds = classes;
        place.form.sampler = Sampler::ddim;
        place.form.steps = 20;
        place.form.count = 64;
        place.form.seed = 5;
        tool.open(place);
        if (withPicture) fit(test::digit(3, 4), 3);
    }

    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    /// Answers the newest FitPicture.
    void fit(std::vector<float> x0, int label = -1) {
        PictureFitted fitted;
        fitted.id = engine.last<FitPicture>()->id;
        fitted.title = "MNIST digits 12345";
        fitted.label = label;
        fitted.shape = {1, side, side, 1};
        fitted.x0 = std::move(x0);
        tell(fitted);
    }
    bool waitForBranches(int count) {
        return QTest::qWaitFor([&] { return engine.count<StartBranch>() >= count; }, 2000);
    }
    FromPicture from() const { return std::get<FromPicture>(engine.last<StartBranch>()->from); }
    /// A record for the newest branch that begins at `t`; result k ends k/8 away from x0.
    std::shared_ptr<ChainRecord> answer(int t, int states, bool finished, int planned = 5) {
        const StartBranch command = *engine.last<StartBranch>();
        auto branch =
            std::make_shared<ChainRecord>(command.id, command.settings, test::cosine_schedule(T), planned, 1);
        grow(*branch, t, states);
        tell(BranchChanged{command.id, ChainPhase::running, branch});
        if (finished) finish(branch);
        return branch;
    }
    void grow(ChainRecord& branch, int t, int states) {
        const int count = branch.settings().count;
        for (int i = 0; i < states; ++i) {
            const int n = branch.size(), at = n == branch.planned() - 1 ? 0 : t - n * 10;
            std::vector<float> x, x0;
            for (int k = 0; k < count; ++k)
                for (const float value : from().x0) {
                    // Whole eighths, which half precision has exactly.
                    x0.push_back(static_cast<float>(std::lround(value)) * 0.5F +
                                 static_cast<float>(k + n) / 8);
                    x.push_back(at == 0 ? value + static_cast<float>(k) / 8 : x0.back() / 2);
                }
            std::vector<float> epsilon(x.size(), 0.5F);
            if (at == 0) x0.clear(), epsilon.clear();
            branch.append(std::make_shared<const ChainState>(
                make_chain_state(at, {count, side, side, 1}, std::move(x), x0, epsilon)));
        }
    }
    void finish(const std::shared_ptr<ChainRecord>& branch) {
        branch->finish();
        tell(BranchChanged{branch->id(), ChainPhase::finished, branch});
    }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    ChainPlace place;
    EncodeTool tool;
};

} // namespace

class EncodeToolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { theme::apply(theme::Mode::dark, 1.0); }

    void beginsWithAPictureOfTheModelsData() {
        Bench bench(0, false);
        const auto asked = bench.engine.last<FitPicture>();
        QVERIFY(asked);
        QVERIFY(asked->file.empty());
        QCOMPARE(asked->index, std::int64_t{-1});
        QVERIFY(asked->data == bench.place.model.settings.data);
        bench.click(bench.tool.randomButton());
        QCOMPARE(bench.engine.count<FitPicture>(), 2);
        QVERIFY(bench.engine.last<FitPicture>()->seed != asked->seed);
        QTest::qWait(400);
        QCOMPARE(bench.engine.count<StartBranch>(), 0); // nothing to noise yet
    }

    void asksForThePictureNoisedToT() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        const StartBranch command = *bench.engine.last<StartBranch>();
        QVERIFY(!command.of_chain);
        SamplingSettings wanted = bench.place.form;
        wanted.count = 6;
        QVERIFY(command.settings == wanted);
        QVERIFY(command.noise_chains.empty() && command.labels.empty());
        QCOMPARE(bench.from().t, 500);
        QCOMPARE(bench.from().x0, test::digit(3, 4));
        QCOMPARE(bench.tool.original()->count(), 1);
    }

    void changesAreGatheredAndTheLastOneCounts() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        const auto first = bench.answer(500, 2, false);
        bench.tool.depthSlider()->setFocus();
        for (int i = 0; i < 10; ++i)
            QTest::keyClick(bench.tool.depthSlider(), Qt::Key_Right);
        QCOMPARE(bench.tool.depthBox()->value(), 510);
        QCOMPARE(bench.engine.last<DropBranch>()->id, first->id()); // the old one stops at once
        QTest::qWait(100);
        QTest::keyClick(bench.tool.depthSlider(), Qt::Key_Right);
        QTest::qWait(200);
        QCOMPARE(bench.engine.count<StartBranch>(), 1);
        QVERIFY(bench.waitForBranches(2));
        QTest::qWait(300);
        QCOMPARE(bench.engine.count<StartBranch>(), 2);
        QCOMPARE(bench.from().t, 511);
    }

    void numberOfResultsSeedAndNewNoise() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        QTest::keyClicks(bench.tool.countBox(), QStringLiteral("\b"));
        bench.tool.countBox()->setValue(3);
        QVERIFY(bench.waitForBranches(2));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.count, 3);
        QCOMPARE(bench.engine.last<StartBranch>()->settings.seed, std::uint64_t{5});
        bench.click(bench.tool.newNoiseButton());
        QVERIFY(bench.waitForBranches(3));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.seed,
                 static_cast<std::uint64_t>(bench.tool.seedBox()->value()));
        QVERIFY(bench.tool.results()->picture(2)->isVisible());
        QVERIFY(!bench.tool.results()->picture(3)->isVisible());
        bench.tool.countBox()->setValue(99);
        QCOMPARE(bench.tool.countBox()->value(), 16);
    }

    void thePreviewFollowsTheSlider() {
        Bench bench;
        const auto shown = [&] { return bench.tool.noised()->grab().toImage(); };
        const QImage before = shown();
        // At t = 1 hardly any noise: the preview is the picture.
        bench.tool.depthSlider()->setValue(1);
        const QImage clean = shown(), original = bench.tool.original()->grab().toImage();
        const QRect cell = bench.tool.noised()->pictureRect(0);
        const QRect other = bench.tool.original()->pictureRect(0);
        QCOMPARE(cell.size(), other.size());
        const double spread = std::sqrt(1 - bench.place.model.schedule.alpha_bar_at(1));
        for (int row = 0; row < side; row += 3)
            for (int column = 0; column < side; column += 3) {
                const QPoint at((2 * column + 1) * cell.width() / (2 * side),
                                (2 * row + 1) * cell.height() / (2 * side));
                QVERIFY(std::abs(qRed(clean.pixel(cell.topLeft() + at)) -
                                 qRed(original.pixel(other.topLeft() + at))) <= 5 * spread * 127.5 + 2);
            }
        bench.tool.depthSlider()->setValue(T);
        const QImage noise = shown();
        QVERIFY(noise != clean && before != clean);
        bench.tool.depthSlider()->setValue(1);
        QCOMPARE(shown(), clean); // one noise for all t
        // Once the branch has begun, its own first state.
        QVERIFY(bench.waitForBranches(1));
        const auto branch = bench.answer(40, 1, false);
        const QImage first = shown();
        const double value = static_cast<double>(branch->state(0)->item(ChainPart::x, 0)[14 * side + 14]);
        const QPoint middle(29 * cell.width() / (2 * side), 29 * cell.height() / (2 * side));
        QVERIFY(std::abs(qRed(first.pixel(cell.topLeft() + middle)) -
                         (std::clamp(value, -1.0, 1.0) + 1) * 127.5) < 1.6);
    }

    void resultsGrowInPlaceAndAreMeasured() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        QSignalSpy progressed(&bench.tool, &Tool::progressed);
        const auto branch = bench.answer(500, 3, false);
        QVERIFY(progressed.count() > 0);
        QCOMPARE(bench.tool.last(), 4);
        QCOMPARE(bench.tool.available(), 2);
        QVERIFY(bench.tool.growing());
        QCOMPARE(bench.tool.exportBranch(), branch->id());
        for (const int position : {0, 2}) {
            bench.tool.moveTo(position);
            for (int k = 0; k < 6; ++k) {
                QCOMPARE(bench.tool.results()->picture(k)->count(), 1);
                QCOMPARE(
                    bench.tool.results()->number(k)->text(),
                    QString::number(rms(branch->state(position)->item(ChainPart::x0_hat, k), bench.tool.x0()),
                                    'f', 3));
            }
        }
        QCOMPARE(bench.tool.readout(2), QStringLiteral("t = 480"));
        QVERIFY(bench.tool.depths().empty()); // not there yet
        bench.grow(*branch, 500, 2);
        bench.finish(branch);
        bench.tool.moveTo(4);
        // Result k ends k/8 away: by 0, 0.125, … 0.625; their mean is 0.3125.
        QCOMPARE(bench.tool.results()->number(5)->text(), QStringLiteral("0.625"));
        QCOMPARE(bench.tool.depths().size(), std::size_t{1});
        QVERIFY(std::abs(bench.tool.depths().at(500) - 0.3125) < 1e-6);
        QVERIFY(!bench.tool.growing());
    }

    void aDepthThatWasStoppedIsNotRemembered() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        bench.answer(500, 3, true); // ends before t = 0
        QVERIFY(bench.tool.depths().empty());
    }

    void depthsAreRememberedForThisPicture() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        bench.answer(500, 5, true);
        bench.tool.depthSlider()->setValue(800);
        QVERIFY(bench.waitForBranches(2));
        bench.answer(790, 5, true); // the plan had no 800
        QCOMPARE(bench.tool.depths().size(), std::size_t{2});
        QVERIFY(bench.tool.depths().count(500) && bench.tool.depths().count(790));
        QVERIFY(bench.tool.curve()->description().contains(QStringLiteral("t = 790: 0.3")));
        const std::vector<NumberColumn> numbers = bench.tool.curve()->numbers();
        QCOMPARE(numbers.size(), std::size_t{2});
        QCOMPARE(numbers[0].values, (std::vector<std::optional<double>>{500, 790}));
        QCOMPARE(numbers[1].values[1], bench.tool.depths().at(790));
        // A click on a point goes back there.
        QTest::mouseClick(bench.tool.curve(), Qt::LeftButton, {},
                          bench.tool.curve()->pointOf(500).toPoint() + QPoint(2, 0));
        QCOMPARE(bench.tool.depthSlider()->value(), 500);
        QVERIFY(bench.waitForBranches(3));
        QCOMPARE(bench.from().t, 500);
        bench.tool.curve()->setFocus();
        QTest::keyClick(bench.tool.curve(), Qt::Key_Right);
        QCOMPARE(bench.tool.depthSlider()->value(), 790);
        // Of another picture nothing is known.
        bench.click(bench.tool.randomButton());
        bench.fit(test::digit(8, 1), 8);
        QVERIFY(bench.tool.depths().empty());
        QCOMPARE(bench.tool.results()->picture(0)->count(), 0);
    }

    void theCurveIsDrawnWhereTheNumbersAre() {
        EncodeCurve curve;
        curve.resize(400, 200);
        curve.setTimesteps(1000);
        curve.setDepths({{1, 0.0}, {500, 0.25}, {1000, 0.5}});
        const QPointF low = curve.pointOf(1), middle = curve.pointOf(500), high = curve.pointOf(1000);
        QVERIFY(std::abs(middle.y() - (low.y() + high.y()) / 2) < 0.01);
        QVERIFY(std::abs(middle.x() - (low.x() + high.x()) / 2) < 1);
        QVERIFY(high.y() < low.y() && high.y() >= 0 && low.y() < 200 && low.x() > 0 && high.x() < 400);
    }

    void theClassIsThePicturesOwn() {
        Bench bench(11);
        QVERIFY(bench.tool.classBox()->isVisible());
        QCOMPARE(bench.tool.classBox()->count(), 11); // none, and ten digits
        QCOMPARE(bench.tool.classBox()->currentData().toInt(), 3);
        QVERIFY(bench.waitForBranches(1));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.label, 3);
        QCOMPARE(bench.engine.last<StartBranch>()->settings.guidance, 1.0);
        bench.answer(500, 5, true);
        bench.tool.classBox()->setFocus();
        QTest::keyClick(bench.tool.classBox(), Qt::Key_Home);
        QVERIFY(bench.tool.depths().empty()); // told something else, the net brings back something else
        QVERIFY(bench.waitForBranches(2));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.label, -1);
        QCOMPARE(bench.engine.last<StartBranch>()->settings.guidance, 0.0);
        // A file has no class.
        QVERIFY(bench.tool.openPicture(QStringLiteral("/pictures/a.png")));
        bench.fit(test::digit(1, 1));
        QCOMPARE(bench.tool.classBox()->currentData().toInt(), -1);
    }

    void withoutClassesThereIsNoChoice() {
        Bench bench;
        QVERIFY(!bench.tool.classBox()->isVisible());
        QVERIFY(bench.waitForBranches(1));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.guidance, bench.place.form.guidance);
    }

    void filesAreFittedByTheEngine() {
        Bench bench;
        QVERIFY(bench.tool.openPicture(QStringLiteral("/pictures/seven.png")));
        QVERIFY(bench.engine.last<FitPicture>()->file == "/pictures/seven.png");
        bench.tell(Failed{Activity::data,
                          {"the file is no picture", "seven.png", "choose a PNG"},
                          bench.engine.last<FitPicture>()->id});
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("choose a PNG")));
        QVERIFY(bench.tool.openPicture(QStringLiteral("/pictures/eight.png")));
        bench.fit(test::digit(8, 9));
        QCOMPARE(bench.tool.x0(), test::digit(8, 9));
        QVERIFY(!bench.tool.messageLabel()->isVisible());
    }

    void theClipboardIsFittedHere() {
        Bench bench;
        // Twice as wide as high: its middle, at the model's size.
        QImage picture(2 * side, side, QImage::Format_RGB32);
        picture.fill(qRgb(0, 0, 0));
        picture.setPixel(side / 2 + 3, 5, qRgb(204, 204, 204));
        picture.setPixel(2, 5, qRgb(255, 255, 255)); // cut off
        QGuiApplication::clipboard()->setImage(picture);
        QTest::keyClick(&bench.tool, Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(bench.tool.x0().size(), std::size_t{side * side});
        for (std::size_t i = 0; i < bench.tool.x0().size(); ++i)
            QCOMPARE(bench.tool.x0()[i], i == 5 * side + 3 ? 0.6F : -1.0F);
        QGuiApplication::clipboard()->clear();
        bench.click(bench.tool.pasteButton());
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("clipboard")));
    }

    void aRefusalIsSaid() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        bench.tell(BranchChanged{bench.engine.last<StartBranch>()->id, ChainPhase::none, nullptr});
        bench.tell(Failed{Activity::sampling,
                          {"t = 500 is out of range", "the branch", "choose 1 to 400"},
                          bench.engine.last<StartBranch>()->id});
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("choose 1 to 400")));
        QCOMPARE(bench.tool.exportBranch(), std::uint64_t{0});
        bench.tool.depthSlider()->setValue(300);
        QVERIFY(bench.waitForBranches(2));
        QVERIFY(!bench.tool.messageLabel()->isVisible());
    }

    void anotherSamplerStartsAnew() {
        Bench bench;
        QVERIFY(bench.waitForBranches(1));
        bench.answer(500, 5, true);
        bench.tool.open(bench.place); // the same: nothing to do
        QTest::qWait(350);
        QCOMPARE(bench.engine.count<StartBranch>(), 1);
        QCOMPARE(bench.tool.depths().size(), std::size_t{1});
        bench.place.form.steps = 50;
        bench.tool.open(bench.place);
        QVERIFY(bench.waitForBranches(2));
        QCOMPARE(bench.engine.last<StartBranch>()->settings.steps, 50);
        QVERIFY(bench.tool.depths().empty());
    }

    void modelsOfPointsCannot() {
        Bench bench(0, false);
        bench.place.model = test::model_changed(2000, DataKind::two_moons, T);
        bench.tool.open(bench.place);
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(!bench.tool.openPicture(QStringLiteral("a.png")));
        QVERIFY(!bench.tool.randomButton()->isEnabled());
        QVERIFY(!bench.tool.depthSlider()->isEnabled());
    }

    void everythingHasAName() {
        Bench bench(11);
        for (QWidget* widget : bench.tool.findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible()) continue;
            if (widget->objectName() == QLatin1String("qt_spinbox_lineedit")) continue;
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                     widget->metaObject()->className());
        }
    }

    void controlsBreakIntoRows() {
        WrappingRow row;
        QList<QWidget*> groups;
        for (const int width : {100, 50, 60, 70}) {
            auto* group = new QLabel;
            group->setFixedSize(width, 20);
            row.add(group, width == 60);
            groups << group;
        }
        groups[3]->hide();
        const int gap = theme::space(3), below = theme::space(1);
        QCOMPARE(row.sizeHint(), QSize(210 + 2 * gap, 20));
        QCOMPARE(row.heightForWidth(210 + 2 * gap), 20);
        QCOMPARE(row.heightForWidth(209 + 2 * gap), 40 + below);
        QCOMPARE(row.heightForWidth(100), 60 + 2 * below);
        row.resize(170 + gap, 100);
        row.show();
        QCOMPARE(groups[1]->pos(), QPoint(100 + gap, 0));
        QCOMPARE(groups[2]->pos(), QPoint(0, 20 + below));
        QCOMPARE(row.rows(), 2);
        groups[3]->show();
        QTRY_COMPARE(groups[3]->pos().y(), 20 + below);
        QCOMPARE(row.rows(), 2);
    }

    void nothingIsCut_data() {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<double>("scale");
        QTest::addRow("small") << QSize(868, 680) << 1.0;
        QTest::addRow("large") << QSize(1500, 950) << 1.0;
        QTest::addRow("projector") << QSize(1500, 950) << 1.5;
        QTest::addRow("small projector") << QSize(868, 680) << 1.5;
    }
    void nothingIsCut() {
        QFETCH(QSize, size);
        QFETCH(double, scale);
        theme::apply(theme::Mode::light, scale);
        Bench bench(11);
        bench.tool.countBox()->setValue(16);
        bench.tool.resize(size);
        QCoreApplication::processEvents();
        QCOMPARE(bench.tool.size(), size);
        const QRect all = bench.tool.rect();
        for (QWidget* widget : bench.tool.findChildren<QWidget*>()) {
            if (!widget->isVisible() || widget->width() == 0) continue;
            QVERIFY2(all.contains(QRect(widget->mapTo(&bench.tool, QPoint()), widget->size())),
                     qPrintable(QStringLiteral("%1 %2").arg(widget->metaObject()->className(),
                                                            widget->accessibleName())));
        }
        auto* row = bench.tool.findChild<WrappingRow*>();
        for (QWidget* group : row->findChildren<QWidget*>(Qt::FindDirectChildrenOnly)) {
            QVERIFY(row->rect().contains(group->geometry()));
            QVERIFY(group->width() >= group->minimumSizeHint().width());
        }
        for (int k = 0; k < 16; ++k) {
            PictureGrid* picture = bench.tool.results()->picture(k);
            QVERIFY(bench.tool.results()->rect().contains(picture->geometry()));
            QVERIFY2(picture->width() >= side, qPrintable(QString::number(picture->width())));
        }
        theme::apply(theme::Mode::dark, 1.0);
    }
};

QTEST_MAIN(EncodeToolTest)
#include "encode_tool_test.moc"
