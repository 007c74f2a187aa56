#include "stages/denoise/step_equations.h"

#include <QCoreApplication>

#include <cmath>

namespace ddpm::ui::equations {
namespace {

using namespace math;

QString tr(const char* text) {
    return QCoreApplication::translate("step_equations", text);
}

/// A number that changes from step to step, in a room that does not.
Expr figure(double value) {
    return number(QString::number(value, 'f', 4), QStringLiteral("0.0000"));
}

Expr text(const char* ascii) {
    return upright(QString::fromLatin1(ascii));
}
Expr xAt(Expr t) {
    return index(var(QStringLiteral("x")), std::move(t));
}
Expr t() {
    return var(QStringLiteral("t"));
}
Expr s() {
    return var(QStringLiteral("s"));
}
Expr before() {
    return row({t(), upright(QStringLiteral("−1"))});
}
Expr betaT() {
    return index(var(QStringLiteral("β")), t());
}
Expr alphaT() {
    return index(var(QStringLiteral("α")), t());
}
Expr alphaBar(Expr at) {
    return index(bar(var(QStringLiteral("α"))), std::move(at));
}
Expr sigmaT() {
    return index(var(QStringLiteral("σ")), t());
}
Expr guess() {
    return index(hat(var(QStringLiteral("x"))), text("0"));
}
Expr epsilon() {
    return var(QStringLiteral("ε"));
}
Expr theta() {
    return var(QStringLiteral("θ"));
}
Expr mu() {
    return index(var(QStringLiteral("μ")), theta());
}
Expr thin() {
    return upright(QStringLiteral("\u2009"));
}
Expr minus() {
    return op(QStringLiteral("−"));
}
Expr plus() {
    return op(QStringLiteral("+"));
}
Expr equals() {
    return op(QStringLiteral("="));
}
Expr oneMinus(Expr what) {
    return row({text("1"), minus(), std::move(what)});
}
Expr noiseTerm() {
    return row({sigmaT(), thin(), text("z")});
}
/// ε_θ(x_t, t), the net asked at t.
Expr net(const Expr& at) {
    return row({index(epsilon(), theta()), text("("), xAt(at), text(", "), at, text(")")});
}
Expr plainTime(int value) {
    return upright(QString::number(value));
}
Expr whole(double value) { // a coefficient whose sign is written before it
    return figure(std::abs(value));
}
Expr sign(double value) {
    return value < 0 ? minus() : plus();
}

/// Eq. 7 with the net's guess in place of x_0.
Expr throughGuess() {
    return row({fraction(row({root(alphaBar(before())), thin(), betaT()}), oneMinus(alphaBar(t()))), thin(),
                guess(), plus(),
                fraction(row({root(alphaT()), text("("), oneMinus(alphaBar(before())), text(")")}),
                         oneMinus(alphaBar(t()))),
                thin(), xAt(t())});
}

/// Line 4 as the paper prints it, without the noise.
Expr throughNoise() {
    return row({fraction(text("1"), root(alphaT())),
                paren(row({xAt(t()), minus(), fraction(betaT(), root(oneMinus(alphaBar(t())))), thin(),
                           net(t())}))});
}

Expr ddimMean() {
    return row(
        {root(alphaBar(s())), thin(), guess(), plus(),
         root(row({oneMinus(alphaBar(s())), minus(), index(var(QStringLiteral("σ")), t(), text("2"))})),
         thin(), net(t())});
}

/// Lu et al. 2022, Algorithm 2, in the paper's ᾱ.
Expr dpmpp() {
    return row({root(fraction(oneMinus(alphaBar(s())), oneMinus(alphaBar(t())))), thin(), xAt(t()), plus(),
                root(alphaBar(s())), thin(), text("(1"), minus(),
                index(text("e"), nullptr, row({upright(QStringLiteral("−")), var(QStringLiteral("h"))})),
                text(")"), thin(), index(var(QStringLiteral("D")), t())});
}

/// Karras et al. 2022, Algorithm 1, in the paper's scale; ℓ is noise over signal.
Expr heun() {
    const auto level = [](Expr at) { return index(upright(QStringLiteral("ℓ")), std::move(at)); };
    return row({root(alphaBar(s())), thin(),
                paren(row({fraction(xAt(t()), root(alphaBar(t()))), plus(),
                           fraction(row({level(s()), minus(), level(t())}), text("2")), thin(), text("("),
                           epsilon(), plus(), epsilon(), upright(QStringLiteral("′)"))}))});
}

/// The mean of the next state with the numbers of a step.
Expr meanWithNumbers(const SamplingSettings& settings, const StepNumbers& step) {
    const Expr at = plainTime(step.t);
    if (settings.sampler == Sampler::ddim)
        return row({figure(std::sqrt(step.alphaBarPrevious)), thin(), guess(), plus(), figure(step.direction),
                    thin(), epsilon()});
    return row(
        {figure(step.predictedShare), thin(), guess(), plus(), figure(step.presentShare), thin(), xAt(at)});
}

Expr solverWithNumbers(const SamplingSettings& settings, const StepNumbers& step) {
    const Expr at = plainTime(step.t);
    if (settings.sampler == Sampler::dpmpp_2m)
        return row({figure(step.solverPresent), thin(), xAt(at), sign(step.solverTerm),
                    whole(step.solverTerm), thin(), index(var(QStringLiteral("D")), at)});
    if (step.last() || !std::isfinite(step.solverTerm)) // Euler's step; the last one ends in the guess itself
        return row({figure(std::sqrt(step.alphaBarPrevious)), thin(), guess(), plus(),
                    figure(std::sqrt(1 - step.alphaBarPrevious)), thin(), epsilon()});
    return row({figure(step.solverPresent), thin(), xAt(at), sign(step.solverTerm),
                whole(step.solverTerm / 2), thin(), text("("), epsilon(), plus(), epsilon(),
                upright(QStringLiteral("′)"))});
}

bool clips(const SamplingSettings& settings) {
    return settings.clip && !settings.thresholding;
}

Equation guessEquation(const SamplingSettings& settings, double clipped) {
    Equation equation;
    equation.expression =
        row({guess(), equals(),
             fraction(row({xAt(t()), minus(), root(oneMinus(alphaBar(t()))), thin(), net(t())}),
                      root(alphaBar(t())))});
    equation.words = tr("x0 hat follows from the noise");
    if (settings.thresholding)
        equation.source = tr("Eq. 15, then brought to the range of most of its values (thresholding)");
    else if (clips(settings))
        equation.source = tr("Eq. 15, then clipped to ±%1: %2 % of the values lie there")
                              .arg(settings.clip_range)
                              .arg(100 * clipped, 0, 'f', 1);
    else
        equation.source = tr("Eq. 15; nothing is clipped");
    return equation;
}

Equation meanEquation(const SamplingSettings& settings) {
    if (settings.sampler == Sampler::ddim) {
        const bool guided = settings.guidance != 0 && settings.guidance != 1;
        const bool beside = guided && (settings.clip || settings.thresholding);
        return {row({mu(), equals(), ddimMean()}), tr("The mean of DDIM's next state"),
                beside ? tr("Song et al. 2020, eq. 12; with guidance, ε is the noise beside the clipped x̂₀")
                       : tr("Song et al. 2020, eq. 12, without its noise")};
    }
    return {row({mu(), equals(), throughGuess()}), tr("The mean of the next state, from x0 hat and x t"),
            tr("Eq. 7, with x̂₀ in place of x₀")};
}

} // namespace

Equation update(const SamplingSettings& settings) {
    const Expr next = row({xAt(before()), equals()}), landing = row({xAt(s()), equals()});
    const Expr noise = row({plus(), noiseTerm()});
    switch (settings.sampler) {
    case Sampler::ddim:
        return {row({landing, ddimMean(), noise}), tr("The update of DDIM"),
                tr("DDIM, Song et al. 2020, eq. 12: s is where the step lands")};
    case Sampler::dpmpp_2m:
        return {row({landing, dpmpp()}), tr("The update of DPM-Solver++"),
                tr("DPM-Solver++ (2M), Lu et al. 2022: D extrapolates from this x̂₀ and the last, h is the "
                   "step in ½ log SNR")};
    case Sampler::heun:
        return {row({landing, heun()}), tr("The update of Heun's method"),
                tr("Heun, Karras et al. 2022: ε′ is asked for at s, and ℓ is noise over signal")};
    case Sampler::ancestral:
        break;
    }
    if (settings.clip || settings.thresholding)
        return {row({next, throughGuess(), noise}), tr("The update of Algorithm 2, through the clipped x0"),
                tr("Algorithm 2 in the form of eq. 7, because x̂₀ is clipped")};
    return {row({next, throughNoise(), noise}), tr("Line 4 of Algorithm 2"),
            tr("Algorithm 2, Ho et al. 2020")};
}

Equation ofPhase(const SamplingSettings& settings, const StepNumbers& step, StepPhase phase, double clipped) {
    const bool short_ = step.t - step.previous == 1;
    switch (phase) {
    case StepPhase::epsilon:
        return {row({epsilon(), equals(), net(t())}), tr("The net predicts the noise in x t"),
                tr("Line 3: the only question to the net")};
    case StepPhase::x0_hat:
        return guessEquation(settings, clipped);
    case StepPhase::mean:
        return meanEquation(settings);
    case StepPhase::landed: {
        if (isSolver(settings.sampler)) {
            Equation solver = update(settings);
            solver.source = tr("The solver's step. %1").arg(solver.source);
            return solver;
        }
        const Expr next = xAt(short_ ? before() : s());
        if (!(step.sigma > 0))
            return {row({next, equals(), mu()}), tr("The next state is the mean"),
                    step.last() ? tr("The last step: no noise is added") : tr("σ = 0: no noise is added")};
        return {row({next, equals(), mu(), plus(), noiseTerm()}), tr("The next state is the mean plus noise"),
                tr("z ~ N(0, I), drawn anew in every step")};
    }
    case StepPhase::whole:
        break;
    }
    return update(settings);
}

math::Expr line(int number, const SamplingSettings& settings, int timesteps) {
    const Expr normal = row({op(QStringLiteral("~")), text("N(0, "), text("I"), text(")")});
    const Expr loop = row({upright(tr("for")), op(QString()), t(), equals(), var(QStringLiteral("T")),
                           upright(QStringLiteral(" … 1  "))});
    switch (number) {
    case 1:
        return row({xAt(var(QStringLiteral("T"))), normal});
    case 2:
        return settings.steps < timesteps ? row({loop, upright(tr("in %1 steps").arg(settings.steps))})
                                          : loop;
    case 3:
        return row({epsilon(), equals(), net(t())});
    default:
        break;
    }
    if (settings.sampler != Sampler::ancestral)
        return row({xAt(s()), equals(), upright(QStringLiteral("…"))});
    return row({xAt(before()), equals(), mu(), text("("), xAt(t()), text(", "), t(), text(")"), plus(),
                noiseTerm()});
}

math::Expr lineWithNumbers(int number, const SamplingSettings& settings, const StepNumbers& step) {
    const Expr at = plainTime(step.t);
    if (number == 3) return row({epsilon(), equals(), net(at)});
    const Expr next = row({xAt(plainTime(step.previous)), equals()});
    if (isSolver(settings.sampler)) return row({next, solverWithNumbers(settings, step)});
    // No noise: the last step, or DDIM without eta. The term is left out, as nothing is drawn for it.
    const Expr added =
        step.sigma > 0 ? row({plus(), figure(step.sigma), thin(), text("z")}) : upright(QString());
    if (settings.sampler == Sampler::ddim || settings.clip || settings.thresholding)
        return row({next, meanWithNumbers(settings, step), added});
    return row({next, text("("), xAt(at), minus(), figure(step.beta / std::sqrt(1 - step.alphaBar)), thin(),
                epsilon(), text(") / "), figure(std::sqrt(step.alpha)), added});
}

math::Expr lineOfPhase(const SamplingSettings& settings, const StepNumbers& step, StepPhase phase) {
    const Expr at = plainTime(step.t);
    switch (phase) {
    case StepPhase::x0_hat:
        return row({guess(), equals(), text("("), xAt(at), minus(), figure(std::sqrt(1 - step.alphaBar)),
                    thin(), epsilon(), text(") / "), figure(std::sqrt(step.alphaBar))});
    case StepPhase::mean:
        return row({mu(), equals(), meanWithNumbers(settings, step)});
    case StepPhase::landed: {
        if (isSolver(settings.sampler)) break;
        const Expr added =
            step.sigma > 0 ? row({plus(), figure(step.sigma), thin(), text("z")}) : upright(QString());
        return row({xAt(plainTime(step.previous)), equals(), mu(), added});
    }
    case StepPhase::whole:
    case StepPhase::epsilon:
        break;
    }
    return lineWithNumbers(4, settings, step);
}

} // namespace ddpm::ui::equations
