#include "stages/denoise/algorithm_card.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

using namespace math;

constexpr double lineScale = 1.12;

QString four(double value) {
    return QString::number(value, 'f', 4);
}

/// A number that changes from step to step, in a room that does not.
Expr figure(double value) {
    return number(four(value), QStringLiteral("0.0000"));
}

Expr xAt(Expr t) {
    return index(var(QStringLiteral("x")), std::move(t));
}
Expr t() {
    return var(QStringLiteral("t"));
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
    return index(hat(var(QStringLiteral("x"))), upright(QStringLiteral("0")));
}
Expr epsilon() {
    return var(QStringLiteral("ε"));
}
Expr net() {
    return index(epsilon(), var(QStringLiteral("θ")));
}
Expr noise() {
    return upright(QStringLiteral("z"));
}
Expr one() {
    return upright(QStringLiteral("1"));
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
Expr thin() {
    return upright(QStringLiteral("\u2009"));
}

/// Line 4 as the paper prints it.
Expr ancestral() {
    return row({xAt(before()), equals(), fraction(one(), root(alphaT())),
                paren(row({xAt(t()), minus(), fraction(betaT(), root(row({one(), minus(), alphaBar(t())}))),
                           thin(), net(), upright(QStringLiteral("(")), xAt(t()),
                           upright(QStringLiteral(", ")), t(), upright(QStringLiteral(")"))})),
                plus(), sigmaT(), thin(), noise()});
}

/// The same step through x0_hat, eq. 7: what is computed when x0_hat is clipped.
Expr throughGuess() {
    return row(
        {xAt(before()), equals(),
         fraction(row({root(alphaBar(before())), thin(), betaT()}), row({one(), minus(), alphaBar(t())})),
         thin(), guess(), plus(),
         fraction(row({root(alphaT()), upright(QStringLiteral("(")), one(), minus(), alphaBar(before()),
                       upright(QStringLiteral(")"))}),
                  row({one(), minus(), alphaBar(t())})),
         thin(), xAt(t()), plus(), sigmaT(), thin(), noise()});
}

Expr ddim() {
    const Expr s = var(QStringLiteral("s"));
    return row({xAt(s), equals(), root(alphaBar(s)), thin(), guess(), plus(),
                root(row({one(), minus(), alphaBar(s), minus(),
                          index(var(QStringLiteral("σ")), t(), upright(QStringLiteral("2")))})),
                thin(), net(), upright(QStringLiteral("(")), xAt(t()), upright(QStringLiteral(", ")), t(),
                upright(QStringLiteral(")")), plus(), sigmaT(), thin(), noise()});
}

} // namespace

AlgorithmLine::AlgorithmLine(int lineNumber, QWidget* parent) : QWidget(parent), number_(lineNumber) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void AlgorithmLine::setLine(math::Expr expression, const QString& words) {
    expression_ = std::move(expression);
    setAccessibleName(words);
    update();
}

void AlgorithmLine::setLit(bool lit) {
    if (lit_ == lit) return;
    lit_ = lit;
    update();
}

QSize AlgorithmLine::sizeHint() const {
    return {theme::space(88), theme::space(7)};
}

QSize AlgorithmLine::minimumSizeHint() const {
    return {theme::space(50), theme::space(7)};
}

void AlgorithmLine::paintEvent(QPaintEvent*) {
    const theme::Colors& c = theme::colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (lit_) {
        QColor ground = c.reverse;
        ground.setAlphaF(0.16F);
        painter.setPen(Qt::NoPen);
        painter.setBrush(ground);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0, 0.5, 0, -0.5), theme::space(1), theme::space(1));
        painter.setBrush(c.reverse);
        painter.drawRoundedRect(QRectF(0, 3, 3, height() - 6), 1.5, 1.5);
    }
    const double base = height() * 0.68;
    painter.setFont(theme::numberFont());
    painter.setPen(lit_ ? c.reverse : c.faint);
    painter.drawText(QPointF(theme::space(3), base), QString::number(number_));
    if (!expression_) return;
    const double left = theme::space(8), room = width() - left - theme::space(1);
    double scale = lineScale;
    const double wanted = math::measure(expression_, scale).width;
    if (wanted > room) scale *= std::max(0.7, room / wanted);
    math::draw(painter, expression_, {left, base}, scale, lit_ ? c.text : c.muted);
}

void AlgorithmLine::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

AlgorithmCard::AlgorithmCard(QWidget* parent)
    : Card({}, {}, parent), equation_(new EquationView(this)), source_(new QLabel(this)) {
    setAccessibleName(tr("Algorithm 2"));
    source_->setProperty("role", "hint");
    equation_->setGrowing(true);
    auto* left = new QVBoxLayout;
    left->addWidget(equation_, 1);
    left->addWidget(source_);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addStretch(1);
    for (int i = 0; i < 4; ++i) {
        auto* line = new AlgorithmLine(i + 1, this);
        lines_[static_cast<std::size_t>(i)] = line;
        right->addWidget(line);
    }
    right->addStretch(1);
    auto* both = new QHBoxLayout;
    both->setSpacing(theme::space(6));
    both->addLayout(left, 1);
    both->addLayout(right, 1);
    body()->addLayout(both);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setSettings({}, timesteps_);
    showNothing();
}

