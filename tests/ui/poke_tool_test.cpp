// Painting on x_t with real events: what becomes of the pixels, what is asked of the engine, what is shown of
// its answer.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/tools/part_choice.h"
#include "stages/denoise/tools/poke_palette.h"
#include "stages/denoise/tools/poke_result.h"
#include "stages/denoise/tools/poke_tool.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/difference.h"
#include "views/paint_canvas.h"
#include "views/picture_grid.h"
#include "views/transport_bar.h"
#include "window/main_window.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QMimeData>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QUndoStack>
#include <QtTest>

#include <cmath>
#include <random>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 1000, steps = 20, chains = 4, side = 28;

/// A state in which everything fits together: x = sqrt(alpha_bar) x0 + sqrt(1 − alpha_bar) epsilon.
std::shared_ptr<const ChainState> wholeState(const ScheduleTable& schedule, int t, const ItemShape& shape,
                                             unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<float> uniform(-0.9F, 0.9F);
    const double signal = std::sqrt(schedule.alpha_bar_at(t)),
                 noise = std::sqrt(1 - schedule.alpha_bar_at(t));
    std::vector<float> x, x0, epsilon;
    for (std::size_t i = 0; i < shape.values(); ++i) {
        x0.push_back(from_half(to_half(uniform(generator))));
        epsilon.push_back(from_half(to_half(normal(generator))));
        x.push_back(static_cast<float>(signal * static_cast<double>(x0.back()) +
                                       noise * static_cast<double>(epsilon.back())));
    }
    if (t == 0) x0.clear(), epsilon.clear();
    return std::make_shared<const ChainState>(make_chain_state(t, shape, x, x0, epsilon));
}

std::shared_ptr<ChainRecord> wholeRecord(int channels = 1) {
    SamplingSettings settings;
    settings.count = chains;
    settings.steps = steps;
    settings.sampler = Sampler::ddim;
    settings.seed = 77;
    auto record = std::make_shared<ChainRecord>(1, settings, test::cosine_schedule(T), steps + 1, 1);
    for (int i = 0; i <= steps; ++i)
        record->append(wholeState(record->schedule(), T - i * T / steps, {chains, side, side, channels},
                                  static_cast<unsigned>(i)));
    record->finish();
    return record;
}

/// The tool on a window's content area over an engine that answers branches with states of its own.
struct Bench {
    explicit Bench(int position = 10, int chain = 2, int channels = 1, int classes = 0)
        : record(wholeRecord(channels)), tool(bridge, nullptr) {
        tool.resize(868, 680);
        tool.show();
        if (!QTest::qWaitForWindowExposed(&tool)) qFatal("not exposed");
        QObject::connect(&tool, &Tool::undoable, &stack, &QUndoStack::push);
        place.record = record;
        place.position = position;
        place.chain = chain;
        place.model = test::model_changed(2000, DataKind::mnist, T);
        place.model.settings.model.unet.num_class_embeds = classes;
        tool.open(place);
        QCoreApplication::processEvents();
    }

    QPoint at(PaintCanvas* canvas, int column, int row) const {
        return canvas->pixelRect({column, row}).center().toPoint();
    }
    void press(PaintCanvas* canvas, int column, int row, Qt::MouseButton button = Qt::LeftButton) {
        QTest::mousePress(canvas, button, {}, at(canvas, column, row));
    }
    void move(PaintCanvas* canvas, int column, int row) {
        // QTest's own mouse moves carry no button.
        const QPoint to = at(canvas, column, row);
        QMouseEvent event(QEvent::MouseMove, to, canvas->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                          Qt::NoModifier);
        QCoreApplication::sendEvent(canvas, &event);
    }
    void release(PaintCanvas* canvas, int column, int row) {
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, at(canvas, column, row));
    }
    void dab(PaintCanvas* canvas, int column, int row) {
        press(canvas, column, row);
        release(canvas, column, row);
    }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }
    const ChainState& state() const { return *record->state(place.position); } // the record keeps it
    double x0(int column, int row, int channel = 0) const {
        return value(ChainPart::x0_hat, column, row, channel);
    }
    double epsilon(int column, int row, int channel = 0) const {
        return value(ChainPart::epsilon, column, row, channel);
    }
    double x(int column, int row, int channel = 0) const { return value(ChainPart::x, column, row, channel); }
    double value(ChainPart part, int column, int row, int channel) const {
        return static_cast<double>(
            state().item(part, place.chain)[static_cast<std::size_t>(offset(column, row, channel))]);
    }
    int offset(int column, int row, int channel = 0) const {
        return (row * side + column) * state().shape.channels + channel;
    }
    double now(int column, int row, int channel = 0) const {
        return static_cast<double>(tool.edit().x()[static_cast<std::size_t>(offset(column, row, channel))]);
    }
    double signal() const { return std::sqrt(record->schedule().alpha_bar_at(state().t)); }
    double noise() const { return std::sqrt(1 - record->schedule().alpha_bar_at(state().t)); }
    /// Pixels that are no longer what the chain had.
    QList<QPoint> changedPixels() const {
        QList<QPoint> pixels;
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column)
                if (now(column, row) != x(column, row)) pixels << QPoint(column, row);
        return pixels;
    }

    /// Answers the newest StartBranch with `states` states; chain k is off by k in growing measure.
    std::shared_ptr<ChainRecord> answer(int states, bool finished) {
        const auto command = engine.last<StartBranch>();
        if (!command) qFatal("nothing was asked");
        const FromState& from = std::get<FromState>(command->from);
        const int planned = from.t / (T / steps) + 1;
        auto branch = std::make_shared<ChainRecord>(command->id, command->settings, test::cosine_schedule(T),
                                                    planned, 1);
        grow(*branch, from, states);
        tell(BranchChanged{command->id, ChainPhase::running, branch});
        if (finished) {
            branch->finish();
            tell(BranchChanged{command->id, ChainPhase::finished, branch});
        }
        return branch;
    }
    void grow(ChainRecord& branch, const FromState& from, int states) {
        ItemShape shape = state().shape;
        shape.count = 2;
        for (int i = 0; i < states; ++i) {
            const int n = branch.size(), t = from.t - n * T / steps;
            std::vector<float> x = from.x, x0(x.size()), epsilon(x.size(), 0.25F);
            for (std::size_t k = 0; k < x.size(); ++k) {
                const float twin = k < x.size() / 2 ? 0.0F : 0.125F * static_cast<float>(n);
                x[k] += twin;
                x0[k] = static_cast<float>(k % 7) * 0.125F + 2 * twin;
            }
            if (t == 0) x0.clear(), epsilon.clear();
            branch.append(
                std::make_shared<const ChainState>(make_chain_state(t, shape, std::move(x), x0, epsilon)));
        }
    }
    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    std::shared_ptr<ChainRecord> record;
    ChainPlace place;
    PokeTool tool;
    QUndoStack stack;
};

