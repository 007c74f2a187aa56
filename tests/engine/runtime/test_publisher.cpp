// What observers hear, and when.
#include "runtime/publisher.h"

#include <QtTest>

#include <thread>

using namespace ddpm;
using namespace ddpm::runtime;

class PublisherTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void events_come_in_order_and_in_batches();
    void a_late_observer_hears_the_present_first();
    void nothing_is_heard_after_the_subscription_ends();
    void an_observer_may_leave_while_it_is_called();
};

namespace {
struct Collector final : Observer {
    void on_events(std::span<const Event> batch) override {
        ++batches;
        events.insert(events.end(), batch.begin(), batch.end());
        if (leave) subscription.reset();
    }
    int batches = 0;
    bool leave = false;
    std::vector<Event> events;
    std::unique_ptr<Subscription> subscription;
};
} // namespace

void PublisherTest::events_come_in_order_and_in_batches() {
    Publisher publisher;
    Collector collector;
    const auto subscription = publisher.subscribe(collector);
    for (int i = 0; i < 100; ++i)
        publisher.publish(Notice{std::to_string(i)});
    QCOMPARE(collector.events.size(), std::size_t{0});
    publisher.flush();
    QCOMPARE(collector.batches, 1);
    QCOMPARE(collector.events.size(), std::size_t{100});
    for (std::size_t i = 0; i < 100; ++i)
        QCOMPARE(std::get<Notice>(collector.events[i]).text, std::to_string(i));
    publisher.flush();
    QCOMPARE(collector.batches, 1);
}

void PublisherTest::a_late_observer_hears_the_present_first() {
    Publisher publisher;
    RunOpened run;
    run.step = 7;
    publisher.publish(run);
    publisher.publish(Metrics{{MetricPoint{1, 0.5, 1, 1, 1}}, true});
    publisher.publish(Metrics{{MetricPoint{2, 0.25, 1, 1, 1}}, false});
    publisher.publish(TrainingStateChanged{TrainingState::running, 2, 10});
    publisher.publish(Notice{"gone by"});
    publisher.flush();
    Collector late;
    auto subscription = publisher.subscribe(late);
    QCOMPARE(late.events.size(), std::size_t{3});
    QCOMPARE(std::get<RunOpened>(late.events[0]).step, std::int64_t{7});
    QCOMPARE(std::get<Metrics>(late.events[1]).points.size(), std::size_t{2});
    QVERIFY(std::get<TrainingStateChanged>(late.events[2]).state == TrainingState::running);
    publisher.publish(RunClosed{});
    publisher.flush();
    Collector later;
    auto another = publisher.subscribe(later);
    QCOMPARE(later.events.size(), std::size_t{1});
}

void PublisherTest::nothing_is_heard_after_the_subscription_ends() {
    Publisher publisher;
    std::jthread engine([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            publisher.publish(Notice{"tick"});
            publisher.flush();
        }
    });
    for (int i = 0; i < 200; ++i) {
        auto collector = std::make_unique<Collector>();
        auto subscription = publisher.subscribe(*collector);
        subscription.reset();
        const int heard = collector->batches;
        std::this_thread::yield();
        QCOMPARE(collector->batches, heard);
        collector.reset(); // a call into it from now on would be a use after free
    }
}

void PublisherTest::an_observer_may_leave_while_it_is_called() {
    Publisher publisher;
    Collector first, second;
    first.leave = true;
    first.subscription = publisher.subscribe(first);
    second.subscription = publisher.subscribe(second);
    for (int i = 0; i < 3; ++i) {
        publisher.publish(Notice{"x"});
        publisher.flush();
    }
    QCOMPARE(first.batches, 1);
    QCOMPARE(second.batches, 3);
}

QTEST_GUILESS_MAIN(PublisherTest)
#include "test_publisher.moc"