void AlgorithmCard::setSettings(const SamplingSettings& settings, int timesteps) {
    settings_ = settings;
    timesteps_ = timesteps;
    if (settings.sampler == Sampler::ddim) {
        equation_->setEquation(ddim(), tr("The update of DDIM"), 1.65);
        source_->setText(tr("DDIM, Song et al. 2020, eq. 12: s is where the step lands"));
    } else if (settings.clip) {
        equation_->setEquation(throughGuess(), tr("The update of Algorithm 2, through the clipped x0"), 1.65);
        source_->setText(tr("Algorithm 2 in the form of eq. 7, because x̂₀ is clipped"));
    } else {
        equation_->setEquation(ancestral(), tr("Line 4 of Algorithm 2"), 1.65);
        source_->setText(tr("Algorithm 2, Ho et al. 2020"));
    }
    const Expr normal = row({op(QStringLiteral("~")), upright(QStringLiteral("N(0, ")),
                             upright(QStringLiteral("I")), upright(QStringLiteral(")"))});
    lines_[0]->setLine(row({xAt(var(QStringLiteral("T"))), normal}),
                       tr("1: draw x T from the standard normal"));
    const Expr loop =
        settings.steps < timesteps
            ? row({upright(tr("for")), op(QString()), t(), equals(), var(QStringLiteral("T")),
                   upright(QStringLiteral(" … 1  ")), upright(tr("in %1 steps").arg(settings.steps))})
            : row({upright(tr("for")), op(QString()), t(), equals(), var(QStringLiteral("T")),
                   upright(QStringLiteral(" … 1"))});
    lines_[1]->setLine(loop, tr("2: for t from T down to 1"));
    showSymbols();
}

void AlgorithmCard::light(int line) {
    for (int i = 0; i < 4; ++i)
        lines_[static_cast<std::size_t>(i)]->setLit(i + 1 == line);
}

int AlgorithmCard::litLine() const {
    for (int i = 0; i < 4; ++i)
        if (lines_[static_cast<std::size_t>(i)]->lit()) return i + 1;
    return 0;
}

void AlgorithmCard::showSymbols() {
    lines_[2]->setLine(row({epsilon(), equals(), net(), upright(QStringLiteral("(")), xAt(t()),
                            upright(QStringLiteral(", ")), t(), upright(QStringLiteral(")"))}),
                       tr("3: the net predicts the noise"));
    Expr update;
    if (settings_.sampler == Sampler::ddim)
        update = row({xAt(var(QStringLiteral("s"))), equals(), upright(QStringLiteral("…"))});
    else
        update = row({xAt(before()), equals(), index(var(QStringLiteral("μ")), var(QStringLiteral("θ"))),
                      upright(QStringLiteral("(")), xAt(t()), upright(QStringLiteral(", ")), t(),
                      upright(QStringLiteral(")")), plus(), sigmaT(), thin(), noise()});
    lines_[3]->setLine(update, tr("4: the step to the next state"));
}

void AlgorithmCard::showNumbers(const StepNumbers& step) {
    const auto plainTime = [](int value) { return upright(QString::number(value)); };
    lines_[2]->setLine(row({epsilon(), equals(), net(), upright(QStringLiteral("(")), xAt(plainTime(step.t)),
                            upright(QStringLiteral(", ")), plainTime(step.t), upright(QStringLiteral(")"))}),
                       tr("3: the net predicts the noise at t = %1").arg(step.t));
    // No noise: the last step, or DDIM without eta. The term is left out, as nothing is drawn for it.
    const Expr added =
        step.sigma > 0 ? row({plus(), figure(step.sigma), thin(), noise()}) : upright(QString());
    Expr update;
    if (settings_.sampler == Sampler::ddim)
        update = row({xAt(plainTime(step.previous)), equals(), figure(std::sqrt(step.alphaBarPrevious)),
                      thin(), guess(), plus(), figure(step.direction), thin(), epsilon(), added});
    else if (settings_.clip)
        update = row({xAt(plainTime(step.previous)), equals(), figure(step.predictedShare), thin(), guess(),
                      plus(), figure(step.presentShare), thin(), xAt(plainTime(step.t)), added});
    else
        update =
            row({xAt(plainTime(step.previous)), equals(), upright(QStringLiteral("(")),
                 xAt(plainTime(step.t)), minus(), figure(step.beta / std::sqrt(1 - step.alphaBar)), thin(),
                 epsilon(), upright(QStringLiteral(") / ")), figure(std::sqrt(step.alpha)), added});
    lines_[3]->setLine(update, tr("4: the step from t = %1 to t = %2").arg(step.t).arg(step.previous));
}

void AlgorithmCard::showStart(const StepNumbers& next) {
    showNumbers(next);
    light(1);
}

void AlgorithmCard::showStep(const StepNumbers& step) {
    showNumbers(step);
    light(3);
}

void AlgorithmCard::showEnd(const StepNumbers& last) {
    showNumbers(last);
    light(4);
}

void AlgorithmCard::showNothing() {
    showSymbols();
    light(0);
}

} // namespace ddpm::ui
