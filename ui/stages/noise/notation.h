// What the equations of the Noise stage are set from: the letters of the paper and numbers of constant width.
#pragma once

#include "views/equation_view.h"

namespace ddpm::ui::notation {

math::Expr x(const QString& index); ///< x with an upright index: "0", "26"
math::Expr x(int t);
math::Expr xT();                          ///< x_t, as a letter
math::Expr xBefore();                     ///< x_{t−1}
math::Expr muTilde(const math::Expr& at); ///< μ̃
math::Expr t();
math::Expr before(); ///< t−1
math::Expr beta(const math::Expr& at);
math::Expr betaTilde(const math::Expr& at);
math::Expr alpha(const math::Expr& at);
math::Expr alphaBar(const math::Expr& at);
math::Expr oneMinus(const math::Expr& what);
math::Expr times(const math::Expr& factor, const math::Expr& what); ///< with a thin space
math::Expr figure(double value);                                    ///< 0.1234, always as wide
math::Expr plus();
math::Expr equals();
QString four(double value); ///< with four decimals

} // namespace ddpm::ui::notation
