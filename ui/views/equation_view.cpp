#include "views/equation_view.h"

#include "theme/theme.h"
#include "views/math_letters.h"

#include <QEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ddpm::ui {
namespace math {

struct Node {
    enum class Kind {
        italic,
        upright,
        op,
        row,
        index,
        fraction,
        root,
        paren,
        bar,
        hat,
        tilde,
        number,
        toned
    };
    Kind kind = Kind::upright;
    QString text, widest;
    std::vector<Expr> parts; // row: all; index: base, lower, upper; fraction: above, below; others: inside
    Tone tone = Tone::text;
};

namespace {

using Kind = Node::Kind;

constexpr double indexScale = 0.7;

Expr make(Kind kind, QString text, std::vector<Expr> parts = {}) {
    return std::make_shared<const Node>(Node{kind, std::move(text), {}, std::move(parts), Tone::text});
}

/// Lays out and, with a painter, draws: one walk for both, so that they cannot disagree.
class Setter {
public:
    Setter(QPainter* painter, QColor color) : painter_(painter), color_(std::move(color)) {}

    Size set(const Expr& e, QPointF at, double scale) const {
        switch (e->kind) {
        case Kind::italic:
            return text(e->text, at, scale, true);
        case Kind::upright:
            return text(e->text, at, scale, false);
        case Kind::number:
            return number(*e, at, scale);
        case Kind::op:
            return binary(e->text, at, scale);
        case Kind::row:
            return row(e->parts, at, scale);
        case Kind::index:
            return index(*e, at, scale);
        case Kind::fraction:
            return fraction(*e, at, scale);
        case Kind::root:
            return root(*e, at, scale);
        case Kind::paren:
            return paren(*e, at, scale);
        case Kind::bar:
        case Kind::hat:
        case Kind::tilde:
            return accent(*e, at, scale);
        case Kind::toned:
            return Setter(painter_, toneColor(e->tone)).set(e->parts[0], at, scale);
        }
        return {};
    }

private:
    static double em(double scale) { return letterSize(scale); }
    double line(double scale) const { return std::max(1.0, em(scale) * 0.055); }
    Size measureOnly(const Expr& e, double scale) const { return Setter(nullptr, color_).set(e, {}, scale); }

    void stroke(const QPainterPath& path, double width) const {
        if (painter_)
            painter_->strokePath(path, QPen(color_, width, Qt::SolidLine, Qt::RoundCap, Qt::MiterJoin));
    }

    Size text(const QString& letters, QPointF at, double scale, bool italic) const {
        const int size = letterSize(scale);
        const Word word = wordOf(letters, size, italic);
        if (painter_) {
            painter_->setFont(letterFont(size, italic));
            painter_->setPen(color_);
            painter_->drawText(at, letters);
        }
        // The slant of the last letter reaches over its advance.
        const double lean = italic ? em(scale) * 0.04 : 0;
        return {word.advance + lean, word.ascent, word.descent};
    }

    Size number(const Node& node, QPointF at, double scale) const {
        const int letters = letterSize(scale);
        const double widest = wordOf(node.widest, letters, false).advance,
                     wide = wordOf(node.text, letters, false).advance, room = std::max(widest, wide);
        Size size = text(node.text, at + QPointF(room - wide, 0), scale, false);
        size.width = room;
        return size;
    }

    Size binary(const QString& symbol, QPointF at, double scale) const {
        const double space = em(scale) * 0.24;
        Size size = text(symbol, at + QPointF(space, 0), scale, false);
        size.width += 2 * space;
        return size;
    }

    Size row(const std::vector<Expr>& parts, QPointF at, double scale) const {
        Size all;
        for (const Expr& part : parts) {
            const Size size = set(part, at + QPointF(all.width, 0), scale);
            all.width += size.width;
            all.ascent = std::max(all.ascent, size.ascent);
            all.descent = std::max(all.descent, size.descent);
        }
        return all;
    }

