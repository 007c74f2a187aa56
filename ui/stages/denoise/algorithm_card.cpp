#include "stages/denoise/algorithm_card.h"

#include "stages/denoise/step_equations.h"
#include "theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

constexpr double lineScale = 1.12, equationScale = 1.65;

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
    if (wanted > room) scale *= room / wanted; // small rather than cut: half a line says something else
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
    : QWidget(parent), equation_(new EquationView(this)), source_(new QLabel(this)) {
    setAccessibleName(tr("Algorithm"));
    source_->setProperty("role", "hint");
    source_->setWordWrap(true);
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
    auto* both = new QHBoxLayout(this);
    both->setContentsMargins(0, 0, 0, 0);
    both->setSpacing(theme::space(6));
    both->addLayout(left, 1);
    both->addLayout(right, 1);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setSettings({}, timesteps_);
    showNothing();
}

void AlgorithmCard::setSettings(const SamplingSettings& settings, int timesteps) {
    settings_ = settings;
    timesteps_ = timesteps;
    lines_[0]->setLine(equations::line(1, settings, timesteps), tr("1: draw x T from the standard normal"));
    lines_[1]->setLine(equations::line(2, settings, timesteps), tr("2: for t from T down to 1"));
    phase_ = StepPhase::whole;
    showEquation(equations::update(settings_));
    showSymbols();
}

void AlgorithmCard::showEquation(const equations::Equation& equation) {
    equation_->setEquation(equation.expression, equation.words, equationScale);
    source_->setText(equation.source);
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

QString AlgorithmCard::sourceText() const {
    return source_->text();
}

void AlgorithmCard::showSymbols() {
    lines_[2]->setLine(equations::line(3, settings_, timesteps_), tr("3: the net predicts the noise"));
    lines_[3]->setLine(equations::line(4, settings_, timesteps_), tr("4: the step to the next state"));
}

void AlgorithmCard::showNumbers(const StepNumbers& step) {
    if (phase_ != StepPhase::whole) showEquation(equations::update(settings_));
    phase_ = StepPhase::whole;
    lines_[2]->setLine(equations::lineWithNumbers(3, settings_, step),
                       tr("3: the net predicts the noise at t = %1").arg(step.t));
    lines_[3]->setLine(equations::lineWithNumbers(4, settings_, step),
                       tr("4: the step from t = %1 to t = %2").arg(step.t).arg(step.previous));
}

void AlgorithmCard::showPhase(const StepNumbers& step, StepPhase phase, double clipped) {
    showNumbers(step);
    phase_ = phase;
    const equations::Equation equation = equations::ofPhase(settings_, step, phase, clipped);
    showEquation(equation);
    light(phase == StepPhase::epsilon ? 3 : 4);
    if (phase != StepPhase::epsilon)
        lines_[3]->setLine(equations::lineOfPhase(settings_, step, phase), tr("4: %1").arg(equation.words));
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
    if (phase_ != StepPhase::whole) showEquation(equations::update(settings_));
    phase_ = StepPhase::whole;
    showSymbols();
    light(0);
}

} // namespace ddpm::ui
