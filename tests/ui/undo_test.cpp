// Undo and redo of settings: what is one change, what is the user's and what the program's, in a form of its
// own, in every stage, and by the window's keys wherever the focus is.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/sampling_form.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_stage.h"
#include "stages/train/train_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/form_history.h"
#include "window/main_window.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>
#include <QtTest>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

struct Value {
    int a = 1, b = 2;
    QString text;
    int hidden = 0; // has no field in the list
    bool operator==(const Value&) const = default;
};

/// Two spin boxes and a line of text that write into a value.
struct Form : QWidget {
    Form() {
        auto* rows = new QVBoxLayout(this);
        for (QWidget* each : std::initializer_list<QWidget*>{&a, &b, &text, &other})
            rows->addWidget(each);
        history = new FormHistoryOf<Value>(
            this, &stack, [this] { return value(); }, [this](const Value& v) { set(v); },
            {formField<Value>(QStringLiteral("A"), &Value::a),
             formField<Value>(
                 QStringLiteral("B"), [](auto& v) -> auto& { return v.b; }),
             formField<Value>(QStringLiteral("Text"), &Value::text)});
        connect(&a, &QSpinBox::valueChanged, history, &FormHistory::record);
        connect(&b, &QSpinBox::valueChanged, history, &FormHistory::record);
        connect(&text, &QLineEdit::textEdited, history, &FormHistory::record);
        show();
        if (!QTest::qWaitForWindowActive(this)) qFatal("not active");
    }
    Value value() const { return {a.value(), b.value(), text.text(), hidden}; }
    void set(const Value& v) {
        a.setValue(v.a);
        b.setValue(v.b);
        text.setText(v.text);
        hidden = v.hidden;
    }
    /// The end of what one event brings about, and long enough that the next change stands alone.
    static void wait() { QTest::qWait(1050); }
    static void turn() { QTest::qWait(1); }

    QUndoStack stack;
    QSpinBox a, b;
    QLineEdit text, other;
    int hidden = 0;
    FormHistory* history;
};

struct Scene {
    Scene() {
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        engine.on_submit([this](const Command& command) {
            if (const auto* data = std::get_if<OpenData>(&command)) {
                auto opened = test::data_opened(data->settings.kind, data->thumbnails);
                opened.id = data->id;
                opened.settings = data->settings;
                engine.emit(Event{opened});
            } else if (const auto* run = std::get_if<RunForward>(&command)) {
                engine.emit(Event{ForwardReady{test::forward_record(50, run->data.is_points(), run->id)}});
            }
        });
        window = std::make_unique<MainWindow>(bridge, options);
        window->resize(1280, 800);
        window->show();
        if (!QTest::qWaitForWindowActive(window.get())) qFatal("the window did not become active");
        engine.emit(Event{TrainingStateChanged{TrainingState::running, 2000, 5000}});
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        settle();
    }
    static void settle() {
        for (int i = 0; i < 6; ++i)
            QCoreApplication::processEvents();
    }
    QAction* action(const char* name) const { return window->findChild<QAction*>(QLatin1String(name)); }
    /// As pressed on a keyboard: to whatever has the focus.
    static void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::ControlModifier) {
        QTest::keyClick(QApplication::focusWidget(), key, modifiers);
        settle();
    }
    template <typename T>
    T* find(const char* name) const {
        T* found = window->findChild<T*>(QLatin1String(name));
        if (!found) qFatal("there is no %s", name);
        return found;
    }

    QTemporaryDir folder;
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    std::unique_ptr<MainWindow> window;
};

} // namespace

class UndoTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    // A form

    void aChangeIsUndoneAndRedone() {
        Form form;
        QTest::keyClick(&form.a, Qt::Key_Up);
        QCOMPARE(form.a.value(), 1);
        QCOMPARE(form.stack.count(), 1);
        QCOMPARE(form.stack.undoText(), QStringLiteral("A"));
        form.stack.undo();
        QCOMPARE(form.a.value(), 0);
        QCOMPARE(form.stack.count(), 1); // restoring pushed nothing
        form.stack.redo();
        QCOMPARE(form.a.value(), 1);
        QVERIFY(!form.stack.canRedo());
    }

    void rapidChangesOfOneFieldAreOne() {
        Form form;
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(&form.a, Qt::Key_Up);
            Form::turn();
        }
        QCOMPARE(form.stack.count(), 1);
        QTest::keyClick(&form.b, Qt::Key_Up); // another field: another change
        Form::turn();
        QCOMPARE(form.stack.count(), 2);
        QTest::keyClick(&form.b, Qt::Key_Up);
        Form::wait();
        QTest::keyClick(&form.b, Qt::Key_Up); // the same one, but later
        QCOMPARE(form.stack.count(), 3);
        form.stack.undo();
        QCOMPARE(form.b.value(), 2);
        form.stack.undo();
        QCOMPARE(form.b.value(), 0);
        QCOMPARE(form.a.value(), 5);
        form.stack.undo();
        QCOMPARE(form.a.value(), 0);
    }

    void backAndForthLeavesNothing() {
        Form form;
        QTest::keyClick(&form.a, Qt::Key_Up);
        Form::turn();
        QTest::keyClick(&form.a, Qt::Key_Down);
        QCOMPARE(form.stack.count(), 0);
        form.history->record(); // nothing changed
        QCOMPARE(form.stack.count(), 0);
    }

    void whatOneEventBringsAboutIsOne() {
        Form form;
        QObject::connect(&form.a, &QSpinBox::valueChanged, &form,
                         [&form](int v) { form.b.setValue(v * 10); });
        QTest::keyClick(&form.a, Qt::Key_Up);
        QCOMPARE(form.b.value(), 10);
        QCOMPARE(form.stack.count(), 1);
        QCOMPARE(form.stack.undoText(), QStringLiteral("A"));
        QObject::disconnect(&form.a, nullptr, &form, nullptr);
        form.stack.undo();
        QCOMPARE(form.value(), (Value{0, 0, {}, 0}));
    }

    void onlyWhatWasChangedIsRestored() {
        Form form;
        QTest::keyClick(&form.a, Qt::Key_Up);
        {
            const FormHistory::Quiet quiet(*form.history); // the program's doing
            form.b.setValue(7);
        }
        QCOMPARE(form.stack.count(), 1);
        form.stack.undo();
        QCOMPARE(form.value(), (Value{0, 7, {}, 0}));
        form.stack.redo();
        QCOMPARE(form.value(), (Value{1, 7, {}, 0}));
    }

    void aNamedChangeIsOne() {
        Form form;
        QTest::keyClick(&form.a, Qt::Key_Up);
        form.history->change(QStringLiteral("All of it"), [&form] {
            form.set({5, 6, QStringLiteral("x"), 3});
        });
        QCOMPARE(form.stack.count(), 2);
        QCOMPARE(form.stack.undoText(), QStringLiteral("All of it"));
        QTest::keyClick(&form.a, Qt::Key_Up); // does not melt into it
        QCOMPARE(form.stack.count(), 3);
        form.stack.undo();
        form.stack.undo();
        QCOMPARE(form.value(), (Value{1, 0, {}, 0})); // also what has no name of its own
        form.stack.redo();
        QCOMPARE(form.value(), (Value{5, 6, QStringLiteral("x"), 3}));
    }

    void aLineIsOneChangeWhenItIsLeft() {
        Form form;
        form.text.setFocus();
        QTest::keyClicks(&form.text, QStringLiteral("abc"));
        Form::turn();
        QCOMPARE(form.stack.count(), 0); // it is its own editor until then
        form.other.setFocus();
        QCOMPARE(form.stack.count(), 1);
        QCOMPARE(form.stack.undoText(), QStringLiteral("Text"));
        form.stack.undo();
        QCOMPARE(form.text.text(), QString());
        form.stack.redo();
        QCOMPARE(form.text.text(), QStringLiteral("abc"));
        form.text.setFocus();
        QTest::keyClicks(&form.text, QStringLiteral("d"));
        {
            const FormHistory::Quiet quiet(*form.history); // meanwhile the program changes something else
            form.b.setValue(9);
        }
        QTest::keyClick(&form.text, Qt::Key_Return);
        QCOMPARE(form.stack.count(), 2);
        form.stack.undo();
        QCOMPARE(form.value(), (Value{0, 9, QStringLiteral("abc"), 0}));
    }

    // The stages

    void denoiseUndoesSampling() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        DenoiseStage stage(bridge);
        stage.resize(960, 680);
        stage.show();
        stage.inspector()->show();
        engine.emit(Event{TrainingStateChanged{TrainingState::running, 2000, 5000}});
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        Scene::settle();
        QUndoStack* stack = stage.undoStack();
        SamplingForm* form = stage.form();
        QCOMPARE(stack->count(), 0); // a model is not the user's doing
        const SamplingSettings before = form->settings();
        QTest::keyClick(form->samplerBox(), Qt::Key_Down);
        QCOMPARE(form->settings().sampler, Sampler::ddim);
        QCOMPARE(form->settings().steps, 50); // suggested
        QCOMPARE(stack->count(), 1);
        QCOMPARE(stack->undoText(), QStringLiteral("Sampler"));
        Scene::settle();
        QTest::keyClick(form->etaBox(), Qt::Key_Up);
        QTest::qWait(1);
        QTest::mouseClick(form->clipBox(), Qt::LeftButton, {}, {8, form->clipBox()->height() / 2});
        QVERIFY(!form->settings().clip);
        QTest::qWait(1);
        QTest::keyClick(form->seedBox(), Qt::Key_Up);
        QCOMPARE(stack->count(), 4);
        auto other = test::model_changed(2001, DataKind::mnist, 1000); // while it trains
        engine.emit(Event{other});
        Scene::settle();
        QCOMPARE(stack->count(), 4);
        while (stack->canUndo())
            stack->undo();
        QCOMPARE(form->settings(), before);
        // The suggestion still works after going back.
        QTest::keyClick(form->samplerBox(), Qt::Key_Down);
        QCOMPARE(form->settings().steps, 50);
    }

    void aModelOfAnotherKindIsNotUndone() {
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        DenoiseStage stage(bridge);
        stage.inspector()->show();
        engine.emit(Event{TrainingStateChanged{TrainingState::running, 2000, 5000}});
        engine.emit(Event{test::model_changed(2000, DataKind::mnist, 1000)});
        Scene::settle();
        QTest::keyClick(stage.form()->seedBox(), Qt::Key_Up);
        engine.emit(Event{test::model_changed(2000, DataKind::two_moons, 200)});
        Scene::settle();
        const int particles = stage.form()->countBox()->value();
        QVERIFY(particles > 1000);
        QCOMPARE(stage.undoStack()->count(), 1);
        stage.undoStack()->undo();
        QCOMPARE(stage.form()->seedBox()->value(), 42);
        QCOMPARE(stage.form()->countBox()->value(), particles);
        QCOMPARE(stage.form()->stepsBox()->value(), 200);
    }

    void noiseUndoesDataSeedAndSchedule() {
        Scene scene;
        scene.window->goToStage(MainWindow::noiseStage);
        Scene::settle();
        auto* stage = scene.window->findChild<NoiseStage*>();
        NoiseForm* form = stage->form();
        QUndoStack* stack = stage->undoStack();
        QCOMPARE(stack->count(), 0);
        form->classBox()->setFocus();
        QTest::keyClick(form->classBox(), Qt::Key_Down);
        QTest::keyClick(form->classBox(), Qt::Key_Down);
        QCOMPARE(form->onlyLabel(), 1);
        Scene::settle();
        form->dataBox()->setCurrentIndex(form->dataBox()->findData(static_cast<int>(DataKind::two_moons)));
        Scene::settle();
        QCOMPARE(scene.engine.last<OpenData>()->settings.kind, DataKind::two_moons);
        QCOMPARE(stack->undoText(), QStringLiteral("Data set"));
        QTest::mouseClick(form->newNoiseButton(), Qt::LeftButton);
        Scene::settle();
        const auto noise = form->seed();
        QCOMPARE(stack->undoText(), QStringLiteral("Seed"));
        QTest::keyClick(form->stepsBox(), Qt::Key_Down);
        Scene::settle();
        QCOMPARE(stack->undoText(), QStringLiteral("Steps T"));
        QTest::mouseClick(form->applyButton(), Qt::LeftButton);
        Scene::settle();
        QCOMPARE(scene.engine.last<RunForward>()->schedule.timesteps, 999);
        QCOMPARE(stack->undoText(), QStringLiteral("Applying the schedule"));

        stack->undo(); // what was applied is drafted again
        Scene::settle();
        QCOMPARE(scene.engine.last<RunForward>()->schedule.timesteps, 1000);
        QCOMPARE(form->draft().timesteps, 999);
        QVERIFY(form->applyButton()->isEnabled());
        stack->undo();
        QCOMPARE(form->draft(), form->schedule());
        QCOMPARE(form->seed(), noise);
        stack->undo();
        Scene::settle();
        QCOMPARE(form->seed(), 0U);
        QCOMPARE(scene.engine.last<RunForward>()->seed, 0U);
        stack->undo();
        Scene::settle();
        const auto asked = scene.engine.last<OpenData>();
        QCOMPARE(asked->settings.kind, DataKind::mnist);
        QCOMPARE(asked->only_label, 1); // with the class that was chosen there
        QCOMPARE(form->onlyLabel(), 1);
        QVERIFY(form->classBox()->currentText().contains(QLatin1Char('1')));
        stack->undo();
        QCOMPARE(form->onlyLabel(), -1);
        QVERIFY(!stack->canUndo());
        while (stack->canRedo())
            stack->redo();
        Scene::settle();
        QCOMPARE(form->seed(), noise);
        QCOMPARE(form->data().kind, DataKind::two_moons);
        QCOMPARE(form->schedule().timesteps, 999);
    }

    void trainUndoesTheDraft() {
        Scene scene;
        scene.window->goToStage(MainWindow::trainStage);
        auto* stage = scene.window->findChild<TrainStage*>();
        QUndoStack* stack = stage->undoStack();
        const RunSettings before = stage->draft();
        auto* net = scene.find<QComboBox>("net");
        net->setFocus();
        QTest::keyClick(net, Qt::Key_Down);
        Scene::settle();
        QCOMPARE(stage->draft().preset, Preset::small);
        QCOMPARE(stack->undoText(), QStringLiteral("Net"));
        auto* rate = scene.find<QLineEdit>("rate");
        rate->setFocus();
        rate->selectAll();
        QTest::keyClicks(rate, QStringLiteral("0.5"));
        QCOMPARE(stage->draft().training.learning_rate, 0.5);
        QCOMPARE(stack->count(), 1);
        QTest::keyClick(rate, Qt::Key_Return);
        QCOMPARE(stack->undoText(), QStringLiteral("Learning rate"));
        stack->undo();
        QCOMPARE(rate->text().toDouble(),
                 preset_settings(Preset::small, DataKind::mnist).training.learning_rate);
        stack->undo();
        QCOMPARE(stage->draft(), before);
        QCOMPARE(net->currentText(), QStringLiteral("Tiny U-Net"));
        stack->redo();
        QCOMPARE(stage->draft().preset, Preset::small);
        // Another run is another beginning.
        scene.engine.emit({test::run_opened(100), TrainingStateChanged{TrainingState::paused, 100, 5000}});
        Scene::settle();
        QCOMPARE(stack->count(), 0);
        auto* steps = scene.find<QSpinBox>("steps");
        steps->setFocus();
        QTest::keyClick(steps, Qt::Key_Up);
        QCOMPARE(stage->draft().training.steps, 6000);
        QPushButton* revert = nullptr;
        for (auto* button : scene.window->findChildren<QPushButton*>())
            if (button->text() == QStringLiteral("Revert") && button->isVisible()) revert = button;
        QVERIFY(revert);
        QTest::mouseClick(revert, Qt::LeftButton);
        QCOMPARE(stage->draft().training.steps, 5000);
        QCOMPARE(stack->undoText(), QStringLiteral("Revert"));
        stack->undo();
        QCOMPARE(stage->draft().training.steps, 6000);
        QCOMPARE(steps->value(), 6000);
    }

    // The window

    void theMenuNamesWhatTheStageCanUndo() {
        Scene scene;
        scene.window->goToStage(MainWindow::denoiseStage);
        auto* form = scene.window->findChild<DenoiseStage*>()->form();
        QVERIFY(!scene.action("undo")->isEnabled());
        QCOMPARE(scene.action("undo")->text(), QStringLiteral("Undo"));
        QTest::keyClick(form->stepsBox(), Qt::Key_Down);
        QVERIFY(scene.action("undo")->isEnabled());
        QCOMPARE(scene.action("undo")->text(), QStringLiteral("Undo Steps"));
        scene.window->goToStage(MainWindow::trainStage);
        QVERIFY(!scene.action("undo")->isEnabled()); // that one has its own
        scene.window->goToStage(MainWindow::denoiseStage);
        scene.action("undo")->trigger();
        QCOMPARE(scene.action("redo")->text(), QStringLiteral("Redo Steps"));
        QVERIFY(scene.action("redo")->isEnabled());
        QVERIFY(!scene.action("undo")->isEnabled());
    }

    void keysWorkOnTheStageAndInFields() {
        Scene scene;
        scene.window->goToStage(MainWindow::denoiseStage);
        auto* stage = scene.window->findChild<DenoiseStage*>();
        SamplingForm* form = stage->form();
        for (QWidget* where : std::initializer_list<QWidget*>{stage, form->stepsBox(), form->samplerBox(),
                                                              form->clipBox(), form->seedBox()}) {
            form->stepsBox()->setFocus();
            form->stepsBox()->selectAll();
            QTest::keyClicks(form->stepsBox(), QStringLiteral("321")); // also the line in it has undo now
            QCOMPARE(form->settings().steps, 321);
            where->setFocus();
            QVERIFY(where->hasFocus());
            Scene::press(Qt::Key_Z);
            QCOMPARE(form->settings().steps, 1000);
            Scene::press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
            QCOMPARE(form->settings().steps, 321);
            Scene::press(Qt::Key_Z);
            QCOMPARE(form->settings().steps, 1000);
            Scene::press(Qt::Key_Y);
            QCOMPARE(form->settings().steps, 321);
            Scene::press(Qt::Key_Z);
            QVERIFY(!stage->undoStack()->canUndo());
            Scene::press(Qt::Key_Z); // and not one step more
            QCOMPARE(form->settings().steps, 1000);
        }
    }

    void aLineThatIsTypedIntoUndoesItsOwnText() {
        Scene scene;
        scene.window->goToStage(MainWindow::trainStage);
        auto* stage = scene.window->findChild<TrainStage*>();
        auto* steps = scene.find<QSpinBox>("steps");
        const auto planned = stage->draft().training.steps;
        steps->setFocus();
        QTest::keyClick(steps, Qt::Key_Up);
        auto* rate = scene.find<QLineEdit>("rate");
        const QString before = rate->text();
        rate->setFocus();
        QTest::keyClick(rate, Qt::Key_End);
        QTest::keyClicks(rate, QStringLiteral("5"));
        QCOMPARE(rate->text(), before + QLatin1Char('5'));
        Scene::press(Qt::Key_Z);
        QCOMPARE(rate->text(), before);
        QCOMPARE(stage->draft().training.steps, planned + 1000); // not the form's
        Scene::press(Qt::Key_Y);
        QCOMPARE(rate->text(), before + QLatin1Char('5')); // redone by the line, too
        Scene::press(Qt::Key_Z);
        Scene::press(Qt::Key_Z); // nothing left in the line: now the form's
        QCOMPARE(stage->draft().training.steps, planned);
        Scene::press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        // Once entered, it is a change of the form like any other.
        rate->selectAll();
        QTest::keyClicks(rate, QStringLiteral("0.25"));
        QTest::keyClick(rate, Qt::Key_Return);
        QVERIFY(rate->hasFocus());
        QCOMPARE(scene.action("undo")->text(), QStringLiteral("Undo Learning rate"));
        Scene::press(Qt::Key_Z);
        QCOMPARE(rate->text(), before);
        QCOMPARE(stage->draft().training.learning_rate, before.toDouble());
    }
};

QTEST_MAIN(UndoTest)
#include "undo_test.moc"