    Size index(const Node& node, QPointF at, double scale) const {
        Size all = set(node.parts[0], at, scale);
        const double small = scale * indexScale, height = em(scale), gap = height * 0.03;
        double width = 0;
        if (const Expr& lower = node.parts[1]) {
            const double drop = std::max(height * 0.2, all.descent);
            const Size size = set(lower, at + QPointF(all.width + gap, drop), small);
            width = size.width;
            all.descent = std::max(all.descent, drop + size.descent);
        }
        if (const Expr& upper = node.parts[2]) {
            const double rise = height * 0.42;
            const Size size = set(upper, at + QPointF(all.width + gap, -rise), small);
            width = std::max(width, size.width);
            all.ascent = std::max(all.ascent, rise + size.ascent);
        }
        all.width += gap + width + height * 0.04;
        return all;
    }

    Size fraction(const Node& node, QPointF at, double scale) const {
        const double part = scale * 0.92, height = em(scale), axis = height * 0.27, gap = height * 0.16;
        const Size above = measureOnly(node.parts[0], part), below = measureOnly(node.parts[1], part);
        const double edge = height * 0.1, inner = std::max(above.width, below.width) + 2 * edge;
        const double side = height * 0.06;
        const QPointF left = at + QPointF(side, -axis);
        set(node.parts[0], left + QPointF((inner - above.width) / 2, -gap - above.descent), part);
        set(node.parts[1], left + QPointF((inner - below.width) / 2, gap + below.ascent), part);
        QPainterPath bar;
        bar.moveTo(left);
        bar.lineTo(left + QPointF(inner, 0));
        stroke(bar, line(scale));
        return {inner + 2 * side, axis + gap + above.descent + above.ascent,
                gap + below.ascent + below.descent - axis};
    }

    Size root(const Node& node, QPointF at, double scale) const {
        const double height = em(scale), sign = height * 0.55, over = height * 0.14;
        const Size inside = set(node.parts[0], at + QPointF(sign, 0), scale);
        const double top = std::max(inside.ascent, height * 0.45) + over,
                     foot = std::max(inside.descent, height * 0.04);
        QPainterPath tick;
        tick.moveTo(at + QPointF(height * 0.06, -top * 0.36));
        tick.lineTo(at + QPointF(height * 0.17, -top * 0.43));
        tick.lineTo(at + QPointF(height * 0.32, foot));
        tick.lineTo(at + QPointF(sign - height * 0.05, -top));
        tick.lineTo(at + QPointF(sign + inside.width + height * 0.05, -top));
        stroke(tick, line(scale));
        return {sign + inside.width + height * 0.1, top + line(scale), foot};
    }

    Size paren(const Node& node, QPointF at, double scale) const {
        const double height = em(scale);
        const Size inside = measureOnly(node.parts[0], scale);
        const double top = inside.ascent + height * 0.06, foot = inside.descent + height * 0.06;
        const double bow = std::clamp((top + foot) * 0.14, height * 0.16, height * 0.38), pad = height * 0.1;
        const auto bracket = [&](double x, double towards) {
            QPainterPath path;
            path.moveTo(at + QPointF(x, -top));
            path.cubicTo(at + QPointF(x + towards * 1.25, -top + (top + foot) * 0.27),
                         at + QPointF(x + towards * 1.25, foot - (top + foot) * 0.27), at + QPointF(x, foot));
            stroke(path, line(scale) * 1.25);
        };
        bracket(pad + bow, -bow);
        set(node.parts[0], at + QPointF(pad + bow + height * 0.05, 0), scale);
        const double right = pad + bow + height * 0.1 + inside.width;
        bracket(right, bow);
        return {right + bow + pad, top, foot};
    }

    Size accent(const Node& node, QPointF at, double scale) const {
        const double height = em(scale);
        Size size = set(node.parts[0], at, scale);
        // The mark sits over the letter, not over its index, and leans with it.
        const double letter = node.parts[0]->kind == Kind::index
                                  ? measureOnly(node.parts[0]->parts[0], scale).width
                                  : size.width;
        const double middle = letter / 2 + height * 0.05, y = -(size.ascent + height * 0.1),
                     half = height * 0.17;
        QPainterPath mark;
        if (node.kind == Kind::bar) {
            mark.moveTo(at + QPointF(middle - half * 1.25, y));
            mark.lineTo(at + QPointF(middle + half * 1.25, y));
        } else if (node.kind == Kind::hat) {
            mark.moveTo(at + QPointF(middle - half, y));
            mark.lineTo(at + QPointF(middle, y - height * 0.13));
            mark.lineTo(at + QPointF(middle + half, y));
        } else {
            mark.moveTo(at + QPointF(middle - half, y));
            mark.cubicTo(at + QPointF(middle - half * 0.4, y - height * 0.18),
                         at + QPointF(middle + half * 0.4, y + height * 0.1),
                         at + QPointF(middle + half, y - height * 0.06));
        }
        stroke(mark, line(scale));
        size.ascent += height * (node.kind == Kind::bar ? 0.16 : 0.26);
        return size;
    }

