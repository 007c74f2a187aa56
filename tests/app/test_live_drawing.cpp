// A point set from the mouse to the samples: drawn in the real window, trained by the real engine, denoised.
#include "live_window.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/point_tools.h"
#include "stages/train/train_stage.h"
#include "views/point_cloud_view.h"
#include "views/point_distance.h"
#include "views/sketch_dialog.h"
#include "views/sketch_field.h"
#include "views/sketch_pad.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include <cmath>
#include <numbers>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr double radius = 0.7;

/// What the circle's data are, drawn anew: on the circle, off it as far as the pen spreads.
PointCloud ideal() {
    std::mt19937 generator(5);
    std::uniform_real_distribution<double> angle(0, 2 * std::numbers::pi);
    std::normal_distribution<double> off(0, DataSettings::pen_radius);
    PointCloud cloud;
    for (int i = 0; i < 2000; ++i) {
        const double a = angle(generator);
        cloud.xy.push_back(static_cast<float>(radius * std::cos(a) + off(generator)));
        cloud.xy.push_back(static_cast<float>(radius * std::sin(a) + off(generator)));
    }
    return cloud;
}

} // namespace

class LiveDrawingTest : public QObject {
    Q_OBJECT

    std::unique_ptr<test::LiveWindow> live_;
    EngineBridge* bridge_ = nullptr; // of live_
    MainWindow* window_ = nullptr;   // of live_

private Q_SLOTS:
    void initTestCase() {
        live_ = std::make_unique<test::LiveWindow>();
        bridge_ = live_->bridge();
        window_ = live_->window();
        QVERIFY(live_->show());
    }

    void a_circle_is_drawn() {
        window_->goToStage(MainWindow::trainStage);
        auto* train = window_->findChild<TrainStage*>();
        auto* field = window_->findChild<TrainStage*>()->inspector()->findChild<SketchField*>();
        QTest::mouseClick(field->drawButton(), Qt::LeftButton);
        auto* dialog = field->findChild<SketchDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        SketchPad& pad = *dialog->pad();
        const auto place = [&](int i) {
            const double angle = 2 * std::numbers::pi * i / 90;
            return pad.toWidget({radius * std::cos(angle), radius * std::sin(angle)});
        };
        QTest::mousePress(&pad, Qt::LeftButton, {}, place(0).toPoint());
        for (int i = 1; i <= 90; ++i) {
            QMouseEvent move(QEvent::MouseMove, place(i), pad.mapToGlobal(place(i)), Qt::NoButton,
                             Qt::LeftButton, {});
            QCoreApplication::sendEvent(&pad, &move);
        }
        QTest::mouseRelease(&pad, Qt::LeftButton, {}, place(90).toPoint());
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("accept")), Qt::LeftButton);
        QVERIFY(train->draft().data.sketch.size() > 2 * 400);
        QVERIFY(train->canStart());
    }

    void its_points_are_learnt_in_seconds() {
        const CloudDistance fromIdeal(ideal());
        QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("start")), Qt::LeftButton);
        QElapsedTimer clock;
        clock.start();
        double apart = 10;
        std::int64_t step = 0;
        const auto near = [&] {
            const auto frame = bridge_->frame();
            if (!frame || frame->samples.points.empty()) return false;
            step = frame->step;
            apart = fromIdeal.to(frame->samples.points);
            return apart < 0.08; // a tenth of what noise is away
        };
        // A person waits ten seconds; a machine that does much else besides may take longer.
        QTRY_VERIFY_WITH_TIMEOUT(near(), 120'000);
        qInfo("%.1f s to step %lld: %.3f apart, two draws are %.3f apart",
              0.001 * static_cast<double>(clock.elapsed()), static_cast<long long>(step), apart,
              fromIdeal.ownSpread());
        QVERIFY(fromIdeal.to(PointCloud{{0, 0}}) > 0.4); // the number says something
        const auto frame = bridge_->frame();
        for (const float value : frame->samples.points.xy)
            QVERIFY(std::isfinite(value));
        QTest::mouseClick(window_->findChild<QToolButton*>(QStringLiteral("pause")), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(bridge_->training().state, TrainingState::paused, 30'000);
    }

    void denoising_shows_arrows_that_lead_to_it() {
        window_->goToStage(MainWindow::denoiseStage);
        auto* stage = window_->findChild<DenoiseStage*>();
        stage->sample();
        const auto finished = [&] { return bridge_->chain().phase == ChainPhase::finished; };
        QTRY_VERIFY_WITH_TIMEOUT(bridge_->chain().record && finished(), 60'000);
        PointTools& tools = *stage->pointTools();
        QTRY_VERIFY(tools.isVisible());
        QTRY_VERIFY(tools.distanceLabel()->isVisible());
        stage->goToEnd();
        QTRY_COMPARE(tools.t(), 0);
        const double end = tools.distanceLabel()->text().toDouble();
        stage->goToStart();
        QTRY_VERIFY(tools.distanceLabel()->text().toDouble() > 3 * end);
        // Late on the way the field leads to the circle: outwards inside of it, inwards outside.
        const auto record = bridge_->chain().record;
        int index = 0;
        while (record->schedule().alpha_bar_at(record->state(index)->t) < 0.97)
            ++index;
        while (stage->stateIndex() < index)
            stage->stepForward();
        PointCloudView& cloud = *stage->panes()->cloud(0);
        const auto known = [&] { return !cloud.field().empty() && tools.t() == record->state(index)->t; };
        QTRY_VERIFY_WITH_TIMEOUT(known(), 10'000);
        QTest::qWait(200); // the answer to the newest t
        const ScoreField& field = cloud.field();
        int right = 0, asked = 0;
        for (int i = 0; i < field.count(); ++i) {
            const double x = field.place(i % field.side), y = field.place(i / field.side),
                         r = std::hypot(x, y);
            if (r < 0.3 || r > 1.3 || std::abs(r - radius) < 0.2) continue; // where it is clear
            const auto k = static_cast<std::size_t>(i) * 2;
            const double outwards =
                (static_cast<double>(field.s[k]) * x + static_cast<double>(field.s[k + 1]) * y) / r;
            ++asked;
            right += (outwards > 0) == (r < radius);
        }
        QVERIFY2(asked > 12 && right > asked * 9 / 10,
                 qPrintable(QStringLiteral("%1 of %2").arg(right).arg(asked)));
    }

    void cleanupTestCase() { live_.reset(); }
};

QTEST_MAIN(LiveDrawingTest)
#include "test_live_drawing.moc"
