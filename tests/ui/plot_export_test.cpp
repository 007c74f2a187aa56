// Plots taken away: numbers read back by a reader of its own, drawings parsed and rendered, files that
// survive what goes wrong, and the menu by mouse and keys.
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/histogram_view.h"
#include "views/plot.h"
#include "views/plot_export.h"
#include "views/plot_menu.h"
#include "views/report.h"
#include "views/schedule_curves.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPainter>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <QXmlStreamReader>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <random>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Rows of cells; the writer had no part in it.
QList<QList<QByteArray>> cellsOf(const QByteArray& csv) {
    QList<QList<QByteArray>> rows;
    QList<QByteArray> lines = csv.split('\n');
    if (!lines.takeLast().isEmpty()) qFatal("the last line is not ended");
    for (const QByteArray& line : lines)
        rows << line.split(',');
    return rows;
}

bool same(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

std::vector<double> range(int first, int last) {
    std::vector<double> values;
    for (int i = first; i <= last; ++i)
        values.push_back(i);
    return values;
}

/// What is inside a drawing.
struct Drawing {
    QString title, description, viewBox, width;
    QStringList texts;
    int images = 0;
    struct Line {
        QColor color;
        QPolygonF points; ///< in units of the drawing
    };
    QList<Line> lines;

    explicit Drawing(const QByteArray& svg) {
        QXmlStreamReader xml(svg);
        QList<QXmlStreamAttributes> groups;
        while (!xml.atEnd()) {
            xml.readNext();
            if (xml.isEndElement() && xml.name() == QLatin1String("g")) groups.removeLast();
            if (!xml.isStartElement()) continue;
            if (xml.name() == QLatin1String("svg")) {
                viewBox = xml.attributes().value("viewBox").toString();
                width = xml.attributes().value("width").toString();
            } else if (xml.name() == QLatin1String("g")) {
                groups << xml.attributes();
            } else if (xml.name() == QLatin1String("image")) {
                ++images;
            } else if (xml.name() == QLatin1String("title")) {
                title = xml.readElementText();
            } else if (xml.name() == QLatin1String("desc")) {
                description = xml.readElementText();
            } else if (xml.name() == QLatin1String("text")) {
                texts << xml.readElementText();
            } else if (xml.name() == QLatin1String("polyline")) {
                lines << Line{QColor(groups.last().value("stroke").toString()),
                              mapped(groups.last(), xml.attributes().value("points").toString())};
            }
        }
        if (xml.hasError()) qFatal("no XML: %s", qPrintable(xml.errorString()));
    }
    QList<QPolygonF> linesOf(const QColor& color) const {
        QList<QPolygonF> found;
        for (const Line& line : lines)
            if (line.color == color) found << line.points;
        return found;
    }

private:
    static QPolygonF mapped(const QXmlStreamAttributes& group, const QString& points) {
        static const QRegularExpression numbers(QStringLiteral("-?[0-9.]+(e-?[0-9]+)?"));
        const auto read = [](const QString& text) {
            QList<double> values;
            for (auto it = numbers.globalMatch(text); it.hasNext();)
                values << it.next().captured().toDouble();
            return values;
        };
        const QList<double> m = read(group.value("transform").toString());
        const QTransform transform(m[0], m[1], m[2], m[3], m[4], m[5]);
        const QList<double> at = read(points);
        QPolygonF line;
        for (qsizetype i = 0; i + 1 < at.size(); i += 2)
            line << transform.map(QPointF(at[i], at[i + 1]));
        return line;
    }
};

QImage rendered(const QByteArray& svg, QSize size) {
    QSvgRenderer renderer(svg);
    if (!renderer.isValid()) qFatal("no SVG");
    QImage image(size, QImage::Format_RGB32);
    image.fill(Qt::magenta); // the drawing brings its own ground
    QPainter painter(&image);
    renderer.render(&painter);
    return image;
}

/// The middle of what is nearly of this colour in a column of pixels; NaN if nothing is.
double rowOf(const QImage& image, int x, const QColor& color) {
    double sum = 0, count = 0;
    for (int y = 0; y < image.height(); ++y) {
        const QColor pixel = image.pixelColor(x, y);
        const int away = std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                         std::abs(pixel.blue() - color.blue());
        if (away > 40) continue;
        sum += y + 0.5;
        ++count;
    }
    return sum / count;
}

QColor paper(QColor theme::Colors::*color) {
    const theme::OnPaper scope;
    return theme::colors().*color;
}

/// Takes what the views below it report.
class Listener : public QWidget {
public:
    Listener() {
        resize(640, 420);
        new QVBoxLayout(this);
    }
    void add(QWidget* widget) { layout()->addWidget(widget); }
    void start() {
        show();
        if (!QTest::qWaitForWindowActive(this)) qFatal("the window did not become active");
    }
    QStringList said;
    std::optional<Error> failed;

protected:
    bool event(QEvent* event) override {
        if (event->type() != ReportEvent::reportType()) return QWidget::event(event);
        const auto* report = static_cast<ReportEvent*>(event);
        said << report->text();
        if (report->error()) failed = report->error();
        return true;
    }
};

/// A straight line from (0, 0) to (100, 1).
CurveView* ramp() {
    auto* view = new CurveView;
    view->setAccessibleName(QStringLiteral("Ramp <&>"));
    view->setXName(QStringLiteral("t"));
    std::vector<double> values;
    for (int t = 0; t <= 100; ++t)
        values.push_back(t / 100.0);
    view->setXRange(0, 100);
    view->setCurves({{QStringLiteral("x̂₀"), Tone::forward, values, 0, false, false, "ramp"}});
    return view;
}

Plot* lossPlot(int points) {
    auto* plot = new Plot;
    plot->setAccessibleName(QStringLiteral("Loss"));
    plot->setXName(QStringLiteral("step"), "step");
    plot->setYName(QStringLiteral("loss"));
    const int raw = plot->addSeries(QStringLiteral("raw"), Tone::training, Plot::Line::thin, "loss");
    std::mt19937 generator(1);
    std::lognormal_distribution<double> noise(-2, 0.5);
    std::vector<double> y;
    for (int i = 0; i < points; ++i)
        y.push_back(noise(generator));
    plot->setPoints(raw, range(1, points), y);
    return plot;
}

HistogramView* histogram() {
    auto* view = new HistogramView;
    std::mt19937 generator(2);
    std::normal_distribution<float> noise;
    std::vector<float> values(5000);
    for (float& value : values)
        value = noise(generator);
    view->setValues(0, QStringLiteral("jump"), Tone::forward, values, "jump");
    return view;
}

QAction* chosen(const QList<QAction*>& actions, const char* name) {
    for (QAction* action : actions)
        if (action->objectName() == QLatin1String(name)) return action;
    qFatal("there is no %s", name);
}

} // namespace