    QPainter* painter_;
    QColor color_;
};

} // namespace

Expr var(const QString& letters) {
    return make(Kind::italic, letters);
}
Expr upright(const QString& text) {
    return make(Kind::upright, text);
}
Expr op(const QString& symbol) {
    return make(Kind::op, symbol);
}
Expr row(std::vector<Expr> parts) {
    return make(Kind::row, {}, std::move(parts));
}
Expr index(Expr base, Expr lower, Expr upper) {
    return make(Kind::index, {}, {std::move(base), std::move(lower), std::move(upper)});
}
Expr fraction(Expr above, Expr below) {
    return make(Kind::fraction, {}, {std::move(above), std::move(below)});
}
Expr root(Expr inside) {
    return make(Kind::root, {}, {std::move(inside)});
}
Expr paren(Expr inside) {
    return make(Kind::paren, {}, {std::move(inside)});
}
Expr bar(Expr base) {
    return make(Kind::bar, {}, {std::move(base)});
}
Expr hat(Expr base) {
    return make(Kind::hat, {}, {std::move(base)});
}
Expr tilde(Expr base) {
    return make(Kind::tilde, {}, {std::move(base)});
}
Expr number(const QString& text, const QString& widest) {
    return std::make_shared<const Node>(Node{Kind::number, text, widest, {}, Tone::text});
}
Expr toned(Expr inside, Tone tone) {
    return std::make_shared<const Node>(Node{Kind::toned, {}, {}, {std::move(inside)}, tone});
}

QString spoken(const Expr& expression) {
    if (!expression) return {};
    QStringList parts;
    for (const Expr& part : expression->parts)
        if (part) parts << spoken(part);
    const QString inside = parts.join(QLatin1Char(' '));
    switch (expression->kind) {
    case Kind::fraction:
        return EquationView::tr("%1 over %2").arg(parts.value(0), parts.value(1));
    case Kind::root:
        return EquationView::tr("root of %1").arg(inside);
    case Kind::paren:
        return QStringLiteral("(%1)").arg(inside);
    case Kind::bar:
        return inside + QChar(0x0304);
    case Kind::hat:
        return inside + QChar(0x0302);
    case Kind::tilde:
        return inside + QChar(0x0303);
    default:
        return expression->text.isEmpty() ? inside : expression->text.trimmed();
    }
}

Size measure(const Expr& expression, double scale) {
    return Setter(nullptr, {}).set(expression, {}, scale);
}

namespace {

void flatten(const Expr& expression, std::vector<Expr>& parts) {
    if (expression->kind != Kind::row) return parts.push_back(expression);
    for (const Expr& part : expression->parts)
        flatten(part, parts);
}

} // namespace

std::vector<Expr> broken(const Expr& expression, double room, double scale) {
    std::vector<Expr> parts, lines, line, term;
    flatten(expression, parts);
    // A line ends before a sign, as they do in print; only between terms, never within one.
    int depth = 0;
    const auto endTerm = [&] {
        std::vector<Expr> longer = line;
        longer.insert(longer.end(), term.begin(), term.end());
        if (!line.empty() && measure(row(longer), scale).width > room) {
            lines.push_back(row(std::move(line)));
            line = std::exchange(term, {});
        } else {
            line = std::move(longer);
        }
        term.clear();
    };
    for (const Expr& part : parts) {
        const bool sign =
            part->kind == Kind::op && (part->text == QLatin1String("+") || part->text == QChar(0x2212));
        if (sign && depth == 0) endTerm();
        depth += static_cast<int>(part->text.count(QLatin1Char('(')) - part->text.count(QLatin1Char(')')));
        term.push_back(part);
    }
    endTerm();
    if (!line.empty()) lines.push_back(row(std::move(line)));
    return lines;
}

void draw(QPainter& painter, const Expr& expression, QPointF baseline, double scale, const QColor& color) {
    painter.save();
    Setter(&painter, color).set(expression, baseline, scale);
    painter.restore();
}

} // namespace math

