// The views on their own: what they draw pixel for pixel, what they say when the user acts, and that setters
// are silent.
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/equation_view.h"
#include "views/filmstrip.h"
#include "views/histogram_view.h"
#include "views/picture_grid.h"
#include "views/picture_image.h"
#include "views/playhead.h"
#include "views/point_cloud_view.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

/// `count` pictures of 4×4; pixel k of picture i is 16 i + k.
PictureStack numbered(int count) {
    PictureStack stack;
    stack.count = count;
    stack.height = stack.width = 4;
    for (int i = 0; i < count * 16; ++i)
        stack.bytes.push_back(static_cast<std::uint8_t>(i % 256));
    return stack;
}

void show(QWidget& widget, QSize size) {
    widget.resize(size);
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
}

void wheel(QWidget& widget, int delta) {
    const QPointF at = widget.rect().center();
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

bool anyPixel(const QImage& image, const std::function<bool(QColor)>& wanted) {
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (wanted(image.pixelColor(x, y))) return true;
    return false;
}

} // namespace

class ViewsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void gridDrawsEveryPixelAsABlock() {
        PictureGrid grid;
        grid.setPictures(numbered(4));
        show(grid, {200, 200});
        QCOMPARE(grid.columns(), 2);
        const QImage image = grid.grab().toImage();
        const qreal ratio = image.devicePixelRatio();
        for (int picture = 0; picture < 4; ++picture) {
            const QRect rect = grid.pictureRect(picture);
            for (int k = 0; k < 16; ++k) {
                // The middle of the block, whatever the magnification.
                const QPointF at((rect.left() + (k % 4 + 0.5) * rect.width() / 4.0) * ratio,
                                 (rect.top() + (k / 4 + 0.5) * rect.height() / 4.0) * ratio);
                QCOMPARE(image.pixelColor(at.toPoint()).red(), picture * 16 + k);
            }
        }
    }

    void gridKeepsColours() {
        PictureStack one;
        one.count = 1;
        one.height = one.width = 1;
        one.channels = 3;
        one.bytes = {200, 40, 90};
        PictureGrid grid;
        grid.setPictures(one);
        show(grid, {60, 60});
        QCOMPARE(grid.grab().toImage().pixelColor(30, 30), QColor(200, 40, 90));
    }

    void gridFillsItsPane() {
        PictureGrid grid;
        grid.setPictures(numbered(16));
        show(grid, {287, 300});
        const QRect all = grid.pictureRect(0).united(grid.pictureRect(15));
        QVERIFY2(all.width() > 0.93 * 287, qPrintable(QString::number(all.width())));
        grid.setColumns(8);
        QCOMPARE(grid.columns(), 8);
        QCOMPARE(grid.pictureRect(8).left(), grid.pictureRect(0).left());
    }

    void gridSelectsByMouseAndKeys() {
        PictureGrid grid;
        grid.setPictures(numbered(9));
        grid.setSelectable(true);
        show(grid, {200, 200});
        QSignalSpy selected(&grid, &PictureGrid::pictureSelected),
            activated(&grid, &PictureGrid::pictureActivated);
        grid.setSelected(4);
        QCOMPARE(selected.count(), 0);
        QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.pictureRect(7).center());
        QCOMPARE(selected.takeFirst().at(0).toInt(), 7);
        QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.pictureRect(7).center());
        QCOMPARE(selected.count(), 0); // it is selected already
        QTest::keyClick(&grid, Qt::Key_Up);
        QCOMPARE(selected.takeFirst().at(0).toInt(), 4);
        QTest::keyClick(&grid, Qt::Key_Right);
        QCOMPARE(selected.takeFirst().at(0).toInt(), 5);
        QTest::keyClick(&grid, Qt::Key_Return);
        QCOMPARE(activated.takeFirst().at(0).toInt(), 5);
        QTest::mouseClick(&grid, Qt::LeftButton, {}, {1, 1}); // beside the pictures
        QCOMPARE(selected.count(), 0);
    }

    void picturesFromFloatsAreClampedAndRounded() {
        const float values[] = {-1.F, 1.F, 0.F, 7.F, -7.F, 0.5F};
        const PictureStack stack = pictureFromFloats(values, 2, 3, 1);
        QCOMPARE(stack.bytes, (std::vector<std::uint8_t>{0, 255, 128, 255, 0, 191}));
        const QImage image = pictureImage(stack, 0);
        QCOMPARE(image.size(), QSize(3, 2));
        QCOMPARE(qGray(image.pixel(1, 1)), 0);
        QVERIFY(pictureImage(stack, 1).isNull());
    }

    void filmstripAdaptsToItsWidth() {
        Filmstrip strip;
        strip.setRange(0, 1000);
        strip.setAvailable(1000);
        show(strip, {900, Filmstrip::heightFor(900)});
        QCOMPARE(strip.positions(), (std::vector<int>{0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}));
        strip.resize(450, strip.height());
        QVERIFY(strip.positions().size() < 9 && strip.positions().size() >= 4);
        QCOMPARE(strip.positions().front(), 0);
        QCOMPARE(strip.positions().back(), 1000);
        strip.setRange(0, 2);
        QCOMPARE(strip.positions(), (std::vector<int>{0, 1, 2}));
    }

    void filmstripShowsTheCurrentPositionExactly() {
        Filmstrip strip;
        strip.setRange(0, 1000);
        strip.setAvailable(1000);
        show(strip, {900, 100});
        for (const int position : {0, 3, 420, 487, 998, 1000}) {
            strip.setPosition(position);
            const auto at = strip.positions();
            QVERIFY2(std::count(at.begin(), at.end(), position) == 1, qPrintable(QString::number(position)));
            QCOMPARE(at.front(), 0);
            QCOMPARE(at.back(), 1000);
            QVERIFY(std::is_sorted(at.begin(), at.end()));
        }
    }

    void filmstripClickAsksForAThumbnailThatExists() {
        Filmstrip strip;
        QStringList asked;
        strip.setSource(
            [&](int position, QSize) {
                asked << QString::number(position);
                QImage image(4, 4, QImage::Format_RGB32);
                image.fill(QColor(10, 200, 30));
                return image;
            },
            [](int position) { return QString::number(position); });
        strip.setRange(0, 1000);
        strip.setAvailable(650);
        QSignalSpy requested(&strip, &Filmstrip::positionRequested);
        show(strip, {900, 100});
        strip.setPosition(0);
        const QImage image = strip.grab().toImage();
        QCOMPARE(image.pixelColor(strip.thumbnailRect(3).center()), QColor(10, 200, 30));
        QVERIFY(image.pixelColor(strip.thumbnailRect(9).center()) != QColor(10, 200, 30));
        QVERIFY(!asked.contains(QStringLiteral("900"))); // not there yet
        QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.thumbnailRect(3).center());
        QCOMPARE(requested.takeFirst().at(0).toInt(), 300);
        QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.thumbnailRect(9).center());
        strip.setPosition(500);
        QCOMPARE(requested.count(), 0);
    }

    void timelineDrags() {
        Timeline line;
        line.setRange(0, 1000);
        line.setAvailable(1000);
        show(line, {500, 28});
        QSignalSpy requested(&line, &Timeline::positionRequested);
        line.setPosition(250);
        QCOMPARE(requested.count(), 0);
        const int y = line.height() / 2;
        QTest::mousePress(&line, Qt::LeftButton, {}, {line.xOf(500), y});
        QVERIFY(std::abs(line.position() - 500) <= 2);
        QTest::mouseMove(&line, {line.xOf(800), y});
        QVERIFY(std::abs(requested.last().at(0).toInt() - 800) <= 2);
        QTest::mouseMove(&line, {-50, y});
        QCOMPARE(requested.last().at(0).toInt(), 0);
        QTest::mouseRelease(&line, Qt::LeftButton, {}, {-50, y});
        const auto before = requested.count();
        QTest::mouseMove(&line, {line.xOf(300), y});
        QCOMPARE(requested.count(), before);
    }

    void timelineDoesNotReachWhatIsNotRecorded() {
        Timeline line;
        line.setRange(0, 100);
        line.setAvailable(40);
        show(line, {500, 28});
        QTest::mouseClick(&line, Qt::LeftButton, {}, {line.xOf(90), 14});
        QCOMPARE(line.position(), 40);
        QTest::keyClick(&line, Qt::Key_Right);
        QCOMPARE(line.position(), 40);
        line.setAvailable(100);
        QTest::keyClick(&line, Qt::Key_End);
        QCOMPARE(line.position(), 100);
        QTest::keyClick(&line, Qt::Key_Home);
        QCOMPARE(line.position(), 0);
        QTest::keyClick(&line, Qt::Key_PageDown);
        QCOMPARE(line.position(), 10);
        wheel(line, -120);
        QCOMPARE(line.position(), 11);
        wheel(line, 60);
        wheel(line, 60); // two half notches of a fine wheel
        QCOMPARE(line.position(), 10);
    }

    void timelinePaintsTheRecordedPartBrighter() {
        Timeline line;
        line.setRange(0, 100);
        line.setAvailable(50);
        show(line, {500, 28});
        const QImage image = line.grab().toImage();
        const int y = line.height() / 2;
        const auto saturation = [&](int position) { return image.pixelColor(line.xOf(position), y).value(); };
        QVERIFY(saturation(30) > saturation(80) + 60);
    }

    void transportSaysWhatIsWanted() {
        TransportBar bar;
        bar.setRange(0, 10);
        bar.setAvailable(10);
        bar.setPosition(5);
        show(bar, {900, 56});
        QSignalSpy play(&bar, &TransportBar::playRequested), pause(&bar, &TransportBar::pauseRequested);
        QSignalSpy back(&bar, &TransportBar::backRequested), forward(&bar, &TransportBar::forwardRequested);
        QSignalSpy start(&bar, &TransportBar::startRequested), end(&bar, &TransportBar::endRequested);
        QSignalSpy position(&bar, &TransportBar::positionRequested);
        for (QToolButton* button :
             {bar.playButton(), bar.backButton(), bar.forwardButton(), bar.startButton(), bar.endButton()})
            QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(QList<qsizetype>({play.count(), pause.count(), back.count(), forward.count(), start.count(),
                                   end.count()}),
                 QList<qsizetype>({1, 0, 1, 1, 1, 1}));
        bar.setPlaying(true);
        QTest::mouseClick(bar.playButton(), Qt::LeftButton);
        QCOMPARE(pause.count(), 1);
        bar.setPosition(0);
        QVERIFY(!bar.backButton()->isEnabled() && !bar.startButton()->isEnabled());
        bar.setStepForwardEnabled(false);
        QVERIFY(!bar.forwardButton()->isEnabled());
        QCOMPARE(position.count(), 0);
        bar.setSpeeds({"half", "one", "two"}, {0.5, 1, 2}, 1);
        QSignalSpy speed(&bar, &TransportBar::speedChanged), loop(&bar, &TransportBar::loopingChanged);
        QCOMPARE(bar.speed(), 1.0);
        QTest::keyClick(bar.speedBox(), Qt::Key_Down);
        QCOMPARE(speed.takeFirst().at(0).toDouble(), 2.0);
        bar.setLooping(true);
        QCOMPARE(loop.count(), 0);
        QTest::mouseClick(bar.loopButton(), Qt::LeftButton);
        QCOMPARE(loop.takeFirst().at(0).toBool(), false);
    }

    void transportDoesNotJumpWhenNumbersChange() {
        TransportBar bar;
        bar.setReadout(QStringLiteral("t = 1"));
        show(bar, {900, 56});
        const QRect before = bar.timeline()->geometry();
        bar.setReadout(QStringLiteral("t = 1000"));
        QTest::qWait(20);
        QCOMPARE(bar.timeline()->geometry(), before);
    }

    void curveCursorFollowsTheMouse() {
        CurveView view;
        std::vector<double> values;
        for (int t = 0; t <= 1000; ++t)
            values.push_back(1 - t / 1000.0);
        view.setCurves({{QStringLiteral("a"), Tone::forward, values, 0, false, false}});
        view.setXRange(0, 1000);
        show(view, {400, 200});
        QSignalSpy requested(&view, &CurveView::positionRequested);
        view.setCursorPosition(300);
        QCOMPARE(requested.count(), 0);
        const QPoint at(static_cast<int>(view.xOf(600)), 100);
        QTest::mousePress(&view, Qt::LeftButton, {}, at);
        QVERIFY(std::abs(requested.last().at(0).toInt() - 600) <= 3);
        QTest::mouseMove(&view, {static_cast<int>(view.xOf(1000)) + 90, 100});
        QCOMPARE(view.cursorPosition(), 1000);
        QTest::mouseRelease(&view, Qt::LeftButton, {}, at);
        QTest::keyClick(&view, Qt::Key_Left);
        QCOMPARE(view.cursorPosition(), 999);
    }

    void curveStandsWhereItsValueIs() {
        CurveView view;
        view.setCurves(
            {{QStringLiteral("a"), Tone::forward, std::vector<double>(101, 0.5), 0, false, false}});
        view.setXRange(0, 100);
        view.setCursorPosition(0);
        show(view, {400, 200});
        const QImage image = view.grab().toImage();
        const QRectF plot = view.plotRect();
        // A constant 0.5 on an axis that ends at the nice number 0.6 or at 0.5 itself: look for the line's
        // colour.
        const QColor tone = theme::colors().forward;
        int found = -1;
        for (int y = static_cast<int>(plot.top()); y <= plot.bottom() && found < 0; ++y)
            if (std::abs(image.pixelColor(static_cast<int>(plot.center().x()), y).red() - tone.red()) < 30)
                found = y;
        QVERIFY(found >= 0);
        for (const double part : {0.25, 0.75}) { // and it is level
            const QColor there = image.pixelColor(static_cast<int>(plot.left() + part * plot.width()), found);
            QVERIFY(std::abs(there.red() - tone.red()) < 30);
        }
    }

    /// Values of less than a decade and a half fill a logarithmic axis, whose ends are 1, 2 or 5 times a
    /// power of ten.
    void aShortLogarithmicAxisIsFilled() {
        CurveView view;
        view.setLogScale(true);
        view.setCurves(
            {{QStringLiteral("low"), Tone::forward, std::vector<double>(101, 0.2), 0, false, false},
             {QStringLiteral("high"), Tone::training, std::vector<double>(101, 2.0), 0, false, false}});
        view.setXRange(0, 100);
        show(view, {400, 240});
        const QImage image = view.grab().toImage();
        const QRectF plot = view.plotRect();
        const auto rowOf = [&](const QColor& tone) {
            for (int y = 0; y < image.height(); ++y) {
                const QColor there = image.pixelColor(static_cast<int>(plot.left() + 0.7 * plot.width()), y);
                if (std::abs(there.red() - tone.red()) + std::abs(there.blue() - tone.blue()) < 40) return y;
            }
            return -1;
        };
        QVERIFY(std::abs(rowOf(theme::colors().forward) - plot.bottom()) < 4);
        QVERIFY(std::abs(rowOf(theme::colors().training) - plot.top()) < 4);
    }

    void curveSurvivesWhatCannotBeDrawn() {
        CurveView view;
        view.setLogScale(true);
        view.setCurves(
            {{QStringLiteral("a"), Tone::forward, {INFINITY, 0, -1, std::nan(""), 1e-300}, 0, false, false}});
        view.setXRange(0, 4);
        show(view, {300, 150});
        QVERIFY(!view.grab().isNull());
        view.setCurves({});
        QVERIFY(!view.grab().isNull());
    }

    void readOuts_data() {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::addRow("beta") << 0.00846 << "0.008460";
        QTest::addRow("level") << 0.1643 << "0.1643";
        QTest::addRow("zero") << 0.0 << "0.0000";
        QTest::addRow("hundreds") << 123.456 << "123.46";
        QTest::addRow("tiny") << 4.0358e-5 << "4.04e−5";
        QTest::addRow("nothing") << std::nan("") << "–";
    }
    void readOuts() {
        QFETCH(double, value);
        QTEST(readOut(value), "text");
    }

    void histogramMeasures() {
        HistogramView view;
        std::vector<float> values;
        for (int i = 0; i < 1000; ++i)
            values.push_back(i % 2 ? 1.F : -1.F);
        values.push_back(std::nanf("")); // left out
        view.setValues(0, QStringLiteral("a"), Tone::forward, values);
        QVERIFY(std::abs(view.mean(0)) < 1e-9);
        QVERIFY(std::abs(view.deviation(0) - 1) < 1e-9);
        double area = 0;
        for (const double density : view.density(0))
            area += density * 8 / static_cast<double>(view.density(0).size());
        QVERIFY(std::abs(area - 1) < 1e-9);
        show(view, {300, 180});
        QVERIFY(anyPixel(view.grab().toImage(), [](QColor c) { return c.red() > c.blue() + 60; }));
    }

    void cloudDrawsPointsWhereTheyAre() {
        PointCloudView view;
        view.setTone(Tone::forward);
        PointCloud cloud;
        for (int i = 0; i < 200; ++i) {
            cloud.xy.push_back(1.0F);
            cloud.xy.push_back(0.5F);
        }
        cloud.xy.insert(cloud.xy.end(), {std::nanf(""), 0.F, 1e30F, 1.F}); // must not be drawn, nor do harm
        view.setPoints(cloud);
        show(view, {300, 300});
        const QImage image = view.grab().toImage();
        const QColor there = image.pixelColor(view.toWidget({1.0, 0.5}).toPoint());
        QVERIFY(std::abs(there.red() - theme::colors().forward.red()) < 25);
        QVERIFY(image.pixelColor(view.toWidget({1.0, -0.5}).toPoint()).red() < 80); // y is up
    }

    void cloudIsMeasured() {
        PointCloud cloud;
        for (int i = 0; i < 40000; ++i)
            cloud.xy.push_back(static_cast<float>(std::sin(i * 1.7) * 1.4));
        QImage image;
        QBENCHMARK {
            image = cloudImage(cloud, {400, 400}, 1.5, Qt::white, 1.2, 0.5);
        }
        QVERIFY(!image.isNull());
    }

    void cloudSelects() {
        PointCloudView view;
        view.setSelectable(true);
        PointCloud cloud;
        cloud.xy = {-1, -1, 0, 0, 1, 1};
        view.setPoints(cloud);
        show(view, {300, 300});
        QSignalSpy selected(&view, &PointCloudView::pointSelected);
        view.setSelected(0);
        QCOMPARE(selected.count(), 0);
        QTest::mouseClick(&view, Qt::LeftButton, {}, view.toWidget({1, 1}).toPoint() + QPoint(2, 1));
        QCOMPARE(selected.takeFirst().at(0).toInt(), 2);
    }

    void equationNeverLeavesItsRoom() {
        using namespace math;
        const Expr x = var(QStringLiteral("x"));
        EquationView view;
        view.setGrowing(true);
        view.setEquation(row({x, op(QStringLiteral("=")), root(row({x, op(QStringLiteral("+")), x})),
                              index(x, upright(QStringLiteral("0"))), op(QStringLiteral("+")), x}),
                         QStringLiteral("a sum"), 1.65);
        const int full = view.sizeHint().width();
        for (int width = full * 2 / 3; width < full * 2; ++width) {
            view.resize(width, 200);
            QImage image(view.size(), QImage::Format_ARGB32);
            image.fill(Qt::transparent);
            view.render(&image, {}, {}, {});
            for (int y = 0; y < image.height(); ++y)
                QVERIFY2(qAlpha(image.pixel(width - 1, y)) == 0, qPrintable(QString::number(width)));
        }
    }

    void anEquationIsBrokenRatherThanCut() {
        using namespace math;
        const Expr x = var(QStringLiteral("x"));
        const Expr term = row({root(row({upright(QStringLiteral("1")), op(QStringLiteral("−")), x})), x});
        const Expr sum = row({x, op(QStringLiteral("=")), term, op(QStringLiteral("+")), upright("f("), x,
                              op(QStringLiteral("−")), x, upright(")"), op(QStringLiteral("+")), term});
        EquationView view;
        view.setEquation(sum, QStringLiteral("a sum"), 1.65);
        const int full = view.sizeHint().width();
        view.resize(full * 45 / 100, 200);
        QCOMPARE(view.setting().lines.size(), std::size_t{2});
        for (int width = full * 2 / 3; width > full / 6; width -= 3) {
            view.resize(width, 120);
            const EquationView::Setting shown = view.setting();
            QStringList said;
            double height = 0;
            for (const Expr& line : shown.lines) {
                said << spoken(line);
                const Size size = measure(line, shown.scale);
                height += size.ascent + size.descent;
                QVERIFY2(size.width <= width, qPrintable(QString::number(width)));
            }
            QCOMPARE(said.join(QLatin1Char(' ')), spoken(sum)); // all of it, in order
            QVERIFY(height <= 120);
        }
    }

    void equationGrowsWithWhatItHolds() {
        using namespace math;
        const Expr x = var(QStringLiteral("x"));
        const Size plain = measure(x, 1), over = measure(fraction(x, x), 1), under = measure(root(x), 1);
        QVERIFY(over.ascent > plain.ascent && over.descent > plain.descent);
        QVERIFY(under.width > plain.width && under.ascent > plain.ascent);
        QVERIFY(measure(index(x, x), 1).width > plain.width);
        // A number keeps its room.
        const QString widest = QStringLiteral("0.0000");
        QCOMPARE(measure(number(QStringLiteral("0.1"), widest), 1).width,
                 measure(number(widest, widest), 1).width);
        EquationView view;
        view.setEquation(fraction(x, root(x)), QStringLiteral("x over root x"));
        show(view, {120, 60});
        QVERIFY(anyPixel(view.grab().toImage(), [](QColor c) { return c.lightness() > 180; }));
        QCOMPARE(view.accessibleName(), QStringLiteral("x over root x"));
    }

    void viewsFollowTheTheme() {
        PictureGrid grid;
        grid.setPictures(numbered(4));
        show(grid, {200, 200});
        const QColor dark =
            grid.grab().toImage().pixelColor(QRect(grid.pictureRect(0)).topRight() + QPoint(1, 8));
        theme::apply(theme::Mode::light, 1.0);
        const QColor light =
            grid.grab().toImage().pixelColor(QRect(grid.pictureRect(0)).topRight() + QPoint(1, 8));
        theme::apply(theme::Mode::dark, 1.0);
        QVERIFY(light.lightness() > dark.lightness() + 100);
    }

    void playheadFollowsPlaysAndLoops() {
        Playhead head;
        head.setRange(0, 100);
        head.setSpeed(50); // the whole in a fifth of a second
        head.setAvailable(20, true);
        head.follow();
        QCOMPARE(head.position(), 20);
        head.setAvailable(30, true);
        QCOMPARE(head.position(), 30);
        head.setPosition(5); // lets go
        head.setAvailable(40, true);
        QCOMPARE(head.position(), 5);
        head.play();
        QTRY_COMPARE(head.position(), 40); // catches up, and stays with the newest
        QTRY_VERIFY(head.following());
        head.setAvailable(100, false);
        QCOMPARE(head.position(), 100);
        head.play(); // from the end: again
        QVERIFY(head.position() < 100);
        QTRY_VERIFY(!head.playing());
        QCOMPARE(head.position(), 100);
        head.setLooping(true);
        head.play();
        bool wrapped = false;
        int last = 0;
        connect(&head, &Playhead::moved, this, [&](int position) {
            wrapped = wrapped || position < last;
            last = position;
        });
        QTRY_VERIFY(wrapped);
        QVERIFY(head.playing());
        head.pause();
    }
};

QTEST_MAIN(ViewsTest)
#include "views_test.moc"
