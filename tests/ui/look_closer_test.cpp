// Looking closely at pictures: zoom, pixels, and what is chosen, in one grid and in all that are linked.
#include "stages/noise/forward_panes.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QSignalSpy>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest>

#include <cmath>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

/// `count` pictures of `side` × `side`; each differs from its neighbours.
PictureStack checkered(int count, int side, int channels = 1) {
    PictureStack stack;
    stack.count = count;
    stack.height = stack.width = side;
    stack.channels = channels;
    for (int i = 0; i < count; ++i)
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column)
                for (int c = 0; c < channels; ++c)
                    stack.bytes.push_back(static_cast<std::uint8_t>((row + column) % 2 ? 220 : 30));
    return stack;
}

struct Pair { // two grids that look at the same place, as panes do
    Pair() {
        for (PictureGrid* grid : {&left, &right}) {
            grid->setPictures(checkered(4, 8));
            grid->setSelectable(true);
            grid->setSelected(0);
            grid->setZoom(&zoom);
            grid->setPixelsSelectable(true);
            grid->resize(200, 200);
            grid->move(grid == &left ? 0 : 300, 0);
            grid->show();
        }
    }
    GridZoom zoom;
    PictureGrid left, right;
};

void wheel(QWidget& widget, QPointF at, int delta) {
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

/// The newest of a signal's arguments; forgets all.
QList<QVariant> last(QSignalSpy& spy) {
    const QList<QVariant> arguments = spy.isEmpty() ? QList<QVariant>() : spy.last();
    spy.clear();
    return arguments;
}

/// The rectangle in the pixels of a grabbed image.
QRect inImage(const QImage& image, const QRectF& rect) {
    const qreal ratio = image.devicePixelRatio();
    return QRectF(rect.topLeft() * ratio, rect.size() * ratio).toRect();
}

/// Lengths of the runs of one colour along a line of device pixels, without the two at its ends.
std::vector<int> runs(const QImage& image, int y, int from, int to) {
    std::vector<int> lengths{0};
    for (int x = from; x < to; ++x) {
        if (x > from && image.pixel(x, y) != image.pixel(x - 1, y)) lengths.push_back(0);
        ++lengths.back();
    }
    if (lengths.size() < 3) return {};
    return {lengths.begin() + 1, lengths.end() - 1};
}

} // namespace

class LookCloserTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void theWheelComesCloserToWhatIsUnderIt() {
        Pair pair;
        const PixelPlace place{3, 2, 5};
        const QPointF at = pair.left.pixelRect(place).center();
        for (int i = 0; i < 6; ++i) {
            wheel(pair.left, at, 120);
            QCOMPARE(pair.left.pixelAt(at), std::optional(place));
        }
        QVERIFY(std::abs(pair.zoom.factor() - std::pow(1.25, 6)) < 1e-9);
        // The other one shows the same place, just as large.
        QCOMPARE(pair.right.pixelRect(place), pair.left.pixelRect(place));
        for (int i = 0; i < 20; ++i)
            wheel(pair.right, {20, 30}, -120);
        QCOMPARE(pair.zoom.factor(), 1.0);
        QCOMPARE(pair.zoom.center(), QPointF(0.5, 0.5));
        QCOMPARE(pair.left.pixelRect(place).center(), at);
    }

    void whatCannotBeUsedIsLeftToOthers() {
        Pair pair;
        QWheelEvent back({50, 50}, pair.left.mapToGlobal(QPointF(50, 50)), {}, {0, -120}, Qt::NoButton,
                         Qt::NoModifier, Qt::NoScrollPhase, false);
        back.setAccepted(true);
        QCoreApplication::sendEvent(&pair.left, &back);
        QVERIFY(!back.isAccepted()); // a list around it scrolls
        PictureGrid plain;
        plain.setPictures(checkered(4, 8));
        plain.resize(200, 200);
        QWheelEvent forth({50, 50}, {50, 50}, {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                          false);
        QCoreApplication::sendEvent(&plain, &forth);
        QVERIFY(!forth.isAccepted());
    }

    void pixelsStayHardAndEqualAtAnyZoom() {
        Pair pair;
        const QPointF at = pair.left.pixelRect({0, 4, 4}).center();
        for (int i = 0; i < 9; ++i) {
            const QImage image = pair.left.grab().toImage();
            const double block = pair.left.pixelRect({0, 4, 4}).width() * image.devicePixelRatio();
            const QRectF row = pair.left.pixelRect({0, 4, 0}).united(pair.left.pixelRect({0, 4, 7}));
            const int y =
                static_cast<int>(pair.left.pixelRect({0, 4, 4}).center().y() * image.devicePixelRatio());
            const int from = std::max(12, static_cast<int>(row.left() * image.devicePixelRatio()) + 2);
            const int to =
                std::min(image.width() - 12, static_cast<int>(row.right() * image.devicePixelRatio()) - 2);
            // From six device pixels a pixel on there are no colours in between, and all are of one size.
            if (block >= 7) {
                const auto lengths = runs(image, y, from, to);
                QVERIFY2(lengths.size() >= 1, qPrintable(QString::number(block)));
                for (const int length : lengths)
                    QVERIFY2(std::abs(length - block) <= 1.01,
                             qPrintable(QStringLiteral("%1, not %2").arg(length).arg(block)));
            }
            wheel(pair.left, at, 120);
        }
    }

    void draggingMovesAllAndChoosesNothing() {
        Pair pair;
        QSignalSpy selected(&pair.left, &PictureGrid::pictureSelected),
            pinned(&pair.left, &PictureGrid::pixelPinned);
        for (int i = 0; i < 6; ++i)
            wheel(pair.left, {100, 100}, 120);
        const QRectF before = pair.right.pixelRect({1, 0, 0});
        QTest::mousePress(&pair.left, Qt::LeftButton, {}, {100, 100});
        QTest::mouseMove(&pair.left, {112, 100});
        QTest::mouseMove(&pair.left, {130, 80});
        QTest::mouseRelease(&pair.left, Qt::LeftButton, {}, {130, 80});
        const QPointF moved = pair.right.pixelRect({1, 0, 0}).center() - before.center();
        QVERIFY2((moved - QPointF(30, -20)).manhattanLength() < 0.5,
                 qPrintable(QStringLiteral("%1, %2").arg(moved.x()).arg(moved.y())));
        QCOMPARE(selected.count() + pinned.count(), 0);
        // No further than to the edge.
        QTest::mousePress(&pair.left, Qt::LeftButton, {}, {20, 100});
        for (int x = 20; x < 190; x += 10)
            QTest::mouseMove(&pair.left, {x, 100});
        QTest::mouseMove(&pair.left, {1900, 100});
        QTest::mouseRelease(&pair.left, Qt::LeftButton, {}, {190, 100});
        QVERIFY(pair.zoom.center().x() >= 0.5 / pair.zoom.factor() - 1e-9);
        QVERIFY(pair.left.pixelRect({0, 0, 0}).left() >= 0 && pair.left.pixelRect({0, 0, 0}).left() < 20);
    }

    void aClickChoosesAndADoubleClickOpensWhileZoomed() {
        Pair pair;
        QSignalSpy selected(&pair.left, &PictureGrid::pictureSelected),
            pinned(&pair.left, &PictureGrid::pixelPinned),
            activated(&pair.left, &PictureGrid::pictureActivated);
        const QPointF at = pair.left.pixelRect({3, 2, 5}).center();
        for (int i = 0; i < 5; ++i)
            wheel(pair.left, at, 120);
        QTest::mouseClick(&pair.left, Qt::LeftButton, {}, at.toPoint());
        QCOMPARE(last(selected).value(0).toInt(), 3);
        QCOMPARE(last(pinned), (QList<QVariant>{3, 2, 5}));
        const double factor = pair.zoom.factor();
        QTest::mouseDClick(&pair.left, Qt::LeftButton, {}, at.toPoint());
        QCOMPARE(last(activated).value(0).toInt(), 3);
        QCOMPARE(pair.zoom.factor(), factor);
        QCOMPARE(pinned.count(), 0); // its release chooses nothing
    }

    void keysComeCloserAndGoBack() {
        Pair pair;
        pair.left.setSelected(3);
        const QPointF middle = QRectF(pair.left.pictureRect(3)).center();
        QTest::keyClick(&pair.left, Qt::Key_Plus, Qt::ShiftModifier); // as some keyboards have it
        QTest::keyClick(&pair.left, Qt::Key_Equal);
        QTest::keyClick(&pair.left, Qt::Key_Plus, Qt::KeypadModifier);
        QVERIFY(std::abs(pair.zoom.factor() - std::pow(1.25, 3)) < 1e-9);
        QCOMPARE(pair.left.pictureAt(middle.toPoint()), 3); // towards the selected picture
        QTest::keyClick(&pair.left, Qt::Key_Minus);
        QVERIFY(std::abs(pair.zoom.factor() - std::pow(1.25, 2)) < 1e-9);
        QTest::keyClick(&pair.left, Qt::Key_0);
        QCOMPARE(pair.zoom.factor(), 1.0);
        QTest::keyClick(&pair.left, Qt::Key_Plus);
        QTest::keyClick(&pair.left, Qt::Key_Escape);
        QCOMPARE(pair.zoom.factor(), 1.0);
        QKeyEvent escape(QEvent::KeyPress, Qt::Key_Escape, Qt::NoModifier);
        escape.setAccepted(true);
        QCoreApplication::sendEvent(&pair.left, &escape);
        QVERIFY(!escape.isAccepted()); // there is nothing to go back from: the window's turn
    }

    void aPictureChosenByKeyComesIntoView() {
        Pair pair;
        for (int i = 0; i < 8; ++i)
            wheel(pair.left, {30, 30}, 120);
        QVERIFY(!QRectF(pair.left.rect()).contains(pair.left.pixelRect({3, 4, 4}).center()));
        QTest::keyClick(&pair.left, Qt::Key_Right);
        QTest::keyClick(&pair.left, Qt::Key_Down);
        QCOMPARE(pair.left.selected(), 3);
        QVERIFY(QRectF(pair.left.rect()).contains(pair.left.pixelRect({3, 4, 4}).center()));
    }

    void oneBadgeSaysHowCloseAndGoesBack() {
        Pair pair;
        QVERIFY(!pair.left.zoomBadge()->isVisible());
        wheel(pair.right, {100, 100}, 120);
        wheel(pair.right, {100, 100}, 120);
        QVERIFY(pair.right.zoomBadge()->isVisible() && !pair.left.zoomBadge()->isVisible());
        QVERIFY(pair.right.zoomBadge()->text().startsWith(QStringLiteral("1.6×")));
        QVERIFY(pair.right.rect().contains(pair.right.zoomBadge()->geometry()));
        QTest::mouseClick(pair.right.zoomBadge(), Qt::LeftButton);
        QCOMPARE(pair.zoom.factor(), 1.0);
        QVERIFY(!pair.right.zoomBadge()->isVisible());
    }

    void aTouchPadsPinchComesCloser() {
        Pair pair;
        const QPointF at = pair.left.pixelRect({2, 3, 3}).center();
        QNativeGestureEvent pinch(Qt::ZoomNativeGesture, QPointingDevice::primaryPointingDevice(), 2, at, at,
                                  pair.left.mapToGlobal(at), 0.5, {});
        QCoreApplication::sendEvent(&pair.left, &pinch);
        QVERIFY(std::abs(pair.zoom.factor() - 1.5) < 1e-9);
        QCOMPARE(pair.left.pixelAt(at), std::optional(PixelPlace{2, 3, 3}));
    }

    void twoFingersOnTheScreenComeCloser() {
        Pair pair;
        QVERIFY(QTest::qWaitForWindowExposed(&pair.left));
        auto* screen = QTest::createTouchDevice();
        QTest::touchEvent(&pair.left, screen).press(0, QPoint(90, 100)).press(1, QPoint(110, 100));
        for (int i = 1; i <= 6; ++i)
            QTest::touchEvent(&pair.left, screen)
                .move(0, QPoint(90 - 10 * i, 100))
                .move(1, QPoint(110 + 10 * i, 100));
        QTest::touchEvent(&pair.left, screen).release(0, QPoint(30, 100)).release(1, QPoint(170, 100));
        QVERIFY2(pair.zoom.factor() > 2 && pair.zoom.factor() < 8,
                 qPrintable(QString::number(pair.zoom.factor())));
    }

    void largePixelsHaveTheirValuesInThem_data() {
        QTest::addColumn<int>("channels");
        QTest::addRow("grey") << 1;
        QTest::addRow("colour") << 3;
    }
    void largePixelsHaveTheirValuesInThem() {
        QFETCH(int, channels);
        GridZoom zoom;
        PictureGrid grid;
        grid.setPictures(checkered(4, 8, channels));
        grid.setZoom(&zoom);
        QSet<int> asked;
        grid.setValues([&](PixelPlace place, int channel) {
            asked.insert(channel);
            return static_cast<float>(place.row) - 12.345F;
        });
        grid.resize(200, 200);
        grid.show();
        const auto colours = [&](PixelPlace place) { // in the middle of a pixel
            const QImage image = grid.grab().toImage();
            QSet<QRgb> seen;
            const QRect block = inImage(image, grid.pixelRect(place)).adjusted(2, 2, -2, -2) & image.rect();
            for (int y = block.top(); y <= block.bottom(); ++y)
                for (int x = block.left(); x <= block.right(); ++x)
                    seen.insert(image.pixel(x, y));
            return seen.size();
        };
        QVERIFY(!grid.showsValues());
        QCOMPARE(colours({0, 4, 4}), 1);
        const QPointF at = grid.pixelRect({0, 4, 4}).center();
        while (!grid.showsValues() && zoom.factor() < 100)
            wheel(grid, at, 120);
        QVERIFY(grid.showsValues());
        QVERIFY(colours({0, 4, 4}) > 3); // letters
        QCOMPARE(asked.size(), channels);
        for (int i = 0; i < 30; ++i)
            wheel(grid, at, 120);
        QVERIFY(grid.pixelRect({0, 4, 4}).width() <= 1.01 * theme::space(16)); // there is a closest
    }

    void hoveringAndKeysPointAtPixels() {
        Pair pair;
        QSignalSpy pointed(&pair.left, &PictureGrid::pixelPointed),
            pinned(&pair.left, &PictureGrid::pixelPinned);
        QTest::mouseMove(&pair.left, pair.left.pixelRect({2, 1, 6}).center().toPoint());
        QCOMPARE(last(pointed), (QList<QVariant>{2, 1, 6}));
        pair.left.setPointed(PixelPlace{2, 1, 6});
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(&pair.left, &leave);
        QCOMPARE(last(pointed), (QList<QVariant>{-1, -1, -1}));
        pair.left.setPointed(std::nullopt);
        pair.left.setSelected(1);
        QTest::keyClick(&pair.left, Qt::Key_Right, Qt::ShiftModifier); // into the middle of the selected one
        QCOMPARE(last(pointed), (QList<QVariant>{1, 4, 4}));
        pair.left.setPointed(PixelPlace{1, 4, 7});
        QTest::keyClick(&pair.left, Qt::Key_Right, Qt::ShiftModifier); // there is nothing right of it
        QCOMPARE(last(pointed), (QList<QVariant>{1, 4, 7}));
        QTest::keyClick(&pair.left, Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(last(pointed), (QList<QVariant>{1, 3, 7}));
        QTest::keyClick(&pair.left, Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(last(pinned), (QList<QVariant>{1, 4, 7}));
        pair.left.setPinned(PixelPlace{1, 4, 7});
        QTest::keyClick(&pair.left, Qt::Key_Down, Qt::ShiftModifier); // the pin moves
        QCOMPARE(last(pinned), (QList<QVariant>{1, 5, 7}));
        QCOMPARE(pointed.count(), 0);
        QCOMPARE(pair.left.selected(), 1);
    }

    void ringsAreDrawnAroundPixels() {
        Pair pair;
        const QImage plain = pair.left.grab().toImage();
        pair.left.setPinned(PixelPlace{3, 4, 4});
        const QImage pinned = pair.left.grab().toImage();
        const QRect around = inImage(plain, pair.left.pixelRect({3, 4, 4}).adjusted(-4, -4, 4, 4));
        int amber = 0;
        for (int y = around.top(); y <= around.bottom(); ++y)
            for (int x = around.left(); x <= around.right(); ++x)
                amber += pinned.pixelColor(x, y) == theme::colors().forward;
        QVERIFY2(amber > 12, qPrintable(QString::number(amber)));
        // The pixel itself is left as it is, and so is everything further away.
        const QPoint middle = inImage(plain, pair.left.pixelRect({3, 4, 4})).center();
        QCOMPARE(pinned.pixel(middle), plain.pixel(middle));
        QCOMPARE(pinned.copy(0, 0, 90, 90), plain.copy(0, 0, 90, 90));
    }

    void oneLargePictureHasNeighbours() {
        Pair pair;
        pair.left.setPictures(checkered(1, 8));
        QSignalSpy wanted(&pair.left, &PictureGrid::neighbourRequested);
        QTest::keyClick(&pair.left, Qt::Key_Right);
        QTest::keyClick(&pair.left, Qt::Key_Up);
        QCOMPARE(wanted.count(), 2);
        QCOMPARE(wanted.at(0).at(0).toInt(), 1);
        QCOMPARE(wanted.at(1).at(0).toInt(), -1);
    }

    void forwardPanesShareAZoomToo() {
        ForwardPanes panes;
        const auto record = test::forward_record(100);
        panes.resize(900, ForwardPanes::heightFor(900));
        panes.show();
        panes.showState(*record, 40);
        const QPointF at = panes.picture(1)->pixelRect({0, 12, 20}).center();
        for (int i = 0; i < 30; ++i)
            wheel(*panes.picture(1), at, 120);
        QCOMPARE(panes.picture(1)->pixelAt(at), std::optional(PixelPlace{0, 12, 20}));
        for (int pane = 0; pane < 3; ++pane) {
            QVERIFY(panes.picture(pane)->showsValues());
            QCOMPARE(panes.picture(pane)->pixelRect({0, 12, 20}), panes.picture(1)->pixelRect({0, 12, 20}));
        }
        panes.grab(); // with the values in it
        panes.showNothing(QString());
        QVERIFY(!panes.zoom()->active());
    }

    void pointsAreChosenByArrows() {
        PointCloudView cloud;
        PointCloud points;
        points.xy = {0, 0, 0.5F, 0.1F, 1, 0, 0.1F, 0.6F, -0.4F, -0.3F};
        cloud.setPoints(points);
        cloud.setSelectable(true);
        cloud.setSelected(0);
        cloud.resize(200, 200);
        cloud.show();
        QSignalSpy selected(&cloud, &PointCloudView::pointSelected);
        QTest::keyClick(&cloud, Qt::Key_Right);
        QCOMPARE(cloud.selected(), 1);
        QTest::keyClick(&cloud, Qt::Key_Right);
        QCOMPARE(cloud.selected(), 2);
        QTest::keyClick(&cloud, Qt::Key_Right); // nothing is further right
        QCOMPARE(cloud.selected(), 2);
        cloud.setSelected(0);
        QTest::keyClick(&cloud, Qt::Key_Up);
        QCOMPARE(cloud.selected(), 3);
        QCOMPARE(selected.count(), 3);
    }
};

QTEST_MAIN(LookCloserTest)
#include "look_closer_test.moc"
