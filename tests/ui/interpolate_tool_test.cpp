// An interpolation against an engine that says what the test wants: what is asked for, what the rows show at
// a t, and how the marker is moved.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/interpolate_tool.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "theme/theme.h"
#include "views/picture_grid.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>
#include <QUndoStack>
#include <QtTest>

#include <cmath>
#include <map>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr int T = 1000, chains = 4;
using Look = InterpolateBoard::Look;

struct Bench {
    explicit Bench(bool withChain = true) : tool(bridge) {
        place.model = test::model_changed(2000, DataKind::mnist, T);
        place.form.spacing = Spacing::trailing;
        place.form.seed = 11;
        place.chain = 1;
        if (withChain) place.record = test::chain_record(chains, 20, T);
        QObject::connect(&tool, &Tool::positionWanted, &tool, [this](int p) { tool.moveTo(p); });
        QObject::connect(&tool, &Tool::undoable, &tool, [this](QUndoCommand* c) { undo.push(c); });
        tool.resize(868, 640);
        tool.show();
        tool.open(place);
        QCoreApplication::processEvents();
    }

    std::vector<StartBranch> asked() const {
        std::vector<StartBranch> found;
        for (const Command& command : engine.commands())
            if (const auto* branch = std::get_if<StartBranch>(&command)) found.push_back(*branch);
        return found;
    }
    std::vector<FitPicture> wanted() const {
        std::vector<FitPicture> found;
        for (const Command& command : engine.commands())
            if (const auto* fit = std::get_if<FitPicture>(&command)) found.push_back(*fit);
        return found;
    }
    void tell(Event event) {
        engine.emit(std::move(event));
        QCoreApplication::processEvents();
    }
    void fitted(std::uint64_t id, const char* title, int digit, int label = -1) {
        tell(PictureFitted{id, title, label, {1, 28, 28, 1}, test::digit(digit, 3)});
    }
    std::shared_ptr<ChainRecord> answer(const StartBranch& branch) {
        const auto& from = std::get<FromMixture>(branch.from);
        const int steps = std::max(1, from.t / 100);
        auto record =
            std::make_shared<ChainRecord>(branch.id, branch.settings, test::cosine_schedule(T), steps + 1, 1);
        records[branch.id] = record;
        tell(BranchChanged{branch.id, ChainPhase::running, record});
        return record;
    }
    /// Chain k of the state has x = k / 100 + `x` everywhere and x0_hat = `belief` everywhere.
    void add(ChainRecord& record, int t, float x, float belief) {
        const ItemShape shape{record.settings().count, 28, 28, 1};
        std::vector<float> values;
        for (int k = 0; k < shape.count; ++k)
            values.insert(values.end(), shape.item_values(), x + static_cast<float>(k) / 100);
        const std::vector<float> beliefs(t > 0 ? values.size() : 0, belief);
        record.append(std::make_shared<ChainState>(make_chain_state(t, shape, values, beliefs, beliefs)));
    }
    void finish(ChainRecord& record) {
        record.finish();
        tell(BranchChanged{record.id(), ChainPhase::finished, records[record.id()]});
    }
    /// All rows from the t that they were asked for, in hundreds, to the end.
    void answerAll() {
        for (const StartBranch& branch : asked()) {
            if (records.contains(branch.id)) continue;
            const auto record = answer(branch);
            const auto t = std::get<FromMixture>(branch.from).t;
            for (int at = t / 100 * 100; at > 0; at -= 100)
                add(*record, at, 0.5F, static_cast<float>(at) / 1000);
            add(*record, 0, -0.5F, 0);
            finish(*record);
        }
    }
    void click(QAbstractButton* button) { QTest::mouseClick(button, Qt::LeftButton); }

    test::FakeEngine engine;
    EngineBridge bridge{engine};
    ChainPlace place;
    QUndoStack undo;
    InterpolateTool tool;
    std::map<std::uint64_t, std::shared_ptr<ChainRecord>> records;
};

