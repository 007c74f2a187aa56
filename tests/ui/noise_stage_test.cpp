// The Noise stage against an engine that answers like one: what is asked, what is shown, and dragging t.
#include "noise_bench.h"
#include "stages/noise/forward_panes.h"
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/filmstrip.h"
#include "views/histogram_view.h"
#include "views/plot_menu.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

using Bench = test::NoiseBench;

constexpr int T = 100; // a tenth of the thousand that is asked for, so that the records are small

} // namespace

class NoiseStageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void firstShowOpensTheDigits() {
        Bench bench;
        QCOMPARE(bench.engine.count<OpenData>(), 1);
        QCOMPARE(bench.engine.last<OpenData>()->settings.kind, DataKind::mnist);
        QCOMPARE(bench.engine.last<OpenData>()->only_label, -1);
        const auto run = bench.engine.last<RunForward>();
        QVERIFY(run && run->schedule == ScheduleSettings{} && run->file.empty());
        QCOMPARE(bench.stage.t(), T / 4); // where picture and noise are both to be seen
        QCOMPARE(bench.readout(), QStringLiteral("t = 25"));
        QCOMPARE(bench.stage.panes()->picture(1)->count(), 1);
        bench.stage.hide();
        bench.stage.show();
        QCOMPARE(bench.engine.count<OpenData>(), 1);
    }

    void beforeTheDataIsThereNothingIsBroken() {
        Bench bench(false);
        QVERIFY(!bench.stage.bar()->playButton()->isEnabled());
        bench.stage.playPause();
        bench.stage.stepForward();
        bench.stage.goToEnd();
        QCOMPARE(bench.stage.t(), 0);
        QVERIFY(!bench.stage.grab().isNull());
    }

    void thePlotsCanBeTakenAway() {
        Bench silent(false);
        QVERIFY(!silent.stage.canExport());
        QVERIFY(silent.stage.exportActions().isEmpty());

        Bench bench;
        QVERIFY(bench.stage.canExport());
        QStringList texts;
        for (const QAction* action : bench.stage.exportActions())
            texts << action->text();
        // What is on show first, as one reads it; then the plots of the other views.
        QCOMPARE(texts.mid(0, 3),
                 QStringList({"Plot: Schedule…", "Plot: Signal to noise…", "Plot: Values of x at t = 25…"}));
        QCOMPARE(texts.size(), 5);
        QVERIFY(texts.contains("Plot: Shares in the mean…") && texts.contains("Plot: ᾱ of each schedule…"));
        const auto columns = bench.stage.levels()->numbers();
        QCOMPARE(columns.size(), std::size_t{3});
        QCOMPARE(columns[0].name, std::string("t"));
        QCOMPARE(columns[1].name, std::string("alpha_bar"));
        QCOMPARE(columns[1].values.size(), static_cast<std::size_t>(T + 1));
        QCOMPARE(columns[2].name, std::string("beta"));
        QVERIFY(!columns[2].values[0]);
        QCOMPARE(bench.stage.snr()->numbers().back().name, std::string("snr"));
        QCOMPARE(bench.stage.histogram()->numbers()[2].name, std::string("jump_density"));
        QCOMPARE(bench.stage.histogram()->numbers()[3].name, std::string("steps_density"));

        // What is said by a plot reaches the window by way of the stage.
        const QSignalSpy said(&bench.stage, &Stage::statusMessage);
        const QSignalSpy failed(&bench.stage, &Stage::problemArose);
        for (QAction* action : plotActions(*bench.stage.snr()))
            if (action->objectName() == QLatin1String("copyPlotNumbers")) action->trigger();
        QCOMPARE(said.count(), 1);
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("t,snr\n1,")));
        bench.stage.snr()->findChild<PlotMenu*>()->saveTo(QStringLiteral("/no/such/folder/snr.pdf"));
        QCOMPARE(failed.count(), 1);
    }

    void draggingTMovesEverything() {
        Bench bench;
        Timeline* line = bench.stage.bar()->timeline();
        const int y = line->height() / 2;
        QTest::mousePress(line, Qt::LeftButton, {}, {line->xOf(60), y});
        QTest::mouseMove(line, {line->xOf(80), y});
        QTest::mouseRelease(line, Qt::LeftButton, {}, {line->xOf(80), y});
        QCOMPARE(bench.stage.t(), 80);
        QCOMPARE(bench.stage.levels()->cursorPosition(), 80);
        QCOMPARE(bench.stage.snr()->cursorPosition(), 80);
        const auto strip = bench.stage.filmstrip()->positions();
        QVERIFY(std::find(strip.begin(), strip.end(), 80) != strip.end());
        const QPoint at(static_cast<int>(bench.stage.snr()->xOf(30)), bench.stage.snr()->height() / 2);
        QTest::mouseClick(bench.stage.snr(), Qt::LeftButton, {}, at); // the cursor of a curve does the same
        QVERIFY(std::abs(bench.stage.t() - 30) <= 1);
        QTest::mouseClick(bench.stage.filmstrip(), Qt::LeftButton, {},
                          bench.stage.filmstrip()->thumbnailRect(0).center());
        QCOMPARE(bench.stage.t(), 0);
    }

    void thePicturesAreThoseOfTheRecord() {
        Bench bench;
        bench.stage.goToStart();
        // At t = 0 all three panes hold x_0, at T hardly anything of it is left.
        const auto pixels = [&](int pane) {
            PictureGrid* grid = bench.stage.panes()->picture(pane);
            return grid->grab(grid->pictureRect(0)).toImage();
        };
        QCOMPARE(pixels(1), pixels(0));
        QCOMPARE(pixels(2), pixels(0));
        bench.stage.goToEnd();
        QCOMPARE(bench.stage.t(), T);
        QVERIFY(pixels(1) != pixels(0));
        QVERIFY(pixels(1) != pixels(2));
    }

    void theHistogramMeasuresBothWays() {
        Bench bench;
        bench.stage.goToEnd();
        // x_T is N(0, 1) whichever way it came about: 784 values, so a standard error of 0.036.
        for (int series = 0; series < 2; ++series) {
            QVERIFY(std::abs(bench.stage.histogram()->mean(series)) < 0.15);
            QVERIFY(std::abs(bench.stage.histogram()->deviation(series) - 1) < 0.12);
        }
        bench.stage.goToStart();
        QCOMPARE(bench.stage.histogram()->mean(0), bench.stage.histogram()->mean(1));
        QVERIFY(bench.stage.histogram()->mean(0) < -0.3); // digits are mostly ground
    }

    void playingMeltsThePicture() {
        Bench bench;
        bench.stage.bar()->speedBox()->setCurrentIndex(4);
        bench.stage.goToStart();
        bench.click(bench.stage.bar()->playButton());
        QVERIFY(bench.stage.bar()->playing());
        QTRY_VERIFY(bench.stage.t() > 20);
        bench.click(bench.stage.bar()->playButton());
        const int held = bench.stage.t();
        QTest::qWait(100);
        QCOMPARE(bench.stage.t(), held);
        bench.stage.stepBack();
        QCOMPARE(bench.stage.t(), held - 1);
        bench.stage.stepForward();
        QCOMPARE(bench.stage.t(), held);
    }

    void aThumbnailIsNoised() {
        Bench bench;
        PictureGrid* grid = bench.stage.form()->thumbnails();
        QTest::mouseClick(grid, Qt::LeftButton, {}, grid->pictureRect(5).center());
        bench.settle();
        QCOMPARE(bench.engine.last<RunForward>()->index, 5 * 37); // the index that came with the thumbnail
        QCOMPARE(grid->selected(), 5);
    }

    void classesFilter() {
        Bench bench;
        QComboBox* box = bench.stage.form()->classBox();
        QCOMPARE(box->count(), 11);
        bench.choose(box, 4);
        QCOMPARE(bench.engine.last<OpenData>()->only_label, 3);
        bench.click(bench.stage.form()->randomButton());
        QCOMPARE(bench.engine.last<OpenData>()->only_label, 3);
        QCOMPARE(bench.engine.count<OpenData>(), 3);
        QCOMPARE(bench.engine.count<RunForward>(), 3);
    }

    void randomDrawsOthers() {
        Bench bench;
        bench.click(bench.stage.form()->randomButton());
        const auto first = bench.engine.last<OpenData>()->shuffle;
        bench.click(bench.stage.form()->randomButton());
        QVERIFY(bench.engine.last<OpenData>()->shuffle != first);
    }

    void aPictureFileIsNoised() { // as the window hands it over when it is dropped
        Bench bench;
        bench.stage.openPicture(QStringLiteral("/pictures/고양이 1.png"));
        bench.settle();
        QCOMPARE(QString::fromStdString(bench.engine.last<RunForward>()->file.string()),
                 QStringLiteral("/pictures/고양이 1.png"));
        QCOMPARE(bench.stage.form()->thumbnails()->selected(), -1);
        // The next picture of the set is not the file any more.
        PictureGrid* grid = bench.stage.form()->thumbnails();
        QTest::mouseClick(grid, Qt::LeftButton, {}, grid->pictureRect(2).center());
        QVERIFY(bench.engine.last<RunForward>()->file.empty());
    }

    void theScheduleIsADraftUntilApplied() {
        Bench bench;
        NoiseForm* form = bench.stage.form();
        const int before = bench.engine.count<RunForward>();
        QVERIFY(!form->applyButton()->isEnabled() && !form->revertButton()->isEnabled());
        form->scheduleBox()->setCurrentIndex(1);
        form->stepsBox()->setValue(500);
        QVERIFY(!form->betaStartBox()->isEnabled()); // the cosine has no beta to set
        bench.settle();
        QCOMPARE(bench.engine.count<RunForward>(), before);
        bench.click(form->revertButton());
        QVERIFY(form->draft() == ScheduleSettings{});
        form->stepsBox()->setValue(500);
        bench.click(form->applyButton());
        QCOMPARE(bench.engine.last<RunForward>()->schedule.timesteps, 500);
        QVERIFY(!form->applyButton()->isEnabled());
        QCOMPARE(bench.stage.bar()->timeline()->last(), 50);
        QVERIFY(std::abs(bench.stage.t() - 12) <= 1); // the same place on the way
    }

    void animpossibleScheduleCannotBeApplied() {
        Bench bench;
        NoiseForm* form = bench.stage.form();
        form->betaStartBox()->setValue(0.5);
        form->betaEndBox()->setValue(0.0);
        QVERIFY(!form->draft().check().empty());
        QVERIFY(!form->applyButton()->isEnabled());
        QVERIFY(form->revertButton()->isEnabled());
    }

    void newNoiseIsAnotherSeed() {
        Bench bench;
        const auto before = bench.engine.last<RunForward>()->seed;
        bench.click(bench.stage.form()->newNoiseButton());
        QVERIFY(bench.engine.last<RunForward>()->seed != before);
    }

    void anOvertakenAnswerIsNotShown() {
        Bench bench;
        const QString title = bench.stage.panes()->title();
        auto late = std::make_shared<ForwardRecord>(*test::forward_record(30, false, 1));
        late->title = "late";
        bench.click(bench.stage.form()->newNoiseButton()); // the question after it
        bench.engine.emit(ForwardReady{late});
        bench.settle();
        QCOMPARE(bench.stage.panes()->title(), title);
    }

    void pointsMelt() {
        Bench bench;
        bench.choose(bench.stage.form()->dataBox(), 2);
        QCOMPARE(bench.engine.last<OpenData>()->settings.kind, DataKind::two_moons);
        QTRY_VERIFY(bench.stage.panes()->cloud(1)->isVisible());
        QVERIFY(!bench.stage.panes()->picture(1)->isVisible());
        QCOMPARE(bench.stage.panes()->cloud(2)->count(), 2000);
        QVERIFY(!bench.stage.form()->classBox()->isVisible() &&
                !bench.stage.form()->thumbnails()->isVisible());
    }

    void aTextBecomesPoints() {
        Bench bench;
        NoiseForm* form = bench.stage.form();
        QVERIFY(!form->textEdit()->isVisible());
        bench.choose(form->dataBox(), form->dataBox()->findData(static_cast<int>(DataKind::drawing)));
        QVERIFY(form->textEdit()->isVisible());
        form->textEdit()->setFocus();
        form->textEdit()->selectAll();
        QTest::keyClicks(form->textEdit(), QStringLiteral("Hi"));
        QTest::keyClick(form->textEdit(), Qt::Key_Return);
        bench.settle();
        QCOMPARE(QString::fromStdString(bench.engine.last<OpenData>()->settings.text), QStringLiteral("Hi"));
        bench.stage.openPicture(QStringLiteral("/pictures/logo.png"));
        bench.settle(); // here a picture becomes points too
        QCOMPARE(bench.engine.last<OpenData>()->settings.picture,
                 std::filesystem::path("/pictures/logo.png"));
    }

    void aFailureIsSaidAndTheLastPictureStays() {
        Bench bench;
        const Error error{"it is not a picture", "a.png", "choose a PNG or JPEG"};
        bench.engine.emit(Failed{Activity::data, error}); // of a training's data, say
        bench.settle();
        QVERIFY(bench.stage.form()->problem().isEmpty());
        bench.engine.emit(Failed{Activity::data, error, bench.engine.last<RunForward>()->id});
        bench.settle();
        QVERIFY(bench.stage.form()->problem().contains(QStringLiteral("not a picture")));
        QVERIFY(bench.stage.form()->problem().contains(QStringLiteral("choose")));
        QCOMPARE(bench.stage.panes()->picture(1)->count(), 1);
        bench.click(bench.stage.form()->newNoiseButton());
        QVERIFY(bench.stage.form()->problem().isEmpty());
    }
};

QTEST_MAIN(NoiseStageTest)
#include "noise_stage_test.moc"
