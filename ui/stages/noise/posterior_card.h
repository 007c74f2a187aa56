// Eq. 7 term by term: what x_0 and x_t give to the mean of q(x_{t−1} | x_t, x_0), their sum, and the spread.
#pragma once

#include "stages/noise/posterior.h"
#include "stages/noise/term_row.h"
#include "views/card.h"

#include <array>

namespace ddpm::ui {

/// Where a step by phase is: what was put together last.
enum class PosteriorPhase { whole, shareOfX0, shareOfXt, mean, drawn };
constexpr int posteriorPhases = 4;

class PosteriorCard : public Card {
    Q_OBJECT
public:
    explicit PosteriorCard(QWidget* parent = nullptr);

    /// t = 1…T. `mean` is μ̃_t; `noise` are values of N(0, 1) to show a point set's spread with.
    void showState(const ForwardRecord& record, int t, PosteriorPhase phase, const std::vector<float>& mean,
                   const std::vector<float>& noise);
    void showNothing(const QString& words);
    void setSteppingByPhase(bool byPhase); ///< then it says how, where no phase is shown

    /// 0: x_0's share, 1: x_t's share, 2: the mean, 3: the spread.
    TermRow* term(int which) const { return rows_[static_cast<std::size_t>(which)]; }
    QString note() const { return note_; }

private:
    void showTerms(const PosteriorNumbers& numbers, int t);
    void say(const QString& note);

    std::array<TermRow*, 4> rows_{};
    QString note_;
    bool byPhase_ = false;
};

} // namespace ddpm::ui
