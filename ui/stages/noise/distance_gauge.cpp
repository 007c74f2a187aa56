#include "stages/noise/distance_gauge.h"

#include "stages/noise/notation.h"
#include "theme/theme.h"

#include <QEvent>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double likely = 2;                // standard deviations
constexpr double usual = 0.1, rare = 0.001; // shares of draws that are as far apart
constexpr double shown = 5;                 // to the right end of the scale

QString figures(const Chance& chance, int decimals) {
    return QStringLiteral("%1 ± %2").arg(QString::number(chance.mean, 'f', decimals),
                                         QString::number(chance.deviation, 'f', decimals));
}

} // namespace

DistanceGauge::DistanceGauge(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Distance of the two distributions"));
    setToolTip(tr("W₁ is the 1-Wasserstein distance: the values of both panes sorted, and the mean of their "
                  "absolute differences.\nBy chance: what two independent draws of q(x at t | x₀) with as "
                  "many values show, mean ± standard deviation."));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void DistanceGauge::setDistance(const Distance& distance) {
    distance_ = distance;
    present_ = true;
    setAccessibleDescription(tr("W1 is %1; by chance it is %2 plus or minus %3: %4")
                                 .arg(notation::four(distance.measured), notation::four(distance.chance.mean),
                                      notation::four(distance.chance.deviation), verdict()));
    update();
}

void DistanceGauge::clear() {
    present_ = false;
    distance_ = {};
    setAccessibleDescription({});
    update();
}

bool DistanceGauge::withinChance() const {
    return shareAsFar(distance_) >= rare;
}

QString DistanceGauge::verdict(bool brief) const {
    if (distance_.chance.mean == 0 && withinChance()) return tr("no noise yet: equal");
    const double share = shareAsFar(distance_);
    if (share >= usual) return brief ? tr("as by chance") : tr("the same, up to chance");
    if (share < rare)
        return brief ? tr("< 1 in 1,000") : tr("chance would show this in less than 1 in 1,000 draws");
    // To two figures: it is an estimate.
    const double draws = 1 / share, unit = draws < 100 ? 1 : 10;
    return (brief ? tr("1 in %1 draws") : tr("1 in %1 draws is as far"))
        .arg(std::lround(draws / unit) * std::lround(unit));
}

QSize DistanceGauge::sizeHint() const {
    return {theme::space(110), theme::space(9)};
}

QSize DistanceGauge::minimumSizeHint() const {
    return {theme::space(60), theme::space(9)};
}

DistanceGauge::Lines DistanceGauge::lines() const {
    const QFontMetricsF words(theme::captionFont()), numbers(theme::numberFont());
    const qreal line = std::max(words.height(), numbers.height());
    const qreal first = (height() - 2 * line) / 2 + words.ascent();
    return {first, first + line};
}

void DistanceGauge::paintEvent(QPaintEvent*) {
    if (!present_) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal left = drawFigures(painter) + theme::space(4), room = width() - left - 2;
    if (room >= theme::space(12)) drawScale(painter, left, room);
}

double DistanceGauge::drawFigures(QPainter& painter) const {
    const theme::Colors& c = theme::colors();
    const QFontMetricsF words(theme::captionFont()), numbers(theme::numberFont());
    const qreal gap = theme::space(2);
    int decimals = 4;
    QString names[] = {tr("W₁ of their values"), tr("by chance alone")};
    const auto nameWidth = [&] {
        return std::max(words.horizontalAdvance(names[0]), words.horizontalAdvance(names[1]));
    };
    const auto end = [&] { return nameWidth() + gap + numbers.horizontalAdvance(figures({}, decimals)); };
    if (end() > width()) {
        names[0] = tr("W₁");
        names[1] = tr("chance");
    }
    if (end() > width()) decimals = 3;
    const auto [first, second] = lines();
    painter.setFont(theme::captionFont());
    painter.setPen(c.muted);
    painter.drawText(QPointF(0, first), names[0]);
    painter.drawText(QPointF(0, second), names[1]);
    painter.setFont(theme::numberFont());
    painter.drawText(QPointF(nameWidth() + gap, second), figures(distance_.chance, decimals));
    painter.setPen(withinChance() ? c.text : c.warning);
    painter.drawText(QPointF(nameWidth() + gap, first), QString::number(distance_.measured, 'f', decimals));
    return end();
}

void DistanceGauge::drawScale(QPainter& painter, double left, double room) const {
    const theme::Colors& c = theme::colors();
    const QFontMetricsF words(theme::captionFont());
    const auto [first, second] = lines();
    painter.setFont(theme::captionFont());
    painter.setPen(withinChance() ? c.muted : c.warning);
    const QString said = verdict(words.horizontalAdvance(verdict()) > room);
    painter.drawText(QPointF(left, first), words.elidedText(said, Qt::ElideRight, room));

    const qreal thick = theme::space(1) * 1.5, y = second - words.xHeight() / 2;
    const double top = distance_.chance.mean + shown * distance_.chance.deviation;
    const auto xOf = [&](double value) {
        return left + (top > 0 ? std::clamp(value / top, 0.0, 1.0) : 0) * room;
    };
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.field);
    painter.drawRoundedRect(QRectF(left, y - thick / 2, room, thick), thick / 2, thick / 2);
    QColor band = c.forward;
    band.setAlphaF(0.45F);
    painter.setBrush(band);
    const qreal from = xOf(distance_.chance.mean - likely * distance_.chance.deviation),
                to = xOf(distance_.chance.mean + likely * distance_.chance.deviation);
    painter.drawRoundedRect(QRectF(from, y - thick / 2, to - from, thick), thick / 2, thick / 2);
    painter.setBrush(withinChance() ? c.text : c.warning);
    const qreal mark = std::max(2.0, theme::space(1) * 0.75);
    painter.drawRoundedRect(QRectF(xOf(distance_.measured) - mark / 2, y - thick, mark, 2 * thick), mark / 2,
                            mark / 2);
}

void DistanceGauge::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        updateGeometry();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