int greyFor(double value) {
    return static_cast<int>(std::lround((value + 1) / 2 * 255));
}

int greyOf(PictureGrid* grid) {
    const QImage image = grid->grab().toImage();
    return qGray(image.pixel(grid->pictureRect(0).center() * image.devicePixelRatio()));
}

int greyOfCell(InterpolateBoard* board, int row, int column) {
    const QImage image = board->grab().toImage();
    return qGray(image.pixel(board->cellRect(row, column).center() * image.devicePixelRatio()));
}

void drag(InterpolateBoard* board, QPoint from, QPoint to, bool release) {
    QTest::mousePress(board, Qt::LeftButton, {}, from);
    for (int i = 1; i <= 10; ++i)
        QTest::mouseMove(board, from + (to - from) * i / 10);
    if (release) QTest::mouseRelease(board, Qt::LeftButton, {}, to);
}

} // namespace

class InterpolateToolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(theme::Mode::dark, 1.0); }

    void depthsAreSortedAndChecked() {
        using Depths = std::vector<int>;
        QCOMPARE(parseDepths(QStringLiteral("125, 500;250 1000"), T), (Depths{1000, 500, 250, 125}));
        QCOMPARE(parseDepths(QStringLiteral("5,5,3"), T), (Depths{5, 3}));
        QVERIFY(parseDepths(QStringLiteral("0, 5"), T).empty());
        QVERIFY(parseDepths(QStringLiteral("1001"), T).empty());
        QVERIFY(parseDepths(QStringLiteral("five"), T).empty());
        QVERIFY(parseDepths(QString(), T).empty());
        QVERIFY(parseDepths(QStringLiteral("1,2,3,4,5,6,7,8,9"), T).empty());
    }

    void oneBranchForEachDepth() {
        Bench bench;
        const auto asked = bench.asked();
        QCOMPARE(asked.size(), std::size_t{5});
        const int depths[] = {1000, 750, 500, 250, 125};
        const auto end = bench.place.record->state(20);
        for (std::size_t i = 0; i < 5; ++i) {
            const auto& from = std::get<FromMixture>(asked[i].from);
            QVERIFY(asked[i].of_chain);
            QCOMPARE(from.t, depths[i]);
            QCOMPARE(from.first, end->item(ChainPart::x, 1)); // the selected chain and the next
            QCOMPARE(from.second, end->item(ChainPart::x, 2));
            QCOMPARE(from.lambdas.size(), std::size_t{7});
            for (std::size_t k = 0; k < 7; ++k)
                QCOMPARE(from.lambdas[k], static_cast<double>(k) / 6);
            QVERIFY(!from.separate);
            QVERIFY(asked[i].settings.sampler == Sampler::ddim);
            QCOMPARE(asked[i].settings.steps, 50);
            QCOMPARE(asked[i].settings.eta, 0.0);
            QCOMPARE(asked[i].settings.count, 7);
            QCOMPARE(asked[i].settings.seed, std::uint64_t{11}); // the same: the noise is frozen
            QVERIFY(asked[i].noise_chains.empty());
        }
    }

    void depthsFollowT() {
        Bench bench;
        bench.place.model = test::model_changed(1, DataKind::mnist, 200);
        bench.place.record = nullptr;
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.depthsEdit()->text(), QStringLiteral("25, 50, 100, 150, 200"));
        QVERIFY(!bench.tool.strip()->isVisible());
    }

    void allCellsAreOfOneClass() {
        Bench bench;
        bench.engine.forget_commands();
        bench.place.record = test::chain_record(chains, 20, T);
        bench.place.form.label = -1;
        bench.place.form.guidance = 3;
        bench.tool.open(bench.place); // each in turn would change from column to column: none then
        QCOMPARE(bench.asked().front().settings.guidance, 0.0);
        bench.engine.forget_commands();
        bench.place.record = test::chain_record(chains, 20, T);
        bench.place.form.label = 4;
        bench.tool.open(bench.place);
        QCOMPARE(bench.asked().front().settings.label, 4);
        QCOMPARE(bench.asked().front().settings.guidance, 3.0);
    }

    void withoutSamplesPicturesOfTheDataAreTaken() {
        Bench bench(false);
        auto wanted = bench.wanted();
        QCOMPARE(wanted.size(), std::size_t{2});
        QVERIFY(wanted[0].index == -1 && wanted[0].file.empty());
        QVERIFY(wanted[0].data == bench.place.model.settings.data);
        QVERIFY(bench.asked().empty());
        bench.fitted(wanted[1].id, "MNIST digits 7", 5, 5); // in any order
        bench.fitted(wanted[0].id, "MNIST digits 3", 8, 8);
        QTRY_COMPARE(bench.asked().size(), std::size_t{5});
        const auto from = std::get<FromMixture>(bench.asked().front().from);
        QCOMPARE(from.first, test::digit(8, 3));
        QCOMPARE(from.second, test::digit(5, 3));
        QVERIFY(!bench.asked().front().of_chain);
        QVERIFY(bench.tool.endCard(0)->titleLabel()->text().contains(QStringLiteral("label 8")));
        QVERIFY(!bench.tool.endCard(0)->chainBox()->isEnabled());
    }

    void picturesComeFromChainsDataAndFiles() {
        Bench bench;
        bench.engine.forget_commands();
        auto* strip = bench.tool.strip();
        QCOMPARE(strip->count(), chains);
        QCOMPARE(strip->selected(), 1);
        QTest::mouseClick(bench.tool.endCard(1), Qt::LeftButton, {}, QPoint(4, 4)); // B is meant now
        QVERIFY(bench.tool.endCard(1)->active() && !bench.tool.endCard(0)->active());
        QTest::mouseClick(strip, Qt::LeftButton, {}, strip->pictureRect(3).center());
        QCOMPARE(bench.tool.end(1)->chain, 3);
        QCOMPARE(bench.tool.endCard(1)->chainBox()->value(), 4);
        bench.tool.endCard(0)->chainBox()->setFocus();
        QTest::keyClick(bench.tool.endCard(0)->chainBox(), Qt::Key_Up);
        QCOMPARE(bench.tool.end(0)->chain, 2);
        QTRY_COMPARE(bench.asked().size(), std::size_t{5}); // both changes at once
        QCOMPARE(std::get<FromMixture>(bench.asked().front().from).first,
                 bench.place.record->state(20)->item(ChainPart::x, 2));

        bench.click(bench.tool.endCard(0)->randomButton());
        QCOMPARE(bench.wanted().size(), std::size_t{1});
        bench.fitted(bench.wanted().back().id, "MNIST digits 99", 9, 9);
        QCOMPARE(bench.tool.end(0)->x0, test::digit(9, 3));
        QVERIFY(bench.tool.endCard(0)->active());
        QVERIFY(bench.tool.openPicture(QStringLiteral("/pictures/seven.png"))); // dropped: where A is meant
        QCOMPARE(bench.wanted().back().file.string(), std::string("/pictures/seven.png"));
        bench.fitted(bench.wanted().back().id, "seven.png", 7);
        QCOMPARE(bench.tool.end(0)->title, QStringLiteral("seven.png"));
        QCOMPARE(bench.tool.endCard(0)->chainBox()->value(), 0);
        bench.undo.undo();
        QCOMPARE(bench.tool.end(0)->x0, test::digit(9, 3));
        bench.undo.undo();
        QCOMPARE(bench.tool.end(0)->chain, 2);
        bench.undo.redo();
        QCOMPARE(bench.tool.end(0)->x0, test::digit(9, 3));
    }

    void aPictureIsDropped() {
        Bench bench;
        const auto drop = [&](const QWidget* where, const char* file) {
            QMimeData data;
            data.setUrls({QUrl::fromLocalFile(QLatin1String(file))});
            const QPoint at = where->mapTo(&bench.tool, where->rect().center());
            QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(&bench.tool, &enter);
            QVERIFY(enter.isAccepted());
            QDropEvent event(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(&bench.tool, &event);
        };
        drop(bench.tool.endCard(1), "/pictures/b.png");
        QVERIFY(bench.tool.endCard(1)->active());
        QCOMPARE(bench.wanted().back().file.string(), std::string("/pictures/b.png"));
        bench.fitted(bench.wanted().back().id, "b.png", 6);
        QCOMPARE(bench.tool.end(1)->title, QStringLiteral("b.png"));
        drop(bench.tool.board(), "/pictures/c.png"); // where neither is: the one with the frame
        bench.fitted(bench.wanted().back().id, "c.png", 2);
        QCOMPARE(bench.tool.end(1)->title, QStringLiteral("c.png"));
        QMimeData text;
        text.setText(QStringLiteral("no file"));
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
        enter.ignore();
        QCoreApplication::sendEvent(&bench.tool, &enter);
        QVERIFY(!enter.isAccepted());
    }

    void aPictureThatCannotBeReadIsSaid() {
        Bench bench;
        const auto before = bench.tool.end(0);
        bench.tool.openPicture(QStringLiteral("/pictures/notes.txt"));
        bench.tell(Failed{Activity::data, Error{"it is no picture", "notes.txt", "choose another"},
                          bench.wanted().back().id});
        QVERIFY(bench.tool.endCard(0)->titleLabel()->text().contains(QStringLiteral("no picture")));
        QCOMPARE(bench.tool.end(0), before);
        bench.tool.openPicture(QStringLiteral("/pictures/large.png"));
        bench.tell(PictureFitted{
            bench.wanted().back().id, "large.png", -1, {1, 32, 32, 1}, std::vector<float>(1024)});
        QVERIFY(bench.tool.endCard(0)->titleLabel()->text().contains(QStringLiteral("size")));
        QCOMPARE(bench.tool.end(0), before);
    }

    void onlyWhatChangedIsComputed() {
        Bench bench;
        bench.answerAll();
        const auto before = bench.asked();
        bench.engine.forget_commands();
        QLineEdit* depths = bench.tool.depthsEdit();
        depths->setFocus();
        depths->selectAll();
        QTest::keyClicks(depths, QStringLiteral("800, 500, 1000"));
        QTest::keyClick(depths, Qt::Key_Return);
        QCOMPARE(depths->text(), QStringLiteral("500, 800, 1000"));
        QCOMPARE(bench.asked().size(), std::size_t{1});
        QCOMPARE(std::get<FromMixture>(bench.asked().front().from).t, 800);
        QVERIFY(bench.tool.branches().record(before[0].id));  // t = 1000 stays
        QVERIFY(!bench.tool.branches().record(before[1].id)); // t = 750 is let go
        depths->selectAll();
        QTest::keyClicks(depths, QStringLiteral("2000"));
        QTest::keyClick(depths, Qt::Key_Return);
        QVERIFY(depths->property("problem").toBool());
        QCOMPARE(bench.tool.board()->depths().size(), std::size_t{3});
        bench.engine.forget_commands();
        depths->setText(QStringLiteral("500, 800, 1000"));
        bench.click(bench.tool.separateButton());
        QTRY_COMPARE(bench.asked().size(), std::size_t{3});
        for (const StartBranch& branch : bench.asked())
            QVERIFY(std::get<FromMixture>(branch.from).separate);
        bench.engine.forget_commands();
        const int seed = bench.tool.seedBox()->value();
        bench.click(bench.tool.newSeedButton());
        QTRY_COMPARE(bench.asked().size(), std::size_t{3});
        QVERIFY(bench.asked().front().settings.seed != static_cast<std::uint64_t>(seed));
        QVERIFY(bench.asked()[0].settings.seed == bench.asked()[2].settings.seed);
        bench.engine.forget_commands();
        bench.tool.columnsBox()->setValue(11);
        bench.tool.samplerBox()->setCurrentIndex(1); // as the form has it
        QTRY_COMPARE(bench.asked().size(), std::size_t{3});
        QVERIFY(bench.asked().front().settings.sampler == Sampler::ancestral);
        QCOMPARE(bench.asked().front().settings.steps, T);
        QCOMPARE(bench.asked().front().settings.count, 11);
    }

    void rowsShowWhatTheyHaveAtT() {
        Bench bench;
        const auto asked = bench.asked();
        QCOMPARE(bench.tool.available(), -1);
        const auto deep = bench.answer(asked[0]), half = bench.answer(asked[2]),
                   shallow = bench.answer(asked[3]);
        bench.add(*half, 500, 0.2F, -0.4F);
        bench.add(*half, 400, 0.1F, -0.6F);
        bench.add(*shallow, 200, 0.3F, 0.9F);
        for (int t = 1000; t > 400; t -= 100)
            bench.add(*deep, t, 0, static_cast<float>(t) / 1000 - 0.5F);
        QTRY_COMPARE(bench.tool.available(), 5);
        QCOMPARE(bench.tool.last(), 10);
        auto* board = bench.tool.board();
        bench.tool.moveTo(2); // t = 800: only the deepest row has begun
        QCOMPARE(bench.tool.readout(2), QStringLiteral("t = 800"));
        QVERIFY(board->look(0, 0) == Look::belief);
        QVERIFY(board->look(1, 0) == Look::waiting); // not answered
        QVERIFY(board->look(2, 3) == Look::mixture);
        QVERIFY(board->look(3, 3) == Look::mixture);
        QVERIFY(std::abs(greyOfCell(board, 2, 3) - greyFor(0.2 + 0.03)) <= 1); // x of its fourth chain
        bench.tool.moveTo(5);                                                  // t = 500
        QVERIFY(board->look(2, 3) == Look::belief);
        QVERIFY(board->look(3, 3) == Look::mixture);
        bench.add(*deep, 400, 0, 0);
        QTRY_COMPARE(bench.tool.available(), 6);
        QCOMPARE(bench.tool.preview()->count(), 1); // the marker is on λ = 0.5, t = 500
        QVERIFY(std::abs(greyOf(bench.tool.preview()) - greyFor(-0.4)) <= 1);
        bench.tool.moveTo(6); // t = 400
        QVERIFY(std::abs(greyOf(bench.tool.preview()) - greyFor(-0.6)) <= 1);
        QVERIFY(std::abs(greyOf(bench.tool.mixture()) - greyFor(0.23)) <= 1); // what it began from
        QVERIFY(bench.tool.previewWords()->text().contains(QStringLiteral("400")));
        for (int t = 300; t > 0; t -= 100)
            bench.add(*deep, t, 0, 0);
        bench.add(*deep, 0, 0.8F, 0);
        bench.finish(*deep);
        bench.tool.moveTo(10);
        QVERIFY(board->look(0, 0) == Look::done);
        QVERIFY(std::abs(greyOfCell(board, 0, 6) - greyFor(0.86)) <= 1);
        QVERIFY(board->look(2, 0) == Look::belief); // still at work: its newest
    }

    void aClickMeansACell() {
        Bench bench;
        bench.answerAll();
        auto* board = bench.tool.board();
        bench.engine.forget_commands();
        QTest::mouseClick(board, Qt::LeftButton, {}, board->cellRect(1, 5).topLeft() + QPoint(3, 3));
        QVERIFY(board->onCell());
        QCOMPARE(board->lambda(), 5.0 / 6);
        QCOMPARE(board->depth(), 750);
        QCOMPARE(bench.tool.previewTitle()->text(), QStringLiteral("λ = 0.83, t = 750"));
        QTest::qWait(InterpolateTool::restMilliseconds + 60);
        QVERIFY(bench.asked().empty()); // it is there already
    }

    void whatIsDraggedBetweenCellsIsComputedWhenLetGo() {
        Bench bench;
        bench.answerAll();
        auto* board = bench.tool.board();
        bench.engine.forget_commands();
        const QPoint from = board->cellRect(2, 2).center();
        const QPoint to = board->pointOf(0.43, 500).toPoint();
        drag(board, from, to, false);
        QVERIFY(!board->onCell());
        QCOMPARE(board->depth(), 500);
        const double lambda = board->lambda();
        QVERIFY(std::abs(lambda - 0.43) < 0.011);
        QVERIFY(bench.tool.previewWords()->text().contains(QStringLiteral("nearest cell")));
        QCOMPARE(bench.tool.preview()->count(), 1); // which is seen at once
        QVERIFY(bench.asked().empty());
        QTest::mouseRelease(board, Qt::LeftButton, {}, to);
        QCOMPARE(bench.asked().size(), std::size_t{1});
        const StartBranch exact = bench.asked().front();
        const auto& mixture = std::get<FromMixture>(exact.from);
        QCOMPARE(mixture.t, 500);
        QCOMPARE(mixture.lambdas, std::vector<double>{lambda});
        QCOMPARE(exact.settings.count, 1);
        QCOMPARE(exact.settings.seed, std::uint64_t{11}); // the same frozen noise
        QVERIFY(!mixture.separate);
        const auto record = bench.answer(exact);
        bench.add(*record, 500, 0.7F, 0.1F);
        bench.add(*record, 0, 0.9F, 0);
        bench.finish(*record);
        bench.tool.moveTo(bench.tool.last());
        QVERIFY(std::abs(greyOf(bench.tool.preview()) - greyFor(0.9)) <= 1);
        QVERIFY(std::abs(greyOf(bench.tool.mixture()) - greyFor(0.7)) <= 1);
        QVERIFY(!bench.tool.previewWords()->text().contains(QStringLiteral("nearest")));
        QTest::mouseClick(board, Qt::LeftButton, {}, board->cellRect(0, 0).center());
        QVERIFY(!bench.tool.branches().record(exact.id)); // not needed any more
    }

    void aMarkerThatRestsIsComputed() {
        Bench bench;
        bench.answerAll();
        auto* board = bench.tool.board();
        bench.engine.forget_commands();
        const QPoint from = board->cellRect(2, 2).center();
        // Half way between t = 500 and t = 250, too.
        const QPoint to((board->cellRect(2, 2).center().x() + board->cellRect(2, 3).center().x()) / 2,
                        (board->cellRect(2, 2).center().y() + board->cellRect(3, 2).center().y()) / 2);
        drag(board, from, to, false);
        QTest::qWait(InterpolateTool::restMilliseconds / 2);
        QVERIFY(bench.asked().empty());
        QTRY_COMPARE(bench.asked().size(), std::size_t{1});
        const int t = std::get<FromMixture>(bench.asked().front().from).t;
        QVERIFY2(std::abs(t - 375) < 12, qPrintable(QString::number(t)));
        QTest::mouseMove(board, to + QPoint(8, 0)); // moved on: the other is not wanted any more
        QCOMPARE(bench.engine.last<DropBranch>()->id, bench.asked().front().id);
        QTest::mouseRelease(board, Qt::LeftButton, {}, to + QPoint(8, 0));
        QCOMPARE(bench.asked().size(), std::size_t{2});
    }

    void theMixtureFollowsTheMarkerAtOnce() {
        Bench bench;
        bench.answerAll(); // x of the first states is 0.5 + k / 100 for column k, so 0.5 + 0.06 λ
        auto* board = bench.tool.board();
        drag(board, board->cellRect(2, 0).center(), board->pointOf(0.75, 500).toPoint(), false);
        const double expected = 0.5 + 0.06 * board->lambda();
        QVERIFY(std::abs(greyOf(bench.tool.mixture()) - greyFor(expected)) <= 1);
    }

    void theBoardIsWalkedByKeys() {
        Bench bench;
        bench.answerAll();
        auto* board = bench.tool.board();
        board->setFocus();
        QTest::keyClick(board, Qt::Key_Right);
        QCOMPARE(board->lambda(), 4.0 / 6);
        QTest::keyClick(board, Qt::Key_Down);
        QCOMPARE(board->depth(), 250);
        QTest::keyClick(board, Qt::Key_Up);
        QTest::keyClick(board, Qt::Key_Up);
        QCOMPARE(board->depth(), 750);
        QTest::keyClick(board, Qt::Key_Home);
        QCOMPARE(board->lambda(), 0.0);
        QTest::keyClick(board, Qt::Key_Left);
        QCOMPARE(board->lambda(), 0.0);
        bench.engine.forget_commands();
        QTest::keyClick(board, Qt::Key_Right, Qt::ShiftModifier);
        QVERIFY(std::abs(board->lambda() - 0.01) < 1e-12);
        QTest::keyClick(board, Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(board->depth(), 740);
        QTRY_COMPARE(bench.asked().size(), std::size_t{1});
        QTest::keyClick(board, Qt::Key_Right); // from between two to the next one
        QCOMPARE(board->lambda(), 1.0 / 6);
        QTest::keyClick(board, Qt::Key_Down);
        QCOMPARE(board->depth(), 500);
        QVERIFY(board->onCell());
        QVERIFY(board->accessibleDescription().contains(QStringLiteral("t = 500")));
    }

    void aRefusedRowSaysWhyAndIsTriedAgain() {
        Bench bench;
        const auto asked = bench.asked();
        bench.tell(BranchChanged{asked[0].id, ChainPhase::none, nullptr});
        bench.tell(Failed{Activity::sampling,
                          Error{"the memory for chains is used up", "the branch", "take fewer chains"},
                          asked[0].id});
        for (std::size_t i = 1; i < 5; ++i) {
            const auto record = bench.answer(asked[i]);
            bench.add(*record, 100, 0, 0);
            bench.add(*record, 0, 0, 0);
            bench.finish(*record);
        }
        QCOMPARE(bench.tool.available(), 1); // the next deepest row leads
        QTest::mouseClick(bench.tool.board(), Qt::LeftButton, {},
                          bench.tool.board()->cellRect(0, 0).center());
        QVERIFY(bench.tool.previewWords()->text().contains(QStringLiteral("used up")));
        QVERIFY(bench.tool.againButton()->isVisible());
        bench.engine.forget_commands();
        bench.click(bench.tool.againButton());
        QCOMPARE(bench.asked().size(), std::size_t{1});
        QCOMPARE(std::get<FromMixture>(bench.asked().front().from).t, 1000);
        QTRY_VERIFY(!bench.tool.againButton()->isVisible());
    }

    void theRowOfTheMarkerIsExported() {
        Bench bench;
        QCOMPARE(bench.tool.exportBranch(), std::uint64_t{0});
        bench.answerAll();
        const auto asked = bench.asked();
        QCOMPARE(bench.tool.exportBranch(), asked[2].id); // t = 500
        bench.tool.moveTo(6);                             // t = 400: its second state
        QCOMPARE(bench.tool.exportState(), 1);
        QTest::mouseClick(bench.tool.board(), Qt::LeftButton, {},
                          bench.tool.board()->cellRect(0, 0).center());
        QCOMPARE(bench.tool.exportBranch(), asked[0].id);
        QCOMPARE(bench.tool.exportState(), 6);
    }

    void whoComesBackFindsAllAsItWas() {
        Bench bench;
        bench.answerAll();
        bench.engine.forget_commands();
        bench.tool.board()->setFocus();
        QTest::keyClick(bench.tool.board(), Qt::Key_Right);
        bench.tool.open(bench.place);
        QTest::qWait(400);
        QVERIFY(bench.asked().empty());
        QCOMPARE(bench.tool.board()->lambda(), 4.0 / 6);
        bench.place.chain = 3; // another chain was selected: that and, round the corner, the first
        bench.tool.open(bench.place);
        QCOMPARE(bench.tool.end(0)->chain, 3);
        QCOMPARE(bench.tool.end(1)->chain, 0);
        QCOMPARE(bench.asked().size(), std::size_t{5});
    }
};

QTEST_MAIN(InterpolateToolTest)
#include "interpolate_tool_test.moc"