Q_DECLARE_METATYPE(std::shared_ptr<QWidget>)

class PlotExportTest : public QObject {
    Q_OBJECT

    void addPlots() {
        QTest::addColumn<std::shared_ptr<QWidget>>("widget");
        QTest::addRow("plot") << std::shared_ptr<QWidget>(lossPlot(3000));
        QTest::addRow("curves") << std::shared_ptr<QWidget>(ramp());
        QTest::addRow("histogram") << std::shared_ptr<QWidget>(histogram());
    }

private Q_SLOTS:
    void initTestCase() {
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
        theme::apply(theme::Mode::dark, 1.0);
    }

    // Numbers

    void everyNumberComesBack() {
        // Of every size, and what is no number; far more than there are pixels.
        std::mt19937_64 generator(3);
        std::uniform_real_distribution<double> mantissa(-1, 1), exponent(-300, 300);
        std::vector<double> y{notANumber, infinity, -infinity,         0.1, -0.0, 1e-310,
                              100000,     1e16,     9007199254740993.0};
        while (y.size() < 20'000)
            y.push_back(mantissa(generator) * std::pow(10, exponent(generator)));
        const std::vector<double> x = range(1, 20'000);
        Plot plot;
        plot.setXName(QStringLiteral("단계"), "step");
        const int series = plot.addSeries(QStringLiteral("손실"), Tone::training, Plot::Line::thin, "loss");
        plot.setPoints(series, x, y);
        plot.setXRange(5, 10); // what is in view does not matter
        const auto rows = cellsOf(plotCsv(plot));
        QCOMPARE(rows[0], (QList<QByteArray>{"step", "loss"}));
        QCOMPARE(rows.size(), 20'001);
        for (std::size_t i = 0; i < y.size(); ++i) {
            const auto& row = rows[static_cast<qsizetype>(i) + 1];
            QCOMPARE(row.size(), 2);
            bool good = false;
            QCOMPARE(row[0], QByteArray::number(static_cast<int>(i + 1)));
            QVERIFY2(same(row[1].toDouble(&good), y[i]) && good, row[1].constData());
        }
        QCOMPARE(rows[1][1], QByteArray("nan"));
        QCOMPARE(rows[3][1], QByteArray("-inf"));
        QCOMPARE(rows[7][1], QByteArray("100000"));
    }

    void seriesAtDifferentPlacesShareRows() {
        Plot plot;
        const int a = plot.addSeries({}, Tone::training, Plot::Line::thin, "a");
        const int b = plot.addSeries({}, Tone::training, Plot::Line::thick, "b, \"odd\"");
        plot.setPoints(a, {1, 2, 2, 4}, {10, 20, 21, 40});
        plot.setPoints(b, {2, 3}, {-2, notANumber});
        QCOMPARE(plotCsv(plot), QByteArray("x,a,\"b, \"\"odd\"\"\"\n1,10,\n2,20,-2\n2,21,\n3,,nan\n4,40,\n"));
    }

    void curvesBeginWhereTheyBegin() {
        CurveView view;
        view.setXName(QStringLiteral("t"));
        ScheduleTable table; // beta = 0.1, 0.2: alpha_bar = 0.9, 0.72
        table.beta = {0.1, 0.2};
        table.alpha_bar = {0.9, 0.9 * 0.8};
        view.setCurves(scheduleCurves(table));
        auto rows = cellsOf(plotCsv(view));
        QCOMPARE(rows.size(), 4);
        QCOMPARE(rows[0], (QList<QByteArray>{"t", "alpha_bar", "beta"}));
        QCOMPARE(rows[1], (QList<QByteArray>{"0", "1", ""})); // beta begins at t = 1
        QCOMPARE(rows[3][0], QByteArray("2"));
        QCOMPARE(rows[3][1].toDouble(), 0.9 * 0.8);
        QCOMPARE(rows[3][2].toDouble(), 0.2);
        view.setCurves(snrCurves(table));
        rows = cellsOf(plotCsv(view));
        QCOMPARE(rows[0], (QList<QByteArray>{"t", "snr"}));
        QCOMPARE(rows[1][0], QByteArray("1"));
        QVERIFY(std::abs(rows[1][1].toDouble() - 9.0) < 1e-12);
        view.setCurves({{QStringLiteral("named"), Tone::text, {1.5}, 7, false, false}});
        QCOMPARE(plotCsv(view), QByteArray("t,named\n7,1.5\n"));
        view.setCurves({{QStringLiteral("error"), Tone::text, {3, 2, 1}, 0, false, false, "error"}});
        view.setTickWords([](int position) { return QString::number(1000 - 500 * position); });
        QCOMPARE(plotCsv(view), QByteArray("t,error\n1000,3\n500,2\n0,1\n")); // as the axis has it
        view.setTickWords([](int position) { return position == 0 ? QString() : QString::number(7); });
        QCOMPARE(plotCsv(view), QByteArray("position,error\n0,3\n1,2\n2,1\n"));
        view.setCurves({});
        QCOMPARE(plotCsv(view), QByteArray("t\n"));
    }

    void binsAreCountedByHand() {
        HistogramView view;
        const std::vector<float> values{-3.99F, 0.05F, 0.06F, 0.07F, 2.0F, 9.0F, NAN};
        view.setValues(1, QStringLiteral("단계별"), Tone::text, values, "steps");
        const auto rows = cellsOf(plotCsv(view));
        QCOMPARE(rows[0], (QList<QByteArray>{"bin_low", "bin_high", "steps_density", "normal_density"}));
        QCOMPARE(rows.size(), 65);
        double inside = 0;
        for (qsizetype i = 1; i < rows.size(); ++i) {
            const double low = rows[i][0].toDouble(), high = rows[i][1].toDouble();
            QCOMPARE(low, -4 + static_cast<double>(i - 1) / 8);
            QCOMPARE(high, low + 0.125);
            const auto count =
                std::count_if(values.begin(), values.end(), [&](float v) { return v >= low && v < high; });
            QCOMPARE(rows[i][2].toDouble(), static_cast<double>(count) / 6 / 0.125);
            inside += rows[i][2].toDouble() * 0.125;
            const double middle = (low + high) / 2;
            QVERIFY(std::abs(rows[i][3].toDouble() - 0.3989422804014327 * std::exp(-middle * middle / 2)) <
                    1e-15);
        }
        QVERIFY(std::abs(inside - 5.0 / 6) < 1e-12); // one of six lies beyond
    }

    // Drawings

    void drawingsAreDrawnWithTextsAndLines_data() { addPlots(); }
    void drawingsAreDrawnWithTextsAndLines() {
        QFETCH(std::shared_ptr<QWidget>, widget);
        auto& plot = dynamic_cast<ExportablePlot&>(*widget);
        const Drawing drawing(plotSvg(plot, {720, 400}));
        QCOMPARE(drawing.title, plot.plotTitle());
        QVERIFY(!drawing.title.isEmpty());
        QCOMPARE(drawing.description, plot.plotDescription());
        QCOMPARE(drawing.viewBox, QStringLiteral("0 0 720 400"));
        QCOMPARE(drawing.width, QStringLiteral("190.5mm")); // 7.5 inches
        QCOMPARE(drawing.images, 0);
        QVERIFY(drawing.texts.size() > 4);
        QVERIFY(!drawing.lines.isEmpty());
        const QImage image = rendered(plotSvg(plot, {720, 400}), {720, 400});
        for (const QPoint corner : {QPoint(0, 0), QPoint(719, 0), QPoint(0, 399), QPoint(719, 399)})
            QCOMPARE(image.pixelColor(corner), QColor(Qt::white));
    }

    void theCurveStandsWhereItBelongs() {
        const std::unique_ptr<CurveView> view(ramp());
        const QByteArray svg = plotSvg(*view, {720, 400});
        const Drawing drawing(svg);
        const auto curves = drawing.linesOf(paper(&theme::Colors::forward));
        const auto grid = drawing.linesOf(paper(&theme::Colors::grid));
        QVERIFY(!curves.isEmpty() && grid.size() >= 2);
        // The lowest and the highest grid line are 0 and 1, and as long as t is wide.
        double bottom = 0, top = 400;
        for (const QPolygonF& line : grid) {
            bottom = std::max(bottom, line[0].y());
            top = std::min(top, line[0].y());
        }
        const double left = grid[0][0].x(), right = grid[0][1].x();
        const QPolygonF curve = curves.first(); // the last is the legend's sample
        QCOMPARE(curve.size(), 101);
        for (int t = 0; t <= 100; ++t) {
            QVERIFY(std::abs(curve[t].x() - (left + t * (right - left) / 100)) < 0.6);
            QVERIFY(std::abs(curve[t].y() - (bottom + t * (top - bottom) / 100)) < 1.1);
        }
        // And so it does when another program draws it, and in the PNG.
        const QColor color = paper(&theme::Colors::forward);
        const QImage pictures[] = {rendered(svg, {1440, 800}), plotImage(*view, {1440, 800})};
        for (const QImage& image : pictures)
            for (const double part : {0.2, 0.5, 0.9}) {
                const double row = rowOf(image, static_cast<int>(2 * (left + part * (right - left))), color);
                QVERIFY2(std::abs(row / 2 - (bottom + part * (top - bottom))) < 1.5,
                         qPrintable(QString::number(row)));
            }
        QVERIFY(drawing.texts.contains(QStringLiteral("x̂₀")));
        QVERIFY(drawing.texts.contains(QStringLiteral("100")));
    }

    void ticksSaySomethingOnNarrowAxes() {
        for (const double high : {0.36, 0.45, 0.9}) { // a loss that hardly moves any more
            Plot plot;
            const int series =
                plot.addSeries(QStringLiteral("loss"), Tone::training, Plot::Line::thick, "loss");
            plot.setLogScale(true);
            std::vector<double> x, y;
            for (int i = 0; i <= 200; ++i) {
                x.push_back(100.0 * i);
                y.push_back(0.32 + (high - 0.32) * (200 - i) / 200);
            }
            plot.setPoints(series, x, y);
            plot.resize(600, 300);
            plot.show();
            plot.replotNow();
            const Drawing drawing(plotSvg(plot, {720, 400}));
            int losses = 0;
            for (const QString& text : drawing.texts)
                losses += text.startsWith(QStringLiteral("0."));
            QVERIFY2(losses >= 3, qPrintable(drawing.texts.join(QLatin1Char(' '))));
            // One unit along an axis: 5k beside 10k.
            QVERIFY2(drawing.texts.contains(QStringLiteral("5k")) &&
                         drawing.texts.contains(QStringLiteral("10k")),
                     qPrintable(drawing.texts.join(QLatin1Char(' '))));
        }
    }

    void aZoomedPlotStaysInsideItsAxes() {
        const std::unique_ptr<Plot> plot(lossPlot(3000));
        plot->setLogScale(true);
        plot->resize(600, 300);
        plot->show();
        QVERIFY(QTest::qWaitForWindowExposed(plot.get()));
        plot->replotNow();
        const auto extent = [&](const QColor& color) {
            QRectF all;
            const Drawing drawing(plotSvg(*plot, {720, 400}));
            for (const QPolygonF& line : drawing.linesOf(color)) {
                // The legend is not there: one series.
                all = all.isNull() ? line.boundingRect() : all.united(line.boundingRect());
            }
            return all;
        };
        const theme::OnPaper scope; // only for the colour, which is mixed of two
        const QColor training = theme::colors().training, card = theme::colors().card;
        const auto mix = [](int ground, int color) { return qRound(ground + (color - ground) * 0.28); };
        QColor thin;
        for (const Drawing::Line& line : Drawing(plotSvg(*plot, {720, 400})).lines)
            if (std::abs(line.color.red() - mix(card.red(), training.red())) <= 1 &&
                std::abs(line.color.green() - mix(card.green(), training.green())) <= 1)
                thin = line.color;
        QVERIFY(thin.isValid());
        const QRectF axis = extent(theme::colors().line); // the base line of x
        QVERIFY(axis.width() > 500);
        for (const int turns : {0, 4}) {
            QWidget* canvas = plot->childAt(plot->rect().center());
            const QPointF at = canvas->rect().center();
            for (int i = 0; i < turns; ++i) {
                QWheelEvent event(at, canvas->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                                  Qt::NoScrollPhase, false);
                QCoreApplication::sendEvent(canvas, &event);
            }
            plot->replotNow();
            const QRectF drawn = extent(thin);
            QVERIFY2(drawn.left() > axis.left() - 1 && drawn.right() < axis.right() + 1,
                     qPrintable(QStringLiteral("%1 … %2").arg(drawn.left()).arg(drawn.right())));
            QVERIFY(drawn.width() > axis.width() - 2); // cut there, not left out
            QVERIFY(drawn.top() > 0 && drawn.bottom() <= axis.bottom() + 1);
        }
        QCOMPARE(plot->pointCount(0), 3000); // nothing is lost by it
    }

    void pagesAreOneAndOfTheirSize_data() {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<QByteArray>("box");
        QTest::addRow("usual") << QSize() << QByteArray("540 300");
        QTest::addRow("square") << QSize(400, 400) << QByteArray("300 300");
        QTest::addRow("upright") << QSize(320, 640) << QByteArray("240 480");
    }
    void pagesAreOneAndOfTheirSize() {
        QFETCH(QSize, size);
        QFETCH(QByteArray, box);
        QTemporaryDir folder;
        for (ExportablePlot* plot :
             {static_cast<ExportablePlot*>(lossPlot(500)), static_cast<ExportablePlot*>(ramp()),
              static_cast<ExportablePlot*>(histogram())}) {
            const QString file = folder.filePath(QStringLiteral("plot.pdf"));
            QVERIFY(savePlot(*plot, file, size));
            QFile saved(file);
            QVERIFY(saved.open(QIODevice::ReadOnly));
            const QString pdf = QString::fromLatin1(saved.readAll());
            QVERIFY(pdf.startsWith(QLatin1String("%PDF-1.")));
            QVERIFY(pdf.trimmed().endsWith(QLatin1String("%%EOF")));
            static const QRegularExpression media(
                QStringLiteral("/MediaBox\\s*\\[\\s*0\\s+0\\s+([0-9.]+)\\s+([0-9.]+)\\s*\\]"));
            static const QRegularExpression page(QStringLiteral("/Type\\s*/Page\\b(?!s)"));
            QCOMPARE(pdf.count(media), 1);
            QCOMPARE(pdf.count(page), 1);
            const auto match = media.match(pdf);
            QCOMPARE(match.captured(1).toDouble(), box.split(' ')[0].toDouble());
            QCOMPARE(match.captured(2).toDouble(), box.split(' ')[1].toDouble());
            QVERIFY(!pdf.contains(QLatin1String("/Subtype /Image"))); // lines and letters, no pixels
            QVERIFY(pdf.contains(QLatin1String("/FontFile")));
            delete &plot->plotWidget();
        }
    }

    void pixelsAreAsManyAsAsked_data() { addPlots(); }
    void pixelsAreAsManyAsAsked() {
        QFETCH(std::shared_ptr<QWidget>, widget);
        auto& plot = dynamic_cast<ExportablePlot&>(*widget);
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("손실 loss.PNG"));
        for (const QSize size : {QSize(), QSize(333, 222), QSize(2880, 1600)}) {
            QVERIFY(savePlot(plot, file, size));
            const QImage image(file);
            QCOMPARE(image.size(), size.isEmpty() ? QSize(1800, 1000) : size);
            QCOMPARE(image.pixelColor(0, 0), QColor(Qt::white));
            QCOMPARE(image.text(QStringLiteral("Title")), plot.plotTitle());
        }
        // A finer picture is the same picture.
        const QImage usual = plotImage(plot, {720, 400}),
                     fine = plotImage(plot, {2880, 1600})
                                .scaled({720, 400}, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
        double difference = 0;
        for (int y = 0; y < 400; ++y)
            for (int x = 0; x < 720; ++x)
                difference += std::abs(qGray(usual.pixel(x, y)) - qGray(fine.pixel(x, y)));
        QVERIFY2(difference / (720 * 400) < 4, qPrintable(QString::number(difference / (720 * 400))));
    }

    void theThemeOfTheWindowDoesNotMatter_data() { addPlots(); }
    void theThemeOfTheWindowDoesNotMatter() {
        QFETCH(std::shared_ptr<QWidget>, widget);
        auto& plot = dynamic_cast<ExportablePlot&>(*widget);
        widget->resize(500, 300);
        widget->show();
        QVERIFY(QTest::qWaitForWindowExposed(widget.get()));
        QTest::qWait(150); // plots draw within a tenth of a second
        const QImage before = widget->grab().toImage();
        const QImage dark = plotImage(plot, {720, 400});
        const QByteArray svg = plotSvg(plot, {720, 400});
        QTest::qWait(150);
        QCOMPARE(widget->grab().toImage(), before); // nothing on screen has changed
        theme::apply(theme::Mode::light, 2.0);
        const QImage light = plotImage(plot, {720, 400});
        const QByteArray lightSvg = plotSvg(plot, {720, 400});
        theme::apply(theme::Mode::dark, 1.0);
        QCOMPARE(light, dark);
        QCOMPARE(lightSvg, svg);
    }

    void aMillionPointsAreTakenAway() {
        const std::unique_ptr<Plot> plot(lossPlot(1'000'000));
        QImage image;
        QByteArray svg;
        QBENCHMARK_ONCE {
            image = plotImage(*plot, {1800, 1000});
            svg = plotSvg(*plot, {720, 400});
        }
        QVERIFY(!image.isNull());
        QVERIFY(svg.size() < 1'000'000); // what nobody can see is not in it
        QCOMPARE(plotCsv(*plot).count('\n'), 1'000'001);
    }

    // Files

    void whatIsThereSurvives_data() {
        QTest::addColumn<QString>("ending");
        for (const QString& ending : plotEndings())
            QTest::addRow("%s", qPrintable(ending)) << ending;
    }
    void whatIsThereSurvives() {
        QFETCH(QString, ending);
        const std::unique_ptr<Plot> plot(lossPlot(3000));
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("plot.") + ending);
        const auto write = [&] {
            QFile old(file);
            QVERIFY(old.open(QIODevice::WriteOnly));
            old.write("what was there");
        };
        const auto content = [&] {
            QFile now(file);
            return now.open(QIODevice::ReadOnly) ? now.readAll() : QByteArray("gone");
        };
        const auto untouched = [&](const Status& saved) {
            QVERIFY(!saved);
            QVERIFY(!saved.error().what.empty() && !saved.error().where.empty() &&
                    !saved.error().remedy.empty());
            QCOMPARE(content(), QByteArray("what was there"));
            QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
        };
        write();

        // The disk takes no more than a thousand bytes of a file.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit usual{};
        getrlimit(RLIMIT_FSIZE, &usual);
        const rlimit little{1000, usual.rlim_max};
        setrlimit(RLIMIT_FSIZE, &little);
        const Status full = savePlot(*plot, file);
        setrlimit(RLIMIT_FSIZE, &usual);
        std::signal(SIGXFSZ, SIG_DFL);
        untouched(full);

        // Nothing may be written into the folder; root may anyway, and so steps down.
        QVERIFY(chmod(qPrintable(folder.path()), 0555) == 0);
        const bool root = geteuid() == 0;
        if (root) QVERIFY(seteuid(65534) == 0);
        const Status forbidden = savePlot(*plot, file);
        if (root) QVERIFY(seteuid(0) == 0);
        QVERIFY(chmod(qPrintable(folder.path()), 0755) == 0);
        untouched(forbidden);

        QVERIFY(savePlot(*plot, file)); // replaced when nothing is in the way
        QVERIFY(content() != "what was there");
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
    }

    void whatCannotBeSavedIsSaid_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QSize>("size");
        QTest::addColumn<QString>("what");
        QTest::addRow("no such format") << "plot.bmp" << QSize() << "in this format";
        QTest::addRow("no ending") << "plot" << QSize() << "in this format";
        QTest::addRow("no such folder") << "no/such/plot.svg" << QSize() << "does not exist";
        QTest::addRow("a folder") << "folder.pdf" << QSize() << "this is a folder";
        QTest::addRow("too small") << "plot.png" << QSize(10, 10) << "of this size";
        QTest::addRow("too large") << "plot.pdf" << QSize(20'000, 400) << "of this size";
    }
    void whatCannotBeSavedIsSaid() {
        QFETCH(QString, name);
        QFETCH(QSize, size);
        QFETCH(QString, what);
        QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("folder.pdf")));
        const std::unique_ptr<CurveView> view(ramp());
        const Status saved = savePlot(*view, folder.filePath(name), size);
        QVERIFY(!saved);
        QVERIFY2(QString::fromStdString(saved.error().what).contains(what), saved.error().what.c_str());
        QVERIFY(QString::fromStdString(saved.error().where).startsWith(folder.path()));
        QVERIFY(!saved.error().remedy.empty());
        QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size(), 1);
    }

    void nothingCannotBeTakenAway() {
        Plot plot;
        plot.addSeries(QStringLiteral("raw"), Tone::training, Plot::Line::thin, "loss");
        QTemporaryDir folder;
        QVERIFY(!savePlot(plot, folder.filePath(QStringLiteral("plot.csv"))));
        QVERIFY(QDir(folder.path()).isEmpty());
        for (const QAction* action : plotActions(plot))
            QVERIFY(!action->isEnabled());
        plot.setPoints(0, {1}, {2});
        for (const QAction* action : plotActions(plot))
            QVERIFY(action->isEnabled());
    }

    // The menu

    void theMenuComesByMouseAndKeys_data() {
        QTest::addColumn<std::shared_ptr<QWidget>>("widget");
        QTest::addColumn<QString>("way");
        for (const char* way : {"mouse", "Shift+F10", "menu key"}) {
            QTest::addRow("plot, %s", way) << std::shared_ptr<QWidget>(lossPlot(300)) << way;
            QTest::addRow("curves, %s", way) << std::shared_ptr<QWidget>(ramp()) << way;
            QTest::addRow("histogram, %s", way) << std::shared_ptr<QWidget>(histogram()) << way;
        }
    }
    void theMenuComesByMouseAndKeys() {
        QFETCH(std::shared_ptr<QWidget>, widget);
        QFETCH(QString, way);
        Listener window;
        const auto leave = qScopeGuard([&] { widget->setParent(nullptr); }); // it is not the window's
        window.add(widget.get());
        window.start();
        if (way == QLatin1String("mouse")) {
            QTest::mouseClick(window.windowHandle(), Qt::RightButton, {},
                              widget->mapTo(&window, widget->rect().center()));
        } else {
            QTest::keyClick(window.windowHandle(), Qt::Key_Tab); // the plot is reachable by keys
            QVERIFY(widget->hasFocus());
            if (way == QLatin1String("menu key"))
                QTest::keyClick(window.windowHandle(), Qt::Key_Menu);
            else
                QTest::keyClick(window.windowHandle(), Qt::Key_F10, Qt::ShiftModifier);
        }
        const QPointer<QMenu> menu = widget->findChild<QMenu*>(QStringLiteral("plotMenu"));
        QVERIFY(menu && menu->isVisible());
        QStringList texts;
        for (const QAction* action : menu->actions())
            texts << action->text();
        QCOMPARE(texts, QStringList({"Save plot…", "Copy picture", "Copy numbers"}));

        // The last entry, by keys.
        QTest::keyClick(menu, Qt::Key_Up);
        QTest::keyClick(menu, Qt::Key_Return);
        QTRY_VERIFY(!menu);
        auto& plot = dynamic_cast<ExportablePlot&>(*widget);
        const QMimeData* copied = QGuiApplication::clipboard()->mimeData();
        QCOMPARE(copied->text().toUtf8(), plotCsv(plot));
        QCOMPARE(copied->data(QStringLiteral("text/csv")), plotCsv(plot));
        QCOMPARE(window.said, QStringList(QStringLiteral("Copied the numbers: ") + plot.plotTitle()));
    }

    void theMenuIsThereOnlyOnce() {
        const std::unique_ptr<CurveView> view(ramp());
        view->resize(400, 300);
        view->show();
        QVERIFY(QTest::qWaitForWindowActive(view.get()));
        view->setFocus();
        QTest::keyClick(view.get(), Qt::Key_Menu);
        QContextMenuEvent wish(QContextMenuEvent::Keyboard, {1, 1}, view->mapToGlobal(QPoint(1, 1)));
        QCoreApplication::sendEvent(view.get(), &wish); // some systems send both
        const auto menus = view->findChildren<QMenu*>();
        QCOMPARE(menus.size(), 1);
        QTest::keyClick(menus.first(), Qt::Key_Escape);
    }

    void theRightButtonDoesNotMoveTheCursor() {
        const std::unique_ptr<CurveView> view(ramp());
        view->resize(400, 300);
        view->show();
        QVERIFY(QTest::qWaitForWindowExposed(view.get()));
        const QSignalSpy moved(view.get(), &CurveView::positionRequested);
        QTest::mouseClick(view->windowHandle(), Qt::RightButton, {}, {300, 150});
        QCOMPARE(moved.count(), 0);
        QTRY_VERIFY(view->findChild<QMenu*>());
        view->findChild<QMenu*>()->close();
    }

    void thePictureIsCopied() {
        const std::unique_ptr<CurveView> view(ramp());
        chosen(plotActions(*view), "copyPlotPicture")->trigger();
        const QMimeData* copied = QGuiApplication::clipboard()->mimeData();
        QCOMPARE(qvariant_cast<QImage>(copied->imageData()), plotImage(*view, {1800, 1000}));
        QCOMPARE(Drawing(copied->data(QStringLiteral("image/svg+xml"))).title, view->plotTitle());
    }

    void savingByTheDialog_data() {
        QTest::addColumn<int>("downs"); // in the list of formats
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("start");
        QTest::addRow("png") << 0 << "mine"
                             << "mine.png" << QByteArray("\x89PNG");
        QTest::addRow("svg") << 1 << "mine"
                             << "mine.svg" << QByteArray("<?xml");
        QTest::addRow("pdf") << 2 << "mine"
                             << "mine.pdf" << QByteArray("%PDF");
        QTest::addRow("csv") << 3 << "mine"
                             << "mine.csv" << QByteArray("t,ramp\n");
        QTest::addRow("an ending typed decides") << 0 << "mine.csv"
                                                 << "mine.csv" << QByteArray("t,ramp\n");
        QTest::addRow("the suggested name") << 2 << ""
                                            << "chosen name.pdf" << QByteArray("%PDF");
    }
    void savingByTheDialog() {
        QFETCH(int, downs);
        QFETCH(QString, typed);
        QFETCH(QString, file);
        QFETCH(QByteArray, start);
        QTemporaryDir folder;
        Listener window;
        auto* view = ramp();
        view->setSuggestedFile([&] { return folder.filePath(QStringLiteral("chosen name")); });
        window.add(view);
        window.start();
        chosen(plotActions(*view), "savePlot")->trigger();
        auto* dialog = window.findChild<QFileDialog*>(QStringLiteral("savePlotDialog"));
        QVERIFY(dialog);
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
        QCOMPARE(name->text(), QStringLiteral("chosen name.png"));
        auto* formats = dialog->findChild<QComboBox*>(QStringLiteral("fileTypeCombo"));
        QCOMPARE(formats->count(), 4);
        for (int i = 0; i < downs; ++i)
            QTest::keyClick(formats, Qt::Key_Down);
        if (!typed.isEmpty()) {
            name->selectAll();
            QTest::keyClicks(name, typed);
        }
        QTest::keyClick(name, Qt::Key_Return);
        QTRY_COMPARE(window.said.size(), 1);
        QVERIFY(window.said[0].startsWith(QStringLiteral("Saved ")));
        QFile saved(folder.filePath(file));
        QVERIFY2(saved.open(QIODevice::ReadOnly), qPrintable(QDir(folder.path()).entryList().join(' ')));
        QVERIFY(saved.readAll().startsWith(start));
    }

    void failuresReachWhoListens() {
        Listener window;
        auto* view = ramp();
        window.add(view);
        view->findChild<PlotMenu*>()->saveTo(QStringLiteral("/no/such/folder/plot.svg"));
        QCOMPARE(window.said, QStringList(QStringLiteral("The plot was not saved")));
        QCOMPARE(window.failed->where, std::string("/no/such/folder"));

        const std::unique_ptr<CurveView> alone(ramp()); // nobody above it: a box of its own
        alone->show();
        alone->findChild<PlotMenu*>()->saveTo(QStringLiteral("/no/such/folder/plot.svg"));
        auto* box = alone->findChild<QMessageBox*>();
        QVERIFY(box && box->isVisible());
        QVERIFY(box->text().contains(QStringLiteral("does not exist")));
        box->close();
    }

    void plotsAreFoundBelow() {
        QWidget root;
        auto* inner = new QWidget(&root);
        auto* first = ramp();
        first->setParent(inner);
        auto* second = lossPlot(10);
        second->setParent(inner);
        auto* third = histogram();
        third->setParent(&root);
        third->setPlotTitle(QStringLiteral("Values"));
        new CurveView(&root); // with nothing in it
        QCOMPARE(plotsBelow(root), (QList<ExportablePlot*>{first, second, third, plotsBelow(root).last()}));
        QCOMPARE(plotsBelow(root).size(), 4);
        QCOMPARE(plotsBelow(*second), QList<ExportablePlot*>{second});
        third->move(0, 10); // as one reads them
        inner->move(0, 200);
        first->move(300, 0);
        QCOMPARE(plotsBelow(root).mid(1), (QList<ExportablePlot*>{third, second, first}));
        inner->hide();
        QCOMPARE(plotsBelow(root).mid(2), (QList<ExportablePlot*>{first, second}));
        inner->show();
        third->move(0, 300);
        first->move(0, 0);
        QStringList texts;
        for (const QAction* action : savePlotActions(root))
            texts << action->text();
        QCOMPARE(texts, QStringList({"Plot: Ramp <&>…", "Plot: Loss…", "Plot: Values…"}));
    }

    void namesAreFitForFiles() {
        HistogramView view;
        view.setPlotTitle(QStringLiteral("Values of x at t = 250 / ᾱ: 손실!"));
        QCOMPARE(QFileInfo(view.suggestedFile()).fileName(), QStringLiteral("values-of-x-at-t-250-ᾱ-손실"));
        QVERIFY(QFileInfo(view.suggestedFile()).dir().exists());
        view.setPlotTitle(QStringLiteral("?"));
        QCOMPARE(QFileInfo(view.suggestedFile()).fileName(), QStringLiteral("plot"));
    }
};

QTEST_MAIN(PlotExportTest)
#include "plot_export_test.moc"
