// What the net's output says (§3.2): any prediction turned into any other, for one t or for the t of each
// example.
#pragma once

#include "ddpm/config.h"
#include "diffusion/schedule.h"

#include <torch/torch.h>

#include <stdexcept>

namespace ddpm::diffusion {

/// The factors of one t as numbers (`double`), or of each example's own t as tensors that broadcast over x.
template <class Number>
struct Factors {
    Number signal;       ///< sqrt(alpha_bar_t)
    Number noise;        ///< sqrt(1 − alpha_bar_t)
    Number posterior_x0; ///< factor of x_0 in mu-tilde_t, eq. 7
    Number posterior_xt; ///< factor of x_t in mu-tilde_t, eq. 7
};

/// `index` is 0-based.
Factors<double> factors_at(const Schedule& schedule, int index);

/// The half of an output that predicts, and the half that says the variance (undefined where none is
/// learned). output: [N, C or 2C, …]; x_t: [N, C, …].
struct Output {
    torch::Tensor prediction; ///< [N, C, …]
    torch::Tensor variance;   ///< [N, C, …] or undefined
};
Output split(const torch::Tensor& output, const torch::Tensor& x_t);

/// What a perfect net would answer at x_t, which x_0 and epsilon make.
template <class Number>
torch::Tensor target(Prediction prediction, const Factors<Number>& at, const torch::Tensor& x0,
                     const torch::Tensor& x_t, const torch::Tensor& epsilon) {
    switch (prediction) {
    case Prediction::epsilon:
        return epsilon;
    case Prediction::v:
        return at.signal * epsilon - at.noise * x0;
    case Prediction::x0:
        return x0;
    case Prediction::mu:
        return at.posterior_x0 * x0 + at.posterior_xt * x_t;
    }
    throw std::logic_error("unknown prediction");
}

/// x_0 as `answer` (a prediction, not the whole output) sees it from x_t; eq. 15 where it is epsilon. Epsilon
/// and mu need alpha_bar_t > 0.
template <class Number>
torch::Tensor x0_from(Prediction prediction, const Factors<Number>& at, const torch::Tensor& x_t,
                      const torch::Tensor& answer) {
    switch (prediction) {
    case Prediction::epsilon:
        return (x_t - at.noise * answer) / at.signal;
    case Prediction::v:
        return at.signal * x_t - at.noise * answer;
    case Prediction::x0:
        return answer;
    case Prediction::mu:
        return (answer - at.posterior_xt * x_t) / at.posterior_x0;
    }
    throw std::logic_error("unknown prediction");
}

/// The noise that x_t holds besides x0.
template <class Number>
torch::Tensor epsilon_beside(const Factors<Number>& at, const torch::Tensor& x_t, const torch::Tensor& x0) {
    return (x_t - at.signal * x0) / at.noise;
}

/// The noise as `answer` sees it in x_t.
template <class Number>
torch::Tensor epsilon_from(Prediction prediction, const Factors<Number>& at, const torch::Tensor& x_t,
                           const torch::Tensor& answer) {
    if (prediction == Prediction::epsilon) return answer;
    if (prediction == Prediction::v) return at.signal * answer + at.noise * x_t;
    return epsilon_beside(at, x_t, x0_from(prediction, at, x_t, answer));
}

} // namespace ddpm::diffusion
