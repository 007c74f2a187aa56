// Playing in both directions, the bar's buttons for it, the choice of how far a step goes, and the bar in
// little room.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/noise/noise_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/playhead.h"
#include "views/timeline.h"
#include "views/transport_bar.h"
#include "window/main_window.h"

#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

/// Collects where a playhead goes.
struct Track {
    explicit Track(Playhead& head) {
        QObject::connect(&head, &Playhead::moved, &head, [this](int position) { positions << position; });
    }
    bool falls() const { return std::is_sorted(positions.rbegin(), positions.rend()); }
    bool rises() const { return std::is_sorted(positions.begin(), positions.end()); }
    QList<int> positions;
};

void prepare(Playhead& head, int available, bool growing) {
    head.setRange(0, 100);
    head.setSpeed(40); // the whole in a quarter of a second
    head.setAvailable(available, growing);
}

/// A bar as a stage fills it, inside a parent that may be narrower than it would like.
struct Narrow {
    explicit Narrow(int width) {
        bar = new TransportBar(&parent);
        bar->setReadoutTemplate(QStringLiteral("t = 0000"));
        bar->setReadout(QStringLiteral("t = 1000"));
        bar->setEnds(QStringLiteral("noise"), Tone::forward, QStringLiteral("image"), Tone::reverse);
        bar->setSpeeds({QStringLiteral("¼×"), QStringLiteral("1×"), QStringLiteral("16×")}, {0.25, 1, 16}, 2);
        bar->setPhaseChoiceVisible(true);
        bar->setRange(0, 100);
        bar->setAvailable(100);
        bar->setPosition(50);
        bar->setPlayingBackwards(true);
        parent.resize(width, bar->sizeHint().height());
        bar->resize(parent.size());
        parent.show();
        if (!QTest::qWaitForWindowExposed(&parent)) qFatal("not exposed");
    }
    /// What is shown, from left to right.
    QList<QWidget*> shown() const {
        QList<QWidget*> found;
        for (QWidget* child : bar->findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
            if (child->isVisible()) found << child;
        std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->x() < b->x(); });
        return found;
    }
    QWidget parent;
    TransportBar* bar;
};

} // namespace

class TransportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { theme::apply(theme::Mode::dark, 1.0); }
    void cleanupTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void backwardsPlaysDownToTheStartAndStops() {
        Playhead head;
        prepare(head, 100, false);
        head.setPosition(80);
        Track track(head);
        QSignalSpy changed(&head, &Playhead::stateChanged);
        head.setDirection(true);
        head.play();
        QVERIFY(head.playing() && head.backwards());
        QTRY_VERIFY(!head.playing());
        QCOMPARE(head.position(), 0);
        QVERIFY(track.falls());
        QVERIFY(track.positions.size() > 3); // it went through the middle
        QVERIFY(track.positions.front() < 80);
        QCOMPARE(changed.count(), 3); // direction, playing, stopped
    }

    void backwardsTakesAsLongAsForwards() {
        Playhead head;
        prepare(head, 100, false);
        head.setPosition(100);
        head.setDirection(true);
        QElapsedTimer clock;
        clock.start();
        head.play();
        QTRY_VERIFY_WITH_TIMEOUT(!head.playing(), 30000);
        // Not sooner than it says; how much later is the machine's affair.
        QVERIFY2(clock.elapsed() >= 240, qPrintable(QString::number(clock.elapsed())));
    }

    void backwardsFromTheStartBeginsAtTheNewest() {
        Playhead head;
        prepare(head, 60, true);
        head.setPosition(0);
        head.setDirection(true);
        Track track(head);
        head.play();
        QCOMPARE(head.position(), 60);
        QVERIFY(head.playing() && !head.following());
        QTRY_COMPARE(head.position(), 0);
    }

    void backwardsLoopsOverTheNewest() {
        Playhead head;
        prepare(head, 70, false);
        head.setPosition(40);
        head.setLooping(true);
        head.setDirection(true);
        Track track(head);
        head.play();
        QTRY_VERIFY(track.positions.contains(0));
        QTRY_VERIFY(track.positions.contains(70));
        QVERIFY(track.positions.indexOf(70) == track.positions.indexOf(0) + 1);
        QVERIFY(head.playing() && head.backwards());
        track.positions.clear();
        QTRY_VERIFY(track.positions.contains(0)); // and down again
        head.pause();
    }

    void backwardsIsAReplayWhileMoreComes() {
        Playhead head;
        prepare(head, 50, true);
        head.follow();
        QVERIFY(head.following());
        head.setDirection(true);
        Track track(head);
        head.play();
        QVERIFY(!head.following());
        head.setAvailable(55, true); // the chain grows; the replay does not care
        QVERIFY(head.position() <= 50);
        QTRY_COMPARE(head.position(), 0);
        QVERIFY(track.falls());
        QTRY_VERIFY(!head.playing());
        head.setAvailable(60, true);
        QCOMPARE(head.position(), 0);
    }

    void turnsOnTheSpot() {
        Playhead head;
        prepare(head, 100, false);
        head.setSpeed(10);
        head.setPosition(20);
        Track track(head);
        head.play();
        QTRY_VERIFY(head.position() >= 30);
        QVERIFY(track.rises());
        const int turn = head.position();
        track.positions.clear();
        head.setDirection(true);
        QVERIFY(head.playing());
        QTRY_VERIFY(head.position() < turn - 5);
        QVERIFY(track.falls());
        QVERIFY(track.positions.front() >= turn - 20); // no jump
        head.pause();
    }

    void barAsksForBothDirections() {
        TransportBar bar;
        bar.setRange(0, 10);
        bar.setAvailable(10);
        bar.resize(1000, 56);
        bar.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bar));
        QSignalSpy play(&bar, &TransportBar::playRequested), pause(&bar, &TransportBar::pauseRequested),
            backwards(&bar, &TransportBar::playBackwardsRequested);
        QVERIFY(bar.playBackwardsButton()->geometry().right() < bar.playButton()->x());
        QVERIFY(bar.playBackwardsButton()->x() > bar.backButton()->x());
        QTest::mouseClick(bar.playBackwardsButton(), Qt::LeftButton);
        QCOMPARE(backwards.count(), 1);
        const QImage before = bar.playBackwardsButton()->grab().toImage();
        bar.setPlayingBackwards(true);
        QCOMPARE(backwards.count(), 1);
        QVERIFY(bar.playBackwardsButton()->grab().toImage() != before); // pause is on it
        QVERIFY(bar.playBackwardsButton()->toolTip().startsWith(QStringLiteral("Pause")));
        QTest::mouseClick(bar.playBackwardsButton(), Qt::LeftButton);
        QCOMPARE(pause.count(), 1);
        QTest::mouseClick(bar.playButton(), Qt::LeftButton); // the other direction is not playing
        QCOMPARE(play.count(), 1);
        bar.setPlayingBackwards(false);
        QCOMPARE(bar.playBackwardsButton()->grab().toImage(), before);
        bar.setControlsEnabled(false);
        QVERIFY(!bar.playBackwardsButton()->isEnabled());
    }

    void theArrowsAreMirrored() {
        const QImage forwards = theme::icon(QStringLiteral("play"), Qt::white).pixmap(48, 48).toImage();
        const QImage backwards = theme::icon(QStringLiteral("play-backwards"), Qt::white)
                                     .pixmap(48, 48)
                                     .toImage()
                                     .mirrored(true, false);
        qint64 difference = 0, ink = 0;
        for (int y = 0; y < 48; ++y)
            for (int x = 0; x < 48; ++x) {
                const int a = qAlpha(forwards.pixel(x, y)), b = qAlpha(backwards.pixel(x, y));
                difference += std::abs(a - b);
                ink += a;
            }
        QVERIFY(ink > 48 * 255);
        QVERIFY2(difference < ink / 50, qPrintable(QString::number(difference)));
    }

    void stepsByPhaseOnlyWhereOffered() {
        TransportBar bar;
        bar.resize(1200, 56);
        bar.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bar));
        QSignalSpy changed(&bar, &TransportBar::phaseSteppingChanged);
        QVERIFY(!bar.stepBox()->isVisible() && !bar.phaseStepping());
        bar.setPhaseChoiceVisible(true);
        QVERIFY(bar.stepBox()->isVisible() && !bar.phaseStepping());
        QCOMPARE(changed.count(), 0);
        QTest::keyClick(bar.stepBox(), Qt::Key_Down);
        QVERIFY(bar.phaseStepping());
        QCOMPARE(changed.takeFirst().at(0).toBool(), true);
        bar.setPhaseChoiceVisible(false); // what is not offered is not in force
        QVERIFY(!bar.phaseStepping());
        QCOMPARE(changed.takeFirst().at(0).toBool(), false);
    }

    void nothingIsCutInLittleRoom_data() {
        QTest::addColumn<double>("scale");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("ends");
        QTest::addColumn<bool>("jumps");
        QTest::addRow("1280 at 100 %%") << 1.0 << 1280 << true << true;
        QTest::addRow("1024 at 100 %%") << 1.0 << 1024 << true << true;
        QTest::addRow("1280 at 150 %%") << 1.5 << 1280 << false << true;
        QTest::addRow("1024 at 150 %%") << 1.5 << 1024 << false << true;
        QTest::addRow("1024 at 200 %%") << 2.0 << 1024 << false << false;
    }

    void nothingIsCutInLittleRoom() {
        QFETCH(double, scale);
        QFETCH(int, width);
        QFETCH(bool, ends);
        QFETCH(bool, jumps);
        theme::apply(theme::Mode::dark, scale);
        Narrow narrow(width);
        const QList<QWidget*> shown = narrow.shown();
        QVERIFY2(narrow.bar->minimumSizeHint().width() <= width,
                 qPrintable(QString::number(narrow.bar->minimumSizeHint().width())));
        int right = 0;
        for (QWidget* each : shown) {
            QVERIFY2(each->x() >= right, qPrintable(each->objectName() + each->metaObject()->className()));
            right = each->x() + each->width();
            // The timeline gives way, and a label may have room to spare; nothing else is less than it needs.
            if (auto* button = qobject_cast<QToolButton*>(each))
                QVERIFY(each->width() >=
                        button->iconSize().width() + 2 * qRound(6 * scale + 2)); // its padding
            else if (each != narrow.bar->timeline() && each != narrow.bar->stepBox())
                QVERIFY2(each->width() >= each->minimumSizeHint().width(),
                         qPrintable(each->objectName() + each->metaObject()->className()));
            QVERIFY(each->y() >= 0 && each->geometry().bottom() < narrow.bar->height());
        }
        QVERIFY2(right <= width, qPrintable(QString::number(right)));
        QVERIFY(narrow.bar->timeline()->width() >= theme::space(16));
        QVERIFY(narrow.bar->stepBox()->width() >= narrow.bar->stepBox()->sizeHint().width());
        QCOMPARE(narrow.bar->startButton()->isVisible(), jumps);
        QCOMPARE(narrow.bar->endButton()->isVisible(), jumps);
        const auto labels = narrow.bar->findChildren<QLabel*>();
        const bool hasEnds = std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->isVisible() && label->text() == QStringLiteral("image");
        });
        QCOMPARE(hasEnds, ends);
        // What was left out comes back with the room.
        narrow.bar->resize(2200, narrow.bar->height());
        QCOMPARE(narrow.shown().size(), 13);
    }

    void denoisePlaysBackwards() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        DenoiseStage stage(bridge);
        stage.resize(960, 680);
        stage.show();
        stage.transport()->resize(1000, 56);
        stage.transport()->show();
        TransportBar* bar = stage.bar();
        stage.playBackwards(); // there is nothing yet
        QVERIFY(!bar->playingBackwards());
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        auto record = test::chain_record(4, 50, 1000, false, 31);
        engine.emit(Event{ChainChanged{ChainPhase::running, record}});
        QTRY_COMPARE(stage.stateIndex(), 30);
        QVERIFY(bar->playing() && !bar->playingBackwards());
        bar->speedBox()->setCurrentIndex(bar->speedBox()->count() - 1);
        QCOMPARE(bar->speed(), 16.0);
        engine.forget_commands();
        QTest::mouseClick(bar->playBackwardsButton(), Qt::LeftButton);
        QVERIFY(bar->playingBackwards() && !bar->playing());
        QTRY_COMPARE(stage.stateIndex(), 0);
        QTRY_VERIFY(!bar->playingBackwards());
        QVERIFY(engine.commands().empty()); // the chain itself went on, undisturbed
        QTest::mouseClick(bar->playBackwardsButton(), Qt::LeftButton);
        QVERIFY(bar->playingBackwards());
        QTest::mouseClick(bar->playBackwardsButton(), Qt::LeftButton);
        QVERIFY(!bar->playingBackwards() && !bar->playing());
        // The other direction's button turns.
        QTest::mouseClick(bar->playBackwardsButton(), Qt::LeftButton);
        QTest::mouseClick(bar->playButton(), Qt::LeftButton);
        QVERIFY(bar->playing() && !bar->playingBackwards());
    }

    void noisePlaysBackwards() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        NoiseStage stage(bridge);
        engine.on_submit([&engine](const Command& command) {
            if (const auto* data = std::get_if<OpenData>(&command)) {
                DataOpened opened = test::data_opened(data->settings.kind, data->thumbnails);
                opened.id = data->id;
                engine.emit(Event{opened});
            } else if (const auto* run = std::get_if<RunForward>(&command)) {
                engine.emit(Event{ForwardReady{test::forward_record(100, false, run->id)}});
            }
        });
        stage.resize(960, 680);
        stage.show();
        stage.transport()->resize(1000, 56);
        stage.transport()->show();
        QTRY_COMPARE(stage.t(), 25);
        TransportBar* bar = stage.bar();
        bar->speedBox()->setCurrentIndex(bar->speedBox()->count() - 1);
        QCOMPARE(bar->speed(), 16.0);
        QTest::mouseClick(bar->playBackwardsButton(), Qt::LeftButton);
        QVERIFY(bar->playingBackwards() && !bar->playing());
        QTRY_COMPARE(stage.t(), 0);
        QTRY_VERIFY(!bar->playingBackwards());
        stage.playBackwards(); // from the start: from the end again
        QCOMPARE(stage.t(), 100);
        stage.playPause(); // Space pauses, whatever the direction
        QVERIFY(!bar->playingBackwards() && !bar->playing());
        stage.playPause(); // and then plays forwards, from the end: from the start
        QVERIFY(bar->playing());
        stage.playPause();
    }

    void shiftSpacePlaysBackwards() {
        QTemporaryDir folder;
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        MainWindow window(bridge, options);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.goToStage(MainWindow::denoiseStage);
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        engine.emit(Event{ChainChanged{ChainPhase::finished, test::chain_record(4, 50, 1000)}});
        auto* stage = window.findChild<DenoiseStage*>();
        QTRY_COMPARE(stage->stateIndex(), 50);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space, Qt::ShiftModifier);
        QVERIFY(stage->bar()->playingBackwards());
        QTRY_VERIFY(stage->stateIndex() < 50);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space, Qt::ShiftModifier);
        QVERIFY(!stage->bar()->playingBackwards());
    }
};

QTEST_MAIN(TransportTest)
#include "transport_test.moc"
