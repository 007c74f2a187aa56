// What somebody hears and reaches who does not see the window or hold a mouse: names, descriptions and values
// of everything on every stage, and the way of the Tab key.
#include "bridge/engine_bridge.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/tools/make_tool.h"
#include "stages/denoise/tools/tool.h"
#include "stages/noise/noise_stage.h"
#include "support/branches.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/curve_view.h"
#include "views/histogram_view.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"
#include "views/transport_bar.h"
#include "window/main_window.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QDirIterator>
#include <QRegularExpression>
#include <QSet>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

struct Scene {
    explicit Scene(bool points = false) : points_(points) {
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        engine.on_submit([this](const Command& command) { answer(command); });
        window = std::make_unique<MainWindow>(bridge, options);
        window->resize(1600, 1000);
        window->show();
        if (!QTest::qWaitForWindowActive(window.get())) qFatal("the window did not become active");
        const DataKind data = points ? DataKind::two_moons : DataKind::mnist;
        engine.emit({test::run_opened(100, data, points ? Preset::points : Preset::tiny),
                     TrainingStateChanged{TrainingState::paused, 100, 5000},
                     Metrics{test::metric_points(1, 100), true}});
        engine.set_frame(test::training_frame(1, 100, points));
        auto model = test::model_changed(100, data, 1000);
        if (!points) model.settings.model.unet.num_class_embeds = 11; // with classes there is more to set
        engine.emit(Event{model});
        engine.emit(Event{ChainChanged{ChainPhase::paused, test::chain_record(6, 20, 1000, points, 15)}});
        settle(200);
    }
    void answer(const Command& command) {
        if (const auto* data = std::get_if<OpenData>(&command)) {
            auto opened = test::data_opened(data->settings.kind, data->thumbnails);
            opened.settings = data->settings;
            opened.id = data->id;
            engine.emit(Event{opened});
        } else if (const auto* run = std::get_if<RunForward>(&command)) {
            engine.emit(Event{ForwardReady{test::forward_record(50, run->data.is_points(), run->id)}});
        } else if (const auto* branch = std::get_if<StartBranch>(&command)) {
            engine.emit(Event{test::answer(*branch, 1000, points_)});
        }
    }
    static void settle(int ms = 30) { QTest::qWait(ms); }
    void go(int stage) {
        window->goToStage(stage);
        settle(100);
    }
    DenoiseStage* denoise() const { return window->findChild<DenoiseStage*>(); }

    bool points_;
    QTemporaryDir folder;
    test::FakeEngine engine;
    EngineBridge bridge{engine};
    std::unique_ptr<MainWindow> window;
};

QString textOf(QWidget* widget, QAccessible::Text kind) {
    QAccessibleInterface* seen = QAccessible::queryAccessibleInterface(widget);
    return seen ? seen->text(kind) : QString();
}

/// For a message: what it is and where.
QString whereIs(const QWidget* widget) {
    QStringList path;
    for (const QWidget* each = widget; each && path.size() < 4; each = each->parentWidget())
        path << QStringLiteral("%1 \"%2\"")
                    .arg(QLatin1String(each->metaObject()->className()), each->objectName());
    return path.join(QStringLiteral(" in "));
}

/// The classes of ui/ that draw themselves, by their headers: none can be forgotten.
QSet<QString> paintedClasses() {
    QSet<QString> found;
    static const QRegularExpression what(QStringLiteral(R"(class\s+(\w+)[^;{()]*\{|void\s+paintEvent\s*\()"));
    QDirIterator files(QStringLiteral(DDPM_SOURCE_DIR "/ui"), {QStringLiteral("*.h")}, QDir::Files,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        if (!file.open(QIODevice::ReadOnly)) continue;
        QString open;
        for (auto it = what.globalMatch(QString::fromUtf8(file.readAll())); it.hasNext();) {
            const auto match = it.next();
            if (match.capturedLength(1) > 0)
                open = match.captured(1);
            else
                found << open;
        }
    }
    return found;
}

