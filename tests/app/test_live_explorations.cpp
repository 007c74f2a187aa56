// Every view of a chain and every exploration of it in the real window, over the model that comes with the
// program, until each has something to show. Asked to, it keeps a picture of each:
//   DDPM_PORTRAITS=FOLDER DDPM_PORTRAIT_SIZE=1920x1080 DDPM_PORTRAIT_THEME=light DDPM_PORTRAIT_SCALE=150
//   test_live_explorations
#include "live_window.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/sampling_form.h"
#include "stages/denoise/state_card.h"
#include "stages/denoise/tools/encode_tool.h"
#include "stages/denoise/tools/fork_tool.h"
#include "stages/denoise/tools/interpolate_tool.h"
#include "stages/denoise/tools/poke_result.h"
#include "stages/denoise/tools/poke_tool.h"
#include "stages/denoise/tools/race_lane.h"
#include "stages/denoise/tools/race_tool.h"
#include "stages/denoise/try_form.h"
#include "stages/noise/noise_stage.h"
#include "theme/theme.h"
#include "views/paint_canvas.h"
#include "views/picture_grid.h"
#include "views/segmented_choice.h"
#include "views/transport_bar.h"

#include <QDir>
#include <QMouseEvent>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {
constexpr int patience = 250'000; ///< ms; beside compilers two seconds of sampling took 156
}

class LiveExplorationsTest : public QObject {
    Q_OBJECT

    std::unique_ptr<test::LiveWindow> live_;
    EngineBridge* bridge_ = nullptr; // of live_
    MainWindow* window_ = nullptr;   // of live_
    DenoiseStage* stage_ = nullptr;

    /// Nothing unless it was asked for.
    void portrait(const QString& name) {
        const QString where = qEnvironmentVariable("DDPM_PORTRAITS");
        if (where.isEmpty()) return;
        QTest::qWait(300); // curves and numbers follow at their own pace
        QVERIFY(QDir().mkpath(where));
        QVERIFY(window_->grab().save(QDir(where).filePath(name + QStringLiteral(".png"))));
    }

    static void click(QAbstractButton* button) {
        QVERIFY2(button->isVisible() && button->isEnabled(), qPrintable(button->accessibleName()));
        QTest::mouseClick(button, Qt::LeftButton);
    }

    template <class Kind>
    Kind* open(ToolKind kind) {
        click(stage_->form()->tryForm()->button(kind));
        return dynamic_cast<Kind*>(stage_->tool());
    }
    /// The transport at about a part of the way, as a drag leaves it.
    void scrub(double part) {
        Q_EMIT stage_->bar()->positionRequested(static_cast<int>(
            std::lround(part * (stage_->tool() ? stage_->tool()->last() : chain()->size() - 1))));
    }
    std::shared_ptr<const ChainRecord> chain() const { return bridge_->chain().record; }
    void leaveTool() {
        stage_->closeTool();
        QVERIFY(!stage_->tool());
    }
    static bool whole(const Tool* tool) {
        return tool->last() > 0 && tool->available() == tool->last() && !tool->growing();
    }

private Q_SLOTS:
    void initTestCase() {
        live_ = std::make_unique<test::LiveWindow>();
        bridge_ = live_->bridge();
        window_ = live_->window();
        const auto mode = qEnvironmentVariable("DDPM_PORTRAIT_THEME") == QStringLiteral("light")
                              ? theme::Mode::light
                              : theme::Mode::dark;
        const int scale = qEnvironmentVariableIntValue("DDPM_PORTRAIT_SCALE");
        theme::apply(mode, scale > 0 ? scale / 100.0 : 1);
        const QStringList size = qEnvironmentVariable("DDPM_PORTRAIT_SIZE").split(QLatin1Char('x'));
        QVERIFY(size.size() == 2 ? live_->show({size[0].toInt(), size[1].toInt()}) : live_->show());
        stage_ = window_->findChild<DenoiseStage*>();
        live_->open_digits();
        QTRY_VERIFY_WITH_TIMEOUT(window_->currentStage() == MainWindow::denoiseStage &&
                                     bridge_->chain().phase == ChainPhase::finished,
                                 patience);
    }

    void a_chain() {
        scrub(0.6);
        portrait(QStringLiteral("denoise"));
        ChainPanes* panes = stage_->panes();
        QTest::mouseClick(panes->grid(0), Qt::LeftButton, {},
                          QPoint(panes->grid(0)->width() * 2 / 5, panes->grid(0)->height() * 2 / 5));
        click(stage_->card()->tab(StateCard::pixelPage));
        portrait(QStringLiteral("denoise-pixel"));
        click(stage_->card()->tab(StateCard::valuesPage));
        panes->grid(0)->setFocus();
        panes->zoom()->zoom(4, {0.4, 0.5}, 100, nullptr);
        portrait(QStringLiteral("denoise-values-zoom"));
        panes->zoom()->reset();
        click(stage_->card()->tab(StateCard::algorithmPage));
    }

