#include "stages/noise/notation.h"

namespace ddpm::ui::notation {

using namespace math;

Expr x(const QString& at) {
    return index(var(QStringLiteral("x")), upright(at));
}
Expr x(int at) {
    return x(QString::number(at));
}
Expr xT() {
    return index(var(QStringLiteral("x")), t());
}
Expr xBefore() {
    return index(var(QStringLiteral("x")), before());
}
Expr muTilde(const Expr& at) {
    return index(tilde(var(QStringLiteral("μ"))), at);
}
Expr t() {
    return var(QStringLiteral("t"));
}
Expr before() {
    return row({t(), upright(QStringLiteral("−1"))});
}
Expr beta(const Expr& at) {
    return index(var(QStringLiteral("β")), at);
}
Expr betaTilde(const Expr& at) {
    return index(tilde(var(QStringLiteral("β"))), at);
}
Expr alpha(const Expr& at) {
    return index(var(QStringLiteral("α")), at);
}
Expr alphaBar(const Expr& at) {
    return index(bar(var(QStringLiteral("α"))), at);
}
Expr oneMinus(const Expr& what) {
    return row({upright(QStringLiteral("1")), op(QStringLiteral("−")), what});
}
Expr times(const Expr& factor, const Expr& what) {
    return row({factor, upright(QStringLiteral("\u2009")), what});
}
Expr figure(double value) {
    return number(four(value), QStringLiteral("0.0000"));
}
Expr plus() {
    return op(QStringLiteral("+"));
}
Expr equals() {
    return op(QStringLiteral("="));
}
QString four(double value) {
    return QString::number(value, 'f', 4);
}

} // namespace ddpm::ui::notation