/// Draw words or a ground: the name says it all.
const QSet<QString> wordsAndGrounds{
    QStringLiteral("EquationView"), QStringLiteral("PaneCaption"), QStringLiteral("AlgorithmLine"),
    QStringLiteral("TransportBar"), QStringLiteral("NoiseStage"),  QStringLiteral("DropVeil"),
    QStringLiteral("ElidedLabel"),
};

QString plainClass(const QWidget* widget) {
    return QString::fromLatin1(widget->metaObject()->className()).section(QStringLiteral("::"), -1);
}

/// Of one colour all over: there is nothing to be told.
bool isBlank(QWidget* widget) {
    const QImage image = widget->grab().toImage();
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixel(x, y) != image.pixel(0, 0)) return false;
    return true;
}

/// A part of another control, that nobody meets by itself.
bool isInside(const QWidget* widget) {
    return widget->focusProxy() || widget->objectName().startsWith(QStringLiteral("qt_")) ||
           qobject_cast<const QAbstractSpinBox*>(widget->parentWidget());
}

QList<QWidget*> visibleWidgets(QWidget* root) {
    QList<QWidget*> found;
    for (QWidget* each : root->findChildren<QWidget*>())
        if (each->isVisibleTo(root) && each->window() == root && !isInside(each)) found << each;
    return found;
}

QStringList unnamed(QWidget* root) {
    static const QSet<QString> painted = paintedClasses();
    QStringList found;
    for (QWidget* each : visibleWidgets(root)) {
        const bool canvas = painted.contains(plainClass(each)) || plainClass(each) == QStringLiteral("Plot");
        const bool control = each->focusPolicy() != Qt::NoFocus || qobject_cast<QAbstractButton*>(each);
        if (!canvas && !control) continue;
        const bool words = wordsAndGrounds.contains(plainClass(each));
        if (textOf(each, QAccessible::Name).trimmed().isEmpty() && !(words && isBlank(each)))
            found << QStringLiteral("no name: ") + whereIs(each);
        if (canvas && !words && textOf(each, QAccessible::Description).trimmed().isEmpty() &&
            textOf(each, QAccessible::Value).trimmed().isEmpty())
            found << QStringLiteral("no description: ") + whereIs(each);
    }
    return found;
}

bool isExclusive(const QWidget* widget) {
    const auto* button = qobject_cast<const QAbstractButton*>(widget);
    return button && button->isCheckable() && (button->autoExclusive() || button->group());
}

/// Where Tab leads to, until it comes back to where it was.
QList<QWidget*> tabRound(QWidget* root) {
    QList<QWidget*> round;
    for (int i = 0; i < 400; ++i) {
        QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : root, Qt::Key_Tab);
        QWidget* now = QApplication::focusWidget();
        if (!now || round.contains(now)) break;
        round << now;
    }
    return round;
}

QStringList unreached(QWidget* root) {
    const QList<QWidget*> round = tabRound(root);
    QStringList found;
    if (round.size() < 8) found << QStringLiteral("Tab goes round after %1 controls").arg(round.size());
    for (QWidget* each : visibleWidgets(root)) {
        if (!each->isEnabled() || !(each->focusPolicy() & Qt::TabFocus) || round.contains(each)) continue;
        // Of a group of choices Tab reaches one, and the arrow keys the others.
        const bool another = isExclusive(each) && std::any_of(round.begin(), round.end(), [each](QWidget* r) {
                                 return isExclusive(r) && r->parentWidget() == each->parentWidget();
                             });
        if (!another) found << QStringLiteral("not reached: ") + whereIs(each);
    }
    return found;
}

} // namespace

class AccessibilityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void theHeadersWereRead() {
        const QSet<QString> painted = paintedClasses();
        for (const char* name : {"Timeline", "PictureGrid", "CurveView", "AlgorithmLine", "ForkTree"})
            QVERIFY2(painted.contains(QLatin1String(name)), name);
        QVERIFY(!painted.contains(QStringLiteral("Card")) && !painted.contains(QStringLiteral("MainWindow")));
    }

    void everythingHasAName_data() {
        QTest::addColumn<int>("stage");
        QTest::addColumn<bool>("points");
        QTest::addColumn<int>("tool");
        const char* names[] = {"Noise", "Train", "Denoise"};
        for (int stage = 0; stage < 3; ++stage)
            for (const bool points : {false, true})
                QTest::addRow("%s, %s", names[stage], points ? "points" : "pictures")
                    << stage << points << -1;
        for (const ToolOffer& offer : toolOffers())
            for (const bool points : {false, true})
                if (!points || offer.forPoints)
                    QTest::addRow("%s, %s", qPrintable(offer.name), points ? "points" : "pictures")
                        << 2 << points << static_cast<int>(offer.kind);
    }

    void everythingHasAName() {
        QFETCH(int, stage);
        QFETCH(bool, points);
        QFETCH(int, tool);
        Scene scene(points);
        scene.go(stage);
        if (tool >= 0) scene.denoise()->openTool(static_cast<ToolKind>(tool));
        Scene::settle(100);
        const QStringList problems = unnamed(scene.window.get());
        QVERIFY2(problems.isEmpty(), qPrintable(QLatin1Char('\n') + problems.join(QLatin1Char('\n'))));
        const QStringList lost = unreached(scene.window.get());
        QVERIFY2(lost.isEmpty(), qPrintable(QLatin1Char('\n') + lost.join(QLatin1Char('\n'))));
    }

    void beforeThereIsAnything() {
        QTemporaryDir folder;
        test::FakeEngine engine;
        EngineBridge bridge(engine);
        WindowOptions options;
        options.runsFolder = folder.path().toStdString();
        options.stateFile = folder.filePath(QStringLiteral("window.ini"));
        MainWindow window(bridge, options);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        for (int stage = 0; stage < 3; ++stage) {
            window.goToStage(stage);
            Scene::settle();
            const QStringList problems = unnamed(&window) + unreached(&window);
            QVERIFY2(problems.isEmpty(), qPrintable(QLatin1Char('\n') + problems.join(QLatin1Char('\n'))));
        }
    }

    void descriptionsFollowWhatIsShown() {
        Scene scene;
        scene.go(MainWindow::noiseStage);
        auto* noise = scene.window->findChild<NoiseStage*>();
        QHash<QWidget*, QString> before;
        const auto told = [noise] {
            QHash<QString, QString> all;
            for (QWidget* each : noise->findChildren<QWidget*>())
                if (each->isVisible()) {
                    const QString kind = plainClass(each);
                    if (kind == QStringLiteral("CurveView") || kind == QStringLiteral("HistogramView") ||
                        kind == QStringLiteral("Filmstrip"))
                        all[kind + textOf(each, QAccessible::Name)] = textOf(each, QAccessible::Description);
                }
            return all;
        };
        noise->goToStart();
        const auto atStart = told();
        QVERIFY(atStart.size() >= 3);
        noise->goToEnd();
        const auto atEnd = told();
        for (auto it = atStart.cbegin(); it != atStart.cend(); ++it)
            QVERIFY2(atEnd[it.key()] != it.value(), qPrintable(it.key() + QStringLiteral(": ") + it.value()));
    }

    void descriptionsSayTheNumbers() {
        const auto described = [](QWidget& widget) { return textOf(&widget, QAccessible::Description); };
        HistogramView histogram;
        QVERIFY(!described(histogram).isEmpty());
        const float values[] = {1, 3, 1, 3};
        histogram.setValues(0, QStringLiteral("jump"), Tone::forward, values);
        QCOMPARE(described(histogram), QStringLiteral("jump: mean 2.000, standard deviation 1.000"));
        CurveView curves;
        curves.setXName(QStringLiteral("t"));
        curves.setCurves({{QStringLiteral("SNR"), Tone::forward, {5, 4, 3}, 1, false, false}});
        curves.setXRange(0, 3);
        curves.setCursorPosition(2);
        QVERIFY2(described(curves).startsWith(QStringLiteral("t = 2, SNR 4.0")),
                 qPrintable(described(curves)));
        PointCloudView cloud;
        cloud.setPoints({{0, 1, 1, 2}});
        QCOMPARE(described(cloud), QStringLiteral("2 points around x 0.50, y 1.50, spread 0.50 and 0.50"));
        PictureGrid grid;
        grid.setEmptyText(QStringLiteral("Press Sample"));
        QCOMPARE(described(grid), QStringLiteral("Press Sample"));
        grid.setColumns(3);
        grid.setPictures(test::digits(6, 1));
        grid.setSelectable(true);
        grid.setSelected(4);
        QCOMPARE(described(grid),
                 QStringLiteral("6 pictures of 28 by 28 pixels in 3 columns, number 5 is selected"));
        grid.setAccessibleDescription(QStringLiteral("as its owner says"));
        QCOMPARE(described(grid), QStringLiteral("as its owner says"));
        QCOMPARE(QAccessible::queryAccessibleInterface(&grid)->role(), QAccessible::Graphic);
    }

    void captionsAreSpoken() {
        using namespace math;
        const Expr hat0 = index(hat(var(QStringLiteral("x"))), upright(QStringLiteral("0")));
        QCOMPARE(spoken(hat0), QStringLiteral("x\u0302 0"));
        QCOMPARE(spoken(fraction(var(QStringLiteral("a")), root(var(QStringLiteral("b"))))),
                 QStringLiteral("a over root of b"));
        PaneCaption caption(hat0, {}, Tone::reverse);
        QCOMPARE(textOf(&caption, QAccessible::Name), QStringLiteral("x\u0302 0"));
        caption.setWords(QStringLiteral("what comes back"));
        QCOMPARE(textOf(&caption, QAccessible::Name), QStringLiteral("what comes back"));
    }

    void theTimelineIsASlider() {
        TransportBar bar;
        bar.setRange(0, 100);
        bar.setAvailable(60);
        bar.setPosition(10);
        bar.setEnds(QStringLiteral("noise"), Tone::forward, QStringLiteral("image"), Tone::reverse);
        bar.setReadout(QStringLiteral("t = 990"));
        QAccessibleInterface* seen = QAccessible::queryAccessibleInterface(bar.timeline());
        QVERIFY(seen);
        QCOMPARE(seen->role(), QAccessible::Slider);
        QAccessibleValueInterface* value = seen->valueInterface();
        QVERIFY(value);
        QCOMPARE(value->currentValue().toInt(), 10);
        QCOMPARE(value->minimumValue().toInt(), 0);
        QCOMPARE(value->maximumValue().toInt(), 60); // what is recorded can be gone to
        QCOMPARE(value->minimumStepSize().toInt(), 1);
        QCOMPARE(seen->text(QAccessible::Value), QStringLiteral("t = 990"));
        QVERIFY(seen->text(QAccessible::Description).contains(QStringLiteral("noise")));
        QSignalSpy moved(&bar, &TransportBar::positionRequested);
        value->setCurrentValue(42);
        QCOMPARE(moved.takeFirst().at(0).toInt(), 42);
        QCOMPARE(bar.timeline()->position(), 42);
        QCOMPARE(value->currentValue().toInt(), 42);
        value->setCurrentValue(1e9);
        QCOMPARE(moved.takeFirst().at(0).toInt(), 60);
        value->setCurrentValue(-5);
        QCOMPARE(moved.takeFirst().at(0).toInt(), 0);
        value->setCurrentValue(QStringLiteral("far"));
        value->setCurrentValue(std::nan(""));
        QCOMPARE(moved.count(), 0);
        bar.setControlsEnabled(false);
        value->setCurrentValue(7);
        QCOMPARE(moved.count(), 0);
    }
};

QTEST_MAIN(AccessibilityTest)
#include "accessibility_test.moc"
