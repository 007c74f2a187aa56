// Mathematics, typeset with QPainter: fractions, roots, indices, accents, growing parentheses.
#pragma once

#include "views/tone.h"

#include <QColor>
#include <QPointF>
#include <QString>
#include <QWidget>

#include <memory>
#include <vector>

class QPainter;

namespace ddpm::ui {

namespace math {

struct Node;
using Expr = std::shared_ptr<const Node>;

Expr var(const QString& letters);  ///< italic: x, β
Expr upright(const QString& text); ///< numbers, words, brackets as they are
Expr op(const QString& symbol);    ///< with the space of a binary operator: =, +, −, ~
Expr row(std::vector<Expr> parts);
Expr index(Expr base, Expr lower, Expr upper = nullptr); ///< either may be null
Expr fraction(Expr above, Expr below);
Expr root(Expr inside);
Expr paren(Expr inside);
Expr bar(Expr base);
Expr hat(Expr base);
Expr tilde(Expr base);
/// Of constant width: the room of `widest`, the text at its right end. For numbers that change while playing.
Expr number(const QString& text, const QString& widest);
/// In a colour of its own instead of the text's: a term that is pointed out, or one that steps back.
Expr toned(Expr inside, Tone tone);

/// As a line of text, for those who hear it: "x t", "x̂ 0".
QString spoken(const Expr& expression);

struct Size {
    double width = 0, ascent = 0, descent = 0; ///< device-independent pixels, from the base line
};
/// `scale` 1 is the body text's size.
Size measure(const Expr& expression, double scale);
/// In lines no wider than `room` where that can be done: broken before the signs between its terms.
std::vector<Expr> broken(const Expr& expression, double room, double scale);
void draw(QPainter& painter, const Expr& expression, QPointF baseline, double scale, const QColor& color);

} // namespace math

class EquationView : public QWidget {
    Q_OBJECT
public:
    explicit EquationView(QWidget* parent = nullptr);

    /// `words` is the equation for a screen reader. Shrinks to three fifths where the room is narrow;
    /// where that is not enough it is broken into lines, never cut.
    void setEquation(math::Expr equation, const QString& words, double scale = 1.25);
    /// Drawn instead where even that does not fit in a line; null: none.
    void setShortForm(math::Expr equation);
    void setAlignment(Qt::Alignment alignment);
    void setGrowing(bool growing); ///< up to 1.4 times larger where there is room
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    /// What is painted in the room there is: its lines, and how large they are set.
    struct Setting {
        std::vector<math::Expr> lines;
        double scale = 1;
    };
    Setting setting() const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    Setting brokenSetting(double room) const;
    double indent(double scale) const;
    double lineGap() const;

    math::Expr equation_, short_;
    double scale_ = 1.25;
    bool growing_ = false;
    Qt::Alignment alignment_ = Qt::AlignLeft | Qt::AlignVCenter;
};

} // namespace ddpm::ui