EquationView::EquationView(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
}

void EquationView::setEquation(math::Expr equation, const QString& words, double scale) {
    equation_ = std::move(equation);
    scale_ = scale;
    setAccessibleName(words);
    updateGeometry();
    update();
}

void EquationView::setShortForm(math::Expr equation) {
    short_ = std::move(equation);
    update();
}

void EquationView::setAlignment(Qt::Alignment alignment) {
    alignment_ = alignment;
    update();
}

void EquationView::setGrowing(bool growing) {
    growing_ = growing;
    update();
}

QSize EquationView::sizeHint() const {
    if (!equation_) return {theme::space(20), theme::space(8)};
    const math::Size size = math::measure(equation_, scale_);
    return {static_cast<int>(std::ceil(size.width)) + 2,
            static_cast<int>(std::ceil(size.ascent + size.descent)) + theme::space(2)};
}

QSize EquationView::minimumSizeHint() const {
    const QSize full = sizeHint();
    return {full.width() * 3 / 4, full.height()};
}

EquationView::Setting EquationView::setting() const {
    const double least = scale_ * 0.6, room = width() - 2; // smaller it is hard to read
    const auto fits = [&](const math::Expr& each) { return math::measure(each, least).width <= room; };
    if (!fits(equation_) && !(short_ && fits(short_))) return brokenSetting(room);
    Setting chosen{{fits(equation_) ? equation_ : short_}, scale_};
    const math::Expr& shown = chosen.lines.front();
    math::Size size = math::measure(shown, scale_);
    if (size.width > room)
        chosen.scale = std::max(least, scale_ * room / size.width);
    else if (growing_)
        chosen.scale = std::max(scale_, scale_ * std::min({1.4, room / size.width,
                                                           height() / (size.ascent + size.descent) * 0.9}));
    // Letters come in whole pixels, so that the first guess may be a little too wide.
    while (math::measure(shown, chosen.scale).width > room && chosen.scale > least)
        chosen.scale *= 0.98;
    return chosen;
}

/// In as few lines as can be read, at the largest scale at which nothing is cut: half an equation is a wrong
/// one. Where there is no room for any, as small as it must be.
EquationView::Setting EquationView::brokenSetting(double room) const {
    constexpr std::size_t mostLines = 4;
    Setting chosen;
    for (std::size_t most = 2; most <= mostLines; ++most) {
        const double least = most < mostLines ? scale_ * 0.6 : 0.2;
        for (chosen.scale = scale_; chosen.scale > least; chosen.scale *= 0.96) {
            chosen.lines =
                math::broken(short_ ? short_ : equation_, room - indent(chosen.scale), chosen.scale);
            double down = -lineGap(), across = 0;
            for (const math::Expr& line : chosen.lines) {
                const math::Size size = math::measure(line, chosen.scale);
                across = std::max(across, size.width);
                down += size.ascent + size.descent + lineGap();
            }
            const bool fits = across + indent(chosen.scale) <= room && down <= height();
            if (fits && (chosen.lines.size() <= most || most == mostLines)) return chosen;
        }
    }
    return chosen;
}

double EquationView::indent(double scale) const {
    return theme::space(3) * scale / scale_;
}

double EquationView::lineGap() const {
    return theme::space(1);
}

void EquationView::paintEvent(QPaintEvent*) {
    if (!equation_) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Setting shown = setting();
    double down = -lineGap();
    for (const math::Expr& line : shown.lines) {
        const math::Size size = math::measure(line, shown.scale);
        down += size.ascent + size.descent + lineGap();
    }
    double top = (height() - down) / 2;
    for (std::size_t i = 0; i < shown.lines.size(); ++i) {
        const math::Size size = math::measure(shown.lines[i], shown.scale);
        double x = i == 0 ? 1 : 1 + indent(shown.scale);
        if (alignment_ & Qt::AlignHCenter) x = std::max(1.0, (width() - size.width) / 2);
        if (alignment_ & Qt::AlignRight) x = std::max(1.0, width() - size.width - 1);
        math::draw(painter, shown.lines[i], {x, top + size.ascent}, shown.scale, theme::colors().text);
        top += size.ascent + size.descent + lineGap();
    }
}

void EquationView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
