// What makes a frame cheap must not be seen: pictures magnified by hand against areas counted out, corners
// against the painter's, and what is drawn once, or in part, against what is drawn anew.
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/filmstrip.h"
#include "views/magnify.h"
#include "views/steady_label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>
#include <QScreen>
#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>

using namespace ddpm::ui;

namespace {

std::array<int, 4> channelsOf(QRgb pixel) {
    return {qRed(pixel), qGreen(pixel), qBlue(pixel), qAlpha(pixel)};
}

/// The largest distance of a channel between two pictures of one size.
int distance(const QImage& a, const QImage& b) {
    int largest = a.size() == b.size() ? 0 : 256;
    for (int y = 0; largest < 256 && y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const auto first = channelsOf(a.pixel(x, y)), second = channelsOf(b.pixel(x, y));
            for (std::size_t i = 0; i < first.size(); ++i)
                largest = std::max(largest, std::abs(first[i] - second[i]));
        }
    return largest;
}

QImage anyColours(QSize size) {
    std::mt19937 generator(5);
    std::uniform_int_distribution<int> byte(0, 255);
    QImage image(size, QImage::Format_RGB32);
    for (int y = 0; y < size.height(); ++y)
        for (int x = 0; x < size.width(); ++x)
            image.setPixel(x, y, qRgb(byte(generator), byte(generator), byte(generator)));
    return image;
}

/// How much of source pixel `at` lies in target pixel `i`, in parts of the latter.
double shared(int i, int at, double scale) {
    const double from = std::max(i / scale, static_cast<double>(at)),
                 to = std::min((i + 1) / scale, at + 1.0);
    return std::max(0.0, to - from) * scale;
}

/// Each pixel the mean of what it covers.
QImage byArea(const QImage& source, QSize size) {
    QImage image(size, QImage::Format_RGB32);
    const double across = static_cast<double>(size.width()) / source.width(),
                 down = static_cast<double>(size.height()) / source.height();
    for (int y = 0; y < size.height(); ++y)
        for (int x = 0; x < size.width(); ++x) {
            std::array<double, 3> sums{};
            for (int row = 0; row < source.height(); ++row)
                for (int column = 0; column < source.width(); ++column) {
                    const double part = shared(x, column, across) * shared(y, row, down);
                    const auto from = channelsOf(source.pixel(column, row));
                    for (std::size_t i = 0; i < sums.size(); ++i)
                        sums[i] += part * from[i];
                }
            const auto byte = [](double sum) { return static_cast<int>(std::lround(sum)); };
            image.setPixel(x, y, qRgb(byte(sums[0]), byte(sums[1]), byte(sums[2])));
        }
    return image;
}

/// As the window's user sees it: what earlier frames have left is still there.
QImage onScreen(QWidget& window) {
    QCoreApplication::processEvents();
    return window.screen()->grabWindow(window.winId()).toImage().convertToFormat(QImage::Format_RGB32);
}

QImage anew(QWidget& window) {
    return window.grab().toImage().convertToFormat(QImage::Format_RGB32);
}

std::vector<Curve> someCurves(double bend) {
    Curve curve;
    curve.name = QStringLiteral("c");
    for (int i = 0; i <= 100; ++i)
        curve.values.push_back(std::pow(i / 100.0, bend));
    return {curve};
}

class LayoutRequests final : public QObject {
public:
    int count = 0;
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::LayoutRequest) ++count;
        return QObject::eventFilter(watched, event);
    }
};

} // namespace

class KeptDrawingsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void magnifiedPixelsAreMeansOfWhatTheyCover_data() {
        QTest::addColumn<QSize>("size");
        QTest::addRow("as it is") << QSize(9, 7);
        QTest::addRow("twice") << QSize(18, 14);
        QTest::addRow("a little more") << QSize(10, 8);
        QTest::addRow("odd") << QSize(31, 17);
        QTest::addRow("wide") << QSize(53, 7);
    }
    void magnifiedPixelsAreMeansOfWhatTheyCover() {
        QFETCH(QSize, size);
        const QImage source = anyColours({9, 7});
        const QImage found = magnified(source, size);
        QVERIFY(distance(found, byArea(source, size)) <= 2); // two roundings and shares of 1/256
    }

    void largeBlocksHaveHardEdges() {
        const QImage source = anyColours({9, 7});
        const QImage found = magnified(source, {9 * 7 + 4, 7 * 7 + 3});
        std::vector<QRgb> all;
        for (int y = 0; y < source.height(); ++y)
            for (int x = 0; x < source.width(); ++x)
                all.push_back(source.pixel(x, y));
        for (int y = 0; y < found.height(); ++y)
            for (int x = 0; x < found.width(); ++x)
                QVERIFY(std::find(all.begin(), all.end(), found.pixel(x, y)) != all.end());
    }

    void whatLiesOutsideTheTargetIsLeftOut() {
        const QImage source = anyColours({9, 7});
        const Taps x = tapsFor(9, 40), y = tapsFor(7, 31);
        QImage whole(40, 31, QImage::Format_RGB32), part(25, 20, QImage::Format_RGB32);
        magnify(source, source.rect(), whole, {0, 0}, x, y);
        for (const QPoint at :
             {QPoint(-11, -8), QPoint(3, 2), QPoint(-1, 5), QPoint(25, 0), QPoint(0, -31)}) {
            part.fill(Qt::magenta);
            QImage expected = part;
            QPainter(&expected).drawImage(at, whole);
            magnify(source, source.rect(), part, at, x, y);
            QCOMPARE(distance(part, expected), 0);
        }
    }

    void cornersAreThePainters() {
        for (const double radius : {3.0, 6.0, 7.5, 12.0}) {
            QImage found(40, 30, QImage::Format_ARGB32_Premultiplied);
            found.fill(QColor(200, 100, 50));
            roundCorners(found, radius);
            QImage expected(40, 30, QImage::Format_ARGB32_Premultiplied);
            expected.fill(Qt::transparent);
            QPainter painter(&expected);
            painter.setRenderHint(QPainter::Antialiasing);
            QPainterPath path;
            path.addRoundedRect(QRectF(expected.rect()), radius, radius);
            painter.fillPath(path, QColor(200, 100, 50));
            painter.end();
            const auto onGround = [](const QImage& image) {
                QImage ground(image.size(), QImage::Format_RGB32);
                ground.fill(Qt::black);
                QPainter(&ground).drawImage(0, 0, image);
                return ground;
            };
            const int far = distance(onGround(found), onGround(expected));
            QVERIFY2(far <= 6, qPrintable(QStringLiteral("%1 at radius %2").arg(far).arg(radius)));
        }
    }

    void aMovedFilmstripIsTheWholeFilmstrip() {
        Filmstrip strip;
        strip.setRange(0, 300);
        strip.setAvailable(300);
        strip.setSource(
            [](int position, QSize size) {
                QImage image(size, QImage::Format_RGB32);
                image.fill(QColor::fromHsv(position, 200, 200));
                return image;
            },
            [](int position) { return QStringLiteral("t = %1").arg(1000 - position); });
        strip.resize(900, Filmstrip::heightFor(900));
        strip.show();
        QVERIFY(QTest::qWaitForWindowExposed(&strip));
        for (const int position : {0, 1, 17, 150, 149, 300, 3, 299}) {
            strip.setPosition(position);
            QCOMPARE(distance(onScreen(strip), anew(strip)), 0);
        }
        strip.setAvailable(100);
        strip.setPosition(60);
        QCOMPARE(distance(onScreen(strip), anew(strip)), 0);
    }

    void keptCurvesAreTheNewest() {
        CurveView view;
        view.setXRange(0, 100);
        view.resize(300, 160);
        view.setCurves(someCurves(1));
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        // After each single change it is the picture of one that was never drawn before.
        const std::vector<std::function<void(CurveView&)>> changes = {
            [](CurveView& v) { v.setCurves(someCurves(3)); },
            [](CurveView& v) { v.setCursorPosition(70); },
            [](CurveView& v) { v.setLogScale(true); },
            [](CurveView& v) { v.setXRange(0, 80); },
            [](CurveView& v) { v.setCursorPosition(11); },
            [](CurveView& v) { v.resize(360, 200); },
            [](CurveView&) { theme::apply(theme::Mode::light, 1.0); }};
        QImage before = anew(view);
        for (std::size_t i = 0; i < changes.size(); ++i) {
            changes[i](view);
            CurveView fresh;
            fresh.setXRange(0, 100);
            fresh.resize(300, 160);
            for (std::size_t k = 0; k <= i; ++k)
                changes[k](fresh);
            const QImage now = anew(view);
            QCOMPARE(distance(now, anew(fresh)), 0);
            QVERIFY(distance(now, before) > 0);
            before = now;
        }
        theme::apply(theme::Mode::dark, 1.0);
    }

    void aSteadyLabelAsksForRoomOnlyWhereItMust() {
        QWidget window;
        auto* row = new QHBoxLayout(&window);
        auto* label = new SteadyLabel(&window);
        row->addWidget(new QLabel(QStringLiteral("beside"), &window), 1);
        row->addWidget(label);
        label->setRoomFor(QStringLiteral("0000"));
        label->setText(QStringLiteral("0001"));
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QCoreApplication::processEvents();
        LayoutRequests requests;
        window.installEventFilter(&requests);
        for (int i = 2; i < 50; ++i) {
            label->setText(QStringLiteral("%1").arg(i, 4, 10, QLatin1Char('0')));
            QCoreApplication::processEvents();
        }
        QCOMPARE(requests.count, 0);
        const int narrow = label->width();
        label->setText(QStringLiteral("much more than was expected"));
        QCoreApplication::processEvents();
        QVERIFY(requests.count > 0);
        QVERIFY(label->width() > narrow);
        QVERIFY(label->width() >= label->fontMetrics().horizontalAdvance(label->text()));
        requests.count = 0;
        const int wide = label->width();
        label->setText(QStringLiteral("7"));
        QCoreApplication::processEvents();
        QCOMPARE(requests.count, 0);
        QCOMPARE(label->width(), wide);
        QFont larger = label->font();
        larger.setPixelSize(40);
        label->setFont(larger);
        QVERIFY(label->height() >= label->fontMetrics().height());
    }
};

QTEST_MAIN(KeptDrawingsTest)
#include "kept_drawings_test.moc"
