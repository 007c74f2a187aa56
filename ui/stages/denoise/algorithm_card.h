// Algorithm 2 with the line lit that made what is on screen, and its update with the numbers of this t.
#pragma once

#include "ddpm/config.h"
#include "stages/denoise/step_equations.h"
#include "views/equation_view.h"

#include <QWidget>

#include <array>

class QLabel;

namespace ddpm::ui {

/// One line of the algorithm: a number, mathematics, a ground when it is the current one.
class AlgorithmLine : public QWidget {
    Q_OBJECT
public:
    explicit AlgorithmLine(int number, QWidget* parent = nullptr);
    void setLine(math::Expr expression, const QString& words);
    void setLit(bool lit);
    bool lit() const { return lit_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int number_;
    math::Expr expression_;
    bool lit_ = false;
};

class AlgorithmCard : public QWidget {
    Q_OBJECT
public:
    explicit AlgorithmCard(QWidget* parent = nullptr);

    void setSettings(const SamplingSettings& settings, int timesteps);
    /// Before the first step, in the middle, and at t = 0, where line 4 has just ended.
    void showStart(const StepNumbers& next);
    void showStep(const StepNumbers& step);
    void showEnd(const StepNumbers& last); ///< `last`: the step that led to the picture
    void showNothing();
    /// One phase of a step: its own equation, with the numbers in the line that is lit. `clipped`: the part
    /// of x0_hat's values at the clip range.
    void showPhase(const StepNumbers& step, StepPhase phase, double clipped = 0);
    int litLine() const;        ///< 1…4; 0: none
    QString sourceText() const; ///< what is said under the equation

private:
    void showEquation(const equations::Equation& equation);
    void light(int line);
    void showNumbers(const StepNumbers& step);
    void showSymbols();

    SamplingSettings settings_;
    int timesteps_ = 1000;
    StepPhase phase_ = StepPhase::whole; // whose equation is shown
    EquationView* equation_;
    QLabel* source_;
    std::array<AlgorithmLine*, 4> lines_{};
};

} // namespace ddpm::ui