    void a_fork() {
        scrub(0.5);
        auto* tool = open<ForkTool>(ToolKind::fork);
        QVERIFY(tool);
        QTRY_VERIFY_WITH_TIMEOUT(whole(tool), patience);
        QCOMPARE(tool->distance(0), 0.0); // they share x_t
        QVERIFY(tool->distance(tool->last()) > 0.01);
        scrub(1);
        const QString apart = QString::number(tool->distance(tool->last()), 'f', 3);
        QVERIFY2(tool->caption().contains(apart), qPrintable(tool->caption()));
        scrub(0.8);
        tool->forkAgain();
        QCOMPARE(tool->forks(), 2);
        QTRY_VERIFY_WITH_TIMEOUT(whole(tool), patience);
        scrub(1);
        portrait(QStringLiteral("fork"));
        leaveTool();
    }

    void a_poke() {
        scrub(0.5);
        auto* tool = open<PokeTool>(ToolKind::poke);
        QVERIFY(tool);
        PaintCanvas* canvas = tool->canvas();
        QTRY_VERIFY_WITH_TIMEOUT(!canvas->pictureSize().isEmpty(), patience);
        const auto at = [&](double x, double y) {
            return canvas
                ->pixelRect({static_cast<int>(x * canvas->pictureSize().width()),
                             static_cast<int>(y * canvas->pictureSize().height())})
                .center();
        };
        QTest::mousePress(canvas, Qt::LeftButton, {}, at(0.2, 0.3).toPoint());
        for (int i = 1; i <= 20; ++i) {
            const QPointF place = at(0.2 + 0.03 * i, 0.3 + 0.02 * i);
            QMouseEvent move(QEvent::MouseMove, place, canvas->mapToGlobal(place), Qt::NoButton,
                             Qt::LeftButton, {});
            QCoreApplication::sendEvent(canvas, &move);
        }
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, at(0.8, 0.7).toPoint());
        click(tool->goOnButton());
        QTRY_VERIFY_WITH_TIMEOUT(whole(tool), patience);
        QVERIFY(tool->result()->distance(ChainPart::x, tool->last()) > 0);
        scrub(1);
        portrait(QStringLiteral("paint"));
        leaveTool();
    }

    void a_race() {
        auto* tool = open<RaceTool>(ToolKind::race);
        QVERIFY(tool);
        tool->countBox()->setValue(9);
        click(tool->startButton());
        QTRY_VERIFY_WITH_TIMEOUT(whole(tool), patience);
        scrub(1);
        bool apart = false;
        for (int i = 0; i < tool->lanes(); ++i)
            apart = apart || tool->distance(i).value_or(0) > 0;
        QVERIFY(apart);
        portrait(QStringLiteral("race"));
        leaveTool();
    }

    void an_interpolation() {
        auto* tool = open<InterpolateTool>(ToolKind::interpolate);
        QVERIFY(tool);
        QTRY_VERIFY_WITH_TIMEOUT(tool->end(0) && tool->end(1), patience);
        QTRY_VERIFY_WITH_TIMEOUT(whole(tool), patience);
        InterpolateBoard* board = tool->board();
        for (int row = 0; row < static_cast<int>(board->depths().size()); ++row)
            QCOMPARE(board->look(row, 0), InterpolateBoard::Look::done);
        scrub(1);
        portrait(QStringLiteral("interpolate"));
        leaveTool();
    }

    void an_encoding() {
        auto* tool = open<EncodeTool>(ToolKind::encode);
        QVERIFY(tool);
        QTRY_VERIFY_WITH_TIMEOUT(!tool->x0().empty(), patience);
        for (const int depth : {140, 800, 400}) { // where 50 steps halt
            tool->depthBox()->setValue(depth);
            QTRY_VERIFY_WITH_TIMEOUT(whole(tool) && tool->depths().count(depth), patience);
        }
        QVERIFY(tool->depths().at(140) < tool->depths().at(800)); // more comes back from less noise
        scrub(1);
        portrait(QStringLiteral("encode"));
        leaveTool();
    }

    void noise() {
        window_->goToStage(MainWindow::noiseStage);
        auto* noise = window_->findChild<NoiseStage*>();
        QTRY_VERIFY_WITH_TIMEOUT(noise->canExport(), patience);
        for (const auto& [view, name] : {std::pair{NoiseStage::View::forward, "noise-forward"},
                                         {NoiseStage::View::posterior, "noise-posterior"},
                                         {NoiseStage::View::schedules, "noise-schedules"}}) {
            click(noise->viewChoice()->button(static_cast<int>(view)));
            Q_EMIT noise->bar()->positionRequested(250);
            QTRY_COMPARE(noise->t(), 250);
            portrait(QLatin1String(name));
        }
        window_->goToStage(MainWindow::denoiseStage);
    }

    void training() {
        if (qEnvironmentVariableIsEmpty("DDPM_PORTRAITS")) return; // test_live_window does that
        window_->goToStage(MainWindow::trainStage);
        QTest::qWait(300);
        portrait(QStringLiteral("train-before"));
        click(window_->findChild<QPushButton*>(QStringLiteral("start")));
        QTRY_VERIFY_WITH_TIMEOUT(bridge_->frame() && !bridge_->frame()->samples.empty() &&
                                     bridge_->metrics().size() > 60,
                                 patience);
        portrait(QStringLiteral("train"));
        click(window_->findChild<QToolButton*>(QStringLiteral("pause")));
        QTRY_COMPARE_WITH_TIMEOUT(bridge_->training().state, TrainingState::paused, patience);
    }

    void cleanupTestCase() { live_.reset(); }
};

QTEST_MAIN(LiveExplorationsTest)
#include "test_live_explorations.moc"
