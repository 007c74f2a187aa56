#include "stages/noise/posterior_view.h"

#include "stages/noise/forward_panes.h"
#include "stages/noise/notation.h"
#include "views/card_row.h"
#include "views/curve_view.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

using namespace math;

constexpr int draws = 4;
// Far from the seeds that people choose: the draws must not be the noise of the chain itself.
constexpr std::uint64_t drawSeed = 0x706f7374'65726971ULL;

Expr z() {
    return upright(QStringLiteral("z"));
}

Expr muAt(int t) {
    return notation::muTilde(upright(QString::number(t)));
}

} // namespace

PosteriorView::PosteriorView(QWidget* parent)
    : QWidget(parent), row_(new QWidget(this)), card_(new PosteriorCard(this)), shares_(new CurveView(this)) {
    setAccessibleName(tr("Posterior"));
    build();
    connect(shares_, &CurveView::positionRequested, this, &PosteriorView::positionRequested);
    fit();
}

void PosteriorView::build() {
    auto* panes = new QHBoxLayout(row_);
    panes->setContentsMargins(0, 0, 0, 0);
    const Expr symbols[] = {notation::xT(), notation::muTilde(notation::t()), notation::xBefore(),
                            notation::xBefore()};
    const QString words[] = {tr("step by step"), tr("mean, eq. 7"), tr("drawn"), tr("in the chain")};
    for (std::size_t i = 0; i < panes_.size(); ++i) {
        panes_[i] = new StatePane(symbols[i], words[i], Tone::forward, this);
        panes->addWidget(panes_[i], 1);
        if (i != 2) panes_[i]->setZoom(&zoom_); // 2 are the draws, several pictures at once
    }
    pane(3)->setToolTip(
        tr("z is what lies between the mean and the chain's x at t−1, in units of the spread. "
           "A draw of the posterior has mean 0 and standard deviation 1."));
    auto* cards = new CardRow(this);
    cards->addCard(card_, 100, 5);
    auto* curves = new Card(tr("Shares in the mean"), tr("over t"), this);
    curves->body()->addWidget(shares_, 1);
    cards->addCard(curves, 70, 3);
    shares_->setXName(QStringLiteral("t"));
    shares_->setAccessibleName(tr("Shares in the mean"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(row_, 1000);
    column->addWidget(cards, 1);
}

void PosteriorView::setRecord(std::shared_ptr<const ForwardRecord> record, std::uint64_t seed) {
    const int wanted = record->is_points() ? 1 : draws;
    const bool same = record_ && record_->values == record->values && seed == seed_ &&
                      static_cast<int>(noise_.size()) == wanted;
    record_ = std::move(record);
    seed_ = seed;
    if (!same) {
        noise_.clear();
        for (int i = 0; i < wanted; ++i)
            noise_.push_back(normalValues(record_->values, (seed ^ drawSeed) + static_cast<unsigned>(i)));
    }
    showCurves();
}

void PosteriorView::showCurves() {
    const ScheduleTable& schedule = record_->schedule;
    const int last = schedule.timesteps();
    std::vector<double> ofX0, ofXt;
    for (int t = 1; t <= last; ++t) {
        const PosteriorNumbers numbers = posteriorAt(schedule, t);
        ofX0.push_back(numbers.ofX0);
        ofXt.push_back(numbers.ofXt);
    }
    shares_->setXRange(0, last);
    shares_->setCurves({{tr("of x₀"), Tone::text, ofX0, 1, true, false, "coefficient_x0"},
                        {tr("of x at t"), Tone::forward, ofXt, 1, false, false, "coefficient_xt"}});
}

void PosteriorView::showState(int t, PosteriorPhase phase) {
    if (!record_) return;
    shares_->setCursorPosition(t);
    if (t == 0) {
        showStart();
        return;
    }
    const std::span<const float> x0(record_->jump_at(0), record_->values),
        xt(record_->steps_at(t), record_->values);
    const PosteriorNumbers numbers = posteriorAt(record_->schedule, t);
    const std::vector<float> mean = weighted(numbers.ofX0, x0, numbers.ofXt, xt);
    pane(0)->showValues(*record_, xt);
    pane(0)->setEquation(stepEquation(record_->schedule, t, ForwardPhase::whole),
                         tr("x %1 of the chain, eq. 2").arg(t), notation::x(t));
    showMean(t, phase, mean);
    showDraws(t, phase, mean);
    showChain(t, mean);
    card_->showState(*record_, t, phase, mean, noise_.front());
}

void PosteriorView::showMean(int t, PosteriorPhase phase, const std::vector<float>& mean) {
    const PosteriorNumbers numbers = posteriorAt(record_->schedule, t);
    const std::span<const float> x0(record_->jump_at(0), record_->values),
        xt(record_->steps_at(t), record_->values);
    Expr first = notation::times(notation::figure(numbers.ofX0), notation::x(0));
    Expr second = notation::times(notation::figure(numbers.ofXt), notation::x(t));
    Expr sign = notation::plus();
    const Tone lit = Tone::forward, unlit = Tone::muted;
    switch (phase) {
    case PosteriorPhase::shareOfX0:
        pane(1)->showValues(*record_, weighted(numbers.ofX0, x0, 0, xt));
        first = toned(first, lit), sign = toned(sign, unlit), second = toned(second, unlit);
        break;
    case PosteriorPhase::shareOfXt:
        pane(1)->showValues(*record_, weighted(0, x0, numbers.ofXt, xt));
        first = toned(first, unlit), sign = toned(sign, unlit), second = toned(second, lit);
        break;
    case PosteriorPhase::mean:
        first = toned(first, lit), sign = toned(sign, lit), second = toned(second, lit);
        [[fallthrough]];
    case PosteriorPhase::whole:
    case PosteriorPhase::drawn:
        pane(1)->showValues(*record_, mean);
        break;
    }
    pane(1)->setWords(phase == PosteriorPhase::shareOfX0   ? tr("share of x₀")
                      : phase == PosteriorPhase::shareOfXt ? tr("share of x at t")
                                                           : tr("mean, eq. 7"));
    pane(1)->setEquation(row({muAt(t), notation::equals(), first, sign, second}),
                         tr("mu tilde %1 is %2 x 0 plus %3 x %1").arg(t).arg(numbers.ofX0).arg(numbers.ofXt),
                         muAt(t));
}

void PosteriorView::showDraws(int t, PosteriorPhase phase, const std::vector<float>& mean) {
    const double spread = posteriorAt(record_->schedule, t).spread();
    const bool toCome = phase == PosteriorPhase::shareOfX0 || phase == PosteriorPhase::shareOfXt ||
                        phase == PosteriorPhase::mean;
    if (toCome) {
        pane(2)->showNothing(tr("in phase 4"), record_->is_points() ? 1 : draws,
                             record_->is_points() ? QSize(28, 28) : QSize(record_->width, record_->height));
    } else {
        std::vector<std::vector<float>> drawn;
        for (const std::vector<float>& one : noise_)
            drawn.push_back(weighted(1, mean, spread, one));
        pane(2)->showSeveral(*record_, drawn);
    }
    Expr added = notation::times(notation::figure(spread), z());
    if (phase == PosteriorPhase::drawn)
        added = toned(added, Tone::forward);
    else if (toCome)
        added = toned(added, Tone::muted);
    pane(2)->setEquation(row({notation::x(t - 1), notation::equals(), muAt(t), notation::plus(), added}),
                         tr("x %1 is mu tilde %2 plus %3 z").arg(t - 1).arg(t).arg(spread),
                         row({notation::plus(), added}));
}

void PosteriorView::showChain(int t, const std::vector<float>& mean) {
    const std::span<const float> before(record_->steps_at(t - 1), record_->values);
    const double spread = posteriorAt(record_->schedule, t).spread();
    pane(3)->showValues(*record_, before);
    if (!(spread > 0)) {
        pane(3)->setEquation(row({notation::x(t - 1), notation::equals(), muAt(t)}),
                             tr("x %1 is mu tilde %2").arg(t - 1).arg(t));
        return;
    }
    const Standing z0 = standing(before, mean, spread);
    const auto three = [](double value, const QString& widest) {
        const QString text = QString::number(value, 'f', 3);
        return number(QString(text).replace(QLatin1Char('-'), QChar(0x2212)), widest);
    };
    const Expr itsMean = three(z0.mean, QStringLiteral("−0.000")),
               deviation = three(z0.deviation, QStringLiteral("0.000"));
    pane(3)->setEquation(
        row({z(), upright(tr(": mean ")), itsMean, upright(tr(", sd ")), deviation}),
        tr("away from the mean by z with mean %1 and standard deviation %2").arg(z0.mean).arg(z0.deviation),
        row({z(), upright(QStringLiteral(": ")), itsMean, upright(QStringLiteral(", ")), deviation}));
}

void PosteriorView::showStart() {
    const QString words = tr("Before x₀ there is no step. Go to t = 1 or later.");
    showNothing(words);
    pane(0)->showValues(*record_, {record_->steps_at(0), record_->values});
    pane(0)->setEquation(notation::x(0), tr("x 0"));
}

void PosteriorView::showNothing(const QString& words) {
    const Expr nothing = upright(QStringLiteral("–"));
    for (StatePane* one : panes_) {
        const bool picture = record_ && !record_->is_points();
        one->showNothing(words, 1, picture ? QSize(record_->width, record_->height) : QSize(28, 28));
        one->setEquation(nothing, words);
    }
    pane(1)->setWords(tr("mean, eq. 7"));
    card_->showNothing(words);
}

void PosteriorView::fit() {
    const int gap = theme::space(4), side = (width() - 3 * gap) / 4;
    row_->layout()->setSpacing(gap);
    layout()->setSpacing(theme::space(3));
    row_->setMaximumHeight(std::max(theme::space(30), side + StatePane::around()));
}

void PosteriorView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit();
}

void PosteriorView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && layout()) fit();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
