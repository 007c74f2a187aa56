// Drawing a point set: real mouse and key events on the pad, the dialog's tools, and the forms that use it.
#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "ddpm/config.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_stage.h"
#include "stages/train/run_draft.h"
#include "stages/train/train_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/sketch_dialog.h"
#include "views/sketch_field.h"
#include "views/sketch_pad.h"
#include "views/sketch_shapes.h"

#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>
#include <QUndoStack>
#include <QtTest>

#include <cmath>
#include <numbers>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr std::size_t most = DataSettings::most_sketch_points;

struct Place {
    double x, y;
};

std::vector<Place> places(const std::vector<float>& sketch) {
    std::vector<Place> found;
    for (std::size_t i = 0; i + 1 < sketch.size(); i += 2)
        found.push_back({static_cast<double>(sketch[i]), static_cast<double>(sketch[i + 1])});
    return found;
}

void show(QWidget& widget, QSize size) {
    widget.resize(size);
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
}

/// Press at the first place, drag over the others, release.
void drag(SketchPad& pad, const std::vector<QPointF>& way, Qt::MouseButton button = Qt::LeftButton) {
    QTest::mousePress(&pad, button, {}, pad.toWidget(way.front()).toPoint());
    for (const QPointF& place : way) {
        // QTest::mouseMove() says no button: the events that a window system sends do.
        QMouseEvent move(QEvent::MouseMove, pad.toWidget(place), pad.mapToGlobal(pad.toWidget(place)),
                         Qt::NoButton, button, {});
        QCoreApplication::sendEvent(&pad, &move);
    }
    QTest::mouseRelease(&pad, button, {}, pad.toWidget(way.back()).toPoint());
}

std::vector<QPointF> circle(double radius, int pieces = 60) {
    std::vector<QPointF> way;
    for (int i = 0; i <= pieces; ++i) {
        const double angle = 2 * std::numbers::pi * i / pieces;
        way.emplace_back(radius * std::cos(angle), radius * std::sin(angle));
    }
    return way;
}

} // namespace

class SketchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void aDrawnCircleIsACircle() {
        SketchPad pad;
        show(pad, {500, 500});
        QSignalSpy changed(&pad, &SketchPad::changed);
        drag(pad, circle(0.6));
        QCOMPARE(changed.count(), 1); // one gesture
        QCOMPARE(pad.strokes().strokes().size(), std::size_t{1});
        const auto points = places(pad.sketch());
        // A hundredth apart on 2 pi 0.6, and a pixel is 0.004.
        QVERIFY2(std::abs(static_cast<double>(points.size()) - 377) < 12,
                 qPrintable(QString::number(points.size())));
        int quarter[4] = {0, 0, 0, 0};
        for (const Place& p : points) {
            QVERIFY(std::abs(std::hypot(p.x, p.y) - 0.6) < 0.01);
            ++quarter[(p.x < 0) + 2 * (p.y < 0)];
        }
        for (const int share : quarter)
            QVERIFY(std::abs(share - static_cast<int>(points.size()) / 4) < 8);
    }

    void pointsLieEvenly() {
        SketchPad pad;
        show(pad, {500, 500});
        // Fast at first, then slow: the same density all the same.
        std::vector<QPointF> way{{-0.8, 0.2}, {0, 0.2}};
        for (int i = 1; i <= 80; ++i)
            way.emplace_back(i / 100.0, 0.2);
        drag(pad, way);
        const auto points = places(pad.sketch());
        for (std::size_t i = 1; i < points.size(); ++i)
            QVERIFY(std::abs(points[i].x - points[i - 1].x - 0.01) < 0.001);
        QVERIFY2(std::abs(points.front().x + 0.8) < 0.02, qPrintable(QString::number(points.front().x)));
        QVERIFY2(std::abs(points.back().x - 0.8) < 0.02, qPrintable(QString::number(points.back().x)));
    }

    void nothingLeavesTheSquare() {
        SketchPad pad;
        show(pad, {700, 400}); // the canvas is the square in its middle
        QCOMPARE(pad.canvas().size(), QSizeF(400, 400));
        QTest::mousePress(&pad, Qt::LeftButton, {}, {350, 200});
        QMouseEvent move(QEvent::MouseMove, QPointF(5000, -90), QPointF(5000, -90), Qt::NoButton,
                         Qt::LeftButton, {});
        QCoreApplication::sendEvent(&pad, &move);
        QTest::mouseRelease(&pad, Qt::LeftButton, {}, {690, 0});
        QVERIFY(!pad.sketch().empty());
        for (const float value : pad.sketch())
            QVERIFY(value >= -1 && value <= 1);
        DataSettings data;
        data.kind = DataKind::drawing;
        data.sketch = pad.sketch();
        QVERIFY(data.check().empty());
    }

    void howeverMuchIsDrawnItIsNotTooMuch() {
        SketchPad pad;
        pad.setSketch({}, most);
        show(pad, {300, 300});
        for (int i = 0; i < 60; ++i) // 60 times across are 120 units of length
            drag(pad, {{-1, -1 + i / 30.0}, {1, -1 + i / 30.0}});
        QVERIFY(pad.sketch().size() / 2 <= most && pad.sketch().size() / 2 > most * 9 / 10);
        DataSettings data;
        data.kind = DataKind::drawing;
        data.sketch = pad.sketch();
        QVERIFY(data.check().empty());
    }

    void aDenserPenPutsMorePoints() {
        SketchPad pad;
        show(pad, {500, 500});
        drag(pad, {{-0.5, 0.5}, {0.5, 0.5}});
        const auto before = pad.sketch().size();
        pad.setWeight(3);
        drag(pad, {{-0.5, -0.5}, {0.5, -0.5}});
        QVERIFY(std::abs(static_cast<double>(pad.sketch().size()) / static_cast<double>(before) - 4) < 0.1);
        QTest::mouseClick(&pad, Qt::LeftButton, {}, pad.toWidget({0, 0}).toPoint()); // a dot
        int dots = 0;
        for (const Place& p : places(pad.sketch()))
            dots += std::hypot(p.x, p.y) < 0.01;
        QCOMPARE(dots, 15); // as three times a stroke of 0.05
    }

    void theEraserCutsAStrokeInTwo() {
        SketchPad pad;
        show(pad, {500, 500});
        drag(pad, {{-0.8, 0}, {0.8, 0}});
        drag(pad, {{0, 0.5}, {0, -0.5}}, Qt::RightButton); // the right button rubs out
        QCOMPARE(pad.strokes().strokes().size(), std::size_t{2});
        for (const Place& p : places(pad.sketch()))
            QVERIFY(std::abs(p.x) > SketchPad::eraserRadius - 0.012);
        pad.setErasing(true);
        drag(pad, {{-0.9, 0}, {-0.01, 0}});
        QCOMPARE(pad.strokes().strokes().size(), std::size_t{1});
        for (const Place& p : places(pad.sketch()))
            QVERIFY(p.x > 0);
        // Rubbing where nothing is changes nothing, and is nothing to undo.
        const int revision = pad.strokes().revision();
        drag(pad, {{-0.9, 0.9}, {-0.5, 0.9}});
        QCOMPARE(pad.strokes().revision(), revision);
    }

    void everyGestureCanBeUndone() {
        SketchPad pad;
        show(pad, {500, 500});
        QVERIFY(!pad.canUndo());
        drag(pad, circle(0.6));
        const auto first = pad.sketch();
        drag(pad, {{-0.5, 0}, {0.5, 0}});
        const auto second = pad.sketch();
        drag(pad, {{0, 0.8}, {0, -0.8}}, Qt::RightButton);
        const auto third = pad.sketch();
        pad.clear();
        QVERIFY(pad.isEmpty() && pad.sketch().empty());
        pad.setFocus();
        const auto undo = [&] { QTest::keyClick(&pad, Qt::Key_Z, Qt::ControlModifier); };
        const auto redo = [&] { QTest::keyClick(&pad, Qt::Key_Y, Qt::ControlModifier); };
        undo();
        QVERIFY(pad.sketch() == third);
        undo();
        QVERIFY(pad.sketch() == second);
        undo();
        QVERIFY(pad.sketch() == first);
        undo();
        QVERIFY(pad.isEmpty() && !pad.canUndo());
        undo();
        redo();
        redo();
        QVERIFY(pad.sketch() == second);
        redo();
        redo();
        QVERIFY(pad.isEmpty() && !pad.canRedo());
        undo();
        drag(pad, {{-0.5, 0.9}, {0.5, 0.9}}); // something new: what was undone is gone
        QVERIFY(!pad.canRedo());
    }

    void keysDraw() {
        SketchPad pad;
        show(pad, {500, 500});
        pad.setFocus();
        QTest::keyClick(&pad, Qt::Key_Right); // the pen is up: it only moves
        QTest::keyClick(&pad, Qt::Key_Left);
        QVERIFY(pad.isEmpty());
        QTest::keyClick(&pad, Qt::Key_Space);
        QVERIFY(pad.penDown());
        for (int i = 0; i < 10; ++i)
            QTest::keyClick(&pad, Qt::Key_Right);
        QVERIFY(pad.accessibleDescription().contains(QStringLiteral("0.50")));
        QTest::keyClick(&pad, Qt::Key_Space);
        QVERIFY(!pad.penDown());
        const auto points = places(pad.sketch());
        QCOMPARE(points.size(), std::size_t{50}); // 0.5 in hundredths
        for (const Place& p : points)
            QVERIFY(std::abs(p.y) < 1e-6 && p.x > -0.001 && p.x < 0.501);
        QTest::keyClick(&pad, Qt::Key_Up, Qt::ShiftModifier);
        QVERIFY(std::abs(pad.pen().y() - 0.01) < 1e-9);
        for (int i = 0; i < 100; ++i)
            QTest::keyClick(&pad, Qt::Key_Up);
        QCOMPARE(pad.pen().y(), 1.0); // no further than the canvas
        QTest::keyClick(&pad, Qt::Key_E);
        QVERIFY(pad.erasing());
        QTest::keyClick(&pad, Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(pad.isEmpty());
    }

    void escapeLiftsThePenBeforeItClosesTheDialog() {
        SketchDialog dialog({}, most, 0.025);
        show(dialog, {600, 700});
        dialog.pad()->setFocus();
        QTest::keyClick(dialog.pad(), Qt::Key_Space);
        QTest::keyClick(dialog.pad(), Qt::Key_Right);
        QTest::keyClick(dialog.pad(), Qt::Key_Escape);
        QVERIFY(dialog.isVisible() && !dialog.pad()->penDown() && !dialog.pad()->isEmpty());
        QTest::keyClick(dialog.pad(), Qt::Key_Escape);
        QVERIFY(!dialog.isVisible());
        QCOMPARE(dialog.result(), int{QDialog::Rejected});
    }

    void whatWasNotChangedComesBackExactly() {
        std::vector<float> scattered; // no pen drew this
        for (int i = 0; i < 500; ++i)
            scattered.push_back(static_cast<float>(std::sin(i * 12.9898) * 0.9));
        SketchPad pad;
        pad.setSketch(scattered, most);
        QVERIFY(pad.sketch() == scattered);
        QVERIFY(!pad.canUndo());
        show(pad, {400, 400});
        QVERIFY(!pad.grab().isNull());
    }

    void aSketchBecomesItsStrokesAgain() {
        SketchPad drawn;
        drawn.setSketch({}, most);
        show(drawn, {500, 500});
        drag(drawn, circle(0.6));
        drag(drawn, {{-0.2, 0}, {0.2, 0}});
        SketchPad again;
        again.setSketch(drawn.sketch(), most);
        QCOMPARE(again.strokes().strokes().size(), std::size_t{2});
        again.undo(); // nothing to undo
        show(again, {500, 500});
        drag(again, {{-0.2, -0.2}, {0.2, -0.2}}); // sampled anew: about as many points as before
        QVERIFY(std::abs(static_cast<double>(again.sketch().size()) -
                         static_cast<double>(drawn.sketch().size()) - 80) < 8);
    }

    void shapesFit() {
        const auto shapes = sketchShapes();
        QVERIFY(shapes.size() >= 5);
        for (const SketchShape& shape : shapes) {
            double left = 1, right = -1, top = -1, bottom = 1;
            for (const SketchStroke& stroke : shape.strokes)
                for (const QPointF& p : stroke.path) {
                    left = std::min(left, p.x());
                    right = std::max(right, p.x());
                    bottom = std::min(bottom, p.y());
                    top = std::max(top, p.y());
                }
            QVERIFY2(left >= -0.9 && right <= 0.9 && bottom >= -0.9 && top <= 0.9, qPrintable(shape.name));
            QVERIFY2(right - left > 1.2, qPrintable(shape.name));
        }
    }

    void theDialogsToolsWork() {
        SketchDialog dialog({}, most, 0.025);
        show(dialog, {600, 700});
        const auto tool = [&](const char* name) {
            return dialog.findChild<QToolButton*>(QLatin1String(name));
        };
        auto* accept = dialog.findChild<QPushButton*>(QStringLiteral("accept"));
        QVERIFY(!accept->isEnabled() && !tool("undo")->isEnabled() && !tool("clear")->isEnabled());
        drag(*dialog.pad(), circle(0.5));
        QVERIFY(accept->isEnabled() && tool("undo")->isEnabled());
        QTest::mouseClick(tool("undo"), Qt::LeftButton);
        QVERIFY(dialog.pad()->isEmpty() && tool("redo")->isEnabled() && !accept->isEnabled());
        QTest::mouseClick(tool("redo"), Qt::LeftButton);
        QVERIFY(!dialog.pad()->isEmpty());
        QTest::mouseClick(tool("eraser"), Qt::LeftButton);
        QVERIFY(dialog.pad()->erasing());
        dialog.findChild<QComboBox*>(QStringLiteral("weight"))->setCurrentIndex(2);
        QVERIFY(!dialog.pad()->erasing() && !tool("eraser")->isChecked()); // who takes a pen wants to draw
        QCOMPARE(dialog.pad()->weight(), 3.0);
        QTest::mouseClick(tool("clear"), Qt::LeftButton);
        QVERIFY(dialog.pad()->isEmpty());
        tool("shapes")->menu()->actions().first()->trigger();
        QVERIFY(!dialog.pad()->isEmpty());
        QTest::mouseClick(accept, Qt::LeftButton);
        QCOMPARE(dialog.result(), int{QDialog::Accepted});
    }

    void aDrawingIsTrainedOn() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        QWidget window;
        auto* stage = new TrainStage(bridge, &window);
        stage->resize(900, 720);
        stage->inspector()->setParent(&window);
        stage->inspector()->setGeometry(900, 0, 300, 720);
        show(window, {1200, 720});
        QTemporaryDir folder;
        stage->setRunsFolder(folder.path().toStdString());
        QVERIFY(stage->draft().data.kind == DataKind::mnist);
        auto* field = stage->inspector()->findChild<SketchField*>();
        QTest::mouseClick(field->drawButton(), Qt::LeftButton);
        auto* dialog = field->findChild<SketchDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        drag(*dialog->pad(), circle(0.5));
        const auto sketch = dialog->sketch();
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("accept")), Qt::LeftButton);
        QVERIFY(stage->draft().preset == Preset::points && stage->draft().model.kind == NetKind::point_mlp);
        QVERIFY(stage->draft().data.kind == DataKind::drawing && stage->draft().data.sketch == sketch);
        QCOMPARE(words::dataSet(stage->draft().data), QStringLiteral("Your drawing"));
        QVERIFY(words::summary(stage->draft(), 1, {}).startsWith(QStringLiteral("Your drawing")));
        auto* text = stage->inspector()->findChild<QLineEdit*>(QStringLiteral("text"));
        QVERIFY(!text->isVisible());
        QVERIFY(stage->canStart());
        stage->startRun();
        const auto start = engine.last<StartTraining>();
        QVERIFY(start && start->settings.data.sketch == sketch && start->settings.check().empty());

        // A drawing is one change that can be undone.
        stage->undoStack()->undo();
        QVERIFY(stage->draft().data.kind == DataKind::mnist && stage->draft().data.sketch.empty());
        stage->undoStack()->redo();
        QVERIFY(stage->draft().data.sketch == sketch && stage->draft().preset == Preset::points);

        // Other data do not carry the drawing about, and it is still there when one comes back.
        auto* data = stage->inspector()->findChild<QComboBox*>(QStringLiteral("data"));
        data->setCurrentIndex(data->findData(static_cast<int>(DataKind::two_moons)));
        QVERIFY(stage->draft().data.sketch.empty());
        data->setCurrentIndex(data->findData(static_cast<int>(DataKind::drawing)));
        QVERIFY(stage->draft().data.sketch == sketch);
        QTest::mouseClick(field->wordsButton(), Qt::LeftButton);
        QVERIFY(stage->draft().data.sketch.empty() && text->isVisible());
        QTest::mouseClick(field->drawButton(), Qt::LeftButton); // begins with what was drawn
        dialog = field->findChild<SketchDialog*>();
        QVERIFY(dialog && dialog->sketch() == sketch);
        dialog->reject();
        QVERIFY(stage->draft().data.sketch.empty());
    }

    void whatWasDrawnIsKeptWhenTheDialogIsCancelled() {
        SketchField field;
        show(field, {300, 80});
        const auto open = [&] {
            QTest::mouseClick(field.drawButton(), Qt::LeftButton);
            const auto all = field.findChildren<SketchDialog*>();
            return all.last();
        };
        SketchDialog* dialog = open();
        drag(*dialog->pad(), circle(0.5));
        const auto drawing = dialog->sketch();
        QTest::keyClick(dialog->pad(), Qt::Key_Escape);
        QVERIFY(!dialog->isVisible() && field.sketch().empty());
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        dialog = open();
        QVERIFY(dialog->sketch() == drawing);
        dialog->accept();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);

        // Beside a drawing that is used, neither is lost.
        field.setSketch(drawing);
        dialog = open();
        drag(*dialog->pad(), {{-0.2, 0}, {0.2, 0}});
        const auto more = dialog->sketch();
        dialog->reject();
        QVERIFY(field.sketch() == drawing);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        dialog = open();
        QVERIFY(dialog->sketch() == more);
        dialog->pad()->undo();
        QCOMPARE(dialog->pad()->strokes().strokes().size(), std::size_t{1});
    }

    void aDrawingIsNoised() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        NoiseStage stage(bridge);
        show(stage, {960, 680});
        stage.inspector()->resize(290, 1200);
        stage.inspector()->show();
        SketchField* field = stage.form()->sketchField();
        QTest::mouseClick(field->drawButton(), Qt::LeftButton);
        auto* dialog = field->findChild<SketchDialog*>();
        drag(*dialog->pad(), circle(0.5));
        const auto sketch = dialog->sketch();
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("accept")), Qt::LeftButton);
        const auto asked = engine.last<OpenData>();
        QVERIFY(asked && asked->settings.kind == DataKind::drawing && asked->settings.sketch == sketch);
        QVERIFY(asked->id != 0 && asked->settings.check().empty());

        // An answer to somebody else's question is not taken for one's own.
        engine.forget_commands();
        DataOpened other = test::data_opened(DataKind::two_moons);
        other.id = asked->id + 100;
        engine.emit(other);
        QTest::qWait(20);
        QCOMPARE(engine.count<RunForward>(), 0);
        DataOpened own = test::data_opened(DataKind::drawing);
        own.id = asked->id;
        own.settings = asked->settings;
        engine.emit(own);
        QTRY_COMPARE(engine.count<RunForward>(), 1);
        QVERIFY(engine.last<RunForward>()->data.sketch == sketch);

        // … and from here to Train.
        QSignalSpy wanted(&stage, &Stage::trainingRequested);
        QTest::mouseClick(field->drawButton(), Qt::LeftButton);
        dialog = field->findChild<SketchDialog*>();
        QVERIFY(dialog && dialog->sketch() == sketch);
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("train")), Qt::LeftButton);
        QCOMPARE(wanted.count(), 1);
        QVERIFY(wanted.takeFirst().at(0).value<DataSettings>().sketch == sketch);

        // Words put the drawing aside.
        QTest::mouseClick(field->wordsButton(), Qt::LeftButton);
        QVERIFY(engine.last<OpenData>()->settings.sketch.empty());
        QVERIFY(stage.form()->textEdit()->isVisible());
        stage.undoStack()->undo();
        QVERIFY(engine.last<OpenData>()->settings.sketch == sketch);
        QVERIFY(!stage.form()->textEdit()->isVisible());
    }

    void aDraftTakesADrawingFromAnyPreset() {
        RunDraft draft;
        DataSettings drawing;
        drawing.kind = DataKind::drawing;
        drawing.sketch = {0, 0, 0.5, 0.5};
        draft.chooseDrawing(drawing);
        QVERIFY(draft.settings().data.sketch == drawing.sketch && draft.settings().check().empty());
        RunSettings edited = draft.settings();
        edited.training.learning_rate = 0.004;
        draft.set(edited);
        drawing.sketch = {0.1F, 0.1F};
        draft.chooseDrawing(drawing); // another drawing: what was set beside it stays
        QCOMPARE(draft.settings().training.learning_rate, 0.004);
        QVERIFY(draft.settings().data.sketch == drawing.sketch);
    }
};

QTEST_MAIN(SketchTest)
#include "sketch_test.moc"
