#include "stages/noise/posterior_card.h"

#include "stages/noise/notation.h"
#include "stages/noise/state_pane.h"
#include "views/picture_image.h"

#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

using namespace math;

constexpr double pointRange = 3.0;

Expr gone(const Expr& at) {
    return notation::oneMinus(notation::alphaBar(at));
}

Expr factorOfX0() {
    return fraction(row({root(notation::alphaBar(notation::before())), upright(QStringLiteral("\u2009")),
                         notation::beta(notation::t())}),
                    gone(notation::t()));
}

Expr factorOfXt() {
    return fraction(row({root(notation::alpha(notation::t())), upright(QStringLiteral("(")),
                         gone(notation::before()), upright(QStringLiteral(")"))}),
                    gone(notation::t()));
}

Expr spreadInLetters() {
    return root(row({fraction(gone(notation::before()), gone(notation::t())),
                     upright(QStringLiteral("\u2009")), notation::beta(notation::t())}));
}

} // namespace

PosteriorCard::PosteriorCard(QWidget* parent) : Card(tr("Eq. 7, term by term"), {}, parent) {
    const QString names[] = {tr("share of x₀"), tr("share of x at t"), tr("their sum, the mean"),
                             tr("spread")};
    body()->setSpacing(theme::space(1));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        rows_[i] = new TermRow(names[i], this);
        body()->addWidget(rows_[i], 1);
    }
    for (TermRow* each : rows_)
        each->setScaleSource([this] {
            double scale = rows_[0]->fittingScale();
            for (const TermRow* other : rows_)
                scale = std::min(scale, other->fittingScale());
            return scale;
        });
    rows_[3]->setToolTip(tr("Its grey goes from black at 0 to white at the largest spread of this schedule"));
    showNothing({});
}

void PosteriorCard::say(const QString& note) {
    note_ = note;
    setCaption(note);
    setAccessibleDescription(note);
}

void PosteriorCard::showTerms(const PosteriorNumbers& numbers, int t) {
    const Expr x0 = notation::x(0), xt = notation::x(t);
    const Expr both = row({notation::times(notation::figure(numbers.ofX0), x0), notation::plus(),
                           notation::times(notation::figure(numbers.ofXt), xt)});
    rows_[0]->setEquation(row({notation::times(factorOfX0(), x0), notation::equals(),
                               notation::times(notation::figure(numbers.ofX0), x0)}),
                          tr("%1 x 0").arg(numbers.ofX0));
    rows_[1]->setEquation(row({notation::times(factorOfXt(), notation::xT()), notation::equals(),
                               notation::times(notation::figure(numbers.ofXt), xt)}),
                          tr("%1 x %2").arg(numbers.ofXt).arg(t));
    rows_[2]->setEquation(row({notation::muTilde(notation::t()), notation::equals(), both}),
                          tr("mu tilde is %1 x 0 plus %2 x %3").arg(numbers.ofX0).arg(numbers.ofXt).arg(t));
    rows_[3]->setEquation(row({root(notation::betaTilde(notation::t())), notation::equals(),
                               spreadInLetters(), notation::equals(), notation::figure(numbers.spread())}),
                          tr("the square root of beta tilde is %1").arg(numbers.spread()));
}

void PosteriorCard::showState(const ForwardRecord& record, int t, PosteriorPhase phase,
                              const std::vector<float>& mean, const std::vector<float>& noise) {
    const PosteriorNumbers numbers = posteriorAt(record.schedule, t);
    showTerms(numbers, t);
    const std::span<const float> x0(record.jump_at(0), record.values), xt(record.steps_at(t), record.values);
    const double spread = numbers.spread(), largest = largestSpread(record.schedule);
    const std::vector<float> shares[] = {weighted(numbers.ofX0, x0, 0, xt), weighted(0, x0, numbers.ofXt, xt),
                                         mean};
    for (std::size_t i = 0; i < 3; ++i) {
        if (record.is_points())
            rows_[i]->setPoints(pointsOf(shares[i]), pointRange);
        else
            rows_[i]->setPicture(pictureImage(
                pictureFromFloats(shares[i].data(), record.height, record.width, record.channels), 0));
    }
    if (record.is_points()) {
        rows_[3]->setPoints(pointsOf(weighted(spread, noise, 0, noise)), pointRange);
    } else {
        const double grey = largest > 0 ? spread / largest * 2 - 1 : -1;
        const std::vector<float> constant(record.values, static_cast<float>(grey));
        rows_[3]->setPicture(pictureImage(
            pictureFromFloats(constant.data(), record.height, record.width, record.channels), 0));
    }
    for (int i = 0; i < posteriorPhases; ++i)
        term(i)->setLit(static_cast<int>(phase) == i + 1);
    const QString done[] = {{},
                            tr("what x₀ gives"),
                            tr("what x at t gives"),
                            tr("their sum is the mean"),
                            tr("and z, as wide as the spread")};
    if (t == 1)
        say(tr("No spread at t = 1: x₀ is known, nothing is left to chance"));
    else if (phase != PosteriorPhase::whole)
        say(tr("Phase %1 of %2: %3")
                .arg(static_cast<int>(phase))
                .arg(posteriorPhases)
                .arg(done[static_cast<int>(phase)]));
    else if (byPhase_)
        say(tr("one step back (←) shows its first phase"));
    else
        say(tr("mean and spread of eq. 6 at t = %1").arg(t));
}

void PosteriorCard::setSteppingByPhase(bool byPhase) {
    byPhase_ = byPhase;
}

void PosteriorCard::showNothing(const QString& words) {
    const Expr nothing = upright(QStringLiteral("–"));
    for (TermRow* each : rows_) {
        each->clearPicture();
        each->setEquation(nothing, words);
        each->setLit(false);
    }
    say(words);
}

} // namespace ddpm::ui
