// The window on the real engine, driven as a person does: train points, pause, step, sample, scrub, close.
#include "live_window.h"
#include "views/timeline.h"

#include <QComboBox>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include <filesystem>

using namespace ddpm;
using namespace ddpm::ui;

class LiveWindowTest : public QObject {
    Q_OBJECT

    std::unique_ptr<test::LiveWindow> live_;
    EngineBridge* bridge_ = nullptr; // of live_
    MainWindow* window_ = nullptr;   // of live_

    template <typename T>
    T* find(const char* name) const {
        for (T* found : window_->findChildren<T*>(QLatin1String(name)))
            if (found->isVisible()) return found;
        qFatal("no visible %s", name);
    }
    void click(const char* name) { QTest::mouseClick(find<QAbstractButton>(name), Qt::LeftButton); }
    // As the window system sends them: the focused widget gets the key.
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window_->windowHandle(), key, modifiers);
    }
    TrainingState state() const { return bridge_->training().state; }
    std::filesystem::path only_run() const {
        for (const auto& entry : std::filesystem::directory_iterator(live_->folder()))
            if (entry.is_directory()) return entry.path();
        return {};
    }

private Q_SLOTS:
    void initTestCase() {
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
        live_ = std::make_unique<test::LiveWindow>();
        bridge_ = live_->bridge();
        window_ = live_->window();
        QVERIFY(live_->show());
    }

    void points_are_chosen_and_train() {
        press(Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(window_->currentStage(), static_cast<int>(MainWindow::trainStage));
        auto* data = find<QComboBox>("data");
        data->setFocus();
        while (data->currentData().toInt() != static_cast<int>(DataKind::two_moons)) {
            const int before = data->currentIndex();
            press(Qt::Key_Down);
            QVERIFY(data->currentIndex() > before);
        }
        click("train");
        QTRY_COMPARE_WITH_TIMEOUT(state(), TrainingState::running, 60'000);
        QVERIFY(bridge_->run());
        QCOMPARE(bridge_->run()->settings.data.kind, DataKind::two_moons);
        QTRY_VERIFY_WITH_TIMEOUT(bridge_->metrics().size() > 20, 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(bridge_->frame() && !bridge_->frame()->samples.empty(), 60'000);
    }

    void pause_and_one_step() {
        click("pause");
        QTRY_COMPARE_WITH_TIMEOUT(state(), TrainingState::paused, 30'000);
        const auto step = bridge_->training().step;
        click("step");
        QTRY_COMPARE_WITH_TIMEOUT(bridge_->training().step, step + 1, 30'000);
        QCOMPARE(state(), TrainingState::paused);
    }

    void samples_while_it_trains() {
        click("train");
        QTRY_COMPARE_WITH_TIMEOUT(state(), TrainingState::running, 30'000);
        press(Qt::Key_3, Qt::ControlModifier);
        QCOMPARE(window_->currentStage(), static_cast<int>(MainWindow::denoiseStage));
        click("sample");
        QTRY_VERIFY_WITH_TIMEOUT(bridge_->chain().record && bridge_->chain().record->size() > 3, 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(bridge_->chain().phase, ChainPhase::finished, 120'000);
        QCOMPARE(state(), TrainingState::running);
        const auto record = bridge_->chain().record;
        const auto last = record->state(record->size() - 1);
        QCOMPARE(last->t, 0);
        QVERIFY(last->shape.is_points());
    }

    void scrubbing_goes_back() {
        Timeline* timeline = nullptr;
        for (Timeline* candidate : window_->findChildren<Timeline*>())
            if (candidate->isVisible()) timeline = candidate;
        QVERIFY(timeline && timeline->isVisible());
        press(Qt::Key_End);
        const int end = timeline->position();
        QCOMPARE(end, bridge_->chain().record->size() - 1);
        const QPoint centre = timeline->rect().center(), quarter(timeline->width() / 4, 0);
        QTest::mousePress(timeline, Qt::LeftButton, {}, centre);
        QTest::mouseMove(timeline, centre - quarter);
        QTest::mouseRelease(timeline, Qt::LeftButton, {}, centre - quarter);
        const int dragged = timeline->position();
        QVERIFY2(dragged > end / 5 && dragged < end / 3, qPrintable(QString::number(dragged)));
        press(Qt::Key_Right); // the timeline has the focus now
        QCOMPARE(timeline->position(), dragged + 1);
        press(Qt::Key_Home);
        QCOMPARE(timeline->position(), 0);
        press(Qt::Key_Escape); // out of the timeline: the keys are the stage's
        press(Qt::Key_End);
        QCOMPARE(timeline->position(), end);
        press(Qt::Key_Left);
        QCOMPARE(timeline->position(), end - 1);
    }

    void closing_saves_and_ends() {
        window_->close();
        QTRY_VERIFY(window_->findChild<QPushButton*>(QStringLiteral("saveAndQuit")));
        QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("saveAndQuit")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!window_->isVisible(), 30'000);
        const auto run = only_run();
        QVERIFY(!run.empty());
        int checkpoints = 0;
        for (const auto& entry : std::filesystem::directory_iterator(run / "checkpoints"))
            checkpoints += entry.path().extension() == ".safetensors";
        QVERIFY(checkpoints > 0);
        live_.reset();
    }
};

QTEST_MAIN(LiveWindowTest)
#include "test_live_window.moc"
