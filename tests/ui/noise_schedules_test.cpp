// Schedules beside one another: which are asked for, what their cells show, and going to a cell's t.
#include "noise_bench.h"
#include "stages/noise/forward_panes.h"
#include "stages/noise/schedule_view.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/card_row.h"
#include "views/curve_view.h"
#include "views/segmented_choice.h"
#include "views/small_multiples.h"
#include "views/spread_positions.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

#include <numbers>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

using Bench = test::NoiseBench;
constexpr int T = 100;

/// ᾱ_t as the product that defines it: of the linear schedule (§4) and of equal steps of the root of β.
double product(int t, bool ofRoots) {
    double left = 1;
    for (int i = 0; i < t; ++i) {
        const double part = i / (T - 1.0);
        const double beta =
            ofRoots ? std::pow(0.01 + part * (std::sqrt(0.02) - 0.01), 2) : 1e-4 + part * (0.02 - 1e-4);
        left *= 1 - beta;
    }
    return left;
}

double cosine(int t) {
    const auto level = [](int at) {
        return std::pow(std::cos((at / static_cast<double>(T) + 0.008) / 1.008 * std::numbers::pi / 2), 2);
    };
    return level(t) / level(0);
}

std::vector<BetaSchedule> kinds(const std::vector<ScheduleSettings>& settings) {
    std::vector<BetaSchedule> found;
    for (const ScheduleSettings& each : settings)
        found.push_back(each.kind);
    return found;
}

void chooseSchedules(Bench& bench) {
    bench.click(bench.stage.viewChoice()->button(2));
}

} // namespace

class NoiseSchedulesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void theOthersAreAskedFor() {
        Bench bench;
        const auto run = bench.engine.last<RunForward>();
        QVERIFY(kinds(run->compare) ==
                (std::vector{BetaSchedule::cosine, BetaSchedule::quadratic, BetaSchedule::sigmoid}));
        NoiseForm* form = bench.stage.form();
        bench.choose(form->scheduleBox(),
                     form->scheduleBox()->findData(static_cast<int>(BetaSchedule::constant)));
        form->stepsBox()->setValue(500);
        bench.click(form->applyButton());
        const auto other = bench.engine.last<RunForward>();
        QCOMPARE(other->compare.size(), std::size_t{4});
        for (const ScheduleSettings& each : other->compare) {
            QCOMPARE(each.timesteps, 500);
            QVERIFY(each.check().empty());
        }
    }

    void theAppliedOneComesFirst() {
        Bench bench;
        chooseSchedules(bench);
        SmallMultiples* grid = bench.stage.schedules()->pictures();
        QVERIFY(grid->isVisible());
        QCOMPARE(grid->rows(), 3);
        QCOMPARE(grid->row(0).name, QStringLiteral("cosine"));
        QCOMPARE(grid->row(0).note, QStringLiteral("applied"));
        QVERIFY(grid->row(1).note.isEmpty());
        QCOMPARE(grid->row(1).name, QStringLiteral("linear β"));
    }

    void eachRowHasItsAlphaBarAndTheSameNoise() {
        Bench bench;
        chooseSchedules(bench);
        ScheduleView* view = bench.stage.schedules();
        for (const int t : {0, 1, 37, 99}) {
            const double expected[] = {cosine(t), product(t, false), product(t, true)};
            for (int row = 0; row < 3; ++row) {
                QVERIFY(std::abs(view->alphaBar(row, t) - expected[row]) < 1e-9);
                const std::vector<float> x = view->state(row, t);
                for (std::size_t i = 0; i < x.size(); i += 97) {
                    const double value =
                        std::sqrt(expected[row]) * static_cast<double>(bench.record->jump_at(0)[i]) +
                        std::sqrt(1 - expected[row]) * static_cast<double>(bench.record->epsilon[i]);
                    QVERIFY(std::abs(static_cast<double>(x[i]) - value) < 1e-5);
                }
            }
        }
        // What is applied is the same here as in one jump.
        const std::vector<float> x = view->state(0, 50);
        for (std::size_t i = 0; i < x.size(); ++i)
            QVERIFY(std::abs(x[i] - bench.record->jump_at(50)[i]) < 1e-5F);
    }

    void theCellsShowThem() {
        Bench bench;
        chooseSchedules(bench);
        bench.goTo(40);
        ScheduleView* view = bench.stage.schedules();
        SmallMultiples* grid = view->pictures();
        const int column = grid->columnAt(40);
        QVERIFY(column > 0);
        const QImage image = grid->grab().toImage();
        for (int row = 0; row < 3; ++row) {
            const QRect cell = grid->cellRect(row, column);
            const std::vector<float> x = view->state(row, 40);
            int same = 0, asked = 0;
            for (int y = 4; y < 24; y += 3)
                for (int px = 4; px < 24; px += 3) {
                    const double side = cell.width() / 28.0;
                    const QPoint at(cell.left() + static_cast<int>((px + 0.5) * side),
                                    cell.top() + static_cast<int>((y + 0.5) * side));
                    same += std::abs(qGray(image.pixel(at)) -
                                     test::greyOf(
                                         static_cast<double>(x[static_cast<std::size_t>(y * 28 + px)]))) <= 1;
                    ++asked;
                }
            QCOMPARE(same, asked);
        }
        QVERIFY(grid->accessibleDescription().contains(QString::number(product(40, false), 'f', 3)));
    }

    void aCellLeadsToItsT() {
        Bench bench;
        chooseSchedules(bench);
        SmallMultiples* grid = bench.stage.schedules()->pictures();
        const auto at = grid->positions();
        QCOMPARE(at.front(), 0);
        QCOMPARE(at.back(), T);
        for (const std::size_t column : {at.size() - 1, std::size_t{2}}) {
            const int t = grid->positions()[column];
            QTest::mouseClick(grid, Qt::LeftButton, {}, grid->cellRect(2, static_cast<int>(column)).center());
            QCOMPARE(bench.stage.t(), t);
            QCOMPARE(bench.stage.schedules()->levels()->cursorPosition(), t);
        }
        bench.goTo(33); // the cursor's t is a column
        QVERIFY(grid->columnAt(33) >= 0);
        bench.goTo(58);
        QVERIFY(grid->columnAt(58) >= 0 && grid->columnAt(33) < 0);
    }

    void keysWalkTheColumns() {
        Bench bench;
        chooseSchedules(bench);
        SmallMultiples* grid = bench.stage.schedules()->pictures();
        QVERIFY(grid->focusPolicy() & Qt::TabFocus);
        bench.stage.activateWindow();
        grid->setFocus(Qt::TabFocusReason);
        QTest::keyClick(grid, Qt::Key_Home);
        QCOMPARE(bench.stage.t(), 0);
        const auto at = grid->positions();
        QTest::keyClick(grid, Qt::Key_Right);
        QCOMPARE(bench.stage.t(), at[1]);
        QTest::keyClick(grid, Qt::Key_End);
        QCOMPARE(bench.stage.t(), T);
        QTest::keyClick(grid, Qt::Key_Left);
        QVERIFY(bench.stage.t() < T && bench.stage.t() > T / 2);
    }

    void nothingIsCutOffInLittleRoom() {
        SmallMultiples grid;
        grid.setSource(
            [](int, int, QSize) { return QImage(); },
            [](int row, int) { return row == 0 ? QStringLiteral("0.646") : QStringLiteral("0.194"); });
        grid.setRange(0, 1000);
        std::vector<SmallMultiples::Row> rows(5);
        rows[0].name = QStringLiteral("cosine");
        grid.setRows(rows);
        const QFontMetrics text(theme::numberFont());
        for (const QSize size : {QSize(360, 210), QSize(480, 300), QSize(900, 420), QSize(1500, 900)}) {
            grid.resize(size);
            const int columns = static_cast<int>(grid.positions().size());
            QVERIFY(columns >= 2);
            for (int row = 0; row < 5; ++row)
                for (int column = 0; column < columns; ++column) {
                    const QRect cell = grid.cellRect(row, column);
                    QVERIFY(cell.left() >= grid.labelWidth() && cell.right() < size.width());
                    QVERIFY(cell.top() >= 0 && cell.bottom() < size.height());
                    if (column > 0)
                        QVERIFY(cell.center().x() - grid.cellRect(row, column - 1).center().x() >=
                                std::max(cell.width(), text.horizontalAdvance(QStringLiteral("1000"))));
                    if (row > 0) QVERIFY(cell.top() > grid.cellRect(row - 1, column).bottom());
                }
        }
    }

    void theColumnsStandOverThePlotsT() {
        Bench bench;
        chooseSchedules(bench);
        ScheduleView* view = bench.stage.schedules();
        SmallMultiples* grid = view->pictures();
        const auto inView = [&](QWidget* widget, double x) {
            return widget->mapTo(static_cast<QWidget*>(view), QPoint(static_cast<int>(std::lround(x)), 0))
                .x();
        };
        const auto at = grid->positions();
        for (const std::size_t column : {std::size_t{0}, at.size() - 1})
            QVERIFY(std::abs(inView(grid, grid->cellRect(0, static_cast<int>(column)).center().x()) -
                             inView(view->levels(), view->levels()->xOf(at[column]))) <= 2);
    }

    void pointsAreCompared() {
        Bench bench;
        bench.choose(bench.stage.form()->dataBox(), 2);
        chooseSchedules(bench);
        bench.goTo(T);
        SmallMultiples* grid = bench.stage.schedules()->pictures();
        const QImage image = grid->grab().toImage();
        // By T the cosine has made N(0, 1) of it; the quadratic schedule of so few steps leaves half the
        // signal.
        const auto farDots = [&](int row) {
            const QRect cell = grid->cellRect(row, grid->columnAt(T));
            int found = 0;
            for (int y = cell.top() + 3; y < cell.bottom() - 3; ++y)
                for (int x = cell.left() + 3; x < cell.right() - 3; ++x) {
                    const double radius =
                        3 * std::hypot(x - cell.center().x(), y - cell.center().y()) / (cell.width() / 2.0);
                    found += radius > 2.2 && qRed(image.pixel(x, y)) > 100;
                }
            return found;
        };
        QVERIFY2(farDots(0) > 2 * farDots(2),
                 qPrintable(QStringLiteral("%1, %2").arg(farDots(0)).arg(farDots(2))));
    }

    void theChoiceIsMadeWithMouseAndKeys() {
        Bench bench;
        SegmentedChoice* choice = bench.stage.viewChoice();
        QSignalSpy spy(choice, &SegmentedChoice::chosen);
        bench.click(choice->button(0)); // it is down already, and stays
        QCOMPARE(spy.count(), 0);
        QVERIFY(choice->button(0)->isChecked());
        for (int i = 0; i < 3; ++i) {
            QVERIFY(choice->button(i)->focusPolicy() & Qt::TabFocus);
            QVERIFY(!choice->button(i)->toolTip().isEmpty());
        }
        QTest::keyClick(choice->button(1), Qt::Key_Space);
        QCOMPARE(choice->current(), 1);
        QVERIFY(!choice->button(0)->isChecked() && choice->button(1)->isChecked());
        QVERIFY(bench.stage.view() == NoiseStage::View::posterior);
    }

    void whereAllCardsDoNotFitTheyTakeTurns() {
        CardRow row;
        std::vector<Card*> cards;
        for (int i = 0; i < 3; ++i) {
            cards.push_back(new Card(QString::number(i), {}, &row));
            row.addCard(cards.back(), 50);
        }
        row.resize(700, 160);
        row.show();
        QVERIFY(row.shown() == cards);
        QVERIFY(!row.nextButton()->isVisible());
        row.resize(300, 160);
        QCoreApplication::processEvents();
        std::vector<Card*> seen;
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(row.shown().size(), std::size_t{1});
            seen.push_back(row.shown().front());
            QTest::mouseClick(row.nextButton(), Qt::LeftButton);
        }
        QVERIFY(seen == cards);
        QVERIFY(row.shown().front() == cards.front()); // round
        row.resize(500, 160);
        QCoreApplication::processEvents();
        QCOMPARE(row.shown().size(), std::size_t{2});
    }

    void positionsAreEvenAndHoldTheCursor() {
        QVERIFY(spreadPositions(0, 100, 5, 0) == (std::vector{0, 25, 50, 75, 100}));
        QVERIFY(spreadPositions(0, 100, 5, 60) == (std::vector{0, 25, 60, 75, 100}));
        QVERIFY(spreadPositions(0, 100, 5, 3) == (std::vector{0, 3, 50, 75, 100})); // the ends stay
        QVERIFY(spreadPositions(0, 100, 1, 40) == (std::vector{40}));
        QCOMPARE(spreadCount(0, 3, 8), 4);
        QCOMPARE(spreadCount(0, 1000, 10), 9);
    }

    void escapeLeavesAZoomThatIsNotOnScreen() {
        Bench bench;
        bench.stage.panes()->zoom()->zoom(4, {0.5, 0.5}, 8, nullptr);
        QVERIFY(bench.stage.panes()->zoom()->active());
        chooseSchedules(bench);
        QVERIFY(!bench.stage.escape());
        bench.click(bench.stage.viewChoice()->button(0));
        QVERIFY(bench.stage.escape());
        QVERIFY(!bench.stage.panes()->zoom()->active());
        QVERIFY(!bench.stage.escape());
    }

    void everythingHasAName() {
        Bench bench;
        for (int view = 0; view < 3; ++view) {
            bench.click(bench.stage.viewChoice()->button(view));
            for (const QWidget* widget : bench.stage.findChildren<QWidget*>())
                if (widget->isVisible() && widget->focusPolicy() != Qt::NoFocus &&
                    !qobject_cast<const QPushButton*>(widget) &&
                    !qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()))
                    QVERIFY2(!widget->accessibleName().isEmpty(), widget->metaObject()->className());
        }
    }
};

QTEST_MAIN(NoiseSchedulesTest)
#include "noise_schedules_test.moc"
