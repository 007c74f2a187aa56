// The thread boundary: order, batching, the display lane, and what is known to a stage that is made late.
#include "bridge/engine_bridge.h"
#include "support/fake_engine.h"
#include "support/plausible.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <atomic>
#include <thread>

using namespace ddpm;
using namespace ddpm::ui;

class BridgeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tellsTheStateThereIsFirst();
    void keepsTheOrderAcrossKinds();
    void mergesNeighbouringMetricsAndLosesNone();
    void deliversFromAnotherThreadOnTheGuiThread();
    void aDialogInASlotKeepsTheOrder();
    void looksAtFramesOnlyWhileARunIsOpen();
    void saysHowAChainGrows();
    void eventsAfterItsEndAreHarmless();
};

void BridgeTest::tellsTheStateThereIsFirst() {
    test::FakeEngine engine;
    engine.emit(Event{test::run_opened(40)});
    EngineBridge bridge(engine);
    QSignalSpy opened(&bridge, &EngineBridge::runOpened);
    QVERIFY(opened.wait(1000));
    QCOMPARE(bridge.device().name, std::string("CPU"));
    QVERIFY(bridge.run());
    QCOMPARE(bridge.run()->step, 40);
    engine.emit(Event{RunClosed{}});
    QTRY_VERIFY(!bridge.run());
}

void BridgeTest::keepsTheOrderAcrossKinds() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    QStringList heard;
    connect(&bridge, &EngineBridge::noticed, this,
            [&](const Notice& n) { heard << QString::fromStdString(n.text); });
    connect(&bridge, &EngineBridge::metricsArrived, this,
            [&](const Metrics& m) { heard << QStringLiteral("m%1").arg(m.points.size()); });
    connect(&bridge, &EngineBridge::failed, this,
            [&](const Failed& f) { heard << QString::fromStdString(f.error.what); });
    engine.emit(
        {Notice{"a"}, Metrics{test::metric_points(1, 2), false}, Failed{Activity::data, {"b", "", ""}}});
    engine.emit({Metrics{test::metric_points(3, 1), false}, Notice{"c"}});
    QTRY_COMPARE(heard, QStringList({"a", "m2", "b", "m1", "c"}));
}

void BridgeTest::mergesNeighbouringMetricsAndLosesNone() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    QSignalSpy signalsSeen(&bridge, &EngineBridge::metricsArrived);
    for (int i = 0; i < 500; ++i)
        engine.emit(Event{Metrics{test::metric_points(1 + i * 4, 4), false}});
    QTRY_COMPARE(bridge.metrics().size(), 2000U);
    QVERIFY2(signalsSeen.size() <= 2, qPrintable(QString::number(signalsSeen.size())));
    for (std::size_t i = 0; i < 2000; ++i)
        QCOMPARE(bridge.metrics()[i].step, static_cast<std::int64_t>(i + 1));
    engine.emit(Event{Metrics{test::metric_points(1, 3), true}});
    QTRY_COMPARE(bridge.metrics().size(), 3U);
}

void BridgeTest::deliversFromAnotherThreadOnTheGuiThread() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    int wrongThread = 0, next = 0, disorder = 0;
    connect(&bridge, &EngineBridge::noticed, this, [&](const Notice& notice) {
        if (QThread::currentThread() != thread()) ++wrongThread;
        if (std::stoi(notice.text) != next++) ++disorder;
    });
    std::thread worker([&] {
        for (int i = 0; i < 2000; ++i)
            engine.emit(Event{Notice{std::to_string(i)}});
    });
    QTRY_COMPARE(next, 2000);
    worker.join();
    QCOMPARE(wrongThread, 0);
    QCOMPARE(disorder, 0);
}

void BridgeTest::aDialogInASlotKeepsTheOrder() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    QStringList heard;
    connect(&bridge, &EngineBridge::noticed, this, [&](const Notice& notice) {
        heard << QString::fromStdString(notice.text);
        if (notice.text != "1") return;
        engine.emit(Event{Notice{"3"}});
        QEventLoop loop; // what a modal dialog does
        QTimer::singleShot(50, &loop, &QEventLoop::quit);
        loop.exec();
    });
    engine.emit({Notice{"1"}, Notice{"2"}});
    QTRY_COMPARE(heard.size(), 3);
    QCOMPARE(heard, QStringList({"1", "2", "3"}));
}

void BridgeTest::looksAtFramesOnlyWhileARunIsOpen() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    QSignalSpy frames(&bridge, &EngineBridge::trainingFrameChanged);
    engine.set_frame(test::training_frame(1, 10));
    QTest::qWait(150);
    QCOMPARE(frames.size(), 0);
    engine.emit({test::run_opened(), TrainingStateChanged{TrainingState::running, 0, 100}});
    QTRY_COMPARE(frames.size(), 1);
    QTest::qWait(100);
    QCOMPARE(frames.size(), 1); // the same sequence number is not told twice
    engine.set_frame(test::training_frame(2, 20));
    QTRY_COMPARE(frames.size(), 2);
    QCOMPARE(bridge.frame()->step, 20);
}

void BridgeTest::saysHowAChainGrows() {
    test::FakeEngine engine;
    EngineBridge bridge(engine);
    QSignalSpy grew(&bridge, &EngineBridge::chainGrew);
    auto record = test::chain_record(2, 10, 10, false, 3);
    engine.emit(Event{ChainChanged{ChainPhase::running, record}});
    QTRY_COMPARE(grew.size(), 1);
    QCOMPARE(grew.last().first().toInt(), 3);
    record->append(test::chain_state(*record, 3, 2));
    QTRY_COMPARE(grew.size(), 2);
    QCOMPARE(grew.last().first().toInt(), 4);
}

void BridgeTest::eventsAfterItsEndAreHarmless() {
    test::FakeEngine engine;
    std::atomic<bool> stop = false;
    std::thread worker([&] {
        while (!stop)
            engine.emit(Event{Notice{"x"}});
    });
    for (int i = 0; i < 50; ++i) {
        EngineBridge bridge(engine);
        QCoreApplication::processEvents();
    }
    stop = true;
    worker.join();
    QCoreApplication::processEvents();
    EngineBridge last(engine);
    QSignalSpy noticed(&last, &EngineBridge::noticed);
    engine.emit(Event{Notice{"y"}});
    QVERIFY(noticed.wait(1000));
}

QTEST_GUILESS_MAIN(BridgeTest)
#include "test_bridge.moc"
