// Previews of a run that is being trained.
#include "support/preview_cases.h"

#include <QtTest>

using namespace ddpm;

class PreviewTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void the_net_that_stays_follows_the_weights_data();
    void the_net_that_stays_follows_the_weights();
};

void PreviewTest::the_net_that_stays_follows_the_weights_data() {
    QTest::addColumn<int>("precision");
    QTest::addRow("fp32") << static_cast<int>(Precision::fp32);
    QTest::addRow("bf16") << static_cast<int>(Precision::bf16);
}

void PreviewTest::the_net_that_stays_follows_the_weights() {
    QFETCH(int, precision);
    const auto pairs = test::drawn_in_turn(static_cast<Precision>(precision), torch::kCPU);
    for (const auto& [stays, anew] : pairs)
        QVERIFY(torch::equal(stays, anew));
    QVERIFY(!torch::allclose(pairs[0].first, pairs[1].first, 0.01, 0.01));
}

QTEST_GUILESS_MAIN(PreviewTest)
#include "test_preview.moc"