double rms(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    return std::sqrt(sum / static_cast<double>(a.size()));
}

} // namespace

class PokeToolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { theme::apply(theme::Mode::dark, 1.0); }

    void theBrushIsRound() {
        QCOMPARE(brushDisc(1), std::vector<QPoint>{QPoint(0, 0)});
        QCOMPARE(brushDisc(2).size(), 4u);
        QCOMPARE(brushDisc(3).size(), 5u);  // a cross
        QCOMPARE(brushDisc(5).size(), 21u); // a square of 25 without its corners
        for (int d = 1; d <= 9; ++d) {
            int left = 0, right = 0;
            for (const QPoint p : brushDisc(d)) {
                left = std::min(left, p.x());
                right = std::max(right, p.x());
            }
            QCOMPARE(right - left + 1, d);
        }
    }

    void theBrushPaintsContentAndKeepsTheNoise() {
        Bench bench;
        bench.tool.palette()->setBrushSize(1);
        bench.tool.palette()->brightnessSlider()->setValue(75); // v = 0.5
        bench.dab(bench.tool.canvas(), 14, 9);
        QCOMPARE(bench.changedPixels(), QList<QPoint>{QPoint(14, 9)});
        const double expected = bench.signal() * 0.5 + bench.noise() * bench.epsilon(14, 9);
        QVERIFY2(std::abs(bench.now(14, 9) - expected) < 1e-6, qPrintable(QString::number(bench.now(14, 9))));
        QCOMPARE(
            static_cast<double>(bench.tool.edit().content()[static_cast<std::size_t>(bench.offset(14, 9))]),
            0.5);
    }

    void opacityCoversInPart() {
        Bench bench;
        bench.tool.palette()->setBrushSize(1);
        bench.tool.palette()->opacitySlider()->setValue(25);
        bench.press(bench.tool.canvas(), 3, 4);
        bench.move(bench.tool.canvas(), 4, 4);
        bench.move(bench.tool.canvas(), 3, 4); // over it again within the stroke: once is enough
        bench.release(bench.tool.canvas(), 3, 4);
        const double full = bench.signal() * 1.0 + bench.noise() * bench.epsilon(3, 4);
        QVERIFY(std::abs(bench.now(3, 4) - (0.75 * bench.x(3, 4) + 0.25 * full)) < 1e-6);
        QCOMPARE(bench.stack.count(), 1);
    }

    void aStrokeGoesThroughAllPixelsBetween() {
        Bench bench;
        bench.tool.palette()->setBrushSize(1);
        bench.press(bench.tool.contentCanvas(), 2, 5); // works on either
        bench.move(bench.tool.contentCanvas(), 12, 5); // one event, ten pixels
        bench.release(bench.tool.contentCanvas(), 12, 5);
        QList<QPoint> line;
        for (int x = 2; x <= 12; ++x)
            line << QPoint(x, 5);
        QCOMPARE(bench.changedPixels(), line);
        QCOMPARE(bench.stack.count(), 1);
        QCOMPARE(bench.stack.text(0), QStringLiteral("Brush"));
    }

    void theSizeIsInPixels() {
        Bench bench;
        bench.tool.palette()->setBrushSize(5);
        bench.dab(bench.tool.canvas(), 10, 10);
        QCOMPARE(bench.changedPixels().size(), 21);
        bench.tool.palette()->setBrushSize(9);
        bench.dab(bench.tool.canvas(), 0, 0); // cut off at the corner, no wrapping
        for (const QPoint p : bench.changedPixels())
            QVERIFY(std::hypot(p.x(), p.y()) < 4.5 || std::hypot(p.x() - 10, p.y() - 10) < 2.5);
    }

    void theEraserTakesTheContentAway() {
        Bench bench;
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::eraser));
        bench.tool.palette()->setBrushSize(1);
        bench.dab(bench.tool.canvas(), 7, 7);
        QVERIFY(std::abs(bench.now(7, 7) - bench.noise() * bench.epsilon(7, 7)) < 1e-6);
        QVERIFY(!bench.tool.palette()->brightnessSlider()->isEnabled());
    }

    void reNoiseKeepsTheContent() {
        Bench bench;
        PokePalette* palette = bench.tool.palette();
        bench.click(palette->toolButton(PokePalette::Kind::renoise));
        palette->setBrushSize(9);
        bench.press(bench.tool.canvas(), 4, 4);
        for (int row = 4; row < side; row += 4) {
            bench.move(bench.tool.canvas(), 24, row);
            bench.move(bench.tool.canvas(), 3, row);
        }
        bench.release(bench.tool.canvas(), 3, 24);
        std::vector<double> drawn;
        double sum = 0, squares = 0;
        const auto pixels = bench.changedPixels();
        QVERIFY(pixels.size() > 700);
        for (const QPoint p : pixels) {
            const double e =
                (bench.now(p.x(), p.y()) - bench.signal() * bench.x0(p.x(), p.y())) / bench.noise();
            sum += e;
            squares += e * e;
            drawn.push_back(e);
        }
        const auto n = static_cast<double>(pixels.size());
        const double mean = sum / n, deviation = std::sqrt(squares / n - mean * mean);
        QVERIFY2(std::abs(mean) < 4 / std::sqrt(n), qPrintable(QString::number(mean)));
        QVERIFY2(std::abs(deviation - 1) < 4 / std::sqrt(2 * n), qPrintable(QString::number(deviation)));
        // Once more is other noise; the content is still what it was.
        const double first = bench.now(10, 10);
        bench.dab(bench.tool.canvas(), 10, 10);
        QVERIFY(bench.now(10, 10) != first);
        QCOMPARE(
            static_cast<double>(bench.tool.edit().content()[static_cast<std::size_t>(bench.offset(10, 10))]),
            bench.x0(10, 10));
        // The seed decides: another canvas on the same state gets the same.
        Bench twin;
        twin.click(twin.tool.palette()->toolButton(PokePalette::Kind::renoise));
        twin.dab(twin.tool.canvas(), 10, 10);
        QCOMPARE(twin.now(10, 10), first);
    }

    void paintOnRenoisedKeepsTheNewNoise() {
        Bench bench;
        bench.tool.palette()->setBrushSize(1);
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::renoise));
        bench.dab(bench.tool.canvas(), 5, 6);
        const double e = (bench.now(5, 6) - bench.signal() * bench.x0(5, 6)) / bench.noise();
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::brush));
        bench.dab(bench.tool.canvas(), 5, 6);
        QVERIFY(std::abs(bench.now(5, 6) - (bench.signal() + bench.noise() * e)) < 1e-5);
    }

    void restoreGivesBackTheExactValue() {
        Bench bench;
        bench.tool.palette()->setBrushSize(5);
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::restore));
        bench.tool.palette()->setBrushSize(1);
        bench.dab(bench.tool.canvas(), 10, 10);
        QCOMPARE(bench.now(10, 10), bench.x(10, 10));
        QCOMPARE(bench.changedPixels().size(), 20);
        QVERIFY(bench.tool.goOnButton()->isEnabled());
    }

    void strokesAreUndoneAndRedone() {
        Bench bench;
        bench.tool.palette()->setBrushSize(3);
        bench.dab(bench.tool.canvas(), 10, 10);
        const auto one = bench.tool.edit().x();
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::renoise));
        bench.dab(bench.tool.canvas(), 11, 10);
        const auto two = bench.tool.edit().x();
        QVERIFY(one != two);
        bench.stack.undo();
        QCOMPARE(bench.tool.edit().x(), one);
        bench.stack.undo();
        QVERIFY(!bench.tool.edit().changed());
        QVERIFY(!bench.tool.goOnButton()->isEnabled());
        bench.stack.redo();
        bench.stack.redo();
        QCOMPARE(bench.tool.edit().x(), two); // the same noise, not new one
        bench.click(bench.tool.resetButton());
        QVERIFY(!bench.tool.edit().changed());
        QCOMPARE(bench.stack.undoText(), QStringLiteral("Reset"));
        bench.stack.undo();
        QCOMPARE(bench.tool.edit().x(), two);
    }

    void commandsOfAnotherStateDoNothing() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.place.position = 5;
        bench.tool.open(bench.place);
        bench.stack.undo();
        QVERIFY(!bench.tool.edit().changed());
        QCOMPARE(bench.tool.edit().base()->t, 750);
        bench.stack.redo();
        QVERIFY(!bench.tool.edit().changed());
    }

    void commandsOutliveTheTool() {
        QUndoStack stack;
        {
            Bench bench;
            QObject::connect(&bench.tool, &Tool::undoable, &stack, &QUndoStack::push);
            QObject::disconnect(&bench.tool, &Tool::undoable, &bench.stack, nullptr);
            bench.dab(bench.tool.canvas(), 10, 10);
            QCOMPARE(stack.count(), 1);
        }
        stack.undo();
        stack.redo();
    }

    void theSameStateKeepsWhatWasPainted() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.tool.open(bench.place);
        QVERIFY(bench.tool.edit().changed());
    }

    void escapeTakesAStrokeBack() {
        Bench bench;
        bench.tool.canvas()->setFocus();
        bench.press(bench.tool.canvas(), 10, 10);
        bench.move(bench.tool.canvas(), 15, 10);
        QVERIFY(bench.tool.edit().changed());
        QTest::keyClick(bench.tool.canvas(), Qt::Key_Escape);
        QVERIFY(!bench.tool.edit().changed());
        bench.release(bench.tool.canvas(), 15, 10);
        QCOMPARE(bench.stack.count(), 0);
    }

    void theKeyboardPaints() {
        Bench bench;
        PaintCanvas* canvas = bench.tool.canvas();
        bench.tool.palette()->setBrushSize(1);
        canvas->setFocus();
        const QPoint start = canvas->cursorPixel();
        QTest::keyClick(canvas, Qt::Key_Left);
        QTest::keyClick(canvas, Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(canvas->cursorPixel(), start + QPoint(-1, -5));
        QCOMPARE(bench.tool.contentCanvas()->cursorPixel(), canvas->cursorPixel());
        QTest::keyClick(canvas, Qt::Key_Space);
        QCOMPARE(bench.changedPixels(), QList<QPoint>{canvas->cursorPixel()});
        // Held, the arrows draw a line.
        QTest::keyClick(canvas, Qt::Key_Down);
        QTest::keyPress(canvas, Qt::Key_Space);
        QTest::keyClick(canvas, Qt::Key_Down);
        QTest::keyClick(canvas, Qt::Key_Down);
        QTest::keyRelease(canvas, Qt::Key_Space);
        QCOMPARE(bench.changedPixels().size(), 4);
        QCOMPARE(bench.stack.count(), 2);
        QTest::keyClick(canvas, Qt::Key_BracketRight);
        QCOMPARE(bench.tool.palette()->brushSize(), 2);
        for (int i = 0; i < 40; ++i)
            QTest::keyClick(canvas, Qt::Key_Left);
        QCOMPARE(canvas->cursorPixel().x(), 0);
        QVERIFY(canvas->accessibleDescription().contains(QStringLiteral("28 × 28")));
        QVERIFY(
            canvas->accessibleDescription().contains(QStringLiteral("0, %1").arg(canvas->cursorPixel().y())));
    }

    void theCanvasKeepsItsKeysFromShortcuts() {
        Bench bench;
        PaintCanvas* canvas = bench.tool.canvas();
        const auto wants = [&](Qt::Key key) {
            QKeyEvent probe(QEvent::ShortcutOverride, key, Qt::NoModifier);
            probe.ignore();
            QCoreApplication::sendEvent(canvas, &probe);
            return probe.isAccepted();
        };
        QVERIFY(wants(Qt::Key_Space));
        QVERIFY(wants(Qt::Key_Left));
        QVERIFY(!wants(Qt::Key_Escape)); // closes the exploration
        QVERIFY(!wants(Qt::Key_PageDown));
        bench.press(canvas, 3, 3);
        QVERIFY(wants(Qt::Key_Escape)); // takes the stroke back
        bench.release(canvas, 3, 3);
    }

    void theWindowLeavesItsKeysToTheCanvas() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        QTemporaryDir folder;
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        MainWindow window(bridge, options);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.goToStage(MainWindow::denoiseStage);
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, T)});
        engine.emit(Event{ChainChanged{ChainPhase::finished, test::chain_record(chains, steps, T)}});
        auto* stage = window.findChild<DenoiseStage*>();
        QTRY_COMPARE(stage->stateIndex(), steps);
        PaintCanvas canvas(stage);
        canvas.setPicture(test::digits(1, 3));
        canvas.setGeometry(0, 0, 200, 200);
        canvas.show();
        canvas.setFocus();
        QVERIFY(canvas.hasFocus());
        QSignalSpy painted(&canvas, &PaintCanvas::strokeAt), ended(&canvas, &PaintCanvas::strokeEnded),
            cancelled(&canvas, &PaintCanvas::strokeCancelled);
        QTest::keyClick(&canvas, Qt::Key_Space);
        QCOMPARE(painted.count(), 1);
        QCOMPARE(ended.count(), 1);
        QVERIFY(!stage->bar()->playing());
        QTest::keyClick(&canvas, Qt::Key_Left);
        QCOMPARE(canvas.cursorPixel(), QPoint(13, 14));
        QCOMPARE(stage->stateIndex(), steps);
        QTest::keyPress(&canvas, Qt::Key_Space);
        QTest::keyClick(&canvas, Qt::Key_Escape);
        QCOMPARE(cancelled.count(), 1);
        QVERIFY(canvas.hasFocus());
        QTest::keyClick(&canvas, Qt::Key_PageUp); // is the window's, still
        QCOMPARE(stage->stateIndex(), steps - 1);
        QTest::keyClick(&canvas, Qt::Key_Escape); // and so is this, when there is nothing to take back
        QVERIFY(!canvas.hasFocus());
    }

    void aRightClickTakesTheContentUp() {
        Bench bench;
        bench.press(bench.tool.canvas(), 8, 20, Qt::RightButton);
        const double v = bench.x0(8, 20);
        QCOMPARE(bench.tool.palette()->brightnessSlider()->value(),
                 static_cast<int>(std::lround((v + 1) * 50)));
        QCOMPARE(bench.stack.count(), 0);
    }

    void colourHasThreeChannels() {
        Bench bench(10, 1, 3);
        QVERIFY(bench.tool.palette()->colourButton()->isVisible());
        QVERIFY(!bench.tool.palette()->brightnessSlider()->isVisible());
        bench.tool.palette()->setBrushSize(1);
        bench.tool.palette()->setValue({1.0F, -1.0F, 0.0F});
        bench.dab(bench.tool.canvas(), 6, 2);
        const double wanted[] = {1, -1, 0};
        for (int c = 0; c < 3; ++c)
            QVERIFY(std::abs(bench.now(6, 2, c) - bench.signal() * wanted[c] -
                             bench.noise() * bench.epsilon(6, 2, c)) < 1e-4);
        QCOMPARE(bench.changedPixels().size(), 1);
    }

    void theViewsAreChosen() {
        Bench bench;
        QVERIFY(bench.tool.canvas()->isVisible() && bench.tool.contentCanvas()->isVisible());
        QComboBox* box = bench.tool.palette()->viewBox();
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Down);
        QVERIFY(bench.tool.canvas()->isVisible() && !bench.tool.contentCanvas()->isVisible());
        QTest::keyClick(box, Qt::Key_Down);
        QVERIFY(!bench.tool.canvas()->isVisible() && bench.tool.contentCanvas()->isVisible());
    }

    void theCanvasShowsStateAndContent() {
        Bench bench;
        const QImage shot = bench.tool.contentCanvas()->grab().toImage();
        const QPoint p = bench.at(bench.tool.contentCanvas(), 3, 17);
        const int grey = qRed(shot.pixel(p));
        const double content =
            std::clamp((bench.x(3, 17) - bench.noise() * bench.epsilon(3, 17)) / bench.signal(), -1.0, 1.0);
        QVERIFY2(std::abs(grey - (content + 1) * 127.5) < 1.6, qPrintable(QString::number(grey)));
        const QImage state = bench.tool.canvas()->grab().toImage();
        QVERIFY(std::abs(qRed(state.pixel(bench.at(bench.tool.canvas(), 3, 17))) -
                         (std::clamp(bench.x(3, 17), -1.0, 1.0) + 1) * 127.5) < 1.1);
    }

    void goingOnAsksForTwins() {
        Bench bench(10, 2, 1, 11);
        QVERIFY(!bench.tool.goOnButton()->isEnabled());
        bench.dab(bench.tool.canvas(), 10, 10);
        QSignalSpy follow(&bench.tool, &Tool::followWanted);
        bench.click(bench.tool.goOnButton());
        const auto command = bench.engine.last<StartBranch>();
        QVERIFY(command);
        SamplingSettings wanted = bench.record->settings();
        wanted.count = 2;
        QVERIFY(command->settings == wanted);
        QVERIFY(command->of_chain);
        QCOMPARE(command->noise_chains, (std::vector<std::int64_t>{2, 2}));
        QCOMPARE(command->labels, (std::vector<int>{2, 2})); // classes in turn: chain 2 draws class 2
        const FromState& from = std::get<FromState>(command->from);
        QCOMPARE(from.t, 500);
        std::vector<float> both = bench.state().item(ChainPart::x, 2);
        both.insert(both.end(), bench.tool.edit().x().begin(), bench.tool.edit().x().end());
        QCOMPARE(from.x, both);
        QCOMPARE(follow.count(), 1);
    }

    void withoutClassesThereAreNoLabels() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        QVERIFY(bench.engine.last<StartBranch>()->labels.empty());
    }

    void theDifferenceIsMeasured() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        QCOMPARE(bench.tool.last(), 0);
        QCOMPARE(bench.tool.available(), -1);
        QCOMPARE(bench.tool.exportBranch(), std::uint64_t{0});
        const auto branch = bench.answer(4, false);
        QCOMPARE(bench.tool.last(), 10);
        QCOMPARE(bench.tool.available(), 3);
        QVERIFY(bench.tool.growing());
        QCOMPARE(bench.tool.exportBranch(), branch->id());
        for (int i = 0; i < 4; ++i) {
            const auto state = branch->state(i);
            for (const ChainPart part : {ChainPart::x, ChainPart::x0_hat})
                QVERIFY(std::abs(bench.tool.result()->distance(part, i) -
                                 rms(state->item(part, 0), state->item(part, 1))) < 1e-9);
        }
        QVERIFY(std::isnan(bench.tool.result()->distance(ChainPart::x, 4)));
        bench.tool.moveTo(3);
        QCOMPARE(bench.tool.exportState(), 3);
        QCOMPARE(bench.tool.readout(3), QStringLiteral("t = 350"));
        QCOMPARE(bench.tool.result()->untouched()->count(), 1);
        // 2 · 3/8 everywhere: around mid grey, over ±1.
        const QImage shot = bench.tool.result()->difference()->grab().toImage();
        const QRect cell = bench.tool.result()->difference()->pictureRect(0);
        const double wanted = (0.75 / 1 + 1) * 127.5;
        QVERIFY2(std::abs(qRed(shot.pixel(cell.center())) - wanted) < 1.6,
                 qPrintable(QString::number(qRed(shot.pixel(cell.center())))));
        bench.click(bench.tool.result()->partChoice()->button(ChainPart::x));
        QVERIFY(
            bench.tool.result()->difference()->accessibleDescription().contains(QStringLiteral("t = 350")));
        // It grows on, by itself.
        bench.grow(*branch, std::get<FromState>(bench.engine.last<StartBranch>()->from), 7);
        branch->finish();
        bench.tell(BranchChanged{branch->id(), ChainPhase::finished, branch});
        QCOMPARE(bench.tool.available(), 10);
        QVERIFY(!bench.tool.growing());
        const auto end = branch->state(10);
        QCOMPARE(end->t, 0);
        QVERIFY(std::abs(bench.tool.result()->distance(ChainPart::x0_hat, 10) -
                         rms(end->item(ChainPart::x, 0), end->item(ChainPart::x, 1))) < 1e-9);
        bench.tool.moveTo(10);
        QVERIFY(!bench.tool.result()->paintButton()->isEnabled()); // nothing left to denoise
    }

    void goingOnAgainReplacesTheBranch() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        const auto first = bench.answer(2, false);
        bench.dab(bench.tool.canvas(), 20, 20);
        bench.click(bench.tool.goOnButton());
        QCOMPARE(bench.engine.count<StartBranch>(), 2);
        QCOMPARE(bench.engine.last<DropBranch>()->id, first->id());
        QVERIFY(bench.engine.last<StartBranch>()->id != first->id());
        QCOMPARE(bench.tool.available(), -1);
        QCOMPARE(bench.tool.result()->changedGrid()->count(), 0);
    }

    void theChangedOneCanBePaintedOn() {
        Bench bench;
        bench.tool.palette()->setBrushSize(1);
        bench.dab(bench.tool.canvas(), 10, 10);
        const auto before = bench.tool.edit().x();
        bench.click(bench.tool.goOnButton());
        const auto branch = bench.answer(6, false);
        bench.tool.moveTo(4);
        bench.click(bench.tool.result()->paintButton());
        const auto state = branch->state(4);
        QCOMPARE(bench.tool.edit().base()->t, 300);
        QCOMPARE(bench.tool.edit().x(), state->item(ChainPart::x, 1));
        bench.dab(bench.tool.canvas(), 3, 3);
        const double signal = std::sqrt(branch->schedule().alpha_bar_at(300)),
                     noise = std::sqrt(1 - branch->schedule().alpha_bar_at(300));
        QVERIFY(std::abs(bench.now(3, 3) - (signal + noise * 0.25)) < 1e-6);
        bench.click(bench.tool.goOnButton());
        const FromState from = std::get<FromState>(bench.engine.last<StartBranch>()->from);
        QCOMPARE(from.t, 300);
        QCOMPARE((std::vector<float>(from.x.begin(), from.x.begin() + side * side)),
                 state->item(ChainPart::x, 1));
        QCOMPARE(bench.engine.last<StartBranch>()->noise_chains, (std::vector<std::int64_t>{2, 2}));
        // And back, through the other canvas.
        bench.stack.undo();
        bench.stack.undo();
        QCOMPARE(bench.tool.edit().base()->t, 500);
        QCOMPARE(bench.tool.edit().x(), before);
        bench.stack.undo();
        QVERIFY(!bench.tool.edit().changed());
        bench.stack.redo();
        bench.stack.redo();
        bench.stack.redo();
        QCOMPARE(bench.tool.edit().base()->t, 300);
        QVERIFY(bench.tool.edit().changed());
    }

    void theEndOffersAStateHalfWayBack() {
        Bench bench(steps);
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(!bench.tool.goOnButton()->isEnabled());
        bench.dab(bench.tool.canvas(), 10, 10);
        QCOMPARE(bench.stack.count(), 0);
        QVERIFY(bench.tool.earlierButton()->isVisible());
        QVERIFY(bench.tool.earlierButton()->text().contains(QStringLiteral("t = 500")));
        bench.click(bench.tool.earlierButton());
        QVERIFY(!bench.tool.earlierButton()->isVisible());
        QCOMPARE(bench.tool.edit().base()->t, 500);
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        QCOMPARE(std::get<FromState>(bench.engine.last<StartBranch>()->from).t, 500);
    }

    void atTheStartItSaysThatHardlyAnythingIsSeen() {
        Bench bench(0);
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("Re-noise")));
        bench.click(bench.tool.palette()->toolButton(PokePalette::Kind::renoise));
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        QCOMPARE(std::get<FromState>(bench.engine.last<StartBranch>()->from).t, T);
    }

    void nothingSampledIsSaid() {
        Bench bench;
        bench.tool.open({});
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(!bench.tool.palette()->isEnabled());
        QVERIFY(!bench.tool.openPicture(QStringLiteral("a.png")));
        bench.dab(bench.tool.canvas(), 10, 10);
        QCOMPARE(bench.stack.count(), 0);
    }

    void aRefusalIsSaid() {
        Bench bench;
        bench.dab(bench.tool.canvas(), 10, 10);
        bench.click(bench.tool.goOnButton());
        bench.tell(BranchChanged{bench.engine.last<StartBranch>()->id, ChainPhase::none, nullptr});
        bench.tell(Failed{Activity::sampling,
                          {"the memory for chains is used up", "the branch", "allow more memory"},
                          bench.engine.last<StartBranch>()->id});
        QVERIFY(bench.tool.messageLabel()->isVisible());
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("memory for chains")));
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("allow more memory")));
        QVERIFY(bench.tool.goOnButton()->isEnabled());
        // Somebody else's failure is not told here.
        bench.tell(Failed{Activity::sampling, {"something else", "", ""}, bench.bridge.newId()});
        QVERIFY(!bench.tool.messageLabel()->text().contains(QStringLiteral("something else")));
    }

    void aClipboardPictureIsPlacedWithTheKeys() {
        Bench bench;
        QImage picture(4, 4, QImage::Format_RGB32);
        picture.fill(qRgb(255, 255, 255));
        picture.setPixel(0, 0, qRgb(51, 51, 51));
        QGuiApplication::clipboard()->setImage(picture);
        QTest::keyClick(bench.tool.canvas(), Qt::Key_V, Qt::ControlModifier);
        PaintCanvas* canvas = bench.tool.canvas();
        QCOMPARE(canvas->frame(), std::optional<QRect>(QRect(12, 12, 4, 4)));
        QCOMPARE(bench.tool.contentCanvas()->frame(), canvas->frame());
        QVERIFY(!bench.tool.edit().changed()); // not yet
        QVERIFY(!bench.tool.goOnButton()->isEnabled());
        QTest::keyClick(canvas, Qt::Key_Left);
        QTest::keyClick(canvas, Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(canvas->frame(), std::optional<QRect>(QRect(11, 7, 4, 4)));
        QTest::keyClick(canvas, Qt::Key_Return);
        QVERIFY(!canvas->frame());
        QCOMPARE(bench.changedPixels().size(), 16);
        const double dark = 51 / 127.5 - 1;
        QVERIFY(std::abs(bench.now(11, 7) - (bench.signal() * dark + bench.noise() * bench.epsilon(11, 7))) <
                1e-6);
        QVERIFY(std::abs(bench.now(14, 10) - (bench.signal() + bench.noise() * bench.epsilon(14, 10))) <
                1e-6);
        QCOMPARE(bench.stack.undoText(), QStringLiteral("Paste"));
        bench.stack.undo();
        QVERIFY(!bench.tool.edit().changed());
    }

    void escapeLeavesThePictureOut() {
        Bench bench;
        QImage picture(60, 30, QImage::Format_RGB32);
        picture.fill(qRgb(255, 255, 255));
        QGuiApplication::clipboard()->setImage(picture);
        bench.click(bench.tool.palette()->clipboardButton());
        QCOMPARE(bench.tool.canvas()->frame(), std::optional<QRect>(QRect(0, 7, 28, 14))); // all of it
        QTest::keyClick(bench.tool.canvas(), Qt::Key_Escape);
        QVERIFY(!bench.tool.canvas()->frame());
        QVERIFY(!bench.tool.edit().changed());
        QCOMPARE(bench.stack.count(), 0);
    }

    void thePictureIsMovedAndScaledWithTheMouse() {
        Bench bench;
        QImage picture(8, 8, QImage::Format_RGB32);
        picture.fill(qRgb(255, 255, 255));
        QGuiApplication::clipboard()->setImage(picture);
        bench.click(bench.tool.palette()->clipboardButton());
        PaintCanvas* canvas = bench.tool.canvas();
        QCOMPARE(canvas->frame(), std::optional<QRect>(QRect(10, 10, 8, 8)));
        bench.press(canvas, 13, 13);
        bench.move(canvas, 15, 10);
        bench.release(canvas, 15, 10);
        QCOMPARE(canvas->frame(), std::optional<QRect>(QRect(12, 7, 8, 8)));
        // By its lower right corner, to twice the size.
        const QPoint corner = canvas->pixelRect({20, 15}).topLeft().toPoint();
        QTest::mousePress(canvas, Qt::LeftButton, {}, corner);
        const QPoint to = canvas->pixelRect({28, 23}).topLeft().toPoint();
        QMouseEvent drag(QEvent::MouseMove, to, canvas->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QCoreApplication::sendEvent(canvas, &drag);
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, to);
        QCOMPARE(canvas->frame(), std::optional<QRect>(QRect(12, 7, 16, 16)));
        bench.tool.palette()->opacitySlider()->setValue(50);
        bench.click(bench.tool.palette()->placeButton());
        QCOMPARE(bench.changedPixels().size(), 256);
        const double full = bench.signal() + bench.noise() * bench.epsilon(20, 20);
        QVERIFY(std::abs(bench.now(20, 20) - 0.5 * (bench.x(20, 20) + full)) < 1e-6);
    }

    void aFileIsFittedByTheEngine() {
        Bench bench;
        QVERIFY(bench.tool.openPicture(QStringLiteral("/pictures/seven.png")));
        const auto asked = bench.engine.last<FitPicture>();
        QVERIFY(asked && asked->file == "/pictures/seven.png");
        bench.tell(
            Failed{Activity::data, {"another is no picture", "six.png", "choose a PNG"}, asked->id - 1});
        QVERIFY(!bench.tool.messageLabel()->text().contains(QStringLiteral("no picture")));
        bench.tell(
            Failed{Activity::data, {"the file is no picture", "seven.png", "choose a PNG"}, asked->id});
        QVERIFY(bench.tool.messageLabel()->text().contains(QStringLiteral("no picture")));
        bench.tool.openPicture(QStringLiteral("/pictures/eight.png"));
        PictureFitted fitted;
        fitted.id = bench.engine.last<FitPicture>()->id;
        fitted.shape = {1, side, side, 1};
        fitted.x0 = test::digit(8, 3);
        bench.tell(fitted);
        QVERIFY(!bench.tool.messageLabel()->isVisible());
        QCOMPARE(bench.tool.canvas()->frame(), std::optional<QRect>(QRect(0, 0, side, side)));
        QTest::keyClick(bench.tool.canvas(), Qt::Key_Enter);
        for (const auto& [column, row] : {std::pair{14, 14}, std::pair{3, 20}}) {
            // By way of bytes: to half of one.
            const double v = static_cast<double>(fitted.x0[static_cast<std::size_t>(row * side + column)]);
            QVERIFY(std::abs(bench.now(column, row) -
                             (bench.signal() * v + bench.noise() * bench.epsilon(column, row))) <
                    bench.signal() / 255 + 1e-6);
        }
    }

    void cornersKeepProportions() {
        const QRect frame(10, 10, 8, 4);
        QCOMPARE(scaledByCorner(frame, 2, {26, 18}, {80, 40}), QRect(10, 10, 16, 8));
        QCOMPARE(scaledByCorner(frame, 0, {14, 12}, {80, 40}), QRect(14, 12, 4, 2));
        QCOMPARE(scaledByCorner(frame, 1, {11, 13}, {80, 40}), QRect(10, 13, 2, 1));
        QCOMPARE(scaledByCorner(frame, 3, {2, 14}, {80, 40}), QRect(2, 10, 16, 8));
        QVERIFY(!scaledByCorner(frame, 2, {0, 0}, {80, 40}).isEmpty());
    }

    void rangesAreRound() {
        QCOMPARE(roundRange(0.75), 1.0);
        QCOMPARE(roundRange(0.2), 0.2);
        QCOMPARE(roundRange(0.21), 0.5);
        QCOMPARE(roundRange(1.3), 2.0);
        QCOMPARE(roundRange(0), 0.01);
    }

    void everythingHasAName() {
        Bench bench;
        for (QWidget* widget : bench.tool.findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible()) continue;
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                     widget->metaObject()->className());
        }
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
        Bench bench;
        bench.tool.resize(size);
        QCoreApplication::processEvents();
        QCOMPARE(bench.tool.size(), size); // its least size is not above that
        const QRect all = bench.tool.rect();
        for (QWidget* widget :
             {static_cast<QWidget*>(bench.tool.canvas()), static_cast<QWidget*>(bench.tool.contentCanvas()),
              static_cast<QWidget*>(bench.tool.goOnButton()), static_cast<QWidget*>(bench.tool.resetButton()),
              static_cast<QWidget*>(bench.tool.result())}) {
            const QRect where(widget->mapTo(&bench.tool, QPoint()), widget->size());
            QVERIFY2(all.contains(where), widget->metaObject()->className());
            QVERIFY(widget->width() >= widget->minimumSizeHint().width());
        }
        QVERIFY(bench.tool.canvas()->pictureRect().width() >= 6 * side);
        theme::apply(theme::Mode::dark, 1.0);
    }
};

QTEST_MAIN(PokeToolTest)
#include "poke_tool_test.moc"
